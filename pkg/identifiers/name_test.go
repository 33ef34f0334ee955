package identifiers_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/kithcare/kith/pkg/identifiers"
)

func TestNameWrittenOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ told, given, family string }{
		{"", "", ""},
		{"  ", "", ""},
		{"Jane Smith", "Jane", "Smith"},
		{"  Jane   Ann\tSmith ", "Jane|Ann", "Smith"},
		{"SMITH, Jane", "Jane", "SMITH"},
		{"Smith, Jane Ann", "Jane|Ann", "Smith"},
		{"Smith, Jane, Ann", "Jane|Ann", "Smith"},
		{"SMITH JONES, Jane", "Jane", "SMITH JONES"},
		{"SMITH Jane", "Jane", "SMITH"},
		{"Jane SMITH", "Jane", "SMITH"},
		{"Jane SMITH JONES", "Jane", "SMITH JONES"},
		{"Jane O'BRIEN-LEE", "Jane", "O'BRIEN-LEE"},
		{"JANE SMITH", "JANE", "SMITH"},
		{"AJ Smith", "AJ", "Smith"},
		{"Jane P Smith", "Jane|P", "Smith"},
		{"Jane", "Jane", ""},
		{"JANE", "JANE", ""},
		{"Smith,", "", "Smith"},
		{", Jane", "Jane", ""},
		{"Mrs Khan", "", "Khan"},
		{"Dr. Amina Khan", "Amina", "Khan"},
		{"Smith, Mr John", "John", "Smith"},
		{"Ana de Souza", "Ana", "de Souza"},
		{"Jan van der Berg", "Jan", "van der Berg"},
		{"Al Green", "Al", "Green"},
		{"De Souza", "De", "Souza"},
		{"Sinéad O’Connor", "Sinéad", "O’Connor"},
		{"D'Arcy O' Neill", "D'Arcy", "O' Neill"},
		{"محمد الحسن", "محمد", "الحسن"},
		{"الحسن، محمد", "محمد", "الحسن"},
		{"שרה כהן", "שרה", "כהן"},
		{"李 小龙", "李", "小龙"},
	} {
		given, family := identifiers.Name(c.told)
		if strings.Join(given, "|") != c.given || family != c.family {
			t.Errorf("%q: %q, %q; want %q, %q", c.told, given, family, c.given, c.family)
		}
	}
}

// No letter of a name without a title is lost, whatever script and length it has.
func TestNamesAreKeptWhole(t *testing.T) {
	t.Parallel()
	alphabets := []rune("abzABZéŁøß'’-.אבגשלמابتمحد李龙жЖ ")
	rapid.Check(t, func(t *rapid.T) {
		told := "x" + rapid.StringOfN(rapid.RuneFrom(alphabets), 0, 300, -1).Draw(t, "told")
		given, family := identifiers.Name(told)
		got := strings.Fields(strings.Join(given, " ") + " " + family)
		want := strings.Fields(told)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%q: %q, %q", told, given, family)
		}
	})
	long := strings.Repeat("ö", 300)
	if given, family := identifiers.Name(long); len(given) != 1 || given[0] != long || family != "" {
		t.Error("one name of 300 letters is not kept")
	}
	if got := identifiers.NameKey(long); got != strings.Repeat("o", 300) {
		t.Error("the key of 300 letters has", utf8.RuneCountInString(got))
	}
}

