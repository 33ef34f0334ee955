package desk

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

func formWith(pairs ...string) *page.Form {
	f := &page.Form{Values: url.Values{}}
	for i := 0; i < len(pairs); i += 2 {
		f.Values.Add(pairs[i], pairs[i+1])
	}
	return f
}

func TestTheFilterIsTheAddress(t *testing.T) {
	t.Parallel()
	for _, f := range []filter{
		{},
		{State: "proposed", Source: "2A", Team: "north-kensington", Overdue: true, Duty: true},
		{State: "error"},
		{Source: "10"},
	} {
		address, err := url.Parse(f.address(""))
		if err != nil {
			t.Fatal(err)
		}
		if got := filterOf(address.Query()); got != f {
			t.Errorf("%+v becomes %s becomes %+v", f, address, got)
		}
	}
	if got := filterOf(url.Values{"state": {"nonsense"}, "source": {"99"}}); got.any() {
		t.Errorf("what is no filter narrows: %+v", got)
	}
	want := &referralv1.ListContactsRequest{
		Parent: "authorities/a", State: referralv1.ContactState_CONTACT_STATE_SENT_IN_ERROR, Team: "authorities/a/teams/chelsea", PageToken: "next",
	}
	if got := (filter{State: "error", Team: "chelsea", Token: "next"}).request("authorities/a"); !proto.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}

func TestWhatWasToldGoesThroughTheFormUnchanged(t *testing.T) {
	t.Parallel()
	words := rapid.Map(rapid.StringMatching(`[A-Za-z’ ŁłÜ,.0-9]{0,12}`), strings.TrimSpace)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) string { return words.Draw(t, name) }
		want := &referralv1.Told{
			Source: &referralv1.Source{Code: rapid.SampledFrom(sourceCodes()).Draw(t, "code"), Person: draw("person"), Email: draw("email"), Reference: draw("reference")},
			Worry:  draw("worry"), When: draw("when"), DoneSoFar: draw("done"), ImmediateDanger: rapid.Bool().Draw(t, "danger"),
			LawfulBasis: referralv1.LawfulBasis(rapid.IntRange(0, 5).Draw(t, "basis")),
		}
		if views := draw("views"); views != "" {
			want.Telling = &referralv1.Telling{ParentsTold: referralv1.YesNo_YES_NO_NO, WhyNot: views}
		}
		for i := range rapid.IntRange(1, 4).Draw(t, "children") {
			want.Children = append(want.Children, &referralv1.ToldChild{
				Name: orElse(draw("name"), "Child"), BirthDate: draw("born"), NhsNumber: draw("number"), Address: draw("address"), Language: draw("language"),
				ExpectedDate: []string{"", "March"}[i%2],
			})
		}
		for range rapid.IntRange(0, 3).Draw(t, "adults") {
			adult := &referralv1.ToldAdult{Name: orElse(draw("adult"), "Adult"), Phone: draw("phone")}
			for j := range want.Children {
				if related := draw("related"); related != "" {
					adult.Relationships = append(adult.Relationships, &referralv1.Relationship{Child: int32(j), Relationship: related})
				}
			}
			want.Adults = append(want.Adults, adult)
		}
		f := formWith()
		fill(f, want)
		if got := toldOf(f, len(want.GetChildren())).Told; !proto.Equal(got, want) {
			t.Fatalf("%v\nbecomes %v", want, got)
		}
	})
}

func TestBlocksThatSayNothingAreLeftOutAndARefusalFindsItsBlock(t *testing.T) {
	t.Parallel()
	f := formWith(
		"told.worry", "Alone.", shownChildren, "4", shownAdults, "2",
		"told.children[0].name", "Sam", "told.children[0].address", "12 Invented Row", "told.children[0].postcode", "W10 5AA",
		"told.children[2].name", "Ada", "told.children[2].sameHome", "yes", "told.children[3].sameHome", "yes",
		"told.adults[1].name", "Dan", "told.adults[1].relationships", "uncle", "told.adults[1].relationships[2]", "father",
	)
	got := toldOf(f, 0)
	if len(got.GetChildren()) != 2 || got.GetChildren()[1].GetAddress() != "12 Invented Row" || got.GetChildren()[1].GetPostcode() != "W10 5AA" {
		t.Fatalf("%v", got.GetChildren())
	}
	want := []*referralv1.Relationship{{Child: 0, Relationship: "uncle"}, {Child: 1, Relationship: "father"}}
	if len(got.GetAdults()) != 1 || len(got.GetAdults()[0].GetRelationships()) != 2 || !proto.Equal(got.GetAdults()[0].GetRelationships()[0], want[0]) ||
		!proto.Equal(got.GetAdults()[0].GetRelationships()[1], want[1]) {
		t.Fatalf("%v", got.GetAdults())
	}
	if got.GetSource().GetCode() != "10" {
		t.Errorf("a caller of whom nothing is known is %q", got.GetSource().GetCode())
	}
	for field, want := range map[string]string{
		"told.children[1].birthDate": "told.children[2].birthDate", "told.children[1]": "told.children[2].name", "told.adults[0].phone": "told.adults[1].phone",
		"told.worry": "told.worry", "told.children": "told.children[0].name",
	} {
		if refused := fault.From(got.refused(fault.Invalid(field, "no"))); refused.Field != want {
			t.Errorf("%s becomes %s, not %s", field, refused.Field, want)
		}
	}
	// An amendment's children keep their place, also one that now says nothing.
	if kept := toldOf(f, 2); len(kept.GetChildren()) != 3 {
		t.Errorf("%d children are kept", len(kept.GetChildren()))
	}
}

