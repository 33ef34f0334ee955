package match

import (
	"slices"
	"strings"

	"github.com/kithcare/kith/services/familyfacing/likeness"
)

// home compares where somebody lives, as finely as it is told.
func (w *weigher) home(sought, known evidence) []finding {
	l := homes(sought.place, known.place)
	if l == none {
		return nil
	}
	return []finding{w.found(l)}
}

func homes(a, b likeness.Place) level {
	postcode, street := a.Postcode != "" && a.Postcode == b.Postcode, sameStreet(a.Street, b.Street)
	if len(a.House) > 0 && len(b.House) > 0 && (a.Postcode != "" && b.Postcode != "" || a.Street != "" && b.Street != "") {
		return houses(a, b, postcode, street)
	}
	switch {
	case postcode:
		return postcodeSame
	case a.Street != "" && b.Street != "":
		switch {
		case street:
			return streetSame
		case nearStreet(a.Street, b.Street):
			return streetNear
		}
		return streetOther
	case a.Postcode != "" && b.Postcode != "":
		return postcodeOther
	}
	return none
}

// houses compares two homes of which the house is told. Of two streets only one has a house's number.
func houses(a, b likeness.Place, postcode, street bool) level {
	there := street || postcode && (a.Street == "" || b.Street == "" || nearStreet(a.Street, b.Street))
	switch {
	case there && slices.Equal(a.House, b.House):
		return homeSame
	case there && slices.ContainsFunc(a.House, func(n string) bool { return slices.Contains(b.House, n) }):
		return homeBuilding
	case postcode:
		return homePostcode
	case street:
		return homeStreet
	case nearStreet(a.Street, b.Street) && slices.Equal(a.House, b.House):
		return homeStreet
	}
	return homeOther
}

// sameStreet tells two names of a street of which one may leave out what stands before.
func sameStreet(a, b string) bool {
	if a == "" || b == "" || likeness.StreetCore(a) != likeness.StreetCore(b) {
		return false
	}
	return strings.HasSuffix(a, b) || strings.HasSuffix(b, a)
}

// nearStreet tells two names of a street that are spelt almost the same, or of which the kind is mistaken.
func nearStreet(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	nameA, kindA, _ := strings.Cut(likeness.StreetCore(a), " ")
	nameB, kindB, _ := strings.Cut(likeness.StreetCore(b), " ")
	if nameA == nameB {
		return true
	}
	return kindA == kindB && (likeness.Near(nameA, nameB) || likeness.SoundsLike(nameA, nameB))
}
