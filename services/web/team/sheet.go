package team

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// sheet is a page with one form that changes a family.
type sheet struct {
	path string
	// kept says that the form has a longer field, whose words are kept while they are typed.
	kept bool
	// withCrew says that the form needs the team's members with what they carry.
	withCrew bool
	title    func(v *page.Visit) string
	// fill gives a fresh form what it begins with.
	fill func(t *task)
	// missing says what has to be filled in before the form is sent on.
	missing func(v *page.Visit, f *page.Form)
	// send does it. It says where to go on, and the key of the sentence there.
	send func(v *page.Visit, f *page.Form, family string) (where, notice string, err error)
	body func(t *task) templ.Component
}

// task is a sheet as somebody has it before them.
type task struct {
	v *page.Visit
	h *household
	f *page.Form
	// crew are the team's members; nil where the sheet needs none.
	crew *familyfacingv1.GetCaseloadResponse
	// person is the one of the address; nil where it has none.
	person *familyfacingv1.Person
}

// keeper and key say where a sheet's words are kept: under its own address, so that the first page leads back to it.
func (x sheet) keeper(v *page.Visit) (keeper, key string) {
	if !x.kept {
		return "", ""
	}
	return "familyfacing", strings.TrimPrefix(v.R.URL.Path, "/")
}

// open shows the form, or what was left unfinished in it.
func (x sheet) open(v *page.Visit) error {
	if _, ok := idIn(v, "family"); !ok {
		return page.ErrNoPage
	}
	f := v.NewForm(x.keeper(v))
	return x.show(v, f, true)
}

func (x sheet) show(v *page.Visit, f *page.Form, fresh bool) error {
	h, err := load(v)
	if err != nil {
		return err
	}
	// Whoever broke the glass reads; what can't be done is not offered.
	if !h.Ours {
		return page.ErrNoPage
	}
	t := &task{v: v, h: h, f: f}
	if v.R.PathValue("person") != "" {
		if t.person = h.person(v); t.person == nil {
			return page.ErrNoPage
		}
	}
	if x.withCrew {
		if t.crew, err = v.Families.GetCaseload(v.Ctx(), &familyfacingv1.GetCaseloadRequest{Parent: h.GetTeam()}); err != nil {
			return err
		}
	}
	if fresh {
		if !f.Restored {
			f.Etag = h.GetEtag()
		}
		f.Default("back", h.back())
		if x.fill != nil {
			x.fill(t)
		}
	}
	return v.Show(page.Page{Title: x.title(v), Section: h.section(), Back: h.path(""), Body: x.body(t), Form: f})
}

// sent does what the form asks for.
func (x sheet) sent(v *page.Visit) error {
	id, ok := idIn(v, "family")
	if !ok {
		return page.ErrNoPage
	}
	f := v.Sent(x.keeper(v))
	again := func() error { return x.show(v, f, false) }
	if x.missing(v, f); len(f.Problems) > 0 {
		return v.Again(f, nil, again)
	}
	where, notice, err := x.send(v, f, v.Authority+"/families/"+id)
	if err != nil {
		return v.Again(f, err, again)
	}
	v.Done(f)
	return v.Go(where, notice)
}

// wantsReason says that a form needs its reason.
func wantsReason(v *page.Visit, f *page.Form) {
	if f.Trimmed("reason") == "" {
		f.Wrong("reason", v.T("team.say_why"))
	}
}

// action is the form's own address.
func (t *task) action() string { return t.v.R.URL.Path }

// member finds a member of the team by id; nil for nobody.
func (t *task) member(id string) *familyfacingv1.Caseload {
	for _, m := range t.crew.GetMembers() {
		if page.Last(m.GetPerson()) == id {
			return m
		}
	}
	return nil
}

// called is how a member is called; empty for nobody.
func (t *task) called(id string) string { return t.member(id).GetTitle() }

// teams are the other Family Facing Teams, which may receive a family.
func (t *task) teams() []page.Choice {
	var choices []page.Choice
	for _, team := range t.h.Teams {
		if team.GetKind() == directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING && team.GetName() != t.h.GetTeam() {
			choices = append(choices, page.Choice{Value: page.Last(team.GetName()), Text: team.GetTitle(), Hint: team.GetPhone()})
		}
	}
	slices.SortFunc(choices, func(a, b page.Choice) int { return strings.Compare(a.Text, b.Text) })
	return choices
}
