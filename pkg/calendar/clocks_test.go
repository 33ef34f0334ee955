package calendar_test

import (
	"testing"
	"time"

	"github.com/kithcare/kith/pkg/calendar"
)

func TestClocksWrittenOut(t *testing.T) {
	t.Parallel()
	// From Thursday 2 April 2026, the day before Good Friday. Each due time is the midnight that ends
	// the last day.
	for _, c := range []struct {
		clock calendar.Clock
		due   string
		limit string
	}{
		{calendar.SingleAssessment(), "2026-06-11", "45 working days from the referral"},
		{calendar.InitialConference(), "2026-04-28", "15 working days from the strategy discussion that began the section 47 enquiry"},
		{calendar.FirstCoreGroup(), "2026-04-21", "10 working days from the initial child protection conference"},
		{calendar.FirstReviewConference(), "2026-07-03", "3 months from the initial child protection conference"},
		{calendar.LaterReviewConference(), "2026-10-03", "6 months from the review conference before"},
		{calendar.FirstLookedAfterReview(), "2026-05-06", "20 working days from becoming looked after"},
		{calendar.SecondLookedAfterReview(), "2026-07-03", "3 months from the first looked-after review"},
		{calendar.LaterLookedAfterReview(), "2026-10-03", "6 months from the looked-after review before"},
		{calendar.FirstLookedAfterVisit(), "2026-04-10", "1 week from the start of the placement"},
		{calendar.LookedAfterVisit(), "2026-05-15", "6 weeks from the visit before"},
		{calendar.SettledLookedAfterVisit(), "2026-07-03", "3 months from the visit before"},
		{calendar.WeeklyLookedAfterVisit(), "2026-04-10", "1 week from the visit before"},
		{calendar.FourWeeklyLookedAfterVisit(), "2026-05-01", "4 weeks from the visit before"},
		{calendar.NationalPanel(), "2026-04-14", "5 working days from the incident's becoming known"},
		{calendar.RapidReview(), "2026-04-28", "15 working days from the incident's becoming known"},
		{calendar.TeamDiscussion(), "2026-05-03", "1 month from the last discussion, or allocation"},
	} {
		from := local(t, "2026-04-02 16:30")
		wants(t, c.clock.Name(), from, c.clock.Due(from), local(t, c.due+" 00:00"))
		if c.clock.Limit() != c.limit {
			t.Errorf("%s: %q, want %q", c.clock.Name(), c.clock.Limit(), c.limit)
		}
	}
}

func TestClocksOverTwelveYears(t *testing.T) {
	t.Parallel()
	o := newOracle()
	everyDay(o, edges(), func(from time.Time) {
		wants(t, "single assessment", from, calendar.SingleAssessment().Due(from), o.endOfWorkingDays(from, 45))
		wants(t, "first looked-after visit", from, calendar.FirstLookedAfterVisit().Due(from), o.endOfWeeks(from, 1))
		wants(t, "later review conference", from, calendar.LaterReviewConference().Due(from), o.endOfMonths(from, 6))
	})
}

func TestEveryClockIsListedOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, clock := range calendar.Clocks() {
		if clock.Name() == "" || seen[clock.Name()] {
			t.Errorf("%q is without a name or listed twice", clock.Name())
		}
		seen[clock.Name()] = true
	}
	if len(seen) != 16 {
		t.Errorf("%d clocks", len(seen))
	}
}
