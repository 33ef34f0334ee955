package family_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/familyfacing/family"
)

// waiting gives a family that waits for allocation in north.
func (w *world) waiting(contact string) *familyfacingv1.Family {
	w.Helper()
	w.siblings(contact)
	w.must(w.referred(contact, 0, 1, 2, "north"))
	w.must(w.referred(contact, 1, 1, 3, "north"))
	for _, f := range w.list("north") {
		if full := w.get("north", f.GetName()); strings.HasSuffix(full.GetContact(), id(contact).String()) {
			return full
		}
	}
	w.Fatal("the family is not in the list")
	return nil
}

func (w *world) allocation(f *familyfacingv1.Family, worker, cover string) *familyfacingv1.AllocateFamilyRequest {
	return &familyfacingv1.AllocateFamilyRequest{Name: f.GetName(), Worker: personName(worker), Cover: personName(cover), Etag: f.GetEtag(), RequestId: w.key()}
}

func TestOnlyTheTeamSeesItsFamilies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.waiting("c1")
	list := func(ctx context.Context, team string) error {
		_, err := w.ListFamilies(ctx, &familyfacingv1.ListFamiliesRequest{Parent: teamName(team)})
		_, caseload := w.GetCaseload(ctx, &familyfacingv1.GetCaseloadRequest{Parent: teamName(team)})
		_, notices := w.ListNotices(ctx, &familyfacingv1.ListNoticesRequest{Parent: teamName(team)})
		if reason(err) != reason(caseload) || reason(err) != reason(notices) {
			t.Errorf("three lists, three answers: %v, %v, %v", err, caseload, notices)
		}
		return err
	}
	for what, c := range map[string]struct {
		ctx  context.Context
		team string
		want string
	}{
		"a member":                          {w.as("ben-north", "north"), "north", ""},
		"another team":                      {w.as("ben-south", "south"), "north", "NOT_A_MEMBER"},
		"somebody without a seat":           {w.as("zoe"), "north", "NOT_A_MEMBER"},
		"the Referral Team":                 {w.as("screener", "referral"), "north", "NOT_A_MEMBER"},
		"a team of another kind":            {w.as("ben-north", "north"), "referral", "NOT_FOUND"},
		"the own team of another kind":      {w.as("screener", "referral"), "referral", "NOT_FOUND"},
		"a team that is not there":          {w.as("ben-north", "north"), "west", "NOT_FOUND"},
		"a service without a seat anywhere": {w.asService(), "north", "NOT_A_MEMBER"},
	} {
		w.wants(list(c.ctx, c.team), c.want, what)
	}
	get := func(ctx context.Context, name string) error {
		_, err := w.GetFamily(ctx, &familyfacingv1.GetFamilyRequest{Name: name})
		return err
	}
	w.wants(get(w.as("cleo-north", "north"), f.GetName()), "", "a member looks")
	w.wants(get(w.as("ben-south", "south"), f.GetName()), "NOT_FOUND", "another team looks")
	w.wants(get(w.as("screener", "referral"), f.GetName()), "NOT_FOUND", "the Referral Team looks")
	w.wants(get(w.as("cleo-north", "north"), "authorities/"+authority+"/families/"+uuid.NewString()), "NOT_FOUND", "no such family")
	w.wants(get(w.as("cleo-north", "north"), "authorities/"+authority+"/families/------------------------------------"), "NOT_FOUND", "no id")
	rows := w.count(`SELECT count(*) FROM familyfacing.audit WHERE actor = $1 AND $2 = ANY (subjects) AND $3 = ANY (subjects)`,
		id("cleo-north").String(), strings.TrimPrefix(f.GetName(), "authorities/"+authority+"/"), strings.TrimPrefix(f.GetPeople()[0].GetName(), "authorities/"+authority+"/"))
	if rows != 1 {
		t.Errorf("%d audit rows of one look", rows)
	}
}

