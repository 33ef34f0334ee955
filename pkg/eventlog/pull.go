package eventlog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/pg"
)

// Service serves kith.eventlog.v1 over a service's log.
type Service struct {
	eventlogv1.UnimplementedEventLogServiceServer
	DB  *pg.DB
	Now func() time.Time
	// Retry wakes the consumer after a person asked for another try; nil where the service consumes nothing.
	Retry func()
}

// PullEvents numbers what has committed since the last pull and gives the events after a position.
func (s *Service) PullEvents(ctx context.Context, req *eventlogv1.PullEventsRequest) (*eventlogv1.PullEventsResponse, error) {
	pool, err := s.DB.Pool(ctx)
	if err != nil {
		return nil, err
	}
	// The partial index makes this look free when there is nothing to number.
	var waiting bool
	if err := pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM event WHERE position IS NULL)`).Scan(&waiting); err != nil {
		return nil, err
	}
	if waiting {
		if err := s.DB.Tx(ctx, sequence(ctx)); err != nil {
			return nil, err
		}
	}
	answer := &eventlogv1.PullEventsResponse{}
	if req.GetAfter() > 0 {
		var same bool
		err := pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM event WHERE position = $1 AND ($2 = '' OR id::text = $2))`,
			req.GetAfter(), req.GetAfterId()).Scan(&same)
		if err != nil || !same {
			answer.Rewritten = err == nil
			return answer, err
		}
	}
	rows, err := pool.Query(ctx, `SELECT position, id, type, entity, version, facts, at, caused_by FROM event
		WHERE position > $1 ORDER BY position LIMIT $2`, req.GetAfter(), req.GetLimit())
	if err != nil {
		return nil, err
	}
	answer.Events, err = pgx.CollectRows(rows, scanEvent)
	return answer, err
}

// sequence gives the next positions to committed events in insert order. One at a time numbers a log: the lock is the
// transaction's own, so that it needs no session.
func sequence(ctx context.Context) func(pgx.Tx) error {
	return func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.event'))`); err != nil {
			return fmt.Errorf("lock the log: %w", err)
		}
		_, err := tx.Exec(ctx, `UPDATE event SET position = numbered.position FROM (
			SELECT id, (SELECT coalesce(max(position), 0) FROM event) + row_number() OVER (ORDER BY inserted) AS position
			FROM event WHERE position IS NULL ORDER BY inserted LIMIT 1000) numbered
			WHERE event.id = numbered.id`)
		if err != nil {
			return fmt.Errorf("number the log: %w", err)
		}
		return nil
	}
}

func scanEvent(row pgx.CollectableRow) (*eventlogv1.Event, error) {
	var id uuid.UUID
	var at time.Time
	var facts []byte
	e := &eventlogv1.Event{}
	if err := row.Scan(&e.Position, &id, &e.Type, &e.Entity, &e.Version, &facts, &at, &e.CausedBy); err != nil {
		return nil, err
	}
	e.Id, e.At = id.String(), timestamppb.New(at)
	if err := json.Unmarshal(facts, &e.Facts); err != nil {
		return nil, fmt.Errorf("facts of event %d: %w", e.Position, err)
	}
	return e, nil
}
