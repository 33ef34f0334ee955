package family

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
)

// WeighFamily keeps how heavy the team finds an open family, by one of its members [blueprint: Appendix 2, Pillar 3]. It is
// for the team's own picture and gates nothing. Errors: NOT_A_MEMBER, NOT_FOUND outside the team, CHANGED, NOT_OPEN.
func (s *Service) WeighFamily(ctx context.Context, req *familyfacingv1.WeighFamilyRequest) (*familyfacingv1.WeighFamilyResponse, error) {
	return change(ctx, s, changing[*familyfacingv1.WeighFamilyResponse]{
		req: req, purpose: "weigh the family",
		wrap: func(m *familyfacingv1.Family) *familyfacingv1.WeighFamilyResponse {
			return &familyfacingv1.WeighFamilyResponse{Family: m}
		},
		apply: func(ctx context.Context, tx pgx.Tx, f *family, now time.Time) error {
			if !f.State.open() {
				return notOpen()
			}
			f.WeightTenths = int(req.GetWeightTenths())
			f.happened(familyWeighed, now)
			_, err := tx.Exec(ctx, `INSERT INTO weighing (family, weight_tenths, reason, decided_by, at, written_at) VALUES ($1, $2, $3, $4, $5, $5)`,
				f.ID, f.WeightTenths, req.GetReason(), decider(ctx), now)
			if err != nil {
				return fmt.Errorf("keep the weight: %w", err)
			}
			return nil
		},
	})
}
