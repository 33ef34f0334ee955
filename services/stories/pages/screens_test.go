package pages_test

import (
	"testing"
	"time"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/stories/browser"
)

// past is what the pictures show: invented, and the same every time.
type past struct {
	k *browser.Kith
	// danger, siblings, unknown and fuller are contacts that wait; led is the one that led to the family.
	danger, siblings, unknown, fuller, led string
	// family has a worker, waiting has none yet.
	family, waiting string
	child, person   string
}

func newPast(t *testing.T) *past {
	t.Helper()
	// A Tuesday in spring, in the morning.
	p := &past{k: kith.ApartAt(t, time.Date(2027, 3, 9, 9, 20, 0, 0, time.UTC))}
	mira := browser.Child("Mira Okonkwo-Reed", browser.Fields{
		"birthDate": "14/05/2019", "sex": "F", "nhsNumber": "999 123 4578", "address": "12 Invented Row, London", "school": "Invented Lane Primary School",
	})
	jonah := browser.Child("Jonah Okonkwo-Reed", browser.Fields{"birthDate": "02/11/2022", "sex": "M", "address": "12 Invented Row, London"})
	adults := []browser.Fields{{"name": "Tess Reed", "phone": "020 7946 0123", "relationships": []browser.Fields{{"child": 0, "relationship": "mother"}, {"child": 1, "relationship": "mother"}}}}
	body := browser.Worry(mira, jonah).With(browser.Fields{
		"adults": adults, "worry": "The children were alone in the flat when we called at half past nine in the evening. Mira had made toast for her brother.\nA neighbour said that it was not the first time.",
		"when": "Monday evening", "doneSoFar": "We stayed until their mother came home at ten.",
	})
	p.led = p.k.Receive(t, body)
	p.k.Screen(t, p.led, referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM)
	p.family = p.familyOf(t, p.led)
	p.k.Allocate(t, p.family)
	p.waiting, _ = p.k.Family(t, browser.Child("Iris Fontaine", browser.Fields{"birthDate": "20/01/2016"}))
	p.k.Clock.Pass(10 * time.Minute)
	p.danger = p.k.Receive(t, browser.Worry(browser.Child("Sam Example", browser.Fields{"age": "about 8"})).With(browser.Fields{
		"immediateDanger": true, "worry": "Shouting and breaking glass were heard, and a child crying. Nobody opens.",
	}))
	p.k.Clock.Pass(5 * time.Minute)
	reference := browser.Fields{"code": "6", "organisation": "Metropolitan Police", "person": "PC Una Invented", "phone": "020 7946 0000", "reference": "INV/27/0417"}
	p.siblings = p.k.Receive(t, browser.Worry(mira, browser.Child("Zoë O’Brien", browser.Fields{"birthDate": "31/02/2019", "postcode": "SW3 9ZZ"})).With(browser.Fields{"source": reference}))
	p.unknown = p.k.Receive(t, browser.Worry(browser.Fields{"description": "A boy of about eight in the flat above the chip shop"}))
	p.fuller = p.k.Receive(t, browser.Worry(mira).With(browser.Fields{"source": reference, "worry": "Seen again on Sunday, late, without a coat."}))
	contact := &referralv1.Contact{}
	p.k.API(t, "winston-garrick").Get(browser.Kensington+"/contacts/"+p.danger, contact)
	p.child = browser.Last(contact.GetChildren()[0].GetName())
	p.k.Clock.Pass(20 * time.Minute)
	return p
}

// familyOf waits for the family that a contact led to.
func (p *past) familyOf(t *testing.T, contact string) string {
	t.Helper()
	found := ""
	browser.Until(t, "the family is opened", func() bool {
		c := &referralv1.Contact{}
		p.k.API(t, "winston-garrick").Get(browser.Kensington+"/contacts/"+contact, c)
		found = browser.Last(c.GetChildren()[0].GetDesk().GetFamily())
		return found != ""
	})
	f := &familyfacingv1.Family{}
	p.k.API(t, browser.MemberOf(t, "north-kensington")).Get(browser.Kensington+"/families/"+found, f)
	p.person = browser.Last(f.GetPeople()[0].GetName())
	return found
}

// screen is a page and who comes to it, with what is done there before it is looked at.
type screen struct {
	name, path string
	then       func(*browser.Tab)
}

