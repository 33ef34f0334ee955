package stories_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/cucumber/godog"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// telling are the steps in which partners tell and ask, and whoever asks for what is not theirs.
func (w *world) telling(s *godog.ScenarioContext) {
	s.Step(`^the police tell of a worry about these children$`, w.tellOfChildren)
	s.Step(`^the police tell (?:Kensington and Chelsea )?of a worry about "([^"]*)"$`, w.tellOf)
	s.Step(`^the police tell of a worry about "([^"]*)" under their reference "([^"]*)"$`, w.tellUnder)
	s.Step(`^they tell more under their reference "([^"]*)"$`, w.tellMore)
	s.Step(`^they send the same text under their reference "[^"]*" with a new key$`, w.tellAgainNewKey)
	s.Step(`^a neighbour's worry about "([^"]*)" comes by the school$`, w.tellByTheSchool)
	s.Step(`^they send exactly the same call again$`, w.tellAgain)
	s.Step(`^they send another worry with the same key$`, w.tellOtherSameKey)
	s.Step(`^the police send one call about "([^"]*)" fifty times at once$`, w.tellFiftyTimes)

	s.Step(`^they get the same receipt$`, w.sameReceipt)
	s.Step(`^all fifty answers have the same receipt$`, w.fiftyReceipts)
	s.Step(`^they have a receipt that can be read out on the phone$`, w.receiptOnThePhone)
	s.Step(`^they are refused with status (\d+) and reason "([^"]*)"$`, func(status int, reason string) error { return w.answer.refused(status, reason) })

	s.Step(`^the police are told that every child was passed to a team$`, w.toldPassedOn)
	s.Step(`^they are not told which team or worker$`, w.notToldWho)
	s.Step(`^the police ask for their contact$`, func(ctx context.Context) error { return w.ask(ctx, police, w.last.contact.GetName()) })
	s.Step(`^they are told only that it is being acted on and that they will be called$`, w.toldOnlyActedOn)
	s.Step(`^the school asks for that contact$`, w.schoolAsks)
	s.Step(`^the answer is exactly the one for a contact that does not exist$`, w.asIfNotThere)
	s.Step(`^a screener of Hammersmith and Fulham asks for that contact by its name$`, w.neighbourAsks)
	s.Step(`^the answer is 401 or 404 and says nothing of it$`, w.saysNothing)
	s.Step(`^a screener of Hammersmith and Fulham asks for it as one of their own$`, w.neighbourAsksAsOwn)
	s.Step(`^somebody who works for both authorities$`, func(ctx context.Context) error { _, err := w.token(ctx, inBoth); return err })
	s.Step(`^they list the teams of each$`, w.listTeamsOfEach)
	s.Step(`^each list has that authority's own teams only$`, w.ownTeamsOnly)
}

func (w *world) tellOfChildren(ctx context.Context, table *godog.Table) error {
	var children []fields
	for _, row := range table.Rows[1:] {
		children = append(children, fields{"name": w.ours(row.Cells[0].Value), "postcode": row.Cells[1].Value})
	}
	return w.tellNew(ctx, police, w.worry("The children were alone when we called at half past nine in the evening.", children...))
}

func (w *world) tellOf(ctx context.Context, name string) error {
	return w.tellNew(ctx, police, w.worry("Alone in the flat when we called in the evening.", fields{"name": w.ours(name), "postcode": "W10 5AA"}))
}

func (w *world) tellUnder(ctx context.Context, name, reference string) error {
	body := w.worry("Seen on the street at night.", fields{"name": w.ours(name), "postcode": "W10 5AA"})
	body["source"].(fields)["reference"] = w.ours(reference)
	return w.tellNew(ctx, police, body)
}

func (w *world) tellMore(ctx context.Context, reference string) error {
	body := maps.Clone(w.first.body)
	body["worry"] = "Seen on the street at night, again on Sunday, and without a coat."
	if body["source"].(fields)["reference"] != w.ours(reference) {
		return fmt.Errorf("the first text did not come under the reference %s", reference)
	}
	if err := w.tellNew(ctx, police, body); err != nil {
		return err
	}
	w.fuller = w.last
	return nil
}

func (w *world) tellAgainNewKey(ctx context.Context) error {
	return w.tellNew(ctx, police, w.first.body)
}

