package guard_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/reach"
	"github.com/kithcare/kith/services/platform"
	"github.com/kithcare/kith/services/platform/try"
)

const (
	here = "authorities/" + try.Kensington
	// The colleague is of the worker's team, the outsider of another.
	worker    = "amina-yusuf"
	cover     = "declan-orourke"
	colleague = "tomasz-lukaszewicz"
	outsider  = "marcus-fairweather"
	screener  = "winston-garrick"
	guardian  = "margaret-adeyemi-stone"
	deputy    = "henrik-solberg"
	team      = here + "/teams/north-kensington"
	receiver  = here + "/teams/holland-park"
	postcode  = "W10 4RA"
	reason    = "the mother rang, and is in danger"
)

// house is a platform with its mail and its clock.
type house struct {
	*try.Platform
	mail *mails

	mu    sync.Mutex
	ahead time.Duration
}

var kith *house

func TestMain(m *testing.M) {
	var err error
	if kith, err = open(context.Background()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	code := m.Run()
	if err := kith.close(); err != nil {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}

// newHouse is one whose clock the test moves.
func newHouse(t *testing.T) *house {
	t.Helper()
	h, err := open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.close() })
	return h
}

func open(ctx context.Context) (*house, error) {
	h := &house{mail: &mails{}}
	if err := h.mail.open(); err != nil {
		return nil, err
	}
	var err error
	h.Platform, err = try.Start(ctx, try.Config{
		Now:      h.now,
		Settings: func(s *platform.Settings) { s.Reach = reach.Means{SMTP: h.mail.address, From: "kith@kith.invalid"} },
	})
	return h, err
}

func (h *house) close() error {
	_ = h.mail.server.Close()
	return h.Stop(context.Background())
}

func (h *house) now() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return time.Now().Add(h.ahead) }

func (h *house) later(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.ahead += d }

// mails is a mail server that keeps what it is sent.
type mails struct {
	server  *smtp.Server
	address string
	mu      sync.Mutex
	got     []letter
}

type letter struct{ to, text string }

func (m *mails) open() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	m.address, m.server = listener.Addr().String(), smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{mails: m}, nil
	}))
	go func() { _ = m.server.Serve(listener) }()
	return nil
}

// about gives the letters with a reference.
func (m *mails) about(id string) (found []letter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.got {
		if strings.Contains(l.text, id) {
			found = append(found, l)
		}
	}
	return found
}

type session struct {
	mails *mails
	to    string
}

func (s *session) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = to; return nil }
func (s *session) Reset()                                    {}
func (s *session) Logout() error                             { return nil }
func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.mails.mu.Lock()
	defer s.mails.mu.Unlock()
	s.mails.got = append(s.mails.got, letter{s.to, string(text)})
	return err
}

func (h *house) guard(t *testing.T) familyfacingv1.GuardServiceClient {
	return familyfacingv1.NewGuardServiceClient(h.Conn(t, "web", "familyfacing"))
}

func (h *house) families(t *testing.T) familyfacingv1.FamilyServiceClient {
	return familyfacingv1.NewFamilyServiceClient(h.Conn(t, "web", "familyfacing"))
}

// as acts for somebody at the pages.
func (h *house) as(t *testing.T, who string) context.Context {
	t.Helper()
	return h.At(t, "web", try.Kensington, who)
}

