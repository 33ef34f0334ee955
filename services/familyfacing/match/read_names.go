package match

import (
	"slices"
	"strings"
	"unicode"

	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/familyfacing/likeness"
)

// takeAliases takes out what stands behind "aka", "known as" or in brackets, up to the next comma.
func (b *box) takeAliases() {
	for p, words := range b.parts {
		for i, word := range words {
			w := strings.ToLower(strings.Trim(word, ".:()"))
			if strings.HasPrefix(word, "(") && len(w) > 1 && w != "aka" {
				b.alias(p, i, 1, i+1+slices.IndexFunc(words[i:], func(s string) bool { return strings.HasSuffix(s, ")") }))
				return
			}
			if w == "aka" || w == "née" || w == "nee" || w == "formerly" {
				b.alias(p, i, 1, len(words))
				return
			}
			if w == "known" && i+2 < len(words) && strings.EqualFold(words[i+1], "as") {
				b.alias(p, i, 2, len(words))
				return
			}
		}
	}
}

// alias takes the words from i on out of a part; so many of them are no name where no bracket says so.
func (b *box) alias(part, i, marks, end int) {
	words := b.parts[part]
	from := i + marks
	if strings.HasPrefix(words[i], "(") {
		from = i
	}
	if end <= from {
		end = len(words)
	}
	if name := strings.Trim(strings.Join(words[from:end], " "), "() "); name != "" {
		b.aliases = append(b.aliases, name)
	}
	b.parts[part] = slices.Concat(words[:i:i], words[end:])
}

// mostBefore is how many words of a street's name are looked for before its last two.
const mostBefore = 2

// takeStreet finds the last word that ends the name of a street. A number before it, or a comma, shows where its name
// begins; else the words before may be a part of it or somebody's name.
func (b *box) takeStreet() {
	for p := len(b.parts) - 1; p >= 0; p-- {
		words := b.parts[p]
		for k := len(words) - 1; k > 0; k-- {
			kind := likeness.StreetKind(identifiers.NameKey(words[k]))
			if kind == "" || !isWord(words[k-1]) {
				continue
			}
			b.street(p, k, kind)
			return
		}
	}
}

func isWord(w string) bool { return strings.ContainsFunc(w, unicode.IsLetter) && !noise(w) }

// street reads the street whose name ends at the word k of a part.
func (b *box) street(part, k int, kind string) {
	words := b.parts[part]
	from := k - 1
	for from > 0 && k-from < mostBefore+1 && isWord(words[from-1]) && !strings.ContainsFunc(words[from-1], unicode.IsDigit) {
		from--
	}
	numbered := from > 0 && strings.ContainsFunc(words[from-1], unicode.IsDigit)
	alone := from == 0 && len(b.parts) > 1 && b.others(part)
	if !numbered && !alone {
		b.perhapsStreet = keys(words[from : k-1])
		b.nameFirst = surnameToo(kind)
		if b.nameFirst {
			b.perhapsStreet = keys(words[from : k+1])
		}
		from = k - 1
	}
	begin := from
	for begin > 0 && (strings.ContainsFunc(words[begin-1], unicode.IsDigit) || houseWord(words[begin-1])) {
		begin--
	}
	postcode := b.place.Postcode
	b.place = likeness.ReadPlace(strings.Join(words[begin:k+1], " "), postcode)
	left := slices.Clone(words[:begin])
	if b.nameFirst {
		left = slices.Clone(words[:k+1])
	}
	b.parts[part] = left
	if rest := words[k+1:]; len(rest) > 0 && !b.nameFirst && len(left) == 0 {
		b.parts[part] = slices.Clone(rest)
	}
	// What stands behind a street is the town; flats and houses may stand in a part of their own before it.
	b.dropTown(part)
	b.takeHouse(part)
}

// others says whether another part than this has words.
func (b *box) others(part int) bool {
	for i, words := range b.parts {
		if i != part && slices.ContainsFunc(words, isWord) {
			return true
		}
	}
	return false
}

func (b *box) dropTown(part int) {
	named := false
	for i := range b.parts[:part+1] {
		named = named || slices.ContainsFunc(b.parts[i], isWord)
	}
	if named {
		b.parts = b.parts[:part+1]
	}
}