func (w *world) tellByTheSchool(ctx context.Context, described string) error {
	return w.tellNew(ctx, school, fields{
		"source":   fields{"code": "2A", "organisation": "Invented Lane Primary School", "person": "Designated Safeguarding Lead"},
		"children": []fields{{"description": w.ours(described)}},
		"worry":    "A neighbour rang us: he is out alone until late and asks people for food.",
	})
}

func (w *world) tellAgain(ctx context.Context) error {
	_, err := w.tell(ctx, w.first.by, w.first.key, w.first.body)
	return err
}

func (w *world) tellOtherSameKey(ctx context.Context) error {
	body := maps.Clone(w.first.body)
	body["worry"] = "Something else altogether."
	_, err := w.tell(ctx, w.first.by, w.first.key, body)
	return err
}

func (w *world) tellFiftyTimes(ctx context.Context, name string) error {
	body := w.worry("Alone in the flat when we called in the evening.", fields{"name": w.ours(name), "postcode": "W10 5AA"})
	key := rand.Text()
	w.answers = make([]answer, 50)
	begin := make(chan struct{})
	calls, ctx := errgroup.WithContext(ctx)
	for i := range w.answers {
		calls.Go(func() (err error) {
			<-begin
			w.answers[i], err = w.send(ctx, call{as: police, method: http.MethodPost, path: kensington + "/contacts", key: key, body: body})
			return err
		})
	}
	close(begin)
	return calls.Wait()
}

func (w *world) sameReceipt() error {
	again := &referralv1.Contact{}
	if err := w.last.answer.into(again); err != nil {
		return err
	}
	first := w.first.contact
	return check(again.GetReceipt() == first.GetReceipt() && again.GetName() == first.GetName() && first.GetReceipt() != "",
		"first %s for %s, then %s for %s", first.GetReceipt(), first.GetName(), again.GetReceipt(), again.GetName())
}

func (w *world) fiftyReceipts() error {
	for _, a := range w.answers {
		if err := a.same(w.answers[0]); err != nil {
			return err
		}
	}
	return w.answers[0].into(&referralv1.Contact{})
}

// spoken is a receipt of letters and digits that are not mistaken for one another, in three groups.
var spoken = regexp.MustCompile(`^[2346789ACHJKLRWXY]{3}-[2346789ACHJKLRWXY]{3}-[2346789ACHJKLRWXY]{4}$`)

func (w *world) receiptOnThePhone(ctx context.Context) error {
	receipt := w.last.contact.GetReceipt()
	if !spoken.MatchString(receipt) {
		return fmt.Errorf("%q can't be read out", receipt)
	}
	// As somebody writes it down who hears it, and with two neighbours swapped.
	heard := strings.ToLower(strings.ReplaceAll(receipt, "-", " "))
	found := &referralv1.ListContactsResponse{}
	if err := w.get(ctx, screener, kensington+"/contacts", url.Values{"receipt": {heard}}, found); err != nil {
		return err
	}
	if len(found.GetContacts()) != 1 || found.GetContacts()[0].GetName() != w.last.contact.GetName() {
		return fmt.Errorf("the receipt %q does not lead to the contact: %v", heard, found)
	}
	letters := []byte(strings.ReplaceAll(receipt, "-", ""))
	for i := range letters[1:] {
		if letters[i] != letters[i+1] {
			letters[i], letters[i+1] = letters[i+1], letters[i]
			break
		}
	}
	wrong, err := w.send(ctx, call{as: screener, method: http.MethodGet, path: kensington + "/contacts", query: url.Values{"receipt": {string(letters)}}})
	if err != nil {
		return err
	}
	return wrong.refused(http.StatusBadRequest, "INVALID")
}

// ask reads something and keeps whatever the answer is.
func (w *world) ask(ctx context.Context, as, path string) (err error) {
	w.answer, err = w.send(ctx, call{as: as, method: http.MethodGet, path: path})
	return err
}

func (w *world) toldPassedOn(ctx context.Context) error {
	if err := w.ask(ctx, police, w.last.contact.GetName()); err != nil {
		return err
	}
	c := &referralv1.Contact{}
	if err := w.answer.into(c); err != nil {
		return err
	}
	if len(c.GetChildren()) != 3 || c.GetDecidedAt() == nil || c.GetHowToEscalate() == "" || c.GetContactPhone() == "" {
		return fmt.Errorf("the police should be told of three children, when it was decided, whom to ring and how to disagree: %s", w.answer.text)
	}
	for _, child := range c.GetChildren() {
		if child.GetOutcomeForReferrer() != "Referred to a Family Facing Team" || child.GetReasonForReferrer() != reasonForReferrer {
			return fmt.Errorf("of %s the police are told %q, %q", child.GetTold().GetName(), child.GetOutcomeForReferrer(), child.GetReasonForReferrer())
		}
	}
	return nil
}

