package draft_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/draft"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgtest"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

const form = "contacts/0192f0c4-0000-7000-8000-000000000001/screen"

// desk is a service with drafts in two authorities, and a clock that the test moves.
type desk struct {
	*draft.Service
	alpha *pgtest.Authority

	mu  sync.Mutex
	now time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{now: time.Date(2026, time.May, 4, 14, 5, 0, 123_456_789, time.UTC)}
	schema := pg.Schema{Service: "one", Sets: []pg.Set{audit.Migrations(), draft.Migrations()}}
	var authorities []*pgtest.Authority
	for _, name := range []string{"alpha", "beta"} {
		a, err := server.NewAuthority(t.Context(), name, schema)
		if err != nil {
			t.Fatal(err)
		}
		authorities = append(authorities, a)
	}
	d.alpha = authorities[0]
	db, err := pgtest.Databases("one", authorities...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	d.Service = &draft.Service{DB: db, Now: func() time.Time {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.now
	}}
	return d
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

// as gives the context of a new person of an authority.
func as(authority string) context.Context {
	return passport.With(context.Background(), &passport.Passport{Authority: authority, Kind: passport.Person, ID: uuid.NewString(), Entry: "web"}, "token")
}

func fields(pairs ...string) []*draftv1.DraftField {
	var all []*draftv1.DraftField
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, &draftv1.DraftField{Name: pairs[i], Value: pairs[i+1]})
	}
	return all
}

func (d *desk) save(ctx context.Context, revision int64, pairs ...string) (*draftv1.SaveDraftResponse, error) {
	return d.SaveDraft(ctx, &draftv1.SaveDraftRequest{Form: form, Revision: revision, Fields: fields(pairs...)})
}

func (d *desk) must(ctx context.Context, t *testing.T, revision int64, pairs ...string) *draftv1.SaveDraftResponse {
	t.Helper()
	answer, err := d.save(ctx, revision, pairs...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// kept fails unless exactly these fields are kept, and gives the draft.
func (d *desk) kept(ctx context.Context, t *testing.T, pairs ...string) *draftv1.Draft {
	t.Helper()
	answer, err := d.GetDraft(ctx, &draftv1.GetDraftRequest{Form: form})
	if err != nil {
		t.Fatal(err)
	}
	got, want := answer.GetDraft().GetFields(), fields(pairs...)
	if !slices.EqualFunc(got, want, func(a, b *draftv1.DraftField) bool { return proto.Equal(a, b) }) {
		t.Fatalf("%d fields are kept, or others than the %d expected", len(got), len(want))
	}
	return answer.GetDraft()
}

// changed fails unless err says that the draft is at another revision, and gives what it says.
func changed(t *testing.T, err error) map[string]string {
	t.Helper()
	f := fault.From(err)
	if err == nil || f.Code != codes.Aborted || f.Reason != "CHANGED" {
		t.Fatalf("got %v, want CHANGED", err)
	}
	return f.Facts
}

func TestWhatIsTypedIsKept(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t), as("alpha")
	if answer, err := d.GetDraft(ctx, &draftv1.GetDraftRequest{Form: form}); err != nil || answer.GetDraft() != nil {
		t.Fatalf("before anything was typed: %v, %v", answer, err)
	}
	words := []string{"worry", "Zoë O’Brien-Łukasz said “no” – 👩\u200d👧\u200d👦 \u200fשלום\u200e مرحبا\r\n\ttwo lines", "name", strings.Repeat("é", 300), "empty", "", "worry", "twice"}
	first := d.must(ctx, t, 0, words...)
	got := d.kept(ctx, t, words...)
	if got.GetRevision() != first.GetRevision() || !got.GetSavedAt().AsTime().Equal(first.GetSavedAt().AsTime()) || got.GetForm() != form ||
		!first.GetSavedAt().AsTime().Equal(d.now.Truncate(time.Microsecond)) {
		t.Errorf("read %v, saved %v", got, first)
	}
	d.pass(2 * time.Second)
	second := d.must(ctx, t, first.GetRevision(), "worry", "more")
	if second.GetRevision() != first.GetRevision()+1 || !second.GetSavedAt().AsTime().Equal(first.GetSavedAt().AsTime().Add(2*time.Second)) {
		t.Errorf("after %v came %v", first, second)
	}
	d.kept(ctx, t, "worry", "more")
	// Emptied is not deleted.
	d.must(ctx, t, second.GetRevision())
	if d.kept(ctx, t).GetRevision() != second.GetRevision()+1 {
		t.Error("an empty draft is none")
	}
}

func TestNeitherTextReplacesTheOtherUnseen(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t), as("alpha")
	first := d.must(ctx, t, 0, "worry", "from the desk")
	d.pass(time.Minute)
	second := d.must(ctx, t, first.GetRevision(), "worry", "from the phone")
	for _, seen := range []int64{0, 1, first.GetRevision(), second.GetRevision() + 1} {
		_, err := d.save(ctx, seen, "worry", "from the desk again")
		facts := changed(t, err)
		if facts["revision"] != fmt.Sprint(second.GetRevision()) || facts["savedAt"] != second.GetSavedAt().AsTime().Format(time.RFC3339Nano) || len(facts) != 2 {
			t.Errorf("with revision %d: %v", seen, facts)
		}
	}
	d.kept(ctx, t, "worry", "from the phone")
}

