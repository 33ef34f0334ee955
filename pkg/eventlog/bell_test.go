package eventlog_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/pg"
)

// tower is a Redis with a bell in it, and a consumer that hears it.
type tower struct {
	*house
	redis  *miniredis.Miniredis
	bell   *eventlog.Bell
	heard  <-chan string
	arrive chan string
	wake   chan struct{}
}

func client(t *testing.T, address string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1, DialTimeout: 100 * time.Millisecond})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newTower(t *testing.T) *tower {
	t.Helper()
	w := &tower{house: newHouse(t), redis: miniredis.RunT(t), arrive: make(chan string, 100), wake: make(chan struct{})}
	ctx, end := context.WithCancel(context.Background())
	w.bell = eventlog.NewBell(ctx, client(t, w.redis.Addr()), slog.New(slog.DiscardHandler))
	w.heard = w.bell.Listen(ctx, "source")
	handler := w.consumer.Handlers["happened"]
	w.consumer.Handlers["happened"] = func(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
		effect, err := handler(ctx, e)
		w.arrive <- e.GetEntity()
		return effect, err
	}
	var running sync.WaitGroup
	running.Go(func() { w.consumer.Run(ctx, w.heard, w.wake) })
	t.Cleanup(func() {
		end()
		running.Wait()
		for range w.heard {
		}
	})
	// Redis knows the listener before anything is rung.
	w.await(t, "a listener", func() bool { return w.redis.PubSubNumPat() == 1 })
	return w
}

func (w *tower) await(t *testing.T, what string, there func() bool) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for !there() {
		select {
		case <-limit:
			t.Fatalf("waited in vain for %s", what)
		case <-time.After(time.Millisecond):
		}
	}
}

// arrives waits for an entity's event and says how long that took.
func (w *tower) arrives(t *testing.T, entity string) time.Duration {
	t.Helper()
	began := time.Now()
	select {
	case got := <-w.arrive:
		if got != entity {
			t.Fatalf("%s arrived, want %s", got, entity)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%s never arrived", entity)
	}
	took, before := time.Since(began), w.wire.caughtUp()
	// The next event must not be found by the look that found this one.
	w.await(t, "the end of a look", func() bool { return w.wire.caughtUp() > before })
	return took
}

// soon says that most of the waits were far shorter than a look's time; a busy machine may delay a few.
func soon(t *testing.T, waits []time.Duration) {
	t.Helper()
	slices.Sort(waits)
	if median := waits[len(waits)/2]; median > 200*time.Millisecond {
		t.Errorf("it took %s, want at most 200 ms", median)
	}
}

// With the bell an event is there in far less than a look's time.
func TestTheBellShortensTheWait(t *testing.T) {
	t.Parallel()
	w := newTower(t)
	var waits []time.Duration
	for range 11 {
		w.happen(t, "contact/a", 1)
		w.bell.Ring("alpha", "source")
		waits = append(waits, w.arrives(t, "contact/a"))
	}
	soon(t, waits)
}

func TestWithoutRedisEverythingStillArrives(t *testing.T) {
	t.Parallel()
	w := newTower(t)
	step := func(entity string) {
		t.Helper()
		w.happen(t, entity, 1)
		w.bell.Ring("alpha", "source") // must not wait for Redis
		w.arrives(t, entity)
	}
	step("contact/before")
	w.redis.FlushAll()
	step("contact/wiped")
	w.redis.Close()
	step("contact/killed")
	step("contact/still-away")
	if err := w.redis.Restart(); err != nil {
		t.Fatal(err)
	}
	step("contact/back")
	w.await(t, "the listener to come back", func() bool { return w.redis.PubSubNumPat() == 1 })
	step("contact/heard-again")
	w.wantEffectsEventually(t, 6)
}

func (w *tower) wantEffectsEventually(t *testing.T, n int) {
	t.Helper()
	w.await(t, "the last effect", func() bool { return len(w.effects(t)) >= n })
	if got := len(w.effects(t)); got != n {
		t.Errorf("%d effects, want %d", got, n)
	}
}

// One authority whose database does not answer delays no other.
func TestOneAuthoritysDatabaseDelaysNoOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.handles(nil)
	arrived := make(chan string, 10)
	stuck := make(chan struct{})
	other, err := server.NewAuthority(t.Context(), "beta", ground("source"), ground("sink"))
	if err != nil {
		t.Fatal(err)
	}
	both := func(service, alpha string) *pg.DB {
		db, err := pg.Open(map[string]string{"alpha": alpha, "beta": other.URL(service)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		return db
	}
	pool := h.pool(t, h.sink).Config().ConnString()
	c := h.follower()
	c.DB = both("sink", pool)
	h.log.DB = both("source", h.pool(t, h.source).Config().ConnString())
	c.Handlers["happened"] = func(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
		if e.GetEntity() == "contact/stuck" {
			<-stuck
		}
		arrived <- e.GetEntity()
		return nil, nil
	}
	h.happen(t, "contact/stuck", 1)
	ctx, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { c.Run(ctx, nil, nil) })
	defer running.Wait()
	defer end()
	defer close(stuck)
	h.authority = "beta"
	h.wire.log = h.log
	h.source = h.log.DB
	h.happen(t, "contact/free", 1)
	select {
	case got := <-arrived:
		if got != "contact/free" {
			t.Errorf("%s", got)
		}
	case <-time.After(20 * time.Second):
		t.Error("the other authority waits")
	}
}

// A retry that a person asked for does not wait for the next look's time.
func TestAWakeLooksAtOnce(t *testing.T) {
	t.Parallel()
	w := newTower(t)
	var waits []time.Duration
	for range 7 {
		w.happen(t, "contact/a", 1)
		w.wake <- struct{}{}
		waits = append(waits, w.arrives(t, "contact/a"))
	}
	soon(t, waits)
	w.wantEffectsEventually(t, 7)
}
