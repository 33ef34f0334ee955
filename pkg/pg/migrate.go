package pg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Schema is a service's tables: the sets of migrations that make them, in order.
type Schema struct {
	// Service names the schema and the login.
	Service string
	Sets    []Set
	// Jobs says whether the schema holds a job queue as well.
	Jobs bool
}

// Set is a folder of numbered SQL files, kept in step on its own.
type Set struct {
	Name  string
	Files fs.FS
}

// ErrBehind is a schema older than the program.
var ErrBehind = errors.New("the database's schema is older than this program; run `kith migrate`")

// ErrAhead is a schema newer than the program.
var ErrAhead = errors.New("the database's schema is newer than this program; start the newer program")

// Role is the login of a service in an authority's database.
func Role(authority, service string) string {
	return strings.ReplaceAll(authority, "-", "_") + "_" + service
}

// Database is the usual name of an authority's database.
func Database(authority string) string { return "kith_" + strings.ReplaceAll(authority, "-", "_") }

// Password makes one that needs no quoting.
func Password() string { return rand.Text() }

// CreateDatabase makes an authority's database where there is none, closed to everybody but its owner and the logins
// that Provision grants.
func CreateDatabase(ctx context.Context, owner *pgx.Conn, name string) error {
	var exists bool
	if err := owner.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	quoted := pgx.Identifier{name}.Sanitize()
	if _, err := owner.Exec(ctx, `CREATE DATABASE `+quoted+` ENCODING 'UTF8' TEMPLATE template0`); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	if _, err := owner.Exec(ctx, `REVOKE ALL ON DATABASE `+quoted+` FROM PUBLIC`); err != nil {
		return fmt.Errorf("close database %s: %w", name, err)
	}
	return nil
}

// Provision makes a service's login and schema in the authority's database that owner is connected to, or brings their
// rights back to what they should be. An empty password leaves an existing login's alone.
func Provision(ctx context.Context, owner *pgx.Conn, authority, service, password string) error {
	role, schema := pgx.Identifier{Role(authority, service)}.Sanitize(), pgx.Identifier{service}.Sanitize()
	base := pgx.Identifier{owner.Config().Database}.Sanitize()
	var exists bool
	if err := owner.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, Role(authority, service)).Scan(&exists); err != nil {
		return fmt.Errorf("look for login: %w", err)
	}
	var steps []string
	if !exists {
		steps = append(steps, `CREATE ROLE `+role+` LOGIN NOINHERIT NOCREATEDB NOCREATEROLE`)
	}
	if password != "" {
		steps = append(steps, `ALTER ROLE `+role+` PASSWORD '`+strings.ReplaceAll(password, `'`, `''`)+`'`)
	}
	steps = append(
		steps,
		`REVOKE ALL ON DATABASE `+base+` FROM PUBLIC`,
		`REVOKE ALL ON SCHEMA public FROM PUBLIC`,
		`GRANT CONNECT ON DATABASE `+base+` TO `+role,
		`CREATE SCHEMA IF NOT EXISTS `+schema,
		`GRANT USAGE ON SCHEMA `+schema+` TO `+role,
		`ALTER ROLE `+role+` IN DATABASE `+base+` SET search_path = `+schema,
		`ALTER ROLE `+role+` IN DATABASE `+base+` SET statement_timeout = '30s'`,
		`ALTER ROLE `+role+` IN DATABASE `+base+` SET idle_in_transaction_session_timeout = '30s'`,
	)
	for _, step := range steps {
		if _, err := owner.Exec(ctx, step); err != nil {
			return fmt.Errorf("provision %s for %s: %w", service, authority, err)
		}
	}
	return nil
}

// Migrate brings a service's schema up to date with the owner's login and grants the service's login what each table
// allows. It says how many files were applied.
func Migrate(ctx context.Context, ownerURL, authority string, s Schema) (applied int, err error) {
	for _, set := range s.Sets {
		n, err := migrateSet(ctx, ownerURL, s.Service, set)
		if err != nil {
			return applied, fmt.Errorf("migrate %s of %s: %w", set.Name, s.Service, err)
		}
		applied += n
	}
	if s.Jobs {
		n, err := migrateJobs(ctx, ownerURL, s.Service)
		if err != nil {
			return applied, fmt.Errorf("migrate %s: %w", s.Service, err)
		}
		applied += n
	}
	return applied, grant(ctx, ownerURL, authority, s.Service)
}

