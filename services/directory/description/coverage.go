package description

import (
	"slices"
	"strings"
)

// RuleKind says how much a rule names.
type RuleKind string

// The kinds of rule, the surest first.
const (
	PostcodeRule RuleKind = "postcode"
	SectorRule   RuleKind = "sector"
	DistrictRule RuleKind = "district"
	WardRule     RuleKind = "ward"
)

// Rule is one thing that a patch names. Value is normalised: `W10 5BN`, `W10 5`, `W10`, or a ward as the boundary file
// calls it.
type Rule struct {
	Kind  RuleKind
	Value string
	Team  string
}

// Rules decide which teams cover a postcode. They are the one place that does: for an import, for a patch that is tried
// out, for a postcode that no file knows.
type Rules struct{ teams map[named][]string }

// named is what a rule names, whosever it is.
type named struct {
	kind  RuleKind
	value string
}

// NewRules puts rules in order.
func NewRules(rules []Rule) *Rules {
	r := &Rules{teams: make(map[named][]string, len(rules))}
	for _, rule := range rules {
		n := named{rule.Kind, rule.Value}
		r.teams[n] = with(r.teams[n], rule.Team)
	}
	return r
}

// Cover answers the keys of the teams of the surest rules that hold the postcode, sorted: its own, else its sector's,
// else its district's, else those of all wards it lies in. Exactly one is an answer; none, or several, needs a person.
// The slice is shared and must not be changed.
func (r *Rules) Cover(p Postcode, wards []string) []string {
	teams, _ := r.byCode(p)
	if teams == nil {
		teams = r.byWard(wards)
	}
	return teams
}

// byCode answers the teams of the longest code that matches, and which it is.
func (r *Rules) byCode(p Postcode) ([]string, named) {
	for _, code := range []named{{PostcodeRule, p.String()}, {SectorRule, p.Sector()}, {DistrictRule, p.District()}} {
		if teams, ok := r.teams[code]; ok {
			return teams, code
		}
	}
	return nil, named{}
}

// byWard answers the teams of all the wards: boundaries are simplified, and two of them may meet over a postcode.
func (r *Rules) byWard(wards []string) []string {
	var all []string
	for _, ward := range wards {
		teams := r.teams[named{WardRule, ward}]
		if all == nil {
			all = teams
			continue
		}
		for _, team := range teams {
			all = with(all, team)
		}
	}
	return all
}

// Coverage says which team covers a postcode.
type Coverage struct {
	// Rules are what the patches name, in the order of the file; they also decide postcodes that the postcode file does
	// not know yet.
	Rules []Rule
	// Postcodes holds the whole answer for every postcode of the postcode file, keyed as `W10 5BN`: the keys of the teams,
	// sorted. One team is an answer; none, or several, needs a person. The slices are shared and must not be changed.
	Postcodes map[string][]string
	// Wards are the names of the wards that each of these postcodes lies in: one as a rule. The slices are shared.
	Wards map[string][]string

	rules *Rules
}

// NewCoverage builds a coverage of rules and of answers settled before; postcodes may be nil.
func NewCoverage(rules []Rule, postcodes map[string][]string) *Coverage {
	return &Coverage{Rules: rules, Postcodes: postcodes, rules: NewRules(rules)}
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
	return slices.Clone(c.rules.Cover(p, nil))
}

// with adds a team to a sorted set of them.
func with(teams []string, team string) []string {
	at, found := slices.BinarySearch(teams, team)
	if found {
		return teams
	}
	return slices.Insert(slices.Clone(teams), at, team)
}

// rulesOf lists what the patches name.
func rulesOf(patches []Patch) []Rule {
	var rules []Rule
	for _, patch := range patches {
		for _, list := range []struct {
			kind   RuleKind
			values []string
		}{{PostcodeRule, patch.Postcodes}, {SectorRule, patch.Sectors}, {DistrictRule, patch.Districts}, {WardRule, patch.Wards}} {
			for _, value := range list.values {
				rules = append(rules, Rule{Kind: list.kind, Value: value, Team: patch.Team})
			}
		}
	}
	return rules
}

// sets keeps one copy of each set of words, so that ten thousand postcodes share a handful of slices.
type sets map[string][]string

func (s sets) share(words []string) []string {
	id := strings.Join(words, "\n")
	if shared, ok := s[id]; ok {
		return shared
	}
	s[id] = words
	return words
}
