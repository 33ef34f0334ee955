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

// ListBreakGlass shows a Caldicott guardian every use, those not reviewed first, newest first. Errors: NOT_GUARDIAN.
func (s *Service) ListBreakGlass(ctx context.Context, req *familyfacingv1.ListBreakGlassRequest) (*familyfacingv1.ListBreakGlassResponse, error) {
	if _, err := guardian(ctx); err != nil {
		return nil, err
	}
	filter := "uses"
	if req.GetUnreviewed() {
		filter = "unreviewed uses"
	}
	after, err := family.ReadPlace(req.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	now, size := s.now(), audit.PageSize(req.GetPageSize())
	response := &familyfacingv1.ListBreakGlassResponse{}
	err = s.db.Tx(ctx, func(tx pgx.Tx) error {
		listed, err := listGlass(ctx, tx, req.GetUnreviewed(), after, size+1)
		if err != nil {
			return fmt.Errorf("list uses of break-glass: %w", err)
		}
		response = &familyfacingv1.ListBreakGlassResponse{}
		if len(listed) > size {
			listed = listed[:size]
			response.NextPageToken = listed[size-1].place().Token(filter)
		}
		var shown []string
		for _, g := range listed {
			response.Uses = append(response.Uses, g.message(ctx))
			shown = append(shown, g.subjects()...)
		}
		return audit.Write(ctx, tx, now, "look at the uses of break-glass", shown...)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

// place is where the use stands in the list.
func (g glass) place() family.Place {
	p := family.Place{At: g.at, ID: g.id}
	if g.reviewedAt != nil {
		p.Rank = 1
	}
	return p
}

// listGlass goes on after a place: the rest of its part of the list, then the reviewed ones.
func listGlass(ctx context.Context, tx pgx.Tx, unreviewed bool, after family.Place, limit int) ([]glass, error) {
	rows, err := tx.Query(ctx, `SELECT `+glassColumns+` FROM glass
		WHERE ($1 OR (reviewed_at IS NOT NULL) > $2 OR (reviewed_at IS NOT NULL) = $2 AND (at, id) < ($3, $4)) AND NOT ($5 AND reviewed_at IS NOT NULL)
		ORDER BY (reviewed_at IS NOT NULL), at DESC, id DESC LIMIT $6`,
		after.ID == uuid.Nil, after.Rank == 1, after.At, after.ID, unreviewed, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanGlass)
}
