package gateway_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/rpc"
	"github.com/kithcare/kith/services/gateway"
)

const (
	contactID = "0192f0c0-0000-7000-8000-000000000001"
	contacts  = "/v1/authorities/north/contacts"
	short     = `{"source":{"code":"9"},"children":[{"description":"a boy of about eight"}],"worry":"He is out alone late at night."}`
)

// clock is a clock that the test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// notes is a log that can be read while it is written.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// house is a gateway before services that answer as they are told to.
type house struct {
	*gateway.Gateway
	north, south *testIssuer
	directory    *fakeDirectory
	referral     *fakeReferral
	family       *fakeFamily
	clock        *clock
	log          *notes
}

func newHouse(t *testing.T, change func(*gateway.Deps)) *house {
	t.Helper()
	network := newNetwork(t)
	h := &house{
		north: newIssuer(t), south: newIssuer(t), clock: newClock(), log: &notes{},
		directory: network.directory, referral: network.referral, family: network.family,
	}
	deps := gateway.Deps{
		Authorities: []gateway.Authority{{Name: "north", Issuers: []string{h.north.url}}, {Name: "south", Issuers: []string{h.south.url}}},
		Audience:    "kith", Directory: directoryv1.NewDirectoryServiceClient(network.conn("directory")),
		Conns: network.conn, Now: h.clock.now, Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Version: "test",
	}
	if change != nil {
		change(&deps)
	}
	g, err := gateway.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	h.Gateway = g
	return h
}

// ask makes a call as the partner "police" of the north, unless a header says otherwise.
func (h *house) ask(t *testing.T, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", "key-1")
	}
	r.Header.Set("Authorization", "Bearer "+h.north.partner(t, "police", "contacts.write contacts.read"))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// network is the services in memory, over the real mTLS and interceptors.
type network struct {
	directory *fakeDirectory
	referral  *fakeReferral
	family    *fakeFamily
	conns     map[string]*grpc.ClientConn
}

func (n *network) conn(service string) grpc.ClientConnInterface { return n.conns[service] }

func newNetwork(t *testing.T) *network {
	t.Helper()
	ca, err := rpc.NewCA(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// Passports don't end while a test takes its time.
	started := time.Now()
	still := func() time.Time { return started }
	signer, err := passport.NewSigner(key, nil, still)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{directory: &fakeDirectory{signer: signer}, referral: &fakeReferral{}, family: &fakeFamily{}, conns: map[string]*grpc.ClientConn{}}
	memory := rpc.NewMemory([]string{"directory", "referral", "familyfacing"})
	identity, err := ca.Identity("gateway")
	if err != nil {
		t.Fatal(err)
	}
	for name, service := range map[string]struct {
		file     protoreflect.FileDescriptor
		register func(*grpc.Server)
	}{
		"directory": {directoryv1.File_kith_directory_v1_directory_proto, func(s *grpc.Server) { directoryv1.RegisterDirectoryServiceServer(s, n.directory) }},
		"referral":  {referralv1.File_kith_referral_v1_referral_proto, func(s *grpc.Server) { referralv1.RegisterReferralServiceServer(s, n.referral) }},
		"familyfacing": {familyfacingv1.File_kith_familyfacing_v1_family_proto, func(s *grpc.Server) {
			familyfacingv1.RegisterFamilyServiceServer(s, n.family)
		}},
	} {
		serve(t, ca, memory, name, service.file, service.register, signer.Keys(), still)
		if n.conns[name], err = rpc.Dial(identity, memory.Network(), name); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = n.conns[name].Close() })
	}
	return n
}

func serve(t *testing.T, ca *rpc.CA, memory *rpc.Memory, name string, file protoreflect.FileDescriptor, register func(*grpc.Server), keys string, now func() time.Time) {
	t.Helper()
	identity, err := ca.Identity(name)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := passport.NewVerifier(func(context.Context) (string, error) { return keys, nil }, now)
	if err != nil {
		t.Fatal(err)
	}
	access := map[string]rpc.Access{}
	for i := range file.Services().Len() {
		service := file.Services().Get(i)
		for j := range service.Methods().Len() {
			method := service.Methods().Get(j).Name()
			access[fmt.Sprintf("/%s/%s", service.FullName(), method)] = rpc.Access{Callers: []string{"gateway"}, WithoutPassport: method == "IssuePassport"}
		}
	}
	server, err := rpc.NewServer(rpc.ServerConfig{
		Identity: identity, Access: access, Verifier: verifier, Authorities: []string{"north", "south"},
		Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	register(server)
	go func() { _ = server.Serve(memory.Listener(name)) }()
	t.Cleanup(server.Stop)
}

// fakeDirectory signs real passports.
type fakeDirectory struct {
	directoryv1.UnimplementedDirectoryServiceServer
	signer *passport.Signer

	mu      sync.Mutex
	asked   []*directoryv1.IssuePassportRequest
	denials []string
	refuse  error
	hold    chan struct{}

	refuseDenials error
	hangOnDenials bool
}

func (d *fakeDirectory) IssuePassport(_ context.Context, req *directoryv1.IssuePassportRequest) (*directoryv1.IssuePassportResponse, error) {
	d.mu.Lock()
	d.asked = append(d.asked, req)
	refuse, hold := d.refuse, d.hold
	d.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if refuse != nil {
		return nil, refuse
	}
	p := &passport.Passport{Authority: strings.TrimPrefix(req.GetAuthority(), "authorities/"), Entry: "gateway", Kind: passport.Person, ID: req.GetPerson().GetSubject()}
	if partner := req.GetPartner(); partner != nil {
		p.Kind, p.ID, p.Scopes = passport.Partner, partner.GetClientId(), partner.GetScopes()
	}
	token, expires, err := d.signer.Sign(p)
	return &directoryv1.IssuePassportResponse{Passport: token, ExpiresAt: timestamppb.New(expires)}, err
}

func (d *fakeDirectory) RecordDenial(ctx context.Context, req *directoryv1.RecordDenialRequest) (*directoryv1.RecordDenialResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hangOnDenials {
		<-ctx.Done()
	}
	if d.refuseDenials != nil {
		return nil, d.refuseDenials
	}
	d.denials = append(d.denials, passport.From(ctx).Actor()+" "+req.GetMethod()+" "+req.GetReason())
	return &directoryv1.RecordDenialResponse{}, nil
}

func (d *fakeDirectory) ListTeams(context.Context, *directoryv1.ListTeamsRequest) (*directoryv1.ListTeamsResponse, error) {
	return &directoryv1.ListTeamsResponse{Teams: []*directoryv1.Team{{Name: "authorities/north/teams/referral", Kind: directoryv1.TeamKind_TEAM_KIND_REFERRAL}}}, nil
}

func (d *fakeDirectory) CoverPostcode(context.Context, *directoryv1.CoverPostcodeRequest) (*directoryv1.CoverPostcodeResponse, error) {
	return &directoryv1.CoverPostcodeResponse{Known: true}, nil
}

func (d *fakeDirectory) passportsAsked() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.asked)
}

