package guard

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/pg/once"
)

// ReviewBreakGlass keeps a Caldicott guardian's finding about one use, once. Nobody reviews their own use: where the only
// guardian broke the glass, it stays listed until the authority has named another. Errors: NOT_GUARDIAN, NOT_FOUND,
// OWN_USE, ALREADY_REVIEWED.
func (s *Service) ReviewBreakGlass(ctx context.Context, req *familyfacingv1.ReviewBreakGlassRequest) (*familyfacingv1.ReviewBreakGlassResponse, error) {
	by, err := guardian(ctx)
	if err != nil {
		return nil, err
	}
	id, err := idIn(req.GetName())
	if err != nil {
		return nil, err
	}
	now := s.now()
	key, err := once.KeyOf(ctx, req, now)
	if err != nil {
		return nil, err
	}
	work := func(tx pgx.Tx) (*familyfacingv1.ReviewBreakGlassResponse, error) {
		rows, err := tx.Query(ctx, `SELECT `+glassColumns+` FROM glass WHERE id = $1 FOR UPDATE`, id)
		if err != nil {
			return nil, fmt.Errorf("read a use of break-glass: %w", err)
		}
		g, err := pgx.CollectExactlyOneRow(rows, scanGlass)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return nil, fault.NotFound()
		case err != nil:
			return nil, fmt.Errorf("read a use of break-glass: %w", err)
		case g.person == by:
			return nil, fault.Refused("OWN_USE", "", "you broke this glass yourself; another guardian reviews it, and an administrator can name one")
		case g.reviewedAt != nil:
			return nil, fault.Refused("ALREADY_REVIEWED", "", "a guardian has reviewed this already")
		}
		g.reviewedAt, g.reviewedBy, g.finding = &now, &by, req.GetFinding()
		if _, err := tx.Exec(ctx, `UPDATE glass SET reviewed_at = $2, reviewed_by = $3, finding = $4 WHERE id = $1`, id, now, by, g.finding); err != nil {
			return nil, fmt.Errorf("keep the finding: %w", err)
		}
		return &familyfacingv1.ReviewBreakGlassResponse{Use: g.message(ctx)}, audit.Write(ctx, tx, now, "review a use of break-glass", g.subjects()...)
	}
	repeated := func(tx pgx.Tx, _ *familyfacingv1.ReviewBreakGlassResponse) error {
		return audit.Write(ctx, tx, now, "review a use of break-glass, the same call again", "breakGlass/"+id.String())
	}
	return once.Do(ctx, s.db, key, &familyfacingv1.ReviewBreakGlassResponse{}, work, repeated)
}
