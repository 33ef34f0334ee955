package pages_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/stories/browser"
)

// No words are ever lost: what is typed into a longer field outlives the server, the session, the browser and the press.

const (
	callPage = "/contacts/new"
	worry    = "The worry"
	save     = "Save and read out the receipt"
)

// behind waits until what was typed is kept, and gives how long after the last key the browser sent it.
func behind(t *testing.T, tab *browser.Tab, typed float64) time.Duration {
	t.Helper()
	sent := 0.0
	browser.Until(t, "what is typed is kept", func() bool {
		text := tab.Evaluate(`Math.max(0, ...performance.getEntriesByType('resource').filter((e) => e.name.includes('/drafts/') && e.responseEnd > 0).map((e) => e.startTime))`)
		var err error
		sent, err = strconv.ParseFloat(text, 64)
		return err == nil && sent > typed
	})
	tab.Sees("Saved at")
	return time.Duration((sent - typed) * float64(time.Millisecond))
}

// now is the page's own clock.
func now(t *testing.T, tab *browser.Tab) float64 {
	t.Helper()
	at, err := strconv.ParseFloat(tab.Evaluate("performance.now()"), 64)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWordsOutliveAServerThatIsKilled(t *testing.T) {
	t.Parallel()
	own := kith.Process(t)
	words := "He has not been at school since Monday; nobody opens the door. " + browser.Ours("Sam")
	phone := own.Tab(t, browser.Phone)
	phone.Allow("/drafts/", "net::ERR_CONNECTION_REFUSED", "Failed to fetch")
	phone.SignIn("winston-garrick")
	phone.Go(callPage).Fill(worry, words)
	typed := now(t, phone)
	if late := behind(t, phone, typed); late > 2*time.Second {
		t.Errorf("what is typed is sent %s after the last key", late)
	}
	own.Kill(t)
	// The page goes on while nobody answers, and says so.
	more := words + " And the dog barks."
	phone.Fill(worry, more).Sees("Not saved just now.")
	own.Begin(t)
	phone.Sees("Saved at")

	// Another device, and the same one.
	laptop := own.Tab(t, browser.Desk)
	laptop.SignIn("winston-garrick")
	laptop.Go("/").Go(callPage).Sees("You left this unfinished today at").Holds(worry, more)
	phone.Reload().Sees("You left this unfinished today at").Holds(worry, more)

	// Whoever throws it away begins afresh, also on the other device.
	laptop.Press("Throw it away and begin again").Sees("What you had written is thrown away.").DoesNotSee("You left this unfinished").Holds(worry, "")
	phone.Reload().DoesNotSee("You left this unfinished").Holds(worry, "")
}

// One platform of its own, since its clock is moved: every session on it ends.
func TestWordsOutliveASessionThatEnds(t *testing.T) {
	t.Parallel()
	own := kith.Apart(t)
	const longer = 40 * time.Minute
	contacts := func(words string) int {
		t.Helper()
		n := 0
		list := &referralv1.ListContactsResponse{}
		own.API(t, "winston-garrick").Get(browser.Kensington+"/contacts?pageSize=200", list)
		for _, c := range list.GetContacts() {
			if slices.ContainsFunc(c.GetChildren(), func(child string) bool { return strings.Contains(child, words) }) {
				n++
			}
		}
		return n
	}

	// While somebody types: the page says that the session ended, leads to a sign-in beside, and goes on by itself.
	sam := browser.Ours("Sam")
	tab := own.Tab(t, browser.Phone)
	tab.SignIn("winston-garrick")
	tab.Go(callPage).Fill(worry, "Alone since Friday.")
	behind(t, tab, 0)
	own.Clock.Pass(longer)
	tab.Fill(worry, "Alone since Friday, and no food in the flat.").Sees("You are signed out. What you have typed is still here.")
	tab.Check()
	tab.PressForTab("Sign in again in a new tab").Continue("winston-garrick").Sees("You are signed in")
	tab.DoesNotSee("You are signed out.").Holds(worry, "Alone since Friday, and no food in the flat.")
	browser.Until(t, "what was typed meanwhile is kept", func() bool {
		other := own.Person(t, "winston-garrick")
		form, _ := other.Get(callPage).Form(callPage)
		return has(form, "Alone since Friday, and no food in the flat.")
	})

	// Who presses first sees the words and the sign-in beside them, and the very request goes on.
	tab.In("Child 1").Fill("Name", sam)
	own.Clock.Pass(longer)
	tab.Press(save).Sees("You were signed out", "Nothing you wrote is lost.", "Alone since Friday, and no food in the flat.")
	tab.PressForTab("Sign in again (opens in a new tab)").Continue("winston-garrick").Sees("You are signed in")
	tab.Sees("Read this out to the caller")
	if n := contacts(sam); n != 1 {
		t.Errorf("%d contacts came of it", n)
	}

	// And the same without scripts, with a press more.
	kim := browser.Ours("Kim")
	plain := own.Tab(t, browser.Small, browser.NoScript)
	plain.SignIn("aoife-brannigan")
	plain.Go(callPage).Fill(worry, "Alone since Friday.").In("Child 1").Fill("Name", kim)
	own.Clock.Pass(longer)
	plain.Press(save).Sees("You were signed out", "Alone since Friday.")
	plain.PressForTab("Sign in again (opens in a new tab)").Continue("aoife-brannigan").Sees("You are signed in")
	plain.Press("Go on").Sees("Read this out to the caller")
	if n := contacts(kim); n != 1 {
		t.Errorf("without scripts %d contacts came of it", n)
	}

	// Somebody else who signs in on this machine does not send it.
	lou := browser.Ours("Lou")
	shared := own.Tab(t, browser.Desk)
	shared.SignIn("zainab-sesay")
	shared.Go(callPage).Fill(worry, "Alone since Friday.").In("Child 1").Fill("Name", lou)
	own.Clock.Pass(longer)
	shared.Press(save).Sees("You were signed out")
	shared.PressForTab("Sign in again (opens in a new tab)").Continue("piotr-malinowski")
	shared.Sees("This was typed by somebody else")
	if n := contacts(lou); n != 0 {
		t.Errorf("%d contacts came of what another person had typed", n)
	}
}

// Without scripts words are kept at each press, also one that is refused.
func TestWordsAreKeptAtEachPressWithoutScripts(t *testing.T) {
	t.Parallel()
	const person = "priya-raman"
	words := browser.Ours("There is a dog, and nobody is at home.")
	tab := kith.Tab(t, browser.Phone, browser.NoScript)
	tab.SignIn(person)
	tab.Go(callPage).Fill(worry, words).Press(save).Sees("There is a problem").Holds(worry, words)
	other := kith.Tab(t, browser.Desk)
	other.SignIn(person)
	other.Go(callPage).Sees("You left this unfinished").Holds(worry, words)
	other.Press("Throw it away and begin again")
}

func TestAButtonThatIsPressedTwiceDoesOneThing(t *testing.T) {
	t.Parallel()
	const person = "marcus-fairweather"
	count := func(child string) int {
		t.Helper()
		n := 0
		list := &referralv1.ListContactsResponse{}
		kith.API(t, "winston-garrick").Get(browser.Kensington+"/contacts?pageSize=200", list)
		for _, c := range list.GetContacts() {
			if slices.Contains(c.GetChildren(), child) {
				n++
			}
		}
		return n
	}
	for _, options := range [][]browser.Option{nil, {browser.NoScript}} {
		sam := browser.Ours("Sam")
		tab := kith.Tab(t, browser.Phone, options...)
		tab.SignIn(person)
		tab.Go(callPage).Fill(worry, "Alone since Friday.").In("Child 1").Fill("Name", sam)
		tab.PressTwice(save).Sees("Read this out to the caller")
		if n := count(sam); n != 1 {
			t.Errorf("two presses made %d contacts", n)
		}
	}

	// Two presses that meet in the service, as from a page that was slow.
	kim := browser.Ours("Kim")
	p := kith.Person(t, person)
	form, _ := p.Get(callPage).Form(callPage)
	form.Set("told.worry", "Alone since Friday.")
	form.Set("told.children[0].name", kim)
	var all sync.WaitGroup
	to := make([]string, 8)
	for i := range to {
		all.Go(func() {
			answer, err := p.Once(http.MethodPost, callPage, form, nil)
			if err != nil {
				t.Error(err)
				return
			}
			to[i] = answer.Header.Get("Location")
		})
	}
	all.Wait()
	if slices.Sort(to); to[0] == "" || to[0] != to[len(to)-1] {
		t.Errorf("eight presses at once lead to %q", to)
	}
	if n := count(kim); n != 1 {
		t.Errorf("eight presses at once made %d contacts", n)
	}
	// And one that comes when the first is long done.
	if again := p.Send(http.MethodPost, callPage, form, nil).Answered(http.StatusOK); again.URL.Path != to[0] {
		t.Errorf("a late press leads to %s", again.URL.Path)
	}
}

// The second of two people sees what the first changed beside what they wrote, and sends it with open eyes.
func TestTwoPeopleOnOneRecord(t *testing.T) {
	t.Parallel()
	contact := kith.Receive(t, browser.Worry(browser.Child(browser.Ours("Sam"))))
	path := "/contacts/" + contact + "/amend"
	slow := kith.Tab(t, browser.Phone)
	slow.SignIn("chanel-dacosta-price")
	slow.Go(path).Fill(worry, "Slow words.").Fill("Why you change it", "The caller rang again.")

	fast := kith.Person(t, "piotr-malinowski")
	fast.Get(path)
	fast.Post(path, url.Values{"told.worry": {"Fast words."}, "reason": {"The caller rang."}}).Answered(http.StatusOK).Sees("Fast words.")

	slow.Press("Save as the next version").Sees("Somebody else changed this while you were writing", browser.NameOf(t, "piotr-malinowski")+" changed it today at", "Fast words.", "Slow words.")
	slow.Holds(worry, "Slow words.")
	if slow.Status() != http.StatusConflict {
		t.Errorf("it came with %d", slow.Status())
	}
	slow.Press("Save as the next version").Sees("Slow words.")
	kith.Person(t, "piotr-malinowski").Get("/contacts/" + contact).Sees("Slow words.")
}
