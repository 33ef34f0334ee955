package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kithcare/kith/pkg/calendar"
)

func nineToFive() calendar.Hours { return calendar.Hours{Open: 9 * 60, Close: 17 * 60} }

// local reads "2006-01-02 15:04" on London's clock.
func local(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.London())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func wants(t *testing.T, what string, from, got, want time.Time) {
	t.Helper()
	if !got.Equal(want) {
		t.Fatalf("%s from %s: got %s, want %s", what, from.In(calendar.London()), got, want.In(calendar.London()))
	}
	if got.Location() != calendar.London() {
		t.Fatalf("%s from %s is told in %s", what, from, got.Location())
	}
}

// everyDay calls check on each day from 2016 to 2027, at the given times of day and at two odd ones.
func everyDay(o oracle, clocks []string, check func(from time.Time)) {
	elsewhere := time.FixedZone("elsewhere", -11*60*60)
	for _, date := range o.dates[o.place["2016-01-01"] : o.place["2027-12-31"]+1] {
		for _, clock := range clocks {
			check(instant(date, clock))
		}
		check(instant(date, "01:30:00.000000000").Add(time.Hour)) // the second of two, in October
		check(instant(date, "23:30:00.000000000").In(elsewhere))
	}
}

// edges are the first and the last instant of a day.
func edges() []string { return []string{"00:00:00.000000000", "23:59:59.999999999"} }

func TestLondonIsLoaded(t *testing.T) {
	t.Parallel()
	if err := calendar.Check(); err != nil || calendar.London().String() != "Europe/London" {
		t.Fatal(err, calendar.London())
	}
}

func TestWorkingDaysAreEnglands(t *testing.T) {
	t.Parallel()
	o := newOracle()
	for _, date := range o.dates {
		for _, clock := range []string{"00:00:00.000000000", "12:00:00.000000000", "23:59:59.999999999"} {
			if at := instant(date, clock); calendar.IsWorkingDay(at) != o.worked[date] {
				t.Errorf("%s %s: working day %v, want %v", date, clock, calendar.IsWorkingDay(at), o.worked[date])
			}
		}
	}
}

func TestEarlierProclamations(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]bool{
		"1999-12-30": true, "1999-12-31": false, "2002-05-27": true, "2002-06-03": false, "2002-06-04": false, "2002-06-05": true,
	} {
		if got := calendar.IsWorkingDay(local(t, date+" 12:00")); got != want {
			t.Errorf("%s: working day %v, want %v", date, got, want)
		}
	}
}

func TestYearsFarAway(t *testing.T) {
	t.Parallel()
	for _, year := range []int{-1, 1, 1899, 1900, 2200, 2201, 9999} {
		day := time.Date(year, time.December, 20, 12, 0, 0, 0, time.UTC)
		due := calendar.EndOfWorkingDays(day, 45)
		if days := due.Sub(day).Hours() / 24; days < 45 || days > 80 {
			t.Errorf("year %d: 45 working days take %.1f days", year, days)
		}
	}
	if got := calendar.WorkingTime(time.Time{}, local(t, "0003-01-01 12:00"), nineToFive()); got <= 0 {
		t.Errorf("working time from the zero time: %s", got)
	}
}

func TestDeadlinesOverTwelveYears(t *testing.T) {
	t.Parallel()
	o := newOracle()
	everyDay(o, edges(), func(from time.Time) {
		date, _ := wall(from)
		wants(t, "next working day", from, calendar.NextWorkingDay(from), instant(o.next(date), "00:00:00.000000000"))
		for _, n := range []int{1, 2, 5, 10, 15, 20, 45} {
			wants(t, "working days", from, calendar.EndOfWorkingDays(from, n), o.endOfWorkingDays(from, n))
		}
		for _, n := range []int{1, 4, 6} {
			wants(t, "weeks", from, calendar.EndOfWeeks(from, n), o.endOfWeeks(from, n))
		}
		for _, n := range []int{1, 3, 6, 12} {
			wants(t, "end of months", from, calendar.EndOfMonths(from, n), o.endOfMonths(from, n))
		}
	})
}

func TestTimesOfDayOverTwelveYears(t *testing.T) {
	t.Parallel()
	o := newOracle()
	clocks := append(edges(), "00:30:00.000000000", "01:00:00.000000000", "01:30:00.000000000", "02:00:00.000000000",
		"08:59:59.999999999", "09:00:00.000000000", "12:34:56.789000000", "17:00:00.000000000")
	everyDay(o, clocks, func(from time.Time) {
		wants(t, "one working day", from, calendar.OneWorkingDay(from, nineToFive()), o.oneWorkingDay(from, "09:00"))
		for _, n := range []int{0, 1, 6, 12} {
			wants(t, "months", from, calendar.AddMonths(from, n), o.addMonths(from, n))
		}
	})
}

