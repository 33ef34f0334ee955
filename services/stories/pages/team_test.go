package pages_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/stories/browser"
)

const (
	northFamilies = "/teams/north-kensington/families"
	// The first members of North Kensington by name: who covers least among them is suggested as cover.
	amina, declan = "Amina Yusuf", "Declan O’Rourke"
)

// allocated is a family of North Kensington with a worker and a cover.
func allocated(t *testing.T, children ...browser.Fields) string {
	t.Helper()
	family, _ := kith.Family(t, children...)
	kith.Allocate(t, family)
	return family
}

// known is a child with an NHS number and a birth date that nobody else has.
func known(name, number string) browser.Fields {
	return browser.Child(name, browser.Fields{"nhsNumber": number, "birthDate": "2016-04-03", "address": "12 Invented Row, London", "sex": "female"})
}

// unissued is a valid NHS number that is never issued, of this moment.
func unissued() string {
	for n := 998_000_000 + time.Now().UnixNano()/1000%900_000; ; n++ {
		nine, sum := fmt.Sprintf("%09d", n), 0
		for i, digit := range nine {
			sum += int(digit-'0') * (10 - i)
		}
		if check := (11 - sum%11) % 11; check != 10 {
			return fmt.Sprintf("%s%d", nine, check)
		}
	}
}

func TestAFamilyIsAllocatedWithOneChoiceAndThreePresses(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	kith.Family(t, browser.Child(sam))
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("amina-yusuf")
	tab.Go(northFamilies).Sees(sam, "wait for a worker")
	tab.Screenshot("our-families")
	// The first press, the one choice, the last press.
	tab.In(sam).Press("Allocate")
	tab.Screenshot("allocate")
	tab.Choose(amina + " (you)")
	tab.Press("Allocate")
	tab.Sees("The family is allocated.")
	row := tab.In(sam)
	row.Sees(amina, "Allocated, today")
	if strings.Contains(row.Says(), "Named cover: "+amina) {
		t.Error("the worker is the cover as well")
	}
}

func TestAFamilyIsAllocatedWithoutJavaScriptAndByKeyboardAlone(t *testing.T) {
	t.Parallel()
	sam, kim := browser.Ours("Sam"), browser.Ours("Kim")
	kith.Family(t, browser.Child(sam))
	other, _ := kith.Family(t, browser.Child(kim))

	plain := kith.Tab(t, browser.Small, browser.NoScript)
	plain.SignIn("amina-yusuf")
	plain.Go(northFamilies)
	plain.In(sam).Press("Allocate")
	plain.Press("Allocate").Sees("Choose who works with the family")
	plain.Choose(declan)
	plain.Press("Allocate").Sees("The family is allocated.")

	tab := kith.Tab(t, browser.Desk)
	tab.SignIn("amina-yusuf")
	tab.Go("/families/" + other + "/allocate")
	tab.TabTo(amina + " (you)")
	tab.Keys("Space", "ArrowDown")
	tab.TabTo("Allocate").Keys("Enter")
	tab.Sees("The family is allocated.")
	tab.In(kim).Sees(declan)
}

func TestPressingAllocateTwiceAllocatesOnce(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	family, _ := kith.Family(t, browser.Child(sam))
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("amina-yusuf")
	tab.Go("/families/" + family + "/allocate").Choose(declan)
	tab.PressTwice("Allocate").Sees("The family is allocated.")

	// The same form again from another window: the answer of the first time.
	person := kith.Person(t, "amina-yusuf")
	second, _ := kith.Family(t, browser.Child(browser.Ours("Kim")))
	page := person.Get("/families/" + second + "/allocate").Answered(http.StatusOK)
	form, ok := page.Form("/families/" + second + "/allocate")
	if !ok {
		t.Fatal("there is no form")
	}
	workers := pageChoices(page, "worker")
	form.Set("worker", workers[1])
	for range 2 {
		answer, err := person.Once(http.MethodPost, "/families/"+second+"/allocate", form, nil)
		if err != nil || answer.Status != http.StatusSeeOther {
			t.Fatalf("%v: %d %s", err, answer.Status, answer.Text())
		}
	}
	page = person.Get("/families/" + second).Sees("Allocated to " + declan)
	if n := strings.Count(page.Text(), "Allocated to"); n != 1 {
		t.Errorf("allocated %d times", n)
	}
}

