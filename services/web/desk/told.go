package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// fact is one thing that was told, word for word, under the name that the API gives it.
type fact struct {
	// Path is the field's, such as children[0].birthDate.
	Path string
	// Group is whose it is: a child, an adult, the referrer; empty for the contact's.
	Group        string
	Label, Value string
}

// gather collects what was said and leaves out what was not.
type gather struct {
	v     *page.Visit
	at    string
	group string
	facts []fact
}

func (g *gather) add(field, value string) {
	if strings.TrimSpace(value) != "" {
		g.facts = append(g.facts, fact{Path: g.at + field, Group: g.group, Label: fieldText(g.v, field), Value: value})
	}
}

// sourceFacts are who told, beyond the kind of source.
func sourceFacts(v *page.Visit, s *referralv1.Source) []fact {
	g := &gather{v: v, at: "source.", group: v.T("desk.who_tells")}
	g.add("organisation", s.GetOrganisation())
	g.add("person", s.GetPerson())
	g.add("role", s.GetRole())
	g.add("phone", s.GetPhone())
	g.add("email", s.GetEmail())
	g.add("reference", s.GetReference())
	return g.facts
}

// childFacts are what was told of a child.
func childFacts(v *page.Visit, i int, c *referralv1.ToldChild) []fact {
	g := &gather{v: v, at: fmt.Sprintf("children[%d].", i), group: v.T("desk.child_number", "Number", i+1)}
	g.add("name", c.GetName())
	g.add("alsoKnownAs", c.GetAlsoKnownAs())
	g.add("birthDate", c.GetBirthDate())
	g.add("age", c.GetAge())
	g.add("expectedDate", c.GetExpectedDate())
	g.add("sex", c.GetSex())
	g.add("address", c.GetAddress())
	g.add("postcode", c.GetPostcode())
	g.add("school", c.GetSchool())
	g.add("description", c.GetDescription())
	g.add("nhsNumber", c.GetNhsNumber())
	g.add("upn", c.GetUpn())
	g.add("language", c.GetLanguage())
	return g.facts
}

// adultFacts are what was told of an adult, and how each child is related.
func adultFacts(v *page.Visit, i int, a *referralv1.ToldAdult, children []*referralv1.ToldChild) []fact {
	g := &gather{v: v, at: fmt.Sprintf("adults[%d].", i), group: v.T("desk.adult_number", "Number", i+1)}
	g.add("name", a.GetName())
	if same, all := alikeRelated(a, len(children)); all {
		g.add("relationships", same)
	} else {
		for _, r := range a.GetRelationships() {
			label := v.T("desk.related_to", "Child", childTitle(v, int(r.GetChild()), children))
			g.facts = append(g.facts, fact{Path: fmt.Sprintf("%srelationships[%d]", g.at, r.GetChild()), Group: g.group, Label: label, Value: r.GetRelationship()})
		}
	}
	g.add("birthDate", a.GetBirthDate())
	g.add("address", a.GetAddress())
	g.add("postcode", a.GetPostcode())
	g.add("phone", a.GetPhone())
	g.add("description", a.GetDescription())
	return g.facts
}

// alikeRelated gives the one relationship that an adult has to every child; false where there are several or none.
func alikeRelated(a *referralv1.ToldAdult, children int) (string, bool) {
	if len(a.GetRelationships()) != children || children == 0 {
		return "", false
	}
	same, seen := a.GetRelationships()[0].GetRelationship(), map[int32]bool{}
	for _, r := range a.GetRelationships() {
		if r.GetRelationship() != same || seen[r.GetChild()] {
			return "", false
		}
		seen[r.GetChild()] = true
	}
	return same, true
}

// childTitle is how a page calls a child of a contact: by the name as told, else by its place.
func childTitle(v *page.Visit, i int, children []*referralv1.ToldChild) string {
	if i < len(children) && strings.TrimSpace(children[i].GetName()) != "" {
		return children[i].GetName()
	}
	return v.T("desk.child_number", "Number", i+1)
}