func TestAllocation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.waiting("c1")
	try := func(ctx context.Context, req *familyfacingv1.AllocateFamilyRequest) error {
		_, err := w.AllocateFamily(ctx, req)
		return err
	}
	member := w.as("cleo-north", "north")
	w.wants(try(w.as("ben-south", "south"), w.allocation(f, "ana-south", "ben-south")), "NOT_FOUND", "another team allocates")
	w.wants(try(w.as("cleo-north"), w.allocation(f, "ana-north", "ben-north")), "NOT_A_MEMBER", "somebody who left allocates")
	w.wants(try(member, w.allocation(f, "ana-north", "ana-north")), "SAME_PERSON", "one person")
	w.wants(try(member, w.allocation(f, "ana-north", "ben-south")), "NOT_A_PRESENT_MEMBER", "a cover of another team")
	stale := w.allocation(f, "ana-north", "ben-north")
	stale.Etag = "0"
	w.wants(try(member, stale), "CHANGED", "an old etag")
	w.seats.leave("north", "ben-north")
	w.wants(try(member, w.allocation(f, "ana-north", "ben-north")), "NOT_A_PRESENT_MEMBER", "a cover who left a second ago")
	w.wants(try(member, w.allocation(f, "ben-north", "ana-north")), "NOT_A_PRESENT_MEMBER", "a worker who left a second ago")

	req := w.allocation(f, "ana-north", "cleo-north")
	first, err := w.AllocateFamily(member, req)
	if err != nil {
		t.Fatal(err)
	}
	got := first.GetFamily()
	if got.GetState() != familyfacingv1.FamilyState_FAMILY_STATE_ALLOCATED || got.GetWorker() != personName("ana-north") || got.GetCover() != personName("cleo-north") ||
		got.GetHandovers() != 0 || !got.GetAllocatedAt().AsTime().Equal(w.clock()) || got.GetInvolvements()[0].GetDecidedBy() != personName("cleo-north") {
		t.Errorf("allocated: %v", got)
	}
	again, err := w.AllocateFamily(member, req)
	if err != nil || !proto.Equal(first, again) {
		t.Errorf("the same call again: %v %v", again, err)
	}
	other := proto.CloneOf(req)
	other.Worker, other.Cover = other.Cover, other.Worker
	w.wants(try(member, other), "KEY_REUSED", "the same key, another body")
	w.wants(try(member, w.allocation(got, "ana-north", "cleo-north")), "NOT_AWAITING_ALLOCATION", "allocated twice")
	types, facts := w.events()
	if n := len(types) - 1; types[n] != "family_allocated" || facts[n]["team"] != "north" || facts[n]["contact"] != id("c1").String() || len(types) != 3 {
		t.Errorf("events %q %v", types, facts)
	}
}

func TestOfTwoAllocationsAtOnceOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.waiting("c1")
	workers := []string{"ana-north", "ben-north", "cleo-north"}
	errs := make([]error, 12)
	var group sync.WaitGroup
	for i := range errs {
		ctx, req := w.as(workers[i%3], "north"), w.allocation(f, workers[i%3], workers[(i+1)%3])
		group.Go(func() { _, errs[i] = w.AllocateFamily(ctx, req) })
	}
	group.Wait()
	winner := ""
	for i, err := range errs {
		if err == nil && winner == "" {
			winner = personName(workers[i%3])
		} else if err == nil {
			t.Error("two won")
		}
	}
	now := w.get("north", f.GetName())
	if now.GetWorker() != winner || len(now.GetInvolvements()) != 2 {
		t.Errorf("winner %s, family %v", winner, now)
	}
	for _, err := range errs {
		var lost *fault.Fault
		if errors.As(err, &lost) && (lost.Reason != "CHANGED" || lost.Facts["changedBy"] != winner || lost.Facts["etag"] != now.GetEtag() || lost.Facts["changedAt"] == "") {
			t.Errorf("a loser is told %v %v", lost, lost.Facts)
		}
	}
}

func TestHandover(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.waiting("c1")
	hand := func(f *familyfacingv1.Family, worker, cover string) (*familyfacingv1.Family, error) {
		answer, err := w.HandOverFamily(w.as("ana-north", "north"), &familyfacingv1.HandOverFamilyRequest{
			Name: f.GetName(), Worker: personName(worker), Cover: personName(cover), Reason: "long illness", ChildTold: true, Etag: f.GetEtag(), RequestId: w.key(),
		})
		return answer.GetFamily(), err
	}
	_, err := hand(f, "ana-north", "ben-north")
	w.wants(err, "NOT_ALLOCATED", "nobody to hand over from")
	f = w.allocate("north", f, "ana-north", "ben-north")
	_, err = hand(f, "ana-north", "ben-north")
	w.wants(err, "NOTHING_CHANGES", "to the same two")
	_, err = hand(f, "ana-south", "ben-north")
	w.wants(err, "NOT_A_PRESENT_MEMBER", "to another team's member")
	f, err = hand(f, "ana-north", "cleo-north")
	if err != nil || f.GetHandovers() != 0 || f.GetCover() != personName("cleo-north") {
		t.Fatalf("another cover: %v %v", f, err)
	}
	f, err = hand(f, "ben-north", "cleo-north")
	last := f.GetInvolvements()[0]
	if err != nil || f.GetHandovers() != 1 || f.GetWorker() != personName("ben-north") || last.GetKind() != "HANDED_OVER" || last.GetReason() != "long illness" || !last.GetChildTold() {
		t.Fatalf("another worker: %v %v", f, err)
	}
	if types, _ := w.events(); !slices.Equal(types[3:], []string{"family_handed_over", "family_handed_over"}) {
		t.Errorf("events %q", types)
	}
}

