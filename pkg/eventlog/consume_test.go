package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

func TestEverythingIsTakenInOnceAndInOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var want []string
	for v := int64(1); v <= 250; v++ { // more than one pull gives
		h.happen(t, "contact/a", v)
		want = append(want, fmt.Sprintf("contact/a.%d", v))
	}
	h.catchUp(t)
	h.catchUp(t)
	h.wantEffects(t, want...)
	if h.done != 2 {
		t.Errorf("the bell was asked for %d times, want once a pull that brought something", h.done)
	}
}

func TestNothingToTakeInRingsNoBell(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.catchUp(t)
	err := h.source.Tx(h.ctx(), func(tx pgx.Tx) error {
		return eventlog.Append(h.ctx(), tx, eventlog.Event{Type: "nobody_cares", Entity: "contact/a", Version: 1, At: noon})
	})
	if err != nil {
		t.Fatal(err)
	}
	h.handles(func(*eventlogv1.Event) error { return errors.New("poison") })
	h.happen(t, "contact/b", 1)
	h.catchUp(t)
	if h.done != 0 {
		t.Errorf("the bell was asked for %d times for nothing", h.done)
	}
	h.handles(nil)
	h.happen(t, "contact/c", 1)
	h.catchUp(t)
	h.wantEffects(t, "contact/c.1")
	if h.done != 1 {
		t.Errorf("the bell was asked for %d times, want 1", h.done)
	}
}

// What was taken in before another event failed is told of all the same.
func TestTheBellIsAskedForBeforeAFailure(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.happen(t, "contact/a", 1)
	h.happen(t, "contact/b", 1)
	h.handles(func(e *eventlogv1.Event) error {
		if e.GetEntity() == "contact/b" {
			return status.Error(codes.Unavailable, "down")
		}
		return nil
	})
	if err := h.consumer.CatchUp(t.Context(), "alpha"); status.Code(err) != codes.Unavailable && fault.From(err).Code != codes.Unavailable {
		t.Fatal(err)
	}
	if h.wantEffects(t, "contact/a.1"); h.done != 1 {
		t.Errorf("the bell was asked for %d times, want 1", h.done)
	}
}

// The connection dies between the effect and the commit: neither is there, and the next look does both, once.
func TestEffectAndCursorAreOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.happen(t, "contact/a", 1)
	h.happen(t, "contact/b", 1)
	kills := 3
	h.consumer.Handlers["happened"] = func(_ context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
		return func(tx pgx.Tx) error {
			if err := h.effect(e)(tx); err != nil {
				return err
			}
			if kills--; kills < 0 {
				return nil
			}
			// The commit finds a dead connection.
			h.own(t, `SELECT pg_terminate_backend($1)`, tx.Conn().PgConn().PID())
			return nil
		}, nil
	}
	for range 3 {
		if err := h.consumer.CatchUp(t.Context(), "alpha"); fault.From(err).Code != codes.Unavailable {
			t.Fatalf("a killed connection: %v", err)
		}
		h.wantEffects(t)
		if n := h.count(t, `SELECT coalesce(max(position), 0) FROM sink.cursor`); n != 0 {
			t.Fatalf("the cursor is at %d without its effect", n)
		}
	}
	h.catchUp(t)
	h.wantEffects(t, "contact/a.1", "contact/b.1")
	if n := h.count(t, `SELECT count(*) FROM sink.held_event`); n != 0 {
		t.Errorf("%d events are held because a connection died", n)
	}
}

