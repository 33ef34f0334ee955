package family

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/audit"
)

// onContactAmended gives the families that a contact led to its fuller words. What was told before is kept, and the
// people of the family stay as the team knows them. Where the fuller text shows that a child's case is open, its worker
// is told, as of a new contact.
func (s *Service) onContactAmended(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	n, err := s.fetch(ctx, e)
	if err != nil {
		return nil, err
	}
	return func(tx pgx.Tx) error {
		families, err := ledTo(ctx, tx, n)
		if err != nil {
			return err
		}
		now := s.now()
		for _, id := range families {
			f, err := lock(ctx, tx, id)
			if err != nil {
				return err
			}
			if err := addWorry(ctx, tx, id, n, "", now); err != nil {
				return err
			}
			f.happened(worryAdded, n.at)
			if err := save(ctx, tx, f, now); err != nil {
				return err
			}
			if err := audit.Write(ctx, tx, now, "take in a contact's fuller words", "families/"+id.String(), "contacts/"+n.contact.String()); err != nil {
				return err
			}
		}
		return s.tellWorkers(ctx, tx, n)
	}, nil
}

// ledTo are the families that have the contact's words, but not of this version or a later one.
func ledTo(ctx context.Context, tx pgx.Tx, n news) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, `SELECT family FROM worry WHERE contact = $1 GROUP BY family HAVING max(version) < $2 ORDER BY family`, n.contact, n.version)
	if err != nil {
		return nil, fmt.Errorf("look for families of a contact: %w", err)
	}
	families, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("look for families of a contact: %w", err)
	}
	return families, nil
}
