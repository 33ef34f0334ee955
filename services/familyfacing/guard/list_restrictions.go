package guard

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/services/familyfacing/family"
)

// ListRestrictions shows a Caldicott guardian the restrictions in force, those due for review first. Errors: NOT_GUARDIAN.
func (s *Service) ListRestrictions(ctx context.Context, req *familyfacingv1.ListRestrictionsRequest) (*familyfacingv1.ListRestrictionsResponse, error) {
	if _, err := guardian(ctx); err != nil {
		return nil, err
	}
	const filter = "restrictions"
	after, err := family.ReadPlace(req.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	now, size := s.now(), audit.PageSize(req.GetPageSize())
	response := &familyfacingv1.ListRestrictionsResponse{}
	err = s.db.Tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+restrictionColumns+` FROM restriction
			WHERE lifted_at IS NULL AND ($1 OR (review_due_by, family) > ($2, $3)) ORDER BY review_due_by, family LIMIT $4`,
			after.ID == uuid.Nil, after.At, after.ID, size+1)
		if err != nil {
			return fmt.Errorf("list restrictions: %w", err)
		}
		listed, err := pgx.CollectRows(rows, scanRestriction)
		if err != nil {
			return fmt.Errorf("list restrictions: %w", err)
		}
		response = &familyfacingv1.ListRestrictionsResponse{}
		if len(listed) > size {
			listed = listed[:size]
			last := listed[size-1]
			response.NextPageToken = family.Place{At: last.dueBy, ID: last.family}.Token(filter)
		}
		var shown []string
		for _, r := range listed {
			response.Restrictions = append(response.Restrictions, r.message(ctx, now))
			shown = append(shown, "families/"+r.family.String())
		}
		return audit.Write(ctx, tx, now, "look at the restricted families", shown...)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}
