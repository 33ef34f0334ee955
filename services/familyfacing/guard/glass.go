package guard

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
)

const glassColumns = `id, family, person, reason, at, until, guardian_told_at, reviewed_at, reviewed_by, finding`

// glass is one use of break-glass.
type glass struct {
	id, family, person uuid.UUID
	reason             string
	at, until          time.Time
	toldAt, reviewedAt *time.Time
	reviewedBy         *uuid.UUID
	finding            string
}

func scanGlass(row pgx.CollectableRow) (g glass, err error) {
	err = row.Scan(&g.id, &g.family, &g.person, &g.reason, &g.at, &g.until, &g.toldAt, &g.reviewedAt, &g.reviewedBy, &g.finding)
	return g, err
}

func (g glass) message(ctx context.Context) *familyfacingv1.GlassBroken {
	m := &familyfacingv1.GlassBroken{
		Name: named(ctx, "breakGlass", g.id), Family: named(ctx, "families", g.family), Person: named(ctx, "people", g.person),
		Reason: g.reason, At: timestamppb.New(g.at), Until: timestamppb.New(g.until), Finding: g.finding,
	}
	if g.toldAt != nil {
		m.GuardianToldAt = timestamppb.New(*g.toldAt)
	}
	if g.reviewedAt != nil && g.reviewedBy != nil {
		m.ReviewedAt, m.ReviewedBy = timestamppb.New(*g.reviewedAt), named(ctx, "people", *g.reviewedBy)
	}
	return m
}

// subjects are the ids that an audit row about the use names.
func (g glass) subjects() []string {
	return []string{"breakGlass/" + g.id.String(), "families/" + g.family.String(), "people/" + g.person.String()}
}
