package pg_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"google.golang.org/grpc/codes"

	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/once"
	"github.com/kithcare/kith/pkg/pg/pgtest"
)

// counter opens a database with a table to count in; more is added to its URL.
func counter(t *testing.T, more string) (*pg.DB, context.Context) {
	t.Helper()
	a, err := server.NewAuthority(t.Context(), "zeta", ground("one"))
	if err != nil {
		t.Fatal(err)
	}
	owner, err := pgx.Connect(t.Context(), a.OwnerURL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(context.Background()) }()
	if _, err := owner.Exec(t.Context(), `CREATE TABLE one.count (name text CONSTRAINT count_name PRIMARY KEY, n int NOT NULL); INSERT INTO one.count VALUES ('a', 0);
		GRANT SELECT, INSERT, UPDATE ON one.count TO zeta_one`); err != nil {
		t.Fatal(err)
	}
	db, err := pg.Open(map[string]string{"zeta": with(a.URL("one"), more)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, passport.WithAuthority(t.Context(), "zeta")
}

// with adds a setting to a URL, or to a list of settings.
func with(url, setting string) string {
	switch {
	case setting == "":
		return url
	case strings.Contains(url, "://"):
		return url + "&" + setting
	default:
		return url + " " + setting
	}
}

// increase reads and writes in two steps, which only a serialisable transaction does safely.
func increase(ctx context.Context, tx pgx.Tx, between func()) error {
	if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL SERIALIZABLE`); err != nil {
		return err
	}
	var n int
	if err := tx.QueryRow(ctx, `SELECT n FROM count WHERE name = 'a'`).Scan(&n); err != nil {
		return err
	}
	between()
	_, err := tx.Exec(ctx, `UPDATE count SET n = $1 WHERE name = 'a'`, n+1)
	return err
}

func TestATransactionThatLostARaceIsRunAgain(t *testing.T) {
	t.Parallel()
	db, ctx := counter(t, "")
	for lost := range 6 {
		runs := 0
		err := db.Tx(ctx, func(tx pgx.Tx) error {
			runs++
			return increase(ctx, tx, func() {
				if runs > lost {
					return
				}
				// Another is faster.
				if err := db.Tx(ctx, func(other pgx.Tx) error { return increase(ctx, other, func() {}) }); err != nil {
					t.Error(err)
				}
			})
		})
		if want := min(lost+1, 5); runs != want {
			t.Errorf("lost %d times: run %d times, want %d", lost, runs, want)
		}
		if lost < 5 && err != nil || lost == 5 && fault.From(err).Reason != "TRY_AGAIN" {
			t.Errorf("lost %d times: %v", lost, err)
		}
	}
	pool, _ := db.Pool(ctx)
	var n int
	if err := pool.QueryRow(ctx, `SELECT n FROM count`).Scan(&n); err != nil || n != 0+1+2+3+4+5+5 { // the others' and five of ours
		t.Errorf("counted %d, %v", n, err)
	}
}

func TestOtherFailuresAreNotRunAgain(t *testing.T) {
	t.Parallel()
	db, ctx := counter(t, "")
	for _, failure := range []error{errors.New("x"), fault.NotFound(), &pgconn.PgError{Code: "23505"}, &pgconn.PgError{Code: "57P01"}} {
		runs := 0
		err := db.Tx(ctx, func(tx pgx.Tx) error {
			runs++
			if _, err := tx.Exec(ctx, `INSERT INTO count VALUES ('b', 1)`); err != nil {
				return err
			}
			return failure
		})
		if runs != 1 || !errors.Is(err, failure) {
			t.Errorf("%v: run %d times, %v", failure, runs, err)
		}
	}
	if err := db.Tx(passport.WithAuthority(ctx, "beta"), func(pgx.Tx) error { return nil }); fault.From(err).Code != codes.NotFound {
		t.Errorf("another authority: %v", err)
	}
	if err := db.Tx(t.Context(), func(pgx.Tx) error { return nil }); fault.From(err).Code != codes.NotFound {
		t.Errorf("no authority: %v", err)
	}
}

func TestAViolatedConstraintIsKnownByItsName(t *testing.T) {
	t.Parallel()
	db, ctx := counter(t, "")
	err := db.Tx(ctx, func(tx pgx.Tx) error { _, err := tx.Exec(ctx, `INSERT INTO count VALUES ('a', 1)`); return err })
	if !pg.Violates(err, "count_name") || !pg.Violates(fmt.Errorf("x: %w", err), "count_name") {
		t.Errorf("%v", err)
	}
	if pg.Violates(err, "count") || pg.Violates(nil, "") || pg.Violates(&pgconn.PgError{}, "") || pg.Violates(&pgconn.PgError{Code: "40001", ConstraintName: "c"}, "c") {
		t.Error("another constraint, or none")
	}
}

func TestPoolsAreSmall(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]int32{"": pg.MaxConns, "pool_max_conns=3": 3, "pool_min_conns=2": pg.MaxConns, "pool_min_idle_conns=2": pg.MaxConns} {
		db, ctx := counter(t, more)
		pool, err := db.Pool(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if pool.Stat().TotalConns() != 0 {
			t.Errorf("%q: connected before the first use", more)
		}
		cfg := pool.Config()
		if cfg.MaxConns != want || cfg.MinConns != 0 || cfg.MinIdleConns != 0 || cfg.MaxConnIdleTime > time.Minute || cfg.HealthCheckPeriod > cfg.MaxConnIdleTime {
			t.Errorf("%q: at most %d, at least %d, idle %d, closed after %s, looked at each %s", more, cfg.MaxConns, cfg.MinConns, cfg.MinIdleConns, cfg.MaxConnIdleTime, cfg.HealthCheckPeriod)
		}
		var held sync.WaitGroup
		for range 12 {
			held.Go(func() {
				if _, err := pool.Exec(ctx, `SELECT pg_sleep(0.02)`); err != nil {
					t.Error(err)
				}
			})
		}
		held.Wait()
		if most := pool.Stat().TotalConns(); most > want {
			t.Errorf("%q: %d connections", more, most)
		}
		var name, timeout, idle string
		if err := pool.QueryRow(ctx, `SELECT current_setting('application_name'), current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')`).Scan(&name, &timeout, &idle); err != nil {
			t.Fatal(err)
		}
		if name != "zeta_one" || timeout != "30s" || idle != "30s" {
			t.Errorf("named %q, statements end after %s, idle transactions after %s", name, timeout, idle)
		}
	}
}

