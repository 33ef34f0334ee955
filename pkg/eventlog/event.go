// Package eventlog is how services learn of each other's changes. An event commits with its change, unnumbered; a
// sequencer gives positions to committed events only, so that a late commit is never skipped; neighbours pull by
// position. Redis only shortens the wait.
package eventlog

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations makes the log, the cursors and the held events.
func Migrations() pg.Set { return pg.Folder("eventlog", files, "migrations") }

// Event is something that happened to one entity. It carries ids, versions and codes, never a child's data.
type Event struct {
	// Type is what happened, such as child_referred.
	Type string
	// Entity is the kind and id, such as contact/0192…. Its row must be locked before the event is appended, so that
	// the events of one entity stand in the order of its versions.
	Entity string
	// Version is the entity's version after the change.
	Version int64
	// Facts are ids and codes that the type names.
	Facts map[string]string
	At    time.Time
}

const insert = `INSERT INTO event (id, type, entity, version, facts, at, caused_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`

// Execer is a transaction.
type Execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Append puts an event into the change's transaction.
func Append(ctx context.Context, tx Execer, e Event) error {
	args, err := e.args(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, insert, args...); err != nil {
		return fmt.Errorf("append %s: %w", e.Type, err)
	}
	mark(ctx)
	return nil
}

// Queue is Append for a batch.
func Queue(ctx context.Context, batch *pgx.Batch, e Event) error {
	args, err := e.args(ctx)
	if err != nil {
		return err
	}
	batch.Queue(insert, args...)
	mark(ctx)
	return nil
}

func (e Event) args(ctx context.Context) ([]any, error) {
	facts := e.Facts
	if facts == nil {
		facts = map[string]string{}
	}
	text, err := json.Marshal(facts)
	if err != nil {
		return nil, fmt.Errorf("facts of %s: %w", e.Type, err)
	}
	causedBy := ""
	if p := passport.From(ctx); p != nil {
		causedBy = p.Actor()
		if p.CausedBy != "" {
			causedBy = p.CausedBy
		}
	}
	// Text, not bytes: a connection that prepares no statements would send bytes as a bytea.
	return []any{uuid.Must(uuid.NewV7()), e.Type, e.Entity, e.Version, string(text), e.At, causedBy}, nil
}

// Appended says whether a call has appended events.
type Appended struct{ any bool }

// Any says whether it has.
func (a *Appended) Any() bool { return a.any }

type appendedKey struct{}

// Watch lets the interceptor chain see whether the call appends events, to ring the bell after its commit.
func Watch(ctx context.Context) (context.Context, *Appended) {
	a := &Appended{}
	return context.WithValue(ctx, appendedKey{}, a), a
}

func mark(ctx context.Context) {
	if a, ok := ctx.Value(appendedKey{}).(*Appended); ok {
		a.any = true
	}
}
