package referral

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
)

// onChildKnownOpen shows a child as one whose case is open: NHS number and birth date both agree, and the worker was
// told. It decides nothing, and what a person has said goes before.
func (s *Service) onChildKnownOpen(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	return s.onChild(ctx, e, func(c *child, family uuid.UUID) {
		if c.AlreadyOpenFamily == nil {
			c.AlreadyOpenFamily = &family
		}
	})
}
