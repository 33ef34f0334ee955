package team

import (
	"slices"
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

const (
	// onePage holds a whole team's families: eight members with ten each, and some that wait.
	onePage = 100
	// newest is how many notices stand beside the families.
	newest = 5
)

// list is a team's families as the page shows them.
type list struct {
	room
	// Worker is the id of whose families are shown; empty for everyone's.
	Worker  string
	State   string
	Urgent  []*familyfacingv1.FamilySummary
	Waiting []*familyfacingv1.FamilySummary
	Others  []*familyfacingv1.FamilySummary
	Members page.Part[[]*directoryv1.Member]
	Notices page.Part[[]*familyfacingv1.Notice]
	names   page.Names
	// First and Next are the addresses of other pages of the list.
	First, Next string
}

// room is the team of the address.
type room struct {
	Name, Title string
	// Here is the page's place among the team's pages.
	Here string
}

// teamOf is the team of the address. Whoever has no seat there reads its key for a title, and then the service's refusal.
func teamOf(v *page.Visit, here string) room {
	r := room{Name: v.Authority + "/teams/" + v.R.PathValue("team"), Title: v.R.PathValue("team"), Here: here}
	if s := seatIn(v, r.Name); s != nil {
		r.Title = s.GetTitle()
	}
	return r
}

func (r room) path(after string) string { return "/teams/" + page.Last(r.Name) + after }

func (r room) section() string { return "families " + r.Name }

// states are what the list can be narrowed to, by the word in the address.
func states() map[string]familyfacingv1.FamilyState {
	return map[string]familyfacingv1.FamilyState{
		"closed": familyfacingv1.FamilyState_FAMILY_STATE_CLOSED, "withdrawn": familyfacingv1.FamilyState_FAMILY_STATE_WITHDRAWN,
	}
}

// families shows a team's families: what can't wait, what waits for a worker, then everyone's.
func families(v *page.Visit) error {
	query := v.R.URL.Query()
	l := &list{room: teamOf(v, "everyone"), Worker: query.Get("worker"), State: query.Get("state")}
	here := query.Get("page")
	if states()[l.State] == familyfacingv1.FamilyState_FAMILY_STATE_UNSPECIFIED {
		l.State = ""
	}
	req := &familyfacingv1.ListFamiliesRequest{Parent: l.Name, State: states()[l.State], PageSize: onePage, PageToken: here}
	if l.Worker != "" {
		req.Worker = v.Authority + "/people/" + l.Worker
	}
	switch {
	case l.State != "":
		l.Here = l.State
	case l.Worker != "" && l.Worker == page.Last(v.Self.GetPerson()):
		l.Here = "mine"
	}
	var answer *familyfacingv1.ListFamiliesResponse
	var err error
	calls := []func(){
		func() { answer, err = v.Families.ListFamilies(v.Ctx(), req) },
		func() {
			members, err := v.Directory.ListMembers(v.Ctx(), &directoryv1.ListMembersRequest{Parent: l.Name})
			l.Members = page.Of(members.GetMembers(), err)
		},
	}
	if l.News(here) {
		calls = append(calls, func() {
			notices, err := v.Families.ListNotices(v.Ctx(), &familyfacingv1.ListNoticesRequest{Parent: l.Name, PageSize: newest})
			l.Notices = page.Of(notices.GetNotices(), err)
		})
	}
	page.Together(calls...)
	if err != nil {
		return err
	}
	l.sort(answer.GetFamilies())
	l.names = namesIn(v, answer.GetFamilies(), l.Members.Value, req.GetWorker())
	l.First, l.Next = pages(l.path("/families"), here, answer.GetNextPageToken(), "worker", l.Worker, "state", l.State)
	return v.Show(page.Page{Title: l.heading(v), Section: l.section(), Wide: true, Body: familiesPage(v, l)})
}

// heading says whose families they are, or which.
func (l *list) heading(v *page.Visit) string {
	switch l.Here {
	case "closed":
		return v.T("team.closed_title")
	case "withdrawn":
		return v.T("team.withdrawn_title")
	case "mine":
		return v.T("team.mine_title")
	default:
		return v.T("team.families_title")
	}
}

// News says whether the newest notices stand on the page: on the first one of everyone's.
func (l *list) News(here string) bool { return l.Here == "everyone" && l.Worker == "" && here == "" }

// sort puts what can't wait first, then what waits for a worker.
func (l *list) sort(all []*familyfacingv1.FamilySummary) {
	for _, f := range all {
		switch {
		case f.GetUrgentUnacknowledged():
			l.Urgent = append(l.Urgent, f)
		case f.GetState() == familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION:
			l.Waiting = append(l.Waiting, f)
		default:
			l.Others = append(l.Others, f)
		}
	}
}

// namesIn are the names of who works with the families. Only those who are no members any more are looked up.
func namesIn(v *page.Visit, all []*familyfacingv1.FamilySummary, members []*directoryv1.Member, more ...string) page.Names {
	known := page.Names{}
	for _, m := range members {
		known[m.GetPerson()] = m.GetTitle()
	}
	sought := more
	for _, f := range all {
		sought = append(sought, f.GetWorker(), f.GetCover())
	}
	sought = slices.DeleteFunc(sought, func(name string) bool { _, ok := known[name]; return ok })
	for name, title := range v.NamesOf(sought...) {
		known[name] = title
	}
	return known
}

// whose are the choices of the filter: everyone, the members, and whoever is chosen and has left.
func (l *list) whose(v *page.Visit) []page.Choice {
	choices := []page.Choice{{Value: "", Text: v.T("team.everyone")}}
	chosen := l.Worker == ""
	for _, m := range l.Members.Value {
		id := page.Last(m.GetPerson())
		choices = append(choices, page.Choice{Value: id, Text: m.GetTitle()})
		chosen = chosen || id == l.Worker
	}
	if !chosen {
		choices = append(choices, page.Choice{Value: l.Worker, Text: l.names[v.Authority+"/people/"+l.Worker]})
	}
	return choices
}

// find gives a family of the list; nil for one that is not in it.
func (l *list) find(name string) *familyfacingv1.FamilySummary {
	for _, some := range [][]*familyfacingv1.FamilySummary{l.Urgent, l.Waiting, l.Others} {
		if i := slices.IndexFunc(some, func(f *familyfacingv1.FamilySummary) bool { return f.GetName() == name }); i >= 0 {
			return some[i]
		}
	}
	return nil
}

// emptyText says what will appear where there is no family.
func (l *list) emptyText(v *page.Visit) string {
	switch {
	case l.State == "closed":
		return v.T("team.none_closed")
	case l.State == "withdrawn":
		return v.T("team.none_withdrawn")
	case l.Here == "mine":
		return v.T("team.none_mine")
	case l.Worker != "":
		return v.T("team.none_of_worker")
	default:
		return v.T("team.none")
	}
}

// lastEvent is what happened last, in words.
// words: team.event_*
func lastEvent(v *page.Visit, f *familyfacingv1.FamilySummary) string {
	key := "team.event_" + strings.ToLower(f.GetLastEvent())
	if text := v.T(key); text != key {
		return text
	}
	return v.T("team.event_unknown")
}

// takeNote stops the alarm of a strategy discussion that can't wait, and leads back to where it was pressed.
func takeNote(v *page.Visit) error {
	id, ok := idIn(v, "family")
	if !ok {
		return page.ErrNoPage
	}
	f := v.Sent("", "")
	_, err := v.Families.AcknowledgeUrgent(v.Ctx(), &familyfacingv1.AcknowledgeUrgentRequest{
		Name: v.Authority + "/families/" + id, Etag: f.Etag, RequestId: f.RequestID,
	})
	if err != nil {
		return v.Again(f, err, func() error { return showFamily(v, f) })
	}
	return v.Go(page.Local(f.Get("back")), "taken_note")
}

// noteForm is the form of one press that takes note.
func noteForm(v *page.Visit, etag string) *page.Form {
	f := v.NewForm("", "")
	f.Etag = etag
	return f
}
