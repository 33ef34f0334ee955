package eventlog

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// retryHeld tries the first held event of each entity that is due. When it succeeds, the entity's next one is due.
func (c *Consumer) retryHeld(ctx context.Context, authority string) error {
	pool, err := c.DB.Pool(ctx)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		rows, err := pool.Query(ctx, `SELECT event, attempts FROM (
			SELECT DISTINCT ON (entity) event, attempts, next_try, parked FROM held_event WHERE log = $1 ORDER BY entity, position) heads
			WHERE NOT parked AND next_try <= $2 LIMIT 100`, c.Log, c.Now())
		if err != nil {
			return err
		}
		type head struct {
			Event    []byte
			Attempts int
		}
		due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[head])
		if err != nil || len(due) == 0 {
			return err
		}
		for _, h := range due {
			e := &eventlogv1.Event{}
			if err := proto.Unmarshal(h.Event, e); err != nil {
				return fmt.Errorf("read held event: %w", err)
			}
			if err := c.retry(ctx, authority, e, h.Attempts); err != nil {
				return err
			}
		}
		c.Done(authority)
	}
	return ctx.Err()
}

func (c *Consumer) retry(ctx context.Context, authority string, e *eventlogv1.Event, attempts int) error {
	failure := fmt.Errorf("nothing takes in %s", e.GetType())
	if handle, ok := c.Handlers[e.GetType()]; ok {
		failure = c.try(ctx, authority, e, handle, func(effect func(pgx.Tx) error) error { return c.release(ctx, e, effect) })
	}
	if failure == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if passing(failure) {
		return failure
	}
	attempts++
	parked := attempts >= Attempts
	reason := fault.From(failure).Reason
	err := c.DB.Tx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE held_event SET attempts = $3, failure = $4, next_try = $5, parked = $6 WHERE log = $1 AND position = $2`,
			c.Log, e.GetPosition(), attempts, reason, c.Now().Add(pause(attempts)), parked)
		return err
	})
	if err == nil && parked {
		c.Alarm(ctx, authority, e, reason)
	}
	return err
}

// release runs the effect and lets the event go, in one transaction.
func (c *Consumer) release(ctx context.Context, e *eventlogv1.Event, effect func(pgx.Tx) error) error {
	return c.DB.Tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM held_event WHERE log = $1 AND position = $2`, c.Log, e.GetPosition())
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return effect(tx)
	})
}

// ListHeldEvents shows administrators what could not be taken in.
func (s *Service) ListHeldEvents(ctx context.Context, _ *eventlogv1.ListHeldEventsRequest) (*eventlogv1.ListHeldEventsResponse, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	answer := &eventlogv1.ListHeldEventsResponse{}
	err := s.DB.Tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT log, position, type, entity, attempts, parked, failure, held_since FROM held_event ORDER BY held_since, position LIMIT 500`)
		if err != nil {
			return err
		}
		answer.Events, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*eventlogv1.HeldEvent, error) {
			h := &eventlogv1.HeldEvent{}
			var since time.Time
			err := row.Scan(&h.Log, &h.Position, &h.Type, &h.Entity, &h.Attempts, &h.Parked, &h.Failure, &since)
			h.HeldSince = timestamppb.New(since)
			return h, err
		})
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.Now(), "look at held events", "held-events")
	})
	return answer, err
}

// RetryHeldEvent lets a held event, and the later ones of its entity, be tried again.
func (s *Service) RetryHeldEvent(ctx context.Context, req *eventlogv1.RetryHeldEventRequest) (*eventlogv1.RetryHeldEventResponse, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	err := s.DB.Tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE held_event SET parked = false, attempts = 0, next_try = $3 WHERE log = $1 AND position = $2`,
			req.GetLog(), req.GetPosition(), s.Now())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.NotFound()
		}
		return audit.Write(ctx, tx, s.Now(), "try a held event again", fmt.Sprintf("held-events/%s/%d", req.GetLog(), req.GetPosition()))
	})
	if err == nil && s.Retry != nil {
		s.Retry()
	}
	return &eventlogv1.RetryHeldEventResponse{}, err
}

func administrator(ctx context.Context) error {
	if p := passport.From(ctx); p == nil || !p.Administrator {
		return fault.Denied("NOT_ADMINISTRATOR", "only an administrator of the authority may do this")
	}
	return nil
}
