package eventlog

import (
	"context"
	"errors"
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

// head is the first held event of an entity.
type head struct {
	Position int64
	Event    []byte
	Attempts int
}

// retryHeld tries the first held event of each entity that is due. When it succeeds, the entity's next one is due. One
// whose failure is passing keeps nobody else's waiting.
func (c *Consumer) retryHeld(ctx context.Context, authority string) error {
	var passed []int64
	var failures error
	for ctx.Err() == nil {
		due, err := c.due(ctx, passed)
		if err != nil || len(due) == 0 {
			return errors.Join(failures, err)
		}
		taken := false
		for _, h := range due {
			effected, err := c.retry(ctx, authority, h)
			if err != nil {
				failures, passed = errors.Join(failures, err), append(passed, h.Position)
			}
			taken = taken || effected
		}
		if taken {
			c.Done(authority)
		}
	}
	return ctx.Err()
}

// due gives the heads whose time has come, but for those just tried in vain.
func (c *Consumer) due(ctx context.Context, passed []int64) ([]head, error) {
	pool, err := c.DB.Pool(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := pool.Query(ctx, `SELECT position, event, attempts FROM (
		SELECT DISTINCT ON (entity) position, event, attempts, next_try, parked FROM held_event WHERE log = $1 ORDER BY entity, position) heads
		WHERE NOT parked AND next_try <= $2 AND position <> ALL ($3) ORDER BY position LIMIT 100`, c.Log, c.Now(), append([]int64{}, passed...))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[head])
}

// retry tries one held event again and says whether it had its effect here. Its error is a passing one, or our own
// database's.
func (c *Consumer) retry(ctx context.Context, authority string, h head) (effected bool, err error) {
	e := &eventlogv1.Event{}
	if err := proto.Unmarshal(h.Event, e); err != nil {
		return false, fmt.Errorf("read held event: %w", err)
	}
	failure := fmt.Errorf("nothing takes in %s", e.GetType())
	if _, ok := c.Handlers[e.GetType()]; ok {
		g := c.gather(ctx, authority, e)
		if failure = g.failure; failure == nil {
			failure = c.guarded(ctx, authority, e, func() (err error) {
				effected, err = c.release(ctx, e, g.run)
				return err
			})
		}
	}
	if failure == nil || ctx.Err() != nil {
		return effected, ctx.Err()
	}
	if passing(failure) {
		return false, failure
	}
	return false, c.failed(ctx, authority, e, h.Attempts, fault.From(failure).Reason)
}

// failed counts an attempt, unless another process or a person was at it meanwhile, and parks the event after the last.
func (c *Consumer) failed(ctx context.Context, authority string, e *eventlogv1.Event, before int, reason string) error {
	attempts := before + 1
	parked := attempts >= Attempts
	counted := false
	err := c.DB.Tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE held_event SET attempts = $3, failure = $4, next_try = $5, parked = $6
			WHERE log = $1 AND position = $2 AND attempts = $7 AND NOT parked`,
			c.Log, e.GetPosition(), attempts, reason, c.Now().Add(pause(attempts)), parked, before)
		counted = tag.RowsAffected() == 1
		return err
	})
	if err == nil && parked && counted {
		c.Alarm(ctx, authority, e, reason)
	}
	return err
}

// release runs the effect and lets the event go, in one transaction. Where another process was first, nothing happens.
func (c *Consumer) release(ctx context.Context, e *eventlogv1.Event, effect func(pgx.Tx) error) (first bool, err error) {
	err = c.DB.Tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM held_event WHERE log = $1 AND position = $2`, c.Log, e.GetPosition())
		first = err == nil && tag.RowsAffected() == 1
		if !first {
			return err
		}
		return effect(tx)
	})
	return first && err == nil, err
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
