package administration

import (
	"context"

	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
)

// ListWards shows the wards by name, with how many postcodes each has and whose they are. There are none before the first
// import of this version.
func (s *Service) ListWards(ctx context.Context, req *directoryv1.ListWardsRequest) (*directoryv1.ListWardsResponse, error) {
	answer := &directoryv1.ListWardsResponse{}
	err := s.look(ctx, "look at the wards", func(tx pgx.Tx) ([]string, error) {
		rows, err := tx.Query(ctx, `SELECT ward, count(DISTINCT postcode), coalesce(array_agg(DISTINCT team) FILTER (WHERE team IS NOT NULL), '{}')
			FROM postcode CROSS JOIN unnest(wards) AS ward LEFT JOIN LATERAL unnest(teams) AS team ON true GROUP BY ward ORDER BY ward`)
		if err != nil {
			return nil, err
		}
		answer.Wards, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*directoryv1.Ward, error) {
			m := &directoryv1.Ward{}
			var teams []string
			err := row.Scan(&m.Title, &m.Postcodes, &teams)
			for _, team := range teams {
				m.Teams = append(m.Teams, req.GetParent()+"/teams/"+team)
			}
			return m, err
		})
		return nil, err
	})
	return answer, err
}
