package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kithcare/kith/services/stories/browser"
)

// hostile are names that people have, or send.
func hostile() map[string]string {
	return map[string]string{
		"apostrophes":   "Aoife O'Brien-D’Arcy",
		"diacritics":    "Ẹlẹ́ṣin Żółćić-Nguyễn Thị Ánh",
		"right to left": "محمد عبد الله الحسيني",
		"emoji":         "Sam 👩‍👧‍👦 Rain🌧",
		"long":          strings.Repeat("Wolfeschlegelsteinhausenbergerdorff ", 8) + "the Third",
		"one long word": strings.Repeat("Llanfairpwllgwyngyll", 15),
		"a script":      `<script>document.title="x"</script><img src=x onerror="alert(1)">`,
		"a template":    `{{.}} {{ template "x" }} ${7*7} %s %d`,
		"an address":    "javascript:alert(1)",
		"quotes":        `" onmouseover="alert(1)" x="`,
		"SQL":           `Robert'); DROP TABLE child;--`,
	}
}

// Every page that shows a name shows the whole of it, as text, and nothing of it does anything.
func TestHostileNamesAreWholeAndSafe(t *testing.T) {
	t.Parallel()
	for kind, name := range hostile() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			child := browser.Ours(name)
			words := name + "\nand more of it"
			family, contact := kith.Family(t, browser.Child(child, browser.Fields{"alsoKnownAs": name, "school": name}))
			waiting := kith.Receive(t, browser.Worry(browser.Child(child)).With(browser.Fields{"worry": words}))
			screening, working := kith.Person(t, "piotr-malinowski"), kith.Person(t, "nkechi-obi-walters")
			for _, c := range []struct {
				p     *browser.Person
				path  string
				shows []string
			}{
				{screening, "/contacts/" + contact, []string{child, name}},
				{screening, "/contacts/" + waiting, []string{child, name}},
				{screening, "/contacts", []string{child}},
				{working, "/families/" + family, []string{child}},
				{working, "/teams/north-kensington/families", []string{child}},
			} {
				page := c.p.Get(c.path).Answered(http.StatusOK).Sees(c.shows...)
				harmless(t, page)
			}
			// What is put into fields comes back out of them.
			form, _ := screening.Get("/contacts/" + waiting + "/amend").Answered(http.StatusOK).Form("/contacts/" + waiting + "/amend")
			if !has(form, child) || !has(form, strings.ReplaceAll(words, "\n", "\r\n")) {
				t.Errorf("the form to amend it holds %q", form)
			}
			harmless(t, screening.Post("/contacts/"+waiting+"/amend", url.Values{"reason": {""}}))
		})
	}
}

func harmless(t *testing.T, page *browser.Page) {
	t.Helper()
	for _, raw := range []string{"<script>document", "<img src=x", `" onmouseover="`, `href="javascript:`} {
		if strings.Contains(page.Body, raw) {
			t.Errorf("%s holds %s as markup", page.URL.Path, raw)
		}
	}
}

func has(form url.Values, value string) bool {
	for _, values := range form {
		for _, v := range values {
			if v == value {
				return true
			}
		}
	}
	return false
}

// In a browser they do not break a page's frame either, on the narrowest window there is.
func TestHostileNamesFitANarrowWindow(t *testing.T) {
	t.Parallel()
	var children []browser.Fields
	for _, name := range hostile() {
		children = append(children, browser.Child(browser.Ours(name)))
	}
	family, contact := kith.Family(t, children...)
	screening := kith.Tab(t, browser.Small)
	screening.SignIn("piotr-malinowski")
	screening.Go("/contacts/" + contact).Sees(children[0]["name"].(string))
	screening.Go("/contacts/" + contact + "/amend")
	working := kith.Tab(t, browser.Small)
	working.SignIn("nkechi-obi-walters")
	working.Go("/families/" + family).Sees(children[0]["name"].(string))
	working.Go("/teams/north-kensington/families")
}
