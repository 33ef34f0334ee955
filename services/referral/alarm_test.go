package referral_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg/pgtest"
	"github.com/kithcare/kith/pkg/reach"
	"github.com/kithcare/kith/services/platform"
	"github.com/kithcare/kith/services/platform/try"
	"github.com/kithcare/kith/services/referral"
)

// outside receives what leaves the house: e-mail and web call-backs.
type outside struct {
	mu    sync.Mutex
	mails []string
	calls []call
	// broken makes both refuse.
	broken bool
	smtp   string
	http   string
}

type call struct {
	path, body string
	header     http.Header
}

func (o *outside) got() (mails []string, calls []call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.mails), slices.Clone(o.calls)
}

// mailbox takes one mail.
type mailbox struct{ outside *outside }

func (m mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return m, nil }
func (m mailbox) Mail(string, *smtp.MailOptions) error        { return nil }
func (m mailbox) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (m mailbox) Reset()                                      {}
func (m mailbox) Logout() error                               { return nil }
func (m mailbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	m.outside.mu.Lock()
	defer m.outside.mu.Unlock()
	if m.outside.broken {
		return errors.New("the mailbox is full")
	}
	m.outside.mails = append(m.outside.mails, string(text))
	return err
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(mailbox{o})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.broken {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		o.calls = append(o.calls, call{r.URL.Path, string(body), r.Header.Clone()})
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(web.Close)
	o.smtp, o.http = listener.Addr().String(), web.URL
	return o
}

// lines is a log that many write to.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// night is a platform at three on a working day's morning.
func night(t *testing.T, o *outside, log io.Writer) (*try.Platform, reach.Means) {
	t.Helper()
	began := time.Now()
	means := reach.Means{
		SMTP: o.smtp, From: "kith@kith.invalid", Loopback: true,
		CallBackSecret: base64.StdEncoding.EncodeToString([]byte("a secret of thirty-two letters ok")),
	}
	p, err := try.Start(context.Background(), try.Config{
		Now: func() time.Time { return threeAM().Add(time.Since(began)) }, Log: log,
		Settings: func(s *platform.Settings) { s.Reach = means },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(context.Background()) })
	p.Owner(t, kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE directory.authority SET out_of_hours_call_back = $1`, o.http)
		return err
	})
	return p, means
}

func threeAM() time.Time { return time.Date(2026, 11, 18, 3, 0, 0, 0, time.UTC) }

// another is a referral service over the platform's databases that shares nothing else with the running one.
func another(t *testing.T, p *try.Platform, change func(*referral.Deps)) *referral.Service {
	t.Helper()
	db, err := pgtest.Databases("referral", p.Databases[kensington], p.Databases[try.Hammersmith])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	directory := directoryv1.NewDirectoryServiceClient(p.Conn(t, "referral", "directory"))
	deps := referral.Deps{
		DB: db, Directory: directory, Match: familyfacingv1.NewMatchServiceClient(p.Conn(t, "referral", "familyfacing")),
		Act: func(ctx context.Context, authority, cause, _ string) (context.Context, error) {
			answer, err := directory.IssuePassport(ctx, &directoryv1.IssuePassportRequest{
				Authority: "authorities/" + authority, Bearer: &directoryv1.IssuePassportRequest_Service{Service: &directoryv1.ServiceCause{Cause: cause}},
			})
			if err != nil {
				return nil, err
			}
			return passport.With(ctx, &passport.Passport{Authority: authority, Kind: passport.Service, ID: "referral", Entry: "referral", Cause: cause}, answer.GetPassport()), nil
		},
		Ring: func(context.Context) {}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	change(&deps)
	s, err := referral.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func inDanger() *referralv1.Told {
	told := policeTold()
	told.ImmediateDanger = true
	return told
}

func TestDangerAtThreeInTheMorningReachesSomeone(t *testing.T) {
	t.Parallel()
	o, log := newOutside(t), &lines{}
	p, means := night(t, o, log)
	told := inDanger()
	answer, err := p.Referral(t).ReceiveContact(p.AsPartner(t, kensington, "met-police"), &referralv1.ReceiveContactRequest{
		Parent: "authorities/" + kensington, Told: told, RequestId: key(),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := answer.GetContact()
	equal(t, "urgent limit", c.GetDecisionDueBy().AsTime().Sub(c.GetReceivedAt().AsTime()), time.Hour)
	try.Until(t, "a mail and a call-back come", func() bool {
		mails, calls := o.got()
		return len(mails) == 1 && len(calls) == 1
	})
	mails, calls := o.got()
	signer, err := standardwebhooks.NewWebhook(means.CallBackSecret)
	if err != nil {
		t.Fatal(err)
	}
	if err := signer.VerifyIgnoringTimestamp([]byte(calls[0].body), calls[0].header); err != nil {
		t.Errorf("the call-back's signature: %v", err)
	}
	for _, text := range []string{mails[0], calls[0].body} {
		if !strings.Contains(text, c.GetReceipt()) || !strings.Contains(text, "immediate danger") {
			t.Errorf("%q says neither receipt nor danger", text)
		}
		for _, never := range []string{"Silva", "Invented", "worry-words", "W10", "MERLIN", "Metropolitan"} {
			if strings.Contains(text, never) {
				t.Errorf("%q left the house", never)
			}
		}
	}
	try.Until(t, "the alarm is in the log", func() bool { return strings.Contains(log.String(), "danger_unacknowledged") })
	rounds(t, p, means, o, c)
	for _, never := range []string{"Silva", "12 Invented Road", "worry-words", "MERLIN-"} {
		if strings.Contains(log.String(), never) {
			t.Errorf("%q stands in a log", never)
		}
	}
}

// rounds goes through the later rounds of an alarm: delivered again, not delivered, delivered, acknowledged.
func rounds(t *testing.T, p *try.Platform, means reach.Means, o *outside, c *referralv1.Contact) {
	t.Helper()
	ctx := passport.WithAuthority(t.Context(), kensington)
	s := another(t, p, func(d *referral.Deps) { d.Reach, d.Now = means, threeAM })
	sound := func(want bool) {
		t.Helper()
		again, err := s.SoundAlarm(ctx, id(c.GetName()))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "another round is due", again, want)
	}
	see := func() *referralv1.Contact {
		t.Helper()
		answer, err := p.Referral(t).GetContact(p.As(t, kensington, screener), &referralv1.GetContactRequest{Name: c.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		return answer.GetContact()
	}
	failed := func() bool {
		t.Helper()
		return slices.Contains(see().GetDesk().GetNeedsPerson(), referralv1.NeedsPerson_NEEDS_PERSON_DELIVERY_FAILED)
	}
	sound(true)
	mails, _ := o.got()
	equal(t, "mails after two rounds", len(mails), 2)
	equal(t, "needs a person", failed(), false)
	o.mu.Lock()
	o.broken = true
	o.mu.Unlock()
	sound(true)
	equal(t, "needs a person when nobody was reached", failed(), true)
	o.mu.Lock()
	o.broken = false
	o.mu.Unlock()
	sound(true)
	equal(t, "needs a person once somebody was reached", failed(), false)

	day := another(t, p, func(d *referral.Deps) {
		d.Reach, d.Now = means, func() time.Time { return threeAM().Add(8 * time.Hour) }
	})
	before, _ := o.got()
	if again, err := day.SoundAlarm(ctx, id(c.GetName())); err != nil || !again {
		t.Errorf("by day: %v, %v", again, err)
	}
	after, _ := o.got()
	equal(t, "mails by day", len(after), len(before))

	now := see()
	_, err := p.Referral(t).AcknowledgeDanger(p.As(t, kensington, worker), &referralv1.AcknowledgeDangerRequest{Name: c.GetName(), Etag: now.GetEtag(), RequestId: key()})
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	answer, err := p.Referral(t).AcknowledgeDanger(p.As(t, kensington, screener), &referralv1.AcknowledgeDangerRequest{Name: c.GetName(), Etag: now.GetEtag(), RequestId: key()})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "who", answer.GetContact().GetDesk().GetDangerAcknowledgedBy(), p.Person(t, kensington, screener))
	sound(false)
	p.Owner(t, kensington, func(conn *pgx.Conn) error {
		var delivered, failures int
		err := conn.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE delivered), count(*) FILTER (WHERE NOT delivered AND failure <> '') FROM referral.alarm WHERE contact = $1`,
			id(c.GetName())).Scan(&delivered, &failures)
		// Five rounds at the desk, three of them heard outside by two channels, one refused by both.
		equal(t, "attempts that reached", delivered, 5+3*2)
		equal(t, "attempts that failed", failures, 2)
		return err
	})
	_, err = p.Referral(t).AcknowledgeDanger(p.As(t, kensington, screener), &referralv1.AcknowledgeDangerRequest{
		Name: c.GetName(), Etag: answer.GetContact().GetEtag(), RequestId: key(),
	})
	refused(t, err, codes.FailedPrecondition, "NO_DANGER_OPEN")
	oldest := another(t, p, func(d *referral.Deps) { d.Now = func() time.Time { return threeAM().Add(32 * time.Hour) } })
	age, err := oldest.OldestUndecided(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// Eight hours of Wednesday and two of Thursday.
	equal(t, "age in working hours", age, 10*time.Hour)
}

