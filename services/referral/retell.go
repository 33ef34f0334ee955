package referral

import (
	"time"

	"github.com/google/uuid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// insertChoice keeps a change of a child's team; what was found at receipt stands with the child.
func insertChoice(to executor, one *child, version int32, by string, at time.Time) error {
	return to.exec(`INSERT INTO team_choice (child, contact_version, team, reason, by, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		one.ID, version, one.Team, one.TeamReason, by, at)
}

// retold is new text for a contact.
type retold struct {
	told *referralv1.Told
	text []byte
	// toldBy is whose words they are.
	toldBy string
	// children are what was read in the text, in its order.
	children []*child
}

// retell makes new text the contact's next version. Children keep their place; new ones are added undecided, and open a
// decided contact again. What was told before is kept.
func (a *act) retell(r retold) error {
	c := a.contact
	c.ToldVersion++
	c.SourceCode = r.told.GetSource().GetCode()
	err := insertTold(inside{a.ctx, a.tx}, wording{
		Contact: c.ID, ToldVersion: c.ToldVersion, Version: c.Version, Told: r.text, Reason: a.reason, ToldBy: r.toldBy, WrittenBy: who(a.by), At: a.now,
	})
	if err != nil {
		return err
	}
	for place, read := range r.children {
		if place >= len(a.children) {
			if err := a.add(read, place); err != nil {
				return err
			}
			continue
		}
		one, team := a.children[place], a.children[place].Team
		one.takeOver(read)
		if one.Team != team {
			if err := a.chose(one); err != nil {
				return err
			}
		}
		if err := saveChild(a.ctx, a.tx, one); err != nil {
			return err
		}
	}
	return nil
}

// add puts a child in that was not told of before.
func (a *act) add(read *child, place int) error {
	added := *read
	added.ID, added.Contact, added.Place, added.SinceVersion = uuid.Must(uuid.NewV7()), a.contact.ID, int16(place), a.contact.Version
	added.Outcome, added.Progress, added.FirstTeam = 0, "", added.Team
	if a.contact.State == decided {
		// The clock of the first decision has run out rightly; the new child has its own.
		a.contact.DecisionDueBy = decisionDueBy(a.now, false, a.office)
	}
	a.contact.State = undecided
	a.children = append(a.children, &added)
	return insertChild(inside{a.ctx, a.tx}, &added)
}

// takeOver takes what was read in newer text of the same child. A team that a person chose, or that a referral went to,
// stays: a change of address does not move a child who has a team.
func (c *child) takeOver(read *child) {
	c.Name, c.NHSNumber, c.BirthDate, c.SurnameKey = read.Name, read.NHSNumber, read.BirthDate, read.SurnameKey
	c.Postcode, c.AddressKey, c.PostcodeUnknown = read.Postcode, read.AddressKey, read.PostcodeUnknown
	if c.TeamReason != "" || toTeam(c.outcome()) {
		return
	}
	c.Team, c.Needs, c.TeamReason = read.Team, read.Needs, read.TeamReason
}

// endanger says that new text tells of immediate danger. It is due at once, and nobody has taken note of it yet.
func (c *contact) endanger(due time.Time) {
	c.ImmediateDanger = true
	c.DangerAcknowledgedAt, c.DangerAcknowledgedBy = nil, ""
	if due.Before(c.DecisionDueBy) {
		c.DecisionDueBy = due
	}
}
