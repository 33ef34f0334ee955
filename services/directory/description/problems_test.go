package description

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

// wrong is a change to the invented authority and the problems it must give: each the text of its line, and a part of its
// reason.
type wrong struct {
	name     string
	old, new string
	want     [][2]string
}

func TestBadFilesAreRefusedWithLineAndReason(t *testing.T) {
	t.Parallel()
	cases := append(append(append(formProblems(), peopleProblems()...), teamProblems()...), yamlProblems()...)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(invented, c.old) {
				t.Fatalf("the invented authority has no %q", c.old)
			}
			text := strings.Replace(invented, c.old, c.new, 1)
			a, problems := Read(strings.NewReader(text), "x.yaml", opener(inventedFiles()))
			if a != nil {
				t.Error("an authority came out of a bad file")
			}
			expect(t, text, problems, c.want)
		})
	}
}

func expect(t *testing.T, text string, problems []Problem, want [][2]string) {
	t.Helper()
	if len(problems) != len(want) {
		t.Errorf("%d problems, want %d: %v", len(problems), len(want), problems)
		return
	}
	lines := strings.Split(text, "\n")
	for i, p := range problems {
		if p.File != "x.yaml" || p.Line < 1 || p.Line > len(lines) || !strings.Contains(lines[p.Line-1], want[i][0]) {
			t.Errorf("%v is not on the line of %q", p, want[i][0])
		}
		if !strings.Contains(p.Reason, want[i][1]) || !strings.HasSuffix(p.Reason, ".") {
			t.Errorf("%q does not say %q", p.Reason, want[i][1])
		}
	}
}

func formProblems() []wrong {
	return []wrong{
		{"key with capitals", "key: exampleshire", "key: ExampleShire", [][2]string{{"ExampleShire", "`key` must be a key: lower case"}}},
		{"no title", "  title: Exampleshire\n", "", [][2]string{{"key: exampleshire", "The authority needs the field `title`"}}},
		{"empty title", "title: Exampleshire", "title:", [][2]string{{"title:", "The authority needs the field `title`"}}},
		{"blank title", "title: Exampleshire", "title: ' '", [][2]string{{"title:", "text that is not blank"}}},
		{"long title", "title: Exampleshire", "title: " + strings.Repeat("x", 301), [][2]string{{"title:", "shorter, at most 300"}}},
		{"title of two lines", "title: Exampleshire", `title: "a\nb"`, [][2]string{{"title:", "without control characters"}}},
		{"GSS code", "E99999999", "E9999", [][2]string{{"E9999", "a council's GSS code"}}},
		{"phone", "phone: 02079460100", "phone: call us", [][2]string{{"call us", "a telephone number"}}},
		{"phone too long", "phone: 02079460100", "phone: 0207946010012345678", [][2]string{{"phone:", "a telephone number"}}},
		{"hours reversed", "opens: 09:00", "opens: 18:30", [][2]string{{"18:30", "closes at 17:00, which is not after it opens at 18:30"}}},
		{"no such hour", "opens: 09:00", "opens: 9am", [][2]string{{"9am", "a time of day"}}},
		{"urgent limit", "urgent_limit_minutes: 45", "urgent_limit_minutes: 0", [][2]string{{"urgent", "a whole number from 1 to 1440"}}},
		{"idle time", "idle_minutes: 20", "idle_minutes: 4", [][2]string{{"idle", "a whole number from 5 to 240"}}},
		{"e-mail", "email: duty@example.example", "email: Duty <duty@example.example>", [][2]string{{"Duty <", "an e-mail address"}}},
		{"call-back in clear", "http://127.0.0.1:9000/duty", "http://duty.example/x", [][2]string{{"duty.example/x", "an https address"}}},
		{"call-back with password", "http://127.0.0.1:9000/duty", "https://a:b@duty.example", [][2]string{{"a:b@", "an https address"}}},
		{"place outside", "places/wards.geojson", "../wards.geojson", [][2]string{{"../wards", "a path inside the folder"}}},
		{"absolute place", "places/wards.geojson", "/etc/passwd", [][2]string{{"/etc/passwd", "a path inside the folder"}}},
		{"ward property", "ward_name: NAME", "ward_name: a name", [][2]string{{"a name", "the name of a property"}}},
		{"partner kind", "kind: 6\n", "kind: 3G\n", [][2]string{{"3G", "a referral source code of the CIN census"}}},
		{"scope", "contacts:read]", "contacts:all]", [][2]string{{"contacts:all", `not: "contacts:all"`}}},
		{"no scope", "    scopes: [contacts:write, contacts:read]\n", "", [][2]string{{"key: police", "The partner needs the field `scopes`"}}},
		{"front door that can't write", "scopes: [contacts:write, contacts:read]", "scopes: [contacts:read]", [][2]string{{"front_door", "needs the scope contacts:write"}}},
		{"contact without a way", "name: Desk, role: duty, phone: \"101\"", "name: Desk", [][2]string{{"Desk", "needs a `phone` or an `email`"}}},
		{"public key", "front_door: true", "public_key: abc", [][2]string{{"public_key", "a PEM block PUBLIC KEY"}}},
		{"client id", "client_id: ex-police", "client_id: ex police", [][2]string{{"ex police", "without spaces"}}},
	}
}

