package description

import (
	"slices"
	"strings"
)

// RuleKind says how much of a postcode a rule names.
type RuleKind string

// The kinds of rule, the surest first.
const (
	PostcodeRule RuleKind = "postcode"
	SectorRule   RuleKind = "sector"
	DistrictRule RuleKind = "district"
)

// Rule is one code that a patch names in so many words. Value is normalised: `W10 5BN`, `W10 5` or `W10`.
type Rule struct {
	Kind  RuleKind
	Value string
	Team  string
}

// Coverage says which team covers a postcode.
type Coverage struct {
	// Rules are what the patches name in so many words, in the order of the file; they also decide postcodes that the
	// postcode file does not know yet.
	Rules []Rule
	// Postcodes holds the whole answer for every postcode of the postcode file, keyed as `W10 5BN`: the keys of the teams,
	// sorted. One team is an answer; none, or several, needs a person. The slices are shared and must not be changed.
	Postcodes map[string][]string

	byValue map[string][]string
}

// NewCoverage builds a coverage of rules and of answers settled before; postcodes may be nil.
func NewCoverage(rules []Rule, postcodes map[string][]string) *Coverage {
	c := &Coverage{Rules: rules, Postcodes: postcodes, byValue: map[string][]string{}}
	for _, rule := range rules {
		c.byValue[rule.Value] = with(c.byValue[rule.Value], rule.Team)
	}
	return c
}

// Cover answers the keys of the teams whose patch holds the postcode, sorted. Exactly one is an answer; none, or several,
// needs a person. What has not the form of a postcode is covered by nobody.
func (c *Coverage) Cover(postcode string) []string {
	p, ok := ParsePostcode(postcode)
	if !ok {
		return nil
	}
	if teams, known := c.Postcodes[p.String()]; known {
		return slices.Clone(teams)
	}
	teams, _ := c.byRule(p)
	return slices.Clone(teams)
}

// byRule answers the teams of the longest code that matches. The three kinds of code can't be confused: only a sector
// has one character after its space, only a district has no space.
func (c *Coverage) byRule(p Postcode) (teams []string, value string) {
	for _, value := range []string{p.String(), p.Sector(), p.District()} {
		if teams, ok := c.byValue[value]; ok {
			return teams, value
		}
	}
	return nil, ""
}

// with adds a team to a sorted set of them.
func with(teams []string, team string) []string {
	at, found := slices.BinarySearch(teams, team)
	if found {
		return teams
	}
	return slices.Insert(slices.Clone(teams), at, team)
}

// rulesOf lists what the patches name in so many words.
func rulesOf(patches []Patch) []Rule {
	var rules []Rule
	for _, patch := range patches {
		for _, list := range []struct {
			kind   RuleKind
			values []string
		}{{PostcodeRule, patch.Postcodes}, {SectorRule, patch.Sectors}, {DistrictRule, patch.Districts}} {
			for _, value := range list.values {
				rules = append(rules, Rule{Kind: list.kind, Value: value, Team: patch.Team})
			}
		}
	}
	return rules
}

// sets keeps one copy of each set of teams, so that ten thousand postcodes share a handful of slices.
type sets map[string][]string

func (s sets) share(teams []string) []string {
	id := strings.Join(teams, " ")
	if shared, ok := s[id]; ok {
		return shared
	}
	s[id] = teams
	return teams
}
