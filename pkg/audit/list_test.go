package audit_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// wrote is a row by somebody at a time.
func (r *trail) wrote(t *testing.T, who string, at time.Time, reason string, subjects ...string) {
	t.Helper()
	ctx := as(passport.Passport{ID: who})
	if err := r.Tx(ctx, func(tx pgx.Tx) error { return audit.Write(ctx, tx, at, reason, subjects...) }); err != nil {
		t.Fatal(err)
	}
}

// asked lists reasons, page by page, of a service that no other test writes to.
func (r *trail) asked(t *testing.T, size int32, req *auditv1.ListAuditRowsRequest) (reasons []string) {
	t.Helper()
	s := &audit.Service{DB: r.DB, Now: func() time.Time { return noon.AddDate(1, 0, 0) }}
	for {
		req.PageSize = size
		answer, err := s.ListAuditRows(as(passport.Passport{ID: "guardian", Guardian: true}), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range answer.GetRows() {
			if row.GetActor() != "guardian" {
				reasons = append(reasons, row.GetReason())
			}
		}
		if req.PageToken = answer.GetNextPageToken(); req.GetPageToken() == "" {
			return reasons
		}
		if len(req.GetPageToken()) > 200 {
			t.Error("a token longer than a request takes")
		}
	}
}

func TestTheTrailBySubjectsActorAndTime(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	day := func(n int) time.Time { return noon.Truncate(time.Microsecond).AddDate(0, 0, n) }
	// Written down in another order than they happened.
	r.wrote(t, "ana", day(2), "2 ana a", "children/a")
	r.wrote(t, "ben", day(1), "1 ben a b", "children/a", "children/b")
	r.wrote(t, "ana", day(4), "4 ana c", "children/c")
	r.wrote(t, "ben", day(3), "3 ben a", "children/a")
	r.wrote(t, "ana", day(3), "3 ana b", "children/b")
	stamp := func(at time.Time) *timestamppb.Timestamp { return timestamppb.New(at) }
	for name, c := range map[string]struct {
		req  *auditv1.ListAuditRowsRequest
		want []string
	}{
		"all":                      {&auditv1.ListAuditRowsRequest{}, []string{"4 ana c", "3 ana b", "3 ben a", "2 ana a", "1 ben a b"}},
		"one subject":              {&auditv1.ListAuditRowsRequest{Subject: "children/a"}, []string{"3 ben a", "2 ana a", "1 ben a b"}},
		"any of them":              {&auditv1.ListAuditRowsRequest{Subjects: []string{"children/b", "children/c"}}, []string{"4 ana c", "3 ana b", "1 ben a b"}},
		"beside the one":           {&auditv1.ListAuditRowsRequest{Subject: "children/c", Subjects: []string{"children/b"}}, []string{"4 ana c", "3 ana b", "1 ben a b"}},
		"nobody's":                 {&auditv1.ListAuditRowsRequest{Subjects: []string{"children/z"}}, nil},
		"one actor":                {&auditv1.ListAuditRowsRequest{Actor: "ben"}, []string{"3 ben a", "1 ben a b"}},
		"an actor on a subject":    {&auditv1.ListAuditRowsRequest{Actor: "ana", Subject: "children/b"}, []string{"3 ana b"}},
		"from a moment on":         {&auditv1.ListAuditRowsRequest{Since: stamp(day(3))}, []string{"4 ana c", "3 ana b", "3 ben a"}},
		"from a moment after":      {&auditv1.ListAuditRowsRequest{Since: stamp(day(3).Add(time.Microsecond))}, []string{"4 ana c"}},
		"before a moment":          {&auditv1.ListAuditRowsRequest{Until: stamp(day(3))}, []string{"2 ana a", "1 ben a b"}},
		"before a moment after":    {&auditv1.ListAuditRowsRequest{Until: stamp(day(3).Add(time.Microsecond))}, []string{"3 ana b", "3 ben a", "2 ana a", "1 ben a b"}},
		"a span of one":            {&auditv1.ListAuditRowsRequest{Since: stamp(day(2)), Until: stamp(day(4)), Actor: "ana"}, []string{"3 ana b", "2 ana a"}},
		"a span of another's":      {&auditv1.ListAuditRowsRequest{Since: stamp(day(2)), Until: stamp(day(2).Add(time.Hour)), Actor: "ben"}, nil},
		"a span that runs nowhere": {&auditv1.ListAuditRowsRequest{Since: stamp(day(3)), Until: stamp(day(2))}, nil},
	} {
		for _, size := range []int32{1, 2, 50} {
			if got := r.asked(t, size, c.req); !slices.Equal(got, c.want) {
				t.Errorf("%s, %d at a time: %q, want %q", name, size, got, c.want)
			}
		}
	}
	s := &audit.Service{DB: r.DB, Now: func() time.Time { return noon }}
	guardian := as(passport.Passport{ID: "guardian", Guardian: true})
	if _, err := s.ListAuditRows(guardian, &auditv1.ListAuditRowsRequest{Until: &timestamppb.Timestamp{Nanos: -1}}); fault.From(err).Field != "until" {
		t.Errorf("no such time: %v", err)
	}
	if _, err := s.ListAuditRows(guardian, &auditv1.ListAuditRowsRequest{PageToken: "bm90IG91cnM"}); fault.From(err).Field != "pageToken" {
		t.Errorf("no such token: %v", err)
	}
}

// What is written while somebody turns the pages comes before the first of them: nothing is shown twice or left out.
func TestPagesOfTheTrailStand(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	for i := range 7 {
		r.wrote(t, "ana", noon, fmt.Sprint("look ", i), "children/a")
	}
	var got []string
	ctx := as(passport.Passport{ID: "ana"})
	for token := ""; ; {
		var rows []audit.Kept
		if err := r.Tx(ctx, func(tx pgx.Tx) (err error) {
			rows, token, err = audit.List(ctx, tx, audit.Filter{Subjects: []string{"children/a"}, Allowed: true}, token, 2)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			got = append(got, row.Reason)
		}
		if token == "" {
			break
		}
		r.wrote(t, "ana", noon, "later", "children/a")
		if err := audit.Deny(ctx, r.DB, audit.Denial{At: noon.Add(-time.Hour), Method: "/m", Reason: "NOT_FOUND", Subjects: []string{"children/a"}}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"look 6", "look 5", "look 4", "look 3", "look 2", "look 1", "look 0"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Without its index a look-up of one child would go through everything that anybody has ever seen.
func TestASubjectsRowsAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	r := newTrail(t)
	r.own(t, `INSERT INTO one.audit SELECT gen_random_uuid(), now() + n * interval '1 second', 'person', 'p' || n % 50, 'web', '/m', 'look',
		ARRAY['families/' || n % 4000, 'teams/north'], true, '', '', '' FROM generate_series(1, 20000) n`)
	ctx := as(passport.Passport{ID: "p1"})
	ask := func(f audit.Filter) {
		t.Helper()
		if err := r.Tx(ctx, func(tx pgx.Tx) error {
			rows, _, err := audit.List(ctx, tx, f, "", 50)
			if len(rows) == 0 {
				t.Errorf("nothing for %v", f)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	r.own(t, `ANALYZE one.audit`)
	for _, f := range []audit.Filter{{Subjects: []string{"families/7"}}, {Subjects: []string{"families/7"}, Allowed: true}, {Actor: "p7"}} {
		ask(f)
	}
	// A connection's reads are counted when it ends.
	r.Close()
	var scans, seq, subjects, actors int
	deadline := time.Now().Add(10 * time.Second)
	for subjects < 2 || actors < 1 {
		if err := r.owner.QueryRow(t.Context(), `SELECT (SELECT coalesce(sum(idx_scan), 0) FROM pg_stat_user_indexes WHERE indexrelname = 'audit_subjects'),
			(SELECT coalesce(sum(idx_scan), 0) FROM pg_stat_user_indexes WHERE indexrelname = 'audit_actor'),
			(SELECT coalesce(sum(idx_scan), 0) FROM pg_stat_user_indexes WHERE indexrelname = 'audit_at'),
			(SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_user_tables WHERE relname = 'audit')`).Scan(&subjects, &actors, &scans, &seq); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			break
		}
	}
	if subjects < 2 || actors < 1 || scans != 0 {
		t.Errorf("by subject %d times, by actor %d, through the whole trail %d times in order and %d otherwise", subjects, actors, scans, seq)
	}
}
