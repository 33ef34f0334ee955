package pages_test

import (
	"net/http"
	"strings"
	"testing"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/stories/browser"
)

// outcomeOf is what a contact's child came to.
func outcomeOf(t *testing.T, id string, child int) *referralv1.Screening {
	t.Helper()
	return contactOf(t, kith, id).GetChildren()[child].GetDesk().GetScreening()
}

func TestScreeningAndPassingOnCostsThreeFieldsAndTwoPresses(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	id := kith.Receive(t, browser.Worry(browser.Child(sam)))
	tab := &counted{Tab: desk(t, kith, browser.Phone)}
	queued(tab.Go("/contacts"), sam).Press(sam)
	tab.presses++
	tab.Screenshot("contact")
	tab.choose("Family Facing Team")
	tab.fill("Reason, for the record", "Alone for whole evenings, more than once.")
	tab.choose("They may read the reason above as it stands")
	tab.Screenshot("contact-deciding")
	tab.press("Decide")
	tab.Sees("Every child of the contact is decided. The referrer is told.")
	tab.cost(t, "screening and passing on one child", 3, 2)
	got := outcomeOf(t, id, 0)
	if got.GetOutcome() != referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM || got.GetReasonForReferrer() != "Alone for whole evenings, more than once." || got.GetPrimaryNeed() != "N0" {
		t.Errorf("%v", got)
	}
	browser.Until(t, "the team has it", func() bool { return contactOf(t, kith, id).GetChildren()[0].GetDesk().GetFamily() != "" })
	tab.Go("/contacts/"+id).Sees("The team has it.", "The referrer hears: Referred to a Family Facing Team.", "Decided for a child", "Winston Garrick")
	tab.Screenshot("contact-decided")
}

func TestAnIndividualsContactAsksForNoReasonForThem(t *testing.T) {
	t.Parallel()
	var c referralv1.Contact
	kith.API(t, screener).Post(browser.Kensington+"/contacts", browser.Worry(browser.Child(browser.Ours("Sam"))).With(browser.Fields{"source": browser.Fields{"code": "1B"}}), &c)
	tab := desk(t, kith, browser.Small, browser.NoScript)
	tab.Go("/contacts/" + browser.Last(c.GetName())).Sees("This referrer hears only that somebody has looked at it.").DoesNotSee("Reason, for the referrer")
	tab.Choose("No further action").Fill("Reason, for the record", "The health visitor was there today.")
	tab.Press("Decide").Sees("Every child of the contact is decided.")
	tab.Go("/contacts/" + browser.Last(c.GetName())).Sees("The referrer hears: Looked at.")
}

func TestWhatAnOutcomeLacksIsAskedForAtItsField(t *testing.T) {
	t.Parallel()
	id := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))))
	tab := desk(t, kith, browser.Phone)
	tab.Go("/contacts/"+id).Press("Decide").Sees("There is a problem", "Choose what it comes to", "Write why")
	tab.Screenshot("contact-problems")
	tab.Choose("Early help").Fill("Reason, for the record", "The mother asks for help.")
	tab.Press("Decide").Sees("Write the reason for the referrer in plain words")
	tab.Fill("Reason, for the referrer", "The early help hub will ring the family.")
	tab.Press("Decide").Sees("Name the service or authority that receives the child")
	tab.Fill("Who receives the child", "Early Help Hub")
	tab.Press("Decide").Sees("Early help is a service that the family agrees to").Holds("Reason, for the record", "The mother asks for help.")
	tab.Choose("The family agrees to early help")
	tab.Press("Decide").Sees("Whoever receives the child still has to confirm it.", "Early Help Hub").DoesNotSee("You left this unfinished")
	tab.Screenshot("contact-receipt-due")
	tab.Press("They have it").Sees("Write who said so")
	tab.Screenshot("confirm-problem")
	tab.Fill("Who there said that they have the child", "duty desk, by phone")
	tab.Press("They have it").Sees("The receipt is confirmed.", "Whoever receives the child has confirmed it.")

	// The outcome may be changed; the earlier one is kept.
	tab.Press("Change this outcome").Choose("No further action")
	tab.Fill("Reason, for the record", "Entered for the wrong child.").Choose("They may read the reason above as it stands")
	tab.Press("Decide").Sees("Every child of the contact is decided.")
	tab.Go("/contacts/"+id).Press("One earlier outcome").Sees("The mother asks for help.", "Entered for the wrong child.")
}

