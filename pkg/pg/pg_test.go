package pg_test

import (
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/once"
	"github.com/kithcare/kith/pkg/pg/pgtest"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

func ground(service string) pg.Schema {
	return pg.Schema{Service: service, Sets: []pg.Set{once.Migrations(), audit.Migrations(), eventlog.Migrations()}, Jobs: true}
}

func TestALoginReadsOnlyItsOwnSchema(t *testing.T) {
	t.Parallel()
	a, err := server.NewAuthority(t.Context(), "alpha", ground("one"), ground("two"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := pgtest.Databases("one", a)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := passport.WithAuthority(t.Context(), "alpha")
	pool, err := db.Pool(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := pool.QueryRow(ctx, `SELECT count(*) FROM audit`).Scan(&n); err != nil {
		t.Fatalf("own table: %v", err)
	}
	for _, forbidden := range []string{
		`SELECT count(*) FROM two.audit`, `UPDATE audit SET reason = 'changed'`, `DELETE FROM audit`, `TRUNCATE audit`,
		`CREATE TABLE mine (id int)`, `CREATE TABLE public.mine (id int)`, `INSERT INTO migration_audit (version_id, is_applied) VALUES (9, true)`,
	} {
		if _, err := pool.Exec(ctx, forbidden); err == nil {
			t.Errorf("%s: should be refused", forbidden)
		}
	}
	if _, err := db.Pool(passport.WithAuthority(t.Context(), "beta")); err == nil {
		t.Error("a database of an authority that is not configured")
	}
}

func TestALoginCantConnectToAnotherAuthority(t *testing.T) {
	t.Parallel()
	a, err := server.NewAuthority(t.Context(), "gamma", ground("one"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := server.NewAuthority(t.Context(), "delta", ground("one"))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := pgx.ParseConfig(a.URL("one"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Database = b.Database
	if conn, err := pgx.ConnectConfig(t.Context(), cfg); err == nil {
		_ = conn.Close(t.Context())
		t.Fatal("gamma's login connected to delta's database")
	}
}

func TestAnOlderSchemaIsNoticed(t *testing.T) {
	t.Parallel()
	a, err := server.NewAuthority(t.Context(), "epsilon", pg.Schema{Service: "one", Sets: []pg.Set{once.Migrations()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := pg.CheckSchema(t.Context(), a.URL("one"), ground("one")); !errors.Is(err, pg.ErrBehind) {
		t.Fatalf("want ErrBehind, got %v", err)
	}
	if _, err := pg.Migrate(t.Context(), a.OwnerURL(), "epsilon", ground("one")); err != nil {
		t.Fatal(err)
	}
	if err := pg.CheckSchema(t.Context(), a.URL("one"), ground("one")); err != nil {
		t.Fatalf("after migrating: %v", err)
	}
	if n, err := pg.Migrate(t.Context(), a.OwnerURL(), "epsilon", ground("one")); err != nil || n != 0 {
		t.Fatalf("migrating again did %d steps, %v", n, err)
	}
}
