package family_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

func adult(name string, to ...string) *referralv1.ToldAdult {
	a := &referralv1.ToldAdult{Name: name, BirthDate: "3/4/1988", Address: "12 Acklam Road", Postcode: "W10 5AA"}
	for i, r := range to {
		a.Relationships = append(a.Relationships, &referralv1.Relationship{Child: int32(i), Relationship: r})
	}
	return a
}

// siblings writes down a contact about two children of one mother.
func (w *world) siblings(contact string) {
	w.contact(contact, 1, "they are alone at night", []child{
		{name: "Ana Silva", born: "2016-02-01", nhs: "9990000018", address: "12 Acklam Road", postcode: "W10 5AA", reason: "neglect likely"},
		{name: "Rui Silva", born: "2018-07-09", nhs: "9990000026", address: "12 Acklam Road", postcode: "W10 5AA", reason: "the same home"},
	}, adult("Maria Silva", "mother", "mother"))
}

func TestChildrenOfOneContactAreOneFamilyHoweverOftenDelivered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	first, second := w.referred("c1", 0, 1, 2, "north"), w.referred("c1", 1, 1, 3, "north")
	for _, e := range []*eventlogv1.Event{first, first, second, first, second} {
		w.must(e)
	}
	f := w.only("north")
	var names []string
	for _, p := range f.GetPeople() {
		names = append(names, p.GetFullName()+" "+p.GetStanding()+p.GetRelationship())
	}
	if want := []string{"Ana Silva WITH_TEAM", "Rui Silva WITH_TEAM", "Maria Silva mother"}; !slices.Equal(names, want) {
		t.Errorf("people %q, want %q", names, want)
	}
	ana, maria := f.GetPeople()[0], f.GetPeople()[2]
	if ana.GetNhsNumber() != "9990000018" || ana.GetBirthDate() != "2016-02-01" || ana.GetPostcode() != "W10 5AA" || maria.GetBirthDate() != "1988-04-03" {
		t.Errorf("what was told did not come along: %v %v", ana, maria)
	}
	if len(f.GetWorries()) != 1 || f.GetWorries()[0].GetWorry() != "they are alone at night" || f.GetWorries()[0].GetScreeningReason() != "neglect likely\nthe same home" {
		t.Errorf("worries %v", f.GetWorries())
	}
	if i := f.GetInvolvements(); len(i) != 1 || i[0].GetKind() != "OPENED" || i[0].GetDecidedBy() != personName("screener") || i[0].GetWrittenAt().AsTime().Equal(i[0].GetAt().AsTime()) {
		t.Errorf("involvements %v", i)
	}
	types, facts := w.events()
	if !slices.Equal(types, []string{"family_opened", "child_added"}) || facts[1]["child"] != childID("c1", 1).String() || facts[1]["state"] != "AWAITING_ALLOCATION" {
		t.Errorf("events %v %v", types, facts)
	}
	if n := w.count(`SELECT count(*) FROM familyfacing.audit WHERE allowed AND 'contacts/' || $1 = ANY (subjects) AND actor_kind = 'service'`, id("c1").String()); n != 2 {
		t.Errorf("%d audit rows of two children taken in", n)
	}
}

func TestASplitChildHasAFamilyOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	split := w.referred("c1", 1, 1, 3, "north", "own_family", "1")
	w.must(w.referred("c1", 0, 1, 2, "north"))
	w.must(split)
	w.must(split)
	families := w.list("north")
	if len(families) != 2 || !slices.Equal(families[0].GetChildren(), []string{"Ana Silva"}) || !slices.Equal(families[1].GetChildren(), []string{"Rui Silva"}) {
		t.Fatalf("families %v", families)
	}
}

func TestOneContactToTwoTeamsIsTwoFamilies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north"))
	w.must(w.referred("c1", 1, 1, 3, "south"))
	if n, s := w.only("north"), w.only("south"); n.GetName() == s.GetName() || n.GetContact() != s.GetContact() {
		t.Errorf("%s and %s", n.GetName(), s.GetName())
	}
}

func TestAChosenFamilyGetsTheChildOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north"))
	f := w.allocate("north", w.only("north"), "ana-north", "ben-north")
	chosen := strings.TrimPrefix(f.GetName(), "authorities/"+authority+"/families/")
	// The same girl, known without a doubt, and a brother whom nobody knew.
	w.contact("c2", 1, "heard again", []child{
		{name: "Ana Silva", born: "2016-02-01", nhs: "9990000018", reason: "again"}, {name: "Leo Silva", born: "2020-01-01", reason: "another"},
	})
	w.must(w.referred("c2", 0, 1, 2, "south", "family", chosen))
	w.must(w.referred("c2", 1, 1, 3, "south", "family", chosen))
	f = w.only("north")
	var names []string
	for _, p := range f.GetPeople() {
		names = append(names, p.GetFullName())
	}
	if want := []string{"Ana Silva", "Leo Silva", "Maria Silva"}; !slices.Equal(names, want) || len(f.GetWorries()) != 2 {
		t.Errorf("people %q with %d worries, want %q with 2", names, len(f.GetWorries()), want)
	}
	if _, facts := w.events(); facts[2]["state"] != "ALLOCATED" {
		t.Errorf("the event does not say that somebody is allocated: %v", facts[2])
	}
	if len(w.list("south")) != 0 {
		t.Error("a family with a team keeps it, whatever the address says")
	}
	// A revision of the second contact takes nobody away whom the first had brought.
	w.must(w.withdrawn("c2", 0, 1, 4, "south"))
	if p := w.only("north").GetPeople()[0]; p.GetStanding() != "WITH_TEAM" {
		t.Errorf("she is %s", p.GetStanding())
	}
}

func TestAChosenFamilyThatIsNotOpenLosesNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north", "family", id("no family").String()))
	if f := w.only("north"); len(f.GetPeople()) != 2 {
		t.Errorf("people %v", f.GetPeople())
	}
	if n := w.count(`SELECT count(*) FROM familyfacing.river_job WHERE kind = 'family_alarm' AND args ->> 'name' = 'chosen_family_not_open'`); n != 1 {
		t.Errorf("%d alarms for a person", n)
	}
}

func TestARevisionBeforeAllocationWithdrawsVisibly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	referred := w.referred("c1", 0, 1, 2, "north")
	w.must(referred)
	w.must(w.referred("c1", 1, 1, 3, "north"))
	w.contact("c1", 4, "they are alone at night", []child{{name: "Ana Silva", reason: "a neighbour was there"}, {name: "Rui Silva", reason: "a neighbour was there"}})
	gone := w.withdrawn("c1", 0, 1, 4, "north")
	w.must(gone)
	w.must(gone)
	w.must(referred)
	f := w.only("north")
	if p := f.GetPeople()[0]; p.GetStanding() != "WITHDRAWN" || p.GetStandingReason() != "a neighbour was there" {
		t.Errorf("she is %v", p)
	}
	if got := w.list("north")[0].GetChildren(); !slices.Equal(got, []string{"Rui Silva"}) {
		t.Errorf("the list shows %q", got)
	}
	w.must(w.withdrawn("c1", 1, 1, 5, "north"))
	if left := w.list("north"); len(left) != 0 {
		t.Errorf("still in the list: %v", left)
	}
	answer, err := w.ListFamilies(w.as("ana-north", "north"), &familyfacingv1.ListFamiliesRequest{Parent: teamName("north"), State: familyfacingv1.FamilyState_FAMILY_STATE_WITHDRAWN})
	if err != nil || len(answer.GetFamilies()) != 1 || len(answer.GetFamilies()[0].GetChildren()) != 2 {
		t.Errorf("withdrawn families: %v %v", answer.GetFamilies(), err)
	}
	types, _ := w.events()
	if want := []string{"family_opened", "child_added", "child_left", "child_left"}; !slices.Equal(types, want) {
		t.Errorf("events %q, want %q", types, want)
	}
	// The screener thinks again: the same family waits again.
	w.must(w.referred("c1", 0, 3, 6, "north"))
	w.must(w.withdrawn("c1", 0, 1, 4, "north"))
	if again := w.only("north"); again.GetName() != f.GetName() || again.GetState() != familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION || len(again.GetInvolvements()) != 2 {
		t.Errorf("the family %v", again)
	}
}

