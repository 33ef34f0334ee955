package browser

import (
	"context"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// spot is where to press, and what comes of it: another page, a new tab, or something on this page.
type spot struct {
	X, Y    float64
	Leads   string
	Checked bool
}

// Press presses the one link or button with this text, and waits for what comes of it. What it gives has its hands and
// eyes on the whole page.
func (x *Tab) Press(text string) *Tab {
	x.t.Helper()
	x.press(text)
	x.arrive()
	return x.whole()
}

func (x *Tab) whole() *Tab { return &Tab{tab: x.tab, parts: []string{}} }

func (x *Tab) press(text string) {
	x.t.Helper()
	x.at("press "+text, must[spot](x.tab, "press "+text, "press", x.parts, text, !x.plain))
}

// at presses at a spot and waits for what comes of it.
func (x *Tab) at(doing string, s spot) {
	x.t.Helper()
	if s.Leads == "new" {
		x.failf("%s: it opens a new tab: use PressForTab", doing)
	}
	before, _ := x.seen.at()
	x.click(doing, s, 1)
	x.follow(doing, before, s.Leads)
}

// follow waits for what comes of a press.
func (x *Tab) follow(doing string, before int, leads string) {
	x.t.Helper()
	if leads == "page" {
		x.untilPage(before, "the page after "+doing)
		return
	}
	x.untilQuiet()
	// Something on this page may yet have led to another.
	if pages, _ := x.seen.at(); pages > before {
		x.untilPage(before, "the page after "+doing)
	}
}

func (x *Tab) click(doing string, s spot, times int64) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.ctx, Patience)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for n := int64(1); n <= times; n++ {
			for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
				p := input.DispatchMouseEventParams{Type: kind, X: s.X, Y: s.Y}
				if kind != input.DispatchMouseEventTypeMouseMoved {
					p.Button, p.ClickCount = input.MouseButtonLeft, n
				}
				if _, err := cdp.Call(ctx, t, input.DispatchMouseEvent, p); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	if err != nil {
		x.failf("%s: %v", doing, err)
	}
}

// PressTwice presses a button twice as fast as a hand can.
func (x *Tab) PressTwice(text string) *Tab {
	x.t.Helper()
	s := must[spot](x.tab, "press "+text, "press", x.parts, text, !x.plain)
	before, _ := x.seen.at()
	x.click("press "+text+" twice", s, 2)
	x.follow("press "+text+" twice", before, s.Leads)
	x.arrive()
	return x.whole()
}

// PressForTab presses what opens a new tab, and gives that. It has the same cookies.
func (x *Tab) PressForTab(text string) *Tab {
	x.t.Helper()
	s := must[spot](x.tab, "press "+text, "press", x.parts, text, !x.plain)
	opened := chromedp.WaitNewTarget(x.ctx, func(i *target.Info) bool { return i.Type == "page" && i.OpenerID != "" })
	x.click("press "+text, s, 1)
	ctx, cancel := context.WithTimeout(x.ctx, Patience)
	defer cancel()
	var options []Option
	if x.plain {
		options = append(options, NoScript)
	}
	select {
	case id := <-opened:
		other := x.k.open(x.ctx, x.t, x.size, options, chromedp.WithTargetID(id))
		other.unchecked, other.allowed = x.unchecked, x.allowed
		// It may have loaded before anybody listened.
		other.until("the new tab is at a page", func() (bool, error) {
			here, err := evaluate[string](other.tab, "location.href")
			return strings.HasPrefix(here, x.k.URL), err
		})
		other.untilQuiet()
		return other
	case <-ctx.Done():
		x.failf("press %s: no new tab opens", text)
		return nil
	}
}

// Fill writes words into the field with this label, in place of what stands there.
func (x *Tab) Fill(label, words string) *Tab {
	x.t.Helper()
	doing := "fill in " + label
	if kind := must[string](x.tab, doing, "reach", x.parts, label); kind != "text" {
		if got := must[string](x.tab, doing, "put", x.parts, label, words); got != words {
			x.failf("%s: it takes %q instead of %q", doing, got, words)
		}
		return x
	}
	ctx, cancel := context.WithTimeout(x.ctx, Patience)
	defer cancel()
	var err error
	if words == "" {
		err = chromedp.Do(ctx, chromedp.KeyEvent(kb.Delete))
	} else {
		_, err = chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: words})
	}
	if err != nil {
		x.failf("%s: %v", doing, err)
	}
	if got := x.Value(label); got != words {
		x.failf("%s: it holds %q instead of %q", doing, got, words)
	}
	return x
}

