package pages_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kithcare/kith/services/stories/browser"
)

func TestAWorryByPhoneCostsTwoFieldsAndTwoPresses(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	for _, options := range [][]browser.Option{{}, {browser.NoScript}} {
		call := &counted{Tab: deskOf(t, kith, "chanel-dacosta-price", browser.Small, options...)}
		call.press("Take a call")
		call.DoesNotSee("Throw it away and begin again")
		call.fill("The worry", "Screaming through the wall most nights.")
		call.fillIn("Child 1", "Name", sam)
		call.press("Save and read out the receipt")
		call.Sees("It is saved", "Read this out to the caller", "What happens next", "They can ring and read out the receipt", "While you are still speaking, you could ask for")
		call.cost(t, "a worry by phone", 2, 2)
		call.Screenshot("phone-receipt")
		c := contactOf(t, kith, strings.Split(call.URL(), "/")[2])
		if c.GetTold().GetSource().GetCode() != "10" || len(c.GetTold().GetChildren()) != 1 || c.GetSeenAt() == nil {
			t.Errorf("what was told is %v", c.GetTold())
		}
		call.Sees(c.GetReceipt())
		call.Press("Open the contact").Sees("Screaming through the wall most nights.", "left no way to be reached", sam)
	}
}

func TestACallMayTellMuchAndLosesNoWordWhenSomebodyIsAdded(t *testing.T) {
	t.Parallel()
	sam, ada, dan := browser.Ours("Sam"), browser.Ours("Ada"), browser.Ours("Dan")
	tab := deskOf(t, kith, "piotr-malinowski", browser.Phone, browser.NoScript)
	tab.Go("/contacts/new").Screenshot("phone")
	tab.Fill("The worry", "He said “mum’s at work”,\nand cried.").Choose("A child is in danger now")
	tab.In("Child 1").Fill("Name", sam)
	tab.In("Child 1").Fill("Birth date", "31/02/2019")
	tab.In("Child 1").Fill("Address", "12 Invented Row")
	tab.In("Child 1").Fill("Postcode", "W10 5AA")
	tab.Press("Add another child").Holds("The worry", "He said “mum’s at work”,\nand cried.")
	if !tab.Chosen("A child is in danger now") || !strings.HasSuffix(tab.URL(), "#child-2") {
		t.Errorf("a word is lost, or the page is not at the new child: %s", tab.URL())
	}
	tab.In("Child 2").Fill("Name", ada)
	tab.In("Child 2").Choose("Lives where the first child lives")
	tab.Press("Add an adult").In("Adult 1").Fill("Name", dan)
	tab.In("Adult 1").Fill("Related to the children as", "father")
	tab.In("Adult 1").Press("Related to each child in another way")
	tab.In("Adult 1").Fill("Related to "+ada, "uncle")
	tab.Select("The caller is", "School")
	tab.In("Who tells").Fill("E-mail", "head@school.example")
	tab.Screenshot("phone-full")
	tab.Press("Save and read out the receipt").Sees("The alarm rings now", "hears by e-mail when something is decided", sam+" boy or girl")
	c := contactOf(t, kith, strings.Split(tab.URL(), "/")[2])
	second, adult := c.GetTold().GetChildren()[1], c.GetTold().GetAdults()[0]
	if second.GetAddress() != "12 Invented Row" || second.GetPostcode() != "W10 5AA" || c.GetChildren()[1].GetDesk().GetTeam() == "" {
		t.Errorf("the second child lives at %q", second.GetAddress())
	}
	if got := adult.GetRelationships(); len(got) != 2 || got[0].GetRelationship() != "father" || got[1].GetRelationship() != "uncle" {
		t.Errorf("%v", got)
	}
	if c.GetTold().GetWorry() != "He said “mum’s at work”,\nand cried." || !c.GetTold().GetImmediateDanger() || c.GetTold().GetSource().GetCode() != "2A" {
		t.Errorf("%v", c.GetTold())
	}
	tab.Press("Open the contact").Sees("Doubtful: no such date", "A child is in danger now", "Related to "+sam, "uncle")
}