func (d *fakeDirectory) kept() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.denials...)
}

// fakeReferral keeps what it was sent.
type fakeReferral struct {
	referralv1.UnimplementedReferralServiceServer
	mu        sync.Mutex
	received  []*referralv1.ReceiveContactRequest
	overLimit []bool
	linked    *referralv1.LinkContactRequest
	listed    *referralv1.ListContactsRequest
	actor     string
	fail      error
	hold      chan struct{}
	entered   chan struct{}
}

func (s *fakeReferral) ReceiveContact(ctx context.Context, req *referralv1.ReceiveContactRequest) (*referralv1.ReceiveContactResponse, error) {
	s.mu.Lock()
	s.received = append(s.received, req)
	s.overLimit = append(s.overLimit, rpc.OverLimit(ctx))
	s.actor = passport.From(ctx).Actor()
	fail, hold, entered := s.fail, s.hold, s.entered
	s.mu.Unlock()
	if entered != nil {
		entered <- struct{}{}
	}
	if hold != nil {
		<-hold
	}
	if fail != nil {
		return nil, fail
	}
	return &referralv1.ReceiveContactResponse{Contact: &referralv1.Contact{
		Name: req.GetParent() + "/contacts/" + contactID, Receipt: "K7-M2P-4", State: referralv1.ContactState_CONTACT_STATE_UNDECIDED, Etag: "v1",
	}}, nil
}

func (s *fakeReferral) GetContact(_ context.Context, req *referralv1.GetContactRequest) (*referralv1.GetContactResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	return &referralv1.GetContactResponse{Contact: &referralv1.Contact{Name: req.GetName(), Etag: "v1", SeenAt: timestamppb.New(time.Unix(0, 0))}}, nil
}

func (s *fakeReferral) ListContacts(_ context.Context, req *referralv1.ListContactsRequest) (*referralv1.ListContactsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listed = req
	return &referralv1.ListContactsResponse{
		Contacts: []*referralv1.ContactSummary{{WithDuty: true, Unseen: true, Undelivered: true}}, Waiting: &referralv1.Waiting{Undelivered: 2, AsOf: timestamppb.New(time.Unix(0, 0))},
	}, nil
}

func (s *fakeReferral) ListContactHistory(_ context.Context, req *referralv1.ListContactHistoryRequest) (*referralv1.ListContactHistoryResponse, error) {
	return &referralv1.ListContactHistoryResponse{Events: []*referralv1.ContactEvent{{How: "SEEN"}}, Looks: []*referralv1.ContactLook{{By: req.GetParent()}}}, nil
}

func (s *fakeReferral) LinkContact(_ context.Context, req *referralv1.LinkContactRequest) (*referralv1.LinkContactResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.linked = req
	return &referralv1.LinkContactResponse{Contact: &referralv1.Contact{Name: req.GetName(), Etag: "v2"}}, nil
}

func (s *fakeReferral) contacts() []*referralv1.ReceiveContactRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*referralv1.ReceiveContactRequest(nil), s.received...)
}

func (s *fakeReferral) failing(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

type fakeFamily struct {
	familyfacingv1.UnimplementedFamilyServiceServer
	mu       sync.Mutex
	acquired *familyfacingv1.AcknowledgeUrgentRequest
}

func (s *fakeFamily) AcknowledgeUrgent(_ context.Context, req *familyfacingv1.AcknowledgeUrgentRequest) (*familyfacingv1.AcknowledgeUrgentResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acquired = req
	if req.GetEtag() != "v7" {
		return nil, fault.Conflict("CHANGED", "it was changed meanwhile", map[string]string{"etag": "v7"})
	}
	return &familyfacingv1.AcknowledgeUrgentResponse{Family: &familyfacingv1.Family{Name: req.GetName(), Etag: "v8"}}, nil
}
