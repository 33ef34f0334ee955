package audit_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgtest"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

// Deliberately finer than PostgreSQL keeps, and in another zone.
var noon = time.Date(2026, time.May, 4, 13, 0, 0, 123_456_789, time.FixedZone("BST", 3600))

type trail struct {
	*pg.DB
	owner *pgx.Conn
}

func newTrail(t *testing.T) *trail {
	t.Helper()
	a, err := server.NewAuthority(t.Context(), "alpha", pg.Schema{Service: "one", Sets: []pg.Set{audit.Migrations()}})
	if err != nil {
		t.Fatal(err)
	}
	r := &trail{}
	if r.DB, err = pgtest.Databases("one", a); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	if r.owner, err = pgx.Connect(t.Context(), a.OwnerURL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.owner.Close(context.Background()) })
	return r
}

func as(p passport.Passport) context.Context {
	p.Authority, p.Kind, p.Entry = "alpha", passport.Person, "web"
	return passport.With(context.Background(), &p, "token")
}

func (r *trail) write(t *testing.T, reason string, subjects ...string) {
	t.Helper()
	ctx := as(passport.Passport{ID: "p1"})
	if err := r.Tx(ctx, func(tx pgx.Tx) error { return audit.Write(ctx, tx, noon, reason, subjects...) }); err != nil {
		t.Fatal(err)
	}
}

func (r *trail) changed(t *testing.T) (ids []uuid.UUID) {
	t.Helper()
	ctx := as(passport.Passport{ID: "p1"})
	if err := r.Tx(ctx, func(tx pgx.Tx) (err error) { ids, err = audit.Verify(ctx, tx); return err }); err != nil {
		t.Fatal(err)
	}
	return ids
}

