package match

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/familyfacing/likeness"
)

// box is what is read in the words of the one box. What is read is taken out of the words, and names are what is left.
type box struct {
	number, mistyped, upn string
	phones                []string
	place                 likeness.Place
	born                  time.Time
	age                   *ageRange
	ageSays, sex          string
	name                  string
	aliases               []string
	// perhapsStreet are words before a street that may belong to its name; nameFirst that all of it is rather a name.
	perhapsStreet []string
	nameFirst     bool

	now time.Time
	// told are all the words, and text those that are left.
	told, text string
	// parts are the words between commas.
	parts [][]string
}

// readBox reads the words, the plainest first.
func readBox(text string, now time.Time) *box {
	b := &box{now: now, told: text, text: text}
	b.takeNumbers()
	for part := range strings.FieldsFuncSeq(b.text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if words := strings.Fields(part); len(words) > 0 {
			b.parts = append(b.parts, words)
		}
	}
	b.takeAges()
	b.takeSex()
	b.takeAliases()
	b.takeStreet()
	b.takeBareNumbers()
	b.takeNames()
	return b
}

// shapes are what tells a number of one kind from others, in the order in which they are looked for.
type shapes struct{ upn, postcode, date, dateInWords, monthAndYear, nhs, phone *regexp.Regexp }

var shaped = sync.OnceValue(func() shapes {
	const month = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`
	whole := func(pattern string) *regexp.Regexp {
		return regexp.MustCompile(`(?i)(?:^|[\s,;(])(` + pattern + `)(?:$|[\s,;.)])`)
	}
	return shapes{
		upn:          whole(`[A-HJ-NP-RT-Z]\d{11}[0-9A-Z]`),
		postcode:     whole(`[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}`),
		date:         whole(`\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{2}(?:0[1-9]|1[0-2])(?:19|20)\d{2}|(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{2}`),
		dateInWords:  whole(`\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?` + month + `,?\s+\d{2,4}|` + month + `\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}`),
		monthAndYear: whole(month + `,?\s+(?:19|20)\d{2}`),
		nhs:          whole(`\d{3}[ -]?\d{3}[ -]?\d{4}`),
		phone:        whole(`(?:\+|00)?\(?\d[\d ()-]{5,17}\d`),
	}
})

// takeNumbers takes out what is told by its shape alone.
func (b *box) takeNumbers() {
	is := shaped()
	b.take(is.upn, func(s string) bool { b.upn, _ = identifiers.UPN(s); return b.upn != "" })
	b.take(is.postcode, func(s string) bool { b.place.Postcode, _ = identifiers.Postcode(s); return b.place.Postcode != "" })
	for _, shape := range []*regexp.Regexp{is.date, is.dateInWords} {
		b.take(shape, func(s string) bool { b.born, _ = birth(s, "", b.now); return !b.born.IsZero() })
	}
	b.take(is.monthAndYear, b.takeMonth)
	b.take(is.nhs, func(s string) bool {
		if b.number, _ = identifiers.NHSNumber(s); b.number == "" && !strings.HasPrefix(s, "0") {
			b.mistyped = tenDigits(s)
		}
		return b.number+b.mistyped != ""
	})
	b.take(is.phone, func(s string) bool {
		found := likeness.Phones(s)
		b.phones = append(b.phones, found...)
		return len(found) > 0
	})
}

// take takes the first text of a shape out of the words, if it can be read.
func (b *box) take(shape *regexp.Regexp, reads func(string) bool) {
	at := shape.FindStringSubmatchIndex(b.text)
	if at == nil || !reads(b.text[at[2]:at[3]]) {
		return
	}
	b.text = b.text[:at[2]] + " , " + b.text[at[3]:]
}

// takeMonth reads a month of birth without its day.
func (b *box) takeMonth(s string) bool {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	first, err := time.Parse("Jan 2006", words[0][:3]+" "+words[len(words)-1])
	if err != nil || first.After(b.now) || !b.born.IsZero() {
		return false
	}
	b.age, b.ageSays = &ageRange{from: first, to: first.AddDate(0, 1, -1), years: 1}, "born in "+first.Format("January 2006")
	return true
}

// longestAge is how many words an age has at most: "about 6 or 7 years old".
const longestAge = 6

// takeAges takes out the longest words that say an age and nothing else.
func (b *box) takeAges() {
	if !b.born.IsZero() || b.age != nil {
		return
	}
	for p, words := range b.parts {
		for n := min(longestAge, len(words)); n > 0; n-- {
			for i := 0; i+n <= len(words); i++ {
				said := strings.Join(words[i:i+n], " ")
				least, greatest, ok := identifiers.Age(said)
				if !ok || !saysAge(words[i:i+n]) || n > 1 && besides(words[i]) {
					continue
				}
				b.age, b.ageSays = aged(least, greatest, b.now), years(least, greatest)
				b.parts[p] = slices.Concat(words[:i:i], words[i+n:])
				return
			}
		}
	}
}

// besides tells a word that may stand beside an age and says nothing of it: it is left where it is.
func besides(word string) bool {
	return slices.Contains(strings.Fields("a an the of in is his her their he she they boy girl child . ( )"), strings.ToLower(word))
}

// saysAge tells words that mean an age, and not a house or a year: one of them says so.
func saysAge(words []string) bool {
	digits := false
	for _, w := range words {
		w = strings.ToLower(w)
		digits = digits || strings.ContainsFunc(w, unicode.IsDigit)
		if strings.ContainsFunc(w, unicode.IsDigit) && (strings.ContainsAny(w, "-–/+½") || strings.ContainsFunc(w, unicode.IsLetter)) {
			// 7-9, 8yo, 18m; but 12a is a house.
			if rest := strings.TrimLeft(w, "0123456789"); len(rest) != 1 || rest == "y" || rest == "m" || rest == "+" {
				return true
			}
		}
		switch strings.Trim(w, ".,~") {
		case "about", "approx", "approximately", "around", "roughly", "circa", "aged", "age", "under", "over", "nearly", "almost", "between",
			"years", "year", "yrs", "yr", "y", "yo", "months", "month", "mths", "weeks", "week", "days", "or", "old",
			"newborn", "baby", "infant", "toddler", "teen", "teenager":
			return true
		}
		if digits && strings.HasPrefix(w, "~") {
			return true
		}
	}
	return false
}

func years(least, greatest int) string {
	if least == greatest {
		return strconv.Itoa(least) + " years old"
	}
	return fmt.Sprintf("%d to %d years old", least, greatest)
}

func (b *box) takeSex() {
	b.each(func(word string) bool {
		switch strings.ToLower(strings.Trim(word, "().")) {
		case "boy", "male", "man", "son":
			b.sex = "M"
		case "girl", "female", "woman", "daughter":
			b.sex = "F"
		default:
			return false
		}
		return true
	})
}

// each looks at every word, and takes out those that it is told of.
func (b *box) each(taken func(string) bool) {
	for i := range b.parts {
		b.parts[i] = slices.DeleteFunc(b.parts[i], taken)
	}
}

// takeBareNumbers reads a number that stands alone, and belongs to no street, as an age or a year of birth.
func (b *box) takeBareNumbers() {
	b.each(func(word string) bool {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 {
			return false
		}
		if !b.born.IsZero() || b.age != nil {
			return true
		}
		switch year := b.now.Year(); {
		case n <= 120:
			b.age, b.ageSays = aged(n, n, b.now), years(n, n)
		case year-120 <= n && n <= year:
			first := time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC)
			b.age, b.ageSays = &ageRange{from: first, to: first.AddDate(1, 0, -1), years: 1}, "born in "+word
		}
		return true
	})
}
