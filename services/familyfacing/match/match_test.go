package match_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/services/familyfacing/family"
	"github.com/kithcare/kith/services/platform/try"
)

func TestTheOneBoxFindsSomebodyWithTheReason(t *testing.T) {
	t.Parallel()
	seed(t, try.Kensington, &family.PastFamily{People: []family.PastPerson{
		{
			Child: true, FullName: "Chidiebere Okaforinvented", AlsoKnownAs: "Zedinvented", BirthDate: time.Now().AddDate(-8, -3, 0), Sex: "M",
			NHSNumber: "9990001014", Address: "Flat 3, 12 Quillerby Road, London", Postcode: "W10 4RA",
		},
		{FullName: "Ngozi Okaforinvented", Relationship: "mother", Phone: "020 7946 0777", Address: "Flat 3, 12 Quillerby Road, London", Postcode: "W10 4RA"},
	}})
	const boy, mother = "Chidiebere Okaforinvented", "Ngozi Okaforinvented"
	for words, want := range map[string]struct{ who, reason string }{
		"Chidiebere Okaforinvented":             {boy, "the same surname"},
		"okaforinvented chidiebere":             {boy, "first name and surname the other way round"},
		"Chidiebere Okafourinvented":            {boy, "surname spelt almost the same"},
		"Chidiebere Ocaphorinvented":            {boy, "surname sounds like"},
		"Chidibere Okaforinvented":              {boy, "the first name is spelt almost the same"},
		"Okaforinvented about 7":                {boy, "born within a year"},
		"Okaforinvented 8 years":                {boy, "of that age"},
		"Okaforinvented Quillerby Road":         {boy, "the same street"},
		"boy of about 8, Quillerby Road":        {boy, "the same street"},
		"Okaforinvented, Quilerby Rd":           {boy, "street spelt almost the same"},
		"Chidiebere, flat 3, 12 Quillerby Road": {boy, "the same address"},
		"Zedinvented":                           {boy, "also known by that name"},
		"999 000 1014":                          {boy, "the same NHS number"},
		"Chidiebere Okaforinvented 9990001015":  {boy, "an NHS number that differs by one digit"},
		"020 7946 0777":                         {mother, "the same phone number"},
		"+44 20 7946 0777 Okaforinvented":       {mother, "the same phone number"},
		"79460777":                              {mother, "the same phone number"},
	} {
		found := find(t, box(words))
		at := slices.IndexFunc(found, func(m *familyfacingv1.Match) bool { return m.GetFullName() == want.who })
		if at < 0 || found[at].GetWeightHundredths() != found[0].GetWeightHundredths() || !slices.Contains(found[at].GetReasons(), want.reason) {
			t.Errorf("%q: found %v, want %s first: %s", words, found, want.who, want.reason)
		}
	}
	m := find(t, box("9990001014"))[0]
	if m.GetAgeYears() != 8 || !m.GetChild() || m.GetFamilyState() != familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION ||
		m.GetTeam() != authority+"/teams/"+north || m.GetWorker() != "" || m.GetConfidence() != familyfacingv1.Confidence_CONFIDENCE_NEARLY_CERTAIN ||
		!strings.HasPrefix(m.GetPerson(), m.GetFamily()+"/children/") {
		t.Errorf("beside the name: %v", m)
	}
}

func TestWhatCannotBeLookedForSaysWhatWould(t *testing.T) {
	t.Parallel()
	_, err := pages(t).MatchPeople(as(t, worker), &familyfacingv1.MatchPeopleRequest{Parent: authority, Sought: []*familyfacingv1.Sought{box("Ana"), box("about 8")}})
	if f := fault.From(err); f.Field != "sought[1].anything" || !strings.Contains(f.Message, "an age alone fits too many") {
		t.Errorf("%q: %v", f.Field, err)
	}
	answer := findAs(as(t, worker), t, &familyfacingv1.MatchPeopleRequest{Parent: authority, Sought: []*familyfacingv1.Sought{box("Ana Silva about 8"), {Age: "8"}}})
	if !slices.Equal(answer.GetReadAs(), []string{"first name Ana, surname Silva, 7 to 9 years old", ""}) {
		t.Errorf("read as %q", answer.GetReadAs())
	}
}

