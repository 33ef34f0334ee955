package directory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/calendar"
)

// PageWork is what an import would undo: each thing that was made or changed on a page since the last import.
type PageWork []string

// Error lists it, one thing a line.
func (w PageWork) Error() string {
	return "the file was not imported and nothing changed, because it would undo what was done on the pages since the last import:\n  " +
		strings.Join(w, "\n  ") + "\nwrite it into the file first, or import with --replace-page-changes to undo it"
}

// pageWork gives everything that pages change, each with its content: a team's patch is the team's, a person's
// qualifications are the person's, and a seat stands for itself.
const pageWork = `(
	SELECT 'authority' AS kind, key AS id, 'the settings' AS what, to_jsonb(a) - not_content AS content, on_page, changed_at, changed_by FROM authority a, marks
	UNION ALL SELECT 'team', key, 'the team ' || title, to_jsonb(t) - not_content ||
		jsonb_build_object('patch', (SELECT jsonb_agg(r.kind || ' ' || r.value ORDER BY r.kind, r.value) FROM cover_rule r WHERE r.team = t.key)),
		on_page, changed_at, changed_by FROM team t, marks
	UNION ALL SELECT 'person', key, title, to_jsonb(p) - not_content ||
		jsonb_build_object('qualifications', (SELECT jsonb_agg(to_jsonb(q) ORDER BY q.name, q.since) FROM qualification q WHERE q.person = p.id)),
		on_page, changed_at, changed_by FROM person p, marks
	UNION ALL SELECT 'seat', m.person || ' ' || m.team || ' ' || m.since, 'the seat of ' || p.title || ' in ' || t.title, to_jsonb(m) - not_content,
		m.on_page, m.changed_at, m.changed_by FROM membership m JOIN person p ON p.id = m.person JOIN team t ON t.key = m.team, marks
	UNION ALL SELECT 'partner', key, 'the partner ' || title, to_jsonb(c) - not_content, on_page, changed_at, changed_by FROM partner c, marks
)`

// marks are the columns that say when and by whom.
const marks = `WITH marks AS (SELECT '{version,changed_at,changed_by,on_page}'::text[] AS not_content) `

// notePageWork keeps what was done on pages since the last import, before this one changes anything.
func (i *importing) notePageWork(ctx context.Context) error {
	_, err := i.tx.Exec(ctx, `CREATE TEMPORARY TABLE page_work ON COMMIT DROP AS `+marks+`SELECT * FROM `+pageWork+` AS work WHERE on_page`)
	if err != nil {
		return fmt.Errorf("what was done on pages: %w", err)
	}
	return nil
}

// settlePageWork refuses the import where it has undone any of it, unless it was asked to. What the description says too
// is no page work any more.
func (i *importing) settlePageWork(ctx context.Context) error {
	undone, err := i.undone(ctx)
	if err != nil {
		return fmt.Errorf("what was done on pages: %w", err)
	}
	if len(undone) > 0 && !i.overPages {
		return PageWork(undone)
	}
	for _, line := range undone {
		i.changes.Lines = append(i.changes.Lines, "undone: "+line)
	}
	for _, table := range []string{"authority", "team", "person", "membership", "partner"} {
		if _, err := i.tx.Exec(ctx, `UPDATE `+table+` SET on_page = false WHERE on_page`); err != nil {
			return fmt.Errorf("what was done on pages: %w", err)
		}
	}
	return nil
}

// undone lists the work of the pages that is no longer there. A seat that is over and stays so is left aside: the file
// need not say to the second when it ended.
func (i *importing) undone(ctx context.Context) ([]string, error) {
	rows, err := i.tx.Query(ctx, marks+`SELECT was.what, was.changed_at, coalesce(p.title, was.changed_by)
		FROM page_work was LEFT JOIN `+pageWork+` AS now USING (kind, id) LEFT JOIN person p ON was.changed_by = 'person/' || p.id
		WHERE now.content IS DISTINCT FROM was.content AND NOT (kind = 'seat' AND coalesce((was.content->>'until')::timestamptz <= $1, false)
			AND (now.id IS NULL OR coalesce((now.content->>'until')::timestamptz <= $1, false)))
		ORDER BY was.changed_at, was.what`, i.at)
	if err != nil {
		return nil, err
	}
	home := calendar.London()
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var what, who string
		var at time.Time
		err := row.Scan(&what, &at, &who)
		return what + " was changed on a page on " + at.In(home).Format("2 January 2006") + " by " + who, err
	})
}
