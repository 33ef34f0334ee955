// Package try is the whole platform for a test binary: every service of the map over connections in memory, on real
// PostgreSQL, with the two demonstration authorities described and nothing else in the databases.
package try

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgtest"
	"github.com/kithcare/kith/pkg/rpc"
	"github.com/kithcare/kith/services/demo"
	"github.com/kithcare/kith/services/directory"
	"github.com/kithcare/kith/services/directory/description"
	"github.com/kithcare/kith/services/platform"
)

// Issuer is whose word the platform takes.
const Issuer = "http://127.0.0.1/issuer"

// The authorities of the platform.
const (
	Kensington  = "kensington-chelsea"
	Hammersmith = "hammersmith-fulham"
)

// Config varies a platform.
type Config struct {
	// Now is the time that rules use; nil means the present.
	Now func() time.Time
	// Log receives what the services log; nil drops it.
	Log io.Writer
	// Settings are changed by it before anything starts; nil leaves them.
	Settings func(*platform.Settings)
	// Options of a service are changed by it before that starts; nil leaves them.
	Options func(*platform.Options)
}

// Platform is a running one.
type Platform struct {
	// Described are the authorities as imported.
	Described map[string]*description.Authority
	// Databases by authority.
	Databases map[string]*pgtest.Authority
	Redis     *miniredis.Miniredis
	Network   rpc.Network
	Settings  platform.Settings

	config  Config
	server  *pgtest.Server
	client  *redis.Client
	ca      *rpc.CA
	running map[string]*platform.Running

	mu    sync.Mutex
	conns map[[2]string]*grpc.ClientConn
}

// Main runs a package's tests with a platform: `func TestMain(m *testing.M) { os.Exit(try.Main(m, &kith)) }`.
func Main(m *testing.M, p **Platform) int {
	ctx := context.Background()
	started, err := Start(ctx, Config{})
	if err != nil {
		fmt.Println("the platform for tests does not start:", err)
		return 1
	}
	*p = started
	code := m.Run()
	if err := started.Stop(ctx); err != nil {
		fmt.Println(err)
		return 1
	}
	return code
}

// Start starts a platform. Stop it.
func Start(ctx context.Context, c Config) (*Platform, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = io.Discard
	}
	p := &Platform{
		config: c, Described: map[string]*description.Authority{}, Databases: map[string]*pgtest.Authority{},
		running: map[string]*platform.Running{}, conns: map[[2]string]*grpc.ClientConn{},
	}
	if err := p.start(ctx); err != nil {
		_ = p.Stop(ctx)
		return nil, err
	}
	return p, nil
}

