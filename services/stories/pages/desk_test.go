package pages_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/stories/browser"
)

// screener and another one are members of the Referral Team alone.
const (
	screener = "winston-garrick"
	another  = "aoife-brannigan"
)

// counted is a tab that counts what a journey costs a person: fields that are filled in or chosen, and presses.
type counted struct {
	*browser.Tab
	fields, presses int
}

func (c *counted) press(text string) {
	c.presses++
	c.Press(text)
}

func (c *counted) fill(label, words string) {
	c.fields++
	c.Fill(label, words)
}

func (c *counted) choose(label string) {
	c.fields++
	c.Choose(label)
}

func (c *counted) cost(t *testing.T, journey string, fields, presses int) {
	t.Helper()
	if c.fields != fields || c.presses != presses {
		t.Errorf("%s costs %d fields and %d presses, not %d and %d", journey, c.fields, c.presses, fields, presses)
	}
}

// fillIn fills in a field of a part of the page.
func (c *counted) fillIn(part, label, words string) {
	c.fields++
	c.In(part).Fill(label, words)
}

// queued is the row of a contact in the queue: the oldest one's children are named above it as well.
func queued(tab *browser.Tab, child string) *browser.Tab {
	return tab.In("What waits, most urgent first").In(child)
}

// desk is a screener's tab.
func desk(t *testing.T, k *browser.Kith, size browser.Size, options ...browser.Option) *browser.Tab {
	t.Helper()
	return deskOf(t, k, screener, size, options...)
}

// deskOf is the tab of somebody of the Referral Team: whoever takes a call has one unfinished at a time.
func deskOf(t *testing.T, k *browser.Kith, person string, size browser.Size, options ...browser.Option) *browser.Tab {
	t.Helper()
	tab := k.Tab(t, size, options...)
	tab.SignIn(person)
	return tab
}

// contactOf reads a contact as the desk sees it.
func contactOf(t *testing.T, k *browser.Kith, id string) *referralv1.Contact {
	t.Helper()
	c := &referralv1.Contact{}
	k.API(t, another).Get(browser.Kensington+"/contacts/"+id, c)
	return c
}

func TestAnEmptyDeskSaysWhatWillAppear(t *testing.T) {
	t.Parallel()
	own := kith.Apart(t)
	tab := desk(t, own, browser.Desk)
	tab.Go("/contacts").Sees("Nothing waits for you. New contacts appear here", "None overdue", "Nothing is undecided, so there is nothing to hand over")
	tab.Screenshot("queue-empty")
	tab.Go("/contacts/undelivered").Sees("Every referrer could be told")
	tab.Screenshot("undelivered-none")
	tab.Go("/contacts?state=error").Sees("No contact is like this")
	theDay(t, own)
}

// theDay is the end of a day and the next morning, on a platform of its own: a hand-over moves everything undecided.
func theDay(t *testing.T, own *browser.Kith) {
	t.Helper()
	sam, ada := browser.Ours("Sam"), browser.Ours("Ada")
	first := own.Receive(t, browser.Worry(browser.Child(sam)))
	own.Receive(t, browser.Worry(browser.Child(ada)))
	tab := desk(t, own, browser.Phone)
	tab.Go("/contacts").Sees("2 undecided")
	due := contactOf(t, own, first).GetDecisionDueBy().AsTime()
	tab.Fill("What the Emergency Duty Team should know", "Sam’s grandmother has a key.")
	tab.Screenshot("queue-end-of-day")
	tab.Press("Hand all 2 undecided to the Emergency Duty Team").Sees("Everything undecided is with the Emergency Duty Team", "2 with the Emergency Duty Team")
	queued(tab, sam).Sees("With Emergency Duty Team")
	tab.DoesNotSee("You left this unfinished")
	if got := contactOf(t, own, first); !got.GetDecisionDueBy().AsTime().Equal(due) {
		t.Errorf("the hand-over moved the time from %s to %s", due, got.GetDecisionDueBy().AsTime())
	}

	// What comes in afterwards is still the desk's.
	own.Receive(t, browser.Worry(browser.Child(browser.Ours("Kim"))))
	tab.Go("/contacts").Sees("Hand the undecided contact to the Emergency Duty Team")
	tab.Press("2 with the Emergency Duty Team").Sees(sam, ada)
	if !strings.Contains(tab.URL(), "duty=yes") {
		t.Errorf("the filter is not in the address: %s", tab.URL())
	}
	tab.Screenshot("queue-with-duty")
	tab.Fill("What the Emergency Duty Team did", "Saw Sam at eleven; he sleeps at his grandmother’s.")
	tab.Press("Take all 2 back").Sees("The Referral Team has its contacts back.")
	tab.DoesNotSee("with the Emergency Duty Team.")
	tab.Go("/contacts/"+first).Sees("Handed to the Emergency Duty Team", "Sam’s grandmother has a key.", "Taken back from the Emergency Duty Team")

	// A day later all three are overdue, and the clock says so.
	own.Clock.Pass(5 * 24 * time.Hour)
	tab = desk(t, own, browser.Phone)
	tab.Go("/contacts").Sees("3 overdue", "overdue since")
	queued(tab.Press("3 overdue"), sam).Sees("Overdue")
	tab.Screenshot("queue-overdue")
}