func (w *world) notToldWho() error {
	for _, word := range []string{"desk", "teams/", "families/", "people/", "north-kensington", "chelsea/teams", "Amina", reasonForRecord} {
		if bytes.Contains(w.answer.text, []byte(word)) {
			return fmt.Errorf("the police are told %q: %s", word, w.answer.text)
		}
	}
	return nil
}

func (w *world) toldOnlyActedOn() error {
	c := &referralv1.Contact{}
	if err := w.answer.into(c); err != nil {
		return err
	}
	child := c.GetChildren()[0]
	return check(child.GetOutcomeForReferrer() == "Being acted on, you will be called" && child.GetReasonForReferrer() == "" && child.GetDesk() == nil &&
		c.GetDesk() == nil && !bytes.Contains(bytes.ToLower(w.answer.text), []byte("strategy discussion")), "the police are told more: %s", w.answer.text)
}

func (w *world) schoolAsks(ctx context.Context) error {
	return w.ask(ctx, school, w.last.contact.GetName())
}

// asIfNotThere asks in the same way for what nobody has ever told.
func (w *world) asIfNotThere(ctx context.Context) error {
	got := w.answer
	as, authority := school, kensington
	if strings.Contains(got.call, neighbour) {
		as, authority = neighbour, hammersmith
	}
	if err := w.ask(ctx, as, authority+"/contacts/"+uuid.Must(uuid.NewV7()).String()); err != nil {
		return err
	}
	if got.status != http.StatusNotFound {
		return fmt.Errorf("%s answered %d", got.call, got.status)
	}
	return got.same(w.answer)
}

func (w *world) neighbourAsks(ctx context.Context) error {
	return w.ask(ctx, neighbour, w.last.contact.GetName())
}

func (w *world) saysNothing() error {
	hints := []string{id(w.last.contact.GetName()), w.last.contact.GetReceipt(), w.mark, "kensington"}
	for _, hint := range hints {
		if bytes.Contains(w.answer.text, []byte(hint)) {
			return fmt.Errorf("the answer says %q: %s", hint, w.answer.text)
		}
	}
	return check(w.answer.status == http.StatusUnauthorized || w.answer.status == http.StatusNotFound, "%d: %s", w.answer.status, w.answer.text)
}

func (w *world) neighbourAsksAsOwn(ctx context.Context) error {
	return w.ask(ctx, neighbour, hammersmith+"/contacts/"+id(w.last.contact.GetName()))
}

func (w *world) listTeamsOfEach(ctx context.Context) error {
	for _, authority := range []string{kensington, hammersmith} {
		if err := w.ask(ctx, inBoth, authority+"/teams"); err != nil {
			return err
		}
		w.answers = append(w.answers, w.answer)
	}
	return nil
}

func (w *world) ownTeamsOnly() error {
	for i, teams := range []int{8, 6} {
		authority := []string{kensington, hammersmith}[i]
		list := &directoryv1.ListTeamsResponse{}
		if err := w.answers[i].into(list); err != nil {
			return err
		}
		if len(list.GetTeams()) != teams {
			return fmt.Errorf("%s has %d teams: %s", authority, teams, w.answers[i].text)
		}
		for _, team := range list.GetTeams() {
			if !strings.HasPrefix(team.GetName(), authority+"/") {
				return fmt.Errorf("%s is no team of %s", team.GetName(), authority)
			}
		}
	}
	return nil
}

// words gives every text that was told, without names of fields and without codes.
func (t *told) words() []string {
	var all []string
	var gather func(any)
	gather = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, one := range v {
				gather(one)
			}
		case []any:
			for _, one := range v {
				gather(one)
			}
		case string:
			if len(v) > 4 && !strings.HasPrefix(v, "LAWFUL_BASIS") {
				all = append(all, v)
			}
		}
	}
	text, err := json.Marshal(t.body)
	if err != nil {
		return nil
	}
	var plain any
	if json.Unmarshal(text, &plain) == nil {
		gather(plain)
	}
	return all
}
