package family

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
)

// RevealAddress shows a person's address, also a protected one, to whoever may see the family. The audit row has the
// reason given, which is about the look and not about a child. Errors: NOT_FOUND where GetFamily finds none, and for
// somebody who is not of the family.
func (s *Service) RevealAddress(ctx context.Context, req *familyfacingv1.RevealAddressRequest) (*familyfacingv1.RevealAddressResponse, error) {
	id, err := familyIn(req.GetName())
	if err != nil {
		return nil, err
	}
	person, err := personIn(req.GetName())
	if err != nil {
		return nil, err
	}
	now := s.now()
	response := &familyfacingv1.RevealAddressResponse{}
	err = s.db.Tx(ctx, func(tx pgx.Tx) error {
		f, err := look(ctx, tx, id, now)
		if err != nil {
			return err
		}
		child := false
		err = tx.QueryRow(ctx, `SELECT is_child, address, postcode, phone FROM person WHERE family = $1 AND id = $2`, f.ID, person).
			Scan(&child, &response.Address, &response.Postcode, &response.Phone)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.NotFound()
		}
		if err != nil {
			return fmt.Errorf("read address: %w", err)
		}
		return audit.Write(ctx, tx, now, req.GetReason(), subjects([]string{named(ctx, "families", &f.ID), personName(ctx, f.ID, person, child)})...)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}
