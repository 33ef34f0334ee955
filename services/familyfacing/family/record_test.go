package family_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

func (w *world) weigh(name string, tenths int32) *familyfacingv1.Family {
	w.Helper()
	f := w.get("north", name)
	answer, err := w.WeighFamily(w.as("cleo-north", "north"), &familyfacingv1.WeighFamilyRequest{Name: name, WeightTenths: tenths, Reason: "two courts", Etag: f.GetEtag(), RequestId: w.key()})
	if err != nil {
		w.Fatal(err)
	}
	return answer.GetFamily()
}

func TestAWeightIsTheTeamsAndGatesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.waiting("c1")
	if f.GetWeightTenths() != 10 || w.list("north")[0].GetWeightTenths() != 10 {
		t.Errorf("an ordinary family weighs %d", f.GetWeightTenths())
	}
	types, _ := w.events()
	got := w.weigh(f.GetName(), 100)
	if got.GetWeightTenths() != 100 || got.GetEtag() == f.GetEtag() || w.list("north")[0].GetWeightTenths() != 100 {
		t.Errorf("weighed: %v", got)
	}
	if after, _ := w.events(); len(after) != len(types) {
		t.Errorf("neighbours hear of it: %q", after)
	}
	if n := w.count(`SELECT count(*) FROM familyfacing.weighing WHERE weight_tenths = 100 AND reason = 'two courts' AND decided_by = $1`, id("cleo-north")); n != 1 {
		t.Errorf("%d weighings kept", n)
	}
	w.allocate("north", got, "ana-north", "ben-north")
	_, err := w.WeighFamily(w.as("cleo-north", "north"), &familyfacingv1.WeighFamilyRequest{Name: f.GetName(), WeightTenths: 5, Etag: "0", RequestId: w.key()})
	w.wants(err, "CHANGED", "on an old etag")
}

func TestTheLastEventIsWhatHappenedLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	last := func(want string, at time.Time) {
		t.Helper()
		s := w.list("north")[0]
		if s.GetLastEvent() != want || !s.GetLastEventAt().AsTime().Equal(at) {
			t.Errorf("the last event is %s at %s, want %s at %s", s.GetLastEvent(), s.GetLastEventAt().AsTime(), want, at)
		}
	}
	happens := func() time.Time { w.later(time.Hour); return w.clock() }
	told := func() time.Time { return w.clock().Add(-time.Minute) }
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north"))
	last("OPENED", told())
	old := w.referred("c1", 0, 2, 2, "north")
	happens()
	w.must(w.referred("c1", 1, 1, 3, "north"))
	last("CHILD_ADDED", told())
	at := told()
	w.must(old)
	last("CHILD_ADDED", at)
	now := happens()
	f := w.allocate("north", w.only("north"), "ana-north", "ben-north")
	last("ALLOCATED", now)
	now = happens()
	f, err := answerOf(w.HandOverFamily(w.as("ana-north", "north"), &familyfacingv1.HandOverFamilyRequest{
		Name: f.GetName(), Worker: personName("ben-north"), Cover: personName("ana-north"), Reason: "wished for", Etag: f.GetEtag(), RequestId: w.key(),
	}))
	if err != nil {
		t.Fatal(err)
	}
	last("HANDED_OVER", now)
	happens()
	w.contact("c2", 1, "more", []child{{name: "Ana Silva", born: "2016-02-01", nhs: "9990000018"}})
	w.must(w.event("contact_received", "c2", 1, nil))
	last("WORRY_ADDED", told())
	happens()
	w.must(w.withdrawn("c1", 1, 1, 4, "north"))
	last("REVISED", told())
	now = happens()
	f = w.get("north", f.GetName())
	i := slices.IndexFunc(f.GetPeople(), func(p *familyfacingv1.Person) bool { return p.GetStanding() == "REVISED" })
	if _, err := w.SettleRevision(w.as("ana-north", "north"), &familyfacingv1.SettleRevisionRequest{
		Name: f.GetPeople()[i].GetName(), Stays: true, Reason: "needed", Etag: f.GetEtag(), RequestId: w.key(),
	}); err != nil {
		t.Fatal(err)
	}
	last("SETTLED", now)
	now = happens()
	w.weigh(f.GetName(), 20)
	last("WEIGHED", now)
}

