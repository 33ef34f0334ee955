package description

import (
	"io"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// invented is a small authority in which everything a description can say is said once.
const invented = `# An invented authority.
authority:
  key: exampleshire
  title: Exampleshire
  gss_code: E99999999
  phone: 02079460100
  working_hours: { opens: 09:00, closes: "17:00" }
  urgent_limit_minutes: 45
  idle_minutes: 20
  out_of_hours:
    name: Emergency Duty Team
    phone: +44 20 7946 0199
    email: duty@example.example
    call_back: http://127.0.0.1:9000/duty
  escalation: |
    Ring us.
    Then ring again.
places:
  postcodes: places/postcodes.csv
  boundaries: places/wards.geojson
  ward_name: NAME
teams:
  - { key: north, name: North, kind: family_facing, phone: 020 7946 0101, base: "1 High Street, Town" }
  - { key: south, name: South, kind: family_facing, phone: 020 7946 0102 }
  - { key: referral, name: Referral, kind: referral, phone: 020 7946 0103 }
people:
  - key: ada
    name: Ada Łuć
    subject: ex:ada
    registration: SW9000001
    registered_until: 2030-11-30
    qualifications:
      - { name: Practice Educator, since: 2019-07-01, until: 2029-07-01 }
    full_time_equivalent: 0.8
    email: ada@example.example
    phone: 07700 900101
    administrator: true
    caldicott_guardian: true
    memberships:
      - { team: north, from: 2024-07-01, until: 2025-01-01 }
      - { team: north, from: 2025-01-01 }
      - { team: referral, from: 2026-03-02T09:00:00+02:00, until: 2026-09-01, note: rotation }
  - key: bo
    name: Bo
    subject: ex:bo
    email: bo@example.example
    deputy_caldicott_guardian: true
patches:
  - team: north
    wards: [Upper, Shared]
    postcodes: [ab1 2cd]
  - team: south
    wards: [Lower, Shared]
    sectors: [AB2 3]
    districts: [AB3]
partners:
  - key: police
    name: Police
    kind: 6
    client_id: ex-police
    scopes: [contacts:write, contacts:read]
    front_door: true
    call_back: https://police.example/kith
    contacts:
      - { name: Desk, role: duty, phone: "101" }
`

// inventedFiles are the places of the invented authority: four wards of a square kilometre in a row from south to north,
// and a postcode for each case of the resolution.
func inventedFiles() fstest.MapFS {
	return fstest.MapFS{
		"places/postcodes.csv": {Data: []byte("pcd,oseast1m,osnrth1m,laua\n" +
			"AB1 1AA,525500,180500,E99999999\n" + // Lower
			"AB1 2CD,525500,180500,E99999999\n" + // Lower, but north by rule
			"AB1 1AC,525500,181500,E99999999\n" + // Upper
			"AB1 1AD,525500,182500,E99999999\n" + // Shared
			"AB1 1AE,525500,183500,E99999999\n" + // Open: a ward in no patch
			"AB1 1AF,530000,180500,E99999999\n" + // in no ward
			"AB1 1AG,,,E99999999\n" + // no grid reference
			"AB2 3AA,530000,180500,E99999999\n" + // in no ward, south by rule
			"AB1 1AH,525500,180995,E99999999\n" + // Lower, 5 m from Upper
			"AB1 1AJ,525005,180500,E99999999\n" + // Lower, 5 m from where no team is
			"ZZ1 1ZZ,1,1,E00000000\n")},
		"places/wards.geojson": {Data: []byte(`{"type":"FeatureCollection","features":[` + strings.Join([]string{
			inventedWard("Lower", 180000), inventedWard("Upper", 181000), inventedWard("Shared", 182000), inventedWard("Open", 183000),
		}, ",") + `]}`)},
	}
}

func opener(files fs.FS) Opener {
	return func(path string) (io.ReadCloser, error) { return files.Open(path) }
}

func TestReadTellsEverythingTheFileSays(t *testing.T) {
	t.Parallel()
	a, problems := Read(strings.NewReader(invented), "x.yaml", opener(inventedFiles()))
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	day := func(y int, m time.Month, d int) *time.Time {
		t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		return &t
	}
	hours := func(t *time.Time, n int) *time.Time { u := t.Add(time.Duration(n) * time.Hour); return &u }
	want := &Authority{
		Key: "exampleshire", Title: "Exampleshire", GSSCode: "E99999999", Phone: "02079460100",
		WorkingHours: WorkingHours{Opens: 540, Closes: 1020}, UrgentLimit: 45 * time.Minute, IdleMinutes: 20,
		OutOfHours: OutOfHours{Name: "Emergency Duty Team", Phone: "+44 20 7946 0199", Email: "duty@example.example", CallBack: "http://127.0.0.1:9000/duty"},
		Escalation: "Ring us.\nThen ring again.",
		Teams: []Team{
			{Key: "north", Name: "North", Kind: FamilyFacing, Base: "1 High Street, Town", Phone: "020 7946 0101"},
			{Key: "south", Name: "South", Kind: FamilyFacing, Phone: "020 7946 0102"},
			{Key: "referral", Name: "Referral", Kind: Referral, Phone: "020 7946 0103"},
		},
		People: []Person{
			{
				Key: "ada", Name: "Ada Łuć", Subject: "ex:ada", Registration: "SW9000001", RegisteredUntil: day(2030, 11, 30),
				Qualifications:     []Qualification{{Name: "Practice Educator", Since: *day(2019, 7, 1), Until: day(2029, 7, 1)}},
				FullTimeEquivalent: 0.8, Email: "ada@example.example", Phone: "07700 900101", Administrator: true, CaldicottGuardian: true,
			},
			{Key: "bo", Name: "Bo", Subject: "ex:bo", FullTimeEquivalent: 1, Email: "bo@example.example", DeputyCaldicottGuardian: true},
		},
		Memberships: []Membership{
			{Person: "ada", Team: "north", From: *hours(day(2024, 7, 1), -1), Until: day(2025, 1, 1)}, // midnight in British Summer Time
			{Person: "ada", Team: "north", From: *day(2025, 1, 1)},
			{Person: "ada", Team: "referral", From: *hours(day(2026, 3, 2), 7), Until: hours(day(2026, 9, 1), -1), Note: "rotation"},
		},
		Patches: []Patch{
			{Team: "north", Postcodes: []string{"AB1 2CD"}, Wards: []string{"Upper", "Shared"}},
			{Team: "south", Districts: []string{"AB3"}, Sectors: []string{"AB2 3"}, Wards: []string{"Lower", "Shared"}},
		},
		Partners: []Partner{{
			Key: "police", Name: "Police", Kind: "6", ClientID: "ex-police", Scopes: []Scope{ContactsWrite, ContactsRead},
			FrontDoor: true, CallBack: "https://police.example/kith", Contacts: []PartnerContact{{Name: "Desk", Role: "duty", Phone: "101"}},
		}},
	}
	got := *a
	got.Coverage, got.Report = nil, Report{}
	if !reflect.DeepEqual(&got, want) {
		t.Errorf("got  %+v\nwant %+v", &got, want)
	}
	if s := a.WorkingHours.Opens.String() + "–" + a.WorkingHours.Closes.String(); s != "09:00–17:00" {
		t.Errorf("the hours read %s", s)
	}
}

func TestReadTwiceIsTheSame(t *testing.T) {
	t.Parallel()
	first, problems := Read(strings.NewReader(invented), "x.yaml", opener(inventedFiles()))
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	for name, text := range map[string]string{
		"again":             invented,
		"with Windows ends": "\ufeff" + strings.ReplaceAll(invented, "\n", "\r\n"),
	} {
		second, problems := Read(strings.NewReader(text), "x.yaml", opener(inventedFiles()))
		if len(problems) != 0 || !reflect.DeepEqual(first, second) {
			t.Errorf("%s: not the same authority (%v)", name, problems)
		}
	}
}

func TestMembershipsMayStandInAnyOrder(t *testing.T) {
	t.Parallel()
	const first, second = "      - { team: north, from: 2024-07-01, until: 2025-01-01 }\n", "      - { team: north, from: 2025-01-01 }\n"
	a, problems := Read(strings.NewReader(strings.Replace(invented, first+second, second+first, 1)), "x.yaml", opener(inventedFiles()))
	if len(problems) != 0 || a.Memberships[1].Until == nil {
		t.Errorf("%v", problems)
	}
}

func TestLimitsWhenNothingIsSaid(t *testing.T) {
	t.Parallel()
	text := strings.Replace(invented, "  urgent_limit_minutes: 45\n  idle_minutes: 20\n", "", 1)
	a, problems := Read(strings.NewReader(text), "x.yaml", opener(inventedFiles()))
	if len(problems) != 0 || a.UrgentLimit != time.Hour || a.IdleMinutes != 30 {
		t.Errorf("the limits are not an hour and 30 minutes: %v (%v)", a, problems)
	}
}
