package identifiers_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/kithcare/kith/pkg/identifiers"
)

// knownDoubts are all the doubts there are, so that none can carry what was told.
var knownDoubts = regexp.MustCompile(`^(not 10 digits|the same digit ten times, which stands for a number that is not known|the check digit does not fit|` +
	`not the form of a UPN|the check letter does not fit|not the form of a postcode|only the first half of a postcode|` +
	`not read as male, female or not known|could not be read as a date|no such date|day and month may be the other way round|` +
	`the day is not known|only the year is known|not a whole date|in the future|too long ago|told as a guess|` +
	`the day of the week does not fit the date|told with a time of day, so it may be the day before or after|makes the child (1[89]|[2-9][0-9]|1[01][0-9]|120))$`)

var (
	nhsForm      = regexp.MustCompile(`^[0-9]{10}$`)
	upnForm      = regexp.MustCompile(`^[A-Z][0-9]{11}[0-9A-Z]$`)
	postcodeForm = regexp.MustCompile(`^[A-Z0-9]{2,4} [0-9][A-Z]{2}$`)
	dateForm     = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	sexForm      = regexp.MustCompile(`^[MFU]$`)
)

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// readEverything reads one told text by every reader and checks what holds of any text at all.
func readEverything(t failer, told string) {
	t.Helper()
	check := func(reader, normal, doubt string, form *regexp.Regexp) {
		if normal != "" && !form.MatchString(normal) {
			t.Fatalf("%s of %q: %q", reader, told, normal)
		}
		for part := range strings.SplitSeq(doubt, "; ") {
			if doubt != "" && !knownDoubts.MatchString(part) {
				t.Fatalf("%s of %q: doubt %q", reader, told, doubt)
			}
		}
		if empty := strings.TrimSpace(told) == ""; empty != (normal == "" && doubt == "") {
			t.Fatalf("%s of %q: %q, doubt %q", reader, told, normal, doubt)
		}
	}
	normal, doubt := identifiers.Postcode(told)
	check("Postcode", normal, doubt, postcodeForm)
	date, doubt := identifiers.BirthDate(told, today())
	check("BirthDate", date, doubt, dateForm)
	code, doubt := identifiers.SexCode(told)
	check("SexCode", code, doubt, sexForm)
	normal, doubt = identifiers.NHSNumber(told)
	check("NHSNumber", normal, doubt, nhsForm)
	normal, doubt = identifiers.UPN(told)
	check("UPN", normal, doubt, upnForm)
	if least, greatest, ok := identifiers.Age(told); least < 0 || least > greatest || greatest > 120 || !ok && greatest > 0 {
		t.Fatalf("Age of %q: %d to %d, %v", told, least, greatest, ok)
	}
	given, family := identifiers.Name(told)
	for _, name := range append(given, family) {
		if !strings.Contains(strings.Join(strings.Fields(told), " "), name) {
			t.Fatalf("Name of %q: %q", told, name)
		}
	}
	if key := identifiers.NameKey(told); !utf8.ValidString(key) || identifiers.NameKey(key) != key {
		t.Fatalf("NameKey of %q: %q", told, key)
	}
	half := len(told) / 2
	alike, reason := identifiers.FirstNamesAlike(told[:half], told[half:])
	if again, _ := identifiers.FirstNamesAlike(told[half:], told[:half]); again != alike || alike != (reason != "") {
		t.Fatalf("FirstNamesAlike of %q and %q: %v, %q", told[:half], told[half:], alike, reason)
	}
}

func TestReadersTakeAnyBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		readEverything(t, string(rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "bytes")))
		readEverything(t, rapid.String().Draw(t, "text"))
		readEverything(t, rapid.StringMatching(`([0-9]{1,4}|[ ./,?+-]|or|to|about|under|over|nearly|year|months|weeks|March|may|sun|baby|½){1,9}`).Draw(t, "dates and ages"))
		readEverything(t, rapid.StringMatching(`[A-Z]{1,2}[0-9A-Z]{1,2} ?[0-9A-Z]{3}`).Draw(t, "like a postcode"))
	})
}

func FuzzReaders(f *testing.F) {
	for _, seed := range []string{
		"", "943 476 5919", "A950000178301", "W10 5AA", "31/02/2019", "3rd of March 2019", "2019-03-03T23:00:00Z", "6 or 7", "18 months",
		"2 years 3 months", "O'BRIEN, Seán", "محمد الحسن", "שָׂרָה", "\xff\x00", "\u0345ı", "ŉ",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, told string) { readEverything(t, told) })
}

func TestText(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]error{
		"": nil, "Zoë, محمد": nil, "\u200f": nil, "\ufffd": nil, "a\x00b": identifiers.ErrNUL, "\x00": identifiers.ErrNUL,
		"\xff": identifiers.ErrNotUTF8, "\xed\xa0\x80": identifiers.ErrNotUTF8, "a\xc3": identifiers.ErrNotUTF8, "\xff\x00": identifiers.ErrNotUTF8,
	} {
		if err := identifiers.Text(s); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", s, err, want)
		}
	}
}
