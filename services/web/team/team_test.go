package team

import (
	"html"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

// visitor is a visit that reads texts and asks nobody.
func visitor(t *testing.T) *page.Visit {
	t.Helper()
	site, err := page.NewSite(page.Config{
		Neighbours: page.Neighbours{Directory: directoryv1.NewDirectoryServiceClient(nil)},
		Now:        func() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return &page.Visit{Site: site, Text: site.Catalogue.In("en")}
}

func member(id, name string, children, families, covers, hours int32) *familyfacingv1.Caseload {
	return &familyfacingv1.Caseload{
		Person: "authorities/a/people/" + id, Title: name, Children: children, Families: families, CoveringFamilies: covers,
		FullTimeThousandths: hours, WeightTenths: families * ordinaryFamily,
	}
}

func TestTheCoverIsNeverTheWorker(t *testing.T) {
	t.Parallel()
	require.Equal(t, "b", coverIn("a b", "a"), "the suggestion's second where its first is the worker")
	require.Equal(t, "a", coverIn("a b", "c"))
	require.Equal(t, "b", coverIn("b", "a"))
	require.Equal(t, "a", coverIn("a", "a"), "the service says that they are the same")
	require.Equal(t, "a", coverIn("", "a"))
}

func TestWhoCoversLeastIsSuggested(t *testing.T) {
	t.Parallel()
	crew := []*familyfacingv1.Caseload{
		member("a", "Ada", 4, 4, 3, fullTime), member("b", "Bo", 9, 9, 2, fullTime), member("c", "Cy", 2, 2, 2, fullTime),
		member("d", "Di", 1, 1, 1, 400), member("e", "Eve", 3, 3, 0, 0),
	}
	require.Equal(t, []string{"c", "b", "d", "a"}, leastBusy(crew), "least for their time first, then the lighter; who has left is no cover")
	require.Equal(t, "c b", suggestion("", leastBusy(crew)))
	require.Equal(t, "a c", suggestion("a", leastBusy(crew)), "the present cover stays")
	require.Equal(t, "c b", suggestion("gone", leastBusy(crew)), "who is no member any more does not")
	require.Equal(t, "a", suggestion("", []string{"a"}))
	require.Empty(t, suggestion("a", nil))
}

func TestTheGuideIsLessForPartTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		children, families, hours int32
		over                      bool
	}{
		{14, 10, fullTime, false},
		{15, 10, fullTime, true},
		{14, 11, fullTime, true},
		{7, 5, 500, false},
		{8, 5, 500, true},
		{0, 0, 0, false},
		{1, 1, 0, true},
	} {
		require.Equal(t, c.over, overGuide(member("a", "Ada", c.children, c.families, 0, c.hours), 14, 10), "%+v", c)
	}
}

func TestThePictureHasEverybodyOnOneScale(t *testing.T) {
	t.Parallel()
	p := draw(visitor(t), &familyfacingv1.GetCaseloadResponse{GuideChildren: 14, GuideFamilies: 10, Members: []*familyfacingv1.Caseload{
		member("a", "Ada", 14, 10, 0, fullTime), member("b", "Bo", 28, 5, 0, 500), member("c", "Cy", 0, 0, 0, 0),
	}})
	require.Len(t, p.Rows, 3)
	read := func(s string) float64 {
		n, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		require.NoError(t, err)
		return n
	}
	ada, bo, cy := p.Rows[0], p.Rows[1], p.Rows[2]
	require.InDelta(t, read(ada.Guide), read(ada.Bars[0].X)+read(ada.Bars[0].Width), 0.02, "a full load ends at the line")
	require.InDelta(t, read(ada.Bars[0].Width), read(ada.Bars[1].Width), 0.02)
	require.InDelta(t, barsEnd, read(bo.Bars[0].X)+read(bo.Bars[0].Width), 0.02, "the heaviest ends at the edge")
	require.InDelta(t, (read(ada.Guide)+besideBars)/2, read(bo.Guide), 0.02, "half a post has half the guide")
	require.Empty(t, cy.Guide)
	require.Zero(t, read(cy.Bars[0].Width))
	require.Equal(t, "28 children", bo.Bars[0].Label)
	require.Less(t, cy.Below, p.Height)
}

func TestAgesAreSaidAsFarAsTheyAreKnown(t *testing.T) {
	t.Parallel()
	v := visitor(t)
	for born, want := range map[string]struct {
		age  int32
		text string
	}{
		"2016-04-03": {10, "10 years, born 3 April 2016"}, "2025-10-01": {1, "1 year, born 1 October 2025"},
		"2026-07-01": {0, "Under 1 year, born 1 July 2026"}, "2027-01-31": {-1, "Expected 31 January 2027"}, "": {-1, "Not known"},
	} {
		require.Equal(t, want.text, bornText(v, &familyfacingv1.Person{BirthDate: born, AgeYears: want.age}))
	}
}

func TestNumbersAreWrittenAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	require.Equal(t, "999 123 4567", numberInThrees("9991234567"))
	require.Equal(t, "12", numberInThrees("12"))
	require.Equal(t, "1.5", tenths(15))
	require.Equal(t, "1", tenths(10))
	require.Equal(t, []int32{5, 10, 12, 15, 20, 30}, weights(12), "the present weight is always there to keep")
	require.Equal(t, []int32{5, 10, 15, 20, 30}, weights(10))
}

