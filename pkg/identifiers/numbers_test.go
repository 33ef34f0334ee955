package identifiers_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kithcare/kith/pkg/identifiers"
)

// published gives the rows of a file of public examples: the identifier, and whether it is valid.
func published(t *testing.T, file string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	reader := csv.NewReader(strings.NewReader(string(text)))
	reader.FieldsPerRecord, reader.LazyQuotes = -1, true
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	valid := map[string]bool{}
	for _, row := range rows[1:] {
		valid[row[0]] = row[1] == "valid"
	}
	return valid
}

func TestPublishedNHSNumbers(t *testing.T) {
	t.Parallel()
	rows := published(t, "testdata/nhs-numbers.csv")
	if len(rows) < 60 {
		t.Fatalf("%d rows", len(rows))
	}
	for number, valid := range rows {
		normal, doubt := identifiers.NHSNumber(number)
		if valid && (normal != number || doubt != "") || !valid && (normal != "" || doubt == "") {
			t.Errorf("%s, valid %v: %q, doubt %q", number, valid, normal, doubt)
		}
	}
}

func TestPublishedUPNs(t *testing.T) {
	t.Parallel()
	rows := published(t, "testdata/upns.csv")
	if len(rows) != 6 {
		t.Fatalf("%d rows", len(rows))
	}
	for upn, valid := range rows {
		normal, doubt := identifiers.UPN(upn)
		if valid && (normal != upn || doubt != "") || !valid && (normal != "" || doubt == "") {
			t.Errorf("%s, valid %v: %q, doubt %q", upn, valid, normal, doubt)
		}
	}
}

func TestNHSNumberWrittenOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ told, normal, doubt string }{
		{"", "", ""},
		{" \t ", "", ""},
		{"943 476 5919", "9434765919", ""},
		{" 943-476-5919 ", "9434765919", ""},
		{"943\u00a0476\u20135919", "9434765919", ""},
		{"9434765918", "", "the check digit does not fit"},
		{"943 476 591", "", "not 10 digits"},
		{"94347659190", "", "not 10 digits"},
		{"943476591O", "", "not 10 digits"},
		{"٩٤٣٤٧٦٥٩١٩", "", "not 10 digits"},
		{"not known", "", "not 10 digits"},
		{"0000000000", "", "the same digit ten times, which stands for a number that is not known"},
		{"1111111111", "", "the same digit ten times, which stands for a number that is not known"},
		{"-", "", "not 10 digits"},
		{"\xff\xfe", "", "not 10 digits"},
	} {
		if normal, doubt := identifiers.NHSNumber(c.told); normal != c.normal || doubt != c.doubt {
			t.Errorf("%q: %q, doubt %q; want %q, %q", c.told, normal, doubt, c.normal, c.doubt)
		}
	}
}

// drawNHSNumber makes a valid number from nine digits; where the check digit would be 10 it draws again.
func drawNHSNumber(t *rapid.T) string {
	return rapid.Custom(func(t *rapid.T) string {
		stem := rapid.IntRange(1, 999_999_999).Draw(t, "stem")
		remainder := 0
		for rest, weight := stem, 2; rest > 0; rest, weight = rest/10, weight+1 {
			remainder = (remainder + rest%10*weight) % 11
		}
		if remainder == 1 {
			return ""
		}
		return fmt.Sprintf("%09d%d", stem, (11-remainder)%11)
	}).Filter(func(s string) bool { return s != "" && strings.Trim(s, s[:1]) != "" }).Draw(t, "number")
}

func TestNHSNumbersReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := drawNHSNumber(t)
		gap := rapid.SampledFrom([]string{"", " ", "-", "  ", " - "}).Draw(t, "gap")
		told := number[:3] + gap + number[3:6] + gap + number[6:]
		if normal, doubt := identifiers.NHSNumber(told); normal != number || doubt != "" {
			t.Fatalf("%q: %q, doubt %q", told, normal, doubt)
		}
		changed := []byte(number)
		at := rapid.IntRange(0, 9).Draw(t, "at")
		changed[at] = '0' + (changed[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if normal, doubt := identifiers.NHSNumber(string(changed)); normal != "" || doubt == "" {
			t.Fatalf("%s for %s is read as %q", changed, number, normal)
		}
	})
}

func TestUPNsReadBack(t *testing.T) {
	t.Parallel()
	const letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`[0-9]{11}[0-9A-HJ-NP-RT-Z]`).Draw(t, "body")
		sum := 0
		for i, r := range body[:11] {
			sum += int(r-'0') * (i + 2)
		}
		temporary := strings.ContainsAny(body[11:], letters)
		if temporary {
			sum += strings.Index(letters, body[11:]) * 13
		} else {
			sum += int(body[11]-'0') * 13
		}
		upn := letters[sum%23:sum%23+1] + body
		told := " " + strings.ToLower(upn[:4]) + " " + upn[4:]
		if normal, doubt := identifiers.UPN(told); normal != upn || doubt != "" || identifiers.TemporaryUPN(normal) != temporary {
			t.Fatalf("%q: %q, doubt %q", told, normal, doubt)
		}
		by := rapid.IntRange(1, 22).Filter(func(by int) bool { return !temporary || by != 2*13%23 }).Draw(t, "by")
		wrong := letters[(sum+by)%23:][:1] + body
		if normal, doubt := identifiers.UPN(wrong); normal != "" || doubt != "the check letter does not fit" {
			t.Fatalf("%q: %q, doubt %q", wrong, normal, doubt)
		}
	})
}

