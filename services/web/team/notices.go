package team

import (
	"slices"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// mostFamilies is as many as one call lists.
const mostFamilies = 200

// noticesList is a page of the contacts that came about a team's open families.
type noticesList struct {
	room
	Notices []*familyfacingv1.Notice
	// Families are the team's, to say who a contact is about; they may be missing.
	Families    page.Part[[]*familyfacingv1.FamilySummary]
	names       page.Names
	First, Next string
}

// notices shows which contacts came about children whose case is open, newest first, and who was told.
func notices(v *page.Visit) error {
	l := &noticesList{room: teamOf(v, "notices")}
	here := v.R.URL.Query().Get("page")
	var answer *familyfacingv1.ListNoticesResponse
	var err error
	page.Together(
		func() {
			answer, err = v.Families.ListNotices(v.Ctx(), &familyfacingv1.ListNoticesRequest{Parent: l.Name, PageToken: here})
		},
		func() {
			families, err := v.Families.ListFamilies(v.Ctx(), &familyfacingv1.ListFamiliesRequest{Parent: l.Name, PageSize: mostFamilies})
			l.Families = page.Of(families.GetFamilies(), err)
		},
	)
	if err != nil {
		return err
	}
	l.Notices = answer.GetNotices()
	var workers []string
	for _, n := range l.Notices {
		workers = append(workers, n.GetWorker())
	}
	l.names = v.NamesOf(workers...)
	l.First, l.Next = pages(l.path("/notices"), here, answer.GetNextPageToken())
	return v.Show(page.Page{Title: v.T("team.notices_title"), Section: l.section(), Body: noticesPage(v, l)})
}

// find gives a family by its name; nil where it is not among the open ones any more.
func (l *noticesList) find(name string) *familyfacingv1.FamilySummary {
	i := slices.IndexFunc(l.Families.Value, func(f *familyfacingv1.FamilySummary) bool { return f.GetName() == name })
	if i < 0 {
		return nil
	}
	return l.Families.Value[i]
}