func TestARevisionAfterAllocationIsTheTeams(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north"))
	w.must(w.referred("c1", 1, 1, 3, "north"))
	w.allocate("north", w.only("north"), "ana-north", "ben-north")
	w.must(w.withdrawn("c1", 0, 1, 4, "north"))
	w.must(w.withdrawn("c1", 1, 1, 5, "north"))
	f := w.only("north")
	if !w.list("north")[0].GetRevised() || f.GetPeople()[0].GetStanding() != "REVISED" || f.GetState() != familyfacingv1.FamilyState_FAMILY_STATE_ALLOCATED {
		t.Fatalf("the family %v", f)
	}
	settle := func(ctxTeam string, child int, stays bool, f *familyfacingv1.Family) (*familyfacingv1.Family, error) {
		answer, err := w.SettleRevision(w.as("ben-"+ctxTeam, ctxTeam), &familyfacingv1.SettleRevisionRequest{
			Name: f.GetPeople()[child].GetName(), Stays: stays, Reason: "we know them", Etag: f.GetEtag(), RequestId: w.key(),
		})
		return answer.GetFamily(), err
	}
	_, err := settle("south", 0, true, f)
	w.wants(err, "NOT_FOUND", "another team settles")
	f, err = settle("north", 0, true, f)
	if err != nil || f.GetPeople()[0].GetStanding() != "WITH_TEAM" || f.GetPeople()[0].GetStandingReason() != "we know them" {
		t.Fatalf("she stays: %v %v", f.GetPeople(), err)
	}
	_, err = settle("north", 0, true, f)
	w.wants(err, "NOT_REVISED", "settled twice")
	f, err = settle("north", 1, false, f)
	if err != nil || f.GetPeople()[1].GetStanding() != "WITHDRAWN" || f.GetState() != familyfacingv1.FamilyState_FAMILY_STATE_ALLOCATED {
		t.Fatalf("he leaves: %v %v", f, err)
	}
	types, facts := w.events()
	if want := []string{"revision_due", "revision_due", "revision_settled", "child_left"}; !slices.Equal(types[3:], want) || facts[6]["child"] != childID("c1", 1).String() {
		t.Errorf("events %q %v, want %q", types[3:], facts, want)
	}
	// She is revised once more and leaves: nobody is left.
	w.must(w.referred("c1", 0, 3, 6, "north"))
	w.must(w.withdrawn("c1", 0, 3, 7, "north"))
	f, err = settle("north", 0, false, w.only("north"))
	if err != nil || f.GetState() != familyfacingv1.FamilyState_FAMILY_STATE_CLOSED || f.GetWorker() != personName("ana-north") {
		t.Errorf("the empty family: %v %v", f, err)
	}
}

func TestARevisionToAnotherTeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north"))
	// Both at the contact's same version, in this order; delivered again from the beginning.
	again := []*eventlogv1.Event{w.referred("c1", 0, 1, 2, "north"), w.withdrawn("c1", 0, 1, 3, "north"), w.referred("c1", 0, 2, 3, "south")}
	for range 2 {
		for _, e := range again {
			w.must(e)
		}
	}
	if len(w.list("north")) != 0 || len(w.only("south").GetPeople()) != 2 {
		t.Errorf("north %v, south %v", w.list("north"), w.list("south"))
	}
	// Even without a withdrawal the child is not with two teams.
	w.must(w.referred("c1", 1, 1, 4, "north"))
	w.must(w.referred("c1", 1, 2, 5, "south"))
	if len(w.list("north")) != 0 || !slices.Equal(w.list("south")[0].GetChildren(), []string{"Ana Silva", "Rui Silva"}) {
		t.Errorf("north %v, south %v", w.list("north"), w.list("south"))
	}
}

