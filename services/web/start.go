package web

import (
	"cmp"
	"slices"
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// mostNotices is how many contacts about a worker's families stand on the first page; the team's page has all.
const mostNotices = 10

func addStart(s *page.Site) {
	s.Open("GET /{$}", func(v *page.Visit) error {
		if v.Self == nil {
			return v.Show(page.Page{Title: v.T("start.welcome"), Body: welcomePage(v)})
		}
		return v.Show(page.Page{Title: v.T("start.title"), Section: "start", Body: todayPage(v, look(v))})
	})
}

// today is what waits for the person, by the seats that they hold.
type today struct {
	// Waiting is the Referral Team's; nil for whoever has no seat in it.
	Waiting *page.Part[*referralv1.Waiting]
	Teams   []*teamToday
	// Guardian is nil for whoever is none.
	Guardian   *page.Part[guardianToday]
	Unfinished page.Part[[]unfinished]
}

// teamToday is what waits in one Family Facing Team.
type teamToday struct {
	Seat *directoryv1.Seat
	// Waiting are families without a worker, urgent ones among them.
	Waiting page.Part[[]*familyfacingv1.FamilySummary]
	// Mine are those whose named worker the person is.
	Mine page.Part[[]*familyfacingv1.FamilySummary]
	// Notices are contacts about these.
	Notices page.Part[[]*familyfacingv1.Notice]
}

type guardianToday struct{ unreviewed, due int }

// unfinished is a form that was left.
type unfinished struct {
	Path string
	// Text is a key.
	Text  string
	Draft *draftv1.DraftSummary
}

// look asks everything at once.
func look(v *page.Visit) today {
	t := today{}
	var calls []func()
	if v.MemberOf(directoryv1.TeamKind_TEAM_KIND_REFERRAL) {
		t.Waiting = &page.Part[*referralv1.Waiting]{}
		calls = append(calls, func() {
			answer, err := v.Referral.ListContacts(v.Ctx(), &referralv1.ListContactsRequest{Parent: v.Authority, PageSize: 1})
			*t.Waiting = page.Of(answer.GetWaiting(), err)
		})
	}
	for _, seat := range v.Seats(directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING) {
		team := &teamToday{Seat: seat}
		t.Teams = append(t.Teams, team)
		calls = append(calls, team.calls(v)...)
	}
	if v.Self.GetGuardian() {
		t.Guardian = &page.Part[guardianToday]{}
		calls = append(calls, func() { *t.Guardian = guardianWork(v) })
	}
	calls = append(calls, func() { t.Unfinished = leftUnfinished(v) })
	page.Together(calls...)
	return t
}

func (t *teamToday) calls(v *page.Visit) []func() {
	families := func(into *page.Part[[]*familyfacingv1.FamilySummary], req *familyfacingv1.ListFamiliesRequest) func() {
		return func() {
			req.Parent, req.PageSize = t.Seat.GetTeam(), 200
			answer, err := v.Families.ListFamilies(v.Ctx(), req)
			*into = page.Of(answer.GetFamilies(), err)
		}
	}
	return []func(){
		families(&t.Waiting, &familyfacingv1.ListFamiliesRequest{State: familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION}),
		families(&t.Mine, &familyfacingv1.ListFamiliesRequest{Worker: v.Self.GetPerson()}),
		func() {
			answer, err := v.Families.ListNotices(v.Ctx(), &familyfacingv1.ListNoticesRequest{Parent: t.Seat.GetTeam(), PageSize: 100})
			mine := slices.DeleteFunc(slices.Clone(answer.GetNotices()), func(n *familyfacingv1.Notice) bool { return n.GetWorker() != v.Self.GetPerson() })
			t.Notices = page.Of(mine[:min(len(mine), mostNotices)], err)
		},
	}
}

// urgent counts the families with a strategy discussion now that nobody has taken note of.
func (t *teamToday) urgent() int {
	n := 0
	for _, f := range t.Waiting.Value {
		if f.GetUrgentUnacknowledged() {
			n++
		}
	}
	return n
}

func guardianWork(v *page.Visit) page.Part[guardianToday] {
	uses, err := v.Guard.ListBreakGlass(v.Ctx(), &familyfacingv1.ListBreakGlassRequest{Parent: v.Authority, Unreviewed: true, PageSize: 200})
	if err != nil {
		return page.Of(guardianToday{}, err)
	}
	answer, err := v.Guard.ListRestrictions(v.Ctx(), &familyfacingv1.ListRestrictionsRequest{Parent: v.Authority, PageSize: 200})
	g := guardianToday{unreviewed: len(uses.GetUses())}
	for _, r := range answer.GetRestrictions() {
		if r.GetReviewOverdue() {
			g.due++
		}
	}
	return page.Of(g, err)
}

// leftUnfinished are the person's drafts in every service, newest first. One service that does not answer hides the
// other's no more than its own.
func leftUnfinished(v *page.Visit) page.Part[[]unfinished] {
	var all []unfinished
	var failed error
	for _, keeper := range []string{"referral", "familyfacing"} {
		answer, err := v.Drafts[keeper].ListDrafts(v.Ctx(), &draftv1.ListDraftsRequest{Parent: v.Authority})
		if err != nil {
			failed = err
			continue
		}
		for _, d := range answer.GetDrafts() {
			path, text := formOf(d.GetForm())
			all = append(all, unfinished{Path: path, Text: text, Draft: d})
		}
	}
	slices.SortStableFunc(all, func(a, b unfinished) int {
		return cmp.Compare(b.Draft.GetSavedAt().AsTime().UnixNano(), a.Draft.GetSavedAt().AsTime().UnixNano())
	})
	return page.Of(all, failed)
}

// formOf is where a draft's form stands, and its text's key.
// words: start.draft_*
func formOf(key string) (path, text string) {
	switch {
	case key == "contacts/new":
		return "/contacts/new", "start.draft_call"
	case strings.HasSuffix(key, "/screen"):
		contact, _, _ := strings.Cut(key, "/children/")
		return "/" + contact, "start.draft_screening"
	case strings.HasPrefix(key, "contacts/"):
		return "/" + key, "start.draft_contact"
	case strings.HasPrefix(key, "families/"):
		return "/" + key, "start.draft_family"
	default:
		return "/" + key, "start.draft_other"
	}
}
