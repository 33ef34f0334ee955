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

// mayWorkWith says whether the person has a seat in the family's team. Whoever has not must not learn of the family.
func mayWorkWith(p *passport.Passport, f *family, now time.Time) error {
	if p.MemberOf(f.Team, now) {
		return nil
	}
	return fault.NotFound()
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

// maySearch says whether open families may be searched: for the Referral Team while it screens, and for services.
func maySearch(p *passport.Passport, now time.Time) error {
	if p.Kind == passport.Service || p.MemberOfKind(passport.Referral, now) {
		return nil
	}
	return fault.Denied("NOT_A_MEMBER", "only present members of the Referral Team search the open families")
}
