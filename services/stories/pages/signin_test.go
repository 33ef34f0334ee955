package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kithcare/kith/services/stories/browser"
)

func TestSomebodySignsInAndOut(t *testing.T) {
	t.Parallel()
	tab := kith.Tab(t, browser.Phone)
	tab.Go("/").Sees("For teams that work with children and families.")
	tab.Press("Sign in")
	tab.Continue("beatriz-cardoso")
	tab.Sees(browser.NameOf(t, "beatriz-cardoso"))
	tab.Press("Sign out").Sees("You are signed out.")
	// What the session showed is not to be had again, not even by the browser's own way back.
	tab.Back()
	if tab.Says(); strings.Contains(tab.Says(), browser.NameOf(t, "beatriz-cardoso")) {
		t.Error("the page from before the sign-out is shown again")
	}
	tab.Go("/account")
	if !strings.HasPrefix(tab.URL(), "/demonstration/issuer/") {
		t.Errorf("a stranger's /account is at %s, not at the issuer's page", tab.URL())
	}
}

func TestSigningInWithoutScriptsLeadsToThePageThatWasAskedFor(t *testing.T) {
	t.Parallel()
	tab := kith.Tab(t, browser.Small, browser.NoScript)
	tab.Go("/account")
	tab.Continue("beatriz-cardoso")
	if tab.URL() != "/account" {
		t.Errorf("the sign-in leads to %s", tab.URL())
	}
	tab.Press("Sign out").Sees("You are signed out.")
}

func TestWhoWorksForTwoAuthoritiesChoosesOne(t *testing.T) {
	t.Parallel()
	for size, authority := range map[browser.Size]string{browser.Phone: browser.Kensington, browser.Desk: browser.Hammersmith} {
		tab := kith.Tab(t, size)
		tab.SignIn("noor-haddad", authority)
		want, other := "Kensington and Chelsea", "Hammersmith and Fulham"
		if authority == browser.Hammersmith {
			want, other = other, want
		}
		tab.Sees(want).DoesNotSee(other)
		tab.Go("/account").Sees(want).DoesNotSee(other)
	}
}

// The choice is the issuer's word on who it is, not the browser's: nobody chooses an authority that is not theirs.
func TestNobodyChoosesAnAuthorityWithoutAPlaceThere(t *testing.T) {
	t.Parallel()
	p := kith.Visitor(t)
	p.Get("/sign-in?to=%2F")
	which := p.Post("/demonstration/issuer/sign-in", url.Values{"subject": {"kc:noor-haddad"}})
	which.Answered(http.StatusOK).Sees("Which authority?")
	form, _ := which.Form("/signed-in")
	for name, c := range map[string]struct {
		change url.Values
		cookie string
	}{
		"an authority that is none":  {change: url.Values{"authority": {"elsewhere"}}},
		"no authority":               {change: url.Values{"authority": {""}}},
		"a form of another browser":  {change: url.Values{"authority": {"kensington-chelsea"}, "form-token": {"x"}}},
		"a journey that was changed": {change: url.Values{"authority": {"kensington-chelsea"}}, cookie: "e30"},
	} {
		stranger := kith.Visitor(t)
		for _, held := range []string{"kith-form", "kith-signing-in"} {
			kept := *p.Cookie(held)
			if held == "kith-signing-in" && c.cookie != "" {
				kept.Value = c.cookie
			}
			stranger.SetCookie(&kept)
		}
		sent := url.Values{}
		for field, values := range form {
			sent[field] = values
		}
		for field, values := range c.change {
			sent[field] = values
		}
		answer := stranger.Send(http.MethodPost, "/signed-in", sent, nil)
		if answer.Status < 400 || stranger.Cookie("kith") != nil {
			t.Errorf("%s: answered %d, and a session is %v", name, answer.Status, stranger.Cookie("kith"))
		}
	}
}

func TestSigningOutEndsOneSessionAndEverywhereEndsAll(t *testing.T) {
	t.Parallel()
	const person = "callum-threlfall"
	phone, laptop := kith.Person(t, person), kith.Person(t, person)
	neighbour := kith.Person(t, "mei-ling-hartono")
	phone.Get("/account").Answered(http.StatusOK).Sees("Where you are signed in", "Firefox Linux This one")

	// A session that was signed out is of no use to whoever has copied its cookie.
	copied := *phone.Cookie("kith")
	phone.Get("/account")
	phone.Post("/sign-out", nil).Sees("You are signed out.")
	if phone.Cookie("kith") != nil {
		t.Error("the browser still holds the session")
	}
	thief := kith.Visitor(t)
	thief.SetCookie(&copied)
	browser.Until(t, "a session that was signed out ends", func() bool { return !in(thief, "/account") })
	if !in(laptop, "/account") {
		t.Error("signing out on one device signs out on another")
	}

	phone.SignIn(person)
	phone.Get("/account")
	phone.Post("/account/sign-out-everywhere", nil).Sees("You are signed out everywhere.")
	browser.Until(t, "every session of the person ends", func() bool { return !in(phone, "/account") && !in(laptop, "/account") })
	if !in(neighbour, "/account") {
		t.Error("signing out everywhere signs somebody else out")
	}
}

// in says whether the person is still let in to a page.
func in(p *browser.Person, path string) bool {
	page := p.Get(path)
	return page.Status == http.StatusOK && page.URL.Path == path
}
