package directory

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
)

// NameActors says how people and partners are called, also those who have left: what they did stays theirs.
func (s *Service) NameActors(ctx context.Context, req *directoryv1.NameActorsRequest) (*directoryv1.NameActorsResponse, error) {
	if err := notPartner(ctx); err != nil {
		return nil, err
	}
	var people []uuid.UUID
	var partners []string
	for _, name := range req.GetNames() {
		rest, ours := strings.CutPrefix(name, req.GetParent()+"/")
		kind, key, _ := strings.Cut(rest, "/")
		if id, err := uuid.Parse(key); ours && kind == "people" && err == nil {
			people = append(people, id)
		} else if ours && kind == "partners" {
			partners = append(partners, key)
		}
	}
	answer := &directoryv1.NameActorsResponse{}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT 'people/' || id, title FROM person WHERE id = ANY($1)
			UNION ALL SELECT 'partners/' || key, title FROM partner WHERE key = ANY($2)`, people, partners)
		if err != nil {
			return err
		}
		answer.Actors, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*directoryv1.Actor, error) {
			a := &directoryv1.Actor{}
			err := row.Scan(&a.Name, &a.Title)
			a.Name = req.GetParent() + "/" + a.Name
			return a, err
		})
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), "look up names")
	})
	return answer, err
}
