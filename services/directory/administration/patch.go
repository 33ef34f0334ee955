package administration

import (
	"fmt"
	"slices"
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/directory/description"
)

// grounds are all that decides which team covers what: the authority's postcodes and every team's rules.
type grounds struct {
	postcodes []covered
	rules     []description.Rule
}

// covered is a postcode of the authority.
type covered struct {
	Code  string
	Teams []string
	Wards []string
}

func (c covered) postcode() description.Postcode {
	outward, inward, _ := strings.Cut(c.Code, " ")
	return description.Postcode{Outward: outward, Inward: inward}
}

// wardsUnknown says that the authority was imported before it was kept which wards a postcode lies in: a team covers a
// postcode by none of the rules that are known.
func (g grounds) wardsUnknown() bool {
	rules := description.NewRules(g.rules)
	return slices.ContainsFunc(g.postcodes, func(c covered) bool {
		return len(c.Wards) == 0 && !slices.Equal(c.Teams, rules.Cover(c.postcode(), nil))
	})
}

// with gives the grounds as they are when a team's rules are these and no others.
func (g grounds) with(team string, rules []description.Rule) grounds {
	others := slices.DeleteFunc(slices.Clone(g.rules), func(r description.Rule) bool { return r.Team == team })
	after := grounds{rules: append(others, rules...), postcodes: make([]covered, len(g.postcodes))}
	decide := description.NewRules(after.rules)
	for n, c := range g.postcodes {
		c.Teams = decide.Cover(c.postcode(), c.Wards)
		after.postcodes[n] = c
	}
	return after
}

// coveredBy is how many postcodes a team covers, alone or with others.
func (g grounds) coveredBy(team string) int32 {
	n := int32(0)
	for _, c := range g.postcodes {
		if slices.Contains(c.Teams, team) {
			n++
		}
	}
	return n
}

// mostListed is how many gaps and overlaps are listed.
const mostListed = 100

// coverage counts gaps and overlaps.
func (g grounds) coverage(named func(team string) string) *directoryv1.Coverage {
	m := &directoryv1.Coverage{Postcodes: int32(len(g.postcodes))}
	for _, c := range g.postcodes {
		switch {
		case len(c.Teams) == 0:
			if m.WithoutTeam++; m.GetWithoutTeam() <= mostListed {
				m.FirstWithoutTeam = append(m.FirstWithoutTeam, c.Code)
			}
		case len(c.Teams) > 1:
			if m.WithSeveral++; m.GetWithSeveral() <= mostListed {
				overlap := &directoryv1.Overlap{Postcode: c.Code}
				for _, team := range c.Teams {
					overlap.Teams = append(overlap.Teams, named(team))
				}
				m.FirstWithSeveral = append(m.FirstWithSeveral, overlap)
			}
		}
	}
	return m
}

// becomes gives, by the teams that cover them then, the postcodes that after covers otherwise.
func (g grounds) becomes(after grounds) map[string][]string {
	changed := map[string][]string{}
	for n, c := range g.postcodes {
		if then := after.postcodes[n].Teams; !slices.Equal(c.Teams, then) {
			teams := strings.Join(then, " ")
			changed[teams] = append(changed[teams], c.Code)
		}
	}
	return changed
}

// rulesOf reads the rules that a page sends for a team, each once. What the authority does not have is refused by name;
// what the team's patch names already may stay, since a file may know more than its postcodes.
func (g grounds) rulesOf(team string, sent []*directoryv1.PatchRule) ([]description.Rule, error) {
	known := g.known(team)
	var rules []description.Rule
	for n, m := range sent {
		field := at("rules", n) + ".value"
		rule, want := readRule(team, m)
		if want != "" {
			return nil, mustBe(field, want+`; "`+m.GetValue()+`" is none`)
		}
		value, ok := known[thing{rule.Kind, strings.ToLower(rule.Value)}]
		if !ok {
			return nil, fault.Invalid(field, notHere(rule))
		}
		rule.Value = value
		if !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
	}
	return rules, nil
}

func readRule(team string, m *directoryv1.PatchRule) (rule description.Rule, want string) {
	rule = description.Rule{Team: team, Value: tidy(m.GetValue())}
	switch m.GetKind() {
	case directoryv1.PatchRuleKind_PATCH_RULE_KIND_POSTCODE:
		rule.Kind = description.PostcodeRule
		rule.Value, want = description.ReadPostcode(rule.Value)
	case directoryv1.PatchRuleKind_PATCH_RULE_KIND_SECTOR:
		rule.Kind = description.SectorRule
		rule.Value, want = description.ReadSector(rule.Value)
	case directoryv1.PatchRuleKind_PATCH_RULE_KIND_DISTRICT:
		rule.Kind = description.DistrictRule
		rule.Value, want = description.ReadDistrict(rule.Value)
	default:
		rule.Kind = description.WardRule
		want = description.Words(300, false)(rule.Value)
	}
	return rule, want
}

func notHere(rule description.Rule) string {
	if rule.Kind == description.WardRule {
		return fmt.Sprintf("there is no ward %q in this authority; choose one of its wards", rule.Value)
	}
	if rule.Kind == description.PostcodeRule {
		return fmt.Sprintf("the postcode %s is not one of this authority's", rule.Value)
	}
	return fmt.Sprintf("no postcode of this authority lies in the %s %s", rule.Kind, rule.Value)
}

// thing is what a rule may name, in lower case.
type thing struct {
	kind  description.RuleKind
	lower string
}

// known is everything that the team's rules may name, each as it is written.
func (g grounds) known(team string) map[thing]string {
	all := map[thing]string{}
	add := func(kind description.RuleKind, value string) { all[thing{kind, strings.ToLower(value)}] = value }
	for _, rule := range g.rules {
		if rule.Team == team || rule.Kind == description.WardRule {
			add(rule.Kind, rule.Value)
		}
	}
	for _, c := range g.postcodes {
		p := c.postcode()
		add(description.PostcodeRule, c.Code)
		add(description.SectorRule, p.Sector())
		add(description.DistrictRule, p.District())
		for _, ward := range c.Wards {
			add(description.WardRule, ward)
		}
	}
	return all
}

// ruleMessages shows rules: wards first, then from the largest to the smallest.
func ruleMessages(rules []description.Rule) []*directoryv1.PatchRule {
	var all []*directoryv1.PatchRule
	for _, kind := range []description.RuleKind{description.WardRule, description.DistrictRule, description.SectorRule, description.PostcodeRule} {
		for _, rule := range rules {
			if rule.Kind == kind {
				value := directoryv1.PatchRuleKind_value["PATCH_RULE_KIND_"+strings.ToUpper(string(kind))]
				all = append(all, &directoryv1.PatchRule{Kind: directoryv1.PatchRuleKind(value), Value: rule.Value})
			}
		}
	}
	return all
}
