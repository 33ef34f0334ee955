package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// patches brings the teams' rules to what the description says.
func (i *importing) patches(ctx context.Context) error {
	for _, step := range []func(context.Context) error{i.nameRules, i.raisePatched, i.replaceRules} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("patches: %w", err)
		}
	}
	return nil
}

func (i *importing) nameRules(ctx context.Context) error {
	if _, err := i.tx.Exec(ctx, `CREATE TEMPORARY TABLE named_rule (LIKE cover_rule) ON COMMIT DROP`); err != nil {
		return err
	}
	rules := i.Coverage.Rules
	_, err := i.tx.CopyFrom(ctx, pgx.Identifier{"named_rule"}, []string{"kind", "value", "team"},
		pgx.CopyFromSlice(len(rules), func(n int) ([]any, error) { return []any{string(rules[n].Kind), rules[n].Value, rules[n].Team}, nil }))
	return err
}

// raisePatched gives a new version to each team whose rules become others.
func (i *importing) raisePatched(ctx context.Context) error {
	_, err := i.tx.Exec(ctx, `UPDATE team SET version = version + 1, changed_at = $1, changed_by = $2 WHERE key IN (
		SELECT team FROM (TABLE cover_rule EXCEPT TABLE named_rule) gone UNION SELECT team FROM (TABLE named_rule EXCEPT TABLE cover_rule) come)`,
		i.at, i.by())
	return err
}

func (i *importing) replaceRules(ctx context.Context) error {
	if _, err := i.tx.Exec(ctx, `DELETE FROM cover_rule`); err != nil {
		return err
	}
	_, err := i.tx.Exec(ctx, `INSERT INTO cover_rule SELECT * FROM named_rule`)
	return err
}

// postcodes replaces the coverage where it differs. Families that have a team keep it: who works with a family is
// familyfacing's to say.
func (i *importing) postcodes(ctx context.Context) error {
	t := tally{what: "postcodes"}
	defer i.report(&t)
	_, err := i.tx.Exec(ctx, `CREATE TEMPORARY TABLE named_postcode (postcode text PRIMARY KEY, teams text[], wards text[]) ON COMMIT DROP`)
	if err != nil {
		return fmt.Errorf("postcodes: %w", err)
	}
	codes := slices.Sorted(maps.Keys(i.Coverage.Postcodes))
	_, err = i.tx.CopyFrom(ctx, pgx.Identifier{"named_postcode"}, []string{"postcode", "teams", "wards"}, pgx.CopyFromSlice(len(codes), func(n int) ([]any, error) {
		return []any{codes[n], listed(i.Coverage.Postcodes[codes[n]]), listed(i.Coverage.Wards[codes[n]])}, nil
	}))
	if err != nil {
		return fmt.Errorf("postcodes: %w", err)
	}
	if err := t.leaveOut(ctx, i.tx, `DELETE FROM postcode p WHERE NOT EXISTS (SELECT FROM named_postcode n WHERE n.postcode = p.postcode)`); err != nil {
		return err
	}
	return t.upsert(ctx, i.tx, `INSERT INTO postcode AS old (postcode, teams, wards) SELECT postcode, teams, wards FROM named_postcode
		ON CONFLICT (postcode) DO UPDATE SET teams = excluded.teams, wards = excluded.wards
		WHERE (old.teams, old.wards) IS DISTINCT FROM (excluded.teams, excluded.wards) RETURNING old.xmax = 0`)
}

// listed is an empty list for none, which the tables know no null for.
func listed(words []string) []string {
	if words == nil {
		return []string{}
	}
	return words
}

func (i *importing) partners(ctx context.Context) error {
	t := tally{what: "partners"}
	defer i.report(&t)
	keys := []string{}
	for _, p := range i.Partners {
		keys = append(keys, p.Key)
	}
	if err := t.leaveOut(ctx, i.tx, `UPDATE partner SET removed = true, version = version + 1, changed_at = $2, changed_by = $3
		WHERE NOT removed AND key <> ALL($1)`, keys, i.at, i.by()); err != nil {
		return err
	}
	for _, p := range i.Partners {
		scopes := []string{}
		for _, s := range p.Scopes {
			scopes = append(scopes, string(s))
		}
		contacts, err := json.Marshal(p.Contacts)
		if err != nil {
			return fmt.Errorf("partner %s: %w", p.Key, err)
		}
		err = t.upsert(ctx, i.tx, `INSERT INTO partner AS old (key, title, source, client_id, scopes, front_door, call_back, public_key, contacts, removed,
				changed_at, changed_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, false, $10, $11)
			ON CONFLICT (key) DO UPDATE SET title = excluded.title, source = excluded.source, client_id = excluded.client_id, scopes = excluded.scopes,
				front_door = excluded.front_door, call_back = excluded.call_back, public_key = excluded.public_key, contacts = excluded.contacts, removed = false,
				version = old.version + 1, changed_at = excluded.changed_at, changed_by = excluded.changed_by
			WHERE (old.title, old.source, old.client_id, old.scopes, old.front_door, old.call_back, old.public_key, old.contacts, old.removed)
				IS DISTINCT FROM (excluded.title, excluded.source, excluded.client_id, excluded.scopes, excluded.front_door, excluded.call_back,
				excluded.public_key, excluded.contacts, false)
			RETURNING old.xmax = 0`,
			p.Key, p.Name, p.Kind, p.ClientID, scopes, p.FrontDoor, p.CallBack, p.PublicKey, contacts, i.at, i.by())
		if err != nil {
			return err
		}
	}
	return nil
}