// answerOf takes the family out of an act's answer.
func answerOf[R interface{ GetFamily() *familyfacingv1.Family }](answer R, err error) (*familyfacingv1.Family, error) {
	return answer.GetFamily(), err
}

func TestTheListByWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, who := range []string{"ana-north", "ana-north", "ana-north", "ben-north"} {
		w.allocate("north", w.waiting([]string{"c1", "c2", "c3", "c4"}[i]), who, "cleo-north")
	}
	ask := func(worker, token string) (*familyfacingv1.ListFamiliesResponse, error) {
		return w.ListFamilies(w.as("cleo-north", "north"), &familyfacingv1.ListFamiliesRequest{Parent: teamName("north"), Worker: worker, PageSize: 2, PageToken: token})
	}
	first, err := ask(personName("ana-north"), "")
	if err != nil || len(first.GetFamilies()) != 2 || len(first.GetNextPageToken()) > 200 {
		t.Fatalf("%v %v", first, err)
	}
	rest, err := ask(personName("ana-north"), first.GetNextPageToken())
	if err != nil || len(rest.GetFamilies()) != 1 || rest.GetNextPageToken() != "" || rest.GetFamilies()[0].GetWorker() != personName("ana-north") {
		t.Errorf("the second page %v %v", rest, err)
	}
	_, err = ask("", first.GetNextPageToken())
	w.wants(err, "INVALID", "the token of another list")
	for worker, want := range map[string]int{personName("ben-north"): 1, personName("cleo-north"): 0, "nobody": 0} {
		if answer, err := ask(worker, ""); err != nil || len(answer.GetFamilies()) != want {
			t.Errorf("of %s: %v %v", worker, answer, err)
		}
	}
}

func TestAProtectedAddressIsShownOnlyForAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	home := child{name: "Ana Silva", born: "2016-02-01", nhs: "9990000018", address: "Flat 3, 12 Acklam Road", postcode: "W10 5AA"}
	baby := child{name: "Rui Silva", born: "2020-06-01", address: "12 Acklam Rd flat 3", postcode: "w10 5aa"}
	w.contact("c1", 2, "words", []child{home, baby}, &referralv1.ToldAdult{
		Name: "Eva Silva", Address: home.address, Postcode: home.postcode, Phone: "07700 900123",
		Relationships: []*referralv1.Relationship{{Child: 0, Relationship: "mother"}},
	})
	w.must(w.referred("c1", 0, 1, 2, "north"))
	f := w.only("north")
	ana := w.as("ana-north", "north")
	shown := func(f *familyfacingv1.Family, want ...string) {
		t.Helper()
		var open []string
		for _, p := range f.GetPeople() {
			if p.GetAddressProtected() == (p.GetAddress()+p.GetPostcode()+p.GetPhone() != "") {
				t.Errorf("protected and shown, or neither: %v", p)
			}
			if !p.GetAddressProtected() {
				open = append(open, p.GetFullName())
			}
		}
		slices.Sort(open)
		if !slices.Equal(open, want) {
			t.Errorf("shown with the address: %q, want %q", open, want)
		}
	}
	called := func(f *familyfacingv1.Family, name string) *familyfacingv1.Person {
		t.Helper()
		i := slices.IndexFunc(f.GetPeople(), func(p *familyfacingv1.Person) bool { return p.GetFullName() == name })
		if i < 0 {
			t.Fatalf("no %s in %v", name, f)
		}
		return f.GetPeople()[i]
	}
	person := func(p *familyfacingv1.Person) string {
		return strings.NewReplacer("/children/", "/people/", "/adults/", "/people/").Replace(p.GetName())
	}
	protect := func(name string, on bool) (*familyfacingv1.Family, error) {
		return answerOf(w.ProtectAddress(ana, &familyfacingv1.ProtectAddressRequest{
			Name: person(called(f, name)), Protected: on, Reason: "she fled", Etag: f.GetEtag(), RequestId: w.key(),
		}))
	}
	shown(f, "Ana Silva", "Eva Silva")
	early := &familyfacingv1.WeighFamilyRequest{Name: f.GetName(), WeightTenths: 30, Etag: f.GetEtag(), RequestId: w.key()}
	f, err := answerOf(w.WeighFamily(ana, early))
	if err != nil {
		t.Fatal(err)
	}
	shown(f, "Ana Silva", "Eva Silva")
	if f, err = protect("Eva Silva", true); err != nil {
		t.Fatal(err)
	}
	shown(f, "Ana Silva")
	_, err = protect("Eva Silva", true)
	w.wants(err, "NOTHING_CHANGES", "protected twice")
	if f, err = protect("Ana Silva", true); err != nil {
		t.Fatal(err)
	}
	again, err := answerOf(w.WeighFamily(ana, early))
	if err != nil || again.GetWeightTenths() != 30 {
		t.Fatal(err)
	}
	shown(again)
	// A brother who lives there is not shown with it either.
	w.must(w.referred("c1", 1, 1, 2, "north"))
	f = w.only("north")
	shown(f)
	called(f, "Rui Silva")
	text := proto.MarshalOptions{}
	whole, err := text.Marshal(f)
	if err != nil || strings.Contains(string(whole), "Acklam") || strings.Contains(string(whole), "900123") {
		t.Error("the address stands somewhere in the family")
	}

	reveal := func(who, team, name string) (*familyfacingv1.RevealAddressResponse, error) {
		return w.RevealAddress(w.as(who, team), &familyfacingv1.RevealAddressRequest{Name: name, Reason: "visiting today"})
	}
	got, err := reveal("cleo-north", "north", person(called(f, "Eva Silva")))
	if err != nil || got.GetAddress() != home.address || got.GetPostcode() != "W10 5AA" || got.GetPhone() != "07700 900123" {
		t.Errorf("revealed: %v %v", got, err)
	}
	kept := w.count(`SELECT count(*) FROM familyfacing.audit WHERE reason = 'visiting today' AND actor = $1 AND $2 = ANY (subjects) AND $3 = ANY (subjects)`,
		id("cleo-north").String(), strings.TrimPrefix(f.GetName(), "authorities/"+authority+"/"), strings.TrimPrefix(called(f, "Eva Silva").GetName(), "authorities/"+authority+"/"))
	if kept != 1 {
		t.Errorf("%d rows with the reason", kept)
	}
	_, err = reveal("ana-south", "south", person(called(f, "Eva Silva")))
	w.wants(err, "NOT_FOUND", "another team")
	_, err = reveal("cleo-north", "north", f.GetName()+"/people/"+id("nobody").String())
	w.wants(err, "NOT_FOUND", "somebody who is not of the family")
	if f, err = protect("Eva Silva", false); err != nil {
		t.Fatal(err)
	}
	shown(f, "Eva Silva")
}

func TestWhoLookedAtAFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.waiting("c1")
	other := w.waiting("c2")
	w.later(time.Minute)
	w.get("north", other.GetName())
	for _, who := range []string{"cleo-north", "ben-north"} {
		w.later(time.Minute)
		if !w.canSee(who, "north", f.GetName()) {
			t.Fatal("not seen")
		}
	}
	at := w.clock()
	ask := func(token string) *familyfacingv1.ListLooksResponse {
		t.Helper()
		answer, err := w.ListLooks(w.as("ana-north", "north"), &familyfacingv1.ListLooksRequest{Parent: f.GetName(), PageSize: 2, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	first := ask("")
	looks := first.GetLooks()
	if len(looks) != 2 || looks[0].GetActor() != "people/"+id("ben-north").String() || looks[1].GetActor() != "people/"+id("cleo-north").String() ||
		looks[0].GetReason() != "work with the family" || !looks[0].GetAt().AsTime().Equal(at) || !looks[1].GetAt().AsTime().Equal(at.Add(-time.Minute)) {
		t.Errorf("the last two: %v", looks)
	}
	for token := first.GetNextPageToken(); token != ""; {
		page := ask(token)
		looks, token = append(looks, page.GetLooks()...), page.GetNextPageToken()
	}
	var made []string
	for _, l := range looks[2:] {
		made = append(made, l.GetActor()+" "+l.GetReason())
	}
	if last := made[len(made)-1]; last != "services/familyfacing take in a referred child" {
		t.Errorf("at first %q", last)
	}
	if n := w.count(`SELECT count(*) FROM familyfacing.audit WHERE $1 = ANY (subjects) AND at < $2`, "families/"+id2(f), at); len(looks) != n+1 {
		// The looks of this test's own pages are newer than the first of them.
		t.Errorf("%d looks, want %d", len(looks), n+1)
	}
}

// id2 is the id in a family's name.
func id2(f *familyfacingv1.Family) string {
	return f.GetName()[strings.LastIndex(f.GetName(), "/")+1:]
}