func TestAnotherBlockIsOneMore(t *testing.T) {
	t.Parallel()
	f := formWith("add", "child", shownChildren, "2")
	if anchor := more(f); anchor != "child-3" || blocks(f, shownChildren, 1) != 3 || f.Get("add") != "" {
		t.Errorf("%q: %v", anchor, f.Values)
	}
	f = formWith("add", "adult")
	if anchor := more(f); anchor != "adult-1" || blocks(f, shownAdults, 0) != 1 {
		t.Errorf("%q: %v", anchor, f.Values)
	}
	if anchor := more(formWith()); anchor != "" {
		t.Errorf("%q without being asked", anchor)
	}
	if n := blocks(formWith(shownChildren, "9999"), shownChildren, 1); n != most {
		t.Errorf("%d blocks", n)
	}
}

func TestTwoTextsAreBesideEachOther(t *testing.T) {
	t.Parallel()
	before := []fact{{Path: "worry", Label: "The worry", Value: "Alone."}, {Path: "children[0].name", Label: "Name", Value: "Sam"}, {Path: "when", Label: "When", Value: "Tuesday"}}
	after := []fact{{Path: "worry", Label: "The worry", Value: "Alone, and hungry."}, {Path: "children[0].name", Label: "Name", Value: "Sam"}, {Path: "children[1].name", Label: "Name", Value: "Ada"}}
	want := []pair{
		{Label: "The worry", Before: "Alone.", After: "Alone, and hungry."},
		{Label: "Name", Before: "Sam", After: "Sam"},
		{Label: "Name", After: "Ada"},
		{Label: "When", Before: "Tuesday"},
	}
	got := beside(before, after)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	for i, differs := range []bool{true, false, true, true} {
		if got[i].differs() != differs {
			t.Errorf("%+v differs: %v", got[i], !differs)
		}
	}
}

func TestOnePersonsLooksOfADayAreOne(t *testing.T) {
	t.Parallel()
	at := func(day, hour, minute int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2026, 7, day, hour, minute, 0, 0, time.UTC))
	}
	got := gathered([]*referralv1.ContactLook{
		{By: "people/a", At: at(2, 9, 30), Why: "look at a contact"},
		{By: "people/a", At: at(2, 9, 30), Why: "read a contact's history"},
		{By: "people/a", At: at(2, 8, 0), Why: "look at a contact"},
		{By: "people/b", At: at(2, 7, 0)},
		{By: "people/a", At: at(2, 6, 0)},
		// Half past eleven at night in UTC is the next day in London's summer.
		{By: "people/a", At: at(1, 23, 30)},
		{By: "people/a", At: at(1, 22, 30)},
	})
	var times []int
	for _, l := range got {
		times = append(times, l.Times)
	}
	if !reflect.DeepEqual(times, []int{3, 1, 2, 1}) || len(got[0].Why) != 2 || !got[0].First.Equal(at(2, 8, 0).AsTime()) {
		t.Errorf("%+v", got)
	}
}

func TestAFamilyIsReadFromItsPagesAddress(t *testing.T) {
	t.Parallel()
	const id = "0192f0c1-0000-7000-8000-000000000000"
	for told, want := range map[string]string{
		id: "authorities/a/families/" + id, " https://kith.example/families/" + id + "?x=1#top ": "authorities/a/families/" + id,
		"/families/" + strings.ToUpper(id) + "/": "authorities/a/families/" + id, "the Okafors": "", "": "",
	} {
		if got := familyAt("authorities/a", told); got != want {
			t.Errorf("%q is %q, not %q", told, got, want)
		}
	}
}

func TestAnOutcomeTakesOnlyWhatItNeeds(t *testing.T) {
	t.Parallel()
	const child = "authorities/a/contacts/1/children/2"
	v := &page.Visit{Authority: "authorities/a"}
	filled := func(outcome string) *referralv1.ScreenChildRequest {
		p := prefix(child)
		return screening(v, formWith(p+"outcome", outcome, p+"reason", "Because.", p+"reasonForReferrer", "For you.", p+"receiver", "Hub", p+"familyAgrees", "yes",
			p+"family", ownFamily, p+"primaryNeed", "N1"), child)
	}
	early, nothing, strategy := filled("3"), filled("1"), filled("8")
	if early.GetReceiver() != "Hub" || early.GetFamilyAgrees() != referralv1.YesNo_YES_NO_YES || early.GetOwnFamily() || early.GetPrimaryNeed() != "" {
		t.Errorf("early help: %v", early)
	}
	if nothing.GetReceiver() != "" || nothing.GetFamilyAgrees() != 0 || nothing.GetReasonForReferrer() != "For you." {
		t.Errorf("no further action: %v", nothing)
	}
	// Nothing that is about to be done travels to the referrer.
	if strategy.GetReasonForReferrer() != "" || !strategy.GetOwnFamily() || strategy.GetPrimaryNeed() != "N1" || strategy.GetReceiver() != "" {
		t.Errorf("strategy discussion: %v", strategy)
	}
	p := prefix(child)
	same := screening(v, formWith(p+"outcome", "2", p+"reason", "Because.", p+"sameWords", "yes", p+"reasonForReferrer", "Typed before."), child)
	if same.GetReasonForReferrer() != "Because." {
		t.Errorf("the same words are %q", same.GetReasonForReferrer())
	}
}
