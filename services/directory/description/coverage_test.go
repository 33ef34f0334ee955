package description

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/wroge/wgs84"
	"pgregory.net/rapid"
)

// inventedWard is a square kilometre with its south-west corner at easting 525000, as a GeoJSON feature.
func inventedWard(name string, north float64) string {
	corners := [][2]float64{{525000, north}, {526000, north}, {526000, north + 1000}, {525000, north + 1000}, {525000, north}}
	for i, c := range corners {
		corners[i] = inDegrees(c)
	}
	ring, err := json.Marshal([][][2]float64{corners})
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf(`{"type":"Feature","properties":{"NAME":%q},"geometry":{"type":"Polygon","coordinates":%s}}`, name, ring)
}

// inDegrees undoes toNationalGrid by going after the remaining error, since the library's own inverse is 14 m off.
func inDegrees(grid [2]float64) [2]float64 {
	target, aim := orb.Point(grid), grid
	for range 20 {
		lon, lat, _ := wgs84.OSGB36NationalGrid().To(wgs84.LonLat())(aim[0], aim[1], 0)
		got := toNationalGrid(lon, lat)
		aim[0] += target[0] - got[0]
		aim[1] += target[1] - got[1]
	}
	lon, lat, _ := wgs84.OSGB36NationalGrid().To(wgs84.LonLat())(aim[0], aim[1], 0)
	return [2]float64{lon, lat}
}

// The worked example of the Ordnance Survey's "A guide to coordinate systems in Great Britain".
func TestToNationalGridAtCaisterWaterTower(t *testing.T) {
	t.Parallel()
	got := toNationalGrid(1.716051970, 52.657978597)
	if d := math.Hypot(got[0]-651409.903, got[1]-313177.270); d > 0.5 {
		t.Errorf("the tower is %.2f m away from where it stands", d)
	}
}

func TestCoverOfAnInventedAuthority(t *testing.T) {
	t.Parallel()
	a, problems := Read(strings.NewReader(invented), "x.yaml", opener(inventedFiles()))
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	for postcode, want := range map[string][]string{
		"AB1 1AA": {"south"}, "ab12cd": {"north"}, " AB1  1AC ": {"north"}, "AB1 1AD": {"north", "south"}, "AB1 1AE": nil,
		"AB1 1AF": nil, "AB1 1AG": nil, "AB2 3AA": {"south"}, "AB1 1AH": {"south"},
		"AB2 3ZZ": {"south"}, "AB3 9ZZ": {"south"}, // not in the file, by sector and by district
		"AB30 9ZZ": nil, "AB2 4ZZ": nil, "AB1 9ZZ": nil, "above the chip shop": nil, "": nil,
	} {
		if got := a.Coverage.Cover(postcode); !slices.Equal(got, want) {
			t.Errorf("%q is covered by %v, want %v", postcode, got, want)
		}
	}
	for postcode, want := range map[string][]string{"AB1 1AA": {"Lower"}, "AB1 2CD": {"Lower"}, "AB1 1AD": {"Shared"}, "AB1 1AF": nil, "AB1 1AG": nil} {
		if got, known := a.Coverage.Wards[postcode]; !known || !slices.Equal(got, want) {
			t.Errorf("%s lies in the wards %v, want %v", postcode, got, want)
		}
	}
	want := Report{
		Postcodes: 10, Covered: 6, ByTeam: map[string]int{"north": 2, "south": 4},
		Gaps:         []Finding{{Sector: "AB1 1", Count: 3, Examples: []string{"AB1 1AE", "AB1 1AF", "AB1 1AG"}}},
		Overlaps:     []Finding{{Sector: "AB1 1", Teams: []string{"north", "south"}, Count: 1, Examples: []string{"AB1 1AD"}}},
		OutsideWards: []string{"AB1 1AF", "AB2 3AA"}, NearBoundary: []string{"AB1 1AH"}, Unlocated: []string{"AB1 1AG"},
		WardsWithoutPatch: []string{"Open"}, UnusedRules: []Rule{{Kind: DistrictRule, Value: "AB3", Team: "south"}},
	}
	if !reflect.DeepEqual(a.Report, want) {
		t.Errorf("got  %+v\nwant %+v", a.Report, want)
	}
	lines := strings.Join(a.Report.Lines(), "\n")
	for _, sentence := range []string{
		"6 of 10 postcodes have exactly one team.", "gap: in AB1 1 no team covers 3: AB1 1AE, AB1 1AF, AB1 1AG.",
		"overlap: in AB1 1 north and south share 1: AB1 1AD.", "the district AB3 of south matches no postcode of the file.",
	} {
		if !strings.Contains(lines, sentence) {
			t.Errorf("the report does not say %q:\n%s", sentence, lines)
		}
	}
}

func TestLongReportsAreCut(t *testing.T) {
	t.Parallel()
	r := Report{OutsideWards: slices.Repeat([]string{"AB1 1AA"}, 14), Gaps: []Finding{{Sector: "AB1 1", Count: 5, Examples: []string{"AB1 1AA"}}}}
	want := []string{"gap: in AB1 1 no team covers 5: AB1 1AA and 4 more.", "in no ward: 14: " + strings.Repeat("AB1 1AA, ", 9) + "AB1 1AA and 4 more."}
	if got := r.Lines(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// drawnRule draws codes from so small a space that rules often meet the same postcode.
func drawnRule() *rapid.Generator[Rule] {
	return rapid.Custom(func(t *rapid.T) Rule {
		p := drawnPostcode().Draw(t, "of")
		rule := Rule{Team: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "team")}
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			rule.Kind, rule.Value = PostcodeRule, p.String()
		case 1:
			rule.Kind, rule.Value = SectorRule, p.Sector()
		default:
			rule.Kind, rule.Value = DistrictRule, p.District()
		}
		return rule
	})
}

