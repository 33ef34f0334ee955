package team

import (
	"cmp"
	"slices"
	"strconv"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// fullTime is a whole post, in thousandths.
const fullTime = 1000

// ordinaryFamily is the weight of one, in tenths.
const ordinaryFamily = 10

// loads is who carries what in a team, beside the guide.
type loads struct {
	room
	*familyfacingv1.GetCaseloadResponse
}

func caseload(v *page.Visit) error {
	l := &loads{room: teamOf(v, "caseload")}
	answer, err := v.Families.GetCaseload(v.Ctx(), &familyfacingv1.GetCaseloadRequest{Parent: l.Name})
	if err != nil {
		return err
	}
	l.GetCaseloadResponse = answer
	return v.Show(page.Page{Title: v.T("team.caseload_title"), Section: l.section(), Body: caseloadPage(v, l)})
}

// present are the members who have a seat now.
func present(members []*familyfacingv1.Caseload) []*familyfacingv1.Caseload {
	return slices.DeleteFunc(slices.Clone(members), func(m *familyfacingv1.Caseload) bool { return m.GetFullTimeThousandths() == 0 })
}

// overGuide says whether somebody carries more than the guide, which is less for part-time. It refuses nothing.
func overGuide(m *familyfacingv1.Caseload, guideChildren, guideFamilies int32) bool {
	share := m.GetFullTimeThousandths()
	return m.GetChildren()*fullTime > guideChildren*share || m.GetFamilies()*fullTime > guideFamilies*share
}

// tenths is a weight as people write it: 10 is 1, 15 is 1.5.
func tenths(n int32) string {
	return strconv.FormatFloat(float64(n)/ordinaryFamily, 'f', -1, 64)
}

// postOf is how much of a post somebody has: full time, or a part of one.
func postOf(v *page.Visit, m *familyfacingv1.Caseload) string {
	switch m.GetFullTimeThousandths() {
	case 0:
		return v.T("team.has_left")
	case fullTime:
		return v.T("team.full_time")
	default:
		return v.T("team.part_time", "Share", strconv.FormatFloat(float64(m.GetFullTimeThousandths())/fullTime, 'f', -1, 64))
	}
}

// carries is somebody's caseload in a line, for choosing who works with a family.
func carries(v *page.Visit, m *familyfacingv1.Caseload, c *familyfacingv1.GetCaseloadResponse) string {
	text := v.T("team.carries", "Children", v.N("team.n_children", int(m.GetChildren())), "Families", v.N("team.n_families", int(m.GetFamilies())),
		"Weight", tenths(m.GetWeightTenths()), "Cover", m.GetCoveringFamilies())
	if m.GetFullTimeThousandths() != fullTime {
		text += ". " + postOf(v, m)
	}
	if overGuide(m, c.GetGuideChildren(), c.GetGuideFamilies()) {
		text += ". " + v.T("team.over_guide")
	}
	return text
}

// leastBusy are the ids of the present members, from the one who covers least; then by what they carry for their time, then
// by name.
func leastBusy(members []*familyfacingv1.Caseload) []string {
	some := present(members)
	slices.SortStableFunc(some, func(a, b *familyfacingv1.Caseload) int {
		return cmp.Or(
			cmp.Compare(a.GetCoveringFamilies()*b.GetFullTimeThousandths(), b.GetCoveringFamilies()*a.GetFullTimeThousandths()),
			cmp.Compare(a.GetWeightTenths()*b.GetFullTimeThousandths(), b.GetWeightTenths()*a.GetFullTimeThousandths()),
			cmp.Compare(a.GetTitle(), b.GetTitle()),
		)
	})
	ids := make([]string, 0, len(some))
	for _, m := range some {
		ids = append(ids, page.Last(m.GetPerson()))
	}
	return ids
}