func peopleProblems() []wrong {
	return []wrong{
		{"registration", "SW9000001", "90001", [][2]string{{"90001", "a Social Work England number"}}},
		{"end of no registration", "    registration: SW9000001\n", "", [][2]string{{"registered_until", "needs a `registration`"}}},
		{"no such day", "2030-11-30", "2030-02-30", [][2]string{{"2030-02-30", "a day of the calendar"}}},
		{"full time and more", "0.8", "1.2", [][2]string{{"1.2", "above 0 and at most 1"}}},
		{"no time at all", "0.8", "0", [][2]string{{"full_time", "above 0 and at most 1"}}},
		{"not a number", "0.8", ".nan", [][2]string{{".nan", "one piece of text"}}},
		{"flag", "administrator: true", "administrator: yes", [][2]string{{"yes", "true or false"}}},
		{"qualification backwards", "until: 2029-07-01", "until: 2009-07-01", [][2]string{{"2009", "ends before it begins"}}},
		{"qualification without day", ", since: 2019-07-01, until: 2029-07-01", "", [][2]string{{"Practice", "needs the field `since`"}}},
		{"membership backwards", "from: 2024-07-01, until: 2025-01-01", "from: 2024-07-01, until: 2024-07-01", [][2]string{{"from: 2024-07-01", "`until` must be later than `from`"}}},
		{"membership overlapping", "until: 2025-01-01", "until: 2025-01-02", [][2]string{{"from: 2025-01-01 }", "overlaps the one in `north` on line 40"}}},
		{"two open memberships", "from: 2024-07-01, until: 2025-01-01", "from: 2026-07-01", [][2]string{{"from: 2025-01-01 }", "overlaps"}}},
		{"membership without day", "team: north, from: 2025-01-01", "team: north", [][2]string{{"{ team: north }", "The membership needs the field `from`"}}},
		{"unclear moment", "2026-03-02T09:00:00+02:00", "2026-03-02T09:00:00", [][2]string{{"T09:00:00", "a time with its offset"}}},
		{"unknown team", "team: north, from: 2025-01-01", "team: nroth, from: 2025-01-01", [][2]string{{"nroth", "There is no team `nroth` in this file"}}},
		{"subject twice", "subject: ex:bo", "subject: ex:ada", [][2]string{{"subject: ex:ada", "`ex:ada` stands here a second time; the first is on line 29"}}},
		{"key twice", "key: bo\n", "key: ada\n", [][2]string{{"key: ada", "`ada` stands here a second time; the first is on line 27"}}},
		{"registration twice", "subject: ex:bo", "subject: ex:bo\n    registration: SW9000001", [][2]string{{"SW9000001", "the first is on line 30"}}},
		{"no guardian", "    caldicott_guardian: true\n", "", [][2]string{{"people:", "nobody has"}}},
		{"two guardians", "deputy_caldicott_guardian: true", "caldicott_guardian: true", [][2]string{{"caldicott", "the first is on line 38"}}},
		{"own deputy", "administrator: true", "deputy_caldicott_guardian: true", [][2]string{{"deputy", "can't be the deputy too"}, {"deputy", "At most one person"}}},
		{"no e-mail", "    email: bo@example.example\n", "", [][2]string{{"key: bo", "The person needs the field `email`"}}},
	}
}