func TestTwoFollowersOfOneCursor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var want []string
	for v := int64(1); v <= 60; v++ {
		h.happen(t, fmt.Sprintf("contact/%d", v%3), (v+2)/3)
		want = append(want, fmt.Sprintf("contact/%d.%d", v%3, (v+2)/3))
	}
	var all sync.WaitGroup
	for range 3 {
		c := h.follower()
		all.Go(func() {
			if err := c.CatchUp(context.Background(), "alpha"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	h.wantEffects(t, want...)
}

// Another process moves the cursor while this one's handler is at work: this one's effect must not happen.
func TestACursorThatAnotherProcessMoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.happen(t, "contact/a", 1)
	h.happen(t, "contact/a", 2)
	other := h.follower()
	overtaken := false
	h.consumer.Handlers["happened"] = func(_ context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
		if !overtaken {
			overtaken = true
			if err := other.CatchUp(context.Background(), "alpha"); err != nil {
				return nil, err
			}
		}
		return h.effect(e), nil
	}
	h.catchUp(t)
	h.wantEffects(t, "contact/a.1", "contact/a.2")
	if h.done != 1 {
		t.Errorf("the bell was asked for %d times, want once, by the one who took it in", h.done)
	}
}

// A log with a hole is said, not run around in circles.
func TestALogWithAHole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for v := int64(1); v <= 3; v++ {
		h.happen(t, "contact/a", v)
	}
	if _, err := h.pull(0, ""); err != nil {
		t.Fatal(err)
	}
	h.own(t, `DELETE FROM source.event WHERE position = 1`)
	if err := h.consumer.CatchUp(t.Context(), "alpha"); err == nil {
		t.Error("a hole in the log goes unnoticed")
	}
	if h.wire.pulls != 1 {
		t.Errorf("%d pulls for one look", h.wire.pulls)
	}
}

func TestARestoredLogIsTakenInFromTheBeginning(t *testing.T) {
	t.Parallel()
	restores := map[string]func(*testing.T, *house){
		"its end is gone":    func(t *testing.T, h *house) { h.own(t, `DELETE FROM source.event WHERE position > 2`) },
		"its end is another": func(t *testing.T, h *house) { h.own(t, `DELETE FROM source.event WHERE position > 2`); again(t, h) },
		"all of it is gone":  func(t *testing.T, h *house) { h.own(t, `DELETE FROM source.event`) },
		"numbered again in other places": func(t *testing.T, h *house) {
			h.own(t, `DELETE FROM source.event WHERE position = 1`)
			h.own(t, `UPDATE source.event SET position = NULL`)
			again(t, h)
		},
	}
	for name, restore := range restores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.consumer.Handlers["happened"] = h.idempotent
			for v := int64(1); v <= 4; v++ {
				h.happen(t, "contact/a", v)
			}
			h.catchUp(t)
			restore(t, h)
			h.catchUp(t)
			if n := h.count(t, `SELECT count(*) FROM sink.effect`) - h.count(t, `SELECT count(DISTINCT once) FROM sink.effect`); n != 0 {
				t.Errorf("%d effects happened again", n)
			}
			if n := h.count(t, `SELECT count(*) FROM source.event WHERE id::text NOT IN (SELECT event FROM sink.effect)`); n != 0 {
				t.Errorf("%d events of the restored log were not taken in", n)
			}
			end := h.count(t, `SELECT coalesce(max(position), 0) FROM source.event`)
			if at := h.count(t, `SELECT position FROM sink.cursor`); at != end {
				t.Errorf("the cursor is at %d, the log ends at %d", at, end)
			}
		})
	}
}

func again(t *testing.T, h *house) {
	t.Helper()
	for v := int64(10); v <= 13; v++ {
		h.happen(t, "contact/b", v)
	}
}

// idempotent is how every handler of the house is written.
func (h *house) idempotent(_ context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	return func(tx pgx.Tx) error {
		_, err := tx.Exec(context.Background(), `INSERT INTO effect (event, entity, version, once) VALUES ($1, $2, $3, $1) ON CONFLICT DO NOTHING`,
			e.GetId(), e.GetEntity(), e.GetVersion())
		return err
	}, nil
}

// An event of the old past that is held must not take the place of another.
func TestWhatIsHeldOfARestoredLogIsLetGo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.handles(func(e *eventlogv1.Event) error {
		if e.GetEntity() == "contact/poisoned" {
			return errors.New("poison")
		}
		return nil
	})
	h.happen(t, "contact/a", 1)
	h.happen(t, "contact/poisoned", 1)
	h.catchUp(t)
	h.own(t, `DELETE FROM source.event WHERE position > 1`)
	h.happen(t, "contact/poisoned", 2) // gets position 2 as well
	h.catchUp(t)
	var held string
	if err := h.owner.QueryRow(t.Context(), `SELECT encode(event, 'escape') FROM sink.held_event`).Scan(&held); err != nil {
		t.Fatal(err)
	}
	h.handles(nil)
	h.pass(time.Minute)
	h.catchUp(t)
	h.wantEffects(t, "contact/a.1", "contact/a.1", "contact/poisoned.2")
}