// An answer that was lost on the way is given again, as often as it is asked for.
func TestASaveThatIsRepeatedIsOne(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t), as("alpha")
	var seen int64
	for _, words := range []string{"one", "two", "three"} {
		saved := d.must(ctx, t, seen, "worry", words)
		d.pass(5 * time.Second)
		for range 2 {
			if again := d.must(ctx, t, seen, "worry", words); !proto.Equal(again, saved) {
				t.Errorf("%s: answered %v, then %v", words, saved, again)
			}
		}
		_, err := d.save(ctx, seen, "worry", words+" and other words")
		changed(t, err)
		seen = saved.GetRevision()
	}
	d.kept(ctx, t, "worry", "three")
}

func TestOfManySavesAtOnceOneIsKept(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t), as("alpha")
	var seen int64
	for round := range 2 {
		errs := make([]error, 12)
		answers := make([]*draftv1.SaveDraftResponse, len(errs))
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { answers[i], errs[i] = d.save(ctx, seen, "worry", fmt.Sprint(round, " words ", i)) })
		}
		all.Wait()
		kept := -1
		for i, err := range errs {
			if err == nil {
				if kept >= 0 {
					t.Fatal("two different texts were taken for one revision")
				}
				kept = i
				continue
			}
			changed(t, err)
		}
		if kept < 0 {
			t.Fatal("none was kept")
		}
		d.kept(ctx, t, "worry", fmt.Sprint(round, " words ", kept))
		seen = answers[kept].GetRevision()
	}
}

func TestADraftIsDeletedWhenItIsSent(t *testing.T) {
	t.Parallel()
	d, ctx, other := newDesk(t), as("alpha"), as("alpha")
	saved := d.must(ctx, t, 0, "worry", "sent now")
	d.must(other, t, 0, "worry", "another's")
	for range 2 {
		if _, err := d.DeleteDraft(ctx, &draftv1.DeleteDraftRequest{Form: form}); err != nil {
			t.Fatal(err)
		}
		d.kept(ctx, t)
	}
	d.kept(other, t, "worry", "another's")
	// A page that was left open does not bring it back, nor replace what is typed into the same form later.
	_, err := d.save(ctx, saved.GetRevision(), "worry", "left open")
	if facts := changed(t, err); facts["revision"] != "0" {
		t.Errorf("%v", facts)
	}
	d.pass(time.Second)
	anew := d.must(ctx, t, 0, "worry", "the next case")
	_, err = d.save(ctx, saved.GetRevision(), "worry", "left open")
	if facts := changed(t, err); facts["revision"] != fmt.Sprint(anew.GetRevision()) {
		t.Errorf("%v", facts)
	}
	d.kept(ctx, t, "worry", "the next case")
}