// pageChoices are the values of the radios of a name, in order.
func pageChoices(p *browser.Page, name string) []string {
	var values []string
	for _, part := range strings.Split(p.Body, "<input")[1:] {
		tag, _, _ := strings.Cut(part, ">")
		if strings.Contains(tag, `name="`+name+`"`) && strings.Contains(tag, `type="radio"`) {
			_, after, _ := strings.Cut(tag, `value="`)
			value, _, _ := strings.Cut(after, `"`)
			values = append(values, value)
		}
	}
	return values
}

func TestWhoComesSecondSeesWhatTheFirstDid(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	family, _ := kith.Family(t, browser.Child(sam))
	tab := kith.Tab(t, browser.Desk)
	tab.SignIn("amina-yusuf")
	tab.Go("/families/" + family + "/allocate").Choose("Idris Haile")
	kith.Allocate(t, family)
	tab.Press("Allocate").Sees("Somebody else changed this while you were writing", "How it stands now", "What you wrote", "Idris Haile")
	tab.Screenshot("allocate-conflict")
	tab.Press("Hand the family over to somebody else")
	if got := tab.Heading(); got != "Hand the family over" {
		t.Errorf("it leads to %q", got)
	}
}

func TestAHandOverNeedsItsReasonAndKeepsIt(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	family := allocated(t, browser.Child(sam))
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("amina-yusuf")
	tab.Go("/families/" + family).Press("Hand over")
	tab.Screenshot("hand-over")
	tab.Press("Hand over").Sees("There is a problem", "Choose who works with the family", "Say whether the children were told before", "Say why")
	tab.Screenshot("hand-over-problems")
	reason := "Idris knows the school, and the children asked for him. " + browser.Ours("Reason")
	tab.Choose("Idris Haile").Choose("Yes")
	tab.Fill("Why?", reason)
	tab.Press("Hand over").Sees("The family is handed over.", "Handed over to Idris Haile", "The children were told before.", reason, "1 change")
	tab.Go("/families/" + family + "/hand-over")
	tab.DoesNotSee("You left this unfinished")
}

func TestWhatCantWaitStandsOnTopUntilSomebodyTakesNote(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	contact := kith.Receive(t, browser.Worry(browser.Child(sam)))
	kith.Screen(t, contact, referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW)
	person := kith.Person(t, "amina-yusuf")
	browser.Until(t, "the family is there", func() bool { return strings.Contains(person.Get(northFamilies).Text(), sam) })

	tab := kith.Tab(t, browser.Small)
	tab.SignIn("amina-yusuf")
	tab.Go(northFamilies).Sees("Strategy discussion now")
	if all := tab.Says(); strings.Index(all, sam) > strings.Index(all, "With a worker") {
		t.Error("it does not stand on top")
	}
	tab.Screenshot("our-families-urgent")
	tab.In(sam).Press("I have taken note")
	tab.Sees("You have taken note. The alarm has stopped.")
	tab.Press(sam).Sees("Amina Yusuf has taken note.")
	tab.Screenshot("family-waiting")
}

func TestAFamilyIsPassedOnToAnotherTeam(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	family, _ := kith.Family(t, browser.Child(sam))
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("amina-yusuf")
	tab.Go("/families/" + family).Press("Defer to another team")
	tab.Choose("Chelsea Family Facing Team")
	tab.Fill("Why?", "We are full, and the grandparents live in Chelsea.")
	tab.Screenshot("defer")
	tab.Press("Defer to another team").Sees("The family is with the other team now.")
	tab.DoesNotSee(sam)
	kith.Person(t, "amina-yusuf").Get("/families/" + family).Answered(http.StatusNotFound)
	kith.Person(t, browser.MemberOf(t, "chelsea")).Get("/teams/chelsea/families").Sees(sam, "Deferred to this team, today")
}

func TestTheCaseloadIsAPictureWithItsTable(t *testing.T) {
	t.Parallel()
	family := allocated(t, browser.Child(browser.Ours("Sam")))
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("amina-yusuf")
	tab.Go("/families/" + family).Press("Change the weight")
	tab.Choose("2")
	tab.Screenshot("weigh")
	tab.Press("Save the weight").Sees("The weight is saved.")

	tab.Go(northFamilies).Press("Caseload")
	tab.Screenshot("caseload")
	tab.Sees("about 14 children or 10 families", "The same in numbers")
	var c familyfacingv1.GetCaseloadResponse
	kith.API(t, "amina-yusuf").Get(browser.Kensington+"/teams/north-kensington/caseload", &c)
	if n := tab.Evaluate(`document.querySelectorAll('svg[role=img] rect').length`); n != fmt.Sprint(3*len(c.GetMembers())) {
		t.Errorf("the picture has %s bars for %d members", n, len(c.GetMembers()))
	}
	for _, m := range c.GetMembers() {
		tab.Sees(m.GetTitle())
	}
	desk := kith.Tab(t, browser.Desk)
	desk.SignIn("amina-yusuf")
	desk.Go("/teams/north-kensington/caseload").Screenshot("caseload")
	desk.Press(declan)
	if got := desk.Value("Show the families of"); got == "" {
		t.Error("the list is not his alone")
	}
}