// tellingFacts are whether the family knows, and on what basis it was shared.
func tellingFacts(v *page.Visit, told *referralv1.Told) []fact {
	g := &gather{v: v, at: "telling."}
	t := told.GetTelling()
	if t.GetParentsTold() != 0 {
		g.add("parentsTold", yesNoText(v, t.GetParentsTold()))
	}
	g.add("parentsViews", t.GetParentsViews())
	if t.GetChildTold() != 0 {
		g.add("childTold", yesNoText(v, t.GetChildTold()))
	}
	g.add("childViews", t.GetChildViews())
	g.add("whyNot", t.GetWhyNot())
	g.at = ""
	if told.GetLawfulBasis() != 0 {
		g.add("lawfulBasis", basisText(v, told.GetLawfulBasis()))
	}
	return g.facts
}

// allFacts are the whole of what was told, in the order of a page.
func allFacts(v *page.Visit, told *referralv1.Told) []fact {
	g := &gather{v: v}
	if told.GetImmediateDanger() {
		g.add("immediateDanger", v.T("desk.yes"))
	}
	g.add("worry", told.GetWorry())
	g.add("when", told.GetWhen())
	g.add("doneSoFar", told.GetDoneSoFar())
	all := g.facts
	for i, c := range told.GetChildren() {
		all = append(all, childFacts(v, i, c)...)
	}
	for i, a := range told.GetAdults() {
		all = append(all, adultFacts(v, i, a, told.GetChildren())...)
	}
	g = &gather{v: v, at: "source.", group: v.T("desk.who_tells")}
	g.add("code", sourceText(v, told.GetSource().GetCode()))
	all = append(all, g.facts...)
	all = append(all, sourceFacts(v, told.GetSource())...)
	return append(all, tellingFacts(v, told)...)
}

// pair is a fact in two texts; one of the values may be empty.
type pair struct {
	Group, Label, Before, After string
}

// differs says whether the two texts say something else.
func (p pair) differs() bool { return strings.TrimSpace(p.Before) != strings.TrimSpace(p.After) }

// beside puts two texts side by side, fact by fact, in the order of the second, each new one where it stands.
func beside(before, after []fact) []pair {
	was := map[string]fact{}
	for _, f := range before {
		was[f.Path] = f
	}
	var all []pair
	shown := map[string]bool{}
	for _, f := range after {
		all = append(all, pair{Group: f.Group, Label: f.Label, Before: was[f.Path].Value, After: f.Value})
		shown[f.Path] = true
	}
	for _, f := range before {
		if !shown[f.Path] {
			all = append(all, pair{Group: f.Group, Label: f.Label, Before: f.Value})
		}
	}
	return all
}

// reading is what was read in a fact about a child, and what is doubtful in it.
type reading struct {
	fact
	Read   string
	Doubts []string
}

// readings put what was read beside what was told. A doubt about something that was not told stands by itself.
func readings(v *page.Visit, i int, c *referralv1.ContactChild) []reading {
	as := c.GetDesk().GetReadAs()
	read := map[string]string{
		"name": nameRead(v, as), "birthDate": dateRead(v, as.GetBirthDate()), "expectedDate": dateRead(v, as.GetExpectedDate()),
		"sex": sexRead(v, as.GetSex()), "nhsNumber": grouped(as.GetNhsNumber()), "upn": as.GetUpn(), "postcode": as.GetPostcode(),
	}
	doubts := map[string][]string{}
	for _, d := range c.GetDesk().GetDoubts() {
		doubts[d.GetField()] = append(doubts[d.GetField()], d.GetWhy())
	}
	var all []reading
	prefix := fmt.Sprintf("children[%d].", i)
	for _, f := range childFacts(v, i, c.GetTold()) {
		field := strings.TrimPrefix(f.Path, prefix)
		all = append(all, reading{fact: f, Read: read[field], Doubts: doubts[field]})
		delete(doubts, field)
		delete(read, field)
	}
	if read["postcode"] != "" {
		// It was read in the address.
		all = append(all, reading{fact: fact{Path: prefix + "postcode", Label: fieldText(v, "postcode")}, Read: read["postcode"], Doubts: doubts["postcode"]})
		delete(doubts, "postcode")
	}
	for _, d := range c.GetDesk().GetDoubts() {
		if left := doubts[d.GetField()]; len(left) > 0 {
			all = append(all, reading{fact: fact{Path: prefix + d.GetField(), Label: fieldText(v, d.GetField())}, Doubts: left})
			delete(doubts, d.GetField())
		}
	}
	return all
}

