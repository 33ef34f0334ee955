package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

//go:embed page.js
var hands string

// Size is how large a window is.
type Size int

// Sizes. Small is the narrowest that pages are whole in; most people have a phone or a desk.
const (
	Small Size = iota
	Phone
	Desk
)

func (s Size) name() string { return [...]string{"small", "phone", "desk"}[s] }

// pixels are CSS's.
func (s Size) pixels() (width, height int64) {
	all := [...][2]int64{{320, 640}, {390, 844}, {1280, 900}}
	return all[s][0], all[s][1]
}

// Tab is a person's browser tab. One made by [Kith.Tab] has cookies of its own, as another device has.
type Tab struct {
	*tab
	// parts are the texts that what is named next stands beside: see [Tab.In].
	parts []string
}

type tab struct {
	k    *Kith
	t    testing.TB
	size Size
	ctx  context.Context //nolint:containedctx // chromedp's way to name a tab
	seen *watch

	plain, unchecked bool
	allowed          []string
	// looked is the page that was checked last.
	looked string
	// from is where the platform's log ended when the tab was opened.
	from int
}

// Option changes how a tab is.
type Option func(*tab)

// NoScript is a tab in which pages run no scripts.
func NoScript(x *tab) { x.plain = true }

// Unchecked is a tab whose pages are not looked at by themselves; [Tab.Check] and [Tab.Axe] look.
func Unchecked(x *tab) { x.unchecked = true }

// Tab opens a tab for somebody who is not signed in. It is closed with the test.
func (k *Kith) Tab(t testing.TB, size Size, options ...Option) *Tab {
	t.Helper()
	k.house.enter(t)
	root := k.house.chromium.start(t, k.house.scratch)
	return k.open(root, t, size, options, chromedp.WithNewBrowserContext())
}

func (k *Kith) open(parent context.Context, t testing.TB, size Size, options []Option, how chromedp.ContextOption) *Tab {
	t.Helper()
	x := &tab{k: k, t: t, size: size, from: k.Log.size(), seen: &watch{home: k.URL, requests: map[network.RequestID]string{}}}
	for _, o := range options {
		o(x)
	}
	ctx, cancel := chromedp.NewContext(parent, how, chromedp.WithListener(x.seen.hear))
	x.ctx = ctx
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Func(x.dress)); err != nil {
		t.Fatalf("a tab does not open: %v", err)
	}
	return &Tab{tab: x, parts: []string{}}
}

// dress makes the tab a window of its size.
func (x *tab) dress(ctx context.Context, target *chromedp.Target) error {
	width, height := x.size.pixels()
	_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: x.size != Desk,
	})
	if err != nil {
		return err
	}
	// The browser's clock shows what the platform's does when the tab is opened; then it goes on by itself.
	_, err = cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: fmt.Sprintf("{ const now = Date.now; Date.now = () => now() + %d; }", x.k.Clock.lead().Milliseconds()),
	})
	if err != nil {
		return err
	}
	return x.scripts(!x.plain)
}

// scripts says whether pages may run theirs.
func (x *tab) scripts(on bool) error {
	_, err := chromedp.Call(x.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	return err
}

// In is the tab with its hands and eyes on one part of the page alone: the smallest row, list item, group or section that
// holds the text.
func (x *Tab) In(text string) *Tab {
	return &Tab{tab: x.tab, parts: append(slices.Clone(x.parts), text)}
}

// For is the same tab for a part of its test: what goes wrong ends that part alone.
func (x *Tab) For(t testing.TB) *Tab {
	part := *x.tab
	part.t = t
	return &Tab{tab: &part, parts: x.parts}
}

// Allow says that something that would fail the test is part of it: a problem that holds these words.
func (x *Tab) Allow(words ...string) *Tab {
	x.allowed = append(x.allowed, words...)
	return x
}

// failf ends the test and says where the tab was.
func (x *tab) failf(format string, args ...any) {
	x.t.Helper()
	what := fmt.Sprintf(format, args...)
	place, _ := evaluate[string](x, `location.pathname + location.search + " “" + headings().join(" / ") + "” " + says([]).slice(0, 600)`)
	shot := x.keepFailure()
	x.t.Fatalf("%s\n  at %s\n  picture: %s\n%s", what, place, shot, x.k.Log.warnings(x.from))
}

// evaluate calls one of the functions in page.js.
func evaluate[T any](x *tab, expression string, args ...any) (T, error) {
	var none T
	texts := make([]string, len(args))
	for i, a := range args {
		text, err := json.Marshal(a)
		if err != nil {
			return none, err
		}
		texts[i] = string(text)
	}
	call := expression
	if len(args) > 0 {
		call += "(" + strings.Join(texts, ", ") + ")"
	}
	ctx, cancel := context.WithTimeout(x.ctx, Patience)
	defer cancel()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T]("(() => {"+hands+"\nreturn "+call+";\n})()", chromedp.EvalAwaitPromise))
	var thrown *chromedp.ExceptionError
	if errors.As(err, &thrown) && thrown.Exception != nil {
		text, _, _ := strings.Cut(thrown.Exception.Description, "\n    at ")
		return none, errors.New(strings.TrimPrefix(text, "Error: "))
	}
	return answer, err
}

