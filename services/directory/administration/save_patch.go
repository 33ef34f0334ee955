package administration

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/directory/description"
)

// PreviewPatch shows what a patch would cover, and what would have no team or several, beside what has now. It changes
// nothing. Errors: those of SavePatch, but for CHANGED.
func (s *Service) PreviewPatch(ctx context.Context, req *directoryv1.PreviewPatchRequest) (*directoryv1.PreviewPatchResponse, error) {
	answer := &directoryv1.PreviewPatchResponse{}
	err := s.look(ctx, "try a patch out", func(tx pgx.Tx) ([]string, error) {
		t, before, err := patchable(ctx, tx, req.GetTeam())
		if err != nil {
			return nil, err
		}
		rules, err := before.rulesOf(t.Key, req.GetRules())
		if err != nil {
			return nil, err
		}
		after := before.with(t.Key, rules)
		named := func(team string) string { return teamName(ctx, team) }
		answer.Postcodes, answer.Before, answer.After = after.coveredBy(t.Key), before.coverage(named), after.coverage(named)
		return []string{req.GetTeam()}, nil
	})
	return answer, err
}

// SavePatch replaces a Family Facing Team's patch on the version that was read, and settles every postcode again. Gaps
// and overlaps are allowed: a person settles those postcodes. Families who have a team stay with it: that is
// familyfacing's to say. Errors: CHANGED, NOT_A_FAMILY_FACING_TEAM, NEEDS_IMPORT.
func (s *Service) SavePatch(ctx context.Context, req *directoryv1.SavePatchRequest) (*directoryv1.SavePatchResponse, error) {
	return run(ctx, s, changing[*directoryv1.SavePatchResponse]{
		req: req, purpose: "save a team's patch", answer: &directoryv1.SavePatchResponse{},
		names: func(*directoryv1.SavePatchResponse) []string { return []string{req.GetTeam()} },
		work: func(c change) (*directoryv1.SavePatchResponse, error) {
			t, before, err := patchable(ctx, c.tx, req.GetTeam())
			if err != nil {
				return nil, err
			}
			if err := t.unchanged(ctx, "this team", req.GetEtag()); err != nil {
				return nil, err
			}
			rules, err := before.rulesOf(t.Key, req.GetRules())
			if err != nil {
				return nil, err
			}
			if err := c.savePatch(ctx, t.Key, rules, before.becomes(before.with(t.Key, rules))); err != nil {
				return nil, err
			}
			m, err := showTeam(ctx, c.tx, t.Key)
			return &directoryv1.SavePatchResponse{Team: m}, err
		},
	})
}

// patchable reads a team that may have a patch, and all that decides about it.
func patchable(ctx context.Context, tx pgx.Tx, name string) (*team, grounds, error) {
	key, err := keyIn(ctx, "teams", name)
	if err != nil {
		return nil, grounds{}, err
	}
	t, err := readTeam(ctx, tx, key)
	if err != nil {
		return nil, grounds{}, err
	}
	if t.Kind != description.FamilyFacing {
		return nil, grounds{}, fault.Refused("NOT_A_FAMILY_FACING_TEAM", "team", "only a Family Facing Team has a patch")
	}
	g, err := readGrounds(ctx, tx)
	if err == nil && g.wardsUnknown() {
		err = fault.Refused("NEEDS_IMPORT", "", "it is not known yet which wards the postcodes lie in; the operator imports the description once more with `kith import directory`")
	}
	return t, g, err
}

func readGrounds(ctx context.Context, tx pgx.Tx) (grounds, error) {
	rules, err := rulesWhere(ctx, tx, `true`)
	if err != nil {
		return grounds{}, err
	}
	rows, err := tx.Query(ctx, `SELECT postcode, teams, wards FROM postcode ORDER BY postcode COLLATE "C"`)
	if err != nil {
		return grounds{}, err
	}
	postcodes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[covered])
	return grounds{postcodes: postcodes, rules: rules}, err
}

func rulesWhere(ctx context.Context, tx pgx.Tx, condition string, args ...any) ([]description.Rule, error) {
	rows, err := tx.Query(ctx, `SELECT kind, value, team FROM cover_rule WHERE `+condition+` ORDER BY kind, value COLLATE "C", team`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[description.Rule])
}

// savePatch writes a patch down, and the teams of the postcodes that it changes, by those teams.
func (c change) savePatch(ctx context.Context, team string, rules []description.Rule, becomes map[string][]string) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM cover_rule WHERE team = $1`, team)
	kinds, values := make([]string, len(rules)), make([]string, len(rules))
	for n, rule := range rules {
		kinds[n], values[n] = string(rule.Kind), rule.Value
	}
	batch.Queue(`INSERT INTO cover_rule (kind, value, team) SELECT kind, value, $1 FROM unnest($2::text[], $3::text[]) AS told(kind, value)`, team, kinds, values)
	for teams, postcodes := range becomes {
		batch.Queue(`UPDATE postcode SET teams = $1 WHERE postcode = ANY($2)`, strings.Fields(teams), postcodes)
	}
	batch.Queue(`UPDATE team SET version = version + 1, changed_at = $2, changed_by = $3, on_page = true WHERE key = $1`, team, c.at, c.by)
	return c.tx.SendBatch(ctx, batch).Close()
}