// nameRead says which part of a name is taken for the surname.
func nameRead(v *page.Visit, as *referralv1.ReadAs) string {
	given := strings.Join(as.GetGivenNames(), " ")
	switch {
	case given != "" && as.GetFamilyName() != "":
		return v.T("desk.read_name", "Given", given, "Family", as.GetFamilyName())
	case as.GetFamilyName() != "":
		return v.T("desk.read_surname", "Family", as.GetFamilyName())
	default:
		return given
	}
}

// dateRead is a date in words; empty for none.
func dateRead(v *page.Visit, iso string) string {
	day, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return ""
	}
	return v.Date(day)
}

func sexRead(v *page.Visit, code string) string {
	switch code {
	case "M":
		return v.T("desk.sex_m")
	case "F":
		return v.T("desk.sex_f")
	default:
		return ""
	}
}

// grouped writes an NHS number as people read it out.
func grouped(number string) string {
	if len(number) != 10 {
		return number
	}
	return number[:3] + " " + number[3:6] + " " + number[6:]
}

// missing is something that would help and was not told.
type missing struct {
	// Whose it is; empty for the contact's.
	Whose string
	// Fields in words, and the first's name on the form that adds it.
	Fields []string
	At     string
}

// stillMissing gathers what is missing by whose it is, in the order of the page.
func stillMissing(v *page.Visit, c *referralv1.Contact) []missing {
	var all []missing
	at := map[string]int{}
	for _, path := range c.GetStillNeeded() {
		whose, field := "", path
		var i int
		switch {
		case scanned(path, "children[%d].", &i):
			whose, field = childTitle(v, i, c.GetTold().GetChildren()), path[strings.IndexByte(path, '.')+1:]
		case scanned(path, "adults[%d].", &i):
			whose, field = adultTitle(v, i, c.GetTold().GetAdults()), path[strings.IndexByte(path, '.')+1:]
		case strings.Contains(path, "."):
			field = path[strings.LastIndexByte(path, '.')+1:]
		}
		n, known := at[whose]
		if !known {
			n = len(all)
			at[whose] = n
			all = append(all, missing{Whose: whose, At: "told." + path})
		}
		all[n].Fields = append(all[n].Fields, missingText(v, field))
	}
	return all
}

func scanned(path, pattern string, i *int) bool {
	n, err := fmt.Sscanf(path, pattern, i)
	return err == nil && n == 1
}

func adultTitle(v *page.Visit, i int, adults []*referralv1.ToldAdult) string {
	if i < len(adults) && strings.TrimSpace(adults[i].GetName()) != "" {
		return adults[i].GetName()
	}
	return v.T("desk.adult_number", "Number", i+1)
}

// missingText asks for a field in a few words.
// words: desk.missing_*
func missingText(v *page.Visit, field string) string {
	key := "desk.missing_" + snake(field)
	if text := v.T(key); text != key {
		return text
	}
	return fieldText(v, field)
}

// unnamed leaves the name out, where a heading says it.
func unnamed(facts []fact) []fact {
	return slices.DeleteFunc(facts, func(f fact) bool { return strings.HasSuffix(f.Path, ".name") })
}