// takeHouse reads "Flat 3" that stands in a part before the street's.
func (b *box) takeHouse(part int) {
	if part == 0 {
		return
	}
	words := b.parts[part-1]
	for i := range words {
		if !houseWord(words[i]) || i+1 >= len(words) {
			continue
		}
		more := likeness.ReadPlace(strings.Join(words[i:], " "), "")
		b.place.House = append(b.place.House, more.House...)
		slices.Sort(b.place.House)
		b.place.House = slices.Compact(b.place.House)
		b.parts[part-1] = slices.Clone(words[:i])
		return
	}
}

func houseWord(w string) bool {
	switch strings.ToLower(strings.Trim(w, ".,")) {
	case "flat", "apartment", "apt", "unit", "room", "no", "number":
		return true
	}
	return false
}

// surnameToo tells a kind of street that is as often a surname.
func surnameToo(kind string) bool {
	switch kind {
	case "hill", "green", "park", "lane", "way", "walk", "house", "gate", "row", "yard", "common", "close", "court", "rise", "end", "view", "vale", "tower":
		return true
	}
	return false
}

func keys(words []string) []string {
	var all []string
	for _, w := range words {
		if k := identifiers.NameKey(w); k != "" {
			all = append(all, k)
		}
	}
	return all
}

// noise tells words that say what is told rather than tell it.
func noise(word string) bool {
	switch strings.ToLower(strings.Trim(word, ".:()-")) {
	case "", "the", "a", "of", "child", "children", "family", "called", "named", "name", "lives", "living", "at", "in", "on", "near", "from",
		"tel", "telephone", "phone", "mobile", "nhs", "number", "no", "dob", "d.o.b", "born", "postcode", "address", "upn", "old", "aged", "age",
		"years", "about", "and", "with", "who", "is", "was", "has", "surname", "first", "twin", "mum", "dad", "mother", "father", "sister", "brother":
		return true
	}
	return false
}

// takeNames reads what is left as a name. Two parts are surname and first names, as in "SMITH, John".
func (b *box) takeNames() {
	b.each(func(w string) bool { return noise(w) || strings.ContainsFunc(w, unicode.IsDigit) })
	var parts []string
	for _, words := range b.parts {
		if words = slices.DeleteFunc(words, func(w string) bool { return identifiers.NameKey(w) == "" }); len(words) > 0 {
			parts = append(parts, strings.Join(words, " "))
		}
	}
	switch {
	case len(parts) == 2 && strings.Contains(b.told, parts[0]+","):
		b.name = parts[0] + ", " + parts[1]
	default:
		b.name = strings.Join(parts, " ")
	}
}

// says is how the words were read, for the one who wrote them.
func (b *box) says() string {
	var says []string
	add := func(what, said string) {
		if said != "" {
			says = append(says, strings.TrimSpace(what+" "+said))
		}
	}
	given, family := identifiers.Name(b.name)
	switch {
	case family == "":
		add("name", strings.Join(given, " "))
	default:
		add("first name", strings.Join(given, " "))
		add("surname", family)
	}
	add("also known as", strings.Join(b.aliases, ", "))
	add("", map[string]string{"M": "male", "F": "female"}[b.sex])
	if !b.born.IsZero() {
		add("born on", b.born.Format("2 January 2006"))
	}
	add("", b.ageSays)
	add("house", strings.Join(b.place.House, ", "))
	if !b.nameFirst {
		add("street", title(b.place.Street))
	}
	add("postcode", b.place.Postcode)
	add("NHS number", spaced(b.number))
	if b.mistyped != "" {
		add("", "an NHS number with a mistake in it")
	}
	add("UPN", b.upn)
	if len(b.phones) > 0 {
		add("", "a phone number")
	}
	if b.nameFirst {
		return strings.Join(says, ", ") + "; or the street " + title(b.place.Street)
	}
	return strings.Join(says, ", ")
}

func spaced(number string) string {
	if len(number) != 10 {
		return number
	}
	return number[:3] + " " + number[3:6] + " " + number[6:]
}

func title(street string) string {
	words := strings.Fields(street)
	for i, w := range words {
		r := []rune(w)
		words[i] = string(unicode.ToUpper(r[0])) + string(r[1:])
	}
	return strings.Join(words, " ")
}
