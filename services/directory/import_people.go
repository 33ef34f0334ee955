package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/kithcare/kith/services/directory/description"
)

func (i *importing) people(ctx context.Context) error {
	t, q := tally{what: "people"}, tally{what: "qualifications"}
	defer func() { i.report(&t); i.report(&q) }()
	keys, subjects := []string{}, []string{}
	for _, p := range i.People {
		keys, subjects = append(keys, p.Key), append(subjects, p.Subject)
	}
	// Those who left go first, so that a sign-in may pass to somebody else.
	if err := t.leaveOut(ctx, i.tx, `UPDATE person SET removed = true, version = version + 1, changed_at = $2, changed_by = $3
		WHERE NOT removed AND key <> ALL($1)`, keys, i.at, i.by()); err != nil {
		return err
	}
	// So that two who stay may exchange theirs: each of these is given its own just below.
	if _, err := i.tx.Exec(ctx, `UPDATE person SET subject = 'none yet: ' || person.key FROM unnest($1::text[], $2::text[]) AS told(key, subject)
		WHERE person.key = told.key AND person.subject <> told.subject`, keys, subjects); err != nil {
		return fmt.Errorf("people: %w", err)
	}
	for _, p := range i.People {
		if err := i.person(ctx, p, &t, &q); err != nil {
			return err
		}
	}
	return nil
}

func (i *importing) person(ctx context.Context, p description.Person, t, q *tally) error {
	err := t.upsert(ctx, i.tx, `INSERT INTO person AS old (id, key, title, subject, registration, registered_until, full_time_thousandths, email, phone,
			administrator, guardian, removed, changed_at, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, false, $12, $13)
		ON CONFLICT (key) DO UPDATE SET title = excluded.title, subject = excluded.subject, registration = excluded.registration,
			registered_until = excluded.registered_until, full_time_thousandths = excluded.full_time_thousandths, email = excluded.email,
			phone = excluded.phone, administrator = excluded.administrator, guardian = excluded.guardian, removed = false,
			version = old.version + 1, changed_at = excluded.changed_at, changed_by = excluded.changed_by
		WHERE (old.title, old.subject, old.registration, old.registered_until, old.full_time_thousandths, old.email, old.phone, old.administrator,
			old.guardian, old.removed)
			IS DISTINCT FROM (excluded.title, excluded.subject, excluded.registration, excluded.registered_until, excluded.full_time_thousandths,
			excluded.email, excluded.phone, excluded.administrator, excluded.guardian, false)
		RETURNING old.xmax = 0`,
		uuid.Must(uuid.NewV7()), p.Key, p.Name, p.Subject, p.Registration, p.RegisteredUntil, int(p.FullTimeEquivalent*1000+0.5),
		p.Email, p.Phone, p.Administrator, p.CaldicottGuardian || p.DeputyCaldicottGuardian, i.at, i.by())
	if err != nil {
		return err
	}
	before, names, since := q.total(), []string{}, []time.Time{}
	for _, have := range p.Qualifications {
		names, since = append(names, have.Name), append(since, have.Since)
		err := q.upsert(ctx, i.tx, `INSERT INTO qualification AS old SELECT id, $2, $3, $4 FROM person WHERE key = $1
			ON CONFLICT (person, name, since) DO UPDATE SET until = excluded.until WHERE old IS DISTINCT FROM excluded RETURNING old.xmax = 0`,
			p.Key, have.Name, have.Since, have.Until)
		if err != nil {
			return err
		}
	}
	err = q.leaveOut(ctx, i.tx, `DELETE FROM qualification q WHERE person = (SELECT id FROM person WHERE key = $1)
		AND NOT EXISTS (SELECT FROM unnest($2::text[], $3::timestamptz[]) AS told(name, since) WHERE told.name = q.name AND told.since = q.since)`,
		p.Key, names, since)
	if err != nil || q.total() == before {
		return err
	}
	_, err = i.tx.Exec(ctx, `UPDATE person SET version = version + 1, changed_at = $2, changed_by = $3 WHERE key = $1`, p.Key, i.at, i.by())
	return err
}

func (i *importing) memberships(ctx context.Context) error {
	t := tally{what: "memberships"}
	defer i.report(&t)
	if _, err := i.tx.Exec(ctx, `CREATE TEMPORARY TABLE named_membership (person uuid, team text, since timestamptz) ON COMMIT DROP`); err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	for _, m := range i.Memberships {
		err := t.upsert(ctx, i.tx, `WITH seat AS (SELECT id, $2 AS team, $3::timestamptz AS since FROM person WHERE key = $1),
				named AS (INSERT INTO named_membership SELECT * FROM seat)
			INSERT INTO membership AS old (person, team, since, until, note, changed_at, changed_by) SELECT id, team, since, $4, $5, $6, $7 FROM seat
			ON CONFLICT (person, team, since) DO UPDATE SET until = excluded.until, note = excluded.note,
				changed_at = excluded.changed_at, changed_by = excluded.changed_by
			WHERE (old.until, old.note) IS DISTINCT FROM (excluded.until, excluded.note) RETURNING old.xmax = 0`,
			m.Person, m.Team, m.From, m.Until, m.Note, i.at, i.by())
		if err != nil {
			return err
		}
	}
	return t.leaveOut(ctx, i.tx, `DELETE FROM membership m WHERE NOT EXISTS (
		SELECT FROM named_membership n WHERE n.person = m.person AND n.team = m.team AND n.since = m.since)`)
}
