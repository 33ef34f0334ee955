package identifiers

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// NameKey is what two spellings of the same name have in common, for finding equal surnames: without
// capitals, diacritics, apostrophes, hyphens, spaces and every other sign, so that O'Brien, OBRIEN
// and Ó Brien have one key. Letters of all scripts are kept in their order; Arabic and Hebrew lose
// their vowel points, and Arabic its spelling variants. It is never shown. The key is "" where there
// is no letter or digit, and two keys that are "" are no sign of anything.
func NameKey(s string) string {
	// A Caser is not to be shared between goroutines, and costs nothing to make.
	folded := cases.Fold().String(plain(s))
	// Folding takes Cherokee's small letters to capitals and its capitals to small ones.
	return norm.NFC.String(plain(strings.ToLower(folded)))
}

// plain decomposes a text and keeps its letters, its digits and those marks that are no diacritics.
func plain(s string) string {
	var kept strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.M, r):
			if !diacritic(r) {
				kept.WriteRune(r)
			}
		case spacingModifier(r):
		case unicode.IsLetter(r), unicode.IsDigit(r):
			kept.WriteString(base(r))
		}
	}
	return kept.String()
}

// diacritic tells of a mark that many leave out; without the marks of other scripts, such as the
// vowels of India and the voicing of kana, a name would be another one.
func diacritic(mark rune) bool {
	const voicedKana, halfVoicedKana = 0x3099, 0x309A
	return mark != voicedKana && mark != halfVoicedKana &&
		unicode.In(mark, unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic)
}

// spacingModifier tells of signs that count as letters but stand for an apostrophe or a lengthening.
func spacingModifier(r rune) bool {
	const firstModifier, lastModifier, tatweel = 0x02B0, 0x02FF, 0x0640
	return firstModifier <= r && r <= lastModifier || r == tatweel
}

// base gives a letter whose diacritic is part of it, or which is one of several ways to write the
// same, as the letters that are written instead.
func base(r rune) string {
	switch r {
	case 'ø', 'Ø':
		return "o"
	case 'ł', 'Ł':
		return "l"
	case 'đ', 'Đ', 'ð', 'Ð':
		return "d"
	case 'ħ', 'Ħ':
		return "h"
	case 'ı':
		return "i"
	case 'æ', 'Æ':
		return "ae"
	case 'œ', 'Œ':
		return "oe"
	case 'þ', 'Þ':
		return "th"
	case 'ى', 'ی':
		return "ي"
	case 'ک':
		return "ك"
	case 'ة':
		return "ه"
	}
	return string(r)
}
