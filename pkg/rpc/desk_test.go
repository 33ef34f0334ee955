package rpc_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/rpc"
)

// desk is a real server of a real service interface, in memory, over real mutual TLS.
type desk struct {
	directoryv1.UnimplementedDirectoryServiceServer

	ca      *rpc.CA
	memory  *rpc.Memory
	signer  *passport.Signer
	keys    func(context.Context) (string, error)
	log     *bytes.Buffer
	reached atomic.Int64
	rung    atomic.Int64
	// work stands in for a use case.
	work func(context.Context) error

	mu      sync.Mutex
	denials []rpc.Denial
	denied  []string // the authority of each
}

func (d *desk) do(ctx context.Context) error {
	d.reached.Add(1)
	if d.work != nil {
		return d.work(ctx)
	}
	if passport.From(ctx) == nil {
		return nil
	}
	return audit.Write(ctx, paper{}, time.Now(), "test")
}

// paper takes any statement.
type paper struct{}

func (paper) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, nil
}

func (d *desk) IssuePassport(ctx context.Context, _ *directoryv1.IssuePassportRequest) (*directoryv1.IssuePassportResponse, error) {
	return &directoryv1.IssuePassportResponse{}, d.do(ctx)
}

func (d *desk) GetPassportKeys(ctx context.Context, _ *directoryv1.GetPassportKeysRequest) (*directoryv1.GetPassportKeysResponse, error) {
	return &directoryv1.GetPassportKeysResponse{}, d.do(ctx)
}

func (d *desk) NameActors(ctx context.Context, _ *directoryv1.NameActorsRequest) (*directoryv1.NameActorsResponse, error) {
	return &directoryv1.NameActorsResponse{}, d.do(ctx)
}

func (d *desk) GetPartnerReach(ctx context.Context, _ *directoryv1.GetPartnerReachRequest) (*directoryv1.GetPartnerReachResponse, error) {
	return &directoryv1.GetPartnerReachResponse{}, d.do(ctx)
}

func (d *desk) ListGuardians(ctx context.Context, _ *directoryv1.ListGuardiansRequest) (*directoryv1.ListGuardiansResponse, error) {
	return &directoryv1.ListGuardiansResponse{}, d.do(ctx)
}

func (d *desk) RecordDenial(ctx context.Context, _ *directoryv1.RecordDenialRequest) (*directoryv1.RecordDenialResponse, error) {
	return &directoryv1.RecordDenialResponse{}, d.do(ctx)
}

func (d *desk) GetAuthority(ctx context.Context, _ *directoryv1.GetAuthorityRequest) (*directoryv1.GetAuthorityResponse, error) {
	return &directoryv1.GetAuthorityResponse{}, d.do(ctx)
}

func (d *desk) ListTeams(ctx context.Context, _ *directoryv1.ListTeamsRequest) (*directoryv1.ListTeamsResponse, error) {
	return &directoryv1.ListTeamsResponse{}, d.do(ctx)
}

func (d *desk) ListMembers(ctx context.Context, _ *directoryv1.ListMembersRequest) (*directoryv1.ListMembersResponse, error) {
	return &directoryv1.ListMembersResponse{}, d.do(ctx)
}

func (d *desk) CoverPostcode(ctx context.Context, _ *directoryv1.CoverPostcodeRequest) (*directoryv1.CoverPostcodeResponse, error) {
	return &directoryv1.CoverPostcodeResponse{}, d.do(ctx)
}

const (
	issuePassport = directoryv1.DirectoryService_IssuePassport_FullMethodName
	getKeys       = directoryv1.DirectoryService_GetPassportKeys_FullMethodName
	recordDenial  = directoryv1.DirectoryService_RecordDenial_FullMethodName
	getAuthority  = directoryv1.DirectoryService_GetAuthority_FullMethodName
	listTeams     = directoryv1.DirectoryService_ListTeams_FullMethodName
	listMembers   = directoryv1.DirectoryService_ListMembers_FullMethodName
	coverPostcode = directoryv1.DirectoryService_CoverPostcode_FullMethodName
	nameActors    = directoryv1.DirectoryService_NameActors_FullMethodName
	partnerReach  = directoryv1.DirectoryService_GetPartnerReach_FullMethodName
	listGuardians = directoryv1.DirectoryService_ListGuardians_FullMethodName
	healthCheck   = "/grpc.health.v1.Health/Check"
	healthWatch   = "/grpc.health.v1.Health/Watch"
	healthList    = "/grpc.health.v1.Health/List"
)

// callers are the house's services, and a name that is none.
func callers() []string {
	return []string{
		"gateway", "web", "referral", "familyfacing", "insightbooking", "enablerreporting", "strategyapprovals", "budget", "directory", "stranger",
	}
}