func TestTheMostUrgentIsOnTopAndTheOldestInSight(t *testing.T) {
	t.Parallel()
	sam, ada := browser.Ours("Sam"), browser.Ours("Ada")
	kith.Receive(t, browser.Worry(browser.Child(sam)))
	urgent := kith.Receive(t, browser.Worry(browser.Child(ada)).With(browser.Fields{"immediateDanger": true}))
	tab := desk(t, kith, browser.Desk)
	tab.Go("/contacts").Sees("in danger now, and nobody has taken note", "Waiting longest:")
	queued(tab, ada).Sees("Danger now", "Not seen yet", "Police", "North Kensington Family Facing Team")
	if all := tab.Says(); strings.LastIndex(all, ada) > strings.LastIndex(all, sam) {
		t.Error("danger is not on top")
	}
	tab.Screenshot("queue")

	queued(tab, ada).Press(ada).Sees("A child is in danger now")
	tab.Screenshot("contact-danger")
	tab.Press("I have taken note").Sees("You have taken note of the danger. The alarm stops.", "Winston Garrick took note of the immediate danger")
	if contactOf(t, kith, urgent).GetDesk().GetDangerAcknowledgedBy() == "" {
		t.Error("nobody has taken note")
	}
	tab.Go("/contacts?source=6&team=chelsea").DoesNotSee(sam)
	tab.Sees("Waiting longest:")
}

func TestFiltersLiveInTheAddressAndNamesDoNot(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	kith.Receive(t, browser.Worry(browser.Child(sam)))
	tab := desk(t, kith, browser.Small, browser.NoScript)
	tab.Go("/contacts").Press("Show only some")
	tab.Select("Team of the patch", "North Kensington Family Facing Team").Select("Who tells", "Police")
	tab.Screenshot("queue-filter")
	tab.Press("Show").Sees(sam)
	if got := tab.URL(); !strings.Contains(got, "source=6&team=north-kensington") {
		t.Errorf("the filters are not in the address: %s", got)
	}
	tab.Reload().Sees(sam)
	tab.Go(strings.Replace(tab.URL(), "north-kensington", "chelsea", 1)).DoesNotSee(sam)
	tab.Press("Show everything that waits")
	queued(tab, sam).Press(sam)
	for _, where := range []string{tab.URL(), tab.Title()} {
		if strings.Contains(where, "Sam") {
			t.Errorf("%s holds a child's name", where)
		}
	}
}

func TestAReceiptReadOutOnThePhoneLeadsToItsContact(t *testing.T) {
	t.Parallel()
	id := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))))
	receipt := contactOf(t, kith, id).GetReceipt()
	tab := desk(t, kith, browser.Phone)
	tab.Go("/contacts").Fill("Receipt, as it is read out", strings.ToLower(strings.ReplaceAll(receipt, "-", " ")))
	tab.Press("Find")
	if got := tab.URL(); got != "/contacts/"+id {
		t.Errorf("it leads to %s", got)
	}
	wrong := swapped(receipt)
	tab.Go("/contacts").Fill("Receipt, as it is read out", wrong)
	tab.Press("Find").Sees("There is a problem", "one of its letters or digits is wrong")
	tab.Holds("Receipt, as it is read out", wrong)
	tab.Screenshot("queue-receipt-wrong")
	tab.Fill("Receipt, as it is read out", "")
	tab.Press("Find").Sees("Write the receipt that the caller reads out")
}

