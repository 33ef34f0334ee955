package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
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
// back the effect, which runs in the transaction that moves the cursor; nil for none. An effect that has happened changes
// nothing, and one may be run again, so it does nothing but database calls.
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
	// Done is told of each authority in which an event had its effect, to ring the service's own bell.
	Done func(authority string)
	// Alarm is raised for an event that was parked.
	Alarm func(ctx context.Context, authority string, e *eventlogv1.Event, failure string)
	// Stalled is told when the log could not be followed for a minute, and every quarter of an hour after that.
	Stalled func(ctx context.Context, authority string)
	Now     func() time.Time
	Logs    *slog.Logger
}

// Run follows the log until ctx ends. Heard are authorities with something new; wake asks for a look at all of them.
// Each authority is looked into on its own, so that one whose database does not answer delays no other.
func (c *Consumer) Run(ctx context.Context, heard <-chan string, wake <-chan struct{}) {
	tick := time.NewTicker(Look)
	defer tick.Stop()
	var looks sync.WaitGroup
	defer looks.Wait()
	doors := map[string]chan struct{}{}
	for _, authority := range c.DB.Authorities() {
		door := make(chan struct{}, 1)
		doors[authority] = door
		looks.Go(func() { c.attend(ctx, authority, door) })
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			knockAll(doors)
		case <-wake:
			knockAll(doors)
		case authority, ok := <-heard:
			if !ok {
				heard = nil
				continue
			}
			knock(doors[authority])
		}
	}
}

// knock asks for a look; one that is asked for already is enough.
func knock(door chan struct{}) {
	select {
	case door <- struct{}{}:
	default:
	}
}

func knockAll(doors map[string]chan struct{}) {
	for _, door := range doors {
		knock(door)
	}
}

// attend looks into one authority's log at once and whenever somebody knocks. A look that fails is made again at the
// next knock.
func (c *Consumer) attend(ctx context.Context, authority string, door <-chan struct{}) {
	var stall stall
	for {
		err := c.CatchUp(ctx, authority)
		if err != nil && ctx.Err() == nil {
			c.Logs.WarnContext(ctx, "could not follow a log", "log", c.Log, "authority", authority, "error", fault.From(err).Reason)
		}
		if stall.alarms(err != nil, c.Now()) && ctx.Err() == nil {
			c.Stalled(ctx, authority)
		}
		select {
		case <-ctx.Done():
			return
		case <-door:
		}
	}
}

// stall is how long a log could not be followed.
type stall struct{ since, alarmed time.Time }

// alarms says whether a person has to know: after a minute, and again every quarter of an hour.
func (s *stall) alarms(failed bool, now time.Time) bool {
	if !failed {
		*s = stall{}
		return false
	}
	if s.since.IsZero() {
		s.since = now
	}
	if now.Sub(s.since) < time.Minute || !s.alarmed.IsZero() && now.Sub(s.alarmed) < 15*time.Minute {
		return false
	}
	s.alarmed = now
	return true
}

// CatchUp takes in everything that the authority's log holds, and tries what is held and due. What is held never keeps
// the log waiting.
func (c *Consumer) CatchUp(ctx context.Context, authority string) error {
	ctx = passport.WithAuthority(ctx, authority)
	return errors.Join(c.retryHeld(ctx, authority), c.follow(ctx, authority))
}

func (c *Consumer) follow(ctx context.Context, authority string) error {
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
			if err := c.rewind(ctx, position, id); err != nil {
				return err
			}
			continue
		}
		events := answer.GetEvents()
		if len(events) == 0 {
			return nil
		}
		if events[0].GetPosition() != position+1 {
			return fmt.Errorf("the log %s has nothing at position %d, but goes on at %d", c.Log, position+1, events[0].GetPosition())
		}
		if err := c.takeInAll(ctx, authority, events); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// takeInAll brings a page of events to their effects, in order. Their handlers gather ahead, a few at a time; events with
