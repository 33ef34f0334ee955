package directory_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/services/platform/try"
)

// signIn is somebody invented for one test, with a seat in the Enabler Team, and what they are signed in with.
type signIn struct {
	platform *try.Platform
	id       uuid.UUID
	who      *directoryv1.SignedIn
}

func newSignIn(t *testing.T) *signIn {
	t.Helper()
	s := &signIn{platform: kith, id: uuid.New()}
	s.who = &directoryv1.SignedIn{Issuer: try.Issuer, Subject: "kc:" + s.id.String()}
	s.own(t, `INSERT INTO directory.person (id, key, title, subject, registration, full_time_thousandths, email, phone, administrator, guardian, removed)
		VALUES ($1, $2, 'Ünal O''Invented', $3, 'SW1', 1000, '', '', true, false, false)`, s.id, s.id.String(), s.who.GetSubject())
	s.own(t, `INSERT INTO directory.membership (person, team, since, note) SELECT $1, key, now() - interval '1 year', '' FROM directory.team WHERE kind = 'enabler'`, s.id)
	s.own(t, `INSERT INTO directory.qualification (person, name, since) VALUES ($1, 'AMHP', now() - interval '1 year')`, s.id)
	return s
}

func (s *signIn) own(t *testing.T, sql string, args ...any) {
	t.Helper()
	s.platform.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), sql, args...)
		return err
	})
}

func (s *signIn) sessions(t *testing.T) directoryv1.SessionServiceClient {
	return directoryv1.NewSessionServiceClient(s.platform.Conn(t, "web", "directory"))
}

func (s *signIn) begin(t *testing.T, device string) string {
	t.Helper()
	answer, err := s.sessions(t).BeginSession(t.Context(), &directoryv1.BeginSessionRequest{Authority: here, Person: s.who, Device: device})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetSecret()
}

// page asks for a passport as the pages do; unattended where no person acts.
func (s *signIn) page(t *testing.T, secret string, unattended bool) (*directoryv1.IssuePassportResponse, error) {
	t.Helper()
	return directoryv1.NewDirectoryServiceClient(s.platform.Conn(t, "web", "directory")).IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{
		Authority: here, Bearer: &directoryv1.IssuePassportRequest_Session{Session: &directoryv1.SessionBearer{Secret: secret, Unattended: unattended}},
	})
}

func (s *signIn) here(t *testing.T, what, secret string) *directoryv1.IssuePassportResponse {
	t.Helper()
	answer, err := s.page(t, secret, false)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return answer
}

// gone fails unless nobody is signed in by the secret, in the one answer for all causes.
func (s *signIn) gone(t *testing.T, what, secret string) {
	t.Helper()
	_, err := s.page(t, secret, false)
	f := fault.From(err)
	if err == nil || f.Code != codes.Unauthenticated || f.Reason != "UNAUTHENTICATED" || f.Message != "nobody is signed in here, or no longer" || len(f.Facts) > 0 {
		t.Fatalf("%s: %v", what, err)
	}
	if _, err := s.sessions(t).ListSessions(t.Context(), &directoryv1.ListSessionsRequest{Authority: here, Secret: secret}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("%s: sessions are listed: %v", what, err)
	}
}

// older moves the sessions of the person back in time.
func (s *signIn) older(t *testing.T, column string, by time.Duration) {
	t.Helper()
	s.own(t, `UPDATE directory.session SET `+column+` = `+column+` - make_interval(secs => $2) WHERE person = $1`, s.id, by.Seconds())
}

func (s *signIn) lastAct(t *testing.T) (at time.Time) {
	t.Helper()
	s.platform.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), `SELECT last_act_at FROM directory.session WHERE person = $1`, s.id).Scan(&at)
	})
	return at
}

