package page

import (
	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
)

// titleOf is the browser tab's text: errors first, so that a screen reader says them first.
func titleOf(v *Visit, p Page) string {
	if p.Form != nil && len(p.Form.Problems) > 0 {
		return v.T("layout.title_with_error", "Title", p.Title)
	}
	return v.T("layout.title", "Title", p.Title)
}

// familiesOf is the menu's word for a team's families: "our" is enough for whoever has one team.
func familiesOf(v *Visit, seat *directoryv1.Seat) string {
	if len(v.Seats(directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING)) == 1 {
		return v.T("menu.our_families")
	}
	return v.T("menu.families_of", "Team", seat.GetTitle())
}

// mayFind says whether to offer the search.
func mayFind(v *Visit) bool {
	return v.Self.GetGuardian() || v.MemberOf(directoryv1.TeamKind_TEAM_KIND_REFERRAL) || v.MemberOf(directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING)
}