func TestTemporaryUPNsOfBothConventions(t *testing.T) {
	t.Parallel()
	for upn, fits := range map[string]bool{"U80120000100A": true, "X80120000100A": true, "A80120000100A": false, "K80120000100A": false} {
		if normal, _ := identifiers.UPN(upn); (normal == upn) != fits {
			t.Errorf("%s is read as %q", upn, normal)
		}
	}
	if identifiers.TemporaryUPN("H801200001001") || identifiers.TemporaryUPN("") || !identifiers.TemporaryUPN("X80120000100A") {
		t.Error("temporary numbers are told from others wrongly")
	}
}

func TestUPNWrittenOut(t *testing.T) {
	t.Parallel()
	for told, doubt := range map[string]string{
		"": "", "A95000017830": "not the form of a UPN", "A9500001783011": "not the form of a UPN", "I801200001001": "not the form of a UPN",
		"X80120000100O": "not the form of a UPN", "X8012000O100A": "not the form of a UPN", "1950000178301": "not the form of a UPN",
		"\xff801200001001": "not the form of a UPN", "none": "not the form of a UPN",
	} {
		if normal, got := identifiers.UPN(told); normal != "" || got != doubt {
			t.Errorf("%q: %q, doubt %q, want %q", told, normal, got, doubt)
		}
	}
}

func TestPostcodeWrittenOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ told, normal, doubt string }{
		{"", "", ""},
		{"W10 5AA", "W10 5AA", ""},
		{"w105aa", "W10 5AA", ""},
		{" sw1a  1 aa ", "SW1A 1AA", ""},
		{"M1 1AE", "M1 1AE", ""},
		{"W1A 0AX", "W1A 0AX", ""},
		{"CR2 6XH", "CR2 6XH", ""},
		{"DN55 1PT", "DN55 1PT", ""},
		{"W1M 0AA", "W1M 0AA", ""},
		{"GIR 0AA", "GIR 0AA", ""},
		{"W10", "", "only the first half of a postcode"},
		{"sw1a", "", "only the first half of a postcode"},
		{"W10 5A", "", "not the form of a postcode"},
		{"W1O 5AA", "", "not the form of a postcode"},
		{"W10 SAA", "", "not the form of a postcode"},
		{"W10 5CA", "", "not the form of a postcode"},
		{"QW1 1AA", "", "not the form of a postcode"},
		{"W10 5AA 7", "", "not the form of a postcode"},
		{"a flat above the chip shop", "", "not the form of a postcode"},
		{"Ｗ10 5AA", "", "not the form of a postcode"},
		{"\x80\x81\x82\x83", "", "not the form of a postcode"},
	} {
		if normal, doubt := identifiers.Postcode(c.told); normal != c.normal || doubt != c.doubt {
			t.Errorf("%q: %q, doubt %q; want %q, %q", c.told, normal, doubt, c.normal, c.doubt)
		}
	}
}

func TestPostcodesReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		out := rapid.StringMatching(`[A-PR-UWYZ]([0-9]{1,2}|[0-9][A-HJ-NP-Z]|[A-HK-Y][0-9]{1,2}|[A-HK-Y][0-9][A-HJ-NP-Z])`).Draw(t, "out")
		in := rapid.StringMatching(`[0-9][ABD-HJLNP-UW-Z]{2}`).Draw(t, "in")
		told := strings.ToLower(out) + rapid.SampledFrom([]string{"", " ", "  "}).Draw(t, "gap") + in
		if normal, doubt := identifiers.Postcode(told); normal != out+" "+in || doubt != "" {
			t.Fatalf("%q: %q, doubt %q", told, normal, doubt)
		}
	})
}

func TestSexCode(t *testing.T) {
	t.Parallel()
	const none = "not read as male, female or not known"
	for _, c := range []struct{ told, code, doubt string }{
		{"", "", ""},
		{"M", "M", ""},
		{" male ", "M", ""},
		{"Boy", "M", ""},
		{"1", "M", ""},
		{"F.", "F", ""},
		{"GIRL", "F", ""},
		{"2", "F", ""},
		{"u", "U", ""},
		{"not known", "U", ""},
		{"Unborn", "U", ""},
		{"9", "U", ""},
		{"non-binary", "", none},
		{"MF", "", none},
		{"\xff", "", none},
	} {
		if code, doubt := identifiers.SexCode(c.told); code != c.code || doubt != c.doubt {
			t.Errorf("%q: %q, doubt %q; want %q, %q", c.told, code, doubt, c.code, c.doubt)
		}
	}
}
