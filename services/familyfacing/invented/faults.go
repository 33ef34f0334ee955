package invented

import (
	"strings"

	"github.com/google/uuid"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/familyfacing/family"
)

// Lookup is somebody described with a fault, and who is meant.
type Lookup struct {
	// Kind is the sort of fault.
	Kind   string
	Sought *familyfacingv1.Sought
	// Family and Person are who is meant; somebody who is only like them where Stranger is true.
	Family   uuid.UUID
	Person   family.PastPerson
	Stranger bool
	// Twin is a child of the same family, born on the same day, who is not meant; nil where there is none.
	Twin *family.PastPerson
	// Enough says that what is told should do to recognise the person.
	Enough bool
}

// fault makes a look-up for somebody; nil where the person lacks what it needs.
type fault struct {
	kind   string
	enough bool
	fits   func(family.PastPerson) bool
	make   func(*Maker, family.PastPerson) *familyfacingv1.Sought
}

// Kinds are the names of all faults.
func Kinds() []string {
	var all []string
	for _, f := range faults() {
		all = append(all, f.kind)
	}
	return append(all, strangers()...)
}

func strangers() []string {
	return []string{"a twin nobody knows yet", "a sibling nobody knows yet", "a namesake"}
}

func faults() []fault {
	return append(inTheBox(), inFields()...)
}

// inTheBox are look-ups as somebody types them.
func inTheBox() []fault {
	box := func(told ...string) *familyfacingv1.Sought {
		return &familyfacingv1.Sought{Anything: strings.Join(strings.Fields(strings.Join(told, " ")), " ")}
	}
	return []fault{
		{"box: misspelt surname, about an age", false, isChild, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return box(first(p), m.slip(last(p)), m.about(p))
		}},
		{"box: misspelt surname and birth date", true, hasBirthDate, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return box(first(p), m.slip(last(p)), p.BirthDate.Format("2/1/2006"))
		}},
		{"box: surname, about an age, street", false, isChild, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return box(last(p), m.about(p), street(p))
		}},
		{"box: first name and street", false, anybody, func(_ *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return box(first(p), street(p))
		}},
		{"box: first name, surname, misspelt street", false, oneWordStreet, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			name, kind, _ := cutLast(street(p))
			return box(first(p), last(p)+",", "12", m.slip(name), kind)
		}},
		{"box: name in the other order", false, anybody, func(_ *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return box(last(p), first(p))
		}},
		{"box: name as it sounds", false, anybody, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return box(first(p), m.misheard(last(p)))
		}},
		{"box: phone number", false, hasPhone, func(_ *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return box(strings.ReplaceAll(p.Phone, " ", ""))
		}},
		{"box: NHS number", true, hasNumber, func(_ *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return box(p.NHSNumber[:min(3, len(p.NHSNumber))], rest(p.NHSNumber, 3))
		}},
		{"box: NHS number with a wrong digit, name", true, hasNumber, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return box(p.FullName, m.digitSlip(p.NHSNumber))
		}},
		{"box: alias", false, hasAlias, func(_ *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return box(p.AlsoKnownAs)
		}},
	}
}

// inFields are look-ups as a contact tells of somebody.
func inFields() []fault {
	return []fault{
		{"contact: everything right", true, isChild, func(_ *Maker, p family.PastPerson) *familyfacingv1.Sought {
			return told(p)
		}},
		{"contact: slips in both names", true, isChild, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			s := told(p)
			s.Name, s.NhsNumber = m.slip(first(p))+" "+m.slip(last(p)), ""
			return s
		}},
		{"contact: day and month swapped", true, swappable, func(_ *Maker, p family.PastPerson) *familyfacingv1.Sought {
			s := told(p)
			s.BirthDate, s.NhsNumber = p.BirthDate.Format("01/02/2006"), ""
			return s
		}},
		{"contact: one digit of the birth date, moved house", false, isChild, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			s := told(p)
			s.BirthDate, s.NhsNumber = m.dateSlip(p), ""
			other := m.home()
			s.Address, s.Postcode = other.address(), other.postcode
			return s
		}},
		{"contact: short first name, no address", true, shortenable, func(_ *Maker, p family.PastPerson) *familyfacingv1.Sought {
			s := told(p)
			s.Name, s.Address, s.Postcode, s.NhsNumber = shortened(first(p))+" "+last(p), "", "", ""
			return s
		}},
		{"contact: surname in another order and in capitals", true, isChild, func(_ *Maker, p family.PastPerson) *familyfacingv1.Sought {
			s := told(p)
			s.Name, s.NhsNumber = strings.ToUpper(last(p))+", "+first(p), ""
			return s
		}},
		{"contact: another surname, as after a marriage", true, isChild, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			s := told(p)
			s.Name, s.NhsNumber = first(p)+" "+m.surname(m.namings[0]), ""
			return s
		}},
		{"contact: about an age and address", true, isChild, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			s := told(p)
			s.BirthDate, s.Age, s.NhsNumber = "", m.about(p), ""
			return s
		}},
		{"contact: no surname", false, isChild, func(m *Maker, p family.PastPerson) *familyfacingv1.Sought {
			s := told(p)
			s.Name, s.BirthDate, s.Age, s.NhsNumber = first(p), "", m.about(p), ""
			return s
		}},
	}
}

