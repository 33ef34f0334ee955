package team

import (
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// Add puts the pages on the site.
func Add(s *page.Site) {
	s.Read("/teams/{team}/families", families)
	s.Read("/teams/{team}/caseload", caseload)
	s.Read("/teams/{team}/notices", notices)
	s.Read("/families/{family}", family)
	s.Act("/families/{family}/urgent", takeNote)
	s.Read("/families/{family}/looks", looks)
	s.Read("/families/{family}/people/{person}/reveal", askToReveal)
	s.Act("/families/{family}/people/{person}/reveal", reveal)
	for _, x := range []sheet{allocating(), handingOver(), deferring(), weighing(), settling(), protecting()} {
		s.Read(x.path, x.open)
		s.Act(x.path, x.sent)
	}
}

// household is a family as a page shows it.
type household struct {
	*familyfacingv1.Family
	// Ours says whether the visitor has a seat in its team; whoever broke the glass has none and only reads.
	Ours  bool
	Teams map[string]*directoryv1.Team
	names page.Names
}

// idIn is an id of the address; false for what is none.
func idIn(v *page.Visit, gap string) (string, bool) {
	id := v.R.PathValue(gap)
	parsed, err := uuid.Parse(id)
	return id, err == nil && parsed.String() == id
}

// load gets the family of the address, with the names of who works with it. Errors: as the service says, and no page for
// what is no id.
func load(v *page.Visit) (*household, error) {
	id, ok := idIn(v, "family")
	if !ok {
		return nil, page.ErrNoPage
	}
	answer, err := v.Families.GetFamily(v.Ctx(), &familyfacingv1.GetFamilyRequest{Name: v.Authority + "/families/" + id})
	if err != nil {
		return nil, err
	}
	h := &household{Family: answer.GetFamily()}
	h.Ours = seatIn(v, h.GetTeam()) != nil
	sought := []string{h.GetWorker(), h.GetCover(), h.GetUrgentAcknowledgedBy()}
	for _, i := range h.GetInvolvements() {
		sought = append(sought, i.GetWorker(), i.GetCover(), i.GetDecidedBy())
	}
	page.Together(
		func() { h.names = v.NamesOf(sought...) },
		func() { h.Teams = v.Teams() },
	)
	return h, nil
}

// seatIn is the visitor's seat in a team; nil for none.
func seatIn(v *page.Visit, team string) *directoryv1.Seat {
	for _, s := range v.Seats(directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING) {
		if s.GetTeam() == team {
			return s
		}
	}
	return nil
}

// path is where the family's page is, with what comes after.
func (h *household) path(after string) string { return "/families/" + page.Last(h.GetName()) + after }

// section is the part of the menu that the family belongs to.
func (h *household) section() string { return "families " + h.GetTeam() }

// back leads to the list that the family is in, for whoever may see it.
func (h *household) back() string {
	if h.Ours {
		return "/teams/" + page.Last(h.GetTeam()) + "/families"
	}
	return "/find"
}

func (h *household) open() bool {
	return h.GetState() == familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION || h.allocated()
}

func (h *household) allocated() bool {
	return h.GetState() == familyfacingv1.FamilyState_FAMILY_STATE_ALLOCATED
}

// alarming says whether a strategy discussion can't wait and nobody took note of it.
func (h *household) alarming() bool {
	return h.open() && h.GetUrgent() && h.GetUrgentAcknowledgedBy() == ""
}

// team is how a team is called; its key while the directory does not answer.
func (h *household) team(name string) string {
	if t := h.Teams[name]; t != nil {
		return t.GetTitle()
	}
	return page.Last(name)
}

// called is how a colleague is called; empty for nobody.
func (h *household) called(name string) string { return h.names[name] }

// person is somebody of the family by the id of the address; nil for nobody.
func (h *household) person(v *page.Visit) *familyfacingv1.Person {
	id, ok := idIn(v, "person")
	i := slices.IndexFunc(h.GetPeople(), func(p *familyfacingv1.Person) bool { return ok && page.Last(p.GetName()) == id })
	if i < 0 {
		return nil
	}
	return h.GetPeople()[i]
}

// children are the names of the children who are with the team; all of them where none is any more.
func (h *household) children(v *page.Visit) []string {
	var here, all []string
	for _, p := range h.GetPeople() {
		if !p.GetChild() {
			continue
		}
		all = append(all, nameOf(v, p))
		if p.GetStanding() != "WITHDRAWN" {
			here = append(here, nameOf(v, p))
		}
	}
	if len(here) == 0 {
		return all
	}
	return here
}

// revised are the children whose screener's revision the team has to settle.
func (h *household) revised() []*familyfacingv1.Person {
	return slices.DeleteFunc(slices.Clone(h.GetPeople()), func(p *familyfacingv1.Person) bool { return p.GetStanding() != "REVISED" })
}

// nameOf is how somebody of a family is called.
func nameOf(v *page.Visit, p *familyfacingv1.Person) string {
	switch {
	case strings.TrimSpace(p.GetFullName()) != "":
		return p.GetFullName()
	case p.GetChild():
		return v.T("team.child_unnamed")
	default:
		return v.T("team.adult_unnamed")
	}
}

// address is a path with what its query holds; what is empty is left out.
func address(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// pages are the addresses of a list's first page and of the next one; empty where there is none.
func pages(path, here, next string, pairs ...string) (first, following string) {
	if here != "" {
		first = address(path, pairs...)
	}
	if next != "" {
		following = address(path, append(pairs, "page", next)...)
	}
	return first, following
}