func TestWhereNobodyCanBeReachedAPersonHasToKnow(t *testing.T) {
	t.Parallel()
	c := receive(t, inDanger())
	s := another(t, kith, func(d *referral.Deps) { d.Now = threeAM })
	if again, err := s.SoundAlarm(passport.WithAuthority(t.Context(), kensington), id(c.GetName())); err != nil || !again {
		t.Fatalf("%v, %v", again, err)
	}
	if !slices.Contains(get(t, c.GetName()).GetDesk().GetNeedsPerson(), referralv1.NeedsPerson_NEEDS_PERSON_DELIVERY_FAILED) {
		t.Error("nobody is told that nobody was reached")
	}
}

func TestDangerThatIsAmendedInRaisesTheAlarm(t *testing.T) {
	t.Parallel()
	told := policeTold()
	c := receive(t, told)
	told.ImmediateDanger = true
	got, err := amend(t, c, told)
	if err != nil {
		t.Fatal(err)
	}
	if !got.GetDecisionDueBy().AsTime().Before(c.GetDecisionDueBy().AsTime()) {
		t.Error("it is not due sooner")
	}
	try.Until(t, "the alarm sounds", func() bool {
		return count(t, `SELECT count(*) FROM referral.alarm WHERE contact = $1 AND channel = 'DESK'`, id(c.GetName())) > 0
	})
}

