package calendar

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // a container image without zone files still knows London
)

type zone struct {
	location *time.Location
	err      error
}

var loadLondon = sync.OnceValue(func() zone {
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		return zone{time.UTC, fmt.Errorf("the time zone Europe/London can't be loaded: %w", err)}
	}
	return zone{location, nil}
})

// London is Europe/London, in which every statutory time is reckoned. Newer zone data of the
// operating system goes before the copy inside the binary, so that a change of the law needs no new
// release. See [Check] for what happens when neither can be read.
func London() *time.Location { return loadLondon().location }

// Check reports whether Europe/London could be loaded. A process calls it once at its start and
// doesn't go on after an error, since [London] would then be UTC and summer's deadlines an hour late.
func Check() error { return loadLondon().err }

// aDay is a day as dayOf gives it, without clock changes.
const aDay = 24 * time.Hour

// dayOf gives the London date of t as midnight UTC, where days are always 24 hours long.
func dayOf(t time.Time) time.Time {
	y, m, d := t.In(London()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// clockOf is the reading of London's clock at t, as time since the reading 00:00.
func clockOf(t time.Time) time.Duration {
	local := t.In(London())
	hour, minute, second := local.Clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
}

// at is the instant when London's clock reads the given time on the given day (as from dayOf).
func at(day time.Time, clock time.Duration) time.Time {
	wanted := day.Add(clock)
	y, m, d := wanted.Date()
	hour, minute, second := wanted.Clock()
	t := time.Date(y, m, d, hour, minute, second, wanted.Nanosecond(), London())
	switch ahead := reading(t) - wanted.Unix(); {
	case ahead < 0: // skipped by the clocks, and read by the standard library as before the change
		return t.Add(time.Duration(-ahead) * time.Second)
	case ahead > 0: // skipped by the clocks, and already read as after the change
		return t
	}
	if first := t.Add(-time.Hour); reading(first) == wanted.Unix() {
		return first
	}
	return t
}

// reading is what London's clock shows at t, as seconds like those of a UTC time with that reading.
func reading(t time.Time) int64 {
	_, offset := t.Zone()
	return t.Unix() + int64(offset)
}
