package family

import (
	"context"

	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
)

// GetFamily shows a family to present members of its team, and to whoever broke its glass. To anybody else, also of a team
// that deferred it or where a restriction names others, it does not exist.
func (s *Service) GetFamily(ctx context.Context, req *familyfacingv1.GetFamilyRequest) (*familyfacingv1.GetFamilyResponse, error) {
	id, err := familyIn(req.GetName())
	if err != nil {
		return nil, err
	}
	now := s.now()
	response := &familyfacingv1.GetFamilyResponse{}
	err = s.db.Tx(ctx, func(tx pgx.Tx) error {
		f, err := look(ctx, tx, id, now)
		if err != nil {
			return err
		}
		if response.Family, err = answer(ctx, tx, f, now); err != nil {
			return err
		}
		purpose := "work with the family"
		if f.GlassUntil != nil {
			purpose = "look by break-glass"
		}
		return audit.Write(ctx, tx, now, purpose, shown(response.GetFamily())...)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}