// nothing to do move the cursor together with the next one that has. It tells Done where anything was taken in, also
// where a later event failed.
func (c *Consumer) takeInAll(ctx context.Context, authority string, events []*eventlogv1.Event) error {
	held, err := c.heldEntities(ctx)
	if err != nil {
		return err
	}
	taken := false
	defer func() {
		if taken {
			c.Done(authority)
		}
	}()
	gathering, stop := context.WithCancel(ctx)
	defer stop()
	ahead := c.gatherAhead(gathering, authority, events, held)
	p := page{from: events[0].GetPosition(), held: held}
	for i, e := range events {
		if c.Handlers[e.GetType()] == nil {
			continue
		}
		g := gathered{}
		switch {
		case ahead[i] != nil:
			g = <-ahead[i]
		case !p.held[e.GetEntity()]:
			g = c.gather(ctx, authority, e)
		}
		if g.failure == nil && g.effect == nil && !p.held[e.GetEntity()] {
			continue
		}
		effected, err := c.takeIn(ctx, authority, e, &p, g)
		if err != nil {
			return err
		}
		taken = taken || effected
	}
	if last := events[len(events)-1]; p.from <= last.GetPosition() {
		_, err = c.advance(ctx, last, &p, nothing)
	}
	return err
}

// page is how far a page of events has been taken in.
type page struct {
	// from is the first position that the cursor does not stand on or behind yet.
	from int64
	// held are the entities that have events aside.
	held map[string]bool
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

// rewind begins the log again, unless another process has. What is held of the old past is let go: whatever the log
// still holds comes again, and what it does not hold has not happened. Positions are given anew, so an old held event
// would stand in the way of another.
func (c *Consumer) rewind(ctx context.Context, position int64, id string) error {
	return c.DB.Tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE cursor SET position = 0, event_id = NULL WHERE log = $1 AND position = $2 AND coalesce(event_id::text, '') = $3`,
			c.Log, position, id)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM held_event WHERE log = $1`, c.Log)
		return err
	})
}

// takeIn brings one event to its effect, or aside, and says whether it had one here. Only a failure of our own database,
// a neighbour that does not answer, or a stop leaves the cursor.
func (c *Consumer) takeIn(ctx context.Context, authority string, e *eventlogv1.Event, p *page, g gathered) (effected bool, err error) {
	if p.held[e.GetEntity()] {
		_, err := c.advance(ctx, e, p, func(tx pgx.Tx) error { return c.hold(ctx, tx, e, 0, "waits behind an earlier event") })
		return false, err
	}
	failure := g.failure
	if failure == nil {
		failure = c.guarded(ctx, authority, e, func() (err error) {
			effected, err = c.advance(ctx, e, p, g.effect)
			return err
		})
	}
	if failure == nil || ctx.Err() != nil {
		return effected, ctx.Err()
	}
	if passing(failure) {
		return false, failure
	}
	_, err = c.advance(ctx, e, p, func(tx pgx.Tx) error { return c.hold(ctx, tx, e, 1, fault.From(failure).Reason) })
	p.held[e.GetEntity()] = true
	return false, err
}

func nothing(pgx.Tx) error { return nil }

// passing says that the failure is not the event's: a neighbour or a database does not answer, or somebody else was at
// the same rows. It is no attempt; the log waits where it is and goes on by itself.
func passing(failure error) bool {
	f := fault.From(failure)
	switch f.Code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return true
	case codes.Aborted:
		return f.Reason == "TRY_AGAIN"
	default:
		return false
	}
}

// advance runs an effect and moves the cursor in one transaction, over the events before it that had nothing to do. Where
// another process was first, nothing happens.
func (c *Consumer) advance(ctx context.Context, e *eventlogv1.Event, p *page, effect func(pgx.Tx) error) (first bool, err error) {
	err = c.DB.Tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE cursor SET position = $2, event_id = $3 WHERE log = $1 AND position = $4 - 1`,
			c.Log, e.GetPosition(), e.GetId(), p.from)
		first = err == nil && tag.RowsAffected() == 1
		if !first {
			return err
		}
		return effect(tx)
	})
	if err == nil {
		p.from = e.GetPosition() + 1
	}
	return first && err == nil, err
}

// heldEntities are those that have events aside: their later ones wait behind.
func (c *Consumer) heldEntities(ctx context.Context) (map[string]bool, error) {
	pool, err := c.DB.Pool(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := pool.Query(ctx, `SELECT DISTINCT entity FROM held_event WHERE log = $1`, c.Log)
	if err != nil {
		return nil, err
	}
	held := map[string]bool{}
	var entity string
	_, err = pgx.ForEachRow(rows, []any{&entity}, func() error { held[entity] = true; return nil })
	return held, err
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

// pause grows from a tenth of a second to half a minute, so that ten attempts take about a minute. What was not tried
// yet waits for nothing but those before it.
func pause(attempts int) time.Duration {
	if attempts == 0 {
		return 0
	}
	return min(100*time.Millisecond<<(attempts-1), 30*time.Second)
}
