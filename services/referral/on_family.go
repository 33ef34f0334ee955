package referral

import (
	"context"

	"github.com/jackc/pgx/v5"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
)

// onFamilyOpened keeps which family was opened, or added to, for a child.
func (s *Service) onFamilyOpened(_ context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	return func(tx pgx.Tx) error {
		return nil
	}, nil
}

func (s *Service) onFamilyAllocated(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	return func(pgx.Tx) error { return nil }, nil
}

func (s *Service) onChildKnownOpen(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	return func(pgx.Tx) error { return nil }, nil
}

func (s *Service) onChildLeft(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	return func(pgx.Tx) error { return nil }, nil
}