func TestNameKeyWrittenOut(t *testing.T) {
	t.Parallel()
	for key, names := range map[string][]string{
		"":             {"", " ", "-", "''", "\xff", "\u200f"},
		"obrien":       {"O'Brien", "OBRIEN", "Ó Brien", "o’brien", "O`Brien", "Oʼbrien", "O\u200bBrien", "Ｏ'Brien"},
		"smithjones":   {"Smith-Jones", "Smith Jones", "SMITH–JONES"},
		"muller":       {"Müller", "Mu\u0308ller", "MÜLLER"},
		"strasse":      {"Straße", "STRASSE"},
		"lukasz":       {"Łukasz", "ŁUKASZ", "łukasz"},
		"soren":        {"Søren", "SØREN"},
		"thorbaek":     {"Þorbæk", "Thorbaek"},
		"yildiz":       {"Yıldız", "YILDIZ", "Yildiz"},
		"istanbul":     {"İstanbul", "ISTANBUL"},
		"nguyen":       {"Nguyễn", "NGUYEN"},
		"محمد":         {"محمد", "مُحَمَّد", "محمـد", "\u200fمحمد"},
		"احمد":         {"أحمد", "احمد"},
		"علي":          {"علي", "علی", "على"},
		"כהן":          {"כהן", "כֹּהֵן"},
		"иванов":       {"Иванов", "ИВАНОВ"},
		"παπαδοπουλοσ": {"Παπαδόπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ"},
	} {
		for _, name := range names {
			if got := identifiers.NameKey(name); got != key {
				t.Errorf("%q: %q, want %q", name, got, key)
			}
		}
	}
	for _, c := range [][2]string{{"Smith", "Smyth"}, {"कुमार", "कमार"}, {"がく", "かく"}, {"كريم", "كرم"}, {"Lee", "Leigh"}} {
		if identifiers.NameKey(c[0]) == identifiers.NameKey(c[1]) {
			t.Errorf("%q and %q have one key", c[0], c[1])
		}
	}
}

func TestNameKeyIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		key := identifiers.NameKey(name)
		if !utf8.ValidString(key) || identifiers.NameKey(key) != key {
			t.Fatalf("%q: %q, then %q", name, key, identifiers.NameKey(key))
		}
		if spaced := identifiers.NameKey(" -" + name + "' "); spaced != key {
			t.Fatalf("%q: %q, with signs around it %q", name, key, spaced)
		}
	})
}

func TestFirstNamesAlikeWrittenOut(t *testing.T) {
	t.Parallel()
	const (
		same  = "the same first name"
		part  = "one first name is the beginning of the other"
		short = "one first name is a short form or another spelling of the other"
		both  = "both first names are short forms or spellings of the same name"
		slip  = "the first names differ by one letter, or by two that are swapped"
	)
	for _, c := range []struct{ a, b, reason string }{
		{"Zoë", "ZOE", same},
		{"Mary-Ann", "mary ann", same},
		{"محمد", "مُحَمَّد", same},
		{"Sam", "Samuel", part},
		{"Ann", "Anna", part},
		{"Jo", "Joseph", short},
		{"Bill", "William", short},
		{"Liz", "Elizabeth", short},
		{"Muhammad", "Mohammed", short},
		{"Steven", "Stephen", short},
		{"Bob", "Rob", both},
		{"Peggy", "Meg", both},
		{"Micheal", "Michael", slip},
		{"Jayden", "Jaydon", slip},
		{"Aiden", "Aidien", slip},
		{"Aysha", "Ayisha", slip},
		{"Liam", "Lima", slip},
		{"Zara", "Zahra", slip},
		{"Ana", "Ava", ""},
		{"Al", "Alice", ""},
		{"Jack", "Oliver", ""},
		{"Jane", "Jean", ""},
		{"Mila", "Amil", ""},
		{"", "", ""},
		{"", "Jane", ""},
		{"-", "'", ""},
	} {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if alike, reason := identifiers.FirstNamesAlike(pair[0], pair[1]); reason != c.reason || alike != (c.reason != "") {
				t.Errorf("%q, %q: %v, %q; want %q", pair[0], pair[1], alike, reason, c.reason)
			}
		}
	}
}

func TestOneSlipIsAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := []rune(rapid.StringMatching(`[a-zא-ת]{5,300}`).Draw(t, "name"))
		at := rapid.IntRange(0, len(name)-2).Draw(t, "at")
		slipped := slices.Clone(name)
		switch rapid.IntRange(0, 3).Draw(t, "slip") {
		case 0:
			slipped[at] = 'q'
		case 1:
			slipped = slices.Insert(slipped, at, 'q')
		case 2:
			slipped = slices.Delete(slipped, at, at+1)
		case 3:
			slipped[at], slipped[at+1] = slipped[at+1], slipped[at]
		}
		if alike, reason := identifiers.FirstNamesAlike(string(name), string(slipped)); !alike || reason == "" {
			t.Fatalf("%s, %s", string(name), string(slipped))
		}
		if alike, _ := identifiers.FirstNamesAlike(string(name), "12345"+string(name)); alike {
			t.Fatalf("five letters more are alike: %s", string(name))
		}
	})
}
