package referral

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

func at() time.Time { return time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC) }

func doubtedFields(r reading) []string {
	var fields []string
	for _, d := range r.Doubts {
		fields = append(fields, d.GetField())
	}
	return fields
}

func TestWhatIsDoubtedIsKeptAndNeverDropped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told  *referralv1.ToldChild
		field string
	}{
		"check digit":           {&referralv1.ToldChild{NhsNumber: "999 000 0001"}, "nhsNumber"},
		"no such date":          {&referralv1.ToldChild{BirthDate: "31/02/2019"}, "birthDate"},
		"future":                {&referralv1.ToldChild{BirthDate: "18/11/2030"}, "birthDate"},
		"a child of 40":         {&referralv1.ToldChild{BirthDate: "1986-01-01"}, "birthDate"},
		"aged 40":               {&referralv1.ToldChild{Age: "40"}, "age"},
		"age is no age":         {&referralv1.ToldChild{Age: "not sure"}, "age"},
		"age against date":      {&referralv1.ToldChild{BirthDate: "2019-03-03", Age: "12"}, "age"},
		"no postcode":           {&referralv1.ToldChild{Postcode: "NOWHERE"}, "postcode"},
		"two postcodes":         {&referralv1.ToldChild{Address: "1 Invented Road, W10 5ZZ", Postcode: "SW3 4ZZ"}, "postcode"},
		"check letter":          {&referralv1.ToldChild{Upn: "A000000000001"}, "upn"},
		"sex":                   {&referralv1.ToldChild{Sex: "purple"}, "sex"},
		"expected long ago":     {&referralv1.ToldChild{ExpectedDate: "2026-01-01"}, "expectedDate"},
		"expected in two years": {&referralv1.ToldChild{ExpectedDate: "2028-01-01"}, "expectedDate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := proto.Clone(c.told)
			if got := doubtedFields(readChild(c.told, at())); !slices.Contains(got, c.field) {
				t.Errorf("doubted %v, want %s", got, c.field)
			}
			if !proto.Equal(before, c.told) {
				t.Error("what was told was changed")
			}
		})
	}
}

func TestWhatIsClearIsReadWithoutDoubt(t *testing.T) {
	t.Parallel()
	r := readChild(&referralv1.ToldChild{
		Name: "O’BRIEN, Niamh", BirthDate: "3.3.19", Age: "7", Sex: "girl", NhsNumber: "999 000 0018", Address: "Flat 2, 10 Invented Road", Postcode: "w10 5zz",
	}, at())
	if len(r.Doubts) != 0 {
		t.Errorf("doubts: %v", r.Doubts)
	}
	as := r.ReadAs
	if as.GetFamilyName() != "O’BRIEN" || as.GetBirthDate() != "2019-03-03" || as.GetSex() != "F" || as.GetNhsNumber() != "9990000018" || as.GetPostcode() != "W10 5ZZ" {
		t.Errorf("read as %v", as)
	}
	unborn := readChild(&referralv1.ToldChild{ExpectedDate: "01/02/2027"}, at())
	if len(unborn.Doubts) != 0 || unborn.ReadAs.GetExpectedDate() != "2027-02-01" {
		t.Errorf("an unborn child is read as %v with %v", unborn.ReadAs, unborn.Doubts)
	}
}

func TestOneAddressInTwoSpellingsHasOneKey(t *testing.T) {
	t.Parallel()
	key := func(address, postcode string) string {
		return readChild(&referralv1.ToldChild{Address: address, Postcode: postcode}, at()).AddressKey
	}
	same := key("Flat 2, 10 Invented Road", "W10 5ZZ")
	for _, c := range [][2]string{{"10 Invented Rd Flat 2", "w105zz"}, {"Flat 2, 10 Invented Road, London W10 5ZZ", ""}, {"FLAT 2\n10 INVENTED ROAD\nw10 5zz", "W10 5ZZ"}} {
		if got := key(c[0], c[1]); got != same || got == "" {
			t.Errorf("%v has key %q, want %q", c, got, same)
		}
	}
	for _, c := range [][2]string{{"Flat 3, 10 Invented Road", "W10 5ZZ"}, {"Flat 2, 10 Invented Road", "W10 5ZY"}, {"", "W10 5ZZ"}, {"", ""}, {"flat", ""}} {
		if got := key(c[0], c[1]); got == same {
			t.Errorf("%v has the same key", c)
		}
	}
	if key("", "W10 5ZZ") != "" {
		t.Error("a postcode alone is taken for an address")
	}
}

func TestKeysFitAnIndexWhateverIsTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		told := &referralv1.ToldChild{
			Name: rapid.String().Draw(t, "name"), Address: rapid.String().Draw(t, "address"), Postcode: rapid.String().Draw(t, "postcode"),
			BirthDate: rapid.String().Draw(t, "birth"), ExpectedDate: rapid.String().Draw(t, "expected"), Age: rapid.String().Draw(t, "age"),
		}
		r := readChild(told, at())
		if len([]rune(r.SurnameKey)) > keyLength || len([]rune(r.AddressKey)) > keyLength {
			t.Fatal("a key is too long")
		}
	})
	long := readChild(&referralv1.ToldChild{Name: strings.Repeat("Å", 1000), Address: strings.Repeat("Å", 1000)}, at())
	if len([]rune(long.AddressKey)) > keyLength || len([]rune(long.SurnameKey)) > keyLength {
		t.Fatal("a key is too long")
	}
}