func drawnPostcode() *rapid.Generator[Postcode] {
	return rapid.Custom(func(t *rapid.T) Postcode {
		return Postcode{
			Outward: rapid.SampledFrom([]string{"W1", "W10", "W1A", "W11", "SW1W"}).Draw(t, "outward"),
			Inward:  rapid.SampledFrom([]string{"0AA", "0AB", "1AA", "5BN"}).Draw(t, "inward"),
		}
	})
}

// oracle settles a postcode the slow way: by the written words, without any of the code under test.
func oracle(rules []Rule, known map[string][]string, postcode string) []string {
	if teams, ok := known[postcode]; ok {
		return teams
	}
	longest := -1
	teams := map[string]bool{}
	for _, rule := range rules {
		matches := rule.Value == postcode ||
			strings.HasPrefix(postcode, rule.Value) && strings.Contains(rule.Value, " ") ||
			strings.HasPrefix(postcode, rule.Value+" ")
		if !matches || len(rule.Value) < longest {
			continue
		}
		if len(rule.Value) > longest {
			longest, teams = len(rule.Value), map[string]bool{}
		}
		teams[rule.Team] = true
	}
	var sorted []string
	for _, team := range []string{"a", "b", "c"} {
		if teams[team] {
			sorted = append(sorted, team)
		}
	}
	return sorted
}

func TestTheLongestRuleWins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(drawnRule(), 0, 12).Draw(t, "rules")
		known := map[string][]string{}
		for _, p := range rapid.SliceOfN(drawnPostcode(), 0, 3).Draw(t, "known") {
			known[p.String()] = rapid.SampledFrom([][]string{nil, {"a"}, {"b", "c"}}).Draw(t, "settled")
		}
		c := NewCoverage(rules, known)
		p := drawnPostcode().Draw(t, "asked")
		asked := rapid.SampledFrom([]string{p.String(), strings.ToLower(p.String()), p.Outward + p.Inward, " " + p.Outward + "  " + p.Inward}).Draw(t, "written")
		if got, want := c.Cover(asked), oracle(rules, known, p.String()); !slices.Equal(got, want) {
			t.Fatalf("%q is covered by %v, want %v", asked, got, want)
		}
	})
}

// TestAWardCountsWhereNoCodeDoes holds that a ward's teams cover a postcode, those of all its wards, exactly where no rule
// names one of its codes.
func TestAWardCountsWhereNoCodeDoes(t *testing.T) {
	t.Parallel()
	names := []string{"Upper", "Lower", "W10", "W10 5BN"}
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(drawnRule(), 0, 6).Draw(t, "rules")
		byWard := map[string][]string{}
		for _, team := range []string{"c", "a", "b"} {
			for _, ward := range rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID).Draw(t, "wards of "+team) {
				rules = append(rules, Rule{Kind: WardRule, Value: ward, Team: team})
				byWard[ward] = append(byWard[ward], team)
			}
		}
		here := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 2, rapid.ID).Draw(t, "lies in")
		p := drawnPostcode().Draw(t, "asked")
		codes := slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return r.Kind == WardRule })
		want := oracle(codes, nil, p.String())
		if want == nil {
			for _, ward := range here {
				want = append(want, byWard[ward]...)
			}
			slices.Sort(want)
			want = slices.Compact(want)
		}
		decide := NewRules(rules)
		for range 2 { // an answer changes no rule
			if got := decide.Cover(p, here); !slices.Equal(got, want) {
				t.Fatalf("%s in %v is covered by %v, want %v", p, here, got, want)
			}
		}
	})
}

func TestWhatCoverAnswersCanBeChangedByTheCaller(t *testing.T) {
	t.Parallel()
	c := NewCoverage([]Rule{{Kind: DistrictRule, Value: "W10", Team: "a"}}, map[string][]string{"W11 1AA": {"b"}})
	for _, postcode := range []string{"W10 5BN", "W11 1AA"} {
		before := c.Cover(postcode)[0]
		c.Cover(postcode)[0] = "changed"
		if got := c.Cover(postcode)[0]; got != before {
			t.Errorf("%s is now covered by %s", postcode, got)
		}
	}
}

func TestParsePostcode(t *testing.T) {
	t.Parallel()
	for told, want := range map[string]string{
		"w10 5bn": "W10 5BN", "W105BN": "W10 5BN", "E1 6AN": "E1 6AN", "EC1A1BB": "EC1A 1BB", "NW106DX": "NW10 6DX", "W6  9UY": "W6 9UY",
		"W10": "", "W10 5": "", "W10 5BNN": "", "1W0 5BN": "", "ẞ10 5BN": "", "W10 BN5": "", "": "",
	} {
		p, ok := ParsePostcode(told)
		if ok != (want != "") || ok && p.String() != want {
			t.Errorf("%q is read as %v, %v", told, p, ok)
		}
	}
}
