package pages_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/kithcare/kith/services/stories/browser"
)

func TestCookiesAreKeptFromScriptsAndOtherSites(t *testing.T) {
	t.Parallel()
	p := kith.Person(t, "leila-benkirane")
	for _, name := range []string{"kith", "kith-form"} {
		c := p.Cookie(name)
		if c == nil {
			t.Fatalf("there is no cookie %s", name)
		}
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Domain != "" || c.Path != "/" {
			t.Errorf("%s is %s", name, c)
		}
	}
	if p.Cookie("kith-signing-in") != nil {
		t.Error("what was carried to the issuer and back is still there")
	}
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	for _, to := range []string{
		"//evil.example", "https://evil.example/", `/\evil.example`, `\/evil.example`, "/\t/evil.example", "javascript:alert(1)", "/..//evil.example", "evil.example",
		"/%5Cevil.example", "/%09/evil.example", "//127.0.0.1:1/", "/sign-out@evil.example",
	} {
		p := kith.Visitor(t)
		p.Get("/sign-in?to=" + url.QueryEscape(to))
		page := p.Post("/demonstration/issuer/sign-in", url.Values{"subject": {"kc:leila-benkirane"}})
		if page.URL.Host != strings.TrimPrefix(kith.URL, "http://") {
			t.Errorf("%q leads to %s", to, page.URL)
		}
	}
}

// Each form of a page is sent as another site would send it.
func TestFormsThatKithDidNotGiveThisBrowserDoNothing(t *testing.T) {
	t.Parallel()
	p := kith.Person(t, "samuel-okonjo")
	for _, path := range []string{"/account", "/teams/south-kensington/families", "/find"} {
		for _, action := range p.Get(path).Answered(http.StatusOK).Forms() {
			form, _ := p.Get(path).Form(action)
			if !form.Has("form-token") {
				// It asks, and changes nothing: a browser may send it from anywhere.
				continue
			}
			without, foreign := maps.Clone(form), maps.Clone(form)
			delete(without, "form-token")
			foreign.Set("form-token", "k2PHYbYwpZlKqzvbnwx")
			for name, c := range map[string]struct {
				form   url.Values
				header http.Header
			}{
				"without a token":      {without, nil},
				"with another's token": {foreign, nil},
				"from another site":    {form, http.Header{"Sec-Fetch-Site": {"cross-site"}}},
				"of another origin":    {form, http.Header{"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}}},
			} {
				p.Send(http.MethodPost, action, c.form, c.header).Answered(http.StatusForbidden).Sees("This form was not made for this browser")
				if !in(p, "/account") {
					t.Fatalf("a form to %s %s was obeyed", action, name)
				}
			}
		}
	}
}

// A session is of no use in another authority, and what is made up is none.
func TestAMadeUpSessionIsNone(t *testing.T) {
	t.Parallel()
	held := *kith.Person(t, "leila-benkirane").Cookie("kith")
	_, secret, _ := strings.Cut(held.Value, ".")
	for _, value := range []string{
		"hammersmith-fulham." + secret, "kensington-chelsea.", "." + secret, secret, "kensington-chelsea." + secret[:len(secret)-1], "kensington-chelsea." + secret + "x",
		"kensington-chelsea." + strings.Repeat("A", 26), "../kensington-chelsea." + secret, "kensington-chelsea.' OR 1=1", strings.Repeat("x", 4000),
	} {
		p := kith.Visitor(t)
		made := held
		made.Value = value
		p.SetCookie(&made)
		if in(p, "/account") {
			t.Errorf("the session %q is let in", value)
		}
	}
}

// visitors are people of every kind, with a page that each begins at.
func visitors() map[string][]string {
	return map[string][]string{
		"chanel-dacosta-price":   {"/", "/contacts", "/contacts/new", "/contacts/undelivered", "/find"},
		"declan-orourke":         {"/", "/teams/north-kensington/families", "/teams/north-kensington/caseload", "/find"},
		"lucy-ferrand":           {"/", "/administration"},
		"margaret-adeyemi-stone": {"/", "/guardian", "/guardian/restrictions", "/guardian/people"},
	}
}

// Everything that somebody can come to by links: no name of a child stands in an address or a title, nothing is kept by a
// browser or on the way, and no page breaks.
func TestWhateverSomebodyCanComeToKeepsToItself(t *testing.T) {
	t.Parallel()
	mark := browser.Ours("Quill")
	_, mark, _ = strings.Cut(mark, " ")
	family, contact := kith.Family(t, browser.Child("Quill "+mark, browser.Fields{"nhsNumber": "943 476 5919"}), browser.Child("Rowan "+mark))
	kith.Allocate(t, family)
	waiting := kith.Receive(t, browser.Worry(browser.Child("Sorrel "+mark)))
	for person, starts := range visitors() {
		starts = slices.Clone(starts)
		switch person {
		case "chanel-dacosta-price":
			starts = append(starts, "/contacts/"+contact, "/contacts/"+waiting, "/contacts/"+waiting+"/amend")
		case "declan-orourke":
			starts = append(starts, "/families/"+family)
		}
		t.Run(person, func(t *testing.T) {
			t.Parallel()
			walk(t, person, starts, mark)
		})
	}
}

// most is how many pages one person is led to: beyond that they are more of the same.
const most = 60

func walk(t *testing.T, person string, starts []string, mark string) {
	t.Helper()
	p := kith.Person(t, person)
	kinds, seen := map[string]int{}, map[string]bool{}
	for visited := 0; len(starts) > 0 && visited < most; {
		path := starts[0]
		starts = starts[1:]
		// Of a hundred contacts two are looked at.
		if kind := kindOf(path); seen[path] || kinds[kind] >= 2 {
			continue
		}
		seen[path] = true
		kinds[kindOf(path)]++
		visited++
		page := p.Get(path)
		keepsToItself(t, page, path, mark)
		for _, to := range append(page.Links(), page.Forms()...) {
			if strings.Contains(strings.ToLower(to), strings.ToLower(mark)) {
				t.Errorf("%s: a name stands in the address %s", path, to)
			}
		}
		for _, to := range page.Links() {
			to, _, _ = strings.Cut(to, "#")
			if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/docs") && !strings.HasPrefix(to, "/sign-in") {
				starts = append(starts, to)
			}
		}
	}
}

func keepsToItself(t *testing.T, page *browser.Page, path, mark string) {
	t.Helper()
	if page.Status != http.StatusOK {
		t.Errorf("%s answered %d: %s", path, page.Status, page.Text())
	}
	policy := page.Header.Get("Content-Security-Policy")
	if page.Header.Get("Cache-Control") != "no-store" || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") ||
		page.Header.Get("X-Content-Type-Options") != "nosniff" || page.Header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("%s came with %v", path, page.Header)
	}
	if strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") && !strings.HasSuffix(page.Title(), " – Kith") {
		t.Errorf("%s has the title %q", path, page.Title())
	}
	if strings.Contains(page.Title(), mark) || strings.Contains(page.URL.String(), mark) {
		t.Errorf("%s: a name stands in the title %q or the address %s", path, page.Title(), page.URL)
	}
}

// kindOf is an address with its ids and numbers taken out.
func kindOf(path string) string {
	path, query, _ := strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if len(part) >= 32 {
			parts[i] = "id"
		}
	}
	if query != "" {
		values, _ := url.ParseQuery(query)
		query = "?" + strings.Join(slices.Sorted(maps.Keys(values)), "&")
	}
	return strings.Join(parts, "/") + query
}