func TestOfAStrategyDiscussionTheReferrerHearsNoReason(t *testing.T) {
	t.Parallel()
	id := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))))
	tab := desk(t, kith, browser.Phone)
	tab.Go("/contacts/" + id).Choose("Family Facing Team").Sees("This referrer hears the outcome")
	tab.Fill("Reason, for the referrer", "We go there now, with the police.")
	tab.Choose("Strategy discussion now").Sees("only that it is being acted on").DoesNotSee("Reason, for the referrer")
	tab.Fill("Reason, for the record", "An injury that nobody explains.")
	tab.Press("Decide").Sees("Every child of the contact is decided.")
	if got := outcomeOf(t, id, 0); got.GetReasonForReferrer() != "" {
		t.Errorf("the referrer would read %q", got.GetReasonForReferrer())
	}
}

func TestBrothersAndSistersAreDecidedAlikeInOnePress(t *testing.T) {
	t.Parallel()
	sam, ada, kim := browser.Ours("Sam"), browser.Ours("Ada"), browser.Ours("Kim")
	id := kith.Receive(t, browser.Worry(browser.Child(sam), browser.Child(ada), browser.Child(kim), browser.Fields{"description": "a baby"}))
	tab := desk(t, kith, browser.Desk)
	tab.Go("/contacts/" + id).Screenshot("contact-four")
	small := desk(t, kith, browser.Small)
	small.Go("/contacts/" + id).Screenshot("contact-four")
	tab.Choose("Family Facing Team").Fill("Reason, for the record", "All alone at night.").Choose("They may read the reason above as it stands")
	tab.Choose("The same for the other 3 undecided children")
	tab.Press("Decide").Sees("Those without a team still wait for you.")
	c := contactOf(t, kith, id)
	for i, decided := range []bool{true, true, true, false} {
		if got := c.GetChildren()[i].GetDesk().GetScreening(); (got != nil) != decided {
			t.Errorf("child %d: %v", i+1, got)
		}
	}
	// The baby has no address: a person chooses the team.
	tab.Press("Choose this team").Sees("Choose a team", "Write why")
	tab.Screenshot("patch-problem")
	tab.Select("Team", "North Kensington Family Facing Team").Fill("Why", "Lives with the others.")
	tab.Press("Choose this team").Sees("The team is chosen.", "Chosen by a person:", "Lives with the others.")
	tab.Choose("Family Facing Team").Fill("Reason, for the record", "As the others.").Choose("They may read the reason above as it stands")
	tab.Press("Decide").Sees("Every child of the contact is decided.")
}

func TestTheSecondOfTwoScreenersSeesWhoDecidedWhatBesideTheirOwnWords(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	id := kith.Receive(t, browser.Worry(browser.Child(sam)))
	tab := desk(t, kith, browser.Desk)
	tab.Go("/contacts/" + id).Choose("Advice or signposting")
	tab.Fill("Reason, for the record", "The school helps already.").Choose("They may read the reason above as it stands")
	c := contactOf(t, kith, id)
	kith.API(t, another).Post(c.GetChildren()[0].GetName()+":screen", browser.Fields{
		"outcome": "OUTCOME_NO_FURTHER_ACTION", "reason": "Seen by the health visitor today.", "reasonForReferrer": "All is well.", "etag": c.GetEtag(),
	}, nil)
	tab.Press("Decide").Sees("Somebody else changed this while you were writing", "Aoife Brannigan changed it",
		"How it stands now", "No further action", "Seen by the health visitor today.", "What you wrote", "Advice or signposting", "The school helps already.")
	tab.Screenshot("contact-conflict")
	if got := outcomeOf(t, id, 0); got.GetOutcome() != referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION {
		t.Fatalf("the first is overwritten: %v", got)
	}
	// Pressing again is a choice with open eyes.
	tab.Press("Decide").Sees("Every child of the contact is decided.")
	if got := outcomeOf(t, id, 0); got.GetVersion() != 2 || got.GetOutcome() != referralv1.Outcome_OUTCOME_ADVICE_OR_SIGNPOSTING {
		t.Errorf("%v", got)
	}
}

