package referral

import (
	"context"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// ChoosePatch chooses the Family Facing Team for a child where the address does not, or where it is not the right one: a
// refuge, two homes, out of area. The reason is kept. A child who is with a team already goes to the chosen one when it
// is screened again.
func (s *Service) ChoosePatch(ctx context.Context, req *referralv1.ChoosePatchRequest) (*referralv1.ChoosePatchResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	_, id, err := childID(req.GetName())
	if err != nil {
		return nil, err
	}
	team, err := teamKey(p.Authority, "team", req.GetTeam())
	if err != nil {
		return nil, err
	}
	if err := s.familyFacing(ctx, p.Authority, req.GetTeam()); err != nil {
		return nil, err
	}
	how := acting{passport: p, request: req, how: "PATCH_CHOSEN", reason: req.GetReason(), child: id}
	return change(ctx, s, how, func(c *referralv1.Contact) *referralv1.ChoosePatchResponse {
		return &referralv1.ChoosePatchResponse{Contact: c}
	}, func(a *act) error {
		if err := a.notClosed(); err != nil {
			return err
		}
		one := a.child(id)
		one.Team, one.TeamReason = team, req.GetReason()
		if err := a.chose(one); err != nil {
			return err
		}
		return saveChild(ctx, a.tx, one)
	})
}

// familyFacing refuses a team that is none, or that works with no families.
func (s *Service) familyFacing(ctx context.Context, authority, team string) error {
	answer, err := s.directory.ListTeams(ctx, &directoryv1.ListTeamsRequest{Parent: "authorities/" + authority})
	if err != nil {
		return err
	}
	for _, t := range answer.GetTeams() {
		if t.GetName() == team && t.GetKind() == directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING {
			return nil
		}
	}
	return fault.Invalid("team", "name one of the authority's Family Facing Teams")
}

// chose keeps a change of a child's team with its reason.
func (a *act) chose(one *child) error {
	return insertChoice(inside{a.ctx, a.tx}, one, a.contact.Version, who(a.by), a.now)
}
