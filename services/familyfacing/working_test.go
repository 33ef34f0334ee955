package familyfacing_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/platform/try"
)

var kith *try.Platform

func TestMain(m *testing.M) { os.Exit(try.Main(m, &kith)) }

const (
	// The screener is on rotation from this very team; the outsider from another.
	screener = "priya-raman"
	outsider = "marcus-fairweather"
	worker   = "amina-yusuf"
	cover    = "declan-orourke"
	// leaver loses the seat in one of these tests.
	leaver   = "idris-haile"
	team     = "authorities/" + try.Kensington + "/teams/north-kensington"
	receiver = "authorities/" + try.Kensington + "/teams/holland-park"
	// A postcode of that team's patch.
	postcode = "W10 4RA"
)

// receive sends a worry about the children as the police.
func receive(t *testing.T, children ...*referralv1.ToldChild) *referralv1.Contact {
	t.Helper()
	answer, err := kith.Referral(t).ReceiveContact(kith.AsPartner(t, try.Kensington, "met-police"), &referralv1.ReceiveContactRequest{
		Parent: "authorities/" + try.Kensington, RequestId: uuid.NewString(),
		Told: &referralv1.Told{Source: &referralv1.Source{Code: "6", Organisation: "Police"}, Children: children, Worry: "alone at night"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetContact()
}

// screen gives a child of the contact an outcome.
func screen(t *testing.T, contact string, child int, outcome referralv1.Outcome) {
	t.Helper()
	ctx := kith.As(t, try.Kensington, screener)
	seen, err := kith.Referral(t).GetContact(ctx, &referralv1.GetContactRequest{Name: contact})
	if err != nil {
		t.Fatal(err)
	}
	_, err = kith.Referral(t).ScreenChild(ctx, &referralv1.ScreenChildRequest{
		Name: seen.GetContact().GetChildren()[child].GetName(), Outcome: outcome, Reason: "it needs this", ReasonForReferrer: "thank you",
		Etag: seen.GetContact().GetEtag(), RequestId: uuid.NewString(),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// family waits until the team's list shows the contact's family with so many children.
func family(t *testing.T, contact string, children int) *familyfacingv1.Family {
	t.Helper()
	var found *familyfacingv1.Family
	try.Until(t, "the family is in the team's list", func() bool {
		ctx := kith.As(t, try.Kensington, worker)
		list, err := kith.Families(t).ListFamilies(ctx, &familyfacingv1.ListFamiliesRequest{Parent: team, PageSize: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list.GetFamilies() {
			one, err := kith.Families(t).GetFamily(ctx, &familyfacingv1.GetFamilyRequest{Name: f.GetName()})
			if err == nil && one.GetFamily().GetContact() == contact && len(f.GetChildren()) == children {
				found = one.GetFamily()
			}
		}
		return found != nil
	})
	return found
}

func person(t *testing.T, who string) string { return kith.Person(t, try.Kensington, who) }

func allocation(t *testing.T, f *familyfacingv1.Family) *familyfacingv1.AllocateFamilyRequest {
	t.Helper()
	return &familyfacingv1.AllocateFamilyRequest{Name: f.GetName(), Worker: person(t, worker), Cover: person(t, cover), Etag: f.GetEtag(), RequestId: uuid.NewString()}
}

func wants(t *testing.T, err error, want codes.Code, what string) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestFromScreeningToAllocationAndOn(t *testing.T) {
	t.Parallel()
	contact := receive(t, &referralv1.ToldChild{Name: "Ines Invent", Postcode: postcode}, &referralv1.ToldChild{Name: "Hugo Invent", Postcode: postcode}).GetName()
	screen(t, contact, 0, referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM)
	screen(t, contact, 1, referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW)
	f := family(t, contact, 2)
	if !f.GetUrgent() || f.GetUrgentAcknowledgedBy() != "" || f.GetWorries()[0].GetWorry() != "alone at night" || f.GetWorries()[0].GetScreeningReason() != "it needs this" {
		t.Errorf("the family %v", f)
	}
	families := kith.Families(t)
	_, err := families.GetFamily(kith.As(t, try.Kensington, outsider), &familyfacingv1.GetFamilyRequest{Name: f.GetName()})
	wants(t, err, codes.NotFound, "somebody of another team looks")
	_, err = families.ListFamilies(kith.As(t, try.Kensington, outsider), &familyfacingv1.ListFamiliesRequest{Parent: team})
	wants(t, err, codes.PermissionDenied, "somebody of another team lists")
	_, err = families.GetFamily(kith.AsPartner(t, try.Kensington, "met-police"), &familyfacingv1.GetFamilyRequest{Name: f.GetName()})
	wants(t, err, codes.NotFound, "a partner looks")

	ctx := kith.As(t, try.Kensington, worker)
	noted, err := families.AcknowledgeUrgent(ctx, &familyfacingv1.AcknowledgeUrgentRequest{Name: f.GetName(), Etag: f.GetEtag(), RequestId: uuid.NewString()})
	if err != nil || noted.GetFamily().GetUrgentAcknowledgedBy() != person(t, worker) {
		t.Fatalf("acknowledged: %v %v", noted, err)
	}
	req := allocation(t, noted.GetFamily())
	given, err := families.AllocateFamily(ctx, req)
	if err != nil || given.GetFamily().GetWorker() != person(t, worker) {
		t.Fatalf("allocated: %v %v", given, err)
	}
	_, err = families.AllocateFamily(ctx, req)
	wants(t, err, codes.OK, "the same call again")
	_, err = families.AllocateFamily(ctx, allocation(t, noted.GetFamily()))
	wants(t, err, codes.Aborted, "on an old etag")
	caseload, err := families.GetCaseload(ctx, &familyfacingv1.GetCaseloadRequest{Parent: team})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range caseload.GetMembers() {
		names[m.GetPerson()] = m.GetTitle() != ""
	}
	for _, member := range kith.Members(try.Kensington, "north-kensington") {
		if member != leaver && !names[person(t, member)] {
			t.Errorf("%s is not in the caseload", member)
		}
	}
	// Screened again after allocation: the team decides.
	screen(t, contact, 0, referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION)
	try.Until(t, "the revision is with the team", func() bool {
		return slices.ContainsFunc(family(t, contact, 2).GetPeople(), func(p *familyfacingv1.Person) bool { return p.GetStanding() == "REVISED" })
	})
	f = family(t, contact, 2)
	passed, err := families.DeferFamily(kith.As(t, try.Kensington, cover), &familyfacingv1.DeferFamilyRequest{
		Name: f.GetName(), Team: receiver, Reason: "we are full", Etag: f.GetEtag(), RequestId: uuid.NewString(),
	})
	if err != nil || passed.GetFamily().GetTeam() != receiver {
		t.Fatalf("deferred: %v %v", passed, err)
	}
	_, err = families.GetFamily(kith.As(t, try.Kensington, worker), &familyfacingv1.GetFamilyRequest{Name: f.GetName()})
	wants(t, err, codes.NotFound, "the team that deferred looks")
}

func TestARevisionBeforeAllocationReachesTheTeam(t *testing.T) {
	t.Parallel()
	contact := receive(t, &referralv1.ToldChild{Name: "Olga Invent", Postcode: postcode}, &referralv1.ToldChild{Name: "Igor Invent", Postcode: postcode}).GetName()
	screen(t, contact, 0, referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM)
	screen(t, contact, 1, referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM)
	family(t, contact, 2)
	screen(t, contact, 0, referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION)
	f := family(t, contact, 1)
	if p := f.GetPeople()[0]; p.GetFullName() != "Olga Invent" || p.GetStanding() != "WITHDRAWN" || p.GetStandingReason() != "it needs this" {
		t.Errorf("she is %v", p)
	}
}

func TestTheWholeLogTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	contact := receive(t, &referralv1.ToldChild{Name: "Otis Invent", NhsNumber: "9990000018", BirthDate: "2016-02-01", Postcode: postcode}).GetName()
	screen(t, contact, 0, referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM)
	before := family(t, contact, 1)
	again := receive(t, &referralv1.ToldChild{Name: "Otis", NhsNumber: "999 000 0018", BirthDate: "1/2/2016"}).GetName()
	notices := func() (about []*familyfacingv1.Notice) {
		list, err := kith.Families(t).ListNotices(kith.As(t, try.Kensington, worker), &familyfacingv1.ListNoticesRequest{Parent: team, PageSize: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range list.GetNotices() {
			if n.GetContact() == again && n.GetFamily() == before.GetName() {
				about = append(about, n)
			}
		}
		return about
	}
	try.Until(t, "the worker's notice", func() bool { return len(notices()) == 1 })
	if n := notices()[0]; n.GetChild() != before.GetPeople()[0].GetName() {
		t.Errorf("the notice %v", n)
	}
	etag := family(t, contact, 1).GetEtag()
	var last int64
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		if err := conn.QueryRow(t.Context(), `SELECT position FROM familyfacing.cursor WHERE log = 'referral'`).Scan(&last); err != nil {
			return err
		}
		_, err := conn.Exec(t.Context(), `UPDATE familyfacing.cursor SET position = 0, event_id = NULL WHERE log = 'referral'`)
		return err
	})
	try.Until(t, "the log is taken in again", func() bool {
		var position int64
		kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
			return conn.QueryRow(t.Context(), `SELECT position FROM familyfacing.cursor WHERE log = 'referral'`).Scan(&position)
		})
		return position >= last
	})
	if f := family(t, contact, 1); f.GetEtag() != etag || f.GetName() != before.GetName() || len(notices()) != 1 {
		t.Errorf("taken in twice: %v, notices %v", f, notices())
	}
}

func TestALeaverNoLongerAllocates(t *testing.T) {
	t.Parallel()
	contact := receive(t, &referralv1.ToldChild{Name: "Cora Invent", Postcode: postcode}).GetName()
	screen(t, contact, 0, referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM)
	f := family(t, contact, 1)
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE directory.membership SET until = now() WHERE team = 'north-kensington'
			AND person = (SELECT id FROM directory.person WHERE key = $1)`, leaver)
		return err
	})
	_, err := kith.Families(t).AllocateFamily(kith.As(t, try.Kensington, leaver), allocation(t, f))
	wants(t, err, codes.PermissionDenied, "the leaver allocates")
	req := allocation(t, f)
	req.Cover = person(t, leaver)
	_, err = kith.Families(t).AllocateFamily(kith.As(t, try.Kensington, worker), req)
	wants(t, err, codes.FailedPrecondition, "the leaver becomes the cover")
	if err == nil || !strings.Contains(err.Error(), "seat") {
		t.Errorf("no sentence that helps: %v", err)
	}
}
