package match

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/familyfacing/likeness"
)

// namesFound is how the names of two agree, and the first names by themselves.
type namesFound struct {
	all   []finding
	given level
}

// compareNames compares every name that the one sought goes by with every one of somebody known, and takes what agrees
// best.
func (w *weigher) compareNames(known evidence) namesFound {
	text := known.spelt
	if text == "" {
		text = likeness.FormatNames(known.names)
	}
	if len(w.sought.perhapsStreet) > 0 {
		// Then it hangs on the street too.
		text += "|" + known.place.Street
	}
	best, found := w.names[text]
	if found {
		return best
	}
	best.given = none
	if known.names == nil {
		known.names = likeness.ParseNames(known.spelt)
	}
	for i, a := range w.sought.names {
		for j, b := range known.names {
			all, given := w.orders(a, b, w.sought.perhapsStreet, known.place)
			if i+j > 0 && len(all) > 0 {
				all = append(all, w.found(byAlias))
			}
			if len(all) > 0 && (best.all == nil || total(all) > total(best.all)) {
				best = namesFound{all, given}
			}
		}
	}
	w.names[text] = best
	return best
}

func total(all []finding) float64 {
	sum := 0.0
	for _, f := range all {
		sum += f.bits
	}
	return sum
}

// orders compares two names in each order in which the words told may be meant.
func (w *weigher) orders(a, b likeness.Name, perhapsStreet []string, at likeness.Place) ([]finding, level) {
	if len(perhapsStreet) > 0 && at.Street != "" {
		a = without(a, perhapsStreet, strings.Fields(at.Street))
	}
	best, given := w.name(a, b)
	compare := func(x, y likeness.Name, swapped bool) {
		all, g := w.name(x, y)
		if len(all) == 0 {
			return
		}
		if swapped {
			all = append(all, w.found(swappedNames))
		}
		if best == nil || total(all) > total(best) {
			best, given = all, g
		}
	}
	for _, o := range otherOrders(a) {
		compare(o.Name, b, o.swapped && b.Single() == "")
	}
	for _, o := range otherOrders(b) {
		compare(a, o.Name, o.swapped && a.Single() == "")
	}
	return best, given
}

// without leaves out of a name what is a part of the street.
func without(n likeness.Name, perhaps, street []string) likeness.Name {
	drop := func(word string) bool { return slices.Contains(perhaps, word) && slices.Contains(street, word) }
	return likeness.Name{Given: slices.DeleteFunc(slices.Clone(n.Given), drop), Surname: slices.DeleteFunc(slices.Clone(n.Surname), drop)}
}

// order is a way to read a name.
type order struct {
	likeness.Name
	// swapped says that the surname came first.
	swapped bool
}

// otherOrders are the other ways to read a name: one word may be either, the surname may come first, or have two words.
func otherOrders(n likeness.Name) []order {
	switch {
	case n.Single() != "":
		return []order{{Name: likeness.Name{Given: n.Surname, Surname: n.Given}}}
	case len(n.Given) == 0 || len(n.Surname) == 0:
		return nil
	}
	all := []order{{likeness.Name{Given: append(slices.Clone(n.Surname), n.Given[1:]...), Surname: n.Given[:1]}, true}}
	if last := len(n.Given) - 1; last > 0 {
		both := append([]string{n.Given[last] + n.Surname[0], n.Given[last]}, n.Surname...)
		all = append(all, order{Name: likeness.Name{Given: n.Given[:last], Surname: both}})
	}
	return all
}

// name compares two names as they are read.
func (w *weigher) name(a, b likeness.Name) ([]finding, level) {
	var all []finding
	given := w.firstNames(a.Given, b.Given)
	if given != none {
		all = append(all, w.found(given))
		if given == givenSame && middlesDiffer(a.Given, b.Given, w) {
			all = append(all, w.found(middleOther))
		}
	}
	if s := w.surnames(a.Surname, b.Surname); s != none {
		all = append(all, w.found(s))
	}
	return all, given
}

// firstNames compares given names: the first of each, else any of one with any of the other.
func (w *weigher) firstNames(a, b []string) level {
	if len(a) == 0 || len(b) == 0 {
		return none
	}
	if l := w.firstName(a[0], b[0]); l != givenOther {
		return l
	}
	for _, x := range a {
		for _, y := range b {
			if l := w.firstName(x, y); l == givenSame || l == givenShort {
				return givenMiddle
			}
		}
	}
	return givenOther
}

func (w *weigher) firstName(a, b string) level {
	if a == b {
		return givenSame
	}
	l, known := w.given[[2]string{a, b}]
	if !known {
		l = givenLevel(a, b)
		w.given[[2]string{a, b}] = l
	}
	return l
}

func givenLevel(a, b string) level {
	if utf8.RuneCountInString(a) == 1 || utf8.RuneCountInString(b) == 1 {
		if strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
			return givenInitial
		}
		return givenOther
	}
	switch {
	case likeness.Near(a, b):
		return givenNear
	case likeness.SoundsLike(a, b):
		return givenSounds
	}
	if alike, _ := identifiers.FirstNamesAlike(a, b); alike {
		return givenShort
	}
	return givenOther
}

// middlesDiffer says whether both have other given names beside the same first one, and none of them is alike: as twins of
// whom both are called Mohammed.
func middlesDiffer(a, b []string, w *weigher) bool {
	if len(a) < 2 || len(b) < 2 {
		return false
	}
	for _, x := range a[1:] {
		for _, y := range b[1:] {
			if w.firstName(x, y) != givenOther {
				return false
			}
		}
	}
	return true
}

func (w *weigher) surnames(a, b []string) level {
	if len(a) == 0 || len(b) == 0 {
		return none
	}
	if a[0] == b[0] {
		return surnameSame
	}
	l, known := w.surname[[2]string{a[0], b[0]}]
	if !known {
		l = surnameLevel(a, b)
		w.surname[[2]string{a[0], b[0]}] = l
	}
	return l
}

func surnameLevel(a, b []string) level {
	switch {
	case likeness.Near(a[0], b[0]):
		return surnameNear
	case likeness.SoundsLike(a[0], b[0]):
		return surnameSounds
	}
	for _, x := range a {
		for _, y := range b {
			if x == y || len(a)+len(b) > 2 && likeness.Near(x, y) {
				return surnamePart
			}
		}
	}
	return surnameOther
}
