package calendar

import (
	"fmt"
	"time"
)

// TimeOfDay is a reading of the local clock in whole minutes since midnight, 0 (00:00) to 1440
// (24:00, the midnight that ends the day).
type TimeOfDay int

// ParseTimeOfDay reads hours and minutes as on a 24-hour clock, "09:00"; "24:00" is allowed, for the
// end of the day.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("a time of day is written like 09:00, from 00:00 to 24:00")
	}
	return TimeOfDay(t.Hour()*60 + t.Minute()), nil
}

// String writes the time of day as on a 24-hour clock, "09:00".
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(t)/60, int(t)%60) }

func (t TimeOfDay) sinceMidnight() time.Duration { return time.Duration(t) * time.Minute }

// Hours are an authority's working hours: on every working day from Open until just before Close,
// local time, Open before Close. The zero value is never open. [ParseHours] makes valid ones.
type Hours struct {
	Open, Close TimeOfDay
}

// ParseHours reads working hours such as "09:00" and "17:00". It refuses hours that do not close
// after they open: working hours over midnight do not exist for an authority.
func ParseHours(opens, closes string) (Hours, error) {
	from, err := ParseTimeOfDay(opens)
	if err != nil {
		return Hours{}, fmt.Errorf("opening time: %w", err)
	}
	to, err := ParseTimeOfDay(closes)
	if err != nil {
		return Hours{}, fmt.Errorf("closing time: %w", err)
	}
	if to <= from {
		return Hours{}, fmt.Errorf("working hours must close after they open")
	}
	return Hours{Open: from, Close: to}, nil
}

// Within tells whether t is inside working hours on a working day. The opening minute is inside, the
// closing time is not.
func (h Hours) Within(t time.Time) bool {
	clock := clockOf(t)
	return h.Open.sinceMidnight() <= clock && clock < h.Close.sinceMidnight() && IsWorkingDay(t)
}

// WorkingTime is how much working time lies between two instants, such as the age in working hours
// of a contact that waits. It is 0 where to is not after from.
func WorkingTime(from, to time.Time, h Hours) time.Duration {
	total := time.Duration(0)
	for day, last := dayOf(from), dayOf(to); !day.After(last); day = day.Add(aDay) {
		if !worked(day) {
			continue
		}
		start, end := at(day, h.Open.sinceMidnight()), at(day, h.Close.sinceMidnight())
		if from.After(start) {
			start = from
		}
		if to.Before(end) {
			end = to
		}
		total += max(0, end.Sub(start))
	}
	return total
}
