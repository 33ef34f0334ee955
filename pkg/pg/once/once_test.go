package once_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/once"
	"github.com/kithcare/kith/pkg/pg/pgtest"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

var noon = time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)

// place is a service that writes things, each of which must be there once.
type place struct {
	*pg.DB
	owner *pgx.Conn
}

func newPlace(t *testing.T) *place {
	t.Helper()
	a, err := server.NewAuthority(t.Context(), "alpha", pg.Schema{Service: "one", Sets: []pg.Set{once.Migrations()}})
	if err != nil {
		t.Fatal(err)
	}
	p := &place{}
	if p.DB, err = pgtest.Databases("one", a); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if p.owner, err = pgx.Connect(t.Context(), a.OwnerURL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.owner.Close(context.Background()) })
	if _, err := p.owner.Exec(t.Context(), `CREATE TABLE one.thing (n bigint GENERATED ALWAYS AS IDENTITY, what text);
		CREATE TABLE one.look (n bigint GENERATED ALWAYS AS IDENTITY, what text);
		GRANT SELECT, INSERT ON one.thing, one.look TO alpha_one`); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) count(t *testing.T, table string) (n int) {
	t.Helper()
	if err := p.owner.QueryRow(t.Context(), `SELECT count(*) FROM one.`+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (p *place) want(t *testing.T, things, looks, requests int) {
	t.Helper()
	if a, b, c := p.count(t, "thing"), p.count(t, "look"), p.count(t, "request"); a != things || b != looks || c != requests {
		t.Errorf("%d things, %d looks, %d requests; want %d, %d, %d", a, b, c, things, looks, requests)
	}
}

type transport struct {
	grpc.ServerTransportStream
	method string
}

func (t transport) Method() string             { return t.method }
func (transport) SetHeader(metadata.MD) error  { return nil }
func (transport) SendHeader(metadata.MD) error { return nil }
func (transport) SetTrailer(metadata.MD) error { return nil }
func within(id, method string) context.Context {
	ctx := passport.With(context.Background(), &passport.Passport{Authority: "alpha", Kind: passport.Partner, ID: id}, "token")
	return grpc.NewContextWithServerTransportStream(ctx, transport{method: method})
}

func request(id, reason string) *familyfacingv1.DeferFamilyRequest {
	return &familyfacingv1.DeferFamilyRequest{RequestId: id, Name: "authorities/alpha/families/1", Reason: reason}
}

func key(t *testing.T, ctx context.Context, req once.Request, at time.Time) once.Key { //nolint:revive // a helper's t goes first
	t.Helper()
	k, err := once.KeyOf(ctx, req, at)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// write is a use case: it makes a thing and answers with its number.
func (p *place) write(ctx context.Context, k once.Key, more func(pgx.Tx) error) (string, error) {
	answer, err := once.Do(ctx, p.DB, k, &wrapperspb.StringValue{}, func(tx pgx.Tx) (*wrapperspb.StringValue, error) {
		var n int64
		if err := tx.QueryRow(ctx, `INSERT INTO thing (what) VALUES ('made') RETURNING n`).Scan(&n); err != nil {
			return nil, err
		}
		if more != nil {
			if err := more(tx); err != nil {
				return nil, err
			}
		}
		return wrapperspb.String(fmt.Sprint("thing ", n)), nil
	}, func(tx pgx.Tx, before *wrapperspb.StringValue) error {
		_, err := tx.Exec(ctx, `INSERT INTO look (what) VALUES ($1)`, before.GetValue())
		return err
	})
	return answer.GetValue(), err
}

const method = "/kith.one.v1.OneService/Make"

func TestFiftyAtOnceAreOneWriteAndOneAnswer(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := within("police", method)
	k := key(t, ctx, request("k1", "x"), noon)
	answers := make([]string, 50)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			var err error
			if answers[i], err = p.write(ctx, k, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, a := range answers {
		if a != answers[0] || a == "" {
			t.Fatalf("answers %q", answers)
		}
	}
	p.want(t, 1, 49, 1)
	// A week later too.
	late, err := p.write(ctx, key(t, ctx, request("k1", "x"), noon.AddDate(0, 0, 7)), nil)
	if err != nil || late != answers[0] {
		t.Errorf("a week later: %q, %v", late, err)
	}
	p.want(t, 1, 50, 1)
}

func TestOneKeyForTwoBodiesIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := within("police", method)
	if _, err := p.write(ctx, key(t, ctx, request("k1", "x"), noon), nil); err != nil {
		t.Fatal(err)
	}
	_, err := p.write(ctx, key(t, ctx, request("k1", "y"), noon), nil)
	if f := fault.From(err); f.Reason != "KEY_REUSED" || f.Field != "Idempotency-Key" || f.HTTPStatus() != 422 {
		t.Errorf("%v", err)
	}
	p.want(t, 1, 0, 1)
}

func TestWhatMakesAKeyAnother(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	answers := map[string]bool{}
	for _, ctx := range []context.Context{within("police", method), within("school", method), within("police", method+"Other")} {
		for _, id := range []string{"k1", "k2"} {
			a, err := p.write(ctx, key(t, ctx, request(id, "x"), noon), nil)
			if err != nil {
				t.Error(err)
			}
			answers[a] = true
		}
	}
	if p.want(t, 6, 0, 6); len(answers) != 6 {
		t.Errorf("answers %v", answers)
	}
}

func TestAWriteNeedsAKeyAndSomebody(t *testing.T) {
	t.Parallel()
	if _, err := once.KeyOf(within("police", method), request("", "x"), noon); fault.From(err).Field != "Idempotency-Key" {
		t.Errorf("without a key: %v", err)
	}
	if _, err := once.KeyOf(t.Context(), request("k1", "x"), noon); fault.From(err).Reason != "UNAUTHENTICATED" {
		t.Errorf("without anybody: %v", err)
	}
}

// The connection is killed in the middle of the work, again and again: nothing is left, and the last try does it once.
func TestAWriteThatIsKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := within("police", method)
	k := key(t, ctx, request("k1", "x"), noon)
	kill := func(tx pgx.Tx) error {
		_, err := p.owner.Exec(context.Background(), `SELECT pg_terminate_backend($1)`, tx.Conn().PgConn().PID())
		return err
	}
	for range 3 {
		if _, err := p.write(ctx, k, kill); fault.From(err).HTTPStatus() != 503 {
			t.Fatalf("killed: %v", err)
		}
		p.want(t, 0, 0, 0)
	}
	if a, err := p.write(ctx, k, nil); err != nil || a == "" {
		t.Errorf("%q, %v", a, err)
	}
	if _, err := p.write(ctx, k, kill); err != nil {
		t.Errorf("repeated: %v", err)
	}
	p.want(t, 1, 1, 1)
}

// A write that failed has not used up its key.
func TestAWriteThatFailedMayBeSentAgain(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := within("police", method)
	k := key(t, ctx, request("k1", "x"), noon)
	if _, err := p.write(ctx, k, func(pgx.Tx) error { return fault.Refused("NOT_NOW", "", "not now") }); fault.From(err).Reason != "NOT_NOW" {
		t.Fatal(err)
	}
	p.want(t, 0, 0, 0)
	if _, err := p.write(ctx, key(t, ctx, request("k1", "corrected"), noon), nil); err != nil {
		t.Error(err)
	}
	p.want(t, 1, 0, 1)
}

// The first try loses a race, and meanwhile the same request was answered on another connection.
func TestAWriteThatLostARaceFindsItsAnswer(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := within("police", method)
	k := key(t, ctx, request("k1", "x"), noon)
	tries := 0
	answer, err := once.Do(ctx, p.DB, k, &wrapperspb.StringValue{}, func(tx pgx.Tx) (*wrapperspb.StringValue, error) {
		tries++
		// Only this transaction's end lets the other in.
		if err := tx.Rollback(ctx); err != nil {
			return nil, err
		}
		if _, err := p.write(ctx, k, nil); err != nil {
			return nil, err
		}
		return nil, errors.Join(errors.New("lost"), raceLost(t, p))
	}, func(pgx.Tx, *wrapperspb.StringValue) error { return nil })
	if err != nil || answer.GetValue() != "thing 1" || tries != 1 {
		t.Errorf("%v, %v after %d tries", answer, err, tries)
	}
	p.want(t, 1, 0, 1)
}

// raceLost is PostgreSQL's own word for it.
func raceLost(t *testing.T, p *place) error {
	t.Helper()
	_, err := p.owner.Exec(t.Context(), `DO $$ BEGIN RAISE SQLSTATE '40001'; END $$`)
	return err
}

// A key that was answered under another scheme is never taken as equal.
func TestAnotherSchemesKeyIsNotGuessedAt(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := within("police", method)
	k := key(t, ctx, request("k1", "x"), noon)
	if _, err := p.write(ctx, k, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := p.owner.Exec(t.Context(), `UPDATE one.request SET scheme = scheme + 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := p.write(ctx, k, nil); fault.From(err).Reason != "KEY_REUSED" {
		t.Errorf("%v", err)
	}
	p.want(t, 1, 0, 1)
}

// The batch path: one round trip, and the same promises.
func TestABatchWritesOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := within("police", method)
	pool, err := p.Pool(ctx)
	if err != nil {
		t.Fatal(err)
	}
	send := func(k once.Key, answer proto.Message, last string) error {
		batch := &pgx.Batch{}
		if err := once.Queue(batch, k, answer); err != nil {
			return err
		}
		batch.Queue(`INSERT INTO thing (what) VALUES ('made')`)
		if last != "" {
			batch.Queue(last)
		}
		return pool.SendBatch(ctx, batch).Close()
	}
	k := key(t, ctx, request("k1", "x"), noon)
	if err := send(k, wrapperspb.String("lost"), `SELECT 1/0`); err == nil || once.Taken(err) {
		t.Errorf("a batch that fails at its end: %v", err)
	}
	p.want(t, 0, 0, 0)
	if err := once.Answered(ctx, pool, k, &wrapperspb.StringValue{}); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("what was never answered: %v", err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	first, taken := "", 0
	for i := range 50 {
		all.Go(func() {
			mine := fmt.Sprint("answer ", i)
			err := send(k, wrapperspb.String(mine), "")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && first == "":
				first = mine
			case once.Taken(err):
				taken++
			default:
				t.Errorf("%v after %q", err, first)
			}
		})
	}
	all.Wait()
	p.want(t, 1, 0, 1)
	answer := &wrapperspb.StringValue{}
	if err := once.Answered(ctx, pool, k, answer); err != nil || answer.GetValue() != first || taken != 49 {
		t.Errorf("%d taken, answer %q, want %q: %v", taken, answer.GetValue(), first, err)
	}
	if err := once.Answered(ctx, pool, key(t, ctx, request("k1", "y"), noon), answer); fault.From(err).Reason != "KEY_REUSED" {
		t.Errorf("another body: %v", err)
	}
	// The two ways know of each other.
	if a, err := p.write(ctx, k, nil); err != nil || a != first {
		t.Errorf("the other way: %q, %v", a, err)
	}
	p.want(t, 1, 1, 1)
}
