package identifiers

import (
	"strings"
	"unicode"
)

// longestReadable is how many bytes of a told date or age are looked at: nothing longer is one.
const longestReadable = 100

// words splits a told date or age, in small letters, into runs of letters, runs of digits and single
// signs, leaving out spaces. Dashes of every kind become "-".
func words(told string) []string {
	var found []string
	run, kind := "", rune(0)
	flush := func() {
		if run != "" {
			found = append(found, run)
		}
		run, kind = "", 0
	}
	for _, r := range strings.ToLower(told) {
		next := kindOf(r)
		if next != kind || next == sign {
			flush()
		}
		switch {
		case next == space:
			continue
		case unicode.Is(unicode.Pd, r):
			r = '-'
		}
		run, kind = run+string(r), next
	}
	flush()
	return found
}

// The kinds of characters that words tells apart.
const (
	space = rune(iota + 1)
	letter
	digit
	sign
)

func kindOf(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return space
	case '0' <= r && r <= '9':
		return digit
	case unicode.IsLetter(r):
		return letter
	}
	return sign
}

// vague tells whether a word says that the date or age beside it is a guess.
func vague(word string) bool {
	switch word {
	case "about", "approx", "approximately", "around", "roughly", "circa", "c", "ca", "maybe", "perhaps", "possibly",
		"probably", "est", "estimated", "ish", "thought", "~", "?":
		return true
	}
	return false
}
