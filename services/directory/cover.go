package directory

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/services/directory/description"
)

// CoverPostcode says which Family Facing Teams' patches hold a postcode: the answer of the description for a postcode it
// knows, else the longest code that a patch names (a whole postcode before a sector before a district).
func (s *Service) CoverPostcode(ctx context.Context, req *directoryv1.CoverPostcodeRequest) (*directoryv1.CoverPostcodeResponse, error) {
	answer := &directoryv1.CoverPostcodeResponse{}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		if p, ok := description.ParsePostcode(req.GetPostcode()); ok {
			teams, known, err := cover(ctx, tx, p)
			if err != nil {
				return err
			}
			answer.Known = known
			for _, t := range teams {
				answer.Teams = append(answer.Teams, req.GetParent()+"/teams/"+t)
			}
		}
		// The postcode is not kept: it is somebody's address.
		return audit.Write(ctx, tx, s.now(), "look up a postcode's team", strings.TrimPrefix(req.GetParent(), "authorities/"))
	})
	return answer, err
}

func cover(ctx context.Context, tx pgx.Tx, p description.Postcode) (teams []string, known bool, err error) {
	err = tx.QueryRow(ctx, `SELECT teams FROM postcode WHERE postcode = $1`, p.String()).Scan(&teams)
	if err == nil {
		return teams, true, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, false, err
	}
	rows, err := tx.Query(ctx, `SELECT kind, value, team FROM cover_rule WHERE value = ANY($1) ORDER BY team`,
		[]string{p.String(), p.Sector(), p.District()})
	if err != nil {
		return nil, false, err
	}
	rules, err := pgx.CollectRows(rows, pgx.RowToStructByPos[description.Rule])
	if err != nil {
		return nil, false, err
	}
	return description.NewCoverage(rules, nil).Cover(p.String()), false, nil
}
