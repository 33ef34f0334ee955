package likeness

import (
	"slices"
	"strings"
	"unicode"

	"github.com/kithcare/kith/pkg/identifiers"
)

// longestStreet is how many words the name of a street has: where more stand before it, they are no part of it.
const longestStreet = 5

// Place is where somebody lives, as far as it finds them.
type Place struct {
	// Postcode has capitals and one space.
	Postcode string
	// Street is the name of the street in small letters, its kind written out: "great western road".
	Street string
	// House are the numbers of house and flat, sorted, or the name of a house without a number.
	House []string
}

// ReadPlace reads an address as told, in one line or several. What stands beside street and house, such as the town, is
// left out: it is the same for everybody here.
func ReadPlace(address, postcode string) Place {
	var p Place
	p.Postcode, _ = identifiers.Postcode(postcode)
	var named string
	for _, line := range strings.FieldsFunc(address, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '\r' }) {
		words := addressWords(line)
		if code, rest := withoutPostcode(words); code != "" {
			words = rest
			if p.Postcode == "" {
				p.Postcode = code
			}
		}
		p.line(words, &named)
	}
	if len(p.House) == 0 && named != "" {
		p.House = []string{named}
	}
	slices.Sort(p.House)
	p.House = slices.Compact(p.House)
	p.House = p.House[:min(len(p.House), mostNames)]
	return p
}

// line reads one part of an address.
func (p *Place) line(words []string, named *string) {
	numbers := false
	var rest []string
	for i, w := range words {
		switch {
		case strings.ContainsFunc(w, unicode.IsDigit), i > 0 && len(w) == 1 && inHouse(words[i-1]):
			p.House, numbers = append(p.House, w), true
		case inHouse(w) && i+1 < len(words):
		default:
			rest = append(rest, w)
		}
	}
	switch {
	case len(rest) == 0:
	case p.Street == "" && streetEnd(rest) > 0:
		p.Street = street(rest[:streetEnd(rest)+1])
	case p.Street == "" && numbers && len(rest) > 1:
		p.Street = strings.Join(rest[:min(len(rest), longestStreet)], " ")
	case p.Street == "" && *named == "":
		*named = strings.Join(rest, " ")
	}
}

// streetEnd is the place of the last word that ends the name of a street; 0 where none does.
func streetEnd(words []string) int {
	for i := len(words) - 1; i > 0; i-- {
		if StreetKind(words[i]) != "" {
			return i
		}
	}
	return 0
}

func street(words []string) string {
	words = slices.Clone(words[max(0, len(words)-longestStreet):])
	last := len(words) - 1
	words[last] = StreetKind(words[last])
	return strings.Join(words, " ")
}

// inHouse tells a word that stands before the number or letter of a flat or house.
func inHouse(word string) bool {
	switch word {
	case "flat", "apartment", "apt", "unit", "room", "no", "number", "block", "floor":
		return true
	}
	return false
}

// addressWords are the words and numbers of an address.
func addressWords(line string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(line, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '\'' && r != '’'
	}) {
		if k := key(w); k != "" {
			words = append(words, k)
		}
	}
	return words
}

// withoutPostcode takes a postcode off the end of an address.
func withoutPostcode(words []string) (postcode string, rest []string) {
	for n := 1; n <= 2 && n <= len(words); n++ {
		if code, _ := identifiers.Postcode(strings.Join(words[len(words)-n:], " ")); code != "" {
			return code, words[:len(words)-n]
		}
	}
	return "", words
}

// StreetKind writes out the last word of a street's name; "" where the word is none.
func StreetKind(word string) string {
	switch word {
	case "road", "rd":
		return "road"
	case "street", "st", "str":
		return "street"
	case "avenue", "ave", "av":
		return "avenue"
	case "crescent", "cres", "cresc":
		return "crescent"
	case "gardens", "gdns", "garden":
		return "gardens"
	case "square", "sq":
		return "square"
	case "terrace", "ter", "terr":
		return "terrace"
	case "place", "pl":
		return "place"
	case "court", "ct":
		return "court"
	case "grove", "gro":
		return "grove"
	case "close", "cl":
		return "close"
	case "lane", "ln":
		return "lane"
	case "drive", "dr":
		return "drive"
	case "mansions", "mans":
		return "mansions"
	case "buildings", "bldgs":
		return "buildings"
	case "mews", "walk", "way", "hill", "gate", "rise", "row", "park", "green", "yard", "house", "tower", "point", "estate", "parade",
		"view", "end", "common", "wharf", "circus", "path", "passage", "quay", "vale", "villas":
		return word
	}
	return ""
}

// StreetCore is what finds a street: the last word of its name with its kind, since people leave out what stands before.
func StreetCore(street string) string {
	last := strings.LastIndexByte(street, ' ')
	if last < 0 {
		return street
	}
	return street[strings.LastIndexByte(street[:last], ' ')+1:]
}

// String is a place for a column; [ParsePlace] reads it back.
func (p Place) String() string {
	if p.Postcode == "" && p.Street == "" && len(p.House) == 0 {
		return ""
	}
	return p.Postcode + "/" + p.Street + "/" + strings.Join(p.House, "|")
}

// ParsePlace reads what String wrote.
func ParsePlace(text string) Place {
	postcode, rest, _ := strings.Cut(text, "/")
	street, house, _ := strings.Cut(rest, "/")
	p := Place{Postcode: postcode, Street: street}
	if house != "" {
		p.House = strings.Split(house, "|")
	}
	return p
}
