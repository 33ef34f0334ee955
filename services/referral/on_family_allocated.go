package referral

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/audit"
)

// onFamilyAllocated keeps that a family has its worker, for every child who was referred into it.
func (s *Service) onFamilyAllocated(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	family := idOf(e.GetFacts()["family"])
	if family == nil {
		return func(pgx.Tx) error { return nil }, nil
	}
	return func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM contact WHERE id IN (SELECT contact FROM child WHERE family = $1) ORDER BY id FOR NO KEY UPDATE`, *family)
		if err != nil {
			return err
		}
		contacts, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE child SET progress = $2 WHERE family = $1 AND progress IN ($3, $4)`,
			*family, progressAllocated, progressWithTeam, progressOnItsWay)
		if err != nil {
			return err
		}
		shown := []string{"families/" + family.String()}
		for _, c := range contacts {
			shown = append(shown, "contacts/"+c.String())
		}
		return audit.Write(ctx, tx, s.now(), "take in "+e.GetType(), shown...)
	}, nil
}
