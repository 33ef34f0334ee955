package family

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// SettleRevision is the team's answer to a screener's revision that came after allocation, with the reason: the child
// stays with the team or leaves it. A family that no child is left in is closed. Errors: NOT_A_MEMBER, NOT_FOUND outside
// the team or for somebody who is no child of the family, CHANGED, NOT_OPEN, NOT_REVISED.
func (s *Service) SettleRevision(ctx context.Context, req *familyfacingv1.SettleRevisionRequest) (*familyfacingv1.SettleRevisionResponse, error) {
	child, err := personIn(req.GetName())
	if err != nil {
		return nil, err
	}
	var was referredAs
	event := "child_left"
	if req.GetStays() {
		event = "revision_settled"
	}
	return change(ctx, s, changing[*familyfacingv1.SettleRevisionResponse]{
		req: req, purpose: "settle the revision of a child's screening", event: event,
		wrap: func(m *familyfacingv1.Family) *familyfacingv1.SettleRevisionResponse {
			return &familyfacingv1.SettleRevisionResponse{Family: m}
		},
		apply: func(ctx context.Context, tx pgx.Tx, f *family, now time.Time) error {
			if !f.State.open() {
				return notOpen()
			}
			var err error
			if was, err = revisedChild(ctx, tx, f.ID, child); err != nil {
				return err
			}
			to := stand{as: hasWithdrawn, reason: req.GetReason(), at: now, written: now}
			if req.GetStays() {
				to.as = withTeam
			}
			if err := setStanding(ctx, tx, child, to); err != nil {
				return err
			}
			f.happened(childSettled, now)
			left, err := childLeft(ctx, tx, f.ID)
			if err == nil && !left {
				f.emptied(now)
			}
			return err
		},
		facts: func(*family) map[string]string { return was.facts() },
	})
}

// referredAs is the contact and its child that a child of a family was referred as; nil where it came otherwise.
type referredAs struct{ contact, child *uuid.UUID }

func (r referredAs) facts() map[string]string {
	facts := map[string]string{"contact": "", "child": ""}
	if r.contact != nil && r.child != nil {
		facts["contact"], facts["child"] = r.contact.String(), r.child.String()
	}
	return facts
}

// revisedChild finds the family's child whose revision has to be settled.
func revisedChild(ctx context.Context, tx pgx.Tx, family, child uuid.UUID) (referredAs, error) {
	var was referredAs
	var stands standing
	err := tx.QueryRow(ctx, `SELECT contact, contact_child, standing FROM person WHERE family = $1 AND id = $2 AND is_child`, family, child).
		Scan(&was.contact, &was.child, &stands)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return was, fault.NotFound()
	case err != nil:
		return was, fmt.Errorf("read child: %w", err)
	case stands != revised:
		return was, fault.Refused("NOT_REVISED", "", "no screener's revision of this child waits for the team")
	}
	return was, nil
}