func TestADeferredFamilyIsWithTheReceiverAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north", "urgent", "1"))
	w.contact("c2", 1, "more", []child{{name: "Ana Silva", born: "2016-02-01", nhs: "9990000018"}})
	w.must(w.event("contact_received", "c2", 1, nil))
	f := w.allocate("north", w.only("north"), "ana-north", "ben-north")
	member := w.as("ben-north", "north")
	deferral := func(team string) *familyfacingv1.DeferFamilyRequest {
		return &familyfacingv1.DeferFamilyRequest{Name: f.GetName(), Team: teamName(team), Reason: "we are full", Etag: f.GetEtag(), RequestId: w.key()}
	}
	for team, want := range map[string]string{"north": "SAME_TEAM", "referral": "NOT_A_FAMILY_FACING_TEAM", "west": "NOT_A_FAMILY_FACING_TEAM"} {
		_, err := w.DeferFamily(member, deferral(team))
		w.wants(err, want, "to "+team)
	}
	_, err := w.DeferFamily(w.as("ana-south", "south"), deferral("south"))
	w.wants(err, "NOT_FOUND", "the receiver takes it")
	req := deferral("south")
	first, err := w.DeferFamily(member, req)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.DeferFamily(member, req); err != nil || !proto.Equal(first, again) {
		t.Errorf("the same call again: %v %v", again, err)
	}
	_, err = w.GetFamily(member, &familyfacingv1.GetFamilyRequest{Name: f.GetName()})
	w.wants(err, "NOT_FOUND", "the team that deferred looks")
	_, err = w.AllocateFamily(member, w.allocation(first.GetFamily(), "ana-north", "ben-north"))
	w.wants(err, "NOT_FOUND", "the team that deferred allocates")
	there := w.only("south")
	if there.GetState() != familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION || there.GetWorker()+there.GetCover() != "" || there.GetAllocatedAt() != nil ||
		there.GetInvolvements()[0].GetKind() != "DEFERRED" || there.GetInvolvements()[0].GetReason() != "we are full" || there.GetInvolvements()[0].GetTeam() != teamName("south") {
		t.Errorf("with the receiver: %v", there)
	}
	if !w.list("south")[0].GetUrgentUnacknowledged() || len(w.list("north")) != 0 {
		t.Error("the receiver does not see that it is urgent, or the sender still has it")
	}
	if n := w.count(`SELECT count(*) FROM familyfacing.river_job WHERE args ->> 'name' = 'family_urgent'`); n != 2 {
		t.Errorf("%d alarms, want one for each team", n)
	}
	for team, want := range map[string]int{"north": 0, "south": 1} {
		answer, err := w.ListNotices(w.as("ana-"+team, team), &familyfacingv1.ListNoticesRequest{Parent: teamName(team)})
		if err != nil || len(answer.GetNotices()) != want {
			t.Errorf("notices of %s: %v %v", team, answer.GetNotices(), err)
		}
	}
	if types, facts := w.events(); types[len(types)-1] != "family_deferred" || facts[len(types)-1]["team"] != "south" || facts[len(types)-1]["from"] != "north" {
		t.Errorf("events %q %v", types, facts)
	}
	// Another worker than before is a handover, wherever.
	if f := w.allocate("south", there, "ana-south", "ben-south"); f.GetHandovers() != 1 {
		t.Errorf("%d handovers", f.GetHandovers())
	}
	// The contact's other child joins its sister.
	w.must(w.referred("c1", 1, 1, 3, "north"))
	if len(w.list("north")) != 0 || len(w.only("south").GetPeople()) != 3 {
		t.Errorf("north %v, south %v", w.list("north"), w.list("south"))
	}
}

func TestTheListIsInOrderAndComesInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var past []family.PastFamily
	for i := range 7 {
		f := family.PastFamily{Team: "north", OpenedAt: w.clock().Add(-time.Duration(100-i) * time.Hour), People: []family.PastPerson{{Child: true}}}
		if i < 4 {
			f.Worker, f.Cover, f.AllocatedAt = id("ana-north"), id("ben-north"), f.OpenedAt.Add(time.Hour)
		}
		if i == 3 {
			f.ClosedAt = w.clock()
		}
		past = append(past, f)
	}
	w.seed(past)
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north", "urgent", "1"))
	page := func(size int32, token string, state familyfacingv1.FamilyState) (*familyfacingv1.ListFamiliesResponse, error) {
		return w.ListFamilies(w.as("ana-north", "north"), &familyfacingv1.ListFamiliesRequest{Parent: teamName("north"), PageSize: size, PageToken: token, State: state})
	}
	var got []string
	token := ""
	for pages := 1; ; pages++ {
		answer, err := page(2, token, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range answer.GetFamilies() {
			got = append(got, strings.TrimPrefix(f.GetState().String(), "FAMILY_STATE_")+f.GetOpenedAt().AsTime().Format(" 02 15"))
		}
		if token = answer.GetNextPageToken(); token == "" {
			break
		}
		if pages > 4 {
			t.Fatal("no last page")
		}
	}
	want := []string{
		"AWAITING_ALLOCATION 10 11", "AWAITING_ALLOCATION 06 12", "AWAITING_ALLOCATION 06 13", "AWAITING_ALLOCATION 06 14",
		"ALLOCATED 06 08", "ALLOCATED 06 09", "ALLOCATED 06 10",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for state, n := range map[familyfacingv1.FamilyState]int{
		familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION: 4, familyfacingv1.FamilyState_FAMILY_STATE_ALLOCATED: 3,
		familyfacingv1.FamilyState_FAMILY_STATE_CLOSED: 1, familyfacingv1.FamilyState_FAMILY_STATE_WITHDRAWN: 0,
	} {
		answer, err := page(0, "", state)
		if err != nil || len(answer.GetFamilies()) != n {
			t.Errorf("%s: %d families, want %d (%v)", state, len(answer.GetFamilies()), n, err)
		}
	}
	first, err := page(2, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = page(2, first.GetNextPageToken(), familyfacingv1.FamilyState_FAMILY_STATE_CLOSED)
	w.wants(err, "INVALID", "a token of another list")
	if name := first.GetFamilies()[1].GetChildren(); !slices.Equal(name, []string{"a child"}) {
		t.Errorf("a child without a name is called %q", name)
	}
}

func (w *world) seed(past []family.PastFamily) {
	w.Helper()
	if err := w.db.Tx(w.asService(), func(tx pgx.Tx) error { return family.Seed(w.Context(), tx, past) }); err != nil {
		w.Fatal(err)
	}
}

func TestCaseloadIsExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	past := func(worker, cover string, children int, closed bool) family.PastFamily {
		f := family.PastFamily{Team: "north", OpenedAt: w.clock().Add(-100 * time.Hour)}
		for range children {
			f.People = append(f.People, family.PastPerson{Child: true, FullName: "Invented Child"})
		}
		f.People = append(f.People, family.PastPerson{FullName: "Invented Adult", Relationship: "mother"})
		if worker != "" {
			f.Worker, f.Cover, f.AllocatedAt = id(worker), id(cover), f.OpenedAt.Add(time.Hour)
		}
		if closed {
			f.ClosedAt = w.clock()
		}
		return f
	}
	handed := past("ana-north", "ben-north", 4, false)
	handed.Handovers = []family.PastHandover{{Worker: id("ben-north"), Cover: id("ana-north"), Reason: "wished for", At: w.clock()}}
	elsewhere := past("ana-north", "ben-north", 5, false)
	elsewhere.Team = "south"
	w.seed([]family.PastFamily{
		past("ana-north", "ben-north", 2, false), past("ana-north", "gone", 1, false), past("ana-north", "ben-north", 3, true),
		handed, past("gone", "ana-north", 2, false), past("", "", 3, false), elsewhere,
	})
	// One of hers is revised and counts still; another was withdrawn and counts no more.
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north"))
	w.must(w.referred("c1", 1, 1, 3, "north"))
	var f *familyfacingv1.Family
	for _, s := range w.list("north") {
		if full := w.get("north", s.GetName()); full.GetContact() != "" {
			f = full
		}
	}
	f = w.allocate("north", f, "ana-north", "ben-north")
	w.must(w.withdrawn("c1", 0, 1, 4, "north"))
	w.must(w.withdrawn("c1", 1, 1, 5, "north"))
	f = w.get("north", f.GetName())
	if _, err := w.SettleRevision(w.as("ana-north", "north"), &familyfacingv1.SettleRevisionRequest{
		Name: f.GetPeople()[0].GetName(), Reason: "no need", Etag: f.GetEtag(), RequestId: w.key(),
	}); err != nil {
		t.Fatal(err)
	}
	w.weigh(f.GetName(), 25)
	answer, err := w.GetCaseload(w.as("cleo-north", "north"), &familyfacingv1.GetCaseloadRequest{Parent: teamName("north")})
	if err != nil {
		t.Fatal(err)
	}
	want := []*familyfacingv1.Caseload{
		{Person: personName("ana-north"), Title: "ana-north", Children: 2 + 1 + 1, Families: 3, CoveringFamilies: 2, FullTimeThousandths: 800, WeightTenths: 10 + 10 + 25},
		{Person: personName("ben-north"), Title: "ben-north", Children: 4, Families: 1, CoveringFamilies: 2, FullTimeThousandths: 800, WeightTenths: 10},
		{Person: personName("cleo-north"), Title: "cleo-north", FullTimeThousandths: 800},
		{Person: personName("gone"), Title: "former member", Children: 2, Families: 1, CoveringFamilies: 1, WeightTenths: 10},
	}
	if len(answer.GetMembers()) != len(want) {
		t.Fatalf("members %v", answer.GetMembers())
	}
	for i, m := range answer.GetMembers() {
		if !proto.Equal(m, want[i]) {
			t.Errorf("%v\nwant %v", m, want[i])
		}
	}
	if answer.GetFamiliesWaiting() != 1 || answer.GetGuideChildren() != 14 || answer.GetGuideFamilies() != 10 {
		t.Errorf("waiting %d, guide %d children, %d families", answer.GetFamiliesWaiting(), answer.GetGuideChildren(), answer.GetGuideFamilies())
	}
	// Somebody who leaves is still called by name.
	w.seats.leave("north", "ben-north")
	answer, err = w.GetCaseload(w.as("cleo-north", "north"), &familyfacingv1.GetCaseloadRequest{Parent: teamName("north")})
	if err != nil || answer.GetMembers()[2].GetTitle() != "ben-north" || answer.GetMembers()[2].GetFullTimeThousandths() != 0 {
		t.Errorf("members %v %v", answer.GetMembers(), err)
	}
}

func TestAnAlarmGoesOnUntilAMemberTakesNote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.siblings("c1")
	w.must(w.referred("c1", 0, 1, 2, "north", "urgent", "1"))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.service.Run(ctx) }()
	alarms := func() int { return w.count(`SELECT count(*) FROM familyfacing.alarm WHERE name = 'family_urgent'`) }
	again := `SELECT count(*) FROM familyfacing.river_job WHERE state = 'scheduled' AND scheduled_at BETWEEN now() + interval '14 minutes' AND now() + interval '15 minutes'`
	w.until("alarmed at once and again in 15 minutes", func() bool { return alarms() == 1 && w.count(again) == 1 })
	if said := w.log.String(); !strings.Contains(said, "alarm=family_urgent") || strings.Contains(said, "Silva") {
		t.Errorf("the log says %q", said)
	}
	due := `UPDATE familyfacing.river_job SET scheduled_at = now(), state = 'available'`
	w.query(due, func(pgx.Rows) error { return nil })
	w.until("alarmed again", func() bool { return alarms() == 2 && w.count(again) == 1 })
	f := w.only("north")
	if _, err := w.AcknowledgeUrgent(w.as("ben-north", "north"), &familyfacingv1.AcknowledgeUrgentRequest{Name: f.GetName(), Etag: f.GetEtag(), RequestId: w.key()}); err != nil {
		t.Fatal(err)
	}
	w.query(due, func(pgx.Rows) error { return nil })
	w.until("the alarm's end", func() bool {
		return w.count(`SELECT count(*) FROM familyfacing.river_job WHERE state = 'completed'`) == 1
	})
	if alarms() != 2 {
		t.Errorf("%d alarms", alarms())
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestSeedRefusesAnIllegalPast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := family.PastFamily{Team: "north", OpenedAt: w.clock(), Worker: id("ana"), Cover: id("ana"), AllocatedAt: w.clock()}
	err := w.db.Tx(w.asService(), func(tx pgx.Tx) error { return family.Seed(w.Context(), tx, []family.PastFamily{bad}) })
	if err == nil || !strings.Contains(err.Error(), "family 1 of 1") {
		t.Errorf("a worker who is the own cover: %v", err)
	}
}
