package eventlog_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/passport"
)

// The late commit: A is inserted first, commits last, and must not be skipped by whoever pulled in between.
func TestALateCommitIsNotSkipped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pool := h.pool(t, h.source)
	late, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := eventlog.Append(h.ctx(), late, eventlog.Event{Type: "happened", Entity: "contact/a", Version: 1, At: noon}); err != nil {
		t.Fatal(err)
	}
	h.happen(t, "contact/b", 1)
	first, err := h.pull(0, "")
	if err != nil || len(first) != 1 || first[0].GetEntity() != "contact/b" || first[0].GetPosition() != 1 {
		t.Fatalf("before the commit: %v, %v", first, err)
	}
	if err := late.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := h.pull(1, first[0].GetId())
	if err != nil || len(second) != 1 || second[0].GetEntity() != "contact/a" || second[0].GetPosition() != 2 {
		t.Fatalf("after the commit: %v, %v", second, err)
	}
	if all, err := h.pull(0, ""); err != nil || len(all) != 2 {
		t.Fatalf("from the beginning: %v, %v", all, err)
	}
}

func TestWhatIsRolledBackHasNotHappened(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 4 {
		_ = h.source.Tx(h.ctx(), func(tx pgx.Tx) error {
			if err := eventlog.Append(h.ctx(), tx, eventlog.Event{Type: "happened", Entity: "contact/a", Version: int64(i), At: noon}); err != nil {
				return err
			}
			if i%2 == 0 {
				return context.Canceled
			}
			return nil
		})
	}
	if all, err := h.pull(0, ""); err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
}

func TestAnEventIsReadAsItWasAppended(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	actors := []struct {
		p    *passport.Passport
		want string
	}{
		{&passport.Passport{Authority: "alpha", Kind: passport.Person, ID: "p1"}, "person/p1"},
		{&passport.Passport{Authority: "alpha", Kind: passport.Service, ID: "sink", CausedBy: "partner/police"}, "partner/police"},
		{nil, ""},
	}
	for i, a := range actors {
		ctx := h.ctx()
		if a.p != nil {
			ctx = passport.With(ctx, a.p, "token")
		}
		e := eventlog.Event{Type: "happened", Entity: "contact/a", Version: int64(i + 1), Facts: map[string]string{"team": "north", "contact": "«ß»"}, At: noon}
		batch := &pgx.Batch{}
		if err := eventlog.Queue(ctx, batch, e); err != nil {
			t.Fatal(err)
		}
		if err := h.pool(t, h.source).SendBatch(t.Context(), batch).Close(); err != nil {
			t.Fatal(err)
		}
	}
	all, err := h.pull(0, "")
	if err != nil || len(all) != 3 {
		t.Fatal(all, err)
	}
	for i, e := range all {
		id, err := uuid.Parse(e.GetId())
		if err != nil || id.Version() != 7 {
			t.Errorf("id %s", e.GetId())
		}
		if e.GetType() != "happened" || e.GetEntity() != "contact/a" || e.GetVersion() != int64(i+1) || len(e.GetFacts()) != 2 ||
			e.GetFacts()["team"] != "north" || e.GetFacts()["contact"] != "«ß»" || !e.GetAt().AsTime().Equal(noon) || e.GetCausedBy() != actors[i].want {
			t.Errorf("%d: %v", i, e)
		}
	}
}

// More than one numbering's worth is numbered in turns.
func TestAManyThousandfoldLogIsNumberedInTurns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.own(t, `INSERT INTO source.event (id, type, entity, version, facts, at, caused_by)
		SELECT gen_random_uuid(), 'happened', 'contact/' || n, 1, '{}', now(), '' FROM generate_series(1, 2300) n`)
	var after int64
	id := ""
	for {
		events, err := h.pull(after, id)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			if after, id = e.GetPosition(), e.GetId(); e.GetEntity() != fmt.Sprintf("contact/%d", after) {
				t.Fatalf("%s stands at %d", e.GetEntity(), after)
			}
		}
	}
	if after != 2300 {
		t.Errorf("the log ends at %d", after)
	}
}

