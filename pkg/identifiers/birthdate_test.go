package identifiers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kithcare/kith/pkg/identifiers"
)

// today is half past midnight in London on 1 July 2026, when it is still June in UTC.
func today() time.Time { return time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC) }

func TestBirthDateWrittenOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ told, date, doubt string }{
		{"", "", ""},
		{"  ", "", ""},
		{"03/03/2019", "2019-03-03", ""},
		{"3/3/2019", "2019-03-03", ""},
		{"3.3.19", "2019-03-03", ""},
		{"03-03-2019", "2019-03-03", ""},
		{"03 03 2019", "2019-03-03", ""},
		{"03032019", "2019-03-03", ""},
		{"20190303", "2019-03-03", ""},
		{"20122011", "2011-12-20", ""},
		{"2019-03-04", "2019-03-04", ""},
		{"2019/3/4", "2019-03-04", ""},
		{"04–03–2019", "2019-03-04", ""},
		{"2019-03-04T00:00:00Z", "2019-03-04", ""},
		{"2019-03-04 00:00:00", "2019-03-04", ""},
		{"2019-03-03T23:00:00Z", "2019-03-03", "told with a time of day, so it may be the day before or after"},
		{"3 March 2019", "2019-03-03", ""},
		{"3rd of March, 2019", "2019-03-03", ""},
		{"March 3rd, 2019", "2019-03-03", ""},
		{"3-Mar-19", "2019-03-03", ""},
		{"2019 March 3", "2019-03-03", ""},
		{"21 sept 2015", "2015-09-21", ""},
		{"DOB: 03/03/2019", "2019-03-03", ""},
		{"d.o.b. 1.5.2020", "2020-05-01", ""},
		{"born on the 1st of May 2020", "2020-05-01", ""},
		{"Sunday 3 March 2019", "2019-03-03", ""},
		{"Mon 3 March 2019", "2019-03-03", "the day of the week does not fit the date"},
		{"about 3 March 2019", "2019-03-03", "told as a guess"},
		{"3/3/2019?", "2019-03-03", "told as a guess"},
		{"29/02/2020", "2020-02-29", ""},
		{"29/02/2019", "", "no such date"},
		{"31/02/2019", "", "no such date"},
		{"31 April 2019", "", "no such date"},
		{"00/03/2019", "", "no such date"},
		{"2019-02-30", "", "no such date"},
		{"99/99/2019", "", "no such date"},
		{"04/13/2019", "", "no such date; day and month may be the other way round"},
		{"March 2019", "", "the day is not known"},
		{"03/2019", "", "the day is not known"},
		{"2019-03", "", "the day is not known"},
		{"2019", "", "only the year is known"},
		{"about 2019", "", "only the year is known"},
		{"3 March", "", "not a whole date"},
		{"March", "", "not a whole date"},
		{"3/3", "", "not a whole date"},
		{"7", "", "not a whole date"},
		{"30/06/2026", "2026-06-30", ""},
		{"01/07/2026", "2026-07-01", ""},
		{"02/07/2026", "2026-07-02", "in the future"},
		{"1/1/2126", "2126-01-01", "in the future"},
		{"01/07/2008", "2008-07-01", "makes the child 18"},
		{"02/07/2008", "2008-07-02", ""},
		{"12/05/1986", "1986-05-12", "makes the child 40"},
		{"12/5/86", "1986-05-12", "makes the child 40"},
		{"about 12 May 1986", "1986-05-12", "told as a guess; makes the child 40"},
		{"01/01/1900", "", "too long ago"},
		{"01/01/0001", "", "too long ago"},
		{"1 March 019", "", "could not be read as a date"},
		{"3 or 4 March 2019", "", "could not be read as a date"},
		{"3 March April 2019", "", "could not be read as a date"},
		{"not known", "", "could not be read as a date"},
		{"2019-03-03-01", "", "could not be read as a date"},
		{"030319", "", "could not be read as a date"},
		{"٣/٣/٢٠١٩", "", "could not be read as a date"},
		{"3/3/2019\x00", "", "could not be read as a date"},
		{"\xff\xfe\xfd", "", "could not be read as a date"},
		{strings.Repeat("3/3/2019 ", 100), "", "could not be read as a date"},
	} {
		if date, doubt := identifiers.BirthDate(c.told, today()); date != c.date || doubt != c.doubt {
			t.Errorf("%q: %q, doubt %q; want %q, %q", c.told, date, doubt, c.date, c.doubt)
		}
	}
}

