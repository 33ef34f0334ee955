package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kithcare/kith/services/stories/browser"
)

// guardian is Kensington and Chelsea's Caldicott guardian.
const guardian = "margaret-adeyemi-stone"

// theBox is the label of the one field.
const theBox = "Whatever you know"

// spokenSlip is the name as somebody writes it who only heard it: its last letter twice.
func spokenSlip(name string) string { return name + name[len(name)-1:] }

func TestAPersonIsFoundByAMisspeltNameWithItsReasons(t *testing.T) {
	t.Parallel()
	sam, number := browser.Ours("Samira"), unissued()
	family := allocated(t, known(sam, number))
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("amina-yusuf")
	tab.Go("/find").Screenshot("find")
	tab.Press("Find").Sees("Write something about the person you are looking for")
	tab.Fill(theBox, spokenSlip(sam)+", about 10, Invented Row")
	tab.Press("Find").Sees("Looked for:", sam, "Child, 10 years", "North Kensington Family Facing Team: with a worker, Amina Yusuf")
	tab.Screenshot("find-results")
	card := tab.In(sam)
	card.Sees("Why:")
	for _, where := range []string{tab.URL(), tab.Title()} {
		if strings.Contains(where, sam) || strings.Contains(where, "Row") {
			t.Errorf("%s tells whom somebody looks for", where)
		}
	}
	tab.Press(sam)
	if got := tab.URL(); got != "/families/"+family {
		t.Errorf("it leads to %s", got)
	}
	// By number alone, on a desk.
	desk := kith.Tab(t, browser.Desk)
	desk.SignIn("amina-yusuf")
	desk.Go("/find").Fill(theBox, number)
	desk.Press("Find").Sees(sam, "Nearly certain")
	desk.Screenshot("find-results")
}

func TestNobodyFoundSaysWhatToTry(t *testing.T) {
	t.Parallel()
	tab := kith.Tab(t, browser.Small)
	tab.SignIn("winston-garrick")
	tab.Go("/find").Fill(theBox, "Zyxwvut Qqqqqqqqq")
	tab.Press("Find").Sees("Nobody like that is known", "You can try:", "open it by the number")
	tab.Holds(theBox, "Zyxwvut Qqqqqqqqq")
	tab.Screenshot("find-none")
}

func TestARecordOfAnotherTeamIsOpenedAgainstTheRule(t *testing.T) {
	t.Parallel()
	sam, number := browser.Ours("Samira"), unissued()
	family := allocated(t, known(sam, number))
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn(browser.MemberOf(t, "chelsea"))
	tab.Go("/find").Fill(theBox, number)
	tab.Press("Find").Sees(sam, "This family is with North Kensington Family Facing Team. Ring")
	tab.Screenshot("find-elsewhere")
	tab.In(sam).Press("Open it all the same")
	tab.Sees("The Caldicott guardian is told within a minute")
	tab.Screenshot("break-glass")
	tab.Fill("Why do you need to see it now?", "urgent")
	tab.Press("Open the record").Sees("Say why, in at least 10 letters")
	tab.Screenshot("break-glass-problem")
	reason := "The child stands at our door, and nobody of the team answers. " + browser.Ours("Reason")
	tab.Fill("Why do you need to see it now?", reason)
	tab.Choose("15 minutes")
	tab.Press("Open the record").Sees("You see this record against the rule, until", sam, "12 Invented Row")
	tab.Screenshot("family-broken-glass")
	tab.DoesNotSee("Hand over", "Defer to another team", "Change the weight", "Protect the address")
	if got := tab.URL(); got != "/families/"+family {
		t.Errorf("it leads to %s", got)
	}
	// What can only be read offers no form, and the guardian sees the use with its reason.
	stranger := kith.Person(t, browser.MemberOf(t, "chelsea"))
	stranger.Get("/families/" + family).Answered(http.StatusOK)
	stranger.Get("/families/" + family + "/weigh").Answered(http.StatusNotFound)
	kith.Person(t, guardian).Get("/guardian/glass").Sees(reason)
}

func TestARecordIsOpenedByItsNumberAlone(t *testing.T) {
	t.Parallel()
	sam, number := browser.Ours("Samira"), unissued()
	family := allocated(t, known(sam, number))
	person := kith.Person(t, "winston-garrick")
	person.Get("/break-glass").Answered(http.StatusOK)
	why := url.Values{"reason": {"The hospital asks who works with this child, at night."}, "minutes": {"60"}}
	person.Post("/break-glass", why).Answered(http.StatusUnprocessableEntity).Sees("Write the NHS number of somebody in the family")
	why.Set("nhsNumber", unissued())
	person.Post("/break-glass", why).Answered(http.StatusBadRequest).Sees("No family holds this number")
	why.Set("nhsNumber", number)
	page := person.Post("/break-glass", why).Answered(http.StatusOK).Sees(sam, "You see this record against the rule")
	if page.URL.Path != "/families/"+family {
		t.Errorf("it leads to %s", page.URL.Path)
	}
	// Whoever works with the family needs no glass broken.
	own := kith.Person(t, "amina-yusuf")
	own.Get("/families/" + family + "/break-glass").Answered(http.StatusOK)
	own.Post("/families/"+family+"/break-glass", url.Values{"reason": {"I did not know that it is ours."}}).
		Sees("You work with this family and see it anyway. Nobody was told.").DoesNotSee("against the rule")
}

func TestARestrictedFamilyIsInNoSearch(t *testing.T) {
	t.Parallel()
	sam, number := browser.Ours("Samira"), unissued()
	family := allocated(t, known(sam, number))
	find := func(who string) *browser.Page {
		person := kith.Person(t, who)
		person.Get("/find")
		return person.Post("/find", url.Values{"sought[0].anything": {number}}).Answered(http.StatusOK)
	}
	find("amina-yusuf").Sees(sam)
	find(guardian).Sees(sam, "Who looked at this record, and restricting it")
	g := kith.Person(t, guardian)
	g.Get("/guardian/families/" + family).Answered(http.StatusOK)
	g.Post("/guardian/families/"+family+"/restrict", url.Values{"kind": {"staff"}, "reason": {"A colleague's family."}})
	// Amina is its worker and sees it; her colleague does not, also not that there is one.
	find("amina-yusuf").Sees(sam)
	find("idris-haile").Sees("Nobody like that is known").DoesNotSee(sam)
	kith.Person(t, "idris-haile").Get("/families/" + family).Answered(http.StatusNotFound)
	kith.Person(t, "idris-haile").Get("/teams/north-kensington/families").DoesNotSee(sam)
	kith.Person(t, "amina-yusuf").Get("/families/" + family).Sees("This record is restricted.")
}

func TestWhoHasNoPlaceInATeamThatMeetsFamiliesDoesNotFind(t *testing.T) {
	t.Parallel()
	person := kith.Person(t, "lucy-ferrand")
	person.Get("/").DoesNotSee("Find a person")
	person.Get("/find").Answered(http.StatusForbidden)
	person.Get("/break-glass").Answered(http.StatusForbidden)
}