func TestAProtectedAddressIsShownForAReasonThatIsKept(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	family := allocated(t, known(sam, unissued()))
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("amina-yusuf")
	tab.Go("/families/" + family).Sees("12 Invented Row")
	tab.Press("Protect the address")
	tab.Press("Protect the address").Sees("Say why")
	tab.Fill("Why?", "The father must not find out.")
	tab.Press("Protect the address").Sees("The address is protected.")
	tab.DoesNotSee("12 Invented Row", "W10 5AA")

	tab.Press("Show it")
	tab.Screenshot("reveal")
	tab.Press("Show the address").Sees("Say what you need the address for")
	tab.Choose("To visit today")
	tab.Press("Show the address").Sees("12 Invented Row, London, W10 5AA")
	tab.Screenshot("revealed")
	if strings.Contains(tab.URL(), "Invented") || strings.Contains(tab.Title(), "Sam") {
		t.Errorf("%s %s tells more than it should", tab.URL(), tab.Title())
	}
	tab.Press("Back to the family").DoesNotSee("12 Invented Row")
	tab.Press("See who looked at this family, and why").Sees("To visit today", amina)
	tab.Screenshot("looks")

	tab.Go("/families/" + family).Press("No longer protect the address")
	tab.Fill("Why?", "The father has moved abroad.")
	tab.Press("No longer protect the address").Sees("The address is not protected any more.", "12 Invented Row")
}

func TestTheTeamSettlesAScreenersRevision(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	family, contact := kith.Family(t, browser.Child(sam))
	kith.Allocate(t, family)
	kith.Screen(t, contact, referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION)
	person := kith.Person(t, "amina-yusuf")
	browser.Until(t, "the revision is there", func() bool {
		return strings.Contains(person.Get("/families/"+family).Text(), "Screening revised")
	})
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("amina-yusuf")
	tab.Go("/families/" + family).Sees("A screener revised the decision about " + sam)
	tab.Screenshot("family-revised")
	tab.Press("Settle it")
	tab.Screenshot("settle")
	tab.Press("Settle the revision").Sees("Say whether the child stays or leaves", "Say why")
	tab.Choose("The child stays with the team")
	tab.Fill("Why?", "The school worries as much as before.")
	tab.Press("Settle the revision").Sees("The revision is settled.")
	tab.DoesNotSee("Screening revised")
}

func TestNewContactsAboutOpenFamiliesAreListed(t *testing.T) {
	t.Parallel()
	sam, number := browser.Ours("Sam"), unissued()
	family := allocated(t, known(sam, number))
	words := "Seen at the station after midnight, " + browser.Ours("alone")
	kith.Receive(t, browser.Worry(known(sam, number)).With(browser.Fields{"worry": words}))
	person := kith.Person(t, "amina-yusuf")
	browser.Until(t, "the notice is there", func() bool {
		return strings.Contains(person.Get("/teams/north-kensington/notices").Text(), sam)
	})
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("amina-yusuf")
	tab.Go(northFamilies).Sees("New contacts about our families")
	tab.Press("All contacts about our families")
	tab.Screenshot("notices")
	tab.Press(sam).Sees(words)
	tab.Screenshot("family")
	desk := kith.Tab(t, browser.Desk)
	desk.SignIn("amina-yusuf")
	desk.Go("/families/" + family).Screenshot("family")
	desk.Go(northFamilies).Screenshot("our-families")
}

func TestAFamilyIsForItsOwnTeam(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	family := allocated(t, browser.Child(sam))
	stranger := kith.Person(t, browser.MemberOf(t, "chelsea"))
	for _, path := range []string{"", "/allocate", "/hand-over", "/defer", "/weigh", "/looks"} {
		theirs := stranger.Get("/families/" + family + path).Answered(http.StatusNotFound)
		none := stranger.Get("/families/0192f0c1-0000-7000-8000-000000000000" + path).Answered(http.StatusNotFound)
		if theirs.Text() != none.Text() {
			t.Errorf("%s: what exists is answered otherwise: %s / %s", path, theirs.Text(), none.Text())
		}
	}
	for _, path := range []string{"/families", "/caseload", "/notices"} {
		stranger.Get("/teams/north-kensington"+path).Answered(http.StatusForbidden).DoesNotSee(sam, amina)
	}
	stranger.Get("/families/not-an-id").Answered(http.StatusNotFound)
}

