package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
)

// Attempts is how often an event is tried before it is parked for a person.
const Attempts = 10

// Look is how long a consumer waits at most before it looks for something new.
const Look = time.Second

// Handler takes in events of one type. It first gathers what it needs from the owner, outside a transaction, and gives
// back the effect, which runs in the transaction that moves the cursor. An effect that has happened changes nothing.
type Handler func(ctx context.Context, e *eventlogv1.Event) (effect func(pgx.Tx) error, err error)

// Consumer follows one neighbour's log for every authority, in one loop.
type Consumer struct {
	// Log is the neighbour's name.
	Log string
	// Pull is the neighbour's log.
	Pull eventlogv1.EventLogServiceClient
	// DB is the consuming service's own.
	DB *pg.DB
	// Handlers by event type; other types are passed over.
	Handlers map[string]Handler
	// Act gives a context with the service's own passport, naming the event and who caused it.
	Act func(ctx context.Context, authority string, e *eventlogv1.Event) (context.Context, error)
	// Done is told of each authority in which something was taken in, to ring the service's own bell.
	Done func(authority string)
	// Alarm is raised for an event that was parked.
	Alarm func(ctx context.Context, authority string, e *eventlogv1.Event, failure string)
	Now   func() time.Time
	Logs  *slog.Logger
}

// Run follows the log until ctx ends. Heard are authorities with something new; wake asks for a look at all of them.
func (c *Consumer) Run(ctx context.Context, heard <-chan string, wake <-chan struct{}) {
	tick := time.NewTicker(Look)
	defer tick.Stop()
	for {
		all := c.DB.Authorities()
		c.visit(ctx, all)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-wake:
		case authority, ok := <-heard:
			if !ok {
				heard = nil
				continue
			}
			c.visit(ctx, []string{authority})
		}
	}
}

// visit looks into the logs of the authorities, a few at a time. One that fails is looked into again at the next look.
func (c *Consumer) visit(ctx context.Context, authorities []string) {
	var group errgroup.Group
	group.SetLimit(4)
	for _, a := range authorities {
		group.Go(func() error {
			if err := c.CatchUp(ctx, a); err != nil && ctx.Err() == nil {
				c.Logs.WarnContext(ctx, "could not follow a log", "log", c.Log, "authority", a, "error", fault.From(err).Reason)
			}
			return nil
		})
	}
	_ = group.Wait()
}

// CatchUp takes in everything that the authority's log holds, and tries what is held and due.
func (c *Consumer) CatchUp(ctx context.Context, authority string) error {
	ctx = passport.WithAuthority(ctx, authority)
	if err := c.retryHeld(ctx, authority); err != nil {
		return err
	}
	for ctx.Err() == nil {
		position, id, err := c.cursor(ctx)
		if err != nil {
			return err
		}
		answer, err := c.Pull.PullEvents(ctx, &eventlogv1.PullEventsRequest{Parent: "authorities/" + authority, After: position, AfterId: id, Limit: 200})
		if err != nil {
			return fmt.Errorf("pull %s: %w", c.Log, err)
		}
		if answer.GetRewritten() {
			c.Logs.WarnContext(ctx, "the log was restored; taking it in from the beginning", "log", c.Log, "authority", authority)
			if err := c.rewind(ctx); err != nil {
				return err
			}
			continue
		}
		if len(answer.GetEvents()) == 0 {
			return nil
		}
		for _, e := range answer.GetEvents() {
			if err := c.takeIn(ctx, authority, e); err != nil {
				return err
			}
		}
		c.Done(authority)
	}
	return ctx.Err()
}

func (c *Consumer) cursor(ctx context.Context) (int64, string, error) {
	pool, err := c.DB.Pool(ctx)
	if err != nil {
		return 0, "", err
	}
	var position int64
	var id string
	err = pool.QueryRow(ctx, `SELECT position, coalesce(event_id::text, '') FROM cursor WHERE log = $1`, c.Log).Scan(&position, &id)
	if errors.Is(err, pgx.ErrNoRows) {
		_, err = pool.Exec(ctx, `INSERT INTO cursor (log, position) VALUES ($1, 0) ON CONFLICT DO NOTHING`, c.Log)
	}
	return position, id, err
}