// Every date of the last 17 years is read back, however it is written.
func TestBirthDatesReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		born := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -rapid.IntRange(0, 17*365).Draw(t, "days"))
		layout := rapid.SampledFrom([]string{
			"02/01/2006", "2/1/2006", "2.1.06", "02-01-06", "2006-01-02", "02012006", "20060102", "2 January 2006", "January 2, 2006",
			"2 Jan 06", "Monday 2 January 2006", "Mon, 02 Jan 2006", "born 2.1.2006", time.RFC3339,
		}).Draw(t, "layout")
		if date, doubt := identifiers.BirthDate(born.Format(layout), today()); date != born.Format(time.DateOnly) || doubt != "" {
			t.Fatalf("%q: %q, doubt %q", born.Format(layout), date, doubt)
		}
	})
}

// A date is read exactly when the calendar has it.
func TestNoSuchDates(t *testing.T) {
	t.Parallel()
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	for _, year := range []int{2019, 2020} {
		for month := 1; month <= 13; month++ {
			for day := 0; day <= 32; day++ {
				exists := month <= 12 && day >= 1 && (day <= days[month-1] || month == 2 && day == 29 && year == 2020)
				for _, told := range []string{fmt.Sprintf("%d/%d/%d", day, month, year), fmt.Sprintf("%d-%02d-%02d", year, month, day)} {
					date, doubt := identifiers.BirthDate(told, today())
					if want := fmt.Sprintf("%d-%02d-%02d", year, month, day); exists && (date != want || doubt != "") || !exists && (date != "" || doubt == "") {
						t.Errorf("%q: %q, doubt %q", told, date, doubt)
					}
				}
			}
		}
	}
}

func TestAgeWrittenOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		told     string
		min, max int
	}{
		{"8", 8, 8},
		{"0", 0, 0},
		{"about 8", 7, 9},
		{"8ish", 7, 9},
		{"8?", 7, 9},
		{"6 or 7", 6, 7},
		{"7 or 6", 6, 7},
		{"6-7", 6, 7},
		{"6/7 years", 6, 7},
		{"between 6 and 8", 6, 8},
		{"6 to 8 yrs", 6, 8},
		{"6yrs - 7yrs", 6, 7},
		{"18 months", 1, 1},
		{"about 18 months", 1, 1},
		{"about 11 months", 0, 1},
		{"6 or 7 months", 0, 0},
		{"18 months to 3 years", 1, 3},
		{"18 months - 3 years", 1, 3},
		{"6 weeks", 0, 0},
		{"60 weeks", 1, 1},
		{"3 days old", 0, 0},
		{"2 years 3 months", 2, 2},
		{"1 year and 11 months", 1, 1},
		{"aged 8", 8, 8},
		{"8 years old", 8, 8},
		{"8yo", 8, 8},
		{"8 y/o", 8, 8},
		{"8-year-old", 8, 8},
		{"a boy of about eight", 7, 9},
		{"Girl, 12", 12, 12},
		{"eight and a half", 8, 8},
		{"8½", 8, 8},
		{"8 1/2", 8, 8},
		{"8.5", 8, 8},
		{"1.5 years", 1, 1},
		{"just turned 8", 8, 8},
		{"nearly 8", 7, 8},
		{"under 5", 0, 4},
		{"less than 18 months", 0, 1},
		{"over 10", 10, 17},
		{"at least 10", 10, 17},
		{"10+", 10, 17},
		{"newborn", 0, 0},
		{"new born", 0, 0},
		{"baby", 0, 1},
		{"a toddler", 1, 3},
		{"6 month old baby", 0, 0},
		{"teenager", 13, 17},
		{"in his teens", 13, 17},
		{"about 0", 0, 1},
		{"40", 40, 40},
		{"120", 120, 120},
	} {
		if least, greatest, ok := identifiers.Age(c.told); !ok || least != c.min || greatest != c.max {
			t.Errorf("%q: %d to %d, %v; want %d to %d", c.told, least, greatest, ok, c.min, c.max)
		}
	}
	for _, told := range []string{
		"", "  ", "not known", "unborn", "121", "99999", "years", "1 2 3", "6 7", "8.5.2010", "8/5/2010", "03/2019", "3 March 2019", "-",
		"8 years years", "minus 3", "two or three dogs", "\xff\xfe", "8\x00", strings.Repeat("8 ", 200), strings.Repeat("9", 50),
	} {
		if least, greatest, ok := identifiers.Age(told); ok || least != 0 || greatest != 0 {
			t.Errorf("%q is read as %d to %d, %v", told, least, greatest, ok)
		}
	}
}
