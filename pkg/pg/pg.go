// Package pg holds a service's databases, one per authority, and how they are made and migrated. Which database a call
// uses follows from its passport, here and nowhere else.
package pg

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// MaxConns is a service's largest number of connections to one authority's database, so that forty authorities fit one
// server. A URL's pool_max_conns overrides it.
const MaxConns = 8

// DB is a service's access to every authority's database, each with the service's own login.
type DB struct {
	pools map[string]*pgxpool.Pool
}

// Open prepares the pools; it connects on first use. The URLs are by authority. A URL may name a PgBouncer in
// transaction mode: nothing here depends on a session's state (add default_query_exec_mode=exec where it keeps no
// prepared statements).
func Open(urls map[string]string) (*DB, error) {
	db := &DB{pools: make(map[string]*pgxpool.Pool, len(urls))}
	for authority, url := range urls {
		cfg, err := pgxpool.ParseConfig(url)
		if err != nil {
			db.Close()
			return nil, fmt.Errorf("database of %s: the URL can't be read", authority)
		}
		if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
			cfg.ConnConfig.RuntimeParams["application_name"] = cfg.ConnConfig.User
		}
		if !strings.Contains(url, "pool_max_conns") {
			cfg.MaxConns = MaxConns
		}
		cfg.MinConns, cfg.MinIdleConns = 0, 0
		cfg.MaxConnIdleTime = 30 * time.Second
		cfg.HealthCheckPeriod = 15 * time.Second
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
		pool, err := pgxpool.NewWithConfig(context.Background(), cfg)
		if err != nil {
			db.Close()
			return nil, fmt.Errorf("database of %s: %w", authority, err)
		}
		db.pools[authority] = pool
	}
	return db, nil
}

// Close ends every connection.
func (db *DB) Close() {
	for _, p := range db.pools {
		p.Close()
	}
}

// Authorities are the names, sorted.
func (db *DB) Authorities() []string {
	names := make([]string, 0, len(db.pools))
	for name := range db.pools {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Pool gives the database of the call's authority.
func (db *DB) Pool(ctx context.Context) (*pgxpool.Pool, error) {
	pool, ok := db.pools[passport.Authority(ctx)]
	if !ok {
		return nil, fault.NotFound()
	}
	return pool, nil
}

// Tx runs work in a transaction of the call's authority. A transaction that lost against another at the same moment is
// run again, so work must do nothing but database calls.
func (db *DB) Tx(ctx context.Context, work func(pgx.Tx) error) error {
	pool, err := db.Pool(ctx)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		err = pgx.BeginFunc(ctx, pool, work)
		if attempt == 5 || !lostRace(err) {
			return err
		}
	}
}

func lostRace(err error) bool {
	var db *pgconn.PgError
	return errors.As(err, &db) && (db.Code == "40001" || db.Code == "40P01")
}

// Violates says whether err is the violation of that constraint.
func Violates(err error, constraint string) bool {
	var db *pgconn.PgError
	return errors.As(err, &db) && strings.HasPrefix(db.Code, "23") && db.ConstraintName == constraint
}
