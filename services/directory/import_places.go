package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/services/directory/description"
)

func importMemberships(ctx context.Context, tx pgx.Tx, a *description.Authority, c *Changes) error {
	t := tally{what: "memberships"}
	defer t.report(c)
	if _, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE named_membership (person uuid, team text, since timestamptz) ON COMMIT DROP`); err != nil {
		return fmt.Errorf("memberships: %w", err)
	}
	for _, m := range a.Memberships {
		err := t.upsert(ctx, tx, `WITH seat AS (SELECT id, $2 AS team, $3::timestamptz AS since FROM person WHERE key = $1),
				named AS (INSERT INTO named_membership SELECT * FROM seat)
			INSERT INTO membership AS old SELECT id, team, since, $4, $5 FROM seat
			ON CONFLICT (person, team, since) DO UPDATE SET until = excluded.until, note = excluded.note
			WHERE old IS DISTINCT FROM excluded RETURNING old.xmax = 0`, m.Person, m.Team, m.From, m.Until, m.Note)
		if err != nil {
			return err
		}
	}
	return t.leaveOut(ctx, tx, `DELETE FROM membership m WHERE NOT EXISTS (
		SELECT FROM named_membership n WHERE n.person = m.person AND n.team = m.team AND n.since = m.since)`)
}

// importPatches replaces the coverage where it differs. Families that have a team keep it: who works with a family is
// familyfacing's to say.
func importPatches(ctx context.Context, tx pgx.Tx, a *description.Authority, c *Changes) error {
	t := tally{what: "postcodes"}
	defer t.report(c)
	if _, err := tx.Exec(ctx, `DELETE FROM cover_rule`); err != nil {
		return fmt.Errorf("patches: %w", err)
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"cover_rule"}, []string{"kind", "value", "team"},
		pgx.CopyFromSlice(len(a.Coverage.Rules), func(i int) ([]any, error) {
			r := a.Coverage.Rules[i]
			return []any{string(r.Kind), r.Value, r.Team}, nil
		}))
	if err != nil {
		return fmt.Errorf("patches: %w", err)
	}
	if _, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE named_postcode (postcode text PRIMARY KEY, teams text[]) ON COMMIT DROP`); err != nil {
		return fmt.Errorf("postcodes: %w", err)
	}
	codes := make([]string, 0, len(a.Coverage.Postcodes))
	for code := range a.Coverage.Postcodes {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"named_postcode"}, []string{"postcode", "teams"}, pgx.CopyFromSlice(len(codes), func(i int) ([]any, error) {
		teams := a.Coverage.Postcodes[codes[i]]
		if teams == nil {
			teams = []string{}
		}
		return []any{codes[i], teams}, nil
	}))
	if err != nil {
		return fmt.Errorf("postcodes: %w", err)
	}
	if err := t.leaveOut(ctx, tx, `DELETE FROM postcode p WHERE NOT EXISTS (SELECT FROM named_postcode n WHERE n.postcode = p.postcode)`); err != nil {
		return err
	}
	return t.upsert(ctx, tx, `INSERT INTO postcode AS old SELECT postcode, teams FROM named_postcode
		ON CONFLICT (postcode) DO UPDATE SET teams = excluded.teams WHERE old.teams IS DISTINCT FROM excluded.teams RETURNING old.xmax = 0`)
}

func importPartners(ctx context.Context, tx pgx.Tx, a *description.Authority, c *Changes) error {
	t := tally{what: "partners"}
	defer t.report(c)
	keys := []string{}
	for _, p := range a.Partners {
		keys = append(keys, p.Key)
	}
	if err := t.leaveOut(ctx, tx, `UPDATE partner SET removed = true WHERE NOT removed AND key <> ALL($1)`, keys); err != nil {
		return err
	}
	for _, p := range a.Partners {
		scopes := []string{}
		for _, s := range p.Scopes {
			scopes = append(scopes, string(s))
		}
		contacts, err := json.Marshal(p.Contacts)
		if err != nil {
			return fmt.Errorf("partner %s: %w", p.Key, err)
		}
		err = t.upsert(ctx, tx, `INSERT INTO partner AS old VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, false)
			ON CONFLICT (key) DO UPDATE SET title = excluded.title, source = excluded.source, client_id = excluded.client_id, scopes = excluded.scopes,
				front_door = excluded.front_door, call_back = excluded.call_back, public_key = excluded.public_key, contacts = excluded.contacts, removed = false
			WHERE old IS DISTINCT FROM excluded RETURNING old.xmax = 0`,
			p.Key, p.Name, p.Kind, p.ClientID, scopes, p.FrontDoor, p.CallBack, p.PublicKey, contacts)
		if err != nil {
			return err
		}
	}
	return nil
}
