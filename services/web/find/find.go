package find

import (
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

// most is as many people as one search shows; somebody who is not among them is found by saying more.
const most = 50

// box is the one field, named as in the API.
const box = "sought[0].anything"

// Add puts the pages on the site.
func Add(s *page.Site) {
	s.Read("/find", ask)
	s.Act("/find", find)
	s.Read("/break-glass", askByNumber)
	s.Act("/break-glass", breakByNumber)
	s.Read("/families/{family}/break-glass", askByFamily)
	s.Act("/families/{family}/break-glass", breakByFamily)
}

// mayFind says whether to offer the search; the service decides.
func mayFind(v *page.Visit) bool { return v.Self.GetGuardian() || mayBreakGlass(v) }

// mayBreakGlass says whether to offer opening a record against the rule; the service decides.
func mayBreakGlass(v *page.Visit) bool {
	return v.MemberOf(directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING) || v.MemberOf(directoryv1.TeamKind_TEAM_KIND_REFERRAL)
}

// results are whoever may be the one looked for.
type results struct {
	// Asked says that somebody searched: no results are then an answer.
	Asked   bool
	Matches []*familyfacingv1.Match
	ReadAs  string
	teams   map[string]*directoryv1.Team
	names   page.Names
}

func ask(v *page.Visit) error {
	if !mayFind(v) {
		return fault.Denied("NOT_A_MEMBER", v.T("find.not_yours"))
	}
	return show(v, v.NewForm("", ""), &results{})
}

func show(v *page.Visit, f *page.Form, r *results) error {
	return v.Show(page.Page{Title: v.T("find.title"), Section: "find", Body: findPage(v, f, r), Form: f})
}

// find looks for whoever is described, best first. It is sent as a form, so that no word of it stands in an address.
func find(v *page.Visit) error {
	f := v.Sent("", "")
	again := func() error { return show(v, f, &results{}) }
	if f.Trimmed(box) == "" {
		f.Wrong(box, v.T("find.say_something"))
		return v.Again(f, nil, again)
	}
	answer, err := v.Match.MatchPeople(v.Ctx(), &familyfacingv1.MatchPeopleRequest{
		Parent: v.Authority, Sought: []*familyfacingv1.Sought{{Anything: f.Trimmed(box)}}, PageSize: most,
	})
	if err != nil {
		return v.Again(f, err, again)
	}
	r := &results{Asked: true, Matches: answer.GetMatches(), ReadAs: strings.Join(answer.GetReadAs(), "; ")}
	var workers []string
	for _, m := range r.Matches {
		workers = append(workers, m.GetWorker())
	}
	page.Together(
		func() { r.names = v.NamesOf(workers...) },
		func() { r.teams = v.Teams() },
	)
	return show(v, f, r)
}

// ours says whether the visitor has a seat in the team that a family is with.
func ours(v *page.Visit, m *familyfacingv1.Match) bool {
	for _, s := range v.Seats(directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING) {
		if s.GetTeam() == m.GetTeam() {
			return true
		}
	}
	return false
}

// team is how the team is called; its key while the directory does not answer.
func (r *results) team(name string) string {
	if t := r.teams[name]; t != nil {
		return t.GetTitle()
	}
	return page.Last(name)
}

// nameOf is how somebody found is called.
func nameOf(v *page.Visit, m *familyfacingv1.Match) string {
	if strings.TrimSpace(m.GetFullName()) == "" {
		return v.T("find.unnamed")
	}
	return m.GetFullName()
}

// kindOf says child or adult, and the age.
func kindOf(v *page.Visit, m *familyfacingv1.Match) string {
	kind := v.T("find.adult")
	if m.GetChild() {
		kind = v.T("find.child")
	}
	switch years := int(m.GetAgeYears()); {
	case years < 0:
		return v.T("find.kind_no_age", "Kind", kind)
	case years == 0:
		return v.T("find.kind_under_one", "Kind", kind)
	default:
		return v.N("find.kind_age", years, "Kind", kind)
	}
}

// standing is where the family is, and with whom.
// words: find.state_*
func (r *results) standing(v *page.Visit, m *familyfacingv1.Match) string {
	state := v.T("find.state_" + strings.ToLower(strings.TrimPrefix(m.GetFamilyState().String(), "FAMILY_STATE_")))
	if m.GetWorker() == "" {
		return v.T("find.team_and_state", "Team", r.team(m.GetTeam()), "State", state)
	}
	return v.T("find.team_state_worker", "Team", r.team(m.GetTeam()), "State", state, "Name", r.names[m.GetWorker()])
}

// sure is how sure a match is, in a word and a colour of GOV.UK's.
func sure(v *page.Visit, m *familyfacingv1.Match) (text, colour string) {
	switch m.GetConfidence() {
	case familyfacingv1.Confidence_CONFIDENCE_NEARLY_CERTAIN:
		return v.T("find.nearly_certain"), "green"
	case familyfacingv1.Confidence_CONFIDENCE_LIKELY:
		return v.T("find.likely"), "blue"
	default:
		return v.T("find.possible"), "grey"
	}
}