// A handler works on the service's own passport, which names the event; effects append and audit with it.
func TestAHandlerActsForItsService(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.happen(t, "contact/a", 1)
	h.consumer.Handlers["happened"] = func(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
		if p := passport.From(ctx); p == nil || p.Kind != passport.Service || p.Cause != e.GetId() || passport.Authority(ctx) != "alpha" {
			return nil, fmt.Errorf("passport %+v", p)
		}
		return func(tx pgx.Tx) error { return audit.Write(ctx, tx, noon, "take in", "contacts/a") }, nil
	}
	h.catchUp(t)
	if n := h.count(t, `SELECT count(*) FROM sink.audit WHERE actor = 'sink' AND method = (SELECT id::text FROM source.event)`); n != 1 {
		t.Errorf("%d audit rows name the event", n)
	}
}

func TestATransientErrorInTheEffectIsNoAttempt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	taken := int64(0)
	for name, failure := range map[string]error{
		"a lost race":         &pgconn.PgError{Code: "40001"},
		"a deadlock":          &pgconn.PgError{Code: "40P01"},
		"a full disk":         &pgconn.PgError{Code: "53100"},
		"a neighbour's end":   status.Error(codes.Unavailable, "down"),
		"a slow neighbour":    fmt.Errorf("x: %w", context.DeadlineExceeded),
		"an administrator's":  &pgconn.PgError{Code: "57P01"},
		"a broken connection": &pgconn.ConnectError{},
	} {
		taken++
		h.happen(t, "contact/a", taken)
		fails := true
		h.consumer.Handlers["happened"] = func(_ context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
			return func(tx pgx.Tx) error {
				if err := h.effect(e)(tx); err != nil || fails {
					return errors.Join(err, failure)
				}
				return nil
			}, nil
		}
		for range eventlog.Attempts + 2 {
			h.pass(time.Minute)
			if err := h.consumer.CatchUp(t.Context(), "alpha"); err == nil {
				t.Fatalf("%s is not told", name)
			}
		}
		if n := h.count(t, `SELECT count(*) FROM sink.held_event`); n != 0 {
			t.Errorf("%s: it is held", name)
		}
		fails = false
		h.catchUp(t)
		if n := h.count(t, `SELECT count(*) FROM sink.effect`); int64(n) != taken {
			t.Errorf("%s: %d effects, want %d", name, n, taken)
		}
	}
}

// An event that a person must look at does not keep the log waiting, however it fails.
func TestAPoisonedEventIsHeldHoweverItFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good := h.consumer.Handlers["happened"]
	others := 0
	for name, handler := range map[string]eventlog.Handler{
		"an error": func(context.Context, *eventlogv1.Event) (func(pgx.Tx) error, error) { return nil, errors.New("poison") },
		"a conflict": func(context.Context, *eventlogv1.Event) (func(pgx.Tx) error, error) {
			return nil, fault.Conflict("CHANGED", "look again", nil)
		},
		"not found": func(context.Context, *eventlogv1.Event) (func(pgx.Tx) error, error) { return nil, fault.NotFound() },
		"a panic":   func(context.Context, *eventlogv1.Event) (func(pgx.Tx) error, error) { panic("poison") },
		"an effect's error": func(context.Context, *eventlogv1.Event) (func(pgx.Tx) error, error) {
			return func(pgx.Tx) error { return errors.New("poison") }, nil
		},
		"an effect's panic": func(context.Context, *eventlogv1.Event) (func(pgx.Tx) error, error) {
			return func(pgx.Tx) error { panic("poison") }, nil
		},
		"a violated rule": func(context.Context, *eventlogv1.Event) (func(pgx.Tx) error, error) {
			return func(tx pgx.Tx) error {
				_, err := tx.Exec(context.Background(), `INSERT INTO effect (event, entity, version) VALUES (NULL, '', 0)`)
				return err
			}, nil
		},
	} {
		others++
		h.consumer.Handlers["happened"] = func(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
			if e.GetEntity() == "contact/"+name {
				return handler(ctx, e)
			}
			return good(ctx, e)
		}
		h.happen(t, "contact/"+name, 1)
		h.happen(t, "contact/other", int64(others))
		h.catchUp(t)
		if n := h.count(t, `SELECT count(*) FROM sink.effect`); n != others {
			t.Errorf("%s: %d effects, want %d", name, n, others)
		}
		if n := h.count(t, `SELECT count(*) FROM sink.held_event WHERE entity = $1 AND attempts = 1 AND NOT parked`, "contact/"+name); n != 1 {
			t.Errorf("%s: %d held", name, n)
		}
	}
	if n := h.count(t, `SELECT count(*) FROM sink.held_event WHERE failure LIKE '%poison%'`); n != 0 {
		t.Error("a failure tells more than its reason")
	}
}

func TestAHandlerWithNothingToDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.consumer.Handlers["happened"] = func(context.Context, *eventlogv1.Event) (func(pgx.Tx) error, error) { return nil, nil }
	h.happen(t, "contact/a", 1)
	h.catchUp(t)
	if n := h.count(t, `SELECT position FROM sink.cursor`); n != 1 {
		t.Errorf("the cursor is at %d", n)
	}
	if n := h.count(t, `SELECT count(*) FROM sink.held_event`); n != 0 {
		t.Error("it is held")
	}
}

func TestANeighbourThatIsDownIsNoAttempt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.happen(t, "contact/a", 1)
	h.wire.fail(status.Error(codes.Unavailable, "down"))
	for range eventlog.Attempts + 5 {
		h.pass(time.Minute)
		if err := h.consumer.CatchUp(t.Context(), "alpha"); err == nil {
			t.Fatal("that the neighbour is down is not told")
		}
	}
	h.wire.fail(nil)
	// Now it answers to the pull, but not to the handler.
	h.handles(func(*eventlogv1.Event) error { return status.Error(codes.Unavailable, "down") })
	for range eventlog.Attempts + 5 {
		h.pass(time.Minute)
		_ = h.consumer.CatchUp(t.Context(), "alpha")
	}
	if n := h.count(t, `SELECT count(*) FROM sink.held_event`); n != 0 || len(h.alarms) != 0 {
		t.Errorf("%d held, alarms %v", n, h.alarms)
	}
	h.handles(nil)
	h.catchUp(t)
	h.wantEffects(t, "contact/a.1")
}

// A held event whose neighbour is down keeps neither the log nor other held events waiting.
func TestAHeldEventKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.handles(func(*eventlogv1.Event) error { return errors.New("poison") })
	h.happen(t, "contact/a", 1)
	h.happen(t, "contact/b", 1)
	h.catchUp(t)
	h.pass(time.Minute)
	h.handles(func(e *eventlogv1.Event) error {
		if e.GetEntity() == "contact/a" {
			return status.Error(codes.Unavailable, "down")
		}
		return nil
	})
	h.happen(t, "contact/c", 1)
	if err := h.consumer.CatchUp(t.Context(), "alpha"); err == nil {
		t.Error("that the neighbour is down is not told")
	}
	h.wantEffects(t, "contact/b.1", "contact/c.1")
	if n := h.count(t, `SELECT attempts FROM sink.held_event`); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