func TestDecideIsDoneOnceHoweverOftenItIsPressed(t *testing.T) {
	t.Parallel()
	id := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam")), browser.Child(browser.Ours("Ada"))))
	p := kith.Person(t, screener)
	child := browser.Last(contactOf(t, kith, id).GetChildren()[0].GetName())
	to := "/contacts/" + id + "/children/" + child + "/screen"
	form, ok := p.Get("/contacts/" + id).Form(to)
	if !ok {
		t.Fatal("there is no form")
	}
	for name, value := range map[string]string{"outcome": "1", "reason": "Seen today.", "sameWords": "yes", "all": "yes"} {
		form.Set("child-"+child+"."+name, value)
	}
	for range 2 {
		answer, err := p.Once(http.MethodPost, to, form, nil)
		if err != nil || answer.Status != http.StatusSeeOther {
			t.Fatalf("%v: %d %s", err, answer.Status, answer.Text())
		}
	}
	for i := range 2 {
		if got := outcomeOf(t, id, i); got.GetVersion() != 1 {
			t.Errorf("child %d was decided %d times", i+1, got.GetVersion())
		}
	}
	var h referralv1.ListContactHistoryResponse
	kith.API(t, another).Get(browser.Kensington+"/contacts/"+id+"/history", &h)
	screened := 0
	for _, e := range h.GetEvents() {
		if e.GetHow() == "SCREENED" {
			screened++
		}
	}
	if screened != 2 {
		t.Errorf("%d decisions are in the history", screened)
	}
}

func TestAScreeningIsKeptWhileItIsWrittenAndStandsBesideWhatCameMeanwhile(t *testing.T) {
	t.Parallel()
	id := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))))
	reason := "Three calls in a week; " + browser.Ours("Reason")
	tab := desk(t, kith, browser.Phone)
	tab.Go("/contacts/"+id).Choose("Early help").Fill("Reason, for the record", reason).Sees("Saved at")
	other := desk(t, kith, browser.Desk)
	other.Go("/contacts/"+id).Sees("You left this unfinished").Holds("Reason, for the record", reason)
	if !other.Chosen("Early help") {
		t.Error("the outcome is lost")
	}
	kith.Screen(t, id, referralv1.Outcome_OUTCOME_ADVICE_OR_SIGNPOSTING)
	other.Go("/contacts/"+id).Sees("How it stands now", "Alone for whole evenings, more than once.", "What you wrote", reason)
	other.Press("Throw it away and begin again").DoesNotSee(reason)
}

