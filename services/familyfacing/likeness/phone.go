package likeness

import (
	"slices"
	"strings"
	"unicode"
)

const (
	// The digits that a phone number has, without the country's and the leading 0. Less is an extension, and seven begin
	// too many.
	shortestPhone = 7
	longestPhone  = 15
	// localPhone is how many of its last digits a number is found by: who is in the same town leaves out the rest.
	localPhone = 8
)

// Phones reads the numbers in what was told as a phone number, each as its digits without the leading 0 or 44.
func Phones(told string) []string {
	var found []string
	for _, part := range strings.FieldsFunc(told, func(r rune) bool { return unicode.IsLetter(r) || r == '/' || r == ',' || r == ';' || r == '\n' }) {
		digits := strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return r
			}
			return -1
		}, strings.ReplaceAll(part, "(0)", ""))
		if n := national(digits); len(n) >= shortestPhone && len(n) <= longestPhone && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found[:min(len(found), mostNames)]
}

func national(digits string) string {
	for _, country := range []string{"0044", "44"} {
		if rest, found := strings.CutPrefix(digits, country); found && len(rest) >= 9 {
			return strings.TrimPrefix(rest, "0")
		}
	}
	return strings.TrimPrefix(digits, "0")
}

// SamePhone tells two numbers of which one may lack what is said in front from another town.
func SamePhone(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b && a != "" || len(a) >= localPhone && strings.HasSuffix(b, a)
}

func phoneEnd(n string) string { return n[max(0, len(n)-localPhone):] }