func TestOnlyWhoMeetsFamiliesFindsPeople(t *testing.T) {
	t.Parallel()
	req := &familyfacingv1.MatchPeopleRequest{Parent: authority, Sought: []*familyfacingv1.Sought{box("Ana Silva")}}
	for who, want := range map[string]string{worker: "", screener: "", guardian: "", adviser: "NOT_A_MEMBER", "lucy-ferrand": "NOT_A_MEMBER", "edmund-ashgrove": "NOT_A_MEMBER"} {
		if _, err := pages(t).MatchPeople(as(t, who), req); reason(err) != want {
			t.Errorf("%s: %v, want %q", who, err, want)
		}
	}
	if _, err := desk(t).MatchPeople(asService(t), req); err != nil {
		t.Errorf("the referral service: %v", err)
	}
}

// The children of open families that a contact's may be: what nobody asked for is worth showing only where it is likely, and
// spares twins and siblings.
func TestOpenChildrenAreSuggestedAndTwinsSpared(t *testing.T) {
	t.Parallel()
	home := func(name, nhs, date string) family.PastPerson {
		return family.PastPerson{Child: true, FullName: name, NHSNumber: nhs, BirthDate: born(date), Address: "Flat 3, 12 Suggested Road", Postcode: "W10 5AA"}
	}
	twins := &family.PastFamily{People: []family.PastPerson{
		home("Samuel O'Briensuggested", "9990002010", "2018-05-01"), home("Zara O'Briensuggested", "9990002029", "2018-05-01"),
		{FullName: "Sam O'Briensuggested", Address: "Flat 3, 12 Suggested Road", Postcode: "W10 5AA"},
	}}
	now := time.Now()
	over := &family.PastFamily{OpenedAt: now.Add(-2 * time.Hour), ClosedAt: now.Add(-time.Hour), People: []family.PastPerson{home("Samuel O'Briensuggested", "9990002037", "2018-05-01")}}
	seed(t, try.Kensington, twins, over)
	for what, c := range map[string]struct {
		sought *familyfacingv1.Sought
		want   string
	}{
		"the boy":             {&familyfacingv1.Sought{Name: "OBRIENSUGGESTED, Sam", BirthDate: "2018-05-01"}, "Samuel O'Briensuggested"},
		"a third of the name": {&familyfacingv1.Sought{Name: "Tom O'Briensuggested", BirthDate: "2018-05-01", Address: "12 Suggested Rd, flat 3", Postcode: "w105aa"}, ""},
		"only the surname":    {&familyfacingv1.Sought{Name: "Miss O'Briensuggested", BirthDate: "2018-05-01"}, "Samuel O'Briensuggested, Zara O'Briensuggested"},
		"by number":           {&familyfacingv1.Sought{NhsNumber: "9990002029", Name: "Samuel"}, "Zara O'Briensuggested"},
		"by address":          {&familyfacingv1.Sought{Name: "Sammy", Address: "Flat 3, 12 Suggested Road, London W10 5AA"}, "Samuel O'Briensuggested"},
		"a closed case":       {&familyfacingv1.Sought{NhsNumber: "9990002037"}, ""},
		"the surname alone":   {&familyfacingv1.Sought{Name: "O'Briensuggested"}, ""},
		"no such day":         {&familyfacingv1.Sought{Name: "O'Briensuggested", BirthDate: "2018-02-31"}, ""},
		"too little":          {&familyfacingv1.Sought{Age: "8"}, ""},
	} {
		answer, err := desk(t).MatchPeople(asService(t), &familyfacingv1.MatchPeopleRequest{
			Parent: authority, OpenChildrenOnly: true, Sought: []*familyfacingv1.Sought{{Sex: "F"}, c.sought},
		})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(names(answer.GetMatches()), ", ")
		slices.Sort(got)
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
		for _, m := range answer.GetMatches() {
			if m.GetSought() != 1 {
				t.Errorf("%s: found for %d", what, m.GetSought())
			}
		}
	}
}

