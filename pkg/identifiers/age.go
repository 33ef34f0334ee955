package identifiers

import (
	"strconv"
	"strings"
)

// Age reads an age as people tell it ("8", "about 8", "6 or 7", "18 months", "a boy of eight",
// "2 years 3 months", "under 5", "toddler") as the least and the greatest number of whole years that
// it may mean, 0 to 120. "About" widens by one year, or by three months where months are told.
// "Over" without an end goes up to 17. ok is false where nothing was told or it can't be read; an
// unborn child has no age.
func Age(told string) (minYears, maxYears int, ok bool) {
	if len(told) > longestReadable {
		return 0, 0, false
	}
	told = strings.NewReplacer("1/2", " half ", "½", " half ", "new born", "newborn").Replace(strings.ToLower(told))
	var a ageTold
	for _, word := range words(told) {
		if !a.take(word) {
			return 0, 0, false
		}
	}
	if len(a.numbers) == 0 {
		return a.named()
	}
	least, greatest, ok := a.months()
	if !ok {
		return 0, 0, false
	}
	minYears, maxYears = max(0, least)/12, max(0, greatest)/12
	if maxYears > oldestPerson {
		return 0, 0, false
	}
	return minYears, maxYears, true
}

// ageTold is what the words of an age say, before it is reckoned.
type ageTold struct {
	numbers []ageNumber
	group   string // a word for an age without a number: "toddler"
	bound   string // "under", "over" or "nearly"
	vague   bool
	ranged  bool // a word between two numbers makes them the ends of a range
	dashed  bool // a dash or stroke does so where they have the same unit
	point   bool // the word before was a decimal point
	decimal bool // there has been a decimal
}

type ageNumber struct {
	count int
	unit  string // "" until a unit is told
}

// take reads one more word; it refuses one that it doesn't know.
func (a *ageTold) take(word string) bool {
	if count, ok := countOf(word); ok {
		if a.point {
			again := a.decimal
			a.point, a.decimal = false, true
			return !again // two points make a date
		}
		a.numbers = append(a.numbers, ageNumber{count: count})
		return true
	}
	a.point = word == "." && len(a.numbers) > 0
	if unit := unitOf(word); unit != "" {
		if len(a.numbers) == 0 {
			return false
		}
		last := &a.numbers[len(a.numbers)-1]
		if last.unit != "" {
			return false
		}
		last.unit = unit
		return true
	}
	switch word {
	case "or", "to", "between":
		a.ranged = true
	case "-", "/":
		a.dashed = true
	case "under", "below", "less", "younger":
		a.bound = "under"
	case "over", "above", "more", "older", "least", "+":
		a.bound = "over"
	case "nearly", "almost":
		a.bound = "nearly"
	case "newborn", "baby", "infant", "toddler", "teen", "teenager", "teens":
		a.group = word
	default:
		a.vague = a.vague || vague(word)
		return vague(word) || besideAnAge(word)
	}
	return true
}

// named is the age of a child told by a word alone.
func (a *ageTold) named() (minYears, maxYears int, ok bool) {
	switch a.group {
	case "newborn":
		return 0, 0, true
	case "baby", "infant":
		return 0, 1, true
	case "toddler":
		return 1, 3, true
	case "teen", "teenager", "teens":
		return 13, 17, true
	}
	return 0, 0, false
}

// months is the age in whole months, from the least to the greatest.
func (a *ageTold) months() (least, greatest int, ok bool) {
	numbers := a.numbers
	if len(numbers) > 2 {
		return 0, 0, false
	}
	first, last := &numbers[0], &numbers[len(numbers)-1]
	if last.unit == "" {
		last.unit = "year"
	}
	if first.unit == "" {
		first.unit = last.unit
	}
	least, greatest = first.months()
	if len(numbers) == 2 {
		low, high := last.months()
		switch sameUnit := first.unit == last.unit; {
		case a.ranged, a.dashed && (sameUnit || first.unit != "year"):
			least, greatest = min(least, low), max(greatest, high)
		case first.unit == "year" && !sameUnit: // 2 years 3 months
			least, greatest = least+low, least+high
		default:
			return 0, 0, false
		}
	}
	least, greatest = a.widened(least, greatest, last.unit)
	return least, greatest, true
}

func (a *ageTold) widened(least, greatest int, unit string) (int, int) {
	margin := 0
	switch unit {
	case "year":
		margin = 12
	case "month":
		margin = 3
	}
	switch {
	case a.bound == "under":
		return 0, least - 1
	case a.bound == "over":
		return least, max(greatest, oldestChild*12+11)
	case a.bound == "nearly":
		return least - margin, greatest
	case a.vague:
		return least - margin, greatest + margin
	}
	return least, greatest
}

func (n ageNumber) months() (least, greatest int) {
	switch n.unit {
	case "month":
		return n.count, n.count
	case "week":
		return n.count * 12 / 52, n.count * 12 / 52
	case "day":
		return n.count * 12 / 365, n.count * 12 / 365
	}
	return n.count * 12, n.count*12 + 11
}

func countOf(word string) (int, bool) {
	if allDigits(word) && len(word) <= 4 {
		count, err := strconv.Atoi(word)
		return count, err == nil
	}
	for count, name := range strings.Fields("zero one two three four five six seven eight nine ten eleven twelve " +
		"thirteen fourteen fifteen sixteen seventeen eighteen") {
		if word == name {
			return count, true
		}
	}
	return 0, false
}

func unitOf(word string) string {
	switch word {
	case "y", "yr", "yrs", "year", "years", "yo":
		return "year"
	case "m", "mo", "mos", "mth", "mths", "month", "months":
		return "month"
	case "w", "wk", "wks", "week", "weeks":
		return "week"
	case "day", "days":
		return "day"
	}
	return ""
}

// besideAnAge tells whether a word may stand beside an age without changing it.
func besideAnAge(word string) bool {
	switch word {
	case ".", ",", "(", ")", "a", "an", "the", "of", "old", "o", "age", "aged", "is", "in", "his", "her", "their", "he", "she", "they",
		"boy", "girl", "child", "just", "turned", "and", "half", "than", "at":
		return true
	}
	return false
}
