package identifiers

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kithcare/kith/pkg/calendar"
)

const (
	notADate      = "could not be read as a date"
	noSuchDate    = "no such date"
	swapped       = "no such date; day and month may be the other way round"
	dayNotKnown   = "the day is not known"
	yearOnly      = "only the year is known"
	partOfADate   = "not a whole date"
	inTheFuture   = "in the future"
	tooLongAgo    = "too long ago"
	aGuess        = "told as a guess"
	wrongWeekday  = "the day of the week does not fit the date"
	withTimeOfDay = "told with a time of day, so it may be the day before or after"
)

// Ages in whole years: the last as a child, and the last that anyone is believed.
const (
	oldestChild  = 17
	oldestPerson = 120
)

// BirthDate reads a child's date of birth as people write it: 03/03/2019, 3.3.19, 2019-03-03, 3rd
// March 2019, March 3, 2019, with or without "born" or a day of the week. Numbers are day, month and
// year in this order, unless a year of four digits comes first. A year of two digits is of this century where that
// is not in the future.
//
// The date is ISO, "2006-01-02", or "" where no exact date is told or there is no such date. A date
// in the future, one that makes the child 18 or older, and one told as a guess are kept as read,
// with a doubt. now decides what is future and how old the child is, by its date in London.
func BirthDate(told string, now time.Time) (date, doubt string) {
	if strings.TrimSpace(told) == "" {
		return "", ""
	}
	if len(told) > longestReadable {
		return "", notADate
	}
	parts, doubt := dateParts(strings.TrimSpace(told))
	if doubt != "" {
		return "", doubt
	}
	now = now.In(calendar.London())
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	born, doubt := parts.day(today)
	if doubt != "" {
		return "", doubt
	}
	doubts := parts.doubts
	if parts.weekday != "" && !strings.HasPrefix(strings.ToLower(born.Weekday().String()), parts.weekday) {
		doubts = append(doubts, wrongWeekday)
	}
	switch age := ageOn(today, born); {
	case born.After(today):
		doubts = append(doubts, inTheFuture)
	case age > oldestPerson:
		return "", tooLongAgo
	case age > oldestChild:
		doubts = append(doubts, fmt.Sprintf("makes the child %d", age))
	}
	return born.Format(time.DateOnly), strings.Join(doubts, "; ")
}

// dateTold is a date in three parts, not yet known to exist.
type dateTold struct {
	year, month, dayOfMonth string
	weekday                 string
	doubts                  []string
}

// dateParts finds day, month and year in what was told; the doubt says why it can't.
func dateParts(told string) (dateTold, string) {
	if parts, ok := timestampParts(told); ok {
		return parts, ""
	}
	var parts dateTold
	var numbers []string
	for _, word := range words(told) {
		switch {
		case allDigits(word):
			numbers = append(numbers, word)
		case monthNumber(word) != "" && parts.month == "":
			parts.month = monthNumber(word)
		case weekdayStart(word) != "" && parts.weekday == "":
			parts.weekday = weekdayStart(word)
		case vague(word):
			parts.doubts = []string{aGuess}
		case !besideADate(word):
			return dateTold{}, notADate
		}
	}
	return parts.withNumbers(numbers)
}

// timestampParts reads a date with a time of day, as other systems send it.
func timestampParts(told string) (dateTold, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime} {
		t, err := time.Parse(layout, told)
		if err != nil {
			continue
		}
		parts := dateTold{year: t.Format("2006"), month: t.Format("01"), dayOfMonth: t.Format("02")}
		if hour, minute, second := t.Clock(); hour+minute+second > 0 {
			parts.doubts = []string{withTimeOfDay}
		}
		return parts, true
	}
	return dateTold{}, false
}

// withNumbers gives the numbers their places among the parts.
func (d dateTold) withNumbers(numbers []string) (dateTold, string) {
	named := d.month != ""
	switch {
	case len(numbers) == 1 && len(numbers[0]) == 8 && !named:
		return d.withEightDigits(numbers[0])
	case len(numbers) == 2 && named:
		numbers = []string{numbers[0], d.month, numbers[1]}
	case len(numbers) == 3 && !named:
	default:
		return dateTold{}, tooLittle(numbers, named)
	}
	if len(numbers[0]) == 4 {
		numbers[0], numbers[2] = numbers[2], numbers[0]
	}
	d.dayOfMonth, d.month, d.year = numbers[0], numbers[1], numbers[2]
	if len(d.dayOfMonth) > 2 || len(d.month) > 2 || len(d.year) != 2 && len(d.year) != 4 {
		return dateTold{}, notADate
	}
	return d, ""
}

// withEightDigits reads ddmmyyyy or yyyymmdd; as long as years begin with 19 or 20 nothing is both.
func (d dateTold) withEightDigits(s string) (dateTold, string) {
	if century := s[4:6]; century == "19" || century == "20" {
		d.dayOfMonth, d.month, d.year = s[:2], s[2:4], s[4:]
	} else {
		d.year, d.month, d.dayOfMonth = s[:4], s[4:6], s[6:]
	}
	return d, ""
}

// tooLittle says what is missing from a date with these numbers.
func tooLittle(numbers []string, monthNamed bool) string {
	years := 0
	for _, number := range numbers {
		if len(number) > 4 {
			return notADate
		}
		if len(number) == 4 {
			years++
		}
	}
	switch {
	case len(numbers) > 2 || years > 1 || len(numbers) == 0 && !monthNamed:
		return notADate
	case years == 1 && (monthNamed || len(numbers) == 2):
		return dayNotKnown
	case years == 1:
		return yearOnly
	}
	return partOfADate
}

// day is the date as midnight UTC; the doubt says why there is none.
func (d dateTold) day(today time.Time) (time.Time, string) {
	year, errYear := strconv.Atoi(d.year)
	month, errMonth := strconv.Atoi(d.month)
	day, errDay := strconv.Atoi(d.dayOfMonth)
	if errYear != nil || errMonth != nil || errDay != nil {
		return time.Time{}, notADate
	}
	if len(d.year) == 2 {
		year += 2000
		if time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).After(today) {
			year -= 100
		}
	}
	born := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	switch {
	case born.Year() == year && int(born.Month()) == month && born.Day() == day:
		return born, ""
	case month > 12 && month <= 31 && 1 <= day && day <= 12:
		return time.Time{}, swapped
	}
	return time.Time{}, noSuchDate
}

// ageOn is a person's age in whole years.
func ageOn(today, born time.Time) int {
	age := today.Year() - born.Year()
	if today.Month() < born.Month() || today.Month() == born.Month() && today.Day() < born.Day() {
		age--
	}
	return age
}

// monthNumber is "1" to "12" for a month's name or its first three letters (or "sept"), else "".
func monthNumber(word string) string {
	if word == "sept" {
		return "9"
	}
	for month := time.January; month <= time.December; month++ {
		if name := strings.ToLower(month.String()); word == name || word == name[:3] {
			return strconv.Itoa(int(month))
		}
	}
	return ""
}

// weekdayStart is the beginning of a weekday's name, as long as it was told, or "".
func weekdayStart(word string) string {
	for weekday := time.Sunday; weekday <= time.Saturday; weekday++ {
		if len(word) >= 3 && strings.HasPrefix(strings.ToLower(weekday.String()), word) {
			return word
		}
	}
	return ""
}

// besideADate tells whether a word may stand beside a date without changing it.
func besideADate(word string) bool {
	switch word {
	case "-", "/", ".", ",", ":", "(", ")", "st", "nd", "rd", "th", "of", "the", "on", "born", "dob", "d", "o", "b", "date", "birth", "is":
		return true
	}
	return false
}
