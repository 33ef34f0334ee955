package guard_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg/pgtest"
	"github.com/kithcare/kith/services/familyfacing/guard"
	"github.com/kithcare/kith/services/platform/try"
)

// post is the messenger with a clock, a log, a directory and a mail server of the test's.
type post struct {
	directoryv1.DirectoryServiceClient
	guard.Messenger
	guardians []*directoryv1.Guardian
	now       time.Time
	log       bytes.Buffer

	mu sync.Mutex
	// broken are addresses that take no mail.
	broken map[string]bool
	sent   []string
}

func (p *post) ListGuardians(context.Context, *directoryv1.ListGuardiansRequest, ...grpc.CallOption) (*directoryv1.ListGuardiansResponse, error) {
	if p.guardians == nil {
		return nil, errors.New("the directory is down")
	}
	return &directoryv1.ListGuardiansResponse{Guardians: p.guardians}, nil
}

func (p *post) send(_ context.Context, to, _, _ string, _ time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken[to] {
		return errors.New("the mailbox is full")
	}
	p.sent = append(p.sent, to)
	return nil
}

// round makes one round so long after the use, and says how long the next one waits; zero where there is none.
func (p *post) round(t *testing.T, glass uuid.UUID, after time.Duration) time.Duration {
	t.Helper()
	p.now = p.now.Add(after)
	err := p.Work(passport.WithAuthority(t.Context(), try.Kensington), guard.TellJob(glass))
	var snooze *river.JobSnoozeError
	if errors.As(err, &snooze) {
		return snooze.Duration
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

// One house of its own for both: it has no mail server, so that what is told is the test's doing, and at its end another
// guardian.
func TestAGuardianWhoIsNotToldIsAnAlarmAndNobodyReviewsTheirOwnUse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_ = h.mail.server.Close()
	f := h.allocated(t, child("Ola Invent"))
	use, err := h.breaks(t, outsider, byName(f.GetName(), 0))
	if err != nil {
		t.Fatal(err)
	}
	db, err := pgtest.Databases("familyfacing", h.Databases[try.Kensington])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	p := &post{now: use.GetAt().AsTime(), broken: map[string]bool{"a@kc.example": true}}
	p.Messenger = guard.Messenger{
		DB: db, Directory: p, Send: p.send, Now: func() time.Time { return p.now }, Log: slog.New(slog.NewTextHandler(&p.log, nil)),
		Act: func(ctx context.Context, authority, cause, by string) (context.Context, error) {
			return passport.With(ctx, &passport.Passport{Authority: authority, Kind: passport.Service, ID: "familyfacing", Cause: cause, CausedBy: by}, ""), nil
		},
	}
	id := uuid.MustParse(last(use.GetName()))
	alarms := func() int { return strings.Count(p.log.String(), "alarm=glass_guardian_not_told") }
	told := func() int {
		return h.count(t, `SELECT count(guardian_told_at) FROM familyfacing.glass WHERE id = $1`, id)
	}
	if next := p.round(t, id, time.Second); next != 10*time.Second || alarms() != 0 {
		t.Errorf("the directory is down: again in %s, %d alarms", next, alarms())
	}
	p.guardians = []*directoryv1.Guardian{}
	if next := p.round(t, id, 30*time.Second); next != 10*time.Second || alarms() != 0 {
		t.Errorf("no guardian yet: again in %s, %d alarms", next, alarms())
	}
	p.guardians = []*directoryv1.Guardian{
		{Person: h.person(t, guardian), Email: "a@kc.example"}, {Person: h.person(t, deputy), Email: "b@kc.example"}, {Person: h.person(t, worker)},
	}
	p.broken["b@kc.example"] = true
	if next := p.round(t, id, 29*time.Second); next != time.Minute || alarms() != 1 || told() != 0 {
		t.Errorf("a minute later, nobody told: again in %s, %d alarms, told %d", next, alarms(), told())
	}
	p.broken = map[string]bool{"a@kc.example": true}
	if next := p.round(t, id, time.Minute); next != 15*time.Minute || alarms() != 1 || told() != 1 {
		t.Errorf("one told: again in %s, %d alarms, told %d", next, alarms(), told())
	}
	p.broken, p.guardians = nil, p.guardians[:2]
	if next := p.round(t, id, time.Hour); next != 0 || len(p.sent) != 2 || p.sent[1] != "a@kc.example" {
		t.Errorf("the other told: again in %s, sent %q", next, p.sent)
	}
	if next := p.round(t, id, time.Hour); next != 0 || len(p.sent) != 2 {
		t.Errorf("all told: again in %s, sent %q", next, p.sent)
	}
	if text := p.log.String(); strings.Contains(text, "@kc.example") || strings.Contains(text, "Invent") {
		t.Errorf("the log holds %s", text)
	}
	h.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE directory.person SET guardian = (key = $1)`, outsider)
		return err
	})
	_, err = h.guard(t).ReviewBreakGlass(h.as(t, outsider), &familyfacingv1.ReviewBreakGlassRequest{Name: use.GetName(), Finding: "I was right", RequestId: uuid.NewString()})
	wants(t, err, codes.FailedPrecondition, "OWN_USE", "the only guardian reviews their own use")
}