// screens are all pages by who uses them; what a page can be in besides is in its room's own tests.
func (p *past) screens() map[string][]screen {
	contacts, families := "/contacts/", "/families/"
	return map[string][]screen{
		"": {{"welcome", "/", nil}, {"signed-in-beside", "/signed-in-beside", nil}, {"sign-in-astray", "/signed-in?state=x", nil}},
		"winston-garrick": {
			{"today-desk", "/", nil},
			{"account", "/account", nil},
			{"nothing-here", "/nowhere", nil},
			{"queue", "/contacts", nil},
			{"queue-filtered", "/contacts?source=6&team=chelsea", nil},
			{"undelivered", "/contacts/undelivered", nil},
			{"contact-danger", contacts + p.danger, nil},
			{"contact", contacts + p.siblings, nil},
			{"contact-no-address", contacts + p.unknown, nil},
			{"contact-fuller-text", contacts + p.fuller, nil},
			{"contact-decided", contacts + p.led, nil},
			{"receipt", contacts + p.danger + "/receipt", nil},
			{"screen-child", contacts + p.danger + "/children/" + p.child + "/screen", nil},
			{"amend", contacts + p.siblings + "/amend", nil},
			{"taken-back", contacts + p.siblings + "/taken-back", nil},
			{"sent-in-error", contacts + p.siblings + "/sent-in-error", nil},
			{"link", contacts + p.siblings + "/link", nil},
			{"choose-patch", contacts + p.danger + "/children/" + p.child + "/patch", nil},
			{"call", "/contacts/new", nil},
			{"call-problem", "/contacts/new", func(tab *browser.Tab) { tab.Fill(worry, "Alone since Friday.").Press(save).Sees("There is a problem") }},
			{"call-unfinished", "/contacts/new", func(tab *browser.Tab) { tab.Sees("You left this unfinished") }},
			{"call", "/contacts/new", func(tab *browser.Tab) {
				tab.Press("Throw it away and begin again").DoesNotSee("You left this unfinished")
			}},
			{"find", "/find", nil},
			{"find-results", "/find", func(tab *browser.Tab) {
				tab.Fill("Whatever you know", "Okonkwo Reid, about 7").Press("Find").Sees("Mira Okonkwo-Reed")
			}},
			{"find-nobody", "/find", func(tab *browser.Tab) {
				tab.Fill("Whatever you know", "Zyxwvut").Press("Find").Sees("Nobody like that is known")
			}},
			{"break-glass", "/break-glass", nil},
		},
		"amina-yusuf": {
			{"today-team", "/", nil},
			{"families", "/teams/north-kensington/families", nil},
			{"caseload", "/teams/north-kensington/caseload", nil},
			{"notices", "/teams/north-kensington/notices", nil},
			{"family", families + p.family, nil},
			{"family-waiting", families + p.waiting, nil},
			{"allocate", families + p.waiting + "/allocate", nil},
			{"hand-over", families + p.family + "/hand-over", nil},
			{"defer", families + p.waiting + "/defer", nil},
			{"weigh", families + p.family + "/weigh", nil},
			{"reveal", families + p.family + "/people/" + p.person + "/reveal", nil},
			{"looks", families + p.family + "/looks", nil},
		},
		"margaret-adeyemi-stone": {
			{"today-guardian", "/", nil},
			{"guardian", "/guardian", nil},
			{"glass", "/guardian/glass", nil},
			{"restrictions", "/guardian/restrictions", nil},
			{"guardian-record", "/guardian/families/" + p.family, nil},
			{"guardian-looks", "/guardian/families/" + p.family + "/looks", nil},
			{"guardian-people", "/guardian/people", nil},
		},
		"lucy-ferrand": {
			{"today-administrator", "/", nil},
			{"administration", "/administration", nil},
			{"people", "/administration/people", nil},
			{"person-new", "/administration/people/new", nil},
			{"teams", "/administration/teams", nil},
			{"team-new", "/administration/teams/new", nil},
			{"team", "/administration/teams/north-kensington", nil},
			{"seats", "/administration/teams/north-kensington/seats", nil},
			{"patch", "/administration/teams/north-kensington/patch", nil},
			{"partners", "/administration/partners", nil},
			{"partner-new", "/administration/partners/new", nil},
			{"partner", "/administration/partners/met-police", nil},
			{"settings", "/administration/settings", nil},
		},
	}
}

// TestScreens comes to every page on a phone and on a desk. With KITH_TEST_SCREENS it keeps their pictures: `make screens`.
func TestScreens(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	for person, screens := range p.screens() {
		// One window after the other: whoever takes a call has one unfinished at a time.
		t.Run("as "+person, func(t *testing.T) {
			t.Parallel()
			for _, size := range []browser.Size{browser.Phone, browser.Desk} {
				tab := p.k.Tab(t, size)
				if person != "" {
					tab.SignIn(person)
				}
				for _, s := range screens {
					t.Run(s.name, func(t *testing.T) {
						part := tab.For(t).Go(s.path)
						if s.then != nil {
							s.then(part)
						}
						part.Screenshot(s.name)
					})
				}
			}
		})
	}
	t.Run("with two authorities", func(t *testing.T) {
		t.Parallel()
		for _, size := range []browser.Size{browser.Phone, browser.Desk} {
			tab := p.k.Tab(t, size)
			tab.Go("/sign-in").In("Royal Borough of Kensington and Chelsea").Press(browser.NameOf(t, "noor-haddad")).Sees("Which authority?").Screenshot("which-authority")
		}
	})
}
