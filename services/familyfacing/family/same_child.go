package family

import (
	"strings"
	"unicode"

	"github.com/kithcare/kith/pkg/identifiers"
)

// Why somebody may be the same child, strongest first.
const (
	sameNHSNumber     = "the same NHS number"
	sameSurnameBirth  = "the same surname and birth date"
	sameAddressFirst  = "the same address and a similar first name"
	shortestNamedHome = 2 // words that name a house without a number, such as "Rose Cottage"
)

// evidence is what a child is known by.
type evidence struct {
	nhsNumber string
	// given is the first of the given names.
	given      string
	surnameKey string
	// birthDate is ISO, or empty.
	birthDate  string
	addressKey string
}

// sameChild weighs whether two descriptions may be of one child, and says why. It is a suggestion for a person and never
// a proof: siblings share an address, twins a surname and a birth date besides. So first names that differ clearly, or
// two different NHS numbers, speak against every reason but an equal NHS number.
func sameChild(a, b evidence) []string {
	var reasons []string
	if a.nhsNumber != "" && a.nhsNumber == b.nhsNumber {
		reasons = append(reasons, sameNHSNumber)
	}
	if a.nhsNumber != "" && b.nhsNumber != "" && a.nhsNumber != b.nhsNumber {
		return reasons
	}
	alike, _ := identifiers.FirstNamesAlike(a.given, b.given)
	nameUnknown := identifiers.NameKey(a.given) == "" || identifiers.NameKey(b.given) == ""
	if a.surnameKey != "" && a.surnameKey == b.surnameKey && a.birthDate != "" && a.birthDate == b.birthDate && (alike || nameUnknown) {
		reasons = append(reasons, sameSurnameBirth)
	}
	if a.addressKey != "" && a.addressKey == b.addressKey && alike {
		reasons = append(reasons, sameAddressFirst)
	}
	return reasons
}

// addressKey is what two spellings of one address have in common; empty where too little is told. A postcode with the
// numbers of flat and house names a home in the United Kingdom, whatever street and town are called; where the house has
// a name instead of a number, its first words do; without a postcode all words count.
func addressKey(address, postcode string) string {
	words := addressWords(address)
	code, _ := identifiers.Postcode(postcode)
	if found, rest := endsInPostcode(words); found != "" {
		words = rest
		if code == "" {
			code = found
		}
	}
	if code == "" {
		if len(words) < shortestNamedHome {
			return ""
		}
		return strings.Join(words, " ")
	}
	var numbers []string
	for _, w := range words {
		if strings.ContainsFunc(w, unicode.IsDigit) {
			numbers = append(numbers, w)
		}
	}
	if len(numbers) == 0 {
		if len(words) < shortestNamedHome {
			return ""
		}
		numbers = words[:shortestNamedHome]
	}
	return code + " " + strings.Join(numbers, " ")
}

// addressWords are the words and numbers of an address, with the usual short forms written out.
func addressWords(address string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(address, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '\'' && r != '’'
	}) {
		switch key := identifiers.NameKey(w); key {
		case "":
		case "rd":
			words = append(words, "road")
		case "st":
			words = append(words, "street")
		case "ave", "av":
			words = append(words, "avenue")
		default:
			words = append(words, key)
		}
	}
	return words
}

// endsInPostcode takes a postcode off the end of an address.
func endsInPostcode(words []string) (postcode string, rest []string) {
	for n := 1; n <= 2 && n <= len(words); n++ {
		if code, _ := identifiers.Postcode(strings.Join(words[len(words)-n:], " ")); code != "" {
			return code, words[:len(words)-n]
		}
	}
	return "", words
}
