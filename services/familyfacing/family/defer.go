package family

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
)

// DeferFamily passes an open family on to another Family Facing Team, with the reason [blueprint: Appendix 2, Pillar 1].
// It is with the receiver at once and waits for allocation there; the team that deferred no longer sees it. An
// urgency is alarmed again until the receiver takes note of it. Errors: NOT_A_MEMBER, NOT_FOUND outside the team, CHANGED,
// NOT_OPEN, NOT_A_FAMILY_FACING_TEAM, SAME_TEAM, NOBODY_NAMED where it is restricted and nobody of the receiver is named.
func (s *Service) DeferFamily(ctx context.Context, req *familyfacingv1.DeferFamilyRequest) (*familyfacingv1.DeferFamilyResponse, error) {
	receiver, familyFacing := teamIn(req.GetTeam()), false
	var present map[uuid.UUID]string
	from := ""
	return change(ctx, s, changing[*familyfacingv1.DeferFamilyResponse]{
		req: req, purpose: "defer the family to another team", event: "family_deferred",
		wrap: func(m *familyfacingv1.Family) *familyfacingv1.DeferFamilyResponse {
			return &familyfacingv1.DeferFamilyResponse{Family: m}
		},
		before: func(ctx context.Context, f *family) (err error) {
			if familyFacing, err = s.isFamilyFacing(ctx, receiver); err != nil || !familyFacing || !f.Restricted {
				return err
			}
			present, err = s.presentMembers(ctx, receiver)
			return err
		},
		apply: func(ctx context.Context, tx pgx.Tx, f *family, now time.Time) error {
			from = f.Team
			if err := f.deferTo(receiver, familyFacing); err != nil {
				return err
			}
			if err := someoneSees(ctx, tx, f, present); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE notice SET team = $2 WHERE family = $1`, f.ID, f.Team); err != nil {
				return fmt.Errorf("notices go along: %w", err)
			}
			if f.UrgentSince != nil {
				since := now.UTC().Truncate(time.Microsecond)
				f.UrgentSince = &since
				if err := s.alarm(ctx, tx, urgentAlarm(f)); err != nil {
					return err
				}
			}
			return involve(ctx, tx, f, involvement{kind: deferredFrom, reason: req.GetReason(), at: now, written: now})
		},
		facts: func(*family) map[string]string { return map[string]string{"from": from} },
	})
}

// isFamilyFacing asks the directory whether the team is a Family Facing Team of the authority.
func (s *Service) isFamilyFacing(ctx context.Context, team string) (bool, error) {
	teams, err := s.directory.ListTeams(ctx, &directoryv1.ListTeamsRequest{Parent: authorityName(ctx)})
	if err != nil {
		return false, err
	}
	for _, t := range teams.GetTeams() {
		if t.GetName() == teamName(ctx, team) {
			return t.GetKind() == directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING, nil
		}
	}
	return false, nil
}
