package likeness

import (
	"slices"
	"strings"
	"unicode"

	"github.com/kithcare/kith/pkg/identifiers"
)

const (
	// longest is how many letters of one name are kept: one of a thousand letters stands in no index.
	longest = 40
	// mostNames is how many given names, or surnames, of one person are found by.
	mostNames = 4
	// shortestPart is how many letters a part of a surname has that is looked for by itself: the "de" of "de Souza" is not.
	shortestPart = 3
)

// Name is one name of a person as keys (identifiers.NameKey).
type Name struct {
	// Given are the given names in order; a double one is followed by its parts.
	Given []string
	// Surname is the whole surname as one key, followed by its parts where it has several.
	Surname []string
}

// ReadName reads one name as told.
func ReadName(told string) Name {
	given, family := identifiers.Name(told)
	var n Name
	for _, g := range given {
		n.Given = append(n.Given, forms(g, 2)...)
	}
	n.Surname = forms(family, shortestPart)
	n.Given, n.Surname = n.Given[:min(len(n.Given), mostNames)], n.Surname[:min(len(n.Surname), mostNames)]
	return n
}

// ReadNames reads a name and the others that somebody goes by. Of these, several may stand behind each other, divided by
// semicolons, strokes, "or" or "aka".
func ReadNames(told, alsoKnownAs string) []Name {
	main := ReadName(told)
	names := []Name{main}
	add := func(n Name) {
		if !n.empty() && len(names) < mostNames && !slices.ContainsFunc(names, n.equal) {
			names = append(names, n)
		}
	}
	for _, one := range others(alsoKnownAs) {
		n := ReadName(one)
		if n.Single() == "" || main.empty() || main.Single() != "" {
			add(n)
			continue
		}
		// One word stands for the first name or, as after a marriage, for the surname.
		one := append(slices.Clone(n.Given), n.Surname...)
		add(Name{Given: one, Surname: main.Surname})
		add(Name{Given: main.Given, Surname: one})
	}
	return names
}

func others(alsoKnownAs string) []string {
	var found []string
	var one []string
	flush := func() {
		if len(one) > 0 {
			found = append(found, strings.Join(one, " "))
		}
		one = nil
	}
	for _, word := range strings.Fields(strings.NewReplacer(";", " ; ", "/", " ; ", "|", " ; ", "\"", " ; ", "(", " ; ", ")", " ; ").Replace(alsoKnownAs)) {
		switch strings.ToLower(strings.Trim(word, ".:")) {
		case ";", "or", "aka", "née", "nee", "formerly", "also", "previously", "and":
			flush()
		case "known", "as", "called", "":
		default:
			one = append(one, word)
		}
	}
	flush()
	return found
}

// Single is a name of which only one word is told, so that it may be either; "" where there are more or none.
func (n Name) Single() string {
	if len(n.Given)+len(n.Surname) == 1 {
		return strings.Join(append(slices.Clone(n.Given), n.Surname...), "")
	}
	return ""
}

func (n Name) empty() bool { return len(n.Given)+len(n.Surname) == 0 }

func (n Name) equal(o Name) bool {
	return slices.Equal(n.Given, o.Given) && slices.Equal(n.Surname, o.Surname)
}

// String is a name for a column; [ParseNames] reads it back.
func (n Name) String() string { return strings.Join(n.Given, " ") + "/" + strings.Join(n.Surname, " ") }

// FormatNames is names for a column.
func FormatNames(names []Name) string {
	var all []string
	for _, n := range names {
		all = append(all, n.String())
	}
	return strings.Join(all, "|")
}

// ParseNames reads what FormatNames wrote.
func ParseNames(text string) []Name {
	var names []Name
	for one := range strings.SplitSeq(text, "|") {
		given, surname, _ := strings.Cut(one, "/")
		names = append(names, Name{Given: strings.Fields(given), Surname: strings.Fields(surname)})
	}
	return names
}

// forms are a name's key and, where it consists of parts of at least so many letters, theirs.
func forms(told string, least int) []string {
	whole := key(told)
	if whole == "" {
		return nil
	}
	found := []string{whole}
	parts := strings.FieldsFunc(told, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) })
	if len(parts) < 2 {
		return found
	}
	for _, part := range parts {
		if k := key(part); len([]rune(k)) >= least && !slices.Contains(found, k) {
			found = append(found, k)
		}
	}
	return found
}

func key(told string) string {
	k := []rune(identifiers.NameKey(told))
	return string(k[:min(len(k), longest)])
}
