package eventlog

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
)

// gathered is what a handler found, before its effect.
type gathered struct {
	effect  func(pgx.Tx) error
	failure error
}

// run is the effect, which may be none.
func (g gathered) run(tx pgx.Tx) error {
	if g.effect == nil {
		return nil
	}
	return g.effect(tx)
}

// gatherAhead runs the handlers' first part of each entity's first event in the page, unless the entity has events aside:
// an entity's events are tried in their order. The others' place is nil.
func (c *Consumer) gatherAhead(ctx context.Context, authority string, events []*eventlogv1.Event, held map[string]bool) []chan gathered {
	ahead := make([]chan gathered, len(events))
	seen := map[string]bool{}
	for i, e := range events {
		if c.Handlers[e.GetType()] == nil || held[e.GetEntity()] || seen[e.GetEntity()] {
			continue
		}
		seen[e.GetEntity()] = true
		ahead[i] = make(chan gathered, 1)
	}
	go func() {
		var group errgroup.Group
		group.SetLimit(8)
		for i, e := range events {
			if result := ahead[i]; result != nil {
				group.Go(func() error {
					result <- c.gather(ctx, authority, e)
					return nil
				})
			}
		}
		_ = group.Wait()
	}()
	return ahead
}

// gather runs a handler, on the service's own passport.
func (c *Consumer) gather(ctx context.Context, authority string, e *eventlogv1.Event) (g gathered) {
	handle := c.Handlers[e.GetType()]
	g.failure = c.guarded(ctx, authority, e, func() error {
		acting, err := c.Act(ctx, authority, e)
		if err != nil {
			return err
		}
		g.effect, err = handle(acting, e)
		return err
	})
	return g
}

// guarded turns a panic of a handler into a failure like any other: one event must not end the process, again and again.
func (c *Consumer) guarded(ctx context.Context, authority string, e *eventlogv1.Event, work func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			c.Logs.ErrorContext(ctx, "a handler panicked", "log", c.Log, "authority", authority, "type", e.GetType(), "position", e.GetPosition(),
				"stack", string(debug.Stack()))
			err = errors.New("a handler panicked")
		}
	}()
	return work()
}