func TestTheListIsNarrowedByItsAddress(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	allocated(t, browser.Child(sam))
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("amina-yusuf")
	tab.Go(northFamilies).Press("Mine").Sees(sam)
	if !strings.Contains(tab.URL(), "?worker=") {
		t.Errorf("the filter is not in the address %s", tab.URL())
	}
	tab.Select("Show the families of", "Siobhán Carrick").Press("Show").DoesNotSee(sam)
	tab.Press("Closed")
	tab.Screenshot("our-families-closed")
	tab.Press("Withdrawn")
	tab.Screenshot("our-families-none")
	for _, where := range []string{tab.URL(), tab.Title()} {
		if strings.Contains(where, "Sam") {
			t.Errorf("%s holds a child's name", where)
		}
	}
}

func TestWordsOfAFormOutliveThePage(t *testing.T) {
	t.Parallel()
	family := allocated(t, browser.Child(browser.Ours("Sam")))
	words := "Idris knows the school. " + browser.Ours("Reason")
	tab := kith.Tab(t, browser.Phone)
	tab.SignIn("siobhan-carrick")
	tab.Go("/families/"+family+"/hand-over").Choose("Idris Haile").Fill("Why?", words).Sees("Saved at")
	tab.Go("/").Press("Something for a family").Sees("You left this unfinished")
	tab.Holds("Why?", words)
	if !tab.Chosen("Idris Haile") {
		t.Error("who was chosen is forgotten")
	}
	tab.Screenshot("hand-over-unfinished")
	tab.Press("Throw it away and begin again").DoesNotSee("You left this unfinished")
	tab.Holds("Why?", "")
}

func TestNamesOfEveryKindAreWholeAndSafe(t *testing.T) {
	t.Parallel()
	mark := browser.Ours("Zed")
	names := []string{mark + " O'Brien-<b>Ünïcødé</b> & Søn", "محمد عبد الله " + mark, mark + " \U0001F98A", mark + strings.Repeat("abcdefghij", 30)}
	children := make([]browser.Fields, 0, len(names))
	for _, n := range names {
		children = append(children, browser.Child(n, browser.Fields{"address": n + " Street"}))
	}
	family, _ := kith.Family(t, children...)
	tab := kith.Tab(t, browser.Small)
	tab.SignIn("amina-yusuf")
	tab.Go(northFamilies).Sees(names...)
	tab.Go("/families/" + family).Sees(names...)
	tab.Screenshot("family-names")
	tab.Go("/families/" + family + "/allocate").Sees(names...)
	kith.Allocate(t, family)
	tab.Go(northFamilies).Sees(names...)
	tab.Go("/find").Fill(theBox, mark)
	tab.Press("Find").Sees(names[1], names[2])
}

func TestALaterPageIsLight(t *testing.T) {
	t.Parallel()
	family := allocated(t, browser.Child(browser.Ours("Sam")))
	tab := kith.Tab(t, browser.Desk)
	tab.SignIn("amina-yusuf")
	for _, path := range []string{northFamilies, "/teams/north-kensington/caseload", "/families/" + family, "/families/" + family + "/allocate", "/find"} {
		tab.Wire()
		tab.Go(path)
		if n := tab.Wire(); n == 0 || n > 25<<10 {
			t.Errorf("%s: %d bytes over the wire", path, n)
		}
	}
}

func TestWhoLookedHasASecondPage(t *testing.T) {
	t.Parallel()
	family := allocated(t, browser.Child(browser.Ours("Sam")))
	reader := kith.API(t, "amina-yusuf")
	for range 55 {
		reader.Get(browser.Kensington+"/families/"+family, nil)
	}
	person := kith.Person(t, "amina-yusuf")
	first := person.Get("/families/" + family + "/looks").Answered(http.StatusOK).Sees("Next page").DoesNotSee("allocate the family")
	next := ""
	for _, link := range first.Links() {
		if strings.Contains(link, "/looks?page=") {
			next = link
		}
	}
	person.Get(next).Answered(http.StatusOK).Sees("First page", "allocate the family", "Kith itself")
}