// family is a new one that waits in the team, opened by a contact of the police.
func (h *house) family(t *testing.T, children ...*referralv1.ToldChild) *familyfacingv1.Family {
	t.Helper()
	for _, c := range children {
		c.Postcode = postcode
	}
	told, err := h.Referral(t).ReceiveContact(h.AsPartner(t, try.Kensington, "met-police"), &referralv1.ReceiveContactRequest{
		Parent: here, RequestId: uuid.NewString(),
		Told: &referralv1.Told{Source: &referralv1.Source{Code: "6", Organisation: "Police"}, Children: children, Worry: "alone at night"},
	})
	if err != nil {
		t.Fatal(err)
	}
	contact := told.GetContact()
	for i := range children {
		seen, err := h.Referral(t).GetContact(h.As(t, try.Kensington, screener), &referralv1.GetContactRequest{Name: contact.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = h.Referral(t).ScreenChild(h.As(t, try.Kensington, screener), &referralv1.ScreenChildRequest{
			Name: seen.GetContact().GetChildren()[i].GetName(), Outcome: referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM, Reason: "it needs this",
			ReasonForReferrer: "thank you", Etag: seen.GetContact().GetEtag(), RequestId: uuid.NewString(),
		}); err != nil {
			t.Fatal(err)
		}
	}
	var id uuid.UUID
	try.Until(t, "the family is opened", func() bool {
		var n int
		h.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
			err := conn.QueryRow(t.Context(), `SELECT count(p.id), coalesce(min(f.id::text), $2::text)::uuid FROM familyfacing.family f
				JOIN familyfacing.person p ON p.family = f.id AND p.is_child WHERE f.contact = $1`, last(contact.GetName()), uuid.Nil.String()).Scan(&n, &id)
			return err
		})
		return n == len(children)
	})
	return h.get(t, worker, here+"/families/"+id.String())
}

// allocated is a family with its worker and cover.
func (h *house) allocated(t *testing.T, children ...*referralv1.ToldChild) *familyfacingv1.Family {
	t.Helper()
	f := h.family(t, children...)
	answer, err := h.families(t).AllocateFamily(h.as(t, worker), &familyfacingv1.AllocateFamilyRequest{
		Name: f.GetName(), Worker: h.person(t, worker), Cover: h.person(t, cover), Etag: f.GetEtag(), RequestId: uuid.NewString(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetFamily()
}

func (h *house) person(t *testing.T, who string) string { return h.Person(t, try.Kensington, who) }

func (h *house) look(t *testing.T, who, name string) (*familyfacingv1.Family, error) {
	t.Helper()
	answer, err := h.families(t).GetFamily(h.as(t, who), &familyfacingv1.GetFamilyRequest{Name: name})
	return answer.GetFamily(), err
}

func (h *house) get(t *testing.T, who, name string) *familyfacingv1.Family {
	t.Helper()
	f, err := h.look(t, who, name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// restrict hides a family from all but those named.
func (h *house) restrict(t *testing.T, name string, people ...string) *familyfacingv1.Restriction {
	t.Helper()
	req := &familyfacingv1.RestrictFamilyRequest{Name: name, Kind: familyfacingv1.RestrictionKind_RESTRICTION_KIND_HIGH_RISK, Reason: "threats", RequestId: uuid.NewString()}
	for _, p := range people {
		req.People = append(req.People, h.person(t, p))
	}
	answer, err := h.guard(t).RestrictFamily(h.as(t, guardian), req)
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetRestriction()
}

// breaks opens a family, by its name or the number of somebody in it.
func (h *house) breaks(t *testing.T, who string, change func(*familyfacingv1.BreakGlassRequest)) (*familyfacingv1.GlassBroken, error) {
	t.Helper()
	req := &familyfacingv1.BreakGlassRequest{Parent: here, Reason: reason, RequestId: uuid.NewString()}
	change(req)
	answer, err := h.guard(t).BreakGlass(h.as(t, who), req)
	return answer.GetUse(), err
}

func byName(name string, minutes int32) func(*familyfacingv1.BreakGlassRequest) {
	return func(req *familyfacingv1.BreakGlassRequest) { req.Family, req.Minutes = name, minutes }
}

func byNumber(number string) func(*familyfacingv1.BreakGlassRequest) {
	return func(req *familyfacingv1.BreakGlassRequest) { req.NhsNumber = number }
}

func last(name string) string { return name[strings.LastIndex(name, "/")+1:] }

func wants(t *testing.T, err error, code codes.Code, why, what string) {
	t.Helper()
	got := ""
	if err != nil {
		got = fault.From(err).Reason
	}
	if status.Code(err) != code || got != why {
		t.Errorf("%s: %v, want %s %s", what, err, code, why)
	}
}

// count reads one number with the owner's login.
func (h *house) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	h.Owner(t, try.Kensington, func(conn *pgx.Conn) error { return conn.QueryRow(t.Context(), sql, args...).Scan(&n) })
	return n
}