// Whatever the interleaving of writers and pullers: everything is delivered, positions have no gap, what was pulled
// stays as it was, and each entity's versions are in order.
func TestAnyInterleavingDeliversEverythingInOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.own(t, `CREATE TABLE source.entity (name text PRIMARY KEY, version bigint NOT NULL); GRANT SELECT, INSERT, UPDATE, DELETE ON source.entity TO alpha_source`)
	pool := h.pool(t, h.source)
	rapid.Check(t, func(t *rapid.T) {
		ctx := h.ctx()
		if _, err := pool.Exec(ctx, `DELETE FROM event`); err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(ctx, `DELETE FROM entity`); err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(ctx, `INSERT INTO entity VALUES ('contact/0', 0), ('contact/1', 0), ('contact/2', 0), ('contact/3', 0)`); err != nil {
			t.Fatal(err)
		}
		open := map[int]pgx.Tx{} // by entity, whose row it holds
		defer func() {
			for _, tx := range open {
				_ = tx.Rollback(ctx)
			}
		}()
		want := 0
		waiting := map[int]int{}
		type reader struct {
			taken []*eventlogv1.Event
		}
		readers := make([]reader, 2)
		look := func(r *reader) {
			var after int64
			id := ""
			if n := len(r.taken); n > 0 {
				after, id = r.taken[n-1].GetPosition(), r.taken[n-1].GetId()
			}
			events, err := h.pull(after, id)
			if err != nil {
				t.Fatal(err)
			}
			r.taken = append(r.taken, events...)
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			entity := rapid.IntRange(0, 3).Draw(t, "entity")
			switch rapid.SampledFrom([]string{"append", "append", "commit", "commit", "roll back", "pull", "pull"}).Draw(t, "step") {
			case "append":
				if open[entity] == nil {
					tx, err := pool.Begin(ctx)
					if err != nil {
						t.Fatal(err)
					}
					open[entity] = tx
				}
				var version int64
				if err := open[entity].QueryRow(ctx, `UPDATE entity SET version = version + 1 WHERE name = $1 RETURNING version`, fmt.Sprintf("contact/%d", entity)).Scan(&version); err != nil {
					t.Fatal(err)
				}
				if err := eventlog.Append(ctx, open[entity], eventlog.Event{Type: "happened", Entity: fmt.Sprintf("contact/%d", entity), Version: version, At: noon}); err != nil {
					t.Fatal(err)
				}
				waiting[entity]++
			case "commit":
				if tx := open[entity]; tx != nil {
					if err := tx.Commit(ctx); err != nil {
						t.Fatal(err)
					}
					want += waiting[entity]
					delete(open, entity)
					delete(waiting, entity)
				}
			case "roll back":
				if tx := open[entity]; tx != nil {
					_ = tx.Rollback(ctx)
					delete(open, entity)
					delete(waiting, entity)
				}
			case "pull":
				r := &readers[rapid.IntRange(0, 1).Draw(t, "reader")]
				look(r)
				if len(r.taken) != want {
					t.Fatalf("%d events are committed, %d pulled", want, len(r.taken))
				}
			}
		}
		for i := range readers {
			look(&readers[i])
			if err := complete(readers[i].taken, want); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.EqualFunc(readers[0].taken, readers[1].taken, func(a, b *eventlogv1.Event) bool { return a.GetId() == b.GetId() }) {
			t.Fatal("two readers read two pasts")
		}
	})
}

// complete holds what a reader took in against what was committed.
func complete(taken []*eventlogv1.Event, want int) error {
	if len(taken) != want {
		return fmt.Errorf("%d events are committed, %d pulled", want, len(taken))
	}
	last := map[string]int64{}
	for i, e := range taken {
		if e.GetPosition() != int64(i)+1 {
			return fmt.Errorf("position %d stands at %d", e.GetPosition(), i+1)
		}
		if e.GetVersion() != last[e.GetEntity()]+1 {
			return fmt.Errorf("%s: version %d after %d", e.GetEntity(), e.GetVersion(), last[e.GetEntity()])
		}
		last[e.GetEntity()] = e.GetVersion()
	}
	return nil
}

// The same with real concurrency: writers that hold their transactions open for a while, pullers that number at once.
func TestWritersAndPullersAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const writers, each, pullers = 5, 40, 3
	h.own(t, `CREATE TABLE source.entity (name text PRIMARY KEY, version bigint NOT NULL); GRANT SELECT, UPDATE ON source.entity TO alpha_source;
		INSERT INTO source.entity SELECT 'contact/' || n, 0 FROM generate_series(0, 2) n`)
	write := func(w int) error {
		chance := rand.New(rand.NewPCG(uint64(w), 1))
		for range each {
			entity := fmt.Sprintf("contact/%d", chance.IntN(3))
			err := h.source.Tx(h.ctx(), func(tx pgx.Tx) error {
				var version int64
				if err := tx.QueryRow(h.ctx(), `UPDATE entity SET version = version + 1 WHERE name = $1 RETURNING version`, entity).Scan(&version); err != nil {
					return err
				}
				if err := eventlog.Append(h.ctx(), tx, eventlog.Event{Type: "happened", Entity: entity, Version: version, At: noon}); err != nil {
					return err
				}
				_, err := tx.Exec(h.ctx(), `SELECT pg_sleep($1)`, float64(chance.IntN(5))/1000)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	var writing, pulling sync.WaitGroup
	ended := make(chan struct{})
	for w := range writers {
		writing.Go(func() {
			if err := write(w); err != nil {
				t.Error(err)
			}
		})
	}
	taken := make([][]*eventlogv1.Event, pullers)
	for p := range pullers {
		pulling.Go(func() {
			for last := false; !last; {
				select {
				case <-ended:
					last = true
				default:
				}
				var after int64
				id := ""
				if n := len(taken[p]); n > 0 {
					after, id = taken[p][n-1].GetPosition(), taken[p][n-1].GetId()
				}
				events, err := h.pull(after, id)
				if err != nil {
					t.Error(err)
					return
				}
				taken[p] = append(taken[p], events...)
			}
		})
	}
	writing.Wait()
	close(ended)
	pulling.Wait()
	for p := range pullers {
		if err := complete(taken[p], writers*each); err != nil {
			t.Errorf("reader %d: %v", p, err)
		}
		if slices.CompareFunc(taken[p], taken[0], func(a, b *eventlogv1.Event) int { return cmp.Compare(a.GetId(), b.GetId()) }) != 0 {
			t.Errorf("readers %d and 0 read two pasts", p)
		}
	}
}

func TestTheLogOfAnAuthorityThatIsNotHere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, err := h.log.PullEvents(passport.WithAuthority(t.Context(), "beta"), &eventlogv1.PullEventsRequest{Parent: "authorities/beta", Limit: 1}); err == nil {
		t.Error("a log of an authority that is not configured")
	}
	if err := h.consumer.CatchUp(t.Context(), "beta"); err == nil {
		t.Error("a consumer of an authority that is not configured")
	}
}