func TestWhoItMayBeStandsBesideTheChildAndOnePressSaysSo(t *testing.T) {
	t.Parallel()
	thaddeus := browser.Ours("Thaddeus")
	// Nobody else of these tests has such a name, birth date or address: this child may be one other alone.
	told := func(number string) browser.Fields {
		return browser.Child(thaddeus, browser.Fields{"nhsNumber": number, "birthDate": "2013-11-09", "address": "87 Unlike Walk, London", "sex": "male"})
	}
	number := unissued()
	family := allocated(t, told(number))
	id := kith.Receive(t, browser.Worry(told("")))
	tab := desk(t, kith, browser.Desk)
	tab.Go("/contacts/"+id).Sees("People and earlier contacts that may be the same child", "In an open family of North Kensington Family Facing Team", "For:")
	tab.Screenshot("contact-suggestions")
	small := desk(t, kith, browser.Small)
	small.Go("/contacts/" + id).Screenshot("contact-suggestions")
	open := tab.In("In an open family of")
	open.Press("The same child")
	tab.Sees("They are linked. Nothing was merged.").In("In an open family of").Sees("Linked")
	if got := contactOf(t, kith, id).GetChildren()[0].GetDesk().GetAlreadyOpenFamily(); browser.Last(got) != family {
		t.Errorf("it is linked with %s", got)
	}
	// The family is filled in: an outcome and its reason are all that is left.
	tab.Choose("Already open: pass to the worker").Fill("Reason, for the record", "Amina works with them.").Choose("They may read the reason above as it stands")
	tab.Press("Decide").Sees("Every child of the contact is decided.")

	// The earlier contact is beside it as well, and is linked in one press.
	second := kith.Receive(t, browser.Worry(told(number)))
	tab.Go("/contacts/" + second)
	tab.Press("Link with another contact")
	tab.Press("Link the two").Sees("Write the receipt that the caller reads out", "Write why")
	tab.Screenshot("link-problem")
	tab.Fill("Receipt of the other contact", contactOf(t, kith, id).GetReceipt()).Fill("Why", "The same evening.")
	tab.Press("Link the two").Sees("They are linked.", "Linked contacts", "The same evening.")
}

func TestFullerTextIsPutBesideTheContactItIsFor(t *testing.T) {
	t.Parallel()
	sam, reference := browser.Ours("Sam"), browser.Ours("REF")
	source := browser.Fields{"code": "6", "organisation": "Metropolitan Police", "reference": reference}
	first := kith.Receive(t, browser.Worry(browser.Child(sam)).With(browser.Fields{"source": source}))
	fuller := kith.Receive(t, browser.Worry(browser.Child(sam)).With(browser.Fields{"source": source, "worry": "He was hungry, too."}))
	third := kith.Receive(t, browser.Worry(browser.Child(sam)).With(browser.Fields{"source": source, "worry": "This is about somebody else."}))
	tab := desk(t, kith, browser.Desk)
	tab.Go("/contacts/" + first).Sees("Fuller text has come for this contact.")
	tab.Go("/contacts/"+fuller).Sees("This may be fuller text for an earlier contact", "He was hungry, too.", "Alone in the flat", "Differs")
	tab.Screenshot("contact-fuller-text")
	small := desk(t, kith, browser.Small)
	small.Go("/contacts/" + third).Screenshot("contact-fuller-text")
	tab.Press("The same worry: take this as the next version").Sees("The fuller text is now this contact’s next version.", "He was hungry, too.")
	if tab.URL() != "/contacts/"+first {
		t.Errorf("it leads to %s", tab.URL())
	}
	small.Press("Make it a contact of its own")
	small.Fill("Why", "Another child of that name.").Press("Make it a contact of its own")
	small.Sees("This is now a contact of its own.", "What it comes to")
}

func TestTakenBackAndSentInErrorKeepTheirReasons(t *testing.T) {
	t.Parallel()
	id := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))))
	tab := desk(t, kith, browser.Phone)
	tab.Go("/contacts/" + id).Press("The referrer takes it back")
	tab.Press("Record it").Sees("Write why")
	tab.Fill("What the referrer said", "They mixed up two calls.")
	tab.Screenshot("taken-back")
	tab.Press("Record it").Sees("The decision is still due.", "Taken back", "They mixed up two calls.", "Undecided")
	tab.Press("It was sent in error")
	tab.Screenshot("sent-in-error")
	tab.Fill("Why", "It is a training message.")
	tab.Press("Close it as sent in error").Sees("The contact is closed as sent in error.", "Sent in error").DoesNotSee("What it comes to", "Other things to do")
	tab.Screenshot("contact-closed")
}

func TestHistoryHasBothTimesAndWhoLooked(t *testing.T) {
	t.Parallel()
	id := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))))
	kith.Person(t, another).Get("/contacts/" + id)
	tab := desk(t, kith, browser.Desk)
	tab.Go("/contacts/"+id).Sees("First seen by the desk", "Aoife Brannigan", "Happened", "Written down", "Metropolitan Police (demonstration)")
	seen := tab.In("First seen by the desk").Says()
	if strings.Count(seen, "today at") != 2 {
		t.Errorf("both times are not there: %s", seen)
	}
	tab.Reload()
	all := tab.Says()
	_, looked, _ := strings.Cut(all, "Who looked")
	for _, name := range []string{"Aoife Brannigan, today", "Winston Garrick, today"} {
		if strings.Count(looked, name) != 1 {
			t.Errorf("%q is there %d times in %s", name, strings.Count(looked, name), looked)
		}
	}
}