func TestUrgentIsOnTopUntilAMemberTakesNote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.siblings("c2")
	w.must(w.referred("c1", 0, 1, 2, "north"))
	w.later(time.Minute)
	w.must(w.referred("c2", 0, 1, 2, "north"))
	// The screener hears more: the same child, now urgent.
	urgent := w.referred("c2", 0, 2, 3, "north", "urgent", "1")
	w.must(urgent)
	w.must(urgent)
	top := w.list("north")[0]
	if !top.GetUrgentUnacknowledged() || w.list("north")[1].GetUrgentUnacknowledged() {
		t.Fatalf("the list %v", w.list("north"))
	}
	jobs := func() int {
		return w.count(`SELECT count(*) FROM familyfacing.river_job WHERE kind = 'family_alarm' AND args ->> 'name' = 'family_urgent'`)
	}
	if jobs() != 1 {
		t.Errorf("%d alarms", jobs())
	}
	f := w.get("north", top.GetName())
	acknowledge := func(who, team string, f *familyfacingv1.Family) (*familyfacingv1.Family, error) {
		answer, err := w.AcknowledgeUrgent(w.as(who, team), &familyfacingv1.AcknowledgeUrgentRequest{Name: f.GetName(), Etag: f.GetEtag(), RequestId: w.key()})
		return answer.GetFamily(), err
	}
	_, err := acknowledge("cleo-south", "south", f)
	w.wants(err, "NOT_FOUND", "another team takes note")
	f, err = acknowledge("cleo-north", "north", f)
	if err != nil || f.GetUrgentAcknowledgedBy() != personName("cleo-north") || !f.GetUrgent() {
		t.Fatalf("%v %v", f, err)
	}
	if w.list("north")[0].GetUrgentUnacknowledged() {
		t.Error("still on top")
	}
	// A second child of the family is urgent: that is news.
	w.must(w.referred("c2", 1, 1, 4, "north", "urgent", "1"))
	if jobs() != 2 || !w.list("north")[0].GetUrgentUnacknowledged() {
		t.Errorf("%d alarms, list %v", jobs(), w.list("north"))
	}
}

func TestAContactAboutAnOpenChildReachesItsWorkerToday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north"))
	w.must(w.referred("c1", 1, 1, 3, "north"))
	f := w.allocate("north", w.only("north"), "ana-north", "ben-north")
	w.must(w.event("contact_received", "c1", 1, nil))
	w.contact("c2", 1, "bruises", []child{
		{name: "A. Silva", born: "2016-02-01", nhs: "9990000018"},
		{name: "Rui Silva", born: "2018-07-09"},                    // no number: a screener confirms
		{name: "Rui Silva", born: "2018-07-10", nhs: "9990000026"}, // another birth date
		{name: "Somebody", nhs: "", born: ""},                      // nothing to go by
	})
	received := w.event("contact_received", "c2", 1, nil)
	w.must(received)
	w.must(received)
	notices := func() []*familyfacingv1.Notice {
		answer, err := w.ListNotices(w.as("ana-north", "north"), &familyfacingv1.ListNoticesRequest{Parent: teamName("north")})
		if err != nil {
			t.Fatal(err)
		}
		return answer.GetNotices()
	}
	if n := notices(); len(n) != 1 || n[0].GetChild() != f.GetPeople()[0].GetName() || n[0].GetWorker() != personName("ana-north") || !strings.HasSuffix(n[0].GetContact(), id("c2").String()) {
		t.Fatalf("notices %v", n)
	}
	if worries := w.only("north").GetWorries(); len(worries) != 2 || worries[1].GetWorry() != "bruises" {
		t.Errorf("worries %v", worries)
	}
	types, facts := w.events()
	if last := len(types) - 1; types[last] != "child_known_open" || facts[last]["child"] != childID("c2", 0).String() || "authorities/"+authority+"/families/"+facts[last]["family"] != f.GetName() {
		t.Errorf("event %v", facts[len(facts)-1])
	}
	// A screener confirms the brother.
	family := strings.TrimPrefix(f.GetName(), "authorities/"+authority+"/families/")
	passed := w.event("child_passed_on", "c2", 2, map[string]string{"child": childID("c2", 1).String(), "family": family})
	w.later(time.Minute)
	w.must(passed)
	w.must(passed)
	w.must(w.event("child_passed_on", "c2", 3, map[string]string{"child": childID("c2", 3).String(), "family": family}))
	if n := notices(); len(n) != 3 || n[1].GetChild() == n[0].GetChild() {
		t.Errorf("notices %v", n)
	}
	w.wants(w.take(w.event("child_passed_on", "c2", 4, map[string]string{"child": childID("c2", 1).String(), "family": id("none").String()})), "NOT_FOUND", "passed on to nowhere")
	for _, n := range notices() {
		if n.GetChild() == f.GetPeople()[1].GetName() {
			return
		}
	}
	t.Error("the brother was not recognised in his own family")
}