func hasBirthDate(p family.PastPerson) bool { return !p.BirthDate.IsZero() }

func hasPhone(p family.PastPerson) bool { return p.Phone != "" }

func hasNumber(p family.PastPerson) bool { return p.NHSNumber != "" }

func hasAlias(p family.PastPerson) bool { return p.AlsoKnownAs != "" }

func swappable(p family.PastPerson) bool { return p.Child && p.BirthDate.Day() <= 12 }

func shortenable(p family.PastPerson) bool { return p.Child && shortened(first(p)) != "" }

func oneWordStreet(p family.PastPerson) bool { return strings.Count(street(p), " ") == 1 }

func isChild(p family.PastPerson) bool { return p.Child }

func anybody(family.PastPerson) bool { return true }

// told is a child as a contact tells of it.
func told(p family.PastPerson) *familyfacingv1.Sought {
	return &familyfacingv1.Sought{
		Name: p.FullName, BirthDate: p.BirthDate.Format("02/01/2006"), Sex: p.Sex, NhsNumber: p.NHSNumber, Address: p.Address, Postcode: p.Postcode,
	}
}

// Lookup makes a look-up of a kind for somebody of the family; false where nobody in it fits.
func (m *Maker) Lookup(kind int, of family.PastFamily) (Lookup, bool) {
	all := faults()
	if kind >= len(all) {
		return m.stranger(strangers()[kind-len(all)], of)
	}
	start := m.rand.IntN(len(of.People))
	for i := range of.People {
		p := of.People[(start+i)%len(of.People)]
		if all[kind].fits(p) {
			return Lookup{Family: of.ID, Kind: all[kind].kind, Sought: all[kind].make(m, p), Person: p, Twin: twin(of, p), Enough: all[kind].enough}, true
		}
	}
	return Lookup{}, false
}

// stranger describes somebody who is like one of the family and is not there.
func (m *Maker) stranger(kind string, of family.PastFamily) (Lookup, bool) {
	for _, p := range of.People {
		if !p.Child {
			continue
		}
		s := told(p)
		s.NhsNumber = ""
		switch kind {
		case "a twin nobody knows yet":
			s.Name = m.unlike(of) + " " + last(p)
		case "a sibling nobody knows yet":
			s.Name, s.BirthDate = m.unlike(of)+" "+last(p), p.BirthDate.AddDate(-2, 1, 3).Format("02/01/2006")
		default:
			other := m.home()
			s.BirthDate, s.Address, s.Postcode = p.BirthDate.AddDate(3, 5, 11).Format("02/01/2006"), other.address(), other.postcode
		}
		return Lookup{Family: of.ID, Kind: kind, Sought: s, Person: p, Stranger: true}, true
	}
	return Lookup{}, false
}

// unlike is a first name that nobody in the family has, nor one like it.
func (m *Maker) unlike(of family.PastFamily) string {
	for {
		_, name := m.given(m.namings[m.skewed(len(m.namings))])
		like := false
		for _, p := range of.People {
			for given := range strings.FieldsSeq(p.FullName) {
				alike, _ := identifiers.FirstNamesAlike(name, given)
				like = like || alike
			}
		}
		if !like {
			return name
		}
	}
}

func twin(of family.PastFamily, p family.PastPerson) *family.PastPerson {
	for i, other := range of.People {
		if p.Child && other.Child && other.BirthDate.Equal(p.BirthDate) && other.FullName != p.FullName {
			return &of.People[i]
		}
	}
	return nil
}

func first(p family.PastPerson) string { name, _, _ := strings.Cut(p.FullName, " "); return name }

func last(p family.PastPerson) string {
	_, name, _ := cutLast(p.FullName)
	return name
}

func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndex(s, " ")
	return s[:max(i, 0)], s[i+1:], i >= 0
}

func rest(s string, from int) string { return s[min(from, len(s)):] }

// street is that of an address, without the number.
func street(p family.PastPerson) string {
	line, _, _ := strings.Cut(strings.TrimSuffix(p.Address, ", London"), ", ")
	if _, after, found := strings.Cut(strings.TrimSuffix(p.Address, ", London"), ", "); found {
		line = after
	}
	_, name, _ := strings.Cut(line, " ")
	return name
}