func (r *trail) own(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := r.owner.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestTheTrailIsAppendOnly(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	r.write(t, "look", "contacts/1")
	ctx := as(passport.Passport{ID: "p1"})
	for _, forbidden := range []string{
		`UPDATE audit SET reason = 'another'`, `UPDATE audit SET subjects = '{}' WHERE false`, `DELETE FROM audit`, `TRUNCATE audit`, `DROP TABLE audit`,
		`ALTER TABLE audit ADD COLUMN x int`, `INSERT INTO audit SELECT * FROM audit ON CONFLICT (id) DO UPDATE SET reason = 'another'`,
		`CREATE TRIGGER quiet BEFORE INSERT ON audit EXECUTE FUNCTION suppress_redundant_updates_trigger()`, `MERGE INTO audit a USING audit b ON a.id = b.id WHEN MATCHED THEN DELETE`,
	} {
		err := r.Tx(ctx, func(tx pgx.Tx) error { _, err := tx.Exec(ctx, forbidden); return err })
		if err == nil {
			t.Errorf("%s: the service's own login may", forbidden)
		}
	}
}

func TestVerifyFindsEveryChangedColumn(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	r.write(t, "look", "contacts/1", "children/2")
	r.write(t, "nothing to show")
	r.write(t, "«Ünïcode» <&>", "contacts/3")
	if ids := r.changed(t); len(ids) != 0 {
		t.Fatalf("%d rows seem changed and are not", len(ids))
	}
	for _, change := range []string{
		`at = at + interval '1 microsecond'`, `actor_kind = 'partner'`, `actor = 'p2'`, `entry = 'gateway'`, `method = 'm'`, `reason = 'another'`,
		`subjects = '{contacts/1}'`, `subjects = '{children/2,contacts/1}'`, `allowed = false`, `denial = 'NOT_A_MEMBER'`, `salt = '\x00'`, `digest = '\x00'`,
		`id = gen_random_uuid()`,
	} {
		tx, err := r.owner.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.own(t, `SET LOCAL search_path = one`)
		r.own(t, `UPDATE audit SET `+change+` WHERE reason = 'look'`)
		ids, err := audit.Verify(t.Context(), tx)
		_ = tx.Rollback(t.Context())
		if err != nil || len(ids) != 1 {
			t.Errorf("%s: %d rows found, %v", change, len(ids), err)
		}
	}
	r.own(t, `UPDATE one.audit SET reason = 'another' WHERE reason = 'look'`)
	if ids := r.changed(t); len(ids) != 1 {
		t.Errorf("%d rows found with the service's login", len(ids))
	}
}

// The same content has another digest each time, so that nobody finds an id by trying.
func TestDigestsAreSalted(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	for range 20 {
		r.write(t, "look", "contacts/1")
	}
	var digests, salts int
	if err := r.owner.QueryRow(t.Context(), `SELECT count(DISTINCT digest), count(DISTINCT salt) FROM one.audit WHERE length(salt) = 16 AND length(digest) = 32`).Scan(&digests, &salts); err != nil {
		t.Fatal(err)
	}
	if digests != 20 || salts != 20 {
		t.Errorf("%d digests, %d salts, want 20", digests, salts)
	}
}

func TestOneRowListsEverythingShown(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	var shown []string
	for i := range 200 {
		shown = append(shown, fmt.Sprint("contacts/", i))
	}
	r.write(t, "read the queue", shown...)
	var actor, kind, entry, reason string
	var subjects []string
	var at time.Time
	if err := r.owner.QueryRow(t.Context(), `SELECT actor, actor_kind, entry, reason, subjects, at FROM one.audit`).Scan(&actor, &kind, &entry, &reason, &subjects, &at); err != nil {
		t.Fatal(err)
	}
	if actor != "p1" || kind != "person" || entry != "web" || reason != "read the queue" || !slices.Equal(subjects, shown) || !at.Equal(noon.Truncate(time.Microsecond)) {
		t.Errorf("%s %s %s %s %d subjects at %s", actor, kind, entry, reason, len(subjects), at)
	}
}

// A denial has a transaction of its own: it stays when the call's is rolled back.
func TestADenialSurvivesTheCall(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	ctx := as(passport.Passport{ID: "p1"})
	denied := fault.Denied("NOT_A_MEMBER", "only members may")
	err := r.Tx(ctx, func(tx pgx.Tx) error {
		if err := audit.Write(ctx, tx, noon, "screen", "children/1"); err != nil {
			return err
		}
		if err := audit.Deny(ctx, r.DB, audit.Denial{At: noon, Caller: "web", Method: "/m", Reason: "NOT_A_MEMBER", Subjects: []string{"children/1"}}); err != nil {
			return err
		}
		return denied
	})
	if !errors.Is(err, denied) {
		t.Fatal(err)
	}
	// Somebody whom nobody recognised is kept by the service that they came by.
	unknown := passport.WithAuthority(t.Context(), "alpha")
	if err := audit.Deny(unknown, r.DB, audit.Denial{At: noon, Caller: "gateway", Method: "/m", Reason: "UNAUTHENTICATED"}); err != nil {
		t.Fatal(err)
	}
	rows, err := r.owner.Query(t.Context(), `SELECT concat_ws(' ', actor_kind, actor, entry, method, denial, allowed, subjects) FROM one.audit ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	want := []string{"person p1 web /m NOT_A_MEMBER f {children/1}", "service gateway gateway /m UNAUTHENTICATED f {}"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if ids := r.changed(t); len(ids) != 0 {
		t.Error("a denial's digest does not fit")
	}
	if err := audit.Deny(passport.WithAuthority(t.Context(), "beta"), r.DB, audit.Denial{}); err == nil {
		t.Error("a denial in an authority that is not configured")
	}
}

func TestNobodyLeavesNoRow(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	ctx, left := audit.Watch(passport.WithAuthority(t.Context(), "alpha"))
	err := r.Tx(ctx, func(tx pgx.Tx) error { return audit.Write(ctx, tx, noon, "look") })
	if fault.From(err).Reason != "UNAUTHENTICATED" || left.Written() {
		t.Errorf("%v, written %t", err, left.Written())
	}
	if err := audit.Queue(ctx, &pgx.Batch{}, noon, "look"); fault.From(err).Reason != "UNAUTHENTICATED" || left.Written() {
		t.Errorf("%v, written %t", err, left.Written())
	}
}

func TestABatchAndAnOperatorLeaveTheirRows(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	ctx, left := audit.Watch(as(passport.Passport{ID: "p1", Cause: "timer"}))
	batch := &pgx.Batch{}
	if err := audit.Queue(ctx, batch, noon, "receive", "contacts/1"); err != nil || !left.Written() {
		t.Fatal(err, left.Written())
	}
	pool, err := r.Pool(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := pool.SendBatch(ctx, batch).Close(); err != nil {
		t.Fatal(err)
	}
	r.own(t, `SET search_path = one`)
	if err := audit.Operate(t.Context(), r.owner, noon, "root", "kith import directory", "people/1"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := r.owner.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE (actor_kind, actor, method, allowed) IN (('person', 'p1', 'timer', true), ('operator', 'root', 'kith import directory', true))`).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
	if ids := r.changed(t); len(ids) != 0 {
		t.Error("a digest does not fit")
	}
}

func TestOnlyGuardiansAndAdministratorsReadTheTrail(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	for i := range 7 {
		r.write(t, fmt.Sprint("look ", i), "contacts/1", fmt.Sprint("children/", i%2))
	}
	s := &audit.Service{DB: r.DB, Now: func() time.Time { return noon }}
	for _, p := range []passport.Passport{{ID: "p2"}, {ID: "p3", Registered: true, Memberships: []passport.Membership{{Team: "strategy", Kind: passport.Strategy}}}} {
		if _, err := s.ListAuditRows(as(p), &auditv1.ListAuditRowsRequest{}); fault.From(err).Reason != "NOT_GUARDIAN" {
			t.Errorf("%s: %v", p.ID, err)
		}
	}
	if _, err := s.ListAuditRows(as(passport.Passport{ID: "p5", Guardian: true}), &auditv1.ListAuditRowsRequest{PageToken: "x"}); fault.From(err).Field != "pageToken" {
		t.Errorf("a broken page token: %v", err)
	}
	for _, p := range []passport.Passport{{ID: "p4", Administrator: true}, {ID: "p5", Guardian: true}} {
		var reasons []string
		token := ""
		for pages := 1; ; pages++ {
			answer, err := s.ListAuditRows(as(p), &auditv1.ListAuditRowsRequest{Subject: "contacts/1", PageSize: 3, PageToken: token})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range answer.GetRows() {
				reasons = append(reasons, row.GetReason())
			}
			if token = answer.GetNextPageToken(); token == "" {
				if pages != 3 {
					t.Errorf("%d pages", pages)
				}
				break
			}
		}
		if want := []string{"look 6", "look 5", "look 4", "look 3", "look 2", "look 1", "look 0"}; !slices.Equal(reasons, want) {
			t.Errorf("%q, want %q", reasons, want)
		}
	}
	answer, err := s.ListAuditRows(as(passport.Passport{ID: "p5", Guardian: true}), &auditv1.ListAuditRowsRequest{})
	if err != nil || len(answer.GetRows()) != 13 { // seven writes and six looks at the trail
		t.Errorf("%d rows, %v", len(answer.GetRows()), err)
	}
	if first := answer.GetRows()[0]; first.GetActor() != "p5" || first.GetReason() != "read the audit trail" || len(first.GetDigest()) != 64 {
		t.Errorf("the look itself: %v", first)
	}
	other, err := s.ListAuditRows(as(passport.Passport{ID: "p5", Guardian: true}), &auditv1.ListAuditRowsRequest{Subject: "children/1"})
	if err != nil || len(other.GetRows()) != 3 {
		t.Errorf("%d rows of one child, %v", len(other.GetRows()), err)
	}
}

func TestPageSizes(t *testing.T) {
	t.Parallel()
	for asked, want := range map[int32]int{0: 50, 1: 1, 50: 50, 200: 200, 201: 200, 1 << 30: 200} {
		if got := audit.PageSize(asked); got != want {
			t.Errorf("%d: %d, want %d", asked, got, want)
		}
	}
}
