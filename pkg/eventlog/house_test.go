package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgtest"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

var noon = time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)

// source is a service with a log; sink is one that takes it in.
func ground(service string) pg.Schema {
	return pg.Schema{Service: service, Sets: []pg.Set{audit.Migrations(), eventlog.Migrations()}}
}

// house is one authority with a log that is written and a service that follows it.
type house struct {
	authority    string
	source, sink *pg.DB
	owner        *pgx.Conn
	log          *eventlog.Service
	wire         *wire
	consumer     *eventlog.Consumer

	mu     sync.Mutex
	at     time.Time
	done   int
	alarms []string
	// handle stands in for a handler's own work before its effect.
	handle func(*eventlogv1.Event) error
}

// wire is the way to the neighbour, which may be down.
type wire struct {
	eventlogv1.EventLogServiceClient
	log   *eventlog.Service
	mu    sync.Mutex
	down  error
	pulls int
	// empty counts the pulls that brought nothing: the follower has caught up.
	empty int
}

func (w *wire) PullEvents(ctx context.Context, req *eventlogv1.PullEventsRequest, _ ...grpc.CallOption) (*eventlogv1.PullEventsResponse, error) {
	w.mu.Lock()
	down := w.down
	w.pulls++
	w.mu.Unlock()
	if down != nil {
		return nil, down
	}
	answer, err := w.log.PullEvents(ctx, req)
	if err == nil && len(answer.GetEvents()) == 0 {
		w.mu.Lock()
		w.empty++
		w.mu.Unlock()
	}
	return answer, err
}

func (w *wire) caughtUp() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.empty
}

func (w *wire) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = err
}

func newHouse(t *testing.T) *house {
	t.Helper()
	a, err := server.NewAuthority(t.Context(), "alpha", ground("source"), ground("sink"))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{authority: "alpha", at: noon}
	if h.source, err = pgtest.Databases("source", a); err != nil {
		t.Fatal(err)
	}
	if h.sink, err = pgtest.Databases("sink", a); err != nil {
		t.Fatal(err)
	}
	if h.owner, err = pgx.Connect(t.Context(), a.OwnerURL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = h.owner.Close(context.Background())
		h.source.Close()
		h.sink.Close()
	})
	// An effect that happened twice is there twice.
	h.own(t, `CREATE TABLE sink.effect (n bigint GENERATED ALWAYS AS IDENTITY, event text NOT NULL, entity text NOT NULL, version bigint NOT NULL, once text UNIQUE);
		GRANT SELECT, INSERT, DELETE ON sink.effect TO `+pg.Role("alpha", "sink"))
	h.log = &eventlog.Service{DB: h.source, Now: h.now}
	h.wire = &wire{log: h.log}
	h.consumer = h.follower()
	return h
}

func (h *house) follower() *eventlog.Consumer {
	handler := func(_ context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
		h.mu.Lock()
		handle := h.handle
		h.mu.Unlock()
		if handle != nil {
			if err := handle(e); err != nil {
				return nil, err
			}
		}
		return h.effect(e), nil
	}
	return &eventlog.Consumer{
		Stalled: func(context.Context, string) {},
		Log:     "source", Pull: h.wire, DB: h.sink, Handlers: map[string]eventlog.Handler{"happened": handler},
		Act: func(ctx context.Context, authority string, e *eventlogv1.Event) (context.Context, error) {
			return passport.With(ctx, &passport.Passport{Authority: authority, Kind: passport.Service, ID: "sink", Cause: e.GetId()}, "token"), nil
		},
		Done: func(string) { h.mu.Lock(); defer h.mu.Unlock(); h.done++ },
		Alarm: func(_ context.Context, authority string, e *eventlogv1.Event, failure string) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.alarms = append(h.alarms, fmt.Sprintf("%s %s %d %s", authority, e.GetEntity(), e.GetVersion(), failure))
		},
		Now: h.now, Logs: slog.New(slog.DiscardHandler),
	}
}

// effect writes the event down, each time that it is run. It is the cursor that keeps it once.
func (h *house) effect(e *eventlogv1.Event) func(pgx.Tx) error {
	return func(tx pgx.Tx) error {
		_, err := tx.Exec(context.Background(), `INSERT INTO effect (event, entity, version) VALUES ($1, $2, $3)`, e.GetId(), e.GetEntity(), e.GetVersion())
		return err
	}
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func (h *house) handles(f func(*eventlogv1.Event) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handle = f
}

func (h *house) ctx() context.Context {
	return passport.WithAuthority(context.Background(), h.authority)
}

func (h *house) pool(t *testing.T, db *pg.DB) *pgxpool.Pool {
	t.Helper()
	pool, err := db.Pool(h.ctx())
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func (h *house) own(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := h.owner.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (h *house) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := h.owner.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// happen commits one event of an entity.
func (h *house) happen(t *testing.T, entity string, version int64) {
	t.Helper()
	err := h.source.Tx(h.ctx(), func(tx pgx.Tx) error {
		return eventlog.Append(h.ctx(), tx, eventlog.Event{Type: "happened", Entity: entity, Version: version, Facts: map[string]string{"contact": "c1"}, At: noon})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) catchUp(t *testing.T) {
	t.Helper()
	if err := h.consumer.CatchUp(t.Context(), h.authority); err != nil {
		t.Fatal(err)
	}
}

// effects gives what had its effect, in order, as entity.version.
func (h *house) effects(t *testing.T) []string {
	t.Helper()
	rows, err := h.owner.Query(t.Context(), `SELECT entity || '.' || version FROM sink.effect ORDER BY n`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (h *house) wantEffects(t *testing.T, want ...string) {
	t.Helper()
	if got := h.effects(t); !slices.Equal(got, want) {
		t.Fatalf("effects %v, want %v", got, want)
	}
}

// pull gives the events after a position, which must follow it without a gap.
func (h *house) pull(after int64, id string) ([]*eventlogv1.Event, error) {
	answer, err := h.log.PullEvents(h.ctx(), &eventlogv1.PullEventsRequest{Parent: "authorities/alpha", After: after, AfterId: id, Limit: 500})
	if err != nil {
		return nil, err
	}
	if answer.GetRewritten() {
		return nil, errors.New("the log says that it was rewritten")
	}
	for i, e := range answer.GetEvents() {
		if e.GetPosition() != after+int64(i)+1 {
			return nil, fmt.Errorf("position %d after %d", e.GetPosition(), after+int64(i))
		}
	}
	return answer.GetEvents(), nil
}

func (h *house) administrator() context.Context {
	return passport.With(context.Background(), &passport.Passport{Authority: h.authority, Kind: passport.Person, ID: "p1", Entry: "web", Administrator: true}, "token")
}
