package calendar

import (
	"fmt"
	"time"
)

type unit string

const (
	workingDays unit = "working day"
	weeks       unit = "week"
	months      unit = "month"
)

// Clock is one limit longer than a working day: what must be done, within what, from when. The
// functions below give every one there is; the limit of one working day is [OneWorkingDay].
type Clock struct {
	name   string
	starts string
	unit   unit
	count  int
}

// Due is when the clock that started at start runs out: the local midnight that ends its last day. A
// thing is in time strictly before it. It depends on nothing but start, so that a change of team,
// worker or patch never loses it.
func (c Clock) Due(start time.Time) time.Time {
	switch c.unit {
	case weeks:
		return EndOfWeeks(start, c.count)
	case months:
		return EndOfMonths(start, c.count)
	default:
		return EndOfWorkingDays(start, c.count)
	}
}

// Name says in plain words what must be done, such as "single assessment".
func (c Clock) Name() string { return c.name }

// Limit says the rule in plain words, such as "45 working days from the referral".
func (c Clock) Limit() string {
	plural := "s"
	if c.count == 1 {
		plural = ""
	}
	return fmt.Sprintf("%d %s%s from %s", c.count, c.unit, plural, c.starts)
}

// Clocks are all the clocks, in the order of a child's way through the service.
func Clocks() []Clock {
	return []Clock{
		SingleAssessment(), InitialConference(), FirstCoreGroup(), FirstReviewConference(), LaterReviewConference(),
		FirstLookedAfterReview(), SecondLookedAfterReview(), LaterLookedAfterReview(),
		FirstLookedAfterVisit(), LookedAfterVisit(), SettledLookedAfterVisit(), WeeklyLookedAfterVisit(), FourWeeklyLookedAfterVisit(),
		NationalPanel(), RapidReview(), TeamDiscussion(),
	}
}

// SingleAssessment is complete within 45 working days of the referral (Working Together to Safeguard
// Children).
func SingleAssessment() Clock {
	return Clock{"single assessment", "the referral", workingDays, 45}
}

// InitialConference, the initial child protection conference, is held within 15 working days of the
// strategy discussion at which the section 47 enquiry began (Working Together to Safeguard Children).
func InitialConference() Clock {
	return Clock{"initial child protection conference", "the strategy discussion that began the section 47 enquiry", workingDays, 15}
}

// FirstCoreGroup meets within 10 working days of the initial child protection conference (Working
// Together to Safeguard Children).
func FirstCoreGroup() Clock {
	return Clock{"first core group", "the initial child protection conference", workingDays, 10}
}

// FirstReviewConference, the first child protection review conference, is held within 3 months of
// the initial one (Working Together to Safeguard Children).
func FirstReviewConference() Clock {
	return Clock{"first review conference", "the initial child protection conference", months, 3}
}

// LaterReviewConference is each review conference after the first, within 6 months of the one before
// (Working Together to Safeguard Children).
func LaterReviewConference() Clock {
	return Clock{"later review conference", "the review conference before", months, 6}
}

// FirstLookedAfterReview is held within 20 working days of the child's becoming looked after (Care
// Planning, Placement and Case Review (England) Regulations 2010, regulation 33).
func FirstLookedAfterReview() Clock {
	return Clock{"first looked-after review", "becoming looked after", workingDays, 20}
}

// SecondLookedAfterReview is held within 3 months of the first (the same regulations, regulation 33).
func SecondLookedAfterReview() Clock {
	return Clock{"second looked-after review", "the first looked-after review", months, 3}
}

// LaterLookedAfterReview is each review after the second, within 6 months of the one before (the
// same regulations, regulation 33).
func LaterLookedAfterReview() Clock {
	return Clock{"later looked-after review", "the looked-after review before", months, 6}
}

// FirstLookedAfterVisit is made within 1 week of the start of every placement (the same regulations,
// regulation 28).
func FirstLookedAfterVisit() Clock {
	return Clock{"first looked-after visit", "the start of the placement", weeks, 1}
}

// LookedAfterVisit is each later visit, within 6 weeks of the one before (the same regulations,
// regulation 28), unless one of the next three clocks goes instead.
func LookedAfterVisit() Clock {
	return Clock{"looked-after visit", "the visit before", weeks, 6}
}

// SettledLookedAfterVisit is each visit after the first year of a placement that is to last until
// the child is 18, within 3 months of the one before (the same regulations, regulation 28).
func SettledLookedAfterVisit() Clock {
	return Clock{"looked-after visit in a placement until 18, after its first year", "the visit before", months, 3}
}

// WeeklyLookedAfterVisit goes instead of [LookedAfterVisit] in the cases for which regulation 28 of
// the same regulations asks for a visit every week.
func WeeklyLookedAfterVisit() Clock {
	return Clock{"looked-after visit in the weekly cases of regulation 28", "the visit before", weeks, 1}
}

// FourWeeklyLookedAfterVisit goes instead of [LookedAfterVisit] in the cases for which regulation 28
// of the same regulations asks for a visit every four weeks.
func FourWeeklyLookedAfterVisit() Clock {
	return Clock{"looked-after visit in the 4-weekly cases of regulation 28", "the visit before", weeks, 4}
}

// NationalPanel: the Child Safeguarding Practice Review Panel is told of a serious incident within 5
// working days of its becoming known (Working Together to Safeguard Children; Children Act 2004,
// section 16C).
func NationalPanel() Clock {
	return Clock{"telling the national panel of a serious incident", "the incident's becoming known", workingDays, 5}
}

// RapidReview of a serious incident is done within 15 working days of its becoming known (Working
// Together to Safeguard Children).
func RapidReview() Clock {
	return Clock{"rapid review of a serious incident", "the incident's becoming known", workingDays, 15}
}

// TeamDiscussion: every child is discussed in the team's meeting once a month, counted from the last
// discussion or else from allocation. No law says so but the blueprint [Q3; Appendix 2]; a Team
// Agreement may be stricter.
func TeamDiscussion() Clock {
	return Clock{"discussion in the team's meeting", "the last discussion, or allocation", months, 1}
}