func (p *Platform) start(ctx context.Context) error {
	var err error
	if p.server, err = pgtest.Open(ctx); err != nil {
		return err
	}
	for _, name := range []string{Kensington, Hammersmith} {
		if err := p.authority(ctx, name); err != nil {
			return err
		}
	}
	if p.Redis, err = miniredis.Run(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	p.client = redis.NewClient(&redis.Options{Addr: p.Redis.Addr()})
	if p.ca, err = rpc.NewCA(time.Now); err != nil {
		return err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("passport key: %w", err)
	}
	p.Settings = platform.Settings{PassportKey: key, Audience: "kith", Version: "test"}
	for name, a := range p.Databases {
		p.Settings.Authorities = append(p.Settings.Authorities, platform.Authority{Name: name, Issuers: []string{Issuer}, URL: a.URL})
	}
	if p.config.Settings != nil {
		p.config.Settings(&p.Settings)
	}
	memory := rpc.NewMemory(platform.Names())
	p.Network = memory.Network()
	for _, s := range platform.Map() {
		if err := p.service(ctx, s.Name, memory); err != nil {
			return err
		}
	}
	return nil
}

func (p *Platform) service(ctx context.Context, name string, memory *rpc.Memory) error {
	id, err := p.ca.Identity(name)
	if err != nil {
		return err
	}
	o := platform.Options{
		Settings: p.Settings, Service: name, Identity: id, Network: p.Network, Listener: memory.Listener(name), Redis: p.client,
		Now: p.config.Now, Wall: time.Now, Log: slog.New(slog.NewTextHandler(p.config.Log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if p.config.Options != nil {
		p.config.Options(&o)
	}
	p.running[name], err = platform.Start(ctx, o)
	return err
}

// authority makes a database and describes the authority in it.
func (p *Platform) authority(ctx context.Context, name string) error {
	var schemas []pg.Schema
	for _, s := range platform.Map() {
		if s.Schema != nil {
			schemas = append(schemas, s.Schema())
		}
	}
	database, err := p.server.NewAuthority(ctx, name, schemas...)
	if err != nil {
		return err
	}
	folder := demo.Authorities()
	file, err := folder.Open(name + ".yaml")
	if err != nil {
		return fmt.Errorf("description: %w", err)
	}
	a, problems := description.Read(file, name, func(f string) (io.ReadCloser, error) { return folder.Open(path.Clean(f)) })
	if len(problems) > 0 {
		return platform.Problems(problems)
	}
	conn, err := pgx.Connect(ctx, database.OwnerURL())
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := directory.Import(ctx, conn, a, "test", p.config.Now()); err != nil {
		return err
	}
	p.Described[name], p.Databases[name] = a, database
	return nil
}

// Stop ends it.
func (p *Platform) Stop(ctx context.Context) error {
	for _, c := range p.conns {
		_ = c.Close()
	}
	for _, name := range platform.Names() {
		if r := p.running[name]; r != nil {
			r.Stop()
		}
	}
	if p.client != nil {
		_ = p.client.Close()
	}
	if p.Redis != nil {
		p.Redis.Close()
	}
	if p.server != nil {
		return p.server.Close(ctx)
	}
	return nil
}

// HTTP is what a service serves to people or partners.
func (p *Platform) HTTP(service string) *platform.Running { return p.running[service] }

// Identity makes a certificate of the installation for any name.
func (p *Platform) Identity(name string) (rpc.Identity, error) { return p.ca.Identity(name) }

// Conn gives a connection to a service that shows the certificate of another.
func (p *Platform) Conn(t testing.TB, caller, service string) *grpc.ClientConn {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if c, ok := p.conns[[2]string{caller, service}]; ok {
		return c
	}
	id, err := p.ca.Identity(caller)
	if err != nil {
		t.Fatal(err)
	}
	c, err := rpc.Dial(id, p.Network, service)
	if err != nil {
		t.Fatal(err)
	}
	p.conns[[2]string{caller, service}] = c
	return c
}

// Referral is the referral service, called through the gateway's certificate.
func (p *Platform) Referral(t testing.TB) referralv1.ReferralServiceClient {
	return referralv1.NewReferralServiceClient(p.Conn(t, "gateway", "referral"))
}

// Families is the familyfacing service, called through the gateway's certificate.
func (p *Platform) Families(t testing.TB) familyfacingv1.FamilyServiceClient {
	return familyfacingv1.NewFamilyServiceClient(p.Conn(t, "gateway", "familyfacing"))
}

// Directory is the directory service, called through the gateway's certificate.
func (p *Platform) Directory(t testing.TB) directoryv1.DirectoryServiceClient {
	return directoryv1.NewDirectoryServiceClient(p.Conn(t, "gateway", "directory"))
}

// Audit is a service's audit trail, called through the web's certificate.
func (p *Platform) Audit(t testing.TB, service string) auditv1.AuditServiceClient {
	return auditv1.NewAuditServiceClient(p.Conn(t, "web", service))
}

// Log is a service's event log, called through a follower's certificate.
func (p *Platform) Log(t testing.TB, follower, service string) eventlogv1.EventLogServiceClient {
	return eventlogv1.NewEventLogServiceClient(p.Conn(t, follower, service))
}

// As gives a context that acts for a person of the description, by key, at the gateway. The passport is valid for
// fifteen seconds: take a new one for each step.
func (p *Platform) As(t testing.TB, authority, person string) context.Context {
	t.Helper()
	return p.At(t, "gateway", authority, person)
}

// At is As at another entry.
func (p *Platform) At(t testing.TB, entry, authority, person string) context.Context {
	t.Helper()
	for _, one := range p.Described[authority].People {
		if one.Key == person {
			return p.passport(t, entry, authority, &directoryv1.IssuePassportRequest{
				Bearer: &directoryv1.IssuePassportRequest_Person{Person: &directoryv1.SignedIn{Issuer: Issuer, Subject: one.Subject}},
			})
		}
	}
	t.Fatalf("%s describes nobody called %s", authority, person)
	return nil
}

// AsPartner gives a context that acts for a partner of the description, by key, with all its scopes.
func (p *Platform) AsPartner(t testing.TB, authority, partner string, scopes ...string) context.Context {
	t.Helper()
	for _, one := range p.Described[authority].Partners {
		if one.Key != partner {
			continue
		}
		if scopes == nil {
			for _, s := range one.Scopes {
				scopes = append(scopes, string(s))
			}
		}
		return p.passport(t, "gateway", authority, &directoryv1.IssuePassportRequest{
			Bearer: &directoryv1.IssuePassportRequest_Partner{Partner: &directoryv1.PartnerClient{Issuer: Issuer, ClientId: one.ClientID, Scopes: scopes}},
		})
	}
	t.Fatalf("%s describes no partner called %s", authority, partner)
	return nil
}

func (p *Platform) passport(t testing.TB, entry, authority string, req *directoryv1.IssuePassportRequest) context.Context {
	t.Helper()
	req.Authority = "authorities/" + authority
	answer, err := directoryv1.NewDirectoryServiceClient(p.Conn(t, entry, "directory")).IssuePassport(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return passport.WithToken(t.Context(), authority, answer.GetPassport())
}

// Members are the keys of the people who have a seat in a team of the description now.
func (p *Platform) Members(authority, team string) []string {
	var members []string
	now := p.config.Now()
	for _, m := range p.Described[authority].Memberships {
		if m.Team == team && !now.Before(m.From) && (m.Until == nil || now.Before(*m.Until)) {
			members = append(members, m.Person)
		}
	}
	return members
}

// Person is the resource name of somebody of the description.
func (p *Platform) Person(t testing.TB, authority, key string) string {
	t.Helper()
	var id uuid.UUID
	p.Owner(t, authority, func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), `SELECT id FROM directory.person WHERE key = $1`, key).Scan(&id)
	})
	return "authorities/" + authority + "/people/" + id.String()
}

// Owner works on an authority's database with the owner's login.
func (p *Platform) Owner(t testing.TB, authority string, work func(*pgx.Conn) error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.Databases[authority].OwnerURL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := work(conn); err != nil {
		t.Fatal(err)
	}
}

// Until looks again and again until done is true, and fails the test after ten seconds.
func Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("after ten seconds still not: %s", what)
		case <-tick.C:
		}
	}
}
