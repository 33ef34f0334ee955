package administration

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/services/directory/description"
)

// seat is a dated place of a person in a team.
type seat struct {
	Person      uuid.UUID
	PersonTitle string
	Team        string
	TeamTitle   string
	Since       time.Time
	Until       *time.Time
	Note        string
}

func (s seat) message(ctx context.Context) *directoryv1.DirectorySeat {
	return &directoryv1.DirectorySeat{
		Person: personName(ctx, s.Person), PersonTitle: s.PersonTitle, Team: teamName(ctx, s.Team), TeamTitle: s.TeamTitle,
		Since: instant(&s.Since), Until: instant(s.Until), Note: s.Note,
	}
}

// overlaps says whether both count at some moment, by the rule that files are held against.
func (s seat) overlaps(other seat) bool {
	return s.span().Overlaps(other.span())
}

func (s seat) span() description.Membership {
	return description.Membership{From: s.Since, Until: s.Until}
}

// over says whether the seat counts no more.
func (s seat) over(now time.Time) bool { return s.Until != nil && !s.Until.After(now) }

// seatsWhere gives the seats for which a condition holds, newest first. Those that were given up before they began never
// counted and are left out.
func seatsWhere(ctx context.Context, tx pgx.Tx, condition string, args ...any) ([]seat, error) {
	rows, err := tx.Query(ctx, `SELECT m.person, p.title, m.team, t.title, m.since, m.until, m.note
		FROM membership m JOIN person p ON p.id = m.person JOIN team t ON t.key = m.team
		WHERE (m.until IS NULL OR m.until > m.since) AND `+condition+` ORDER BY m.since DESC, p.title, t.title, p.id`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[seat])
}