func TestAnAddressIsSaidOnce(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"12 Invented Row", "W10 5AA", "12 Invented Row, W10 5AA"},
		{"12 Invented Row, w10 5aa", "W10 5AA", "12 Invented Row, w10 5aa"},
		{"", "W10 5AA", "W10 5AA"},
		{"12 Invented Row", "", "12 Invented Row"},
		{"", "", ""},
	} {
		require.Equal(t, c[2], place(&familyfacingv1.Person{Address: c[0], Postcode: c[1]}))
	}
}

func TestAListsPagesKeepItsFilter(t *testing.T) {
	t.Parallel()
	first, next := pages("/teams/x/families", "", "a+b", "worker", "w", "state", "")
	require.Empty(t, first)
	require.Equal(t, "/teams/x/families?page=a%2Bb&worker=w", next)
	first, next = pages("/teams/x/families", "here", "", "worker", "w", "state", "closed")
	require.Equal(t, "/teams/x/families?state=closed&worker=w", first)
	require.Empty(t, next)
}

func TestThePurposeOfALookIsChosenOrWritten(t *testing.T) {
	t.Parallel()
	v := visitor(t)
	f := &page.Form{Values: map[string][]string{}}
	require.Empty(t, purposeIn(v, f))
	f.Set("purpose", "visit")
	require.Equal(t, "To visit today", purposeIn(v, f))
	f.Set("purpose", "other")
	require.Empty(t, purposeIn(v, f))
	f.Set("reason", " to tell the school ")
	require.Equal(t, "to tell the school", purposeIn(v, f))
	f.Set("purpose", "anything at all")
	require.Empty(t, purposeIn(v, f))
}

func TestTheListIsSortedByWhatCantWait(t *testing.T) {
	t.Parallel()
	some := func(name string, urgent bool, s familyfacingv1.FamilyState) *familyfacingv1.FamilySummary {
		return &familyfacingv1.FamilySummary{Name: name, UrgentUnacknowledged: urgent, State: s}
	}
	l := &list{}
	l.sort([]*familyfacingv1.FamilySummary{
		some("a", true, familyfacingv1.FamilyState_FAMILY_STATE_ALLOCATED), some("b", true, familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION),
		some("c", false, familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION), some("d", false, familyfacingv1.FamilyState_FAMILY_STATE_ALLOCATED),
	})
	require.Len(t, l.Urgent, 2)
	require.Len(t, l.Waiting, 1)
	require.Len(t, l.Others, 1)
	require.Equal(t, "c", l.find("c").GetName())
	require.Nil(t, l.find("e"))
}

func TestEveryEventAndStateHasItsWords(t *testing.T) {
	t.Parallel()
	v := visitor(t)
	for _, kind := range []string{"OPENED", "ALLOCATED", "HANDED_OVER", "DEFERRED", "CHILD_ADDED", "WORRY_ADDED", "REVISED", "SETTLED", "WEIGHED"} {
		text := lastEvent(v, &familyfacingv1.FamilySummary{LastEvent: kind})
		require.NotContains(t, text, "team.")
		require.NotEqual(t, v.T("team.event_unknown"), text, kind)
	}
	require.Equal(t, v.T("team.event_unknown"), lastEvent(v, &familyfacingv1.FamilySummary{LastEvent: "SOMETHING_NEW"}))
	for n := range familyfacingv1.FamilyState_name {
		if s := familyfacingv1.FamilyState(n); s != familyfacingv1.FamilyState_FAMILY_STATE_UNSPECIFIED {
			require.NotContains(t, stateWord(v, s), "team.", s)
		}
	}
}

func TestAPartThatIsMissingCostsItsOwnPlace(t *testing.T) {
	t.Parallel()
	v := visitor(t)
	v.Self = &directoryv1.Self{Person: "authorities/a/people/me"}
	l := &list{
		room: room{Name: "authorities/a/teams/x", Title: "X", Here: "everyone"}, names: page.Names{},
		Members: page.Of[[]*directoryv1.Member](nil, fault.Unavailable(nil)), Notices: page.Of[[]*familyfacingv1.Notice](nil, fault.Unavailable(nil)),
		Waiting: []*familyfacingv1.FamilySummary{{Name: "authorities/a/families/f", Children: []string{"Sam"}, State: familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION}},
	}
	var text strings.Builder
	require.NoError(t, familiesPage(v, l).Render(t.Context(), &text))
	for _, want := range []string{"Sam", "/families/f/allocate", v.T("problem.part_missing", "What", v.T("team.notices_title")), v.T("problem.part_missing", "What", v.T("team.members"))} {
		require.Contains(t, html.UnescapeString(text.String()), want)
	}
}
