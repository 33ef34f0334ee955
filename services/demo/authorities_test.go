package demo_test

import (
	"bufio"
	"io"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithcare/kith/services/demo"
	"github.com/kithcare/kith/services/directory/description"
)

const (
	kensington  = "kensington-chelsea"
	hammersmith = "hammersmith-fulham"
)

// now is a moment at which the demonstration's rotations run.
func now() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

func read(t testing.TB, key string) *description.Authority {
	t.Helper()
	folder := demo.Authorities()
	file, err := folder.Open(key + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	a, problems := description.Read(file, key+".yaml", func(path string) (io.ReadCloser, error) { return folder.Open(path) })
	for _, p := range problems {
		t.Error(p)
	}
	if a == nil {
		t.FailNow()
	}
	if a.Key != key {
		t.Errorf("%s.yaml describes %s", key, a.Key)
	}
	return a
}

func members(a *description.Authority, team string, at time.Time) []string {
	var people []string
	for _, m := range a.Memberships {
		if m.Team == team && !at.Before(m.From) && (m.Until == nil || at.Before(*m.Until)) {
			people = append(people, m.Person)
		}
	}
	return people
}

func TestTheAuthoritiesAreStaffedAsPromised(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]map[string]int{
		kensington: {
			"north-kensington": 8, "holland-park": 8, "south-kensington": 8, "chelsea": 8,
			"referral": 5 + 2, "insight": 5, "enabler": 4, "strategy": 4,
		},
		hammersmith: {"shepherds-bush": 4, "fulham": 4, "referral": 3, "insight": 2, "enabler": 2, "strategy": 2},
	} {
		a := read(t, key)
		for _, team := range a.Teams {
			if n := len(members(a, team.Key, now())); n != want[team.Key] {
				t.Errorf("%s of %s has %d members, want %d", team.Key, key, n, want[team.Key])
			}
			if n := len(members(a, team.Key, time.Date(2023, 12, 31, 0, 0, 0, 0, time.UTC))); n != 0 {
				t.Errorf("%s of %s has members before 2024", team.Key, key)
			}
		}
		administrators := slices.DeleteFunc(slices.Clone(a.People), func(p description.Person) bool { return !p.Administrator })
		if len(a.Teams) != len(want) || len(administrators) != 1 {
			t.Errorf("%s has %d teams and %d administrators", key, len(a.Teams), len(administrators))
		}
	}
}

func TestOnePersonWorksForBothAuthorities(t *testing.T) {
	t.Parallel()
	var shared []string
	for _, p := range read(t, kensington).People {
		for _, q := range read(t, hammersmith).People {
			if p.Subject == q.Subject {
				shared = append(shared, p.Subject)
			}
		}
	}
	if !slices.Equal(shared, []string{"kc:noor-haddad"}) {
		t.Errorf("the authorities share %v", shared)
	}
}

func TestEveryPartnerIsThereOnce(t *testing.T) {
	t.Parallel()
	clients := map[string]string{}
	for _, key := range []string{kensington, hammersmith} {
		for _, p := range read(t, key).Partners {
			if clients[p.ClientID] != "" {
				t.Errorf("the client id %s is used twice", p.ClientID)
			}
			clients[p.ClientID] = p.Kind
			if p.FrontDoor != (p.Key == "mash") {
				t.Errorf("%s: front door is %v", p.Key, p.FrontDoor)
			}
		}
	}
	want := map[string]string{
		"kc-met-police": "6", "kc-nhs-trust": "3A", "kc-primary-school": "2A", "kc-mash": "5A",
		"hf-met-police": "6", "hf-secondary-school": "2A",
	}
	if !reflect.DeepEqual(clients, want) {
		t.Errorf("the partners are %v", clients)
	}
}

