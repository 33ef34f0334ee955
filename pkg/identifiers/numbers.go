package identifiers

import (
	"strings"
	"unicode"
)

const (
	notTenDigits   = "not 10 digits"
	repeatedDigit  = "the same digit ten times, which stands for a number that is not known"
	checkDigit     = "the check digit does not fit"
	notUPN         = "not the form of a UPN"
	upnCheckLetter = "the check letter does not fit"
)

// NHSNumber reads an NHS number: 10 digits, of which the last is a check digit by modulus 11 (NHS
// Data Dictionary), with or without spaces and hyphens. The answer is the 10 digits alone; it is ""
// where there is a doubt.
func NHSNumber(told string) (normal, doubt string) {
	if strings.TrimSpace(told) == "" {
		return "", ""
	}
	digits := withoutSpacing(told)
	if len(digits) != 10 || !allDigits(digits) {
		return "", notTenDigits
	}
	sum := 0
	for i := range 9 {
		sum += int(digits[i]-'0') * (10 - i)
	}
	// A remainder that asks for the check digit 10 belongs to no number.
	if (11-sum%11)%11 != int(digits[9]-'0') {
		return "", checkDigit
	}
	if strings.Count(digits, digits[:1]) == len(digits) {
		return "", repeatedDigit
	}
	return digits, ""
}

// upnLetters are the check letters by their value, without I, O and S (Department for Education,
// guide to unique pupil numbers).
const upnLetters = "ABCDEFGHJKLMNPQRTUVWXYZ"

// UPN reads a Unique Pupil Number: a check letter by modulus 23, then 12 digits, or 11 digits and a
// letter where it is a temporary one (see [TemporaryUPN]); spaces, hyphens and small letters are
// allowed. The answer is the 13 characters in capitals; it is "" where there is a doubt.
//
// The last letter of a temporary number counts as its place in the alphabet of check letters, A as 0
// (Government Data Standards Catalogue); some systems count A as 2, and their numbers are taken too.
func UPN(told string) (normal, doubt string) {
	if strings.TrimSpace(told) == "" {
		return "", ""
	}
	upn := strings.ToUpper(withoutSpacing(told))
	if len(upn) != 13 || !allDigits(upn[1:12]) || !strings.Contains(upnLetters, upn[:1]) {
		return "", notUPN
	}
	sum := 0
	for i := 1; i < 12; i++ {
		sum += int(upn[i]-'0') * (i + 1)
	}
	fits := func(last int) bool { return upnLetters[(sum+13*last)%23] == upn[0] }
	switch letter := strings.IndexByte(upnLetters, upn[12]); {
	case allDigits(upn[12:]) && fits(int(upn[12]-'0')), letter >= 0 && (fits(letter) || fits(letter+2)):
		return upn, ""
	case allDigits(upn[12:]), letter >= 0:
		return "", upnCheckLetter
	}
	return "", notUPN
}

// TemporaryUPN tells of a number that [UPN] has read whether it is a temporary one. A pupil may have
// had several of those, so that two that differ say nothing.
func TemporaryUPN(normal string) bool {
	return len(normal) == 13 && !allDigits(normal[12:])
}

func withoutSpacing(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, s)
}

func allDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
