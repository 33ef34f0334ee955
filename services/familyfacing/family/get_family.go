package family

import (
	"context"

	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/passport"
)

// GetFamily shows a family to present members of its team. To anybody else, also of a team that deferred it, it does not
// exist.
func (s *Service) GetFamily(ctx context.Context, req *familyfacingv1.GetFamilyRequest) (*familyfacingv1.GetFamilyResponse, error) {
	id, err := familyIn(req.GetName())
	if err != nil {
		return nil, err
	}
	now := s.now()
	response := &familyfacingv1.GetFamilyResponse{}
	err = s.db.Tx(ctx, func(tx pgx.Tx) error {
		f, err := read(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayWorkWith(passport.From(ctx), f, now); err != nil {
			return err
		}
		if response.Family, err = answer(ctx, tx, f); err != nil {
			return err
		}
		return audit.Write(ctx, tx, now, "work with the family", shown(response.GetFamily())...)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}
