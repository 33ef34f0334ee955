package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kithcare/kith/pkg/calendar"
)

func TestParseHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		opens, closes string
		want          calendar.Hours
	}{
		{"09:00", "17:00", calendar.Hours{Open: 540, Close: 1020}},
		{"08:45", "17:15", calendar.Hours{Open: 525, Close: 1035}},
		{"00:00", "24:00", calendar.Hours{Open: 0, Close: 1440}},
	} {
		got, err := calendar.ParseHours(c.opens, c.closes)
		if err != nil || got != c.want {
			t.Errorf("%s to %s: %v, %v", c.opens, c.closes, got, err)
		}
		if got.Open.String() != c.opens || got.Close.String() != c.closes {
			t.Errorf("%s to %s is written %s to %s", c.opens, c.closes, got.Open, got.Close)
		}
	}
	for _, c := range [][2]string{
		{"17:00", "09:00"},
		{"09:00", "09:00"},
		{"9:00", "17:00"},
		{"09:00", "25:00"},
		{"09:00", "17:60"},
		{"24:00", "24:00"},
		{"", ""},
		{"09:00:00", "17:00"},
		{"09:00", " 17:00"},
		{"nine", "five"},
		{"-1:00", "17:00"},
	} {
		if got, err := calendar.ParseHours(c[0], c[1]); err == nil || got != (calendar.Hours{}) {
			t.Errorf("%s to %s: %v, %v", c[0], c[1], got, err)
		}
	}
}

func TestParseTimeOfDayOnAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[0-9:. ]{0,6}`).Draw(t, "s")
		if got, err := calendar.ParseTimeOfDay(s); err == nil && (got.String() != s || got < 0 || got > 1440) {
			t.Fatalf("%q is read as %s", s, got)
		}
	})
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]bool{
		"2026-11-20 09:00": true, "2026-11-20 08:59": false, "2026-11-20 16:59": true, "2026-11-20 17:00": false,
		"2026-11-21 12:00": false, "2026-12-25 12:00": false, "2026-12-28 12:00": false, "2026-07-01 09:00": true, "2026-07-01 17:00": false,
	} {
		if got := nineToFive().Within(local(t, at)); got != want {
			t.Errorf("%s: %v", at, got)
		}
	}
	if (calendar.Hours{}).Within(local(t, "2026-11-20 00:00")) {
		t.Error("hours that were never set are open")
	}
	if nineToFive().Within(time.Date(2026, 7, 1, 16, 30, 0, 0, time.UTC)) {
		t.Error("half past five in summer is open")
	}
}

func TestWorkingTimeWrittenOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		want     time.Duration
	}{
		{"2026-11-20 10:00", "2026-11-20 11:30", 90 * time.Minute},
		{"2026-11-20 16:00", "2026-11-23 10:00", 2 * time.Hour},
		{"2026-11-20 18:00", "2026-11-23 08:00", 0},
		{"2026-11-21 10:00", "2026-11-22 10:00", 0},
		{"2026-11-16 00:00", "2026-11-23 00:00", 40 * time.Hour},
		{"2026-03-27 09:00", "2026-03-30 17:00", 16 * time.Hour},
		{"2026-10-23 09:00", "2026-10-26 17:00", 16 * time.Hour},
		{"2026-12-24 16:00", "2026-12-29 10:00", 2 * time.Hour},
		{"2026-11-20 11:30", "2026-11-20 10:00", 0},
		{"2026-11-23 10:00", "2026-11-20 10:00", 0},
	} {
		if got := calendar.WorkingTime(local(t, c.from), local(t, c.to), nineToFive()); got != c.want {
			t.Errorf("from %s to %s: %s, want %s", c.from, c.to, got, c.want)
		}
	}
}

func TestWorkingTimeMinuteByMinute(t *testing.T) {
	t.Parallel()
	o := newOracle()
	first := instant("2016-01-01", "00:00:00.000000000")
	rapid.Check(t, func(t *rapid.T) {
		from := first.Add(time.Duration(rapid.IntRange(0, 12*365*24*60).Draw(t, "from")) * time.Minute)
		to := from.Add(time.Duration(rapid.IntRange(0, 5*24*60).Draw(t, "length")) * time.Minute)
		open := rapid.IntRange(0, 1438).Draw(t, "open")
		hours := calendar.Hours{Open: calendar.TimeOfDay(open), Close: calendar.TimeOfDay(rapid.IntRange(open+1, 1440).Draw(t, "close"))}
		got := calendar.WorkingTime(from, to, hours)
		if want := o.workingMinutes(from, to, hours.Open.String(), hours.Close.String()); got != time.Duration(want)*time.Minute {
			t.Fatalf("from %s to %s, open %s to %s: %s, want %d minutes", from, to, hours.Open, hours.Close, got, want)
		}
		middle := from.Add(to.Sub(from) / 3)
		if parts := calendar.WorkingTime(from, middle, hours) + calendar.WorkingTime(middle, to, hours); parts != got {
			t.Fatalf("from %s to %s: %s in one, %s in two", from, to, got, parts)
		}
	})
}
