// Package once makes a write happen once, whatever is sent twice or killed in between. The key goes in first, in the
// same transaction as the thing, together with the answer that is given.
package once

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations makes the table of answered requests.
func Migrations() pg.Set { return pg.Folder("once", files, "migrations") }

// Scheme is the version of how a message is digested. A key that was answered under another scheme is refused for any
// new body, never taken as equal by chance.
const Scheme = 1

// Request is a message with an idempotency key.
type Request interface {
	proto.Message
	GetRequestId() string
}

// Key is what makes a write the same write: who sent it, by which method, under which key, and what it says.
type Key struct {
	Client, Method, ID string
	Digest             []byte
	At                 time.Time
}

// KeyOf reads the key of a call.
func KeyOf(ctx context.Context, req Request, at time.Time) (Key, error) {
	p := passport.From(ctx)
	if p == nil {
		return Key{}, fault.Unauthenticated("the call carries no passport")
	}
	if req.GetRequestId() == "" {
		return Key{}, fault.Invalid("Idempotency-Key", "this header is needed: any text of your own, new for each new request, up to 200 characters")
	}
	method, _ := grpc.Method(ctx)
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	if err != nil {
		return Key{}, fmt.Errorf("digest: %w", err)
	}
	sum := sha256.Sum256(text)
	return Key{Client: p.Actor(), Method: method, ID: req.GetRequestId(), Digest: sum[:], At: at}, nil
}

// Queue puts the key with its answer first into a batch, for a write whose answer is known beforehand. The batch fails
// with an error for which Taken is true where the key was answered before.
func Queue(batch *pgx.Batch, k Key, answer proto.Message) error {
	stored, err := proto.Marshal(answer)
	if err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	batch.Queue(`INSERT INTO request (client, method, key, digest, scheme, response, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		k.Client, k.Method, k.ID, k.Digest, Scheme, stored, k.At)
	return nil
}

// Taken says whether the error is that the key was answered before.
func Taken(err error) bool { return pg.Violates(err, "request_pkey") }

// Querier is a transaction or a pool.
type Querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Answered reads the answer of an earlier request of that key into answer. Errors: KEY_REUSED where the key was used
// for something else; pgx.ErrNoRows where it was never answered.
func Answered(ctx context.Context, db Querier, k Key, answer proto.Message) error {
	var digest, stored []byte
	var version int
	err := db.QueryRow(ctx, `SELECT digest, scheme, response FROM request WHERE client = $1 AND method = $2 AND key = $3`,
		k.Client, k.Method, k.ID).Scan(&digest, &version, &stored)
	if err != nil {
		return err
	}
	if version != Scheme || !bytes.Equal(digest, k.Digest) {
		return fault.Refused("KEY_REUSED", "Idempotency-Key", "this key was used for another request; send a new key with a new request")
	}
	if err := proto.Unmarshal(stored, answer); err != nil {
		return fmt.Errorf("read the earlier answer: %w", err)
	}
	return nil
}

// Do runs a write in one transaction with its key. A repeated call gets the first call's answer, and repeated writes it
// down as a look; the work is not done again. Of many at once the others wait until the first has committed.
func Do[R proto.Message](ctx context.Context, db *pg.DB, k Key, answer R, work func(pgx.Tx) (R, error), repeated func(pgx.Tx, R) error) (R, error) {
	var given, zero R
	err := db.Tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO request (client, method, key, digest, scheme, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			k.Client, k.Method, k.ID, k.Digest, Scheme, k.At)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			if err := Answered(ctx, tx, k, answer); err != nil {
				return err
			}
			given = answer
			return repeated(tx, answer)
		}
		// Not into answer: the transaction may be run again, and then find the key answered by another.
		if given, err = work(tx); err != nil {
			return err
		}
		stored, err := proto.Marshal(given)
		if err != nil {
			return fmt.Errorf("keep the answer: %w", err)
		}
		_, err = tx.Exec(ctx, `UPDATE request SET response = $4 WHERE client = $1 AND method = $2 AND key = $3`, k.Client, k.Method, k.ID, stored)
		return err
	})
	if err != nil {
		return zero, err
	}
	return given, nil
}