func teamProblems() []wrong {
	return []wrong{
		{"kind", "kind: referral", "kind: screening", [][2]string{{"teams:", "a team of kind referral"}, {"screening", "one of family_facing"}}},
		{"team twice", "key: south, name", "key: north, name", [][2]string{{"name: South", "`north` stands here a second time"}, {"team: south", "no team `south`"}}},
		{"patch of the Referral Team", "- team: south", "- team: referral", [][2]string{{"team: referral", "is not family_facing"}}},
		{"two patches of a team", "- team: south", "- team: north", [][2]string{{"team: north", "The patch of team `north` stands here a second time"}}},
		{"empty patch", "    wards: [Upper, Shared]\n    postcodes: [ab1 2cd]\n", "", [][2]string{{"team: north", "covers nothing"}}},
		{"sector without space", "sectors: [AB2 3]", "sectors: [AB23]", [][2]string{{"AB23", "written with its space"}}},
		{"sector as district", "districts: [AB3]", "districts: [AB3 1]", [][2]string{{"AB3 1", "a postcode district"}}},
		{"half a postcode", "postcodes: [ab1 2cd]", "postcodes: [ab1 2c]", [][2]string{{"ab1 2c", "a full postcode"}}},
		{"postcode twice", "postcodes: [ab1 2cd]", "postcodes:\n      - ab1 2cd\n      - AB12CD", [][2]string{{"AB12CD", "names AB1 2CD twice in one patch"}}},
		{"no such ward", "wards: [Lower, Shared]", "wards:\n      - Lower\n      - Sharde", [][2]string{{"Sharde", `There is no ward "Sharde" in places/wards.geojson`}}},
		{"wards without boundaries", "  boundaries: places/wards.geojson\n", "", [][2]string{{"wards: [Upper", "`places` names"}, {"wards: [Lower", "`places` names"}}},
		{"no such file", "places/wards.geojson", "places/words.geojson", [][2]string{{"words.geojson", "can't be opened"}}},
		{"no such property", "ward_name: NAME", "ward_name: WD24NM", [][2]string{{"boundaries:", "feature 1 has no text in the property WD24NM"}}},
	}
}