// silent is a directory that does not answer.
type silent struct {
	directoryv1.DirectoryServiceClient
}

func (silent) CoverPostcode(context.Context, *directoryv1.CoverPostcodeRequest, ...grpc.CallOption) (*directoryv1.CoverPostcodeResponse, error) {
	return nil, status.Error(codes.Unavailable, "down")
}

func (silent) GetPartnerReach(context.Context, *directoryv1.GetPartnerReachRequest, ...grpc.CallOption) (*directoryv1.GetPartnerReachResponse, error) {
	return nil, status.Error(codes.Unavailable, "down")
}

func (silent) GetAuthority(context.Context, *directoryv1.GetAuthorityRequest, ...grpc.CallOption) (*directoryv1.GetAuthorityResponse, error) {
	return nil, status.Error(codes.Unavailable, "down")
}

func TestAContactIsTakenInWhileTheDirectoryIsDownAndFindsItsPatchLater(t *testing.T) {
	t.Parallel()
	s := another(t, kith, func(d *referral.Deps) { d.Directory = silent{d.Directory} })
	sender := &passport.Passport{Authority: kensington, Kind: passport.Partner, ID: uuid.NewString(), Scopes: []string{"contacts:write"}}
	answer, err := s.ReceiveContact(passport.With(t.Context(), sender, ""), &referralv1.ReceiveContactRequest{
		Parent: "authorities/" + kensington, Told: policeTold(), RequestId: key(),
	})
	if err != nil {
		t.Fatal(err)
	}
	name := answer.GetContact().GetName()
	if still, err := s.LookUpPatches(passport.WithAuthority(t.Context(), kensington), id(name)); err != nil || !still {
		t.Errorf("while the directory is down: still open %v, %v", still, err)
	}
	try.Until(t, "the patch is found", func() bool { return get(t, name).GetChildren()[1].GetDesk().GetTeam() == north })
	equal(t, "needs a person", len(get(t, name).GetDesk().GetNeedsPerson()), 0)
}
