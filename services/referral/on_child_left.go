package referral

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
)

// onChildLeft keeps that a child left a family: withdrawn by a revision, or by the team's decision. A child who has gone
// to another family since has not left that one.
func (s *Service) onChildLeft(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	return s.onChild(ctx, e, func(c *child, family uuid.UUID) {
		if c.Family == nil || *c.Family != family {
			return
		}
		c.Family, c.Progress = nil, progressWithdrawn
		if toTeam(c.outcome()) {
			c.Progress = progressOnItsWay
		}
	})
}
