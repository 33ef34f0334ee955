// Package audit is who did or saw what, and why. A row is part of the write, in its transaction; a read that can't be
// audited is not answered.
package audit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/grpc"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations makes the audit table.
func Migrations() pg.Set { return pg.Folder("audit", files, "migrations") }

// Row is one request, as it was answered.
type Row struct {
	ID        uuid.UUID `json:"id"`
	At        time.Time `json:"at"`
	ActorKind string    `json:"actorKind"`
	Actor     string    `json:"actor"`
	Entry     string    `json:"entry"`
	Method    string    `json:"method"`
	// Reason is why: what was given, or the method's own purpose.
	Reason string `json:"reason"`
	// Subjects are every id that was shown or changed, as resource names without their authority: contacts/0192….
	Subjects []string `json:"subjects"`
	Allowed  bool     `json:"allowed"`
	// Denial is the stable reason of a refusal.
	Denial string `json:"denial"`
}

const insert = `INSERT INTO audit (id, at, actor_kind, actor, entry, method, reason, subjects, allowed, denial, salt, digest)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

// Execer is a transaction or a pool.
type Execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Write keeps that the call did or showed the subjects.
func Write(ctx context.Context, tx Execer, at time.Time, reason string, subjects ...string) error {
	row, err := of(ctx, at, reason, subjects)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, insert, row.args()...); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	mark(ctx)
	return nil
}

// Queue is Write for a batch.
func Queue(ctx context.Context, batch *pgx.Batch, at time.Time, reason string, subjects ...string) error {
	row, err := of(ctx, at, reason, subjects)
	if err != nil {
		return err
	}
	batch.Queue(insert, row.args()...)
	mark(ctx)
	return nil
}

// Denial is a refusal to keep.
type Denial struct {
	At time.Time
	// Caller is the service that asked; it stands in for an actor who could not be recognised.
	Caller, Method string
	// Reason is stable, such as NOT_A_MEMBER.
	Reason   string
	Subjects []string
}

// Deny keeps a refusal, in a transaction of its own.
func Deny(ctx context.Context, db *pg.DB, d Denial) error {
	pool, err := db.Pool(ctx)
	if err != nil {
		return err
	}
	row := Row{
		ID: uuid.Must(uuid.NewV7()), At: d.At, ActorKind: "service", Actor: d.Caller, Entry: d.Caller,
		Method: d.Method, Subjects: d.Subjects, Denial: d.Reason,
	}
	if p := passport.From(ctx); p != nil {
		row.ActorKind, row.Actor, row.Entry = string(p.Kind), p.ID, p.Entry
	}
	if _, err := pool.Exec(ctx, insert, row.args()...); err != nil {
		return fmt.Errorf("audit of a denial: %w", err)
	}
	mark(ctx)
	return nil
}

// Operate keeps an operator's command, with the owner's login.
func Operate(ctx context.Context, tx Execer, at time.Time, operator, command string, subjects ...string) error {
	row := Row{ID: uuid.Must(uuid.NewV7()), At: at, ActorKind: "operator", Actor: operator, Entry: "kith", Method: command, Subjects: subjects, Allowed: true}
	if _, err := tx.Exec(ctx, insert, row.args()...); err != nil {
		return fmt.Errorf("audit of a command: %w", err)
	}
	return nil
}

func of(ctx context.Context, at time.Time, reason string, subjects []string) (Row, error) {
	p := passport.From(ctx)
	if p == nil {
		return Row{}, fault.Unauthenticated("the call carries no passport")
	}
	method, _ := grpc.Method(ctx)
	if method == "" {
		method = p.Cause
	}
	return Row{
		ID: uuid.Must(uuid.NewV7()), At: at, ActorKind: string(p.Kind), Actor: p.ID, Entry: p.Entry,
		Method: method, Reason: reason, Subjects: subjects, Allowed: true,
	}, nil
}

func (r Row) args() []any {
	if r.Subjects == nil {
		r.Subjects = []string{}
	}
	salt := make([]byte, 16)
	// crypto/rand.Read never fails: it ends the process where the system has no randomness.
	_, _ = rand.Read(salt)
	r.At = r.At.UTC().Truncate(time.Microsecond)
	return []any{
		r.ID, r.At, r.ActorKind, r.Actor, r.Entry, r.Method, r.Reason, r.Subjects, r.Allowed, r.Denial, salt, r.digest(salt),
	}
}

// digest covers every column. The salt keeps somebody who knows the digest from guessing the ids behind it.
func (r Row) digest(salt []byte) []byte {
	text, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(append(append([]byte{}, salt...), text...))
	return sum[:]
}

// Trail says whether a call has left its audit row.
type Trail struct{ written bool }

// Written says whether it has.
func (t *Trail) Written() bool { return t.written }

type trailKey struct{}

// Watch lets the interceptor chain see whether the call leaves its row.
func Watch(ctx context.Context) (context.Context, *Trail) {
	t := &Trail{}
	return context.WithValue(ctx, trailKey{}, t), t
}

func mark(ctx context.Context) {
	if t, ok := ctx.Value(trailKey{}).(*Trail); ok {
		t.written = true
	}
}
