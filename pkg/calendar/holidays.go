package calendar

import (
	"sync"
	"time"

	"github.com/rickar/cal/v2/gb"
)

// Bank holidays are known for these years; outside them only Saturdays and Sundays are not worked.
const (
	firstYear = 1900
	lastYear  = 2200
)

// correction is one day on which England's bank holidays differ from what the library says.
type correction struct {
	year    int
	month   time.Month
	day     int
	holiday bool
}

// corrections are the royal proclamations that the library lacks. Source: gov.uk/bank-holidays (for
// years before 2012 the proclamations themselves). A newly proclaimed day is added here, unless the
// library has it.
func corrections() []correction {
	return []correction{
		{1999, time.December, 31, true},  // the millennium
		{2002, time.May, 27, false},      // the spring bank holiday, moved to 3 June
		{2002, time.June, 3, true},       // the spring bank holiday
		{2002, time.June, 4, true},       // the Golden Jubilee
		{2011, time.April, 29, true},     // a royal wedding
		{2012, time.May, 28, false},      // the spring bank holiday, moved to 4 June
		{2012, time.June, 4, true},       // the spring bank holiday
		{2012, time.June, 5, true},       // the Diamond Jubilee
		{2022, time.September, 19, true}, // the funeral of Queen Elizabeth II
	}
}

// daySet holds days of one year, a bit each.
type daySet [6]uint64

func (s *daySet) set(yearDay int, member bool) {
	if bit := uint64(1) << (yearDay % 64); member {
		s[yearDay/64] |= bit
	} else {
		s[yearDay/64] &^= bit
	}
}

func (s *daySet) has(yearDay int) bool { return s[yearDay/64]&(1<<(yearDay%64)) != 0 }

// bankHolidays is computed at first use and never written again.
var bankHolidays = sync.OnceValue(func() []daySet {
	years := make([]daySet, lastYear-firstYear+1)
	for year := firstYear; year <= lastYear; year++ {
		for _, holiday := range gb.Holidays {
			_, observed := holiday.Calc(year)
			if observed.IsZero() {
				continue
			}
			// The library works in the computer's own zone, where a clock change at midnight may
			// put the start of the day an hour before it.
			observed = observed.Add(2 * time.Hour)
			years[year-firstYear].set(observed.YearDay(), true)
		}
	}
	for _, c := range corrections() {
		day := time.Date(c.year, c.month, c.day, 0, 0, 0, 0, time.UTC)
		years[c.year-firstYear].set(day.YearDay(), c.holiday)
	}
	return years
})

// worked tells of a day (as from dayOf) whether it is a working day.
func worked(day time.Time) bool {
	if weekday := day.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
		return false
	}
	year := day.Year()
	if year < firstYear || year > lastYear {
		return true
	}
	return !bankHolidays()[year-firstYear].has(day.YearDay())
}

// nextWorked is the first working day after the given one (both as from dayOf).
func nextWorked(day time.Time) time.Time {
	day = day.Add(aDay)
	for !worked(day) {
		day = day.Add(aDay)
	}
	return day
}

// IsWorkingDay tells whether t falls, in London, on a working day: a day that is not a Saturday, a
// Sunday, Christmas Day, Good Friday or a bank holiday in England, substitute days and single days
// by royal proclamation among them. It is exact from 1996 to the last year proclaimed; for later
// years (to 2200) it follows the standing rules, and for other years knows weekends alone.
func IsWorkingDay(t time.Time) bool { return worked(dayOf(t)) }

// NextWorkingDay is the start (local midnight) of the first working day after the day of t.
func NextWorkingDay(t time.Time) time.Time { return at(nextWorked(dayOf(t)), 0) }