func (c *Consumer) rewind(ctx context.Context) error {
	return c.DB.Tx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE cursor SET position = 0, event_id = NULL WHERE log = $1`, c.Log)
		return err
	})
}

// takeIn brings one event to its effect, or aside. Only a failure of our own database or a stop leaves the cursor.
func (c *Consumer) takeIn(ctx context.Context, authority string, e *eventlogv1.Event) error {
	handle, ok := c.Handlers[e.GetType()]
	if !ok {
		return c.advance(ctx, e, func(pgx.Tx) error { return nil })
	}
	waits, err := c.waitsBehind(ctx, e)
	if err != nil {
		return err
	}
	if waits {
		return c.advance(ctx, e, func(tx pgx.Tx) error { return c.hold(ctx, tx, e, 0, "waits behind an earlier event") })
	}
	failure := c.try(ctx, authority, e, handle, func(effect func(pgx.Tx) error) error { return c.advance(ctx, e, effect) })
	if failure == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if passing(failure) {
		return failure
	}
	return c.advance(ctx, e, func(tx pgx.Tx) error { return c.hold(ctx, tx, e, 1, fault.From(failure).Reason) })
}

// try runs a handler, on the service's own passport, and its effect.
func (c *Consumer) try(ctx context.Context, authority string, e *eventlogv1.Event, handle Handler, apply func(func(pgx.Tx) error) error) error {
	acting, err := c.Act(ctx, authority, e)
	if err != nil {
		return err
	}
	effect, err := handle(acting, e)
	if err != nil {
		return err
	}
	return apply(effect)
}

// passing says that the failure is not the event's: a neighbour or a database does not answer. It is no attempt; the
// log waits where it is and goes on by itself.
func passing(failure error) bool {
	switch fault.From(failure).Code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Aborted:
		return true
	default:
		return false
	}
}

// errElsewhere is another process being ahead of this one.
var errElsewhere = errors.New("taken in elsewhere")

// advance runs an effect and moves the cursor in one transaction. Where another process was first, nothing happens.
func (c *Consumer) advance(ctx context.Context, e *eventlogv1.Event, effect func(pgx.Tx) error) error {
	err := c.DB.Tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE cursor SET position = $2, event_id = $3 WHERE log = $1 AND position = $2 - 1`, c.Log, e.GetPosition(), e.GetId())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errElsewhere
		}
		return effect(tx)
	})
	if errors.Is(err, errElsewhere) {
		return nil
	}
	return err
}

func (c *Consumer) waitsBehind(ctx context.Context, e *eventlogv1.Event) (bool, error) {
	pool, err := c.DB.Pool(ctx)
	if err != nil {
		return false, err
	}
	var waits bool
	err = pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM held_event WHERE log = $1 AND entity = $2)`, c.Log, e.GetEntity()).Scan(&waits)
	return waits, err
}

func (c *Consumer) hold(ctx context.Context, tx pgx.Tx, e *eventlogv1.Event, attempts int, failure string) error {
	text, err := proto.Marshal(e)
	if err != nil {
		return fmt.Errorf("hold event: %w", err)
	}
	now := c.Now()
	_, err = tx.Exec(ctx, `INSERT INTO held_event (log, position, event, type, entity, attempts, failure, held_since, next_try, parked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, false) ON CONFLICT DO NOTHING`,
		c.Log, e.GetPosition(), text, e.GetType(), e.GetEntity(), attempts, failure, now, now.Add(pause(attempts)))
	return err
}

// pause grows from a tenth of a second to half a minute, so that ten attempts take about a minute.
func pause(attempts int) time.Duration {
	return min(100*time.Millisecond<<max(attempts-1, 0), 30*time.Second)
}
