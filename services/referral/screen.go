package referral

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// ScreenChild gives one child its outcome, by a member of the Referral Team. An outcome in place of an earlier one keeps
// that one, with both reasons; it may come at any time. Of two screeners at once one wins, and the other is told who
// decided what. A team outcome becomes a referral: the event carries it to the Family Facing Team.
func (s *Service) ScreenChild(ctx context.Context, req *referralv1.ScreenChildRequest) (*referralv1.ScreenChildResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	_, id, err := childID(req.GetName())
	if err != nil {
		return nil, err
	}
	family, err := familyID(p.Authority, "family", req.GetFamily())
	if err != nil {
		return nil, err
	}
	how := acting{passport: p, request: req, how: "SCREENED", reason: req.GetReason(), child: id}
	return change(ctx, s, how, func(c *referralv1.Contact) *referralv1.ScreenChildResponse {
		return &referralv1.ScreenChildResponse{Contact: c}
	}, func(a *act) error {
		if err := a.decidable(); err != nil {
			return err
		}
		one := a.child(id)
		d := decision{
			Outcome: req.GetOutcome(), ReasonForReferrer: req.GetReasonForReferrer(), Receiver: req.GetReceiver(), FamilyAgrees: req.GetFamilyAgrees(),
			Source: a.contact.SourceCode, Team: one.Team, Family: family, OwnFamily: req.GetOwnFamily(),
		}
		if d.Outcome == referralv1.Outcome_OUTCOME_ALREADY_OPEN && d.Family == nil {
			d.Family = one.AlreadyOpenFamily
		}
		if err := d.check(); err != nil {
			return err
		}
		return a.screen(one, &screening{
			Child: id, Version: 1, Contact: a.contact.ID, ContactVersion: a.contact.Version, Outcome: int16(d.Outcome), Reason: req.GetReason(),
			ReasonForReferrer: d.ReasonForReferrer, Receiver: d.Receiver, FamilyAgrees: int16(d.FamilyAgrees), PrimaryNeed: needOr(req.GetPrimaryNeed()),
			Team: teamOf(d), Family: d.Family, OwnFamily: d.OwnFamily, By: who(p), At: a.now,
		})
	})
}

// needOr is the primary need of the children in need census; N0 is not known yet.
func needOr(code string) string {
	if code == "" {
		return "N0"
	}
	return code
}

// teamOf is the team that a referral goes to; the other outcomes go to none.
func teamOf(d decision) string {
	if !toTeam(d.Outcome) {
		return ""
	}
	return d.Team
}

// screen puts an outcome in place of the one that stood, and tells whom it concerns.
func (a *act) screen(one *child, now *screening) error {
	screenings, err := screeningsOf(a.ctx, a.tx, a.contact.ID)
	if err != nil {
		return err
	}
	before := currentOf(screenings[one.ID])
	if before != nil {
		now.Version = before.Version + 1
		_, err := a.tx.Exec(a.ctx, `UPDATE screening SET superseded_at = $2, superseded_version = $3 WHERE child = $1 AND superseded_at IS NULL`,
			one.ID, a.now, a.contact.Version)
		if err != nil {
			return err
		}
	}
	if err := insertScreening(inside{a.ctx, a.tx}, now); err != nil {
		return err
	}
	one.Outcome = now.Outcome
	if !goesOn(before, now) || one.Progress == progressWithdrawn {
		one.Progress = firstProgress(now.outcome())
	}
	if now.outcome() == referralv1.Outcome_OUTCOME_ALREADY_OPEN {
		one.AlreadyOpenFamily = now.Family
	}
	if err := saveChild(a.ctx, a.tx, one); err != nil {
		return err
	}
	if err := a.tellOutcome(one, before, now); err != nil {
		return err
	}
	return a.service.letHear(a.ctx, a.tx, a.contact, callBack{Kind: kindDecided, Child: &one.ID, Screening: now.Version, DueAt: a.now})
}

// goesOn tells a revision that leaves the child with the same team and family.
func goesOn(before, now *screening) bool {
	return before != nil && toTeam(before.outcome()) && toTeam(now.outcome()) && before.Team == now.Team &&
		before.OwnFamily == now.OwnFamily && sameFamily(before.Family, now.Family)
}

func sameFamily(a, b *uuid.UUID) bool { return a == b || a != nil && b != nil && *a == *b }

// tellOutcome tells the neighbours: first whom the child is taken from, then who gets it.
func (a *act) tellOutcome(one *child, before, now *screening) error {
	if before != nil && toTeam(before.outcome()) && !goesOn(before, now) {
		if err := a.tellWithdrawn(before); err != nil {
			return err
		}
	}
	switch {
	case toTeam(now.outcome()):
		return a.tell("child_referred", map[string]string{
			"child": one.ID.String(), "screening": strconv.Itoa(int(now.Version)), "team": now.Team,
			"urgent":     flag(now.outcome() == referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW),
			"own_family": flag(now.OwnFamily), "family": plain(now.Family),
		})
	case now.outcome() == referralv1.Outcome_OUTCOME_ALREADY_OPEN:
		return a.tell("child_passed_on", map[string]string{"child": one.ID.String(), "family": plain(now.Family)})
	default:
		return nil
	}
}

func (a *act) tellWithdrawn(before *screening) error {
	return a.tell("child_withdrawn", map[string]string{
		"child": before.Child.String(), "screening": strconv.Itoa(int(before.Version)), "team": before.Team,
	})
}

func flag(is bool) string {
	if is {
		return "1"
	}
	return "0"
}

func plain(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

func insertScreening(to executor, n *screening) error {
	return to.exec(`INSERT INTO screening (`+screeningColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
		$17, $18, $19, $20)`, n.Child, n.Version, n.Contact, n.ContactVersion, n.Outcome, n.Reason, n.ReasonForReferrer, n.Receiver,
		n.FamilyAgrees, n.PrimaryNeed, n.Team, n.Family, n.OwnFamily, n.By, n.At, n.ReceiptConfirmedAt, n.ReceiptConfirmedBy,
		n.ReceiptConfirmedVersion, n.SupersededAt, n.SupersededVersion)
}