// must calls a function in the page, and fails the test with what it says.
func must[T any](x *tab, doing, expression string, args ...any) T {
	x.t.Helper()
	answer, err := evaluate[T](x, expression, args...)
	if err != nil {
		x.failf("%s: %v", doing, err)
	}
	return answer
}

// until looks again and again until done is true.
func (x *tab) until(what string, done func() (bool, error)) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.ctx, Patience)
	defer cancel()
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for {
		yes, err := done()
		if yes {
			return
		}
		select {
		case <-ctx.Done():
			x.failf("after %s still not: %s (%v)", Patience, what, err)
		case <-tick.C:
		}
	}
}

// Go types an address: a path of the platform.
func (x *Tab) Go(path string) *Tab {
	x.t.Helper()
	x.visit(path)
	x.arrive()
	return x
}

// visit goes to an address and looks at nothing.
func (x *Tab) visit(path string) {
	x.t.Helper()
	before, _ := x.seen.at()
	ctx, cancel := context.WithTimeout(x.ctx, Patience)
	defer cancel()
	answer, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: x.k.URL + path})
	if err == nil && answer.ErrorText != "" {
		err = errors.New(answer.ErrorText)
	}
	if err != nil {
		x.failf("go to %s: %v", path, err)
	}
	x.untilPage(before, "the page at "+path)
}

// untilPage waits for a page after the ones that the tab has been at.
func (x *tab) untilPage(before int, what string) {
	x.t.Helper()
	x.until(what+" comes", func() (bool, error) {
		pages, loaded := x.seen.at()
		return pages > before && loaded, nil
	})
	x.untilQuiet()
}

// untilQuiet waits until nothing moves in the page any more.
func (x *tab) untilQuiet() {
	x.t.Helper()
	x.until("the page is at rest", func() (bool, error) {
		busy, err := evaluate[bool](x, "busy()")
		return err == nil && !busy, err
	})
}

// Back is the browser's own button.
func (x *Tab) Back() *Tab {
	x.t.Helper()
	return x.again("going back", func() error {
		past, err := chromedp.Call(x.ctx, page.GetNavigationHistory, cdp.Empty{})
		if err != nil || past.CurrentIndex == 0 {
			return errors.Join(err, errors.New("there is no page before"))
		}
		_, err = chromedp.Call(x.ctx, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: past.Entries[past.CurrentIndex-1].ID})
		return err
	})
}

// Reload loads the page again.
func (x *Tab) Reload() *Tab {
	x.t.Helper()
	return x.again("loading again", func() error {
		_, err := chromedp.Call(x.ctx, page.Reload, page.ReloadParams{})
		return err
	})
}

func (x *Tab) again(doing string, do func() error) *Tab {
	x.t.Helper()
	before, _ := x.seen.at()
	if err := do(); err != nil {
		x.failf("%s: %v", doing, err)
	}
	x.untilPage(before, "the page after "+doing)
	x.arrive()
	return x.whole()
}

// URL is the path that the tab is at, with its query.
func (x *Tab) URL() string {
	x.t.Helper()
	return must[string](x.tab, "read the address", "location.pathname + location.search + location.hash")
}

// Title is the tab's title.
func (x *Tab) Title() string {
	x.t.Helper()
	return must[string](x.tab, "read the title", "document.title")
}

// Heading is the page's first heading.
func (x *Tab) Heading() string {
	x.t.Helper()
	all := must[[]string](x.tab, "read the heading", "headings()")
	if len(all) != 1 {
		x.failf("there are %d first headings: %q", len(all), all)
	}
	return all[0]
}

// Status is what the page was answered with.
func (x *Tab) Status() int {
	x.seen.mu.Lock()
	defer x.seen.mu.Unlock()
	return x.seen.status
}

// Wire is how many bytes went over the wire since it was last asked.
func (x *Tab) Wire() int64 {
	x.seen.mu.Lock()
	defer x.seen.mu.Unlock()
	n := x.seen.wire
	x.seen.wire = 0
	return n
}

// Evaluate runs an expression in the page, for what only a script can tell.
func (x *Tab) Evaluate(expression string) string {
	x.t.Helper()
	return must[string](x.tab, expression, "String("+expression+")")
}
