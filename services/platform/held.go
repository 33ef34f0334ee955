package platform

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/audit"
)

// Held works on what an authority's services could not take in, with the owner's URL: events that failed ten times, and
// the later ones of the same entity that wait behind them.
type Held struct {
	Authority string
	OwnerURL  string
	// Retry lets all of it be tried again, once the cause is mended. The services notice within a second.
	Retry bool
}

// Run lists what is held, one line each, and lets it be tried again where that was asked.
func (h Held) Run(ctx context.Context, o Operator) error {
	conn, err := pgx.Connect(ctx, h.OwnerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, s := range Map() {
		if len(s.Takes) == 0 {
			continue
		}
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SET LOCAL search_path = `+pgx.Identifier{s.Name}.Sanitize()); err != nil {
				return fmt.Errorf("look into %s: %w", s.Name, err)
			}
			return h.service(ctx, tx, s.Name, o)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (h Held) service(ctx context.Context, tx pgx.Tx, service string, o Operator) error {
	rows, err := tx.Query(ctx, `SELECT log, position, type, entity, attempts, parked, failure, held_since FROM held_event ORDER BY held_since, position`)
	if err != nil {
		return fmt.Errorf("held events of %s: %w", service, err)
	}
	type held struct {
		Log          string
		Position     int64
		Type, Entity string
		Attempts     int
		Parked       bool
		Failure      string
		Since        time.Time
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[held])
	if err != nil {
		return fmt.Errorf("held events of %s: %w", service, err)
	}
	if _, err := fmt.Fprintf(o.Out, "%s: %s: %d held\n", h.Authority, service, len(all)); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, e := range all {
		state := "waits"
		if e.Parked {
			state = "parked"
		}
		if _, err := fmt.Fprintf(o.Out, "  %s %s %d %s %s, tried %d times, %s, since %s\n", state, e.Log, e.Position, e.Type, e.Entity, e.Attempts,
			e.Failure, e.Since.Format(time.RFC3339)); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	if !h.Retry || len(all) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE held_event SET parked = false, attempts = 0, next_try = $1`, o.Now); err != nil {
		return fmt.Errorf("try held events of %s again: %w", service, err)
	}
	return audit.Operate(ctx, tx, o.Now, o.Name, "held --retry", "held-events")
}
