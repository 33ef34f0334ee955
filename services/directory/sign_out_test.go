package directory_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/services/platform/try"
)

func (s *signIn) end(t *testing.T, secret string, everywhere bool) error {
	t.Helper()
	_, err := s.sessions(t).EndSession(t.Context(), &directoryv1.EndSessionRequest{Authority: here, Secret: secret, Everywhere: everywhere})
	return err
}

// devices are where the person is signed in, as one of the sessions is told.
func (s *signIn) devices(t *testing.T, secret string) (devices []string) {
	t.Helper()
	answer, err := s.sessions(t).ListSessions(t.Context(), &directoryv1.ListSessionsRequest{Authority: here, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range answer.GetSessions() {
		if one.GetThisOne() != (i == 0) || time.Since(one.GetBeganAt().AsTime()) > time.Hour || one.GetLastActAt().AsTime().After(time.Now()) {
			t.Errorf("session %d: %v", i, one)
		}
		devices = append(devices, one.GetDevice())
	}
	return devices
}

// trail is what the audit trail says that the person did, in order, with how many sessions each row names.
func (s *signIn) trail(t *testing.T) (trail []string) {
	t.Helper()
	s.platform.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		rows, err := conn.Query(t.Context(), `SELECT reason || ' ' || actor_kind || ' ' || entry || ' ' || split_part(method, '/', 3) || ' ' ||
			(SELECT count(*) FROM unnest(subjects) u WHERE u LIKE 'sessions/%') FROM directory.audit WHERE actor = $1 AND subjects @> ARRAY['people/' || $1] ORDER BY id`, s.id.String())
		if err != nil {
			return err
		}
		trail, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return trail
}

func TestSigningOutEndsOneSession(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	phone, desk := s.begin(t, "phone"), s.begin(t, "desk")
	for range 2 {
		// Pressed twice it does one thing.
		if err := s.end(t, phone, false); err != nil {
			t.Fatal(err)
		}
		s.gone(t, "signed out", phone)
	}
	s.here(t, "the other device", desk)
	if err := s.end(t, "unknown", false); err != nil {
		t.Errorf("a session that never was: %v", err)
	}
	want := []string{"sign in person web BeginSession 1", "sign in person web BeginSession 1", "sign out person web EndSession 1"}
	if got := s.trail(t); !slices.Equal(got, want) {
		t.Errorf("on record: %q, want %q", got, want)
	}
}

func TestSigningOutEverywhereEndsAllOfOnesOwn(t *testing.T) {
	t.Parallel()
	s, another := newSignIn(t), newSignIn(t)
	phone, desk, theirs := s.begin(t, "phone"), s.begin(t, "desk"), another.begin(t, "phone")
	if err := s.end(t, phone, true); err != nil {
		t.Fatal(err)
	}
	s.gone(t, "where it was asked", phone)
	s.gone(t, "the other device", desk)
	another.here(t, "another person", theirs)
	// Whoever finds an old secret can't sign the person out of today's sessions.
	today := s.begin(t, "today")
	for _, old := range []string{phone, desk, "unknown"} {
		if err := s.end(t, old, true); status.Code(err) != codes.Unauthenticated {
			t.Errorf("an ended session signs out everywhere: %v", err)
		}
	}
	s.here(t, "today", today)
	if got := s.trail(t); !slices.Contains(got, "sign out everywhere person web EndSession 2") {
		t.Errorf("on record: %q", got)
	}
}

func TestAPersonSeesWhereTheyAreSignedIn(t *testing.T) {
	t.Parallel()
	s, another := newSignIn(t), newSignIn(t)
	another.begin(t, "another's")
	idle := s.begin(t, "idle since yesterday")
	s.older(t, "last_act_at", 40*time.Minute)
	ended := s.begin(t, "ended")
	if err := s.end(t, ended, false); err != nil {
		t.Fatal(err)
	}
	desk := s.begin(t, "desk")
	s.older(t, "last_act_at", 10*time.Second)
	phone := s.begin(t, "phone <b>")
	if got := s.devices(t, desk); !slices.Equal(got, []string{"desk", "phone <b>"}) {
		t.Errorf("from the desk: %q", got)
	}
	if got := s.devices(t, phone); !slices.Equal(got, []string{"phone <b>", "desk"}) {
		t.Errorf("from the phone: %q", got)
	}
	s.gone(t, "idle", idle)
	if got := s.trail(t); !slices.Contains(got, "look at one's own sessions person web ListSessions 2") {
		t.Errorf("on record: %q", got)
	}
}

// What is over is kept for three months, and then thrown away when the person signs in again.
func TestOldSessionsAreThrownAway(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	s.begin(t, "last year")
	s.older(t, "began_at", 91*24*time.Hour)
	s.begin(t, "last month")
	s.own(t, `UPDATE directory.session SET began_at = began_at - interval '30 days' WHERE person = $1 AND device = 'last month'`, s.id)
	s.begin(t, "now")
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		rows, err := conn.Query(t.Context(), `SELECT device FROM directory.session WHERE person = $1 ORDER BY began_at`, s.id)
		if err != nil {
			return err
		}
		kept, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if !slices.Equal(kept, []string{"last month", "now"}) {
			t.Errorf("kept: %q", kept)
		}
		return err
	})
}