func TestRestrictedPeopleAreAbsentAndTakeNobodysPlace(t *testing.T) {
	t.Parallel()
	var hidden, seen []*family.PastFamily
	for i := range 90 {
		f := &family.PastFamily{ID: uuid.New(), People: []family.PastPerson{{Child: true, FullName: fmt.Sprintf("Hiddenchild%c%c Quibblerestricted", 'a'+i/10, 'a'+i%10), Address: "9 Restrictedby Road"}}}
		if i < 87 {
			hidden = append(hidden, f)
		} else {
			f.People[0].FullName = "Seenchild Quibblerestricted"
			seen = append(seen, f)
		}
	}
	// Those who are hidden come first in the table.
	seed(t, try.Kensington, hidden...)
	seed(t, try.Kensington, seen...)
	me := kith.Person(t, try.Kensington, worker)
	mine := me[strings.LastIndex(me, "/")+1:]
	for i, f := range hidden {
		people := []string{}
		if i == 0 {
			people = append(people, mine)
		}
		own(t, `INSERT INTO familyfacing.restriction (family, kind, reason, people, restricted_by, restricted_at, review_due_by)
			VALUES ($1, 'STAFF', 'test', $2, $3, now(), now() + interval '90 days')`, f.ID, people, uuid.New())
	}
	for _, words := range []string{"Quibblerestricted", "Seenchild Quibblerestricted", "Quiblerestricted", "Restrictedby Road", "9 Restrictedby Road"} {
		req := &familyfacingv1.MatchPeopleRequest{Parent: authority, PageSize: 50, Sought: []*familyfacingv1.Sought{box(words)}}
		for who, want := range map[string]int{screener: 3, worker: 4} {
			found := findAs(as(t, who), t, req).GetMatches()
			visible := slices.IndexFunc(found, func(m *familyfacingv1.Match) bool {
				return slices.ContainsFunc(hidden[1:], func(f *family.PastFamily) bool { return strings.HasSuffix(m.GetFamily(), f.ID.String()) })
			})
			if words == "Seenchild Quibblerestricted" {
				found = slices.DeleteFunc(found, func(m *familyfacingv1.Match) bool { return m.GetFullName() != "Seenchild Quibblerestricted" })
				want = 3
			}
			if visible >= 0 || len(found) != want {
				t.Errorf("%q, %s: %d found (%s), want %d", words, who, len(found), names(found), want)
			}
		}
		if found := findAs(as(t, guardian), t, req).GetMatches(); len(found) != 50 {
			t.Errorf("%q: a guardian finds %d", words, len(found))
		}
	}
	if answer, err := desk(t).MatchPeople(asService(t), &familyfacingv1.MatchPeopleRequest{
		Parent: authority, Sought: []*familyfacingv1.Sought{{Name: "Hiddenchildaa Quibblerestricted"}},
	}); err != nil || slices.ContainsFunc(answer.GetMatches(), func(m *familyfacingv1.Match) bool { return strings.HasPrefix(m.GetFullName(), "Hidden") }) {
		t.Errorf("a service finds %v %v", answer, err)
	}
	// Who breaks the glass finds what is behind it, as long as it holds.
	for until, want := range map[string]bool{"1 hour": true, "-1 hour": false} {
		own(t, `DELETE FROM familyfacing.glass WHERE family = $1`, hidden[1].ID)
		own(t, `INSERT INTO familyfacing.glass (id, family, person, reason, at, until) VALUES ($1, $2, $3, 'test', now() - interval '2 hours', now() + $4::interval)`,
			uuid.New(), hidden[1].ID, mine, until)
		if got := strings.Contains(names(find(t, box("Hiddenchildab Quibblerestricted"))), "Hiddenchildab"); got != want {
			t.Errorf("glass broken until %s from now: found %t", until, got)
		}
	}
}

func TestAProtectedAddressIsNoReason(t *testing.T) {
	t.Parallel()
	f := &family.PastFamily{ID: uuid.New(), People: []family.PastPerson{
		{FullName: "Ruth Shelteredinvented", Phone: "07700 900456", Address: "4 Shelteredby Road", Postcode: "W10 4RA", BirthDate: born("1990-02-03")},
	}}
	seed(t, try.Kensington, f)
	if len(find(t, box("Shelteredby Road"))) != 1 || len(find(t, box("07700 900456"))) != 1 {
		t.Fatal("not found by the address before it is protected")
	}
	own(t, `UPDATE familyfacing.person SET address_protected = true WHERE family = $1`, f.ID)
	if found := append(find(t, box("Shelteredby Road")), find(t, box("07700 900456"))...); len(found) != 0 {
		t.Errorf("the address finds %v", found)
	}
	for _, words := range []string{"Ruth Shelteredinvented 4 Shelteredby Road", "Ruth Shelteredinvented 5 Shelteredby Road", "Ruth Shelteredinvented, Golborne Road"} {
		found := find(t, box(words))
		if len(found) != 1 || strings.Join(append(found[0].GetReasons(), found[0].GetDoubts()...), ", ") != "the same surname, the same first name" {
			t.Errorf("%q: %v", words, found)
		}
	}
}

