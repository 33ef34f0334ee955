package match

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/calendar"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/familyfacing/likeness"
)

// sought is somebody described, as it is read.
type sought struct {
	evidence
	// readings are other ways to read the words; what agrees best counts.
	readings []evidence
	// says is how the words of the box were read.
	says string
}

// all are every way to read what was told.
func (s sought) all() []evidence { return append([]evidence{s.evidence}, s.readings...) }

// usable says whether there is anything to look for: an age, a sex or a part of a postcode fits too many.
func (s sought) usable() bool {
	for _, e := range s.all() {
		if len(e.names) > 0 || !e.born.IsZero() || e.number+e.mistyped+e.upn != "" || len(e.phones) > 0 || e.place.Postcode+e.place.Street != "" {
			return true
		}
	}
	return false
}

// read reads somebody described. Where words are told and nothing in them can be looked for, it says what would be right.
func read(told *familyfacingv1.Sought, place int, now time.Time) (sought, error) {
	b := readBox(told.GetAnything(), now)
	s := sought{evidence: b.evidence(told, now), says: b.says()}
	if b.nameFirst && told.GetName() == "" {
		// "Lois Lane" is a name first of all, and may be a street.
		other := s.evidence
		other.place, other.perhapsStreet = likeness.Place{Postcode: other.place.Postcode}, nil
		other.names = likeness.ReadNames(b.name, strings.Join(b.aliases, ";"))
		s.evidence, s.readings = other, []evidence{s.evidence}
	}
	// A child on a contact of whom only what can't be read is told finds nobody, and stands in no other's way.
	nothing := strings.TrimSpace(told.GetAnything()) != "" || proto.Size(told) == 0
	if nothing && !s.usable() {
		return s, fault.Invalid(fmt.Sprintf("sought[%d].anything", place),
			"say a name, a birth date, a street, a postcode, a phone number or an NHS number; an age alone fits too many")
	}
	return s, nil
}

// evidence adds what is read in the box to the other fields where those are empty.
func (b *box) evidence(told *familyfacingv1.Sought, now time.Time) evidence {
	e := evidence{names: named(told.GetName(), told.GetAlsoKnownAs()), phones: likeness.Phones(told.GetPhone())}
	e.place = likeness.ReadPlace(told.GetAddress(), told.GetPostcode())
	e.sex, _ = identifiers.SexCode(told.GetSex())
	e.number, _ = identifiers.NHSNumber(told.GetNhsNumber())
	e.upn, _ = identifiers.UPN(told.GetUpn())
	if e.number == "" {
		e.mistyped = tenDigits(told.GetNhsNumber())
	}
	e.born, e.age = birth(told.GetBirthDate(), told.GetAge(), now)
	if len(e.names) == 0 {
		e.names, e.perhapsStreet = named(b.name, strings.Join(b.aliases, ";")), b.perhapsStreet
	}
	if e.place.String() == "" {
		e.place = b.place
	}
	if e.sex == "" {
		e.sex = b.sex
	}
	if e.number+e.mistyped == "" {
		e.number, e.mistyped = b.number, b.mistyped
	}
	if e.upn == "" {
		e.upn = b.upn
	}
	if len(e.phones) == 0 {
		e.phones = b.phones
	}
	if e.born.IsZero() && e.age == nil {
		e.born, e.age = b.born, b.age
	}
	return e
}

// named reads names; none where there is no letter in them.
func named(name, alsoKnownAs string) []likeness.Name {
	var names []likeness.Name
	for _, n := range likeness.ReadNames(name, alsoKnownAs) {
		if len(n.Given)+len(n.Surname) > 0 {
			names = append(names, n)
		}
	}
	return names
}

// birth reads a birth date, or else what says roughly when.
func birth(date, age string, now time.Time) (time.Time, *ageRange) {
	if iso, _ := identifiers.BirthDate(date, now); iso != "" {
		if born, err := time.Parse(time.DateOnly, iso); err == nil {
			return born, nil
		}
	}
	if least, greatest, ok := identifiers.Age(age); ok {
		return time.Time{}, aged(least, greatest, now)
	}
	return time.Time{}, nil
}

// aged is when somebody of that age was born. The ends of a wider range, such as that of "about 8", are a guess.
func aged(least, greatest int, now time.Time) *ageRange {
	if greatest-least >= 2 {
		least, greatest = least+1, greatest-1
	}
	now = now.In(calendar.London())
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	return &ageRange{from: today.AddDate(-greatest-1, 0, 1), to: today.AddDate(-least, 0, 0), years: greatest - least + 1}
}

// tenDigits are those of a number that is told with ten digits, as an NHS number is; empty where it is not.
func tenDigits(told string) string {
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, told)
	if len(digits) != 10 {
		return ""
	}
	return digits
}
