package description

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	outwardPattern = regexp.MustCompile(`^[A-Z]{1,2}[0-9][A-Z0-9]?$`)
	inwardPattern  = regexp.MustCompile(`^[0-9][A-Z]{2}$`)
)

// Postcode is a full postcode in its two halves, upper case: Outward `W10`, Inward `5BN`. The form is checked, not whether
// Royal Mail has issued it.
type Postcode struct{ Outward, Inward string }

// ParsePostcode reads a postcode however it is spaced and cased; ok is false when it has not the form of one.
func ParsePostcode(s string) (p Postcode, ok bool) {
	s = squeezed(s)
	if len(s) < 5 || len(s) > 7 {
		return Postcode{}, false
	}
	p = Postcode{Outward: s[:len(s)-3], Inward: s[len(s)-3:]}
	return p, outwardPattern.MatchString(p.Outward) && inwardPattern.MatchString(p.Inward)
}

// String is the postcode as it is written: `W10 5BN`.
func (p Postcode) String() string { return p.Outward + " " + p.Inward }

// Sector is the postcode without its last two letters: `W10 5`.
func (p Postcode) Sector() string { return p.Outward + " " + p.Inward[:1] }

// District is the outward code: `W10`.
func (p Postcode) District() string { return p.Outward }

func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
}

// ReadPostcode reads a whole postcode; want says how it must look where it is none.
func ReadPostcode(s string) (value, want string) {
	p, ok := ParsePostcode(s)
	if !ok {
		return "", "a full postcode, as W10 5BN"
	}
	return p.String(), ""
}

// ReadDistrict takes no space: `W1 0` is a sector in the wrong list, not the district W10.
func ReadDistrict(s string) (value, want string) {
	if s = strings.ToUpper(s); !outwardPattern.MatchString(s) {
		return "", "a postcode district, as W10"
	}
	return s, ""
}

// ReadSector needs the space: without it `W105` may be a sector of W10, and `W10` a sector of W1.
func ReadSector(s string) (value, want string) {
	halves := strings.Fields(strings.ToUpper(s))
	if len(halves) != 2 || !outwardPattern.MatchString(halves[0]) || len(halves[1]) != 1 || halves[1] < "0" || halves[1] > "9" {
		return "", "a postcode sector, written with its space, as W10 5"
	}
	return halves[0] + " " + halves[1], ""
}
