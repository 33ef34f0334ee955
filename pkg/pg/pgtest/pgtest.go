// Package pgtest gives tests real PostgreSQL: freshly migrated databases with real commits.
// It takes the server from KITH_TEST_DATABASE_URL, else from a container when KITH_TEST_CONTAINERS=1, else from the
// machine's own PostgreSQL as `kith up` does.
package pgtest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"

	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgchild"
)

// password is every login's in a test server.
const password = "kith-test"

// Server is a PostgreSQL for a test binary.
type Server struct {
	// owner gives the owner's URL of a database.
	owner func(database string) string
	stop  func(context.Context) error

	mu sync.Mutex
	// templates are migrated databases to be cloned, by what is in them.
	templates map[string]string
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
	template, err := s.template(ctx, conn, name, schemas)
	if err != nil {
		return nil, err
	}
	a := s.authority(name)
	clone := `CREATE DATABASE ` + pgx.Identifier{a.Database}.Sanitize() + ` TEMPLATE ` + pgx.Identifier{template}.Sanitize()
	if _, err := conn.Exec(ctx, clone); err != nil {
		return nil, fmt.Errorf("clone a database: %w", err)
	}
	// Who may connect, and each login's settings, belong to the database and are not cloned.
	return a, a.provision(ctx, schemas)
}

func (s *Server) authority(name string) *Authority {
	random := strings.ReplaceAll(uuid.NewString()[:13], "-", "")
	return &Authority{Name: name, Database: fmt.Sprintf("test_%s_%s", strings.ReplaceAll(name, "-", "_"), random), server: s}
}

// template gives a migrated database that nobody uses. Migrating takes far longer than cloning.
func (s *Server) template(ctx context.Context, conn *pgx.Conn, name string, schemas []pg.Schema) (string, error) {
	content := name
	for _, schema := range schemas {
		content += fmt.Sprintf("; %s %t", schema.Service, schema.Jobs)
		for _, set := range schema.Sets {
			files, err := fs.Glob(set.Files, "*.sql")
			if err != nil {
				return "", fmt.Errorf("list migrations: %w", err)
			}
			content += fmt.Sprint(" ", set.Name, files)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if made, ok := s.templates[content]; ok {
		return made, nil
	}
	a := s.authority(name)
	if err := pg.CreateDatabase(ctx, conn, a.Database); err != nil {
		return "", err
	}
	if err := a.provision(ctx, schemas); err != nil {
		return "", err
	}
	for _, schema := range schemas {
		if _, err := pg.Migrate(ctx, a.OwnerURL(), name, schema); err != nil {
			return "", err
		}
	}
	if s.templates == nil {
		s.templates = map[string]string{}
	}
	s.templates[content] = a.Database
	return a.Database, nil
}

func (a *Authority) provision(ctx context.Context, schemas []pg.Schema) error {
	owner, err := pgx.Connect(ctx, a.OwnerURL())
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = owner.Close(ctx) }()
	for _, schema := range schemas {
		if err := pg.Provision(ctx, owner, a.Name, schema.Service, password); err != nil {
			return err
		}
	}
	return nil
}

// Databases gives a service's access to the authorities.
func Databases(service string, authorities ...*Authority) (*pg.DB, error) {
	urls := map[string]string{}
	for _, a := range authorities {
		urls[a.Name] = a.URL(service)
	}
	return pg.Open(urls)
}
