package family

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// AcknowledgeUrgent takes note of a strategy discussion that can't wait, by a member of the family's team; its alarm
// ends. Errors: NOT_A_MEMBER, NOT_FOUND outside the team, CHANGED, NOT_OPEN, NOT_URGENT, ALREADY_ACKNOWLEDGED.
func (s *Service) AcknowledgeUrgent(ctx context.Context, req *familyfacingv1.AcknowledgeUrgentRequest) (*familyfacingv1.AcknowledgeUrgentResponse, error) {
	return change(ctx, s, changing[*familyfacingv1.AcknowledgeUrgentResponse]{
		req: req, purpose: "take note of the strategy discussion", event: "urgent_acknowledged",
		wrap: func(m *familyfacingv1.Family) *familyfacingv1.AcknowledgeUrgentResponse {
			return &familyfacingv1.AcknowledgeUrgentResponse{Family: m}
		},
		apply: func(ctx context.Context, _ pgx.Tx, f *family, now time.Time) error {
			by, err := uuid.Parse(passport.From(ctx).ID)
			if err != nil {
				return fault.Denied("NOT_A_MEMBER", "only a person takes note of an urgent family")
			}
			return f.acknowledge(by, now)
		},
	})
}