// Every postcode of the files has exactly one team or stands in the report as waiting for a person, and almost all lie in
// the borough's own wards.
func TestEveryPostcodeHasOneTeamOrIsListed(t *testing.T) {
	t.Parallel()
	for key, listed := range map[string]int{kensington: 3, hammersmith: 4} {
		a := read(t, key)
		facing := map[string]bool{}
		for _, team := range a.Teams {
			facing[team.Key] = team.Kind == description.FamilyFacing
		}
		waiting := map[string]bool{}
		for _, finding := range append(slices.Clone(a.Report.Gaps), a.Report.Overlaps...) {
			for _, postcode := range finding.Examples {
				waiting[postcode] = true
			}
		}
		rows := postcodesOf(t, a.GSSCode)
		for _, postcode := range rows {
			teams := a.Coverage.Cover(postcode)
			p, ok := description.ParsePostcode(postcode)
			if !ok || len(teams) != 1 && !waiting[p.String()] || len(teams) == 1 && !facing[teams[0]] {
				t.Errorf("%q is covered by %v and not listed", postcode, teams)
			}
		}
		if len(waiting) != listed || a.Report.Postcodes != len(rows) || a.Report.Covered != len(rows)-listed {
			t.Errorf("%s: %d of %d postcodes covered, %d listed", key, a.Report.Covered, len(rows), len(waiting))
		}
		if share := 1 - float64(len(a.Report.OutsideWards))/float64(len(rows)); share < 0.995 {
			t.Errorf("%s: only %.4f of the postcodes lie in its wards", key, share)
		}
		if len(a.Report.WardsWithoutPatch)+len(a.Report.UnusedRules)+len(a.Report.TeamsWithoutPatch)+len(a.Report.Overlaps) > 0 {
			t.Errorf("%s: %v", key, a.Report.Lines())
		}
	}
}

// postcodesOf reads the postcode file by hand and holds that it was cut to one borough.
func postcodesOf(t *testing.T, gss string) []string {
	t.Helper()
	text, err := fs.ReadFile(demo.Authorities(), "places/postcodes-"+gss+".csv")
	if err != nil {
		t.Fatal(err)
	}
	var postcodes []string
	for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
		columns := strings.Split(lines.Text(), ",")
		if columns[0] == "pcd" {
			continue
		}
		if columns[3] != gss {
			t.Errorf("%s is of another borough", columns[0])
		}
		postcodes = append(postcodes, columns[0])
	}
	return postcodes
}

func TestNobodyInTheDemonstrationCanBeReached(t *testing.T) {
	t.Parallel()
	drama := regexp.MustCompile(`^(020 7946 0\d{3}|07700 900\d{3})$`) // Ofcom's numbers for drama
	for _, key := range []string{kensington, hammersmith} {
		a := read(t, key)
		phones := []string{a.Phone, a.OutOfHours.Phone}
		emails := []string{a.OutOfHours.Email}
		for _, team := range a.Teams {
			phones = append(phones, team.Phone)
		}
		for _, p := range a.People {
			emails = append(emails, p.Email)
			if p.Phone != "" {
				phones = append(phones, p.Phone)
			}
			if p.Registration != "" && !strings.HasPrefix(p.Registration, "SW900") {
				t.Errorf("%s has a registration that may be somebody's", p.Key)
			}
		}
		for _, p := range a.Partners {
			for _, c := range p.Contacts {
				phones, emails = append(phones, c.Phone), append(emails, c.Email)
			}
		}
		for _, phone := range phones {
			if !drama.MatchString(phone) {
				t.Errorf("%s may ring somewhere", phone)
			}
		}
		for _, email := range emails {
			if !strings.HasSuffix(email, ".example") {
				t.Errorf("%s may arrive somewhere", email)
			}
		}
	}
}

func TestTheLicenceStandsBesideTheData(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(demo.Authorities(), "places/LICENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, notice := range []string{"Open Government Licence v3.0", "Contains OS data © Crown copyright", "Royal Mail copyright", "Office for National Statistics"} {
		if !strings.Contains(string(text), notice) {
			t.Errorf("the licence does not say %q", notice)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		read(b, kensington)
	}
}