func yamlProblems() []wrong {
	return []wrong{
		{"unknown field", "    phone: 07700 900101", "    telephone: 07700 900101", [][2]string{{"telephone", "`telephone` is not a field of this person; its fields are key, name, subject"}}},
		{"unknown section", "partners:", "agencies:", [][2]string{{"agencies:", "`agencies` is not a field of this description"}}},
		{"field twice", "    name: Bo\n", "    name: Bo\n    name: Bob\n", [][2]string{{"Bob", "`name` stands twice in this person; the first is on line 44"}}},
		{"comma in braces", "note: rotation }", "note: rotation, part of the week }", [][2]string{{"part of the week", "put text with a comma in quotes"}}},
		{"list for text", "name: Bo\n", "name: [Bo]\n", [][2]string{{"[Bo]", "`name` must be one piece of text"}}},
		{"word for text", "name: Bo\n", "name: true\n", [][2]string{{"true", "put `true` in quotes"}}},
		{"text for list", "sectors: [AB2 3]", "sectors: AB2 3", [][2]string{{"AB2 3", "must be a list"}}},
		{"text for fields", "working_hours: { opens: 09:00, closes: \"17:00\" }", "working_hours: nine to five", [][2]string{{"nine to five", "must be a list of fields"}}},
		{"no fields", "working_hours: { opens: 09:00, closes: \"17:00\" }", "working_hours:", [][2]string{{"working_hours:", "needs the field `working_hours`"}}},
		{"empty item", "  - key: bo\n    name: Bo\n    subject: ex:bo\n    email: bo@example.example\n    deputy_caldicott_guardian: true\n", "  -\n", [][2]string{{"-", "The person must be a list of fields"}}},
		{"anchor", "name: Bo\n", "name: &n Bo\n", [][2]string{{"&n", "an anchor or alias"}}},
		{"alias", "name: Bo\n", "name: *n\n", [][2]string{{"*n", "an anchor or alias"}}},
		{"tag", "name: Bo\n", "name: !!str Bo\n", [][2]string{{"!!str", "a tag"}}},
		{"merge", "name: Bo\n", "name: Bo\n    <<: { phone: 101 }\n", [][2]string{{"<<", "A merge"}}},
		{"not YAML", "name: Bo\n", "name: Bo: Peep\n", [][2]string{{"Peep", "This is not YAML"}}},
		{"control character", "name: Bo\n", "name: B\x07o\n", [][2]string{{"name: B", "a control character (0x07)"}}},
		{"not UTF-8", "name: Bo\n", "name: B\xe9o\n", [][2]string{{"name: B", "bytes that are not UTF-8"}}},
		{"two documents", "partners:", "---\npartners:", [][2]string{{"# An", "one YAML document"}}},
		{"many at once", "    registration: SW9000001\n    registered_until: 2030-11-30\n", "    registration: 1\n    registered_until: soon\n    colour: blue\n", [][2]string{
			{"registration: 1", "Social Work England"}, {"soon", "a day of the calendar"}, {"colour", "`colour` is not a field"},
		}},
	}
}

func TestWhatIsNoDescriptionAtAll(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"":                                "holds none or several",
		"# only a remark\n":               "holds none or several",
		"- a\n- list\n":                   "must be a list of fields",
		"words":                           "must be a list of fields",
		strings.Repeat("a", 5<<20):        "larger than 4 MB",
		strings.Repeat("[\n", 1_000):      "x.yaml:101: More than 100 brackets are open on this line.",
		strings.Repeat("- ", 10_000):      "x.yaml:1: This line is longer than 8192 bytes.",
		"a: [\n":                          "x.yaml:1: This is not YAML",
		"authority: {}\npeople: {a: b}\n": "needs the field",
	} {
		a, problems := Read(strings.NewReader(text), "x.yaml", opener(fstest.MapFS{}))
		if a != nil || len(problems) == 0 || !strings.Contains(fmt.Sprint(problems), reason) {
			t.Errorf("%.20q: %v", text, problems)
		}
	}
	_, problems := Read(io.MultiReader(strings.NewReader("a: b\n"), broken{}), "x.yaml", opener(fstest.MapFS{}))
	if len(problems) != 1 || problems[0].String() != "x.yaml: The file can't be read: the disk is gone." {
		t.Errorf("a file that breaks off: %v", problems)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, fmt.Errorf("the disk is gone") }