func TestAURLThatCantBeReadIsNotRepeated(t *testing.T) {
	t.Parallel()
	_, err := pg.Open(map[string]string{"zeta": "postgres://u:secret@host:port/db"})
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "zeta") {
		t.Errorf("%v", err)
	}
	if _, err := (&pg.DB{}).Now(t.Context()); err == nil {
		t.Error("a time without a database")
	}
}

// A pooler that keeps no prepared statements: everything of the ground must work without.
func TestTheGroundNeedsNoPreparedStatements(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"exec", "simple_protocol", "cache_describe"} {
		db, ctx := counter(t, "default_query_exec_mode="+mode)
		ctx = passport.With(ctx, &passport.Passport{Authority: "zeta", Kind: passport.Person, ID: "p1", Entry: "web"}, "token")
		now := time.Now()
		k := once.Key{Client: "person/p1", Method: "/m", ID: "k1", Digest: []byte{0, 1, 2}, At: now}
		jobs := newJobs(t, db, make(chan string, 1))
		err := db.Tx(ctx, func(tx pgx.Tx) error {
			batch := &pgx.Batch{}
			e := eventlog.Event{Type: "happened", Entity: "contact/1", Version: 1, Facts: map[string]string{"contact": `"1"`}, At: now}
			return errors.Join(
				once.Queue(batch, k, nil), audit.Queue(ctx, batch, now, "look", "contacts/1", `a "quoted" one`), eventlog.Queue(ctx, batch, e), tx.SendBatch(ctx, batch).Close(),
				audit.Write(ctx, tx, now, "look"), eventlog.Append(ctx, tx, e), jobs.Insert(ctx, tx, note{Text: "x"}, nil),
			)
		})
		if err != nil {
			t.Errorf("%s: %v", mode, err)
			continue
		}
		if err := audit.Deny(ctx, db, audit.Denial{At: now, Caller: "web", Reason: "R"}); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		err = db.Tx(ctx, func(tx pgx.Tx) error {
			changed, err := audit.Verify(ctx, tx)
			if len(changed) != 0 {
				t.Errorf("%s: %d rows of the trail read otherwise than they were written", mode, len(changed))
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		if _, err := db.Now(ctx); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

// note is a job that says where it runs.
type note struct {
	Text string `json:"text"`
}

// Kind names it.
func (note) Kind() string { return "note" }

func newJobs(t *testing.T, db *pg.DB, said chan string) *pg.Jobs {
	t.Helper()
	jobs, err := pg.NewJobs(pg.JobsConfig{DB: db, Schema: "one", Log: slog.New(slog.DiscardHandler), Add: func(w *river.Workers) {
		river.AddWorker(w, river.WorkFunc(func(ctx context.Context, job *river.Job[note]) error {
			said <- passport.Authority(ctx) + " " + job.Args.Text
			return nil
		}))
	}})
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func TestAJobIsPartOfItsTransactionAndKnowsItsAuthority(t *testing.T) {
	t.Parallel()
	a, err := server.NewAuthority(t.Context(), "eta", ground("one"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := server.NewAuthority(t.Context(), "theta", ground("one"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := pgtest.Databases("one", a, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	said := make(chan string, 10)
	jobs := newJobs(t, db, said)
	for _, authority := range []string{"eta", "theta"} {
		ctx := passport.WithAuthority(t.Context(), authority)
		_ = db.Tx(ctx, func(tx pgx.Tx) error {
			if err := jobs.Insert(ctx, tx, note{Text: "rolled back"}, nil); err != nil {
				t.Error(err)
			}
			return errors.New("roll back")
		})
		if err := db.Tx(ctx, func(tx pgx.Tx) error { return jobs.Insert(ctx, tx, note{Text: "of " + authority}, nil) }); err != nil {
			t.Fatal(err)
		}
		if err := db.Tx(ctx, func(tx pgx.Tx) error { return jobs.Insert(passport.WithAuthority(ctx, "beta"), tx, note{}, nil) }); err == nil {
			t.Error("a job of an authority that is not configured")
		}
	}
	ctx, end := context.WithCancel(context.Background())
	defer end()
	if err := jobs.Start(ctx); err != nil {
		t.Fatal(err)
	}
	heard := map[string]bool{}
	for range 2 {
		select {
		case s := <-said:
			heard[s] = true
		case <-time.After(20 * time.Second):
			t.Fatalf("heard only %v", heard)
		}
	}
	if err := jobs.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if !heard["eta of eta"] || !heard["theta of theta"] || len(said) != 0 {
		t.Errorf("heard %v and %d more", heard, len(said))
	}
}
