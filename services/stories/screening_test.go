package stories_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/cucumber/godog"
	"github.com/jackc/pgx/v5"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

const (
	reasonForRecord   = "Alone for whole evenings, more than once."
	reasonForReferrer = "A social worker will visit the family."
)

// screening are the Referral Team's steps.
func (w *world) screening(s *godog.ScenarioContext) {
	s.Step(`^the contact waits in the Referral Team's queue$`, w.waits)
	s.Step(`^there is one contact about "([^"]*)"$`, w.oneContact)
	s.Step(`^a screener passes every child to its Family Facing Team$`, w.passOn)
	s.Step(`^a screener decides "([^"]*)"$`, w.decide)
	s.Step(`^the Referral Team sees that "([^"]*)" is allocated$`, w.seenAllocated)

	s.Step(`^the fuller text waits in the queue with a receipt of its own$`, w.fullerWaits)
	s.Step(`^a screener accepts the fuller text$`, w.acceptFuller)
	s.Step(`^the contact about "([^"]*)" has the fuller text as its version 2 of the words$`, w.hasFuller)
	s.Step(`^what was told first is kept$`, w.firstIsKept)

	s.Step(`^the contact is marked as one that needs a person, because there is no address$`, w.needsPerson)
	s.Step(`^it can't be passed to a team before somebody chooses one$`, w.notPassedOn)
	s.Step(`^a screener chooses the patch "([^"]*)" because "([^"]*)"$`, w.choosePatch)
}

func (w *world) waits(ctx context.Context) error {
	queue, err := w.waiting(ctx)
	if err != nil {
		return err
	}
	name := w.last.contact.GetName()
	return check(slices.ContainsFunc(queue, func(c *referralv1.ContactSummary) bool { return c.GetName() == name }), "%s is not in the queue", name)
}

func (w *world) oneContact(ctx context.Context, name string) error {
	queue, err := w.waiting(ctx)
	if err != nil {
		return err
	}
	found := 0
	for _, c := range queue {
		if slices.Contains(c.GetChildren(), w.ours(name)) {
			found++
		}
	}
	return check(found == 1, "there are %d contacts about %s", found, name)
}

// screen gives every child of the last contact an outcome.
func (w *world) screen(ctx context.Context, outcome referralv1.Outcome) ([]answer, error) {
	c, err := w.contact(ctx, screener, w.last.contact.GetName())
	if err != nil {
		return nil, err
	}
	var answers []answer
	for _, child := range c.GetChildren() {
		a, err := w.changeContact(ctx, c.GetName(), child.GetName()+":screen", fields{
			"outcome": outcome.String(), "reason": reasonForRecord, "reasonForReferrer": reasonForReferrer, "primaryNeed": "N1",
		})
		if err != nil {
			return nil, err
		}
		answers = append(answers, a)
	}
	return answers, nil
}

func (w *world) screenAll(ctx context.Context, outcome referralv1.Outcome) error {
	answers, err := w.screen(ctx, outcome)
	if err != nil {
		return err
	}
	c := &referralv1.Contact{}
	for _, a := range answers {
		if err := a.into(c); err != nil {
			return err
		}
	}
	return check(c.GetState() == referralv1.ContactState_CONTACT_STATE_DECIDED, "the contact is not decided: %s", c)
}

func (w *world) passOn(ctx context.Context) error {
	return w.screenAll(ctx, referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM)
}

func (w *world) decide(ctx context.Context, outcome string) error {
	switch outcome {
	case "no further action":
		return w.screenAll(ctx, referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION)
	case "strategy discussion now":
		return w.screenAll(ctx, referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW)
	default:
		return fmt.Errorf("the stories know no outcome %q", outcome)
	}
}

func (w *world) seenAllocated(ctx context.Context, name string) error {
	return until(ctx, name+" is allocated", func() (bool, error) {
		c, err := w.contact(ctx, screener, w.last.contact.GetName())
		i := slices.IndexFunc(c.GetChildren(), func(child *referralv1.ContactChild) bool { return child.GetTold().GetName() == w.ours(name) })
		return i >= 0 && c.GetChildren()[i].GetDesk().GetProgress() == "ALLOCATED", err
	})
}

