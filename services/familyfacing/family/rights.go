package family

import (
	"slices"
	"time"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// Each right is one function that answers nil, or a sentence that says why not. Membership counts to the second.

// mayWorkWithFamilies is the least that every act on a family needs: a seat in some Family Facing Team. It tells nothing
// of whether a family exists.
func mayWorkWithFamilies(p *passport.Passport, now time.Time) error {
	if p.MemberOfKind(passport.FamilyFacing, now) {
		return nil
	}
	return fault.Denied("NOT_A_MEMBER", "only present members of a Family Facing Team work with its families")
}

// MayBreakGlass says whether the person may open a record against the rule: with a seat in a team that meets families in
// danger.
func MayBreakGlass(p *passport.Passport, now time.Time) error {
	if p != nil && (p.MemberOfKind(passport.FamilyFacing, now) || p.MemberOfKind(passport.Referral, now)) {
		return nil
	}
	return fault.Denied("NOT_A_MEMBER", "only present members of a Family Facing Team or the Referral Team break the glass")
}

// seats are the teams in which the person has a seat at that moment: whose families they work with. Whoever has none in a
// family's team must not learn of the family.
func seats(p *passport.Passport, now time.Time) []string {
	teams := []string{}
	if p == nil {
		return teams
	}
	for _, m := range p.Memberships {
		if p.MemberOf(m.Team, now) {
			teams = append(teams, m.Team)
		}
	}
	return teams
}

// mayLookAt says whether the person sees a team's lists. A seat in a team of another kind opens none.
func mayLookAt(p *passport.Passport, team string, now time.Time) error {
	familyFacing := slices.ContainsFunc(p.Memberships, func(m passport.Membership) bool {
		return m.Team == team && m.Kind == passport.FamilyFacing
	})
	if familyFacing && p.MemberOf(team, now) {
		return nil
	}
	return fault.Denied("NOT_A_MEMBER", "only present members of this team see its families")
}