func access() map[string]rpc.Access {
	return map[string]rpc.Access{
		issuePassport: {Callers: []string{"gateway", "web", "referral", "familyfacing"}, WithoutPassport: true},
		getKeys:       {Callers: []string{"referral", "familyfacing"}, WithoutPassport: true},
		recordDenial:  {Callers: []string{"gateway", "web"}},
		getAuthority:  {Callers: []string{"gateway", "web", "referral"}},
		listTeams:     {Callers: []string{"gateway", "web", "referral", "familyfacing"}},
		listMembers:   {Callers: []string{"web"}},
		coverPostcode: {Callers: []string{"referral"}},
		nameActors:    {Callers: []string{"web"}},
		partnerReach:  {Callers: []string{"referral"}},
		listGuardians: {Callers: []string{"familyfacing"}},
		healthCheck:   {Callers: []string{"directory"}, WithoutPassport: true},
		healthWatch:   {Callers: []string{"directory"}, WithoutPassport: true},
		healthList:    {Callers: []string{"directory"}},
	}
}

// ask gives a good request of a method, in an authority.
func ask(method, authority string) (req, answer proto.Message) {
	name := "authorities/" + authority
	switch method {
	case issuePassport:
		return &directoryv1.IssuePassportRequest{
			Authority: name, Bearer: &directoryv1.IssuePassportRequest_Service{Service: &directoryv1.ServiceCause{Cause: "test"}},
		}, &directoryv1.IssuePassportResponse{}
	case getKeys:
		return &directoryv1.GetPassportKeysRequest{}, &directoryv1.GetPassportKeysResponse{}
	case recordDenial:
		return &directoryv1.RecordDenialRequest{Method: "m", Reason: "R"}, &directoryv1.RecordDenialResponse{}
	case getAuthority:
		return &directoryv1.GetAuthorityRequest{Name: name}, &directoryv1.GetAuthorityResponse{}
	case listTeams:
		return &directoryv1.ListTeamsRequest{Parent: name}, &directoryv1.ListTeamsResponse{}
	case listMembers:
		return &directoryv1.ListMembersRequest{Parent: name + "/teams/north"}, &directoryv1.ListMembersResponse{}
	case coverPostcode:
		return &directoryv1.CoverPostcodeRequest{Parent: name, Postcode: "W8 7NX"}, &directoryv1.CoverPostcodeResponse{}
	case nameActors:
		return &directoryv1.NameActorsRequest{Parent: name}, &directoryv1.NameActorsResponse{}
	case partnerReach:
		return &directoryv1.GetPartnerReachRequest{Name: name + "/partners/police"}, &directoryv1.GetPartnerReachResponse{}
	case listGuardians:
		return &directoryv1.ListGuardiansRequest{Parent: name}, &directoryv1.ListGuardiansResponse{}
	default:
		return &healthv1.HealthCheckRequest{}, &healthv1.HealthCheckResponse{}
	}
}

// open starts a desk; change may alter its configuration.
func open(t *testing.T, change func(*desk, *rpc.ServerConfig)) *desk {
	t.Helper()
	ca, err := rpc.NewCA(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{ca: ca, memory: rpc.NewMemory([]string{"directory"}), log: &bytes.Buffer{}}
	if d.signer, err = passport.NewSigner(key, nil, time.Now); err != nil {
		t.Fatal(err)
	}
	d.keys = func(context.Context) (string, error) { return d.signer.Keys(), nil }
	verifier, err := passport.NewVerifier(func(ctx context.Context) (string, error) { return d.keys(ctx) }, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	cfg := rpc.ServerConfig{
		Identity: d.identity(t, "directory"), Access: access(), Verifier: verifier, Authorities: []string{"alpha", "beta"}, Audited: true, Now: time.Now,
		Deny: d.deny, Ring: func(context.Context) { d.rung.Add(1) },
		Log: slog.New(slog.NewTextHandler(locked{&d.mu, d.log}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(d, &cfg)
	}
	server, err := rpc.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	directoryv1.RegisterDirectoryServiceServer(server, d)
	healthv1.RegisterHealthServer(server, health.NewServer())
	if err := rpc.CheckAccess(server, cfg.Access); err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		if err := server.Serve(d.memory.Listener("directory")); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	t.Cleanup(func() { server.Stop(); served.Wait() })
	return d
}

type locked struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (d *desk) logged() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

func (d *desk) deny(ctx context.Context, denial rpc.Denial) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.denials, d.denied = append(d.denials, denial), append(d.denied, passport.Authority(ctx))
	return ctx.Err()
}

// kept gives the denials so far.
func (d *desk) kept() []rpc.Denial {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]rpc.Denial(nil), d.denials...)
}

func (d *desk) identity(t *testing.T, name string) rpc.Identity {
	t.Helper()
	id, err := d.ca.Identity(name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// dial connects as a service, or with any certificate.
func (d *desk) dial(t *testing.T, id rpc.Identity) *grpc.ClientConn {
	t.Helper()
	conn, err := rpc.Dial(id, d.memory.Network(), "directory")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// acting gives a context with a passport issued for the entry.
func (d *desk) acting(t *testing.T, p passport.Passport) context.Context {
	t.Helper()
	token, _, err := d.signer.Sign(&p)
	if err != nil {
		t.Fatal(err)
	}
	return passport.With(t.Context(), &p, token)
}

func person(entry string) passport.Passport {
	return passport.Passport{Authority: "alpha", Kind: passport.Person, ID: "p1", Entry: entry}
}
