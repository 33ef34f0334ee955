package family

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
)

// HandOverFamily changes the worker or the cover of an allocated family, by a member of its team, with the reason and
// whether the child was told before. A new worker is counted as a handover, a new cover alone is not. Errors:
// NOT_A_MEMBER, NOT_FOUND outside the team, CHANGED, NOT_ALLOCATED, NOTHING_CHANGES, NOT_A_PRESENT_MEMBER, SAME_PERSON.
func (s *Service) HandOverFamily(ctx context.Context, req *familyfacingv1.HandOverFamilyRequest) (*familyfacingv1.HandOverFamilyResponse, error) {
	var present map[uuid.UUID]string
	return change(ctx, s, changing[*familyfacingv1.HandOverFamilyResponse]{
		req: req, purpose: "hand the family over", event: "family_handed_over",
		wrap: func(m *familyfacingv1.Family) *familyfacingv1.HandOverFamilyResponse {
			return &familyfacingv1.HandOverFamilyResponse{Family: m}
		},
		before: func(ctx context.Context, f *family) (err error) {
			present, err = s.presentMembers(ctx, f.Team)
			return err
		},
		apply: func(ctx context.Context, tx pgx.Tx, f *family, now time.Time) error {
			a, err := assign(colleagueIn(req.GetWorker()), colleagueIn(req.GetCover()), present)
			if err != nil {
				return err
			}
			if err := f.handOver(a); err != nil {
				return err
			}
			if err := remember(ctx, tx, a, present); err != nil {
				return err
			}
			if err := nameThem(ctx, tx, f, a, now); err != nil {
				return err
			}
			return involve(ctx, tx, f, involvement{kind: handedOver, reason: req.GetReason(), childTold: req.GetChildTold(), at: now, written: now})
		},
	})
}