func TestDeadlinesAtAnyInstant(t *testing.T) {
	t.Parallel()
	o := newOracle()
	first, last := instant("2016-01-01", "00:00:00.000000000").Unix(), instant("2027-12-31", "23:59:59.000000000").Unix()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(first, last).Draw(t, "second"), rapid.Int64Range(0, 999_999_999).Draw(t, "nano"))
		open := calendar.TimeOfDay(rapid.IntRange(0, 1439).Draw(t, "open"))
		n := rapid.IntRange(1, 60).Draw(t, "n")
		due := calendar.OneWorkingDay(from, calendar.Hours{Open: open, Close: 1440})
		if want := o.oneWorkingDay(from, open.String()); !due.Equal(want) {
			t.Fatalf("one working day from %s: %s, want %s", from, due, want)
		}
		if due.Sub(from) < 23*time.Hour || !calendar.IsWorkingDay(due) {
			t.Fatalf("one working day from %s is %s", from, due)
		}
		end := calendar.EndOfWorkingDays(from, n)
		if want := o.endOfWorkingDays(from, n); !end.Equal(want) {
			t.Fatalf("%d working days from %s: %s, want %s", n, from, end, want)
		}
		if later := calendar.EndOfWorkingDays(end, 1); !later.After(end) {
			t.Fatalf("a working day from %s ends at %s", end, later)
		}
		if got, want := calendar.EndOfMonths(from, n%12), o.endOfMonths(from, n%12); !got.Equal(want) {
			t.Fatalf("%d months from %s: %s, want %s", n%12, from, got, want)
		}
	})
}

func TestDeadlinesWrittenOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, from, due string }{
		{"an ordinary Tuesday", "2026-11-17 10:15", "2026-11-18 10:15"},
		{"Friday goes to Monday", "2026-11-20 16:00", "2026-11-23 16:00"},
		{"late on a working day keeps its time", "2026-11-20 23:59", "2026-11-23 23:59"},
		{"Saturday counts from Monday's opening", "2026-11-21 11:00", "2026-11-24 09:00"},
		{"Sunday night too", "2026-11-22 23:59", "2026-11-24 09:00"},
		{"over the clock change in March", "2026-03-27 14:00", "2026-03-30 14:00"},
		{"over the clock change in October", "2026-10-23 14:00", "2026-10-26 14:00"},
		{"in the hour that October has twice", "2026-10-25 01:30", "2026-10-27 09:00"},
		{"Maundy Thursday, with a clock change in Easter", "2024-03-28 23:30", "2024-04-02 23:30"},
		{"Good Friday", "2024-03-29 08:00", "2024-04-03 09:00"},
		{"Christmas Eve", "2026-12-24 12:00", "2026-12-29 12:00"},
		{"Boxing Day on a Saturday", "2026-12-26 12:00", "2026-12-30 09:00"},
		{"to 29 February", "2024-02-28 15:00", "2024-02-29 15:00"},
		{"from 29 February", "2024-02-29 15:00", "2024-03-01 15:00"},
		{"before the Queen's funeral", "2022-09-16 15:00", "2022-09-20 15:00"},
		{"before the Jubilee's two days", "2022-06-01 15:00", "2022-06-06 15:00"},
		{"before VE Day, moved from Monday", "2020-05-07 15:00", "2020-05-11 15:00"},
		{"the Monday it was moved from", "2020-05-04 15:00", "2020-05-05 15:00"},
		{"before the Coronation", "2023-05-05 15:00", "2023-05-09 15:00"},
	} {
		from := local(t, c.from)
		wants(t, c.why, from, calendar.OneWorkingDay(from, nineToFive()), local(t, c.due))
	}
}

func TestMonthsWrittenOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2024-01-31 10:00", 1, "2024-02-29 10:00"},
		{"2023-01-31 10:00", 1, "2023-02-28 10:00"},
		{"2023-11-30 10:00", 3, "2024-02-29 10:00"},
		{"2024-02-29 10:00", 12, "2025-02-28 10:00"},
		{"2024-02-29 10:00", 48, "2028-02-29 10:00"},
		{"2024-08-31 10:00", 6, "2025-02-28 10:00"},
		{"2026-01-15 10:00", 6, "2026-07-15 10:00"},
		{"2026-03-31 10:00", -1, "2026-02-28 10:00"},
		{"2026-02-28 01:30", 0, "2026-02-28 01:30"},
	} {
		from := local(t, c.from)
		wants(t, "months", from, calendar.AddMonths(from, c.n), local(t, c.want))
	}
	// 29 March 2026 has no 01:30; 25 October 2026 has two.
	skipped := local(t, "2026-02-28 01:30").AddDate(0, 0, 1)
	wants(t, "a skipped time", skipped, calendar.AddMonths(local(t, "2025-12-29 01:30"), 3), time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC))
	wants(t, "a doubled time", skipped, calendar.AddMonths(local(t, "2026-07-25 01:30"), 3), time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC))
}

func TestEndOfTheDayItself(t *testing.T) {
	t.Parallel()
	from, want := local(t, "2026-11-21 10:00"), local(t, "2026-11-22 00:00")
	for _, n := range []int{0, -1, -45} {
		wants(t, "no working days", from, calendar.EndOfWorkingDays(from, n), want)
	}
}

func BenchmarkOneWorkingDay(b *testing.B) {
	from, hours := time.Date(2026, 4, 2, 13, 0, 0, 0, time.UTC), nineToFive()
	for b.Loop() {
		calendar.OneWorkingDay(from, hours)
	}
}

func BenchmarkSingleAssessment(b *testing.B) {
	from := time.Date(2026, 4, 2, 13, 0, 0, 0, time.UTC)
	for b.Loop() {
		calendar.SingleAssessment().Due(from)
	}
}