func migrateSet(ctx context.Context, ownerURL, schema string, set Set) (int, error) {
	provider, end, err := provider(ownerURL, schema, set)
	if err != nil {
		return 0, err
	}
	defer end()
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("apply: %w", err)
	}
	return len(results), nil
}

// provider connects with the schema first on the search path, so that migrations name their tables plainly.
func provider(url, schema string, set Set) (*goose.Provider, func(), error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, errors.New("the database's URL can't be read")
	}
	cfg.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize()
	db := stdlib.OpenDB(*cfg)
	end := func() { _ = db.Close() }
	store, err := database.NewStore(database.DialectPostgres, "migration_"+set.Name)
	if err != nil {
		end()
		return nil, nil, fmt.Errorf("migration table: %w", err)
	}
	p, err := goose.NewProvider("", db, set.Files, goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		end()
		return nil, nil, fmt.Errorf("migrations: %w", err)
	}
	return p, end, nil
}

// grant gives the login what each table's comment says: `append` tables are read and inserted, all others are also
// changed and deleted. Append-only is therefore held by the database, not by code. It is one transaction, so that a
// service that waits for its schema sees it only when it may use it.
func grant(ctx context.Context, ownerURL, authority, schema string) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT c.relname, coalesce(obj_description(c.oid), '') LIKE 'append%', c.relkind = 'S'
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'S', 'v')`, schema)
		if err != nil {
			return fmt.Errorf("list tables: %w", err)
		}
		tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
		if err != nil {
			return fmt.Errorf("list tables: %w", err)
		}
		for _, t := range tables {
			if _, err := tx.Exec(ctx, t.grant(schema, pgx.Identifier{Role(authority, schema)}.Sanitize())); err != nil {
				return fmt.Errorf("grant on %s: %w", t.Name, err)
			}
		}
		return nil
	})
}

type table struct {
	Name             string
	Append, Sequence bool
}

func (t table) grant(schema, role string) string {
	name := pgx.Identifier{schema, t.Name}.Sanitize()
	switch {
	case t.Sequence:
		return `GRANT USAGE, SELECT ON SEQUENCE ` + name + ` TO ` + role
	case strings.HasPrefix(t.Name, "migration_"):
		return `GRANT SELECT ON ` + name + ` TO ` + role
	case t.Append:
		return `REVOKE ALL ON ` + name + ` FROM ` + role + `; GRANT SELECT, INSERT ON ` + name + ` TO ` + role
	}
	return `GRANT SELECT, INSERT, UPDATE, DELETE ON ` + name + ` TO ` + role
}

// CheckSchema says whether the service's schema is what this program was built for: nil, ErrBehind or ErrAhead. It
// uses the service's own login.
func CheckSchema(ctx context.Context, url string, s Schema) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, set := range s.Sets {
		want, err := latest(set.Files)
		if err != nil {
			return err
		}
		table := pgx.Identifier{s.Service, "migration_" + set.Name}.Sanitize()
		var exists bool
		if err := conn.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&exists); err != nil {
			return fmt.Errorf("look for schema: %w", err)
		}
		if !exists {
			return ErrBehind
		}
		var have int64
		if err := conn.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM `+table+` WHERE is_applied`).Scan(&have); err != nil {
			return fmt.Errorf("read schema version: %w", err)
		}
		if have < want {
			return ErrBehind
		}
		if have > want {
			return ErrAhead
		}
	}
	// A migration that was killed before its grants is not finished.
	var granted bool
	err = conn.QueryRow(ctx, `SELECT coalesce(bool_and(has_table_privilege(c.oid, 'SELECT')), false)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')`, s.Service).Scan(&granted)
	if err != nil {
		return fmt.Errorf("read grants: %w", err)
	}
	if !granted {
		return ErrBehind
	}
	return nil
}

func latest(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("list migrations: %w", err)
	}
	var last int64
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		last = max(last, version)
	}
	return last, nil
}

// Folder is the set of migrations in an embedded folder.
func Folder(name string, files fs.FS, folder string) Set {
	sub, err := fs.Sub(files, folder)
	if err != nil {
		// Only a malformed folder name gets here; migrating then says so.
		sub = files
	}
	return Set{Name: name, Files: sub}
}
