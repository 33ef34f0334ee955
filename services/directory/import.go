package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/services/directory/description"
)

// Changes counts what an import did, by kind of thing.
type Changes struct {
	// Lines are sentences such as "people: 3 added, 1 changed, 0 left out".
	Lines []string
	// Any says whether anything changed at all.
	Any bool
}

// Beginner is a connection with the owner's login, or a transaction on one.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Import brings the directory to what the description says, in one transaction on the owner's login. Importing the same
// description again changes nothing. Whoever the description no longer names keeps their past and has no passport. A
// membership that it no longer names is taken away.
func Import(ctx context.Context, owner Beginner, a *description.Authority, operator string, now time.Time) (Changes, error) {
	var c Changes
	err := pgx.BeginFunc(ctx, owner, func(tx pgx.Tx) error {
		c = Changes{}
		if _, err := tx.Exec(ctx, `SET LOCAL search_path = directory`); err != nil {
			return fmt.Errorf("the directory's tables: %w", err)
		}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('directory.import'))`); err != nil {
			return fmt.Errorf("wait for another import: %w", err)
		}
		var other string
		err := tx.QueryRow(ctx, `SELECT coalesce(max(key), '') FROM authority WHERE key <> $1`, a.Key).Scan(&other)
		if err != nil {
			return fmt.Errorf("read the authority: %w", err)
		}
		if other != "" {
			return fmt.Errorf("this database holds the authority %s; the file describes %s", other, a.Key)
		}
		for _, step := range []func(context.Context, pgx.Tx, *description.Authority, *Changes) error{
			importAuthority, importTeams, importPeople, importMemberships, importPatches, importPartners,
		} {
			if err := step(ctx, tx, a, &c); err != nil {
				return err
			}
		}
		return audit.Operate(ctx, tx, now, operator, "import directory", "authorities/"+a.Key)
	})
	return c, err
}

// tally runs an upsert whose answer is whether the row is new, and counts. No answer means nothing changed.
type tally struct {
	what                    string
	added, changed, leftOut int
}

func (t *tally) upsert(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", t.what, err)
	}
	var isNew bool
	_, err = pgx.ForEachRow(rows, []any{&isNew}, func() error {
		if isNew {
			t.added++
		} else {
			t.changed++
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", t.what, err)
	}
	return nil
}

// leaveOut counts what a statement took away.
func (t *tally) leaveOut(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	tag, err := tx.Exec(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", t.what, err)
	}
	t.leftOut += int(tag.RowsAffected())
	return nil
}

func (t *tally) report(c *Changes) {
	c.Lines = append(c.Lines, fmt.Sprintf("%s: %d added, %d changed, %d left out", t.what, t.added, t.changed, t.leftOut))
	c.Any = c.Any || t.added+t.changed+t.leftOut > 0
}

func importAuthority(ctx context.Context, tx pgx.Tx, a *description.Authority, c *Changes) error {
	t := tally{what: "authority"}
	defer t.report(c)
	return t.upsert(ctx, tx, `INSERT INTO authority AS old VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (key) DO UPDATE SET title = excluded.title, gss_code = excluded.gss_code, phone = excluded.phone, opens = excluded.opens,
			closes = excluded.closes, urgent_minutes = excluded.urgent_minutes, out_of_hours_name = excluded.out_of_hours_name,
			out_of_hours_phone = excluded.out_of_hours_phone, out_of_hours_email = excluded.out_of_hours_email,
			out_of_hours_call_back = excluded.out_of_hours_call_back, how_to_escalate = excluded.how_to_escalate
		WHERE old IS DISTINCT FROM excluded RETURNING old.xmax = 0`,
		a.Key, a.Title, a.GSSCode, a.Phone, int(a.WorkingHours.Opens), int(a.WorkingHours.Closes), int(a.UrgentLimit.Minutes()),
		a.OutOfHours.Name, a.OutOfHours.Phone, a.OutOfHours.Email, a.OutOfHours.CallBack, a.Escalation)
}

func importTeams(ctx context.Context, tx pgx.Tx, a *description.Authority, c *Changes) error {
	t := tally{what: "teams"}
	defer t.report(c)
	keys := []string{}
	for _, team := range a.Teams {
		keys = append(keys, team.Key)
		err := t.upsert(ctx, tx, `INSERT INTO team AS old VALUES ($1, $2, $3, $4, $5, false)
			ON CONFLICT (key) DO UPDATE SET title = excluded.title, kind = excluded.kind, base = excluded.base, phone = excluded.phone, removed = false
			WHERE old IS DISTINCT FROM excluded RETURNING old.xmax = 0`, team.Key, team.Name, string(team.Kind), team.Base, team.Phone)
		if err != nil {
			return err
		}
	}
	return t.leaveOut(ctx, tx, `UPDATE team SET removed = true WHERE NOT removed AND key <> ALL($1)`, keys)
}

func importPeople(ctx context.Context, tx pgx.Tx, a *description.Authority, c *Changes) error {
	t, q := tally{what: "people"}, tally{what: "qualifications"}
	defer func() { t.report(c); q.report(c) }()
	keys := []string{}
	for _, p := range a.People {
		keys = append(keys, p.Key)
	}
	// Those who left go first, so that a sign-in may pass to somebody else.
	if err := t.leaveOut(ctx, tx, `UPDATE person SET removed = true WHERE NOT removed AND key <> ALL($1)`, keys); err != nil {
		return err
	}
	for _, p := range a.People {
		err := t.upsert(ctx, tx, `INSERT INTO person AS old VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, false)
			ON CONFLICT (key) DO UPDATE SET title = excluded.title, subject = excluded.subject, registration = excluded.registration,
				registered_until = excluded.registered_until, full_time_thousandths = excluded.full_time_thousandths, email = excluded.email,
				phone = excluded.phone, administrator = excluded.administrator, guardian = excluded.guardian, removed = false
			WHERE (old.title, old.subject, old.registration, old.registered_until, old.full_time_thousandths, old.email, old.phone, old.administrator, old.guardian, old.removed)
				IS DISTINCT FROM (excluded.title, excluded.subject, excluded.registration, excluded.registered_until, excluded.full_time_thousandths,
				excluded.email, excluded.phone, excluded.administrator, excluded.guardian, false) RETURNING old.xmax = 0`,
			uuid.Must(uuid.NewV7()), p.Key, p.Name, p.Subject, p.Registration, p.RegisteredUntil, int(p.FullTimeEquivalent*1000+0.5),
			p.Email, p.Phone, p.Administrator, p.CaldicottGuardian || p.DeputyCaldicottGuardian)
		if err != nil {
			return err
		}
		names := []string{}
		for _, have := range p.Qualifications {
			names = append(names, have.Name)
			err := q.upsert(ctx, tx, `INSERT INTO qualification AS old SELECT id, $2, $3, $4 FROM person WHERE key = $1
				ON CONFLICT (person, name, since) DO UPDATE SET until = excluded.until WHERE old IS DISTINCT FROM excluded RETURNING old.xmax = 0`,
				p.Key, have.Name, have.Since, have.Until)
			if err != nil {
				return err
			}
		}
		if err := q.leaveOut(ctx, tx, `DELETE FROM qualification WHERE person = (SELECT id FROM person WHERE key = $1) AND name <> ALL($2)`, p.Key, names); err != nil {
			return err
		}
	}
	return nil
}
