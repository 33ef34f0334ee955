package family

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// unrestricted is true of a family f that no restriction hides from @me.
const unrestricted = `NOT EXISTS (SELECT FROM restriction r WHERE r.family = f.id AND r.lifted_at IS NULL
	AND NOT (@guardian::boolean OR @me::uuid = ANY (r.people)))`

// glassHeld is true of a family f that @me broke the glass of, as long as it holds.
const glassHeld = `EXISTS (SELECT FROM glass g WHERE g.family = f.id AND g.person = @me::uuid AND g.until > @now::timestamptz)`

// ours is true of a family f of a team in which whoever asks has a seat, and which no restriction hides from them.
const ours = `(f.team = ANY (@teams::text[]) AND ` + unrestricted + `)`

// isRestricted says of a family f that a restriction is in force.
const isRestricted = `EXISTS (SELECT FROM restriction r WHERE r.family = f.id AND r.lifted_at IS NULL)`

// Visible is the SQL condition under which a family, aliased f, exists for whoever asks: it is not restricted, or they are
// named, or a Caldicott guardian, or they broke its glass and that still holds. It gives no right by itself. Its named
// arguments come from Asking.
const Visible = `(` + unrestricted + ` OR ` + glassHeld + `)`

// Asking are the arguments @me, @guardian and @now of Visible, and @teams, the teams in which whoever asks has a seat. A
// service or partner is nobody: what is restricted does not exist for them.
func Asking(ctx context.Context, now time.Time) pgx.NamedArgs {
	p := passport.From(ctx)
	person := p != nil && p.Kind == passport.Person
	return pgx.NamedArgs{"me": personOf(p), "guardian": person && p.Guardian, "now": now, "teams": seats(p, now)}
}

// personOf is the id of the person who acts; the one that stands for nobody where it is no person.
func personOf(p *passport.Passport) uuid.UUID {
	if p == nil || p.Kind != passport.Person {
		return uuid.Nil
	}
	id, err := uuid.Parse(p.ID)
	if err != nil {
		return uuid.Nil
	}
	return id
}

// find locks a family for whoever may work with it. A family of another team, a restricted one and one that never was are
// one answer of one statement.
func find(ctx context.Context, tx pgx.Tx, id uuid.UUID, now time.Time) (*family, error) {
	return seek(ctx, tx, ` FOR UPDATE OF f`, id, now)
}

// seek is find, with a lock or without.
func seek(ctx context.Context, db querier, lock string, id uuid.UUID, now time.Time) (*family, error) {
	args := Asking(ctx, now)
	args["family"] = id
	hidden := false
	f, err := scanFamily(db.QueryRow(ctx, `SELECT `+familyColumns+`, `+isRestricted+` FROM family f WHERE f.id = @family AND `+ours+lock, args), &hidden)
	if err == nil {
		f.Restricted = hidden
	}
	return f, err
}

// look gives a family to whoever may see it: who may work with it, and who broke its glass. What neither may see and what
// never was are one answer of one statement.
func look(ctx context.Context, tx pgx.Tx, id uuid.UUID, now time.Time) (*family, error) {
	args := Asking(ctx, now)
	args["family"], args["may_break"] = id, MayBreakGlass(passport.From(ctx), now) == nil
	hidden := false
	var until *time.Time
	f, err := scanFamily(tx.QueryRow(ctx, `SELECT `+familyColumns+`, `+isRestricted+`, CASE WHEN NOT `+ours+` THEN
			(SELECT max(g.until) FROM glass g WHERE g.family = f.id AND g.person = @me::uuid) END
		FROM family f WHERE f.id = @family AND (`+ours+` OR @may_break::boolean AND `+glassHeld+`)`, args), &hidden, &until)
	if err == nil {
		f.Restricted, f.GlassUntil = hidden, until
	}
	return f, err
}

// restricted says whether a guardian hides the family.
func restricted(ctx context.Context, tx pgx.Tx, family uuid.UUID) (bool, error) {
	hidden := false
	if err := tx.QueryRow(ctx, `SELECT `+isRestricted+` FROM family f WHERE f.id = $1`, family).Scan(&hidden); err != nil {
		return false, fmt.Errorf("look for a restriction: %w", err)
	}
	return hidden, nil
}

// stillSeen is not found for somebody whom a restriction has come between since an earlier answer.
func stillSeen(ctx context.Context, tx pgx.Tx, family uuid.UUID, now time.Time) error {
	args := Asking(ctx, now)
	args["family"] = family
	seen := false
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM family f WHERE f.id = @family AND `+unrestricted+`)`, args).Scan(&seen); err != nil {
		return fmt.Errorf("look for a restriction: %w", err)
	}
	if !seen {
		return fault.NotFound()
	}
	return nil
}

// nameThem lets a new worker and cover see a restricted family that was given to them, and keeps that it did.
func nameThem(ctx context.Context, tx pgx.Tx, f *family, a assignment, now time.Time) error {
	if !f.Restricted {
		return nil
	}
	_, err := tx.Exec(ctx, `WITH named AS (
			UPDATE restriction SET people = (SELECT array_agg(DISTINCT p) FROM unnest(people || ARRAY[$2, $3]::uuid[]) p)
			WHERE family = $1 AND lifted_at IS NULL AND NOT people @> ARRAY[$2, $3]::uuid[] RETURNING *)
		INSERT INTO restriction_change (family, act, kind, reason, people, changed_by, at, written_at)
		SELECT family, 'NAMED', kind, reason, people, $4, $5, $5 FROM named`, f.ID, a.worker, a.cover, actor(ctx), now)
	if err != nil {
		return fmt.Errorf("name worker and cover: %w", err)
	}
	return nil
}

// someoneSees refuses to pass a restricted family on where nobody of those present is named: it would be with nobody.
func someoneSees(ctx context.Context, tx pgx.Tx, f *family, present map[uuid.UUID]string) error {
	if !f.Restricted {
		return nil
	}
	ids := make([]uuid.UUID, 0, len(present))
	for id := range present {
		ids = append(ids, id)
	}
	seen := false
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM restriction WHERE family = $1 AND lifted_at IS NULL AND people && $2::uuid[])`, f.ID, ids).Scan(&seen)
	if err != nil {
		return fmt.Errorf("look for who is named: %w", err)
	}
	if !seen {
		return fault.Refused("NOBODY_NAMED", "team", "the family is restricted, and nobody of that team is named; ask a Caldicott guardian to name one of its members first")
	}
	return nil
}

// WorksWith says whether whoever asks may work with the family: with a seat in its team, and not kept from it.
func WorksWith(ctx context.Context, tx pgx.Tx, family uuid.UUID, now time.Time) (bool, error) {
	_, err := seek(ctx, tx, "", family, now)
	if missing := (*fault.Fault)(nil); errors.As(err, &missing) {
		return false, nil
	}
	return err == nil, err
}
