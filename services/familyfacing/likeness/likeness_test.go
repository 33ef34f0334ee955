package likeness

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kithcare/kith/pkg/identifiers"
)

func TestNamesThatSoundAlikeHaveOneSound(t *testing.T) {
	t.Parallel()
	for _, same := range []string{
		"okafor okaphour ocafor", "stewart stuart", "mohammed muhamad mohamed muhammad", "philips phillips filips", "smith smyth", "thompson thomson tomson",
		"catherine katherine cathryn", "wright rite", "knight night", "john jon", "sarah sara", "hughes hughs", "clarke clark", "leigh lee", "stephen steven",
		"schmidt shmit", "geoffrey jeffrey", "bridget brijit", "xavier savier", "rebecca rebeka", "aisha ayesha",
	} {
		words := strings.Fields(same)
		for _, w := range words[1:] {
			if Sound(w) != Sound(words[0]) {
				t.Errorf("%s is heard as %q, %s as %q", words[0], Sound(words[0]), w, Sound(w))
			}
		}
	}
	for _, different := range [][2]string{{"smith", "jones"}, {"ana", "anika"}, {"khan", "khalid"}, {"silva", "santos"}} {
		if Sound(different[0]) == Sound(different[1]) {
			t.Errorf("%s and %s are both heard as %q", different[0], different[1], Sound(different[0]))
		}
	}
	if Sound("محمد") != "" || Sound("") != "" {
		t.Error("a name that no English ear knows has a sound")
	}
}

func TestSpellingsThatAreNearAndThoseThatAreNot(t *testing.T) {
	t.Parallel()
	for pair, want := range map[string]bool{
		"okafor okaofr": true, "okafor okafr": true, "okafor okaffor": true, "okafor okafir": true, "okafor okaofrr": false, "ana ava": false,
		"wisniewski wisnewsky": true, "szymanski simanski": true, "jones janes": true, "khan kahn": true, "smith smiths": true, "smith smithers": false,
	} {
		a, b, _ := strings.Cut(pair, " ")
		if Near(a, b) != want || Near(b, a) != want {
			t.Errorf("%s: near is %t", pair, !want)
		}
	}
	if SoundsLike("rn", "irene") || SoundsLike("lee", "lea") || !SoundsLike("stewart", "stuart") {
		t.Error("short sounds stand for too many names")
	}
}

func TestASlipIsAlwaysFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-zé]{4,12}`).Draw(t, "word")
		r := []rune(word)
		i := rapid.IntRange(0, len(r)-2).Draw(t, "where")
		switch rapid.IntRange(0, 3).Draw(t, "how") {
		case 0:
			r[i] = 'x'
		case 1:
			r = slices.Delete(r, i, i+1)
		case 2:
			r = slices.Insert(r, i, 'x')
		default:
			r[i], r[i+1] = r[i+1], r[i]
		}
		other := string(r)
		if len(r) < shortestSlip {
			return
		}
		if !Near(word, other) {
			t.Fatalf("%s and %s are not near", word, other)
		}
		if !slices.ContainsFunc(Slips(word), func(s string) bool { return slices.Contains(Slips(other), s) }) {
			t.Fatalf("%v and %v have nothing in common", Slips(word), Slips(other))
		}
	})
}

func TestNamesAreReadAndKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ told, alias, want string }{
		{"Zoë Anne-Marie O’Brien", "", "zoe annemarie anne marie/obrien"},
		{"WÓJCIK-INVENTED, Zofia", "", "zofia/wojcikinvented wojcik invented"},
		{"Ana de Souza", "Nita", "ana/desouza souza|nita/desouza souza|ana/nita"},
		{"Ana Silva", "née Costa; Anita Lopes", "ana/silva|costa/silva|ana/costa|anita/lopes"},
		{"Mrs Khan", "", "/khan"},
		{"Zed", "Zee", "zed/|zee/"},
		{"", "", "/"},
		{"محمد علي", "", "محمد/علي"},
	} {
		got := ReadNames(c.told, c.alias)
		if FormatNames(got) != c.want {
			t.Errorf("%q, %q: %q, want %q", c.told, c.alias, FormatNames(got), c.want)
		}
		if again := FormatNames(ParseNames(c.want)); again != c.want {
			t.Errorf("%q is read back as %q", c.want, again)
		}
	}
}

func TestPlacesAreRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, postcode, want string }{
		{"Flat 3, 12 Acklam Road, London", "w105aa", "W10 5AA/acklam road/12|3"},
		{"12 Acklam Rd flat 3 London W10 5AA", "", "W10 5AA/acklam road/12|3"},
		{"12 Great Western Rd.\nLondon", "", "/great western road/12"},
		{"Rose Cottage, Mill Lane", "W10 5AA", "W10 5AA/mill lane/rose cottage"},
		{"12a St Mark’s Road", "", "/st marks road/12a"},
		{"Flat A, 7 The Quays", "", "/the quays/7|a"},
		{"", "", ""},
		{"London", "", "//london"},
	} {
		got := ReadPlace(c.address, c.postcode).String()
		if got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.address, c.postcode, got, c.want)
		}
		if ParsePlace(got).String() != got {
			t.Errorf("%q is read back as %q", got, ParsePlace(got).String())
		}
	}
	for street, want := range map[string]string{"great western road": "western road", "acklam road": "acklam road", "broadway": "broadway", "": ""} {
		if got := StreetCore(street); got != want {
			t.Errorf("the core of %q is %q", street, got)
		}
	}
}

func TestPhonesAreTheirDigits(t *testing.T) {
	t.Parallel()
	for told, want := range map[string]string{
		"020 7946 0301": "2079460301", "+44 (0)20 7946 0301": "2079460301", "0044 7700 900123": "7700900123", "07700-900123 or 020 7946 0301": "7700900123 2079460301",
		"ext 301": "", "7946 0301": "79460301", "+48 22 123 45 67": "48221234567", "": "",
	} {
		if got := strings.Join(Phones(told), " "); got != want {
			t.Errorf("%q: %q, want %q", told, got, want)
		}
	}
	if !SamePhone("2079460301", "79460301") || SamePhone("2079460301", "2079460302") || SamePhone("", "") || SamePhone("9460301", "2079460301") {
		t.Error("phones that are one are told apart, or the other way round")
	}
}

func TestWhoIsWrittenDownIsFoundByEachThing(t *testing.T) {
	t.Parallel()
	keys := Of(Person{
		FullName: "Chidi Okafor-Wells", AlsoKnownAs: "Zed", BirthDate: "2018-05-01", NHSNumber: "9990000018", UPN: "A801202016123", Phone: "020 7946 0301",
		Address: "Flat 3, 12 Great Western Road", Postcode: "W10 5AA",
	}).Keys
	for what, key := range map[string]int32{
		"first name": Word("chidi"), "surname": Word("okaforwells"), "a part of it": Word("wells"), "alias": Word("zed"), "both": Pair("okaforwells", "chidi"),
		"name and year": WordInYear("wells", "2018"), "name and street": WordAt("chidi", "western road"), "name and postcode": WordAt("zed", "W10 5AA"),
		"birth date": Born("2018-05-01"), "street": Street("western road"), "house": House("western road", "12"), "flat by postcode": House("W10 5AA", "3"),
		"street and year": StreetInYear("western road", "2018"), "number": Number("9990000018"), "UPN": Number("A801202016123"), "phone": Phone("79460301"), "postcode": Postcode("W10 5AA"),
	} {
		if !slices.Contains(keys, key) {
			t.Errorf("not found by %s", what)
		}
	}
	if len(Of(Person{}).Keys) != 0 {
		t.Error("nobody is found by something")
	}
}

func FuzzOf(f *testing.F) {
	f.Add("Zoë O’Brien", "née Costa", "Flat 3, 12 Acklam Road", "W10 5AA", "020 7946 0301")
	f.Add("محمد", "\x00|/", "////|", "|", "+++")
	f.Fuzz(func(t *testing.T, name, alias, address, postcode, phone string) {
		got := Of(Person{FullName: name, AlsoKnownAs: alias, Address: address, Postcode: postcode, Phone: phone})
		text, place := FormatNames(got.Names), got.Place.String()
		if identifiers.Text(name+alias+address+postcode) == nil && (identifiers.Text(text) != nil || identifiers.Text(place) != nil) {
			t.Errorf("%q and %q can't be kept", text, place)
		}
		if FormatNames(ParseNames(text)) != text || ParsePlace(place).String() != place {
			t.Errorf("%q and %q are not read back as they were", text, place)
		}
	})
}
