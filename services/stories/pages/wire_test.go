package pages_test

import (
	"testing"

	"github.com/kithcare/kith/services/stories/browser"
)

// What goes over the wire, in bytes with headers and as it is packed: a phone in a stairwell is slow.
const (
	firstVisit = 160_000
	laterPage  = 25_000
)

func TestPagesAreSmallOverTheWire(t *testing.T) {
	t.Parallel()
	family, contact := kith.Family(t, browser.Child(browser.Ours("Sam")), browser.Child(browser.Ours("Kim")))
	for person, pages := range map[string][]string{
		"aoife-brannigan":        {"/account", "/contacts", "/contacts/new", "/contacts/" + contact, "/contacts/" + contact + "/amend", "/find"},
		"idris-haile":            {"/teams/north-kensington/families", "/teams/north-kensington/caseload", "/families/" + family},
		"margaret-adeyemi-stone": {"/guardian", "/guardian/people"},
	} {
		tab := kith.Tab(t, browser.Phone, browser.Unchecked)
		tab.Go("/")
		first := tab.Wire()
		tab.SignIn(person)
		tab.Wire()
		tab.Go("/")
		t.Logf("%s: first visit %d bytes, first page %d", person, first, tab.Wire())
		if first == 0 || first > firstVisit {
			t.Errorf("the first visit is %d bytes, at most %d", first, firstVisit)
		}
		for _, path := range pages {
			tab.Go(path)
			size := tab.Wire()
			t.Logf("%s: %d bytes", path, size)
			if size == 0 || size > laterPage {
				t.Errorf("%s is %d bytes, at most %d", path, size, laterPage)
			}
		}
	}
}