func TestBadPlacesAreRefused(t *testing.T) {
	t.Parallel()
	const csv, geo = "places/postcodes.csv", "places/wards.geojson"
	head := "pcd,oseast1m,osnrth1m,laua\n"
	polygon := func(geometry string) string {
		return `{"type":"FeatureCollection","features":[{"properties":{"NAME":"Upper"},"geometry":` + geometry + `}]}`
	}
	for _, c := range []struct{ file, text, want string }{
		{csv, "", csv + ":1: The file has no line of column names"},
		{csv, "pcd,east,north,laua\n", csv + ":1: The column oseast1m is missing."},
		{csv, head + "W10 5B,1,1,E99999999\n", csv + `:2: "W10 5B" is not a full postcode.`},
		{csv, head + "W10 5BN,1,1,E99999999\nW105BN,1,1,E99999999\n", csv + ":3: The postcode W10 5BN stands in the file twice."},
		{csv, head + "W10 5BN,-0.2,51.5,E99999999\n", csv + `:2: The postcode W10 5BN has no National Grid reference in metres but "-0.2", "51.5".`},
		{csv, head + "W10 5BN,1,NaN,E99999999\n", csv + ":2: The postcode W10 5BN has no National Grid reference"},
		{csv, head + "W10 5BN,1,1,E00000000\n", csv + ": The file has no postcode of the council E99999999."},
		{csv, head + "W10 5BN,1,1\n", csv + ":2: This line is not CSV: wrong number of fields."},
		{geo, "{", "x.yaml:20: The file places/wards.geojson can't be used: it is not a GeoJSON feature collection."},
		{geo, `{"type":"Feature"}`, "it is not a GeoJSON feature collection"},
		{geo, polygon(`{"type":"Point","coordinates":[0,51]}`), `the ward "Upper" is neither a Polygon nor a MultiPolygon`},
		{geo, polygon(`{"type":"Polygon","coordinates":"here"}`), `the ward "Upper" has no lists of corners`},
		{geo, polygon(`{"type":"Polygon","coordinates":[[[0,51],[0,52],[0,51]]]}`), `the ward "Upper" has a polygon with fewer than three corners`},
		{geo, polygon(`{"type":"MultiPolygon","coordinates":[[[[525000,180000],[526000,180000],[526000,181000],[525000,180000]]]]}`), "boundaries must be in degrees"},
	} {
		files := inventedFiles()
		files[c.file] = &fstest.MapFile{Data: []byte(c.text)}
		a, problems := Read(strings.NewReader(invented), "x.yaml", opener(files))
		if a != nil || len(problems) == 0 || !strings.Contains(problems[0].String(), c.want) {
			t.Errorf("%.60q gives %v, want %q", c.text, problems, c.want)
		}
	}
}

func TestAWrongFileIsNotListedWhole(t *testing.T) {
	t.Parallel()
	files := inventedFiles()
	files["places/postcodes.csv"] = &fstest.MapFile{Data: []byte("pcd,oseast1m,osnrth1m,laua\n" + strings.Repeat("nowhere,1,1,E99999999\n", 10_000))}
	if _, problems := Read(strings.NewReader(invented), "x.yaml", opener(files)); len(problems) != maxFileProblems {
		t.Errorf("%d problems", len(problems))
	}
}

func TestPublicKeys(t *testing.T) {
	t.Parallel()
	ed, _, err1 := ed25519.GenerateKey(rand.Reader)
	ec, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	weak, err3 := rsa.GenerateKey(rand.Reader, 1024)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	for _, c := range []struct {
		key any
		ok  bool
	}{{ed, true}, {&ec.PublicKey, true}, {&weak.PublicKey, false}} {
		der, err := x509.MarshalPKIXPublicKey(c.key)
		if err != nil {
			t.Fatal(err)
		}
		block := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		text := strings.Replace(invented, "front_door: true", "public_key: |\n      "+strings.ReplaceAll(strings.TrimSpace(block), "\n", "\n      "), 1)
		a, problems := Read(strings.NewReader(text), "x.yaml", opener(inventedFiles()))
		if c.ok != (a != nil) {
			t.Errorf("%T: %v", c.key, problems)
		}
		if a != nil && a.Partners[0].PublicKey != strings.TrimSpace(block) {
			t.Errorf("the key came out as %q", a.Partners[0].PublicKey)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(invented)
	f.Add("authority:\n  key: [a, {b: c}]\npeople:\n  - key\n  - {}\n")
	f.Add("? a\n: b\n")
	files := inventedFiles()
	f.Fuzz(func(t *testing.T, text string) {
		a, problems := Read(strings.NewReader(text), "x.yaml", opener(files))
		if (a == nil) == (len(problems) == 0) {
			t.Fatalf("neither an authority nor a problem, or both: %v", problems)
		}
	})
}
