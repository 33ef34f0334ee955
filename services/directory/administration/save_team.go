package administration

import (
	"context"
	"fmt"
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/directory/description"
)

// SaveTeam makes a team, or changes one on the version that was read. Errors: CHANGED, KEY_TAKEN, HAS_PATCH and
// LAST_REFERRAL_TEAM for another kind.
func (s *Service) SaveTeam(ctx context.Context, req *directoryv1.SaveTeamRequest) (*directoryv1.SaveTeamResponse, error) {
	return run(ctx, s, changing[*directoryv1.SaveTeamResponse]{
		req: req, purpose: "save a team", answer: &directoryv1.SaveTeamResponse{},
		names: func(*directoryv1.SaveTeamResponse) []string { return []string{req.GetTeam().GetName()} },
		work: func(c change) (*directoryv1.SaveTeamResponse, error) {
			key, err := keyIn(ctx, "teams", req.GetTeam().GetName())
			if err != nil {
				return nil, err
			}
			t, err := teamOf(req.GetTeam())
			if err != nil {
				return nil, err
			}
			t.Key = key
			if req.GetTeam().GetEtag() == "" {
				err = c.makeTeam(ctx, t)
			} else {
				err = c.changeTeam(ctx, t, req.GetTeam().GetEtag())
			}
			if err != nil {
				return nil, err
			}
			m, err := showTeam(ctx, c.tx, key)
			return &directoryv1.SaveTeamResponse{Team: m}, err
		},
	})
}

func (c change) makeTeam(ctx context.Context, t *team) error {
	if err := check(field{name: "team.name", value: t.Key, fits: description.AKey}); err != nil {
		return err
	}
	tag, err := c.tx.Exec(ctx, `INSERT INTO team (key, title, kind, base, phone, removed, changed_at, changed_by, on_page)
		VALUES ($1, $2, $3, $4, $5, false, $6, $7, true) ON CONFLICT (key) DO NOTHING`,
		t.Key, t.Title, string(t.Kind), t.Base, t.Phone, c.at, c.by)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return fault.Refused("KEY_TAKEN", "team.name", "a team has this key, or had it before it was removed; choose another")
	}
	return nil
}

func (c change) changeTeam(ctx context.Context, t *team, etag string) error {
	was, err := readTeam(ctx, c.tx, t.Key)
	if err != nil {
		return err
	}
	if err := was.unchanged(ctx, "this team", etag); err != nil {
		return err
	}
	if t.Kind != was.Kind {
		if err := c.becomeAnother(ctx, was); err != nil {
			return err
		}
	}
	_, err = c.tx.Exec(ctx, `UPDATE team SET title = $2, kind = $3, base = $4, phone = $5, version = version + 1, changed_at = $6, changed_by = $7, on_page = true
		WHERE key = $1`, t.Key, t.Title, string(t.Kind), t.Base, t.Phone, c.at, c.by)
	return err
}

// becomeAnother says whether a team may be of another kind.
func (c change) becomeAnother(ctx context.Context, was *team) error {
	patch, err := c.patchOf(ctx, was)
	if err != nil {
		return err
	}
	if patch != "" {
		return fault.Refused("HAS_PATCH", "team.kind", "only a Family Facing Team has a patch; take this team's patch away first")
	}
	return c.notLastReferralTeam(ctx, was, "team.kind")
}

// notLastReferralTeam keeps somebody there to decide contacts.
func (c change) notLastReferralTeam(ctx context.Context, was *team, field string) error {
	if was.Kind != description.Referral {
		return nil
	}
	var other bool
	err := c.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM team WHERE kind = $1 AND key <> $2 AND NOT removed)`, string(description.Referral), was.Key).Scan(&other)
	if err == nil && !other {
		return fault.Refused("LAST_REFERRAL_TEAM", field, "this is the only Referral Team, and without one nobody would decide a contact")
	}
	return err
}

// RemoveTeam takes a team away that has neither members, now or to come, nor a patch. Errors: CHANGED, IN_USE,
// LAST_REFERRAL_TEAM.
func (s *Service) RemoveTeam(ctx context.Context, req *directoryv1.RemoveTeamRequest) (*directoryv1.RemoveTeamResponse, error) {
	return run(ctx, s, changing[*directoryv1.RemoveTeamResponse]{
		req: req, purpose: "remove a team", answer: &directoryv1.RemoveTeamResponse{},
		names: func(*directoryv1.RemoveTeamResponse) []string { return []string{req.GetName()} },
		work: func(c change) (*directoryv1.RemoveTeamResponse, error) {
			key, err := keyIn(ctx, "teams", req.GetName())
			if err != nil {
				return nil, err
			}
			was, err := readTeam(ctx, c.tx, key)
			if err != nil {
				return nil, err
			}
			if err := was.unchanged(ctx, "this team", req.GetEtag()); err != nil {
				return nil, err
			}
			if err := c.unused(ctx, was); err != nil {
				return nil, err
			}
			_, err = c.tx.Exec(ctx, `UPDATE team SET removed = true, version = version + 1, changed_at = $2, changed_by = $3, on_page = true WHERE key = $1`,
				key, c.at, c.by)
			return &directoryv1.RemoveTeamResponse{}, err
		},
	})
}

// unused holds that nobody has a seat in the team, now or later, and that it covers nothing. It names what does.
func (c change) unused(ctx context.Context, t *team) error {
	if err := c.notLastReferralTeam(ctx, t, "name"); err != nil {
		return err
	}
	seats, err := seatsWhere(ctx, c.tx, `m.team = $1 AND (m.until IS NULL OR m.until > $2)`, t.Key, c.at)
	if err != nil {
		return err
	}
	patch, err := c.patchOf(ctx, t)
	if err != nil {
		return err
	}
	var has []string
	if len(seats) > 0 {
		has = append(has, fmt.Sprintf("members now or to come (%s)", firstOf(seats, func(s seat) string { return s.PersonTitle })))
	}
	if patch != "" {
		has = append(has, "a patch ("+patch+")")
	}
	if len(has) == 0 {
		return nil
	}
	return fault.Refused("IN_USE", "name", "this team has "+strings.Join(has, " and ")+"; end their seats and take the patch away first")
}

// patchOf names what a team covers; empty for nothing. Of an authority that was imported before wards were kept, only the
// postcodes say so.
func (c change) patchOf(ctx context.Context, t *team) (string, error) {
	rules, err := rulesWhere(ctx, c.tx, `team = $1`, t.Key)
	if err != nil || len(rules) > 0 {
		return firstOf(rules, func(r description.Rule) string { return string(r.Kind) + " " + r.Value }), err
	}
	var postcodes int
	err = c.tx.QueryRow(ctx, `SELECT count(*) FROM postcode WHERE $1 = ANY(teams)`, t.Key).Scan(&postcodes)
	if err != nil || postcodes == 0 {
		return "", err
	}
	return fmt.Sprintf("%d postcodes", postcodes), nil
}

// mostNamed is how many things a sentence names.
const mostNamed = 5

func firstOf[T any](all []T, called func(T) string) string {
	var names []string
	for _, one := range all[:min(len(all), mostNamed)] {
		names = append(names, called(one))
	}
	if more := len(all) - mostNamed; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