// Ten attempts, about a minute in all; then it is parked and a person is alarmed, once.
func TestAPoisonedEventIsParkedAfterTenAttempts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tries := 0
	poison := func(e *eventlogv1.Event) error {
		if e.GetEntity() != "contact/poisoned" {
			return nil
		}
		if tries++; e.GetVersion() != 1 {
			t.Errorf("version %d was tried before version 1", e.GetVersion())
		}
		return errors.New("poison")
	}
	h.handles(poison)
	h.happen(t, "contact/poisoned", 1)
	h.happen(t, "contact/a", 1)
	h.happen(t, "contact/poisoned", 2)
	h.happen(t, "contact/b", 1)
	h.catchUp(t)
	h.wantEffects(t, "contact/a.1", "contact/b.1") // at once
	began := h.now()
	h.catchUp(t)
	if tries != 1 {
		t.Errorf("tried %d times at the same moment", tries)
	}
	for range 2000 {
		h.pass(100 * time.Millisecond)
		h.catchUp(t)
		if len(h.alarms) > 0 {
			break
		}
	}
	if took := h.now().Sub(began); tries != eventlog.Attempts || took < 30*time.Second || took > 2*time.Minute {
		t.Errorf("parked after %d attempts in %s", tries, took)
	}
	h.happen(t, "contact/poisoned", 3)
	h.happen(t, "contact/c", 1)
	h.pass(time.Hour)
	h.catchUp(t)
	h.wantEffects(t, "contact/a.1", "contact/b.1", "contact/c.1")
	if tries != eventlog.Attempts || !slices.Equal(h.alarms, []string{"alpha contact/poisoned 1 INTERNAL"}) {
		t.Errorf("%d attempts, alarms %v", tries, h.alarms)
	}
	h.mend(t, poison, &tries)
}

// mend is what a person does about a parked event.
func (h *house) mend(t *testing.T, poison func(*eventlogv1.Event) error, tries *int) {
	t.Helper()
	woken := 0
	desk := &eventlog.Service{DB: h.sink, Now: h.now, Retry: func() { woken++ }}
	request := &eventlogv1.RetryHeldEventRequest{Parent: "authorities/alpha", Log: "source", Position: 1}
	for name, ctx := range map[string]context.Context{
		"nobody":   h.ctx(),
		"a member": passport.With(t.Context(), &passport.Passport{Authority: "alpha", Kind: passport.Person, ID: "p2", Guardian: true}, "token"),
	} {
		if _, err := desk.RetryHeldEvent(ctx, request); fault.From(err).Reason != "NOT_ADMINISTRATOR" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := desk.ListHeldEvents(ctx, &eventlogv1.ListHeldEventsRequest{Parent: "authorities/alpha"}); fault.From(err).Reason != "NOT_ADMINISTRATOR" {
			t.Errorf("%s: %v", name, err)
		}
	}
	list, err := desk.ListHeldEvents(h.administrator(), &eventlogv1.ListHeldEventsRequest{Parent: "authorities/alpha"})
	if err != nil || len(list.GetEvents()) != 3 {
		t.Fatalf("held: %v, %v", list, err)
	}
	first := list.GetEvents()[0]
	if !first.GetParked() || first.GetAttempts() != eventlog.Attempts || first.GetPosition() != 1 || first.GetFailure() != "INTERNAL" || first.GetEntity() != "contact/poisoned" {
		t.Errorf("first held: %v", first)
	}
	if _, err := desk.RetryHeldEvent(h.administrator(), &eventlogv1.RetryHeldEventRequest{Log: "source", Position: 99}); fault.From(err).Code != codes.NotFound {
		t.Errorf("what is not held: %v", err)
	}
	// Too early: it fails again, and is tried ten times anew.
	h.handles(poison)
	if _, err := desk.RetryHeldEvent(h.administrator(), request); err != nil {
		t.Fatal(err)
	}
	h.catchUp(t)
	if *tries != eventlog.Attempts+1 || len(h.alarms) != 1 {
		t.Errorf("%d attempts, alarms %v", *tries, h.alarms)
	}
	h.handles(nil)
	if _, err := desk.RetryHeldEvent(h.administrator(), request); err != nil {
		t.Fatal(err)
	}
	h.catchUp(t)
	h.wantEffects(t, "contact/a.1", "contact/b.1", "contact/c.1", "contact/poisoned.1", "contact/poisoned.2", "contact/poisoned.3")
	h.happen(t, "contact/poisoned", 4)
	h.catchUp(t)
	if got := h.effects(t); len(got) != 7 {
		t.Errorf("the entity's next event: %v", got)
	}
	if n := h.count(t, `SELECT count(*) FROM sink.audit WHERE actor = 'p1' AND subjects = '{held-events/source/1}'`); n != 2 || woken != 2 {
		t.Errorf("%d audit rows, woken %d times", n, woken)
	}
}