func TestADraftIsItsPersonsAlone(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t), as("alpha")
	d.must(ctx, t, 0, "worry", "mine")
	same := *passport.From(ctx)
	same.Authority = "beta"
	admin := passport.Passport{Authority: "alpha", Kind: passport.Person, ID: uuid.NewString(), Entry: "web", Administrator: true, Guardian: true}
	for name, stranger := range map[string]context.Context{
		"a colleague": as("alpha"), "the guardian": passport.With(context.Background(), &admin, ""),
		"the same id in another authority": passport.With(context.Background(), &same, ""),
	} {
		d.kept(stranger, t)
		list, err := d.ListDrafts(stranger, &draftv1.ListDraftsRequest{})
		if err != nil || len(list.GetDrafts()) != 0 {
			t.Errorf("%s: %v, %v", name, list, err)
		}
		if _, err := d.DeleteDraft(stranger, &draftv1.DeleteDraftRequest{Form: form}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		d.must(stranger, t, 0, "worry", "theirs")
	}
	d.kept(ctx, t, "worry", "mine")
	for _, kind := range []passport.Kind{passport.Partner, passport.Service} {
		p := *passport.From(ctx)
		p.Kind = kind
		other := passport.With(context.Background(), &p, "")
		_, saved := d.save(other, 0, "worry", "x")
		_, got := d.GetDraft(other, &draftv1.GetDraftRequest{Form: form})
		_, listed := d.ListDrafts(other, &draftv1.ListDraftsRequest{})
		_, deleted := d.DeleteDraft(other, &draftv1.DeleteDraftRequest{Form: form})
		for _, err := range []error{saved, got, listed, deleted} {
			if fault.From(err).Reason != "NOT_STAFF" {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}

func TestADraftHoldsTwoHundredKilobytes(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t), as("alpha")
	whole := []string{"worry", strings.Repeat("é", 50<<10), "more", strings.Repeat("x", 100<<10-len("worrymore"))}
	saved := d.must(ctx, t, 0, whole...)
	for _, words := range [][]string{{"worry", whole[1], "more", whole[3] + "x"}, {"worry", whole[1], "more!", whole[3]}} {
		_, err := d.save(ctx, saved.GetRevision(), words...)
		f := fault.From(err)
		if f.Code != codes.InvalidArgument || f.Field != "fields" || !strings.Contains(f.Message, "200 KB") {
			t.Errorf("a byte more: %v", err)
		}
	}
	d.kept(ctx, t, whole...)
}

func TestDraftsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t), as("alpha")
	for i := range 103 {
		d.pass(time.Second)
		if _, err := d.SaveDraft(ctx, &draftv1.SaveDraftRequest{Form: fmt.Sprint("form/", i), Fields: fields("worry", "words")}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := d.ListDrafts(ctx, &draftv1.ListDraftsRequest{})
	if err != nil || len(list.GetDrafts()) != 100 {
		t.Fatalf("%d drafts, %v", len(list.GetDrafts()), err)
	}
	for i, one := range list.GetDrafts() {
		if one.GetForm() != fmt.Sprint("form/", 102-i) || !one.GetSavedAt().AsTime().Equal(d.now.Truncate(time.Microsecond).Add(-time.Duration(i)*time.Second)) {
			t.Fatalf("place %d: %v", i, one)
		}
	}
}

// The trail says which form was kept, read and deleted by whom, and holds not a word of it.
func TestTheTrailHoldsNoWords(t *testing.T) {
	t.Parallel()
	d, ctx := newDesk(t), as("alpha")
	saved := d.must(ctx, t, 0, "field-name", "SECRET-WORDS")
	_, err := d.save(ctx, saved.GetRevision()+5, "field-name", "SECRET-WORDS")
	if text := fmt.Sprint(err, changed(t, err)); strings.Contains(text, "SECRET") {
		t.Errorf("a conflict repeats the words: %s", text)
	}
	_, err = d.save(ctx, 0, "SECRET-WORDS", strings.Repeat("SECRET-WORDS", 20_000))
	if err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("a refusal repeats the words: %v", err)
	}
	d.kept(ctx, t, "field-name", "SECRET-WORDS")
	if _, err := d.ListDrafts(ctx, &draftv1.ListDraftsRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DeleteDraft(ctx, &draftv1.DeleteDraftRequest{Form: form}); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), d.alpha.OwnerURL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), `SELECT concat_ws('|', actor = $1, reason, subjects) || CASE WHEN a::text ~ 'SECRET|field-name' THEN ' with words' ELSE '' END
		FROM one.audit a ORDER BY id`, passport.From(ctx).ID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	subject := "|{drafts/" + form + "}"
	want := []string{
		"t|keep what is being typed" + subject, "t|go on with what was typed" + subject,
		"t|look for what was left unfinished" + subject, "t|delete what was typed" + subject,
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