func TestStrangeNamesAreWholeAndSafe(t *testing.T) {
	t.Parallel()
	mark := browser.Ours("x")
	names := []string{
		"D’Arcy O'Neil-" + mark, "مريم العلي " + mark, "👶🏽 Zoë " + mark, strings.Repeat("Ab", 150) + mark, `<script>alert("` + mark + `")</script>`,
	}
	var children []browser.Fields
	for _, name := range names {
		children = append(children, browser.Child(name))
	}
	id := kith.Receive(t, browser.Worry(children...))
	for _, size := range []browser.Size{browser.Small, browser.Desk} {
		tab := desk(t, kith, size)
		tab.Go("/contacts").Sees(names[0], names[1], names[2], "and one more")
		tab.Go("/contacts/" + id).Sees(names...)
		tab.Go("/contacts/" + id + "/amend")
		for i, name := range names {
			tab.In("Child "+string(rune('1'+i))).Holds("Name", name)
		}
	}
}

func TestTheDeskByKeyboardAlone(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	id := kith.Receive(t, browser.Worry(browser.Child(sam)))
	tab := desk(t, kith, browser.Desk)
	tab.Go("/contacts/" + id)
	tab.TabTo("No further action").Keys("Space", "ArrowDown")
	tab.TabTo("Reason, for the record").Keys("Seen today.")
	tab.TabTo("They may read the reason above as it stands").Keys("Space")
	tab.TabTo("Decide").Keys("Enter")
	tab.Sees("Every child of the contact is decided.")
	if got := outcomeOf(t, id, 0); got.GetOutcome() != referralv1.Outcome_OUTCOME_ADVICE_OR_SIGNPOSTING || got.GetReason() != "Seen today." {
		t.Errorf("%v", got)
	}
}

func TestLaterPagesOfTheDeskAreSmall(t *testing.T) {
	t.Parallel()
	id := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))))
	tab := desk(t, kith, browser.Desk)
	tab.Go("/contacts").Wire()
	for _, path := range []string{"/contacts", "/contacts/" + id, "/contacts/new"} {
		tab.Go(path)
		if n := tab.Wire(); n > 25_000 {
			t.Errorf("%s takes %d bytes over the wire", path, n)
		}
	}
	// No page is kept by a browser or a proxy.
	if got := kith.Person(t, screener).Get("/contacts/" + id).Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a contact may be kept: %q", got)
	}
}

func TestAPressOnWhatSomebodyElseChangedIsMadeAgainWithOpenEyes(t *testing.T) {
	t.Parallel()
	id := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))).With(browser.Fields{"immediateDanger": true}))
	tab := desk(t, kith, browser.Phone)
	tab.Go("/contacts/" + id)
	rare := desk(t, kith, browser.Desk)
	rare.Go("/contacts/"+id+"/taken-back").Fill("What the referrer said", "A mistake.")
	c := contactOf(t, kith, id)
	kith.API(t, another).Post(c.GetChildren()[0].GetName()+":choosePatch", browser.Fields{
		"team": browser.Kensington + "/teams/chelsea", "reason": "In a refuge.", "etag": c.GetEtag(),
	}, nil)
	tab.Press("I have taken note").Sees("Somebody else changed this contact at the same moment", "In a refuge.")
	tab.Screenshot("contact-changed")
	rare.Press("Record it").Sees("Somebody else changed this contact at the same moment", "Aoife Brannigan changed it").Holds("What the referrer said", "A mistake.")
	tab.Press("I have taken note").Sees("The alarm stops.")
	rare.Press("Record it").Press("Record it").Sees("The decision is still due.")
}
