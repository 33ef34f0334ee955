package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/services/directory/administration"
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
// membership that it no longer names is taken away. It refuses with PageWork to undo what was done on the pages since
// the last import.
func Import(ctx context.Context, owner Beginner, a *description.Authority, operator string, now time.Time) (Changes, error) {
	return bringIn(ctx, owner, importing{Authority: a, operator: operator, at: now})
}

// ImportOverPages is Import that undoes what was done on the pages where the description says otherwise.
func ImportOverPages(ctx context.Context, owner Beginner, a *description.Authority, operator string, now time.Time) (Changes, error) {
	return bringIn(ctx, owner, importing{Authority: a, operator: operator, at: now, overPages: true})
}

// importing is one import at work.
type importing struct {
	*description.Authority
	tx        pgx.Tx
	operator  string
	at        time.Time
	overPages bool
	changes   Changes
}

// by is who changes what an import changes.
func (i *importing) by() string { return "operator/" + i.operator }

func bringIn(ctx context.Context, owner Beginner, asked importing) (Changes, error) {
	var done Changes
	err := pgx.BeginFunc(ctx, owner, func(tx pgx.Tx) error {
		i := asked
		i.tx = tx
		if _, err := tx.Exec(ctx, `SET LOCAL search_path = directory`); err != nil {
			return fmt.Errorf("the directory's tables: %w", err)
		}
		if err := administration.Lock(ctx, tx); err != nil {
			return fmt.Errorf("wait for another change: %w", err)
		}
		var other string
		err := tx.QueryRow(ctx, `SELECT coalesce(max(key), '') FROM authority WHERE key <> $1`, i.Key).Scan(&other)
		if err != nil {
			return fmt.Errorf("read the authority: %w", err)
		}
		if other != "" {
			return fmt.Errorf("this database holds the authority %s; the file describes %s", other, i.Key)
		}
		if err := i.notePageWork(ctx); err != nil {
			return err
		}
		for _, step := range []func(context.Context) error{
			i.authority, i.teams, i.people, i.memberships, i.patches, i.postcodes, i.partners, i.settlePageWork,
		} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		done = i.changes
		command := "import directory"
		if i.overPages {
			command = "import directory, over the pages"
		}
		return audit.Operate(ctx, tx, i.at, i.operator, command, "authorities/"+i.Key)
	})
	return done, err
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

func (t *tally) total() int { return t.added + t.changed + t.leftOut }

func (i *importing) report(t *tally) {
	i.changes.Lines = append(i.changes.Lines, fmt.Sprintf("%s: %d added, %d changed, %d left out", t.what, t.added, t.changed, t.leftOut))
	i.changes.Any = i.changes.Any || t.total() > 0
}

func (i *importing) authority(ctx context.Context) error {
	t := tally{what: "authority"}
	defer i.report(&t)
	return t.upsert(ctx, i.tx, `INSERT INTO authority AS old (key, title, gss_code, phone, opens, closes, urgent_minutes, idle_minutes, out_of_hours_name,
			out_of_hours_phone, out_of_hours_email, out_of_hours_call_back, how_to_escalate, changed_at, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (key) DO UPDATE SET title = excluded.title, gss_code = excluded.gss_code, phone = excluded.phone, opens = excluded.opens,
			closes = excluded.closes, urgent_minutes = excluded.urgent_minutes, idle_minutes = excluded.idle_minutes,
			out_of_hours_name = excluded.out_of_hours_name, out_of_hours_phone = excluded.out_of_hours_phone,
			out_of_hours_email = excluded.out_of_hours_email, out_of_hours_call_back = excluded.out_of_hours_call_back,
			how_to_escalate = excluded.how_to_escalate,
			version = old.version + 1, changed_at = excluded.changed_at, changed_by = excluded.changed_by
		WHERE (old.title, old.gss_code, old.phone, old.opens, old.closes, old.urgent_minutes, old.idle_minutes, old.out_of_hours_name,
			old.out_of_hours_phone, old.out_of_hours_email, old.out_of_hours_call_back, old.how_to_escalate)
			IS DISTINCT FROM (excluded.title, excluded.gss_code, excluded.phone, excluded.opens, excluded.closes, excluded.urgent_minutes,
			excluded.idle_minutes, excluded.out_of_hours_name, excluded.out_of_hours_phone, excluded.out_of_hours_email,
			excluded.out_of_hours_call_back, excluded.how_to_escalate)
		RETURNING old.xmax = 0`,
		i.Key, i.Title, i.GSSCode, i.Phone, int(i.WorkingHours.Opens), int(i.WorkingHours.Closes), int(i.UrgentLimit.Minutes()), i.IdleMinutes,
		i.OutOfHours.Name, i.OutOfHours.Phone, i.OutOfHours.Email, i.OutOfHours.CallBack, i.Escalation, i.at, i.by())
}

func (i *importing) teams(ctx context.Context) error {
	t := tally{what: "teams"}
	defer i.report(&t)
	keys := []string{}
	for _, team := range i.Teams {
		keys = append(keys, team.Key)
		err := t.upsert(ctx, i.tx, `INSERT INTO team AS old (key, title, kind, base, phone, removed, changed_at, changed_by)
			VALUES ($1, $2, $3, $4, $5, false, $6, $7)
			ON CONFLICT (key) DO UPDATE SET title = excluded.title, kind = excluded.kind, base = excluded.base, phone = excluded.phone, removed = false,
				version = old.version + 1, changed_at = excluded.changed_at, changed_by = excluded.changed_by
			WHERE (old.title, old.kind, old.base, old.phone, old.removed)
				IS DISTINCT FROM (excluded.title, excluded.kind, excluded.base, excluded.phone, false)
			RETURNING old.xmax = 0`, team.Key, team.Name, string(team.Kind), team.Base, team.Phone, i.at, i.by())
		if err != nil {
			return err
		}
	}
	return t.leaveOut(ctx, i.tx, `UPDATE team SET removed = true, version = version + 1, changed_at = $2, changed_by = $3
		WHERE NOT removed AND key <> ALL($1)`, keys, i.at, i.by())
}
