package directory

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
)

// EndSession signs a person out: here, or everywhere. To sign out everywhere somebody must still be signed in; whoever
// finds an old secret has no power over the sessions of today.
func (s *Service) EndSession(ctx context.Context, req *directoryv1.EndSessionRequest) (*directoryv1.EndSessionResponse, error) {
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		if req.GetEverywhere() {
			return s.endEverywhere(ctx, tx, req.GetSecret())
		}
		return s.endHere(ctx, tx, req.GetSecret())
	})
	return &directoryv1.EndSessionResponse{}, err
}

func (s *Service) endHere(ctx context.Context, tx pgx.Tx, secret string) error {
	var id, person uuid.UUID
	now := s.now()
	err := tx.QueryRow(ctx, `UPDATE session SET ended_at = $2 WHERE hash = $1 AND ended_at IS NULL RETURNING id, person`, hashOf(secret), now).Scan(&id, &person)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return audit.Write(acting(ctx, person), tx, now, "sign out", "people/"+person.String(), "sessions/"+id.String())
}

func (s *Service) endEverywhere(ctx context.Context, tx pgx.Tx, secret string) error {
	now := s.now()
	o, err := s.open(ctx, tx, secret, now)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `UPDATE session SET ended_at = $2 WHERE person = $1 AND ended_at IS NULL RETURNING id`, o.id, now)
	if err != nil {
		return err
	}
	subjects := []string{"people/" + o.id.String()}
	var id uuid.UUID
	if _, err := pgx.ForEachRow(rows, []any{&id}, func() error {
		subjects = append(subjects, "sessions/"+id.String())
		return nil
	}); err != nil {
		return err
	}
	return audit.Write(acting(ctx, o.id), tx, now, "sign out everywhere", subjects...)
}
