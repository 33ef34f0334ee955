package directory

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/directory/description"
)

// GetPartnerReach says how a partner hears that something changed: its registered web address, and the first of its
// contacts that has an e-mail address. A partner that was taken out is not found: it hears nothing more.
func (s *Service) GetPartnerReach(ctx context.Context, req *directoryv1.GetPartnerReachRequest) (*directoryv1.GetPartnerReachResponse, error) {
	if err := notPartner(ctx); err != nil {
		return nil, err
	}
	_, key, _ := strings.Cut(req.GetName(), "/partners/")
	answer := &directoryv1.GetPartnerReachResponse{}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		var contacts []description.PartnerContact
		err := tx.QueryRow(ctx, `SELECT call_back, contacts FROM partner WHERE key = $1 AND NOT removed`, key).Scan(&answer.CallBack, &contacts)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.NotFound()
		}
		if err != nil {
			return err
		}
		answer.Email = firstEmail(contacts)
		return audit.Write(ctx, tx, s.now(), "tell a referrer that something changed", "partners/"+key)
	})
	return answer, err
}

func firstEmail(contacts []description.PartnerContact) string {
	for _, one := range contacts {
		if one.Email != "" {
			return one.Email
		}
	}
	return ""
}

// ListGuardians says who the Caldicott guardians are now and where to write to them.
func (s *Service) ListGuardians(ctx context.Context, req *directoryv1.ListGuardiansRequest) (*directoryv1.ListGuardiansResponse, error) {
	if err := notPartner(ctx); err != nil {
		return nil, err
	}
	answer := &directoryv1.ListGuardiansResponse{}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, email FROM person WHERE guardian AND NOT removed ORDER BY id`)
		if err != nil {
			return err
		}
		var subjects []string
		answer.Guardians, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*directoryv1.Guardian, error) {
			g := &directoryv1.Guardian{}
			var id uuid.UUID
			err := row.Scan(&id, &g.Email)
			g.Person = req.GetParent() + "/people/" + id.String()
			subjects = append(subjects, "people/"+id.String())
			return g, err
		})
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), "tell the Caldicott guardians", subjects...)
	})
	return answer, err
}
