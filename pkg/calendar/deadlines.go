package calendar

import "time"

// OneWorkingDay is when something that came at from is due, where the limit is one working day, such
// as deciding a contact and answering its referrer (Working Together to Safeguard Children).
//
// What comes on a working day, at whatever hour, is due at the same local time on the next working
// day. What comes on any other day counts from the opening time of the next working day, and so is
// due at opening time on the working day after that.
func OneWorkingDay(from time.Time, h Hours) time.Time {
	day, clock := dayOf(from), clockOf(from)
	if !worked(day) {
		day, clock = nextWorked(day), h.Open.sinceMidnight()
	}
	return at(nextWorked(day), clock)
}

// EndOfWorkingDays is the end of the nth working day after the day on which from falls: the local
// midnight that ends it. A thing is in time strictly before the result. The day of from itself never
// counts. With n below 1 the result is the end of the day of from.
func EndOfWorkingDays(from time.Time, n int) time.Time {
	day := dayOf(from)
	for ; n > 0; n-- {
		day = nextWorked(day)
	}
	return endOf(day)
}

// EndOfWeeks is the end of the day n weeks after the day on which from falls, the same weekday: the
// local midnight that ends it. A thing is in time strictly before the result.
func EndOfWeeks(from time.Time, n int) time.Time {
	return endOf(dayOf(from).AddDate(0, 0, 7*n))
}

// EndOfMonths is the end of the date that [AddMonths] gives: the local midnight that ends it. A
// thing is in time strictly before the result.
func EndOfMonths(from time.Time, n int) time.Time {
	return endOf(addMonths(dayOf(from), n))
}

// AddMonths is the same date and local time n months later (earlier where n is negative), or that
// month's last day where it has no such date: 31 January and one month is 28 or 29 February.
func AddMonths(from time.Time, n int) time.Time {
	return at(addMonths(dayOf(from), n), clockOf(from))
}

func addMonths(day time.Time, n int) time.Time {
	y, m, d := day.Date()
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(d, last)-1)
}

func endOf(day time.Time) time.Time { return at(day.Add(aDay), 0) }
