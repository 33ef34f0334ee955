package desk

import (
	"fmt"
	"strconv"
	"strings"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

// most is how many children or adults a contact can have.
const most = 30

// How many blocks of children and adults the form shows, in fields of the form, so that a draft keeps them.
const (
	shownChildren = "shown.children"
	shownAdults   = "shown.adults"
)

// text is what was typed in a field, word for word but for the browser's line ends and space around it.
func text(f *page.Form, name string) string {
	return strings.TrimSpace(strings.ReplaceAll(f.Get(name), "\r\n", "\n"))
}

// blocks is how many blocks a form shows.
func blocks(f *page.Form, name string, least int) int {
	n, err := strconv.Atoi(f.Get(name))
	if err != nil {
		n = 0
	}
	return min(max(n, least), most)
}

// told is what a form tells, and where in the form each child and adult stands: blocks that say nothing are left out.
type told struct {
	*referralv1.Told
	children, adults []int
}

// toldOf reads what somebody told from the form. The first kept children hold their place even where they say nothing.
func toldOf(f *page.Form, kept int) told {
	t := told{Told: &referralv1.Told{
		Source: &referralv1.Source{
			Code: orElse(text(f, "told.source.code"), "10"), Organisation: text(f, "told.source.organisation"), Person: text(f, "told.source.person"),
			Role: text(f, "told.source.role"), Phone: text(f, "told.source.phone"), Email: text(f, "told.source.email"), Reference: text(f, "told.source.reference"),
		},
		Worry: text(f, "told.worry"), When: text(f, "told.when"), DoneSoFar: text(f, "told.doneSoFar"), ImmediateDanger: f.Has("told.immediateDanger", "yes"),
		LawfulBasis: numbered[referralv1.LawfulBasis](f.Get("told.lawfulBasis")),
	}}
	telling := &referralv1.Telling{
		ParentsTold: numbered[referralv1.YesNo](f.Get("told.telling.parentsTold")), ParentsViews: text(f, "told.telling.parentsViews"),
		ChildTold: numbered[referralv1.YesNo](f.Get("told.telling.childTold")), ChildViews: text(f, "told.telling.childViews"), WhyNot: text(f, "told.telling.whyNot"),
	}
	if telling.GetParentsTold() != 0 || telling.GetChildTold() != 0 || telling.GetParentsViews() != "" || telling.GetChildViews() != "" || telling.GetWhyNot() != "" {
		t.Telling = telling
	}
	for i := range blocks(f, shownChildren, 1) {
		if c := childOf(f, i); i < kept || says(c) {
			t.Children, t.children = append(t.Children, c), append(t.children, i)
		}
	}
	for i := range blocks(f, shownAdults, 0) {
		if a := adultOf(f, i, t.children); adultSays(a) {
			t.Adults, t.adults = append(t.Adults, a), append(t.adults, i)
		}
	}
	return t
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func childField(i int, field string) string { return fmt.Sprintf("told.children[%d].%s", i, field) }

func adultField(i int, field string) string { return fmt.Sprintf("told.adults[%d].%s", i, field) }

func childOf(f *page.Form, i int) *referralv1.ToldChild {
	of := func(field string) string { return text(f, childField(i, field)) }
	c := &referralv1.ToldChild{
		Name: of("name"), AlsoKnownAs: of("alsoKnownAs"), BirthDate: of("birthDate"), Age: of("age"), ExpectedDate: of("expectedDate"), Sex: of("sex"),
		NhsNumber: of("nhsNumber"), Upn: of("upn"), Address: of("address"), Postcode: of("postcode"), School: of("school"),
		Description: of("description"), Language: of("language"),
	}
	if i > 0 && f.Has(childField(i, "sameHome"), "yes") && says(c) {
		c.Address, c.Postcode = sameHome(f, c.GetAddress(), c.GetPostcode())
	}
	return c
}

// sameHome is the first child's address for whoever lives there too, so that nobody types it twice.
func sameHome(f *page.Form, address, postcode string) (string, string) {
	if address == "" && postcode == "" {
		return text(f, childField(0, "address")), text(f, childField(0, "postcode"))
	}
	return address, postcode
}

// says tells a child that something is known of, as the API wants it.
func says(c *referralv1.ToldChild) bool {
	return c.GetName() != "" || c.GetAlsoKnownAs() != "" || c.GetBirthDate() != "" || c.GetAge() != "" || c.GetExpectedDate() != "" ||
		c.GetNhsNumber() != "" || c.GetUpn() != "" || c.GetAddress() != "" || c.GetPostcode() != "" || c.GetSchool() != "" || c.GetDescription() != ""
}

// adultOf reads an adult. One word for how they are related holds for every child; a word for one child goes before it.
func adultOf(f *page.Form, i int, children []int) *referralv1.ToldAdult {
	of := func(field string) string { return text(f, adultField(i, field)) }
	a := &referralv1.ToldAdult{
		Name: of("name"), BirthDate: of("birthDate"), Address: of("address"), Postcode: of("postcode"), Phone: of("phone"), Description: of("description"),
	}
	for place, block := range children {
		if related := orElse(of(fmt.Sprintf("relationships[%d]", block)), of("relationships")); related != "" {
			a.Relationships = append(a.Relationships, &referralv1.Relationship{Child: int32(place), Relationship: related})
		}
	}
	if adultSays(a) && f.Has(adultField(i, "sameHome"), "yes") {
		a.Address, a.Postcode = sameHome(f, a.GetAddress(), a.GetPostcode())
	}
	return a
}

func adultSays(a *referralv1.ToldAdult) bool {
	return a.GetName() != "" || a.GetBirthDate() != "" || a.GetAddress() != "" || a.GetPostcode() != "" || a.GetPhone() != "" || a.GetDescription() != "" ||
		len(a.GetRelationships()) > 0
}

// refused moves a refusal to the block of the form that it is about.
func (t told) refused(err error) error {
	if err == nil {
		return nil
	}
	f := *fault.From(err)
	for _, list := range []struct {
		name   string
		places []int
	}{{"children", t.children}, {"adults", t.adults}} {
		var i int
		prefix := "told." + list.name
		if n, scan := fmt.Sscanf(f.Field, prefix+"[%d]", &i); scan == nil && n == 1 && i >= 0 && i < len(list.places) {
			rest := strings.TrimPrefix(f.Field, fmt.Sprintf("%s[%d]", prefix, i))
			f.Field = fmt.Sprintf("%s[%d]", prefix, list.places[i]) + orElse(rest, ".name")
		}
	}
	if f.Field == "told.children" {
		f.Field = childField(0, "name")
	}
	return &f
}

// check says what is compulsory: a worry and something about a child.
func (t told) check(v *page.Visit, f *page.Form) bool {
	if t.GetWorry() == "" {
		f.Wrong("told.worry", v.T("desk.worry_missing"))
	}
	if len(t.GetChildren()) == 0 {
		f.Wrong(childField(0, "name"), v.T("desk.child_missing"))
	}
	for place, c := range t.GetChildren() {
		if !says(c) {
			f.Wrong(childField(t.children[place], "name"), v.T("desk.child_missing"))
		}
	}
	return len(f.Problems) == 0
}

// fill puts what was told into a form.
func fill(f *page.Form, t *referralv1.Told) {
	set := func(name, value string) {
		if value != "" {
			f.Set(name, value)
		}
	}
	s, telling := t.GetSource(), t.GetTelling()
	for name, value := range map[string]string{
		"source.code": s.GetCode(), "source.organisation": s.GetOrganisation(), "source.person": s.GetPerson(), "source.role": s.GetRole(),
		"source.phone": s.GetPhone(), "source.email": s.GetEmail(), "source.reference": s.GetReference(),
		"worry": t.GetWorry(), "when": t.GetWhen(), "doneSoFar": t.GetDoneSoFar(),
		"telling.parentsViews": telling.GetParentsViews(), "telling.childViews": telling.GetChildViews(), "telling.whyNot": telling.GetWhyNot(),
	} {
		set("told."+name, value)
	}
	f.Set("told.telling.parentsTold", number(telling.GetParentsTold()))
	f.Set("told.telling.childTold", number(telling.GetChildTold()))
	f.Set("told.lawfulBasis", number(t.GetLawfulBasis()))
	if t.GetImmediateDanger() {
		f.Set("told.immediateDanger", "yes")
	}
	for i, c := range t.GetChildren() {
		for field, value := range map[string]string{
			"name": c.GetName(), "alsoKnownAs": c.GetAlsoKnownAs(), "birthDate": c.GetBirthDate(), "age": c.GetAge(), "expectedDate": c.GetExpectedDate(),
			"sex": c.GetSex(), "nhsNumber": c.GetNhsNumber(), "upn": c.GetUpn(), "address": c.GetAddress(), "postcode": c.GetPostcode(),
			"school": c.GetSchool(), "description": c.GetDescription(), "language": c.GetLanguage(),
		} {
			set(childField(i, field), value)
		}
	}
	for i, a := range t.GetAdults() {
		fillAdult(f, i, a, len(t.GetChildren()))
	}
	f.Set(shownChildren, strconv.Itoa(max(len(t.GetChildren()), 1)))
	f.Set(shownAdults, strconv.Itoa(len(t.GetAdults())))
}

func fillAdult(f *page.Form, i int, a *referralv1.ToldAdult, children int) {
	for field, value := range map[string]string{
		"name": a.GetName(), "birthDate": a.GetBirthDate(), "address": a.GetAddress(), "postcode": a.GetPostcode(), "phone": a.GetPhone(),
		"description": a.GetDescription(),
	} {
		if value != "" {
			f.Set(adultField(i, field), value)
		}
	}
	if same, all := alikeRelated(a, children); all {
		f.Set(adultField(i, "relationships"), same)
		return
	}
	for _, r := range a.GetRelationships() {
		name := adultField(i, fmt.Sprintf("relationships[%d]", r.GetChild()))
		if before := f.Get(name); before != "" {
			// Somebody may be both a grandmother and the carer.
			f.Set(name, before+"; "+r.GetRelationship())
			continue
		}
		f.Set(name, r.GetRelationship())
	}
}

// more adds a block where the press asked for one, and says where the page should go on; empty where nothing was asked.
func more(f *page.Form) string {
	switch f.Get("add") {
	case "child":
		f.Values.Del("add")
		n := min(blocks(f, shownChildren, 1)+1, most)
		f.Set(shownChildren, strconv.Itoa(n))
		return fmt.Sprintf("child-%d", n)
	case "adult":
		f.Values.Del("add")
		n := min(blocks(f, shownAdults, 0)+1, most)
		f.Set(shownAdults, strconv.Itoa(n))
		return fmt.Sprintf("adult-%d", n)
	default:
		return ""
	}
}

// anyOf says whether one of the fields holds something or is wrong: what holds words is never folded away.
func anyOf(f *page.Form, names ...string) bool {
	for _, name := range names {
		if text(f, name) != "" || f.ProblemAt(name) != "" {
			return true
		}
	}
	return false
}

func tellingSaid(f *page.Form) bool {
	for _, name := range []string{"told.telling.parentsTold", "told.telling.childTold", "told.lawfulBasis"} {
		if value := f.Get(name); value != "" && value != "0" {
			return true
		}
	}
	return anyOf(f, "told.telling.parentsViews", "told.telling.childViews", "told.telling.whyNot")
}

// relationshipFields are the fields that say how an adult is related to each child by itself.
func relationshipFields(f *page.Form, i int) []string {
	var names []string
	for j := range blocks(f, shownChildren, 1) {
		names = append(names, adultField(i, fmt.Sprintf("relationships[%d]", j)))
	}
	return names
}

// childCalled is how the form calls a child that is being described.
func childCalled(v *page.Visit, f *page.Form, i int) string {
	return orElse(text(f, childField(i, "name")), v.T("desk.child_number", "Number", i+1))
}

func yesNoChoices(v *page.Visit) []page.Choice {
	var all []page.Choice
	for _, y := range []referralv1.YesNo{referralv1.YesNo_YES_NO_YES, referralv1.YesNo_YES_NO_NO, referralv1.YesNo_YES_NO_UNSPECIFIED} {
		all = append(all, page.Choice{Value: number(y), Text: yesNoText(v, y)})
	}
	return all
}

func basisChoices(v *page.Visit) []page.Choice {
	var all []page.Choice
	for b := range referralv1.LawfulBasis(len(referralv1.LawfulBasis_name)) {
		all = append(all, page.Choice{Value: number(b), Text: basisText(v, b)})
	}
	return all
}