// Value is what stands in the field with this label.
func (x *Tab) Value(label string) string {
	x.t.Helper()
	return must[string](x.tab, "read "+label, "value", x.parts, label)
}

// Holds fails the test unless the field with this label holds the words.
func (x *Tab) Holds(label, words string) *Tab {
	x.t.Helper()
	if got := x.Value(label); got != words {
		x.failf("%s holds %q, not %q", label, got, words)
	}
	return x
}

// Choose chooses one of several, or ticks a box.
func (x *Tab) Choose(label string) *Tab {
	x.t.Helper()
	return x.tick(label, true)
}

// Untick takes a tick away.
func (x *Tab) Untick(label string) *Tab {
	x.t.Helper()
	return x.tick(label, false)
}

func (x *Tab) tick(label string, want bool) *Tab {
	x.t.Helper()
	doing := "choose " + label
	s := must[spot](x.tab, doing, "choice", x.parts, label)
	if s.Checked != want {
		x.click(doing, s, 1)
		x.untilQuiet()
	}
	if x.Chosen(label) != want {
		x.failf("%s: it does not change", doing)
	}
	return x
}

// Chosen says whether a choice is chosen or a box is ticked.
func (x *Tab) Chosen(label string) bool {
	x.t.Helper()
	return must[bool](x.tab, "look at "+label, "chosen", x.parts, label)
}

// Select chooses from a list that opens.
func (x *Tab) Select(label, option string) *Tab {
	x.t.Helper()
	if !must[bool](x.tab, "choose "+option, "pick", x.parts, label, option) {
		x.failf("choose %s: it is not taken", option)
	}
	x.untilQuiet()
	return x
}

// Keys presses keys: Tab, Shift+Tab, Enter, Space, Escape, Home, End and the arrows by these names, and anything else as
// text that is typed.
func (x *Tab) Keys(keys ...string) *Tab {
	x.t.Helper()
	for _, key := range keys {
		leads := "here"
		if key == "Enter" {
			leads = must[string](x.tab, "press Enter", "enter", !x.plain)
		}
		if leads == "new" {
			x.failf("press Enter: it opens a new tab: use PressForTab")
		}
		before, _ := x.seen.at()
		if key == "Space" {
			leads = must[string](x.tab, "press Space", "space", !x.plain)
		}
		if err := chromedp.Do(x.ctx, keyed(key)); err != nil {
			x.failf("press the key %s: %v", key, err)
		}
		if leads == "page" {
			x.follow("press "+key, before, leads)
			x.arrive()
		}
	}
	x.untilQuiet()
	return x
}

func keyed(key string) chromedp.Action[chromedp.Void] {
	named := map[string]string{
		"Tab": kb.Tab, "Enter": kb.Enter, "Space": " ", "Escape": kb.Escape, "Home": kb.Home, "End": kb.End, "Backspace": kb.Backspace,
		"ArrowUp": kb.ArrowUp, "ArrowDown": kb.ArrowDown, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
	}
	if plain, shifted := strings.CutPrefix(key, "Shift+"); shifted {
		return chromedp.KeyEvent(named[plain], chromedp.KeyModifiers(chromedp.ModifierShift))
	}
	if code, ok := named[key]; ok {
		return chromedp.KeyEvent(code)
	}
	return chromedp.KeyEvent(key)
}

// Focused is the label or text of what has the keyboard's focus; empty for nothing.
func (x *Tab) Focused() string {
	x.t.Helper()
	return must[string](x.tab, "look for the focus", "focused()")
}

// TabTo presses the key Tab until what is called so has the focus.
func (x *Tab) TabTo(text string) *Tab {
	x.t.Helper()
	var passed []string
	for range 300 {
		x.Keys("Tab")
		at := x.Focused()
		if at == text {
			return x
		}
		passed = append(passed, at)
	}
	x.failf("the key Tab never comes to %q, only to %q", text, passed)
	return x
}
