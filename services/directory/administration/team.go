package administration

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/directory/description"
)

// team is a team as the tables keep it.
type team struct {
	Key   string
	Title string
	Kind  description.TeamKind
	Base  string
	Phone string
	stamp
}

// teamOf reads what a page sends, but for the key.
func teamOf(m *directoryv1.DirectoryTeam) (*team, error) {
	t := &team{Title: tidy(m.GetTitle()), Kind: kindOf(m.GetKind()), Base: tidy(m.GetBase()), Phone: tidy(m.GetPhone())}
	return t, check(
		field{name: "team.title", value: t.Title, fits: description.Words(300, false)},
		field{name: "team.phone", value: t.Phone, fits: description.APhone},
		field{name: "team.base", value: t.Base, fits: description.Words(500, true), optional: true},
	)
}

const kindPrefix = "TEAM_KIND_"

func kindOf(k directoryv1.TeamKind) description.TeamKind {
	return description.TeamKind(strings.ToLower(strings.TrimPrefix(k.String(), kindPrefix)))
}

func kindMessage(k description.TeamKind) directoryv1.TeamKind {
	return directoryv1.TeamKind(directoryv1.TeamKind_value[kindPrefix+strings.ToUpper(string(k))])
}

// GetTeam shows a team with its seats and its patch.
func (s *Service) GetTeam(ctx context.Context, req *directoryv1.GetTeamRequest) (*directoryv1.GetTeamResponse, error) {
	answer := &directoryv1.GetTeamResponse{}
	err := s.look(ctx, "look at a team", func(tx pgx.Tx) ([]string, error) {
		key, err := keyIn(ctx, "teams", req.GetName())
		if err != nil {
			return nil, err
		}
		answer.Team, err = showTeam(ctx, tx, key)
		names := []string{req.GetName()}
		for _, seat := range answer.GetTeam().GetSeats() {
			names = append(names, seat.GetPerson())
		}
		return names, err
	})
	return answer, err
}

// readTeam gives a team that is not removed. Errors: NOT_FOUND.
func readTeam(ctx context.Context, tx pgx.Tx, key string) (*team, error) {
	rows, err := tx.Query(ctx, `SELECT key, title, kind, base, phone, version, changed_at, changed_by FROM team WHERE key = $1 AND NOT removed`, key)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*team, error) {
		t := &team{}
		err := row.Scan(&t.Key, &t.Title, &t.Kind, &t.Base, &t.Phone, &t.Version, &t.At, &t.By)
		return t, err
	})
	if err == nil && len(found) == 0 {
		return nil, fault.NotFound()
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func showTeam(ctx context.Context, tx pgx.Tx, key string) (*directoryv1.DirectoryTeam, error) {
	t, err := readTeam(ctx, tx, key)
	if err != nil {
		return nil, err
	}
	m := &directoryv1.DirectoryTeam{
		Name: teamName(ctx, t.Key), Title: t.Title, Kind: kindMessage(t.Kind), Phone: t.Phone, Base: t.Base, Etag: t.etag(),
	}
	seats, err := seatsWhere(ctx, tx, `m.team = $1`, key)
	if err != nil {
		return nil, err
	}
	for _, seat := range seats {
		m.Seats = append(m.Seats, seat.message(ctx))
	}
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM postcode WHERE $1 = ANY(teams)`, key).Scan(&m.Postcodes); err != nil {
		return nil, err
	}
	rules, err := rulesWhere(ctx, tx, `team = $1`, key)
	m.Patch = ruleMessages(rules)
	return m, err
}