func verified(t *testing.T, p *try.Platform, token string) *passport.Passport {
	t.Helper()
	v, err := passport.NewVerifier(func(ctx context.Context) (string, error) {
		keys, err := directoryv1.NewDirectoryServiceClient(p.Conn(t, "referral", "directory")).GetPassportKeys(ctx, &directoryv1.GetPassportKeysRequest{})
		return keys.GetJwks(), err
	}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestASessionGivesThePassportThatTheSignInGives(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	bySession := s.here(t, "signed in", s.begin(t, "Firefox"))
	bySignIn, err := directoryv1.NewDirectoryServiceClient(kith.Conn(t, "web", "directory")).IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{
		Authority: here, Bearer: &directoryv1.IssuePassportRequest_Person{Person: s.who},
	})
	if err != nil || bySignIn.GetSelf() != nil {
		t.Fatal(bySignIn, err)
	}
	got, want := verified(t, kith, bySession.GetPassport()), verified(t, kith, bySignIn.GetPassport())
	a, b := *got, *want
	a.Issued, a.Expires, b.Issued, b.Expires = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	if !slices.Equal(a.Memberships, b.Memberships) || !slices.Equal(a.Qualifications, b.Qualifications) {
		t.Errorf("seats and qualifications: %+v, want %+v", a, b)
	}
	if len(a.Memberships) != 1 || len(a.Qualifications) != 1 || a.ID != s.id.String() || a.ID != b.ID || a.Entry != "web" || a.Entry != b.Entry ||
		a.Authority != try.Kensington || a.Kind != passport.Person || !a.Administrator || a.Administrator != b.Administrator || a.Guardian != b.Guardian ||
		!a.Registered || a.Registered != b.Registered {
		t.Errorf("%+v, want %+v", a, b)
	}
}

func TestThePagesAreToldWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	before := time.Now()
	self := s.here(t, "signed in", s.begin(t, "")).GetSelf()
	after := time.Now()
	idle, ends := self.GetIdleUntil().AsTime(), self.GetEndsAt().AsTime()
	self.IdleUntil, self.EndsAt = nil, nil
	var team, title string
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), `SELECT key, title FROM directory.team WHERE kind = 'enabler'`).Scan(&team, &title)
	})
	want := &directoryv1.Self{
		Person: here + "/people/" + s.id.String(), Title: "Ünal O'Invented", AuthorityTitle: kith.Described[try.Kensington].Title, Administrator: true,
		Seats: []*directoryv1.Seat{{Team: here + "/teams/" + team, Title: title, Kind: directoryv1.TeamKind_TEAM_KIND_ENABLER}},
	}
	if !proto.Equal(self, want) {
		t.Errorf("%v, want %v", self, want)
	}
	if idle.Before(before.Add(30*time.Minute)) || idle.After(after.Add(32*time.Minute)) || ends.Before(before.Add(12*time.Hour-time.Millisecond)) || ends.After(after.Add(12*time.Hour)) {
		t.Errorf("ends %s, at the latest %s", idle, ends)
	}
	// Seats are by title, whatever the teams' keys are.
	s.own(t, `INSERT INTO directory.membership (person, team, since, note) SELECT $1, key, now() - interval '1 day', '' FROM directory.team WHERE kind IN ('strategy', 'insight')`, s.id)
	self = s.here(t, "again", s.begin(t, "")).GetSelf()
	titles := []string{}
	for _, one := range self.GetSeats() {
		titles = append(titles, one.GetTitle())
	}
	if len(titles) != 3 || !slices.IsSorted(titles) {
		t.Errorf("seats: %q", titles)
	}
}

