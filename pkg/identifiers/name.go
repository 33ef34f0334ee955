package identifiers

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name reads a full name into given names and a family name, each letter for letter as told. A comma
// or capitals show which is the family name ("SMITH, Jane Ann", "SMITH Jane", "Jane SMITH"); without
// them it is the last word with the particles before it ("Ana de Souza"). One name alone is a given
// name, or the family name behind a title ("Mrs Khan"); titles are left out. Where nothing was told
// both are empty.
//
// It is a reading for finding people, and wrong for the many names that are not built so: what was
// told is what is shown.
func Name(told string) (given []string, family string) {
	if before, after, found := cutComma(told); found {
		return withoutTitle(strings.FieldsFunc(after, betweenNames)), strings.Join(strings.Fields(before), " ")
	}
	all := strings.Fields(told)
	names := withoutTitle(all)
	switch from, to := familyAt(names); {
	case len(names) == 0:
		return nil, ""
	case len(names) == 1 && len(all) > 1:
		return nil, names[0]
	case len(names) == 1:
		return names, ""
	default:
		given = append(given, names[:from]...)
		return append(given, names[to:]...), strings.Join(names[from:to], " ")
	}
}

func cutComma(told string) (before, after string, found bool) {
	if i := strings.IndexAny(told, ",،"); i >= 0 {
		_, size := utf8.DecodeRuneInString(told[i:])
		return told[:i], told[i+size:], true
	}
	return told, "", false
}

func betweenNames(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '،' }

// familyAt says which of two or more names are the family name: from inclusive, to exclusive.
func familyAt(names []string) (from, to int) {
	last := len(names)
	for from = last; from > 0 && inCapitals(names[from-1], 2); from-- {
	}
	if 0 < from && from < last {
		return from, last
	}
	// Where none or all are in capitals nothing stands out. In front, two capitals are more often
	// initials than a name.
	for to = 0; from == last && to < last && inCapitals(names[to], 3); to++ {
	}
	if 0 < to && to < last {
		return 0, to
	}
	for from = last - 1; from > 1 && particle(names[from-1]); from-- {
	}
	return max(from, 0), last
}

// inCapitals tells whether a name has at least so many letters, all of them capitals.
func inCapitals(name string, letters int) bool {
	for _, r := range name {
		if unicode.IsLetter(r) {
			if !unicode.IsUpper(r) {
				return false
			}
			letters--
		}
	}
	return letters <= 0
}

// particle tells whether a word belongs to the family name that follows it.
func particle(word string) bool {
	switch strings.ToLower(word) {
	case "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "das", "du", "la", "le", "bin", "bint", "binti",
		"ibn", "al", "el", "st", "st.", "ap", "ter", "ten", "o'", "o’":
		return true
	}
	return false
}

func withoutTitle(names []string) []string {
	if len(names) < 2 {
		return names
	}
	switch strings.ToLower(strings.TrimSuffix(names[0], ".")) {
	case "mr", "mrs", "miss", "ms", "mx", "dr":
		return names[1:]
	}
	return names
}