func TestACallWithoutAWorryOrAChildSaysWhatIsMissingAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	tab := deskOf(t, kith, another, browser.Phone)
	tab.Go("/contacts/new").In("Who tells").Fill("Name", "Mrs Lane")
	tab.Press("Save and read out the receipt").Sees("There is a problem", "Write what is worrying, in the caller’s words", "Say something about the child")
	tab.Screenshot("phone-problems")
	tab.In("Who tells").Holds("Name", "Mrs Lane")
	if !strings.HasPrefix(tab.Title(), "Error: ") {
		t.Errorf("the title is %q", tab.Title())
	}
	tab.Fill("The worry", strings.Repeat("x", 20001))
	tab.In("Child 1").Fill("Anything else", "a boy in the flat above the chip shop")
	tab.Press("Save and read out the receipt").Sees("There is a problem")
	tab.Fill("The worry", "Alone at night.")
	// Enter in a field presses a form's first button: this one does nothing, so that nothing is sent while somebody speaks.
	if tab.Evaluate(`document.getElementById("told.worry").form.querySelector("button[type=submit]").disabled`) != "true" {
		t.Error("Enter in a field sends the call")
	}
	tab.Press("Save and read out the receipt").Sees("It is saved")
}

func TestACallIsKeptWhileItIsTyped(t *testing.T) {
	t.Parallel()
	worry := "She whispers; somebody is in the next room. " + browser.Ours("Words")
	tab := deskOf(t, kith, "zainab-sesay", browser.Phone)
	tab.Go("/contacts/new").Press("Add another child")
	tab.In("Child 2").Fill("Name", "Ada")
	tab.Fill("The worry", worry).Sees("Saved at")
	// Another device of the same person.
	other := deskOf(t, kith, "zainab-sesay", browser.Small)
	other.Go("/contacts/new").Sees("You left this unfinished").Holds("The worry", worry)
	other.In("Child 2").Holds("Name", "Ada")
	other.Screenshot("phone-unfinished")
	kith.Person(t, screener).Get("/contacts/new").DoesNotSee(worry)
	other.Press("Throw it away and begin again").Sees("What you had written is thrown away.").Holds("The worry", "")
}

func TestAnAmendmentTypesNothingTwiceAndKeepsWhatWasTold(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	id := kith.Receive(t, browser.Worry(browser.Child(sam, browser.Fields{"postcode": "", "language": "Łódź dialect"})))
	tab := desk(t, kith, browser.Phone)
	tab.Go("/contacts/"+id).Sees("What would help and is missing", "A person has to choose the team.", "No address")
	tab.Press("Add what you learn").Holds("The worry", "Alone in the flat when we called at half past nine in the evening.")
	tab.In("Child 1").Fill("Postcode", "SW3 4JF")
	tab.Press("Save as the next version").Sees("There is a problem", "Write why")
	tab.Screenshot("amend-problem")
	tab.In("Child 1").Holds("Postcode", "SW3 4JF")
	tab.Fill("Why you change it", "The school rang back.")
	tab.Press("Save as the next version").Sees("The next version is saved", "Chelsea Family Facing Team", "by the address", "2; what was told before is kept", "Added to or put right", "The school rang back.")
	if c := contactOf(t, kith, id); c.GetTold().GetChildren()[0].GetLanguage() != "Łódź dialect" || c.GetTold().GetSource().GetPerson() != "PC Una Invented" {
		t.Errorf("an amendment lost something: %v", c.GetTold())
	}
}

func TestTwoWhoAmendSeeBothTexts(t *testing.T) {
	t.Parallel()
	id := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))))
	tab := desk(t, kith, browser.Desk)
	tab.Go("/contacts/"+id+"/amend").Fill("What has been done so far", "We have rung the school.")
	tab.Fill("Why you change it", "I rang the school.")
	first := kith.Person(t, another)
	form, ok := first.Get("/contacts/" + id + "/amend").Form("/contacts/" + id + "/amend")
	if !ok {
		t.Fatal("there is no form")
	}
	form.Set("told.when", "On Tuesday.")
	form.Set("reason", "The police rang back.")
	first.Send(http.MethodPost, "/contacts/"+id+"/amend", form, nil).Answered(http.StatusOK)

	tab.Press("Save as the next version").Sees("Somebody else changed this while you were writing", "Aoife Brannigan", "On Tuesday.", "We have rung the school.", "Not told")
	tab.Screenshot("amend-conflict")
	tab.Fill("When it happened", "On Tuesday.")
	tab.Press("Save as the next version").Sees("The next version is saved")
	if told := contactOf(t, kith, id).GetTold(); told.GetWhen() != "On Tuesday." || told.GetDoneSoFar() != "We have rung the school." {
		t.Errorf("one of the two is lost: %v", told)
	}
}