func TestEverybodyShownIsInTheTrail(t *testing.T) {
	t.Parallel()
	f := &family.PastFamily{ID: uuid.New(), People: []family.PastPerson{{Child: true, FullName: "Trail Auditedinvented"}}}
	seed(t, try.Kensington, f)
	m := find(t, box("Trail Auditedinvented"))[0]
	list := func(ctx context.Context) []*auditv1.AuditRow {
		answer, err := kith.Audit(t, "familyfacing").ListAuditRows(ctx, &auditv1.ListAuditRowsRequest{Parent: authority, Subject: "families/" + f.ID.String()})
		if err != nil {
			t.Fatal(err)
		}
		return answer.GetRows()
	}
	rows := list(as(t, guardian))
	if len(rows) != 1 || rows[0].GetReason() != "find people" || !slices.Contains(rows[0].GetSubjects(), m.GetPerson()[len(authority)+1:]) {
		t.Errorf("the trail has %v", rows)
	}
}

func TestWhoWasWrittenDownBeforeIsFoundAsWell(t *testing.T) {
	t.Parallel()
	f := &family.PastFamily{ID: uuid.New(), People: []family.PastPerson{{Child: true, FullName: "Älter Beforeinvented", BirthDate: born("2017-01-02"), Address: "3 Beforeby Road"}}}
	seed(t, try.Kensington, f)
	own(t, `UPDATE familyfacing.person SET keyed = 0, keys = '{}', names = '', place = '' WHERE family = $1`, f.ID)
	own(t, `DELETE FROM familyfacing.known_word WHERE word LIKE 'before%'`)
	if found := find(t, box("Beforeinvented")); len(found) != 0 {
		t.Fatalf("found without keys: %v", found)
	}
	db, err := pg.Open(map[string]string{try.Kensington: kith.Databases[try.Kensington].URL("familyfacing")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := family.New(family.Deps{DB: db}).KeyPeople(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"Alter Beforeinvented", "Beforeinvneted", "Beforeby Road", "2 Jan 2017 Beforeinvented"} {
		if got := names(find(t, box(words))); !strings.HasPrefix(got, "Älter Beforeinvented") {
			t.Errorf("%q finds %q", words, got)
		}
	}
}

func TestAPageIsBoundedAndTheStrongestFirst(t *testing.T) {
	t.Parallel()
	var all []*family.PastFamily
	for i := range 80 {
		all = append(all, &family.PastFamily{People: []family.PastPerson{{Child: true, FullName: "Common Pagedinvented", BirthDate: born("2015-01-01").AddDate(0, i, 0)}}})
	}
	seed(t, try.Kensington, all...)
	for size, want := range map[int32]int{0: 20, 3: 3, 50: 50, 200: 50} {
		answer := findAs(as(t, worker), t, &familyfacingv1.MatchPeopleRequest{Parent: authority, PageSize: size, Sought: []*familyfacingv1.Sought{box("Common Pagedinvented")}})
		if len(answer.GetMatches()) != want {
			t.Errorf("a page of %d has %d", size, len(answer.GetMatches()))
		}
	}
	// However many fit in part, who fits in everything comes first.
	for i := range 80 {
		date := born("2015-01-01").AddDate(0, i, 0)
		found := find(t, box("Common Pagedinvented "+date.Format("2/1/2006")))
		if !slices.Contains(found[0].GetReasons(), "the same birth date") {
			t.Fatalf("%s: first is %v", date, found[0])
		}
		if i == 5 {
			break
		}
	}
	if !slices.IsSortedFunc(find(t, box("Common Pagedinvented 3/4/2016")), func(a, b *familyfacingv1.Match) int { return int(b.GetWeightHundredths() - a.GetWeightHundredths()) }) {
		t.Error("not the strongest first")
	}
}
