package identifiers

import (
	"regexp"
	"strings"
)

const (
	notPostcode   = "not the form of a postcode"
	halfAPostcode = "only the first half of a postcode"
)

// The two halves of a postcode, by the Royal Mail's rules on which letter may stand where (as in BS
// 7666), GIR 0AA among them. The letter that ends a first half is less narrow here, since old
// districts such as W1M break the rule.
var (
	outward = regexp.MustCompile(`^(GIR|[A-PR-UWYZ]([0-9][0-9]?|[0-9][A-HJ-NP-Z]|[A-HK-Y][0-9][0-9]?|[A-HK-Y][0-9][A-HJ-NP-Z]))$`)
	inward  = regexp.MustCompile(`^[0-9][ABD-HJLNP-UW-Z]{2}$`)
)

// Postcode reads a postcode by its form alone, in capitals or not, with or without a space. The
// answer has capitals and one space, "W10 5AA"; it is "" where there is a doubt. Whether there is
// such a postcode is not known here.
func Postcode(told string) (normal, doubt string) {
	postcode := strings.ToUpper(strings.Join(strings.Fields(told), ""))
	if postcode == "" {
		return "", ""
	}
	if half := len(postcode) - 3; half > 0 && outward.MatchString(postcode[:half]) && inward.MatchString(postcode[half:]) {
		return postcode[:half] + " " + postcode[half:], ""
	}
	if outward.MatchString(postcode) {
		return "", halfAPostcode
	}
	return "", notPostcode
}
