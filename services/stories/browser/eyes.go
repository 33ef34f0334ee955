package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// tags are the rules of axe that every page keeps.
func tags() []string { return []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"} }

// Says is all the text in sight, with single spaces.
func (x *Tab) Says() string {
	x.t.Helper()
	return must[string](x.tab, "read the page", "says", x.parts)
}

// Sees waits until all these texts are in sight.
func (x *Tab) Sees(texts ...string) *Tab {
	x.t.Helper()
	for _, text := range texts {
		x.until(fmt.Sprintf("%q is in sight", text), func() (bool, error) {
			all, err := evaluate[string](x.tab, "says", x.parts)
			return err == nil && strings.Contains(all, strings.Join(strings.Fields(text), " ")), err
		})
	}
	return x
}

// DoesNotSee fails the test where one of these texts is in sight.
func (x *Tab) DoesNotSee(texts ...string) *Tab {
	x.t.Helper()
	all := x.Says()
	for _, text := range texts {
		if strings.Contains(all, strings.Join(strings.Fields(text), " ")) {
			x.failf("%q is in sight", text)
		}
	}
	return x
}

// arrive looks at a page that the tab has come to.
func (x *Tab) arrive() {
	x.t.Helper()
	if !x.unchecked {
		x.Check()
	}
}

// Check looks at the page as it is now: what the browser complains of, its frame, and axe.
func (x *Tab) Check() *Tab {
	x.t.Helper()
	x.answerDialog()
	wrong := x.seen.take(x.allowed)
	here := must[string](x.tab, "look at the page", "state()")
	// The issuer's pages are the council's, not ours.
	if here != x.looked && !strings.HasPrefix(here, "/demonstration/") && !strings.HasPrefix(here, "/docs") {
		x.looked = here
		width, _ := x.size.pixels()
		wrong = append(wrong, must[[]string](x.tab, "look at the page", "frame", width)...)
		wrong = append(wrong, x.axed()...)
	}
	if len(wrong) > 0 {
		x.failf("the page is not right:\n  %s", strings.Join(wrong, "\n  "))
	}
	return x
}

// Axe fails the test for everything that axe finds at WCAG 2.2 AA.
func (x *Tab) Axe() *Tab {
	x.t.Helper()
	if found := x.axed(); len(found) > 0 {
		x.failf("axe finds:\n  %s", strings.Join(found, "\n  "))
	}
	return x
}

func (x *Tab) axed() []string {
	x.t.Helper()
	source, err := axe()
	if err != nil {
		x.t.Fatal(err)
	}
	if x.plain {
		// axe is a script too; the page's own do not run again.
		if err := x.scripts(true); err != nil {
			x.failf("axe: %v", err)
		}
		defer func() {
			if err := x.scripts(false); err != nil {
				x.failf("axe: %v", err)
			}
		}()
	}
	if !must[bool](x.tab, "axe", `typeof window.axe !== 'undefined'`) {
		if err := chromedp.Do(x.ctx, chromedp.Evaluate[chromedp.Void](source+";undefined")); err != nil {
			x.failf("axe does not load: %v", err)
		}
	}
	return must[[]string](x.tab, "axe", "axed", tags())
}

// answerDialog closes what a page has opened over itself: no page of Kith's does.
func (x *Tab) answerDialog() {
	x.t.Helper()
	x.seen.mu.Lock()
	defer x.seen.mu.Unlock()
	if x.seen.dialog != "" {
		x.seen.wrong("the page opens a dialog: %s", x.seen.dialog)
		x.seen.dialog = ""
	}
}

// axe reads the script that tools/assets.sh has put into bin.
func axe() (string, error) {
	folder, err := os.Getwd()
	for err == nil {
		text, missing := os.ReadFile(filepath.Join(folder, "bin", "axe.min.js"))
		if missing == nil {
			return string(text), nil
		}
		if _, top := os.Stat(filepath.Join(folder, "go.mod")); top == nil || folder == filepath.Dir(folder) {
			return "", fmt.Errorf("the tests of the pages need axe: run `make build`, which takes it from npm (%w)", missing)
		}
		folder = filepath.Dir(folder)
	}
	return "", err
}
