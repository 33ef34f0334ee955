package administration

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg/once"
)

// mayAdminister says whether whoever acts is an administrator of the authority.
func mayAdminister(ctx context.Context) error {
	if p := passport.From(ctx); p != nil && p.Kind == passport.Person && p.Administrator {
		return nil
	}
	return fault.Denied("NOT_ADMINISTRATOR", "only administrators of the authority's installation do this")
}

// Lock lets one change of the directory at a time into the transaction, imports too.
func Lock(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('directory.import'))`)
	return err
}

// change is a change at work: its transaction, its time as the tables keep it, and who makes it.
type change struct {
	tx pgx.Tx
	at time.Time
	by string
}

// changing is one use case that changes the directory.
type changing[R proto.Message] struct {
	req once.Request
	// purpose is the audit row's reason.
	purpose string
	// answer is an empty one, for a repeated call to be read into.
	answer R
	// names are the resources that an answer shows.
	names func(R) []string
	work  func(c change) (R, error)
}

// run brings a use case to its effect: the right, the key, the lock, the rules, the rows and the audit row, in one
// transaction. The same call again gets the first answer.
func run[R proto.Message](ctx context.Context, s *Service, c changing[R]) (R, error) {
	var none R
	if err := mayAdminister(ctx); err != nil {
		return none, err
	}
	now := s.now()
	key, err := once.KeyOf(ctx, c.req, now)
	if err != nil {
		return none, err
	}
	at := now.UTC().Truncate(time.Microsecond)
	return once.Do(ctx, s.db, key, c.answer, func(tx pgx.Tx) (R, error) {
		if err := Lock(ctx, tx); err != nil {
			return none, err
		}
		answer, err := c.work(change{tx: tx, at: at, by: passport.From(ctx).Actor()})
		if err != nil {
			return none, err
		}
		return answer, audit.Write(ctx, tx, now, c.purpose, subjects(c.names(answer))...)
	}, func(tx pgx.Tx, first R) error {
		return audit.Write(ctx, tx, now, c.purpose+", the same call again", subjects(c.names(first))...)
	})
}

// look runs a reading with its audit row; work gives the resources that it shows.
func (s *Service) look(ctx context.Context, purpose string, work func(tx pgx.Tx) ([]string, error)) error {
	if err := mayAdminister(ctx); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx pgx.Tx) error {
		names, err := work(tx)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), purpose, subjects(names)...)
	})
}

// stamp is which version a row is, and who made it when. An import has no person.
type stamp struct {
	Version int64
	At      *time.Time
	By      string
}

func (s stamp) etag() string { return strconv.FormatInt(s.Version, 10) }

// unchanged refuses a change of another version than the present one, naming who was first.
func (s stamp) unchanged(ctx context.Context, what, etag string) error {
	if etag == s.etag() {
		return nil
	}
	facts := map[string]string{"etag": s.etag(), "changedBy": actorName(ctx, s.By)}
	sentence := what + " was changed"
	if s.At != nil {
		facts["changedAt"] = s.At.UTC().Format(time.RFC3339)
		sentence += " at " + facts["changedAt"]
	}
	if facts["changedBy"] == "" {
		sentence += " by an import"
	}
	return fault.Conflict("CHANGED", sentence+"; look again, then send your change with the new etag", facts)
}