// swapped is a receipt with its first two neighbours that differ in each other's place.
func swapped(receipt string) string {
	letters := []byte(receipt)
	for i := 1; i < len(letters); i++ {
		if letters[i] != letters[i-1] && letters[i] != '-' && letters[i-1] != '-' {
			letters[i], letters[i-1] = letters[i-1], letters[i]
			break
		}
	}
	return string(letters)
}

func TestNewContactsAreAnnouncedAndNothingMoves(t *testing.T) {
	t.Parallel()
	tab := desk(t, kith, browser.Desk)
	tab.Go("/contacts").Fill("Receipt, as it is read out", "half typed")
	if got := tab.Evaluate(`document.getElementById("news").getAttribute("hx-trigger") + document.getElementById("news").closest("[role=status]").childElementCount`); got != "every 30s1" {
		t.Errorf("news are asked for %s", got)
	}
	rows := tab.Evaluate(`document.querySelectorAll(".kith-queue tbody tr").length`)
	kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))).With(browser.Fields{"immediateDanger": true}))
	// What the page does by itself every half minute.
	ask := `(htmx.ajax("GET", document.getElementById("news").getAttribute("hx-get"), {target: "#news", swap: "outerHTML"}), true)`
	tab.Evaluate(ask)
	tab.Sees("new contact", "in danger now")
	tab.Screenshot("queue-news")
	if tab.Focused() != "Receipt, as it is read out" || tab.Evaluate(`document.querySelectorAll(".kith-queue tbody tr").length`) != rows {
		t.Error("the news took the focus, or moved the list")
	}
	tab.Holds("Receipt, as it is read out", "half typed")
	tab.Press("Show what is new").DoesNotSee("Show what is new")
}

func TestWhatCouldNotBeDeliveredIsInSightUntilSomebodySettlesIt(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	var c referralv1.Contact
	kith.API(t, screener).Post(browser.Kensington+"/contacts", browser.Worry(browser.Child(sam)).With(browser.Fields{
		"source": browser.Fields{"code": "1B", "email": "she will ring again"},
	}), &c)
	tab := desk(t, kith, browser.Small)
	browser.Until(t, "the desk sees it", func() bool {
		return len(contactOf(t, kith, browser.Last(c.GetName())).GetDesk().GetCallBacks()) > 0 &&
			contactOf(t, kith, browser.Last(c.GetName())).GetDesk().GetCallBacks()[0].GetFailure() != ""
	})
	queued(tab.Go("/contacts"), sam).Sees("Referrer not reached")
	tab.Go("/contacts/undelivered").In(c.GetReceipt()).Sees("A person has it", "For the person who told", "this is no e-mail address", "not tried again by itself")
	tab.Screenshot("undelivered")
	tab.In(c.GetReceipt()).Press("I told them")
	tab.Sees("There is a problem", "Write how you told them")
	tab.Screenshot("undelivered-problem")
	tab.In(c.GetReceipt()).Fill("How you told them instead", "She rang; I read it to her.")
	tab.In(c.GetReceipt()).Press("I told them")
	tab.Sees("It is recorded that you told them.").DoesNotSee(c.GetReceipt())
	tab.Go("/contacts/"+browser.Last(c.GetName())).Sees("Told by Winston Garrick", "She rang; I read it to her.", "A person told the referrer")
}

func TestTheDeskIsTheReferralTeams(t *testing.T) {
	t.Parallel()
	sam := browser.Ours("Sam")
	id := kith.Receive(t, browser.Worry(browser.Child(sam)))
	stranger := kith.Person(t, browser.MemberOf(t, "chelsea"))
	for _, path := range []string{"/contacts", "/contacts/undelivered", "/contacts/" + id, "/contacts/" + id + "/amend", "/contacts/" + id + "/link", "/contacts/" + id + "/receipt"} {
		stranger.Get(path).Answered(http.StatusForbidden).DoesNotSee(sam, "Una Invented")
	}
	member := kith.Person(t, screener)
	for _, path := range []string{"", "/amend", "/taken-back", "/sent-in-error", "/receipt", "/children/0192f0c1-0000-7000-8000-000000000000/patch"} {
		member.Get("/contacts/0192f0c1-0000-7000-8000-000000000000" + path).Answered(http.StatusNotFound)
		member.Get("/contacts/not-an-id" + path).Answered(http.StatusNotFound)
	}
	// Another authority's desk knows nothing of it.
	kith.Person(t, "marlon-bissette").Get("/contacts/" + id).Answered(http.StatusNotFound).DoesNotSee(sam)
}