func TestAnOldContactDeliveredAgainIsNotAboutALaterFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.siblings("c2")
	early := w.event("contact_received", "c1", 1, nil)
	w.must(early)
	w.must(w.referred("c2", 0, 1, 2, "north"))
	w.must(early)
	notices := func() int { return w.count(`SELECT count(*) FROM familyfacing.notice`) }
	if notices() != 0 || len(w.only("north").GetWorries()) != 1 {
		t.Errorf("%d notices, %v", notices(), w.only("north").GetWorries())
	}
	// Its fuller text is news, once.
	for range 2 {
		w.must(w.event("contact_amended", "c1", 4, map[string]string{"told": "2"}))
	}
	if notices() != 1 {
		t.Errorf("%d notices of the fuller text", notices())
	}
}

func TestFullerWordsReachTheFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north"))
	w.contact("c1", 5, "they are alone at night, and the little one is ill", []child{{name: "Ana Silva"}, {name: "Rui Silva"}})
	amended := w.event("contact_amended", "c1", 5, map[string]string{"told": "2"})
	w.must(amended)
	etag := w.only("north").GetEtag()
	w.must(amended)
	f := w.only("north")
	if worries := f.GetWorries(); len(worries) != 1 || !strings.HasSuffix(worries[0].GetWorry(), "is ill") || worries[0].GetScreeningReason() != "neglect likely" || f.GetEtag() != etag {
		t.Errorf("worries %v", worries)
	}
	if n := w.count(`SELECT count(*) FROM familyfacing.worry`); n != 2 {
		t.Errorf("%d versions are kept, want 2", n)
	}
}

func TestAnUnreadableEventIsAnErrorAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	for what, c := range map[string]struct {
		event *eventlogv1.Event
		want  string
	}{
		"no team":                 {w.referred("c1", 0, 1, 2, ""), "EVENT_UNREADABLE"},
		"no screening":            {w.referred("c1", 0, 0, 2, "north"), "EVENT_UNREADABLE"},
		"a screening in words":    {w.referred("c1", 0, 1, 2, "north", "screening", "one"), "EVENT_UNREADABLE"},
		"no child":                {w.referred("c1", 0, 1, 2, "north", "child", ""), "EVENT_UNREADABLE"},
		"a child of another":      {w.referred("c1", 7, 1, 2, "north"), "CHILD_NOT_IN_CONTACT"},
		"no contact":              {w.referred("c1", 0, 1, 2, "north", "contact", "x"), "EVENT_UNREADABLE"},
		"a contact that is not":   {w.referred("c9", 0, 1, 2, "north"), "NOT_FOUND"},
		"a withdrawal of nothing": {w.withdrawn("c1", 0, 1, 2, "north"), ""},
	} {
		w.wants(w.take(c.event), c.want, what)
	}
	if types, _ := w.events(); len(types) != 0 {
		t.Errorf("events %v", types)
	}
}
