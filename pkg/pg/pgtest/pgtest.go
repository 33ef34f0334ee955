// Package pgtest gives tests real PostgreSQL: freshly migrated databases with real commits.
// It takes the server from KITH_TEST_DATABASE_URL, else from a container when KITH_TEST_CONTAINERS=1, else from the
// machine's own PostgreSQL as `kith up` does.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"

	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pgchild"
)

// password is every login's in a test server.
const password = "kith-test"

// Server is a PostgreSQL for a test binary.
type Server struct {
	// owner gives the owner's URL of a database.
	owner func(database string) string
	stop  func(context.Context) error
}

// Main runs a package's tests with a server and gives their exit code: `func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }`.
func Main(m *testing.M, server **Server) int {
	ctx := context.Background()
	s, err := Open(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	*server = s
	code := m.Run()
	if err := s.Close(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Open gives a server. Close it.
func Open(ctx context.Context) (*Server, error) {
	if url := os.Getenv("KITH_TEST_DATABASE_URL"); url != "" {
		return at(url, func(context.Context) error { return nil }), nil
	}
	if os.Getenv("KITH_TEST_CONTAINERS") == "1" {
		return contained(ctx)
	}
	child, err := pgchild.StartTemporary(ctx)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL for tests: %w", err)
	}
	return &Server{owner: child.OwnerURL, stop: child.Stop}, nil
}

// at reaches a server whose owner login the URL names.
func at(url string, stop func(context.Context) error) *Server {
	return &Server{stop: stop, owner: func(database string) string {
		base, query, _ := strings.Cut(url, "?")
		base = base[:strings.LastIndex(base, "/")] + "/" + database
		if query != "" {
			base += "?" + query
		}
		return base
	}}
}

func contained(ctx context.Context) (*Server, error) {
	image := os.Getenv("KITH_TEST_POSTGRES_IMAGE")
	if image == "" {
		image = "postgres:17-alpine"
	}
	box, err := postgres.Run(ctx, image, postgres.WithUsername("kith_owner"), postgres.WithPassword(password), postgres.WithDatabase("postgres"),
		postgres.BasicWaitStrategies())
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL in a container: %w", err)
	}
	url, err := box.ConnectionString(ctx, "sslmode=disable")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL in a container: %w", err)
	}
	return at(url, func(context.Context) error { return testcontainers.TerminateContainer(box) }), nil
}

// Close ends the server, or leaves one that was there before.
func (s *Server) Close(ctx context.Context) error { return s.stop(ctx) }

// OwnerURL gives the owner's URL of a database.
func (s *Server) OwnerURL(database string) string { return s.owner(database) }

// Authority is one authority's database in a test server.
type Authority struct {
	Name, Database string
	server         *Server
}

// OwnerURL gives the owner's URL.
func (a *Authority) OwnerURL() string { return a.server.owner(a.Database) }

// URL gives a service's URL with its own login.
func (a *Authority) URL(service string) string {
	url := a.OwnerURL()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return url
	}
	if strings.HasPrefix(cfg.Host, "/") {
		return fmt.Sprintf("host=%s port=%d user=%s password=%s dbname=%s", cfg.Host, cfg.Port, pg.Role(a.Name, service), password, a.Database)
	}
	return fmt.Sprintf("postgres://%s:%s@%s:%d/%s?sslmode=disable", pg.Role(a.Name, service), password, cfg.Host, cfg.Port, a.Database)
}

// NewAuthority makes a fresh database with the schemas migrated.
func (s *Server) NewAuthority(ctx context.Context, name string, schemas ...pg.Schema) (*Authority, error) {
	conn, err := pgx.Connect(ctx, s.owner("postgres"))
	if err != nil {
		return nil, fmt.Errorf("connect to the test server: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	// Logins belong to the whole server, so only one test binary at a time makes them.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtext('pgtest'))`); err != nil {
		return nil, fmt.Errorf("wait for another test: %w", err)
	}
	a := &Authority{Name: name, Database: fmt.Sprintf("test_%s_%s", strings.ReplaceAll(name, "-", "_"), strings.ReplaceAll(uuid.NewString()[:13], "-", "")), server: s}
	if err := pg.CreateDatabase(ctx, conn, a.Database); err != nil {
		return nil, err
	}
	for _, schema := range schemas {
		if err := a.make(ctx, schema); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *Authority) make(ctx context.Context, schema pg.Schema) error {
	owner, err := pgx.Connect(ctx, a.OwnerURL())
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = owner.Close(ctx) }()
	if err := pg.Provision(ctx, owner, a.Name, schema.Service, password); err != nil {
		return err
	}
	_, err = pg.Migrate(ctx, a.OwnerURL(), a.Name, schema)
	return err
}

// Databases gives a service's access to the authorities.
func Databases(service string, authorities ...*Authority) (*pg.DB, error) {
	urls := map[string]string{}
	for _, a := range authorities {
		urls[a.Name] = a.URL(service)
	}
	return pg.Open(urls)
}
