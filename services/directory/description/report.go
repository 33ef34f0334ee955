package description

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	maxExamples = 3
	maxListed   = 10
)

// Report says what the patches leave open over the authority's own postcodes. Nothing in it stops an import: a postcode
// without exactly one team waits for a person.
type Report struct {
	// Postcodes is how many of the file's postcodes are the authority's.
	Postcodes int
	// Covered is how many of them have exactly one team.
	Covered int
	// ByTeam is how many each team has to itself, by team key.
	ByTeam map[string]int
	// Gaps are postcodes without a team, Overlaps those with several; by sector, and by teams within a sector.
	Gaps, Overlaps []Finding
	// OutsideWards lie in no ward of the boundary file, whatever rule covers them.
	OutsideWards []string
	// NearBoundary have their team by a ward but lie within 10 m of another team's ward: someone should look, and settle
	// them as single postcodes.
	NearBoundary []string
	// Unlocated have no grid reference and no rule.
	Unlocated []string
	// WardsWithoutPatch hold some of the authority's postcodes but no patch names them.
	WardsWithoutPatch []string
	// UnusedRules are codes that match no postcode of the file; often a slip of the pen.
	UnusedRules []Rule
	// TeamsWithoutPatch are Family Facing Teams that cover nothing.
	TeamsWithoutPatch []string
}

// Finding is the gaps, or the overlaps of the same teams, in one sector. Examples are at most three of its postcodes.
type Finding struct {
	Sector   string
	Teams    []string
	Count    int
	Examples []string
}

type findingKey struct{ sector, teams string }

func (r *resolution) count(p Postcode, teams []string) {
	if len(teams) == 1 {
		r.report.Covered++
		if r.report.ByTeam == nil {
			r.report.ByTeam = map[string]int{}
		}
		r.report.ByTeam[teams[0]]++
		return
	}
	key := findingKey{sector: p.Sector(), teams: strings.Join(teams, " ")}
	f := r.findings[key]
	if f == nil {
		f = &Finding{Sector: key.sector, Teams: teams}
		r.findings[key] = f
	}
	f.Count++
	if len(f.Examples) < maxExamples {
		f.Examples = append(f.Examples, p.String())
	}
}

func (r *resolution) finish(a *Authority) Report {
	report := r.report
	keys := slices.SortedFunc(maps.Keys(r.findings), func(a, b findingKey) int {
		return cmp.Or(cmp.Compare(a.sector, b.sector), cmp.Compare(a.teams, b.teams))
	})
	for _, key := range keys {
		if f := *r.findings[key]; len(f.Teams) == 0 {
			report.Gaps = append(report.Gaps, f)
		} else {
			report.Overlaps = append(report.Overlaps, f)
		}
	}
	report.WardsWithoutPatch = slices.Sorted(maps.Keys(r.openWards))
	if r.coverage.Postcodes != nil {
		for _, rule := range r.coverage.Rules {
			if rule.Kind != WardRule && !r.usedRules[named{rule.Kind, rule.Value}] {
				report.UnusedRules = append(report.UnusedRules, rule)
			}
		}
	}
	for _, team := range a.Teams {
		hasPatch := slices.ContainsFunc(a.Patches, func(p Patch) bool { return p.Team == team.Key })
		if team.Kind == FamilyFacing && !hasPatch {
			report.TeamsWithoutPatch = append(report.TeamsWithoutPatch, team.Key)
		}
	}
	return report
}

// Lines is the report for a terminal, one sentence a line; long lists are cut, the report itself holds them whole.
func (r Report) Lines() []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if r.Postcodes > 0 {
		say("%d of %d postcodes have exactly one team.", r.Covered, r.Postcodes)
	}
	for _, f := range r.Gaps {
		say("gap: in %s no team covers %d: %s.", f.Sector, f.Count, listed(f.Examples, f.Count))
	}
	for _, f := range r.Overlaps {
		say("overlap: in %s %s share %d: %s.", f.Sector, strings.Join(f.Teams, " and "), f.Count, listed(f.Examples, f.Count))
	}
	list := func(what string, values []string) {
		if n := len(values); n > 0 {
			say("%s: %d: %s.", what, n, listed(values[:min(n, maxListed)], n))
		}
	}
	list("within 10 m of another team's ward", r.NearBoundary)
	list("in no ward", r.OutsideWards)
	list("without a grid reference", r.Unlocated)
	list("wards in no patch", r.WardsWithoutPatch)
	list("Family Facing Teams without a patch", r.TeamsWithoutPatch)
	for _, rule := range r.UnusedRules {
		say("the %s %s of %s matches no postcode of the file.", rule.Kind, rule.Value, rule.Team)
	}
	return lines
}

// listed names the first of some values, and how many more there are.
func listed(first []string, total int) string {
	text := strings.Join(first, ", ")
	if more := total - len(first); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
