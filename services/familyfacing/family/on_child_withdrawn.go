package family

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
)

// onChildWithdrawn takes in that a screener took a referral back. While nobody has worked with the family the child is
// withdrawn, visibly and with the new reason; after that the team decides, see SettleRevision.
func (s *Service) onChildWithdrawn(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	n, err := s.fetch(ctx, e)
	if err != nil {
		return nil, err
	}
	child, err := n.child()
	if err != nil {
		return nil, err
	}
	reason := child.reason()
	if reason == "" {
		reason = "the contact was closed as sent in error"
	}
	return func(tx pgx.Tx) error {
		was, err := referralOf(ctx, tx, child.id)
		if err != nil || was == nil || was.withdrawn || was.screening > n.screening {
			return err
		}
		return s.withdraw(ctx, tx, was, n, reason, s.now())
	}, nil
}

// withdraw takes a child's referral back. A child whom the family knew before stays as it is.
func (s *Service) withdraw(ctx context.Context, tx pgx.Tx, was *referredChild, n news, reason string, now time.Time) error {
	was.withdrawn = true
	if err := keepReferral(ctx, tx, *was); err != nil {
		return err
	}
	f, err := lock(ctx, tx, was.family)
	if err != nil || !was.added || !f.State.open() {
		return err
	}
	to := stand{as: f.afterRevision(), reason: reason, at: n.at, written: now}
	if err := setStanding(ctx, tx, was.person, to); err != nil {
		return err
	}
	left, err := childLeft(ctx, tx, f.ID)
	if err != nil {
		return err
	}
	if !left {
		f.emptied(now)
	}
	f.happened(childRevised, n.at)
	if err := save(ctx, tx, f, now); err != nil {
		return err
	}
	event := "child_left"
	if to.as == revised {
		event = "revision_due"
	}
	facts := f.facts()
	facts["contact"], facts["child"] = was.contact.String(), was.child.String()
	if err := eventlog.Append(ctx, tx, f.event(event, facts, now)); err != nil {
		return err
	}
	return audit.Write(ctx, tx, now, "take in that a referral was taken back", "families/"+f.ID.String(), "contacts/"+was.contact.String(),
		subject(personName(ctx, f.ID, was.person, true)))
}