func (w *world) fullerWaits(ctx context.Context) error {
	first, fuller := w.first.contact, w.fuller.contact
	if fuller.GetReceipt() == first.GetReceipt() || fuller.GetDecisionDueBy() == nil || fuller.GetProposedVersionOf() != first.GetName() ||
		fuller.GetState() != referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION {
		return fmt.Errorf("the fuller text was answered with %s", w.fuller.answer.text)
	}
	if err := w.waits(ctx); err != nil {
		return err
	}
	decided, err := w.contact(ctx, screener, first.GetName())
	if err != nil {
		return err
	}
	return check(slices.Equal(decided.GetDesk().GetProposedVersions(), []string{fuller.GetName()}), "the contact does not show the fuller text: %s", decided)
}

func (w *world) acceptFuller(ctx context.Context) error {
	name := w.fuller.contact.GetName()
	a, err := w.changeContact(ctx, name, name+":acceptVersion", fields{})
	if err != nil {
		return err
	}
	return a.into(&referralv1.Contact{})
}

func (w *world) hasFuller(ctx context.Context, name string) error {
	c, err := w.contact(ctx, screener, w.first.contact.GetName())
	if err != nil {
		return err
	}
	if c.GetChildren()[0].GetTold().GetName() != w.ours(name) {
		return fmt.Errorf("the contact is not about %s: %s", name, c)
	}
	accepted, err := w.contact(ctx, screener, w.fuller.contact.GetName())
	if err != nil {
		return err
	}
	return check(c.GetDesk().GetVersion() == 2 && c.GetTold().GetWorry() == w.fuller.body["worry"] && len(c.GetDesk().GetProposedVersions()) == 0 &&
		accepted.GetState() == referralv1.ContactState_CONTACT_STATE_ACCEPTED_AS_VERSION, "the contact is %s and the fuller text %s", c, accepted)
}

// firstIsKept looks into the database: no page shows earlier words yet.
func (w *world) firstIsKept(ctx context.Context) error {
	var kept []byte
	err := w.operate(ctx, "kensington-chelsea", func(owner *pgx.Conn) error {
		return owner.QueryRow(ctx, `SELECT told FROM referral.told_version WHERE contact = $1 AND told_version = 1`, id(w.first.contact.GetName())).Scan(&kept)
	})
	if err != nil {
		return err
	}
	words, _ := w.first.body["worry"].(string)
	return check(bytes.Contains(kept, []byte(words)) && words != w.fuller.body["worry"], "version 1 of the words does not hold %q", words)
}

// operate works on an authority's database with the owner's login.
func (w *world) operate(ctx context.Context, authority string, work func(*pgx.Conn) error) error {
	address, err := w.ownerURL(authority)
	if err != nil {
		return err
	}
	owner, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = owner.Close(context.WithoutCancel(ctx)) }()
	return work(owner)
}

func (w *world) needsPerson(ctx context.Context) error {
	c, err := w.contact(ctx, screener, w.last.contact.GetName())
	if err != nil {
		return err
	}
	return check(slices.Contains(c.GetDesk().GetNeedsPerson(), referralv1.NeedsPerson_NEEDS_PERSON_NO_ADDRESS), "the contact is not marked: %s", c)
}

func (w *world) notPassedOn(ctx context.Context) error {
	answers, err := w.screen(ctx, referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM)
	if err != nil {
		return err
	}
	for _, a := range answers {
		if err := a.refused(http.StatusUnprocessableEntity, "NEEDS_PATCH"); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) choosePatch(ctx context.Context, team, because string) error {
	c, err := w.contact(ctx, screener, w.last.contact.GetName())
	if err != nil {
		return err
	}
	a, err := w.changeContact(ctx, c.GetName(), c.GetChildren()[0].GetName()+":choosePatch", fields{"team": kensington + "/teams/" + team, "reason": because})
	if err != nil {
		return err
	}
	if err := a.into(c); err != nil {
		return err
	}
	desk := c.GetChildren()[0].GetDesk()
	return check(desk.GetTeamReason() == because && len(c.GetDesk().GetNeedsPerson()) == 0, "the choice is not kept: %s", c)
}
