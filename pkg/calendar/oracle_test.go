package calendar_test

import (
	"fmt"
	"strings"
	"time"
)

// This file reckons the same rules a second time, slowly and by other means: dates as text, bank
// holidays as gov.uk/bank-holidays lists them, and the clock changes by their rule instead of a zone
// file. It shares nothing with the package.

const listed = `
2010: 01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28
2011: 01-03 04-22 04-25 04-29 05-02 05-30 08-29 12-26 12-27
2012: 01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26
2013: 01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26
2014: 01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26
2015: 01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28
2016: 01-01 03-25 03-28 05-02 05-30 08-29 12-26 12-27
2017: 01-02 04-14 04-17 05-01 05-29 08-28 12-25 12-26
2018: 01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26
2019: 01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26
2020: 01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28
2021: 01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28
2022: 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27
2023: 01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26
2024: 01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26
2025: 01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26
2026: 01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28
2027: 01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28
2028: 01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26
2029: 01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26`

// oracle holds every date from 2010 to 2029 as text, in order.
type oracle struct {
	dates  []string
	place  map[string]int
	worked map[string]bool
}

func newOracle() oracle {
	holiday := map[string]bool{}
	for line := range strings.Lines(strings.TrimSpace(listed)) {
		year, days, _ := strings.Cut(strings.TrimSpace(line), ":")
		for _, day := range strings.Fields(days) {
			holiday[year+"-"+day] = true
		}
	}
	o := oracle{place: map[string]int{}, worked: map[string]bool{}}
	weekday := 5 // 1 January 2010 was a Friday
	for year := 2010; year <= 2029; year++ {
		for month := 1; month <= 12; month++ {
			for day := 1; day <= daysIn(year, month); day++ {
				date := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
				o.place[date] = len(o.dates)
				o.dates = append(o.dates, date)
				o.worked[date] = weekday <= 5 && !holiday[date]
				weekday = weekday%7 + 1
			}
		}
	}
	return o
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// summer tells whether British Summer Time is in force: from 01:00 UTC on March's last Sunday until
// 01:00 UTC on October's.
func summer(t time.Time) bool {
	change := func(month time.Month) time.Time {
		c := time.Date(t.UTC().Year(), month, 31, 1, 0, 0, 0, time.UTC)
		return c.AddDate(0, 0, -int(c.Weekday()))
	}
	return !t.Before(change(time.March)) && t.Before(change(time.October))
}

const (
	dateLayout = "2006-01-02"
	wallLayout = "15:04:05.000000000"
)

// wall is London's date and time of day at t, as text.
func wall(t time.Time) (date, clock string) {
	t = t.UTC()
	if summer(t) {
		t = t.Add(time.Hour)
	}
	return t.Format(dateLayout), t.Format(wallLayout)
}

// instant is when London's clock reads the date and time: the first of two, and where there is none,
// what the clock would have shown without the change.
func instant(date, clock string) time.Time {
	winter, err := time.Parse(dateLayout+" "+wallLayout, date+" "+clock)
	if err != nil {
		panic(err)
	}
	if early := winter.Add(-time.Hour); summer(early) {
		return early
	}
	return winter
}

func (o oracle) next(date string) string {
	for i := o.place[date] + 1; ; i++ {
		if o.worked[o.dates[i]] {
			return o.dates[i]
		}
	}
}

func (o oracle) oneWorkingDay(from time.Time, opens string) time.Time {
	date, clock := wall(from)
	if !o.worked[date] {
		date, clock = o.next(date), opens+":00.000000000"
	}
	return instant(o.next(date), clock)
}

func (o oracle) endOf(date string) time.Time {
	return instant(o.dates[o.place[date]+1], "00:00:00.000000000")
}

func (o oracle) endOfWorkingDays(from time.Time, n int) time.Time {
	date, _ := wall(from)
	seen := 0
	for i := o.place[date] + 1; ; i++ {
		if o.worked[o.dates[i]] {
			seen++
		}
		if seen == n {
			return o.endOf(o.dates[i])
		}
	}
}

func (o oracle) endOfWeeks(from time.Time, n int) time.Time {
	date, _ := wall(from)
	return o.endOf(o.dates[o.place[date]+7*n])
}

// monthsLater tries the same day of the month, then ever smaller ones, until there is such a date.
func (o oracle) monthsLater(date string, n int) string {
	var year, month, day int
	if _, err := fmt.Sscanf(date, "%d-%d-%d", &year, &month, &day); err != nil {
		panic(err)
	}
	for range n {
		if month++; month > 12 {
			year, month = year+1, 1
		}
	}
	for ; ; day-- {
		later := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
		if _, ok := o.place[later]; ok {
			return later
		}
	}
}

func (o oracle) endOfMonths(from time.Time, n int) time.Time {
	date, _ := wall(from)
	return o.endOf(o.monthsLater(date, n))
}

func (o oracle) addMonths(from time.Time, n int) time.Time {
	date, clock := wall(from)
	return instant(o.monthsLater(date, n), clock)
}

// workingMinutes counts the whole minutes from one instant to another that are worked.
func (o oracle) workingMinutes(from, to time.Time, opens, closes string) int {
	count := 0
	for ; from.Before(to); from = from.Add(time.Minute) {
		date, clock := wall(from)
		if o.worked[date] && clock[:5] >= opens && clock[:5] < closes {
			count++
		}
	}
	return count
}
