package likeness

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// Version is that of the keys below. Whoever changes what they are made of counts it up: the service then makes those of
// everybody who was written down before anew.
const Version = 1

// Person is what is known of somebody, as told and as read.
type Person struct {
	FullName, AlsoKnownAs string
	// BirthDate is ISO, or empty.
	BirthDate         string
	NHSNumber, UPN    string
	Phone             string
	Address, Postcode string
}

// Traces are what a person is found by.
type Traces struct {
	Names  []Name
	Place  Place
	Phones []string
	// Keys are hashes: two things that share one by chance cost a look at somebody else, no more.
	Keys []int32
	// Words are those of names and street, by which misspelt ones are recognised.
	Words []string
}

// Of gives the traces of a person.
func Of(p Person) Traces {
	t := Traces{Names: ReadNames(p.FullName, p.AlsoKnownAs), Place: ReadPlace(p.Address, p.Postcode), Phones: Phones(p.Phone)}
	given, surnames, words := t.words()
	core := StreetCore(t.Place.Street)
	keys := []int32{}
	for _, w := range words {
		keys = append(keys, Word(w))
		for _, at := range []string{core, t.Place.Postcode} {
			if at != "" {
				keys = append(keys, WordAt(w, at))
			}
		}
		if year, _, known := strings.Cut(p.BirthDate, "-"); known {
			keys = append(keys, WordInYear(w, year))
		}
	}
	for _, g := range given {
		for _, s := range surnames {
			keys = append(keys, Pair(g, s))
		}
	}
	keys = append(keys, t.placeKeys(core, p.BirthDate)...)
	if p.BirthDate != "" {
		keys = append(keys, Born(p.BirthDate))
	}
	if p.NHSNumber != "" {
		keys = append(keys, Number(p.NHSNumber))
	}
	if p.UPN != "" {
		keys = append(keys, Number(p.UPN))
	}
	for _, n := range t.Phones {
		keys = append(keys, Phone(n))
	}
	slices.Sort(keys)
	t.Keys = slices.Compact(keys)
	t.Words = words
	if name, _, _ := strings.Cut(core, " "); name != "" && !slices.Contains(t.Words, name) {
		t.Words = append(t.Words, name)
	}
	slices.Sort(t.Words)
	return t
}

func (t Traces) placeKeys(core, birthDate string) []int32 {
	var keys []int32
	if t.Place.Postcode != "" {
		keys = append(keys, Postcode(t.Place.Postcode))
		for _, number := range t.Place.House {
			keys = append(keys, House(t.Place.Postcode, number))
		}
	}
	if core == "" {
		return keys
	}
	keys = append(keys, Street(core))
	for _, number := range t.Place.House {
		keys = append(keys, House(core, number))
	}
	if year, _, known := strings.Cut(birthDate, "-"); known {
		keys = append(keys, StreetInYear(core, year))
	}
	return keys
}

// words are all given names, all surnames, and both, each once.
func (t Traces) words() (given, surnames, both []string) {
	for _, n := range t.Names {
		given, surnames = append(given, n.Given...), append(surnames, n.Surname...)
	}
	slices.Sort(given)
	slices.Sort(surnames)
	given, surnames = slices.Compact(given), slices.Compact(surnames)
	both = append(slices.Clone(given), surnames...)
	slices.Sort(both)
	return given, surnames, slices.Compact(both)
}

// Word finds a name alone.
func Word(w string) int32 { return hash("w", w) }

// Pair finds two names together, whichever is the surname.
func Pair(a, b string) int32 { return hash("e", min(a, b), max(a, b)) }

// WordInYear finds a name with a year of birth.
func WordInYear(w, year string) int32 { return hash("y", w, year) }

// WordAt finds a name in a street, by its core, or in a postcode.
func WordAt(w, place string) int32 { return hash("p", w, place) }

// Born finds a birth date.
func Born(date string) int32 { return hash("b", date) }

// Postcode finds a postcode.
func Postcode(code string) int32 { return hash("c", code) }

// Street finds a street, by its core.
func Street(core string) int32 { return hash("t", core) }

// House finds a house number in a street, by its core, or in a postcode.
func House(place, number string) int32 { return hash("h", place, number) }

// StreetInYear finds those born in a year who live in a street.
func StreetInYear(core, year string) int32 { return hash("k", core, year) }

// Number finds an NHS number or a UPN.
func Number(n string) int32 { return hash("n", n) }

// Phone finds a phone number.
func Phone(n string) int32 { return hash("f", phoneEnd(n)) }

// Slip finds a word by what is left of it with a letter missing.
func Slip(left string) int32 { return hash("s", left) }

func hash(kind string, parts ...string) int32 {
	h := fnv.New32a()
	// A hash takes everything.
	_, _ = h.Write([]byte(kind + strconv.Itoa(len(parts)) + "\x00" + strings.Join(parts, "\x00")))
	return int32(h.Sum32()) //nolint:gosec // half of the hashes are negative, and as good
}