func TestTheSecretOfASessionIsKeptNowhere(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	secret := s.begin(t, "Chrome on Android")
	s.here(t, "signed in", secret)
	bits, err := base64.RawURLEncoding.DecodeString(secret)
	if err != nil || len(bits) != 32 {
		t.Fatalf("%d bytes, %v", len(bits), err)
	}
	sum := sha256.Sum256([]byte(secret))
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		var rows, found int
		err := conn.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE t LIKE '%'||$1||'%' OR t LIKE '%'||$2||'%') FROM (
			SELECT s::text FROM directory.session s UNION ALL SELECT a::text FROM directory.audit a UNION ALL SELECT r::text FROM directory.request r
			UNION ALL SELECT encode(response, 'escape') FROM directory.request) AS everything (t)`, secret, hex.EncodeToString(bits)).Scan(&rows, &found)
		if err != nil || rows < 2 || found != 0 {
			t.Errorf("the secret is in %d of %d rows, %v", found, rows, err)
		}
		var hashed int
		err = conn.QueryRow(t.Context(), `SELECT count(*) FROM directory.session WHERE hash = $1 AND person = $2`, sum[:], s.id).Scan(&hashed)
		if hashed != 1 {
			t.Errorf("%d rows hold its hash", hashed)
		}
		return err
	})
	// Neither the hash nor its text signs anybody in.
	s.gone(t, "the hash in hexadecimal", hex.EncodeToString(sum[:]))
	s.gone(t, "the hash as a secret", base64.RawURLEncoding.EncodeToString(sum[:]))
}

func TestASessionEndsWithTheIdleTime(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	secret := s.begin(t, "")
	s.older(t, "last_act_at", 30*time.Minute+50*time.Second)
	// A page that looks for news by itself is answered, and changes nothing.
	was := s.lastAct(t)
	answer, err := s.page(t, secret, true)
	if err != nil || !s.lastAct(t).Equal(was) {
		t.Fatalf("unattended: %v, last act %s, was %s", err, s.lastAct(t), was)
	}
	if left := time.Until(answer.GetSelf().GetIdleUntil().AsTime()); left > 11*time.Second {
		t.Errorf("an unattended page is told of %s more", left)
	}
	answer = s.here(t, "within the idle time", secret)
	if left := time.Until(answer.GetSelf().GetIdleUntil().AsTime()); left < 30*time.Minute {
		t.Errorf("an act gives %s more", left)
	}
	if since := time.Since(s.lastAct(t)); since > time.Minute {
		t.Errorf("the act is not kept: %s", since)
	}
	s.older(t, "last_act_at", 31*time.Minute+2*time.Second)
	if _, err := s.page(t, secret, true); status.Code(err) != codes.Unauthenticated {
		t.Errorf("idle, and an unattended page is answered: %v", err)
	}
	s.gone(t, "idle", secret)
	s.gone(t, "idle, a moment later", secret)
}

func TestUnattendedPagesAloneEndASession(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	secret := s.begin(t, "")
	for minute := 0; minute < 31; minute += 5 {
		if _, err := s.page(t, secret, true); err != nil {
			t.Fatalf("after %d minutes: %v", minute, err)
		}
		s.older(t, "last_act_at", 5*time.Minute)
	}
	s.gone(t, "after 35 minutes in which only the page moved", secret)
}

func TestAnActIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	secret := s.begin(t, "")
	began := s.lastAct(t)
	s.here(t, "at once", secret)
	if !s.lastAct(t).Equal(began) {
		t.Error("an act within the minute was written")
	}
	s.older(t, "last_act_at", 61*time.Second)
	s.here(t, "after a minute", secret)
	if !s.lastAct(t).After(began.Add(-time.Second)) {
		t.Error("an act after a minute was not written")
	}
}

func TestASessionEndsTwelveHoursAfterSignIn(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	secret := s.begin(t, "")
	s.older(t, "began_at", 12*time.Hour-20*time.Second)
	self := s.here(t, "at the end of a long day", secret).GetSelf()
	if !self.GetIdleUntil().AsTime().Equal(self.GetEndsAt().AsTime()) {
		t.Errorf("idle until %s, though it ends at %s", self.GetIdleUntil().AsTime(), self.GetEndsAt().AsTime())
	}
	s.older(t, "began_at", 20*time.Second)
	s.gone(t, "after twelve hours", secret)
}

func TestEndedMembershipsAreGoneFromTheNextPassport(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	secret := s.begin(t, "")
	s.own(t, `UPDATE directory.membership SET until = now() - interval '1 second' WHERE person = $1`, s.id)
	s.own(t, `UPDATE directory.person SET administrator = false WHERE id = $1`, s.id)
	answer := s.here(t, "still signed in", secret)
	if p := verified(t, kith, answer.GetPassport()); len(p.Memberships) != 0 || p.Administrator || len(answer.GetSelf().GetSeats()) != 0 || answer.GetSelf().GetAdministrator() {
		t.Errorf("%+v, %v", p, answer.GetSelf())
	}
}

func TestASessionIsNothingForWhomItIsNotFor(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	secret := s.begin(t, "")
	s.gone(t, "an unknown secret", "unknown")
	s.gone(t, "a secret with more behind it", secret+"A")
	for change, back := range map[string]string{
		`UPDATE directory.session SET issuer = 'https://elsewhere' WHERE person = $1`:                 `UPDATE directory.session SET issuer = '` + try.Issuer + `' WHERE person = $1`,
		`UPDATE directory.session SET ended_at = now() WHERE person = $1`:                             `UPDATE directory.session SET ended_at = NULL WHERE person = $1`,
		`UPDATE directory.session SET hash = sha256(hash) WHERE person = $1`:                          `UPDATE directory.session SET hash = sha256(convert_to('` + secret + `', 'UTF8')) WHERE person = $1`,
		`UPDATE directory.session SET last_act_at = last_act_at - interval '1 day' WHERE person = $1`: `UPDATE directory.session SET last_act_at = last_act_at + interval '1 day' WHERE person = $1`,
	} {
		s.own(t, change, s.id)
		s.gone(t, change, secret)
		s.own(t, back, s.id)
		s.here(t, back, secret)
	}
	// The other authority has never heard of it.
	web := directoryv1.NewDirectoryServiceClient(kith.Conn(t, "web", "directory"))
	_, err := web.IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{
		Authority: "authorities/" + try.Hammersmith, Bearer: &directoryv1.IssuePassportRequest_Session{Session: &directoryv1.SessionBearer{Secret: secret}},
	})
	if fault.From(err).Reason != "UNAUTHENTICATED" {
		t.Errorf("in the other authority: %v", err)
	}
	if _, err := s.sessions(t).EndSession(t.Context(), &directoryv1.EndSessionRequest{Authority: "authorities/" + try.Hammersmith, Secret: secret}); err != nil {
		t.Errorf("signing out of the other authority: %v", err)
	}
	s.here(t, "after signing out of the other authority", secret)
}

func TestOnlyThePagesKnowSessions(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	secret := s.begin(t, "")
	for _, caller := range []string{"gateway", "referral", "familyfacing"} {
		_, err := directoryv1.NewDirectoryServiceClient(kith.Conn(t, caller, "directory")).IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{
			Authority: here, Bearer: &directoryv1.IssuePassportRequest_Session{Session: &directoryv1.SessionBearer{Secret: secret}},
		})
		if fault.From(err).Reason != "ENTRY_POINT" {
			t.Errorf("%s: %v", caller, err)
		}
		_, err = directoryv1.NewSessionServiceClient(kith.Conn(t, caller, "directory")).BeginSession(t.Context(), &directoryv1.BeginSessionRequest{Authority: here, Person: s.who})
		if fault.From(err).Reason != "CALLER_NOT_LISTED" {
			t.Errorf("%s: %v", caller, err)
		}
	}
}

func TestWhoHasAPlaceMaySignIn(t *testing.T) {
	t.Parallel()
	s := newSignIn(t)
	stranger := &directoryv1.SignedIn{Issuer: try.Issuer, Subject: "kc:nobody"}
	elsewhere := &directoryv1.SignedIn{Issuer: "https://elsewhere.example", Subject: s.who.GetSubject()}
	for _, c := range []struct {
		authority string
		who       *directoryv1.SignedIn
		known     bool
	}{{here, s.who, true}, {here, stranger, false}, {here, elsewhere, false}, {"authorities/" + try.Hammersmith, s.who, false}} {
		found, err := s.sessions(t).FindSignIn(t.Context(), &directoryv1.FindSignInRequest{Authority: c.authority, Person: c.who})
		if err != nil || found.GetKnown() != c.known || (found.GetAuthorityTitle() == kith.Described[try.Kensington].Title) != c.known || !c.known && found.GetAuthorityTitle() != "" {
			t.Errorf("%v in %s: %v, %v", c.who, c.authority, found, err)
		}
		_, err = s.sessions(t).BeginSession(t.Context(), &directoryv1.BeginSessionRequest{Authority: c.authority, Person: c.who})
		if want := map[bool]codes.Code{true: codes.OK, false: codes.Unauthenticated}[c.known]; status.Code(err) != want {
			t.Errorf("%v signs in to %s: %v", c.who, c.authority, err)
		}
	}
	if _, err := s.sessions(t).FindSignIn(t.Context(), &directoryv1.FindSignInRequest{Authority: "authorities/atlantis", Person: s.who}); status.Code(err) != codes.NotFound {
		t.Errorf("an authority that does not exist: %v", err)
	}
}

// A page that removes a person, or gives them another sign-in, changes the row as these statements do.
func TestWhoeverLeavesIsSignedOutForGood(t *testing.T) {
	t.Parallel()
	for change, back := range map[string]string{
		`UPDATE directory.person SET removed = true WHERE id = $1`:           `UPDATE directory.person SET removed = false WHERE id = $1`,
		`UPDATE directory.person SET subject = subject || 'x' WHERE id = $1`: `UPDATE directory.person SET subject = left(subject, -1) WHERE id = $1`,
	} {
		s := newSignIn(t)
		phone, desk := s.begin(t, ""), s.begin(t, "")
		s.own(t, `UPDATE directory.person SET title = title || '-Ward', phone = '1', administrator = false WHERE id = $1`, s.id)
		s.here(t, "after another change", phone)
		s.own(t, change, s.id)
		s.gone(t, change, phone)
		s.own(t, back, s.id)
		s.gone(t, back, phone)
		s.gone(t, back, desk)
		s.here(t, "signed in anew", s.begin(t, ""))
	}
}

func TestTheIdleTimeIsFiveMinutesToFourHours(t *testing.T) {
	t.Parallel()
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		for minutes, allowed := range map[int]bool{4: false, 5: true, 240: true, 241: false} {
			tx, err := conn.Begin(t.Context())
			if err != nil {
				return err
			}
			_, err = tx.Exec(t.Context(), `UPDATE directory.authority SET idle_minutes = $1`, minutes)
			if (err == nil) != allowed {
				t.Errorf("%d minutes: %v", minutes, err)
			}
			if err := tx.Rollback(t.Context()); err != nil {
				return err
			}
		}
		return nil
	})
	a, err := kith.Directory(t).GetAuthority(kith.As(t, try.Kensington, "amina-yusuf"), &directoryv1.GetAuthorityRequest{Name: here})
	if err != nil || a.GetAuthority().GetIdleMinutes() != 30 {
		t.Errorf("by default %d minutes, %v", a.GetAuthority().GetIdleMinutes(), err)
	}
}

func TestTheIdleTimeIsTheAuthoritysOwn(t *testing.T) {
	t.Parallel()
	const there = "authorities/" + try.Hammersmith
	web := kith.Conn(t, "web", "directory")
	begun, err := directoryv1.NewSessionServiceClient(web).BeginSession(t.Context(), &directoryv1.BeginSessionRequest{
		Authority: there, Person: &directoryv1.SignedIn{Issuer: try.Issuer, Subject: "hf:marlon-bissette"},
	})
	if err != nil {
		t.Fatal(err)
	}
	kith.Owner(t, try.Hammersmith, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE directory.authority SET idle_minutes = 45`)
		return err
	})
	answer, err := directoryv1.NewDirectoryServiceClient(web).IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{
		Authority: there, Bearer: &directoryv1.IssuePassportRequest_Session{Session: &directoryv1.SessionBearer{Secret: begun.GetSecret()}},
	})
	if left := time.Until(answer.GetSelf().GetIdleUntil().AsTime()); err != nil || left < 45*time.Minute || left > 47*time.Minute {
		t.Errorf("%s left, %v", left, err)
	}
	a, err := kith.Directory(t).GetAuthority(kith.As(t, try.Hammersmith, "marlon-bissette"), &directoryv1.GetAuthorityRequest{Name: there})
	if err != nil || a.GetAuthority().GetIdleMinutes() != 45 {
		t.Errorf("the authority says %d minutes, %v", a.GetAuthority().GetIdleMinutes(), err)
	}
}
