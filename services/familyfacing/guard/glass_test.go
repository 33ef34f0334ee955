package guard_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/platform/try"
)

func TestBreakGlassOpensOneFamilyToOnePersonToTheSecond(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f, other := h.allocated(t, child("Eli Invent")), h.allocated(t, child("Fay Invent"))
	_, err := h.look(t, outsider, f.GetName())
	wants(t, err, codes.NotFound, "NOT_FOUND", "before")
	use, err := h.breaks(t, outsider, byName(f.GetName(), 5))
	if err != nil {
		t.Fatal(err)
	}
	until := use.GetUntil().AsTime()
	if until.Sub(use.GetAt().AsTime()) != 5*time.Minute || use.GetFamily() != f.GetName() || use.GetPerson() != h.person(t, outsider) || use.GetReason() != reason || use.GetReviewedAt() != nil {
		t.Errorf("the use: %v", use)
	}
	if seen := h.get(t, outsider, f.GetName()); !seen.GetGlassBrokenUntil().AsTime().Equal(until) || seen.GetRestricted() || len(seen.GetPeople()) != 1 {
		t.Errorf("seen by break-glass: %v", seen)
	}
	if h.get(t, worker, f.GetName()).GetGlassBrokenUntil() != nil {
		t.Error("the worker sees it by break-glass")
	}
	for who, name := range map[string]string{outsider: other.GetName(), screener: f.GetName()} {
		_, err := h.look(t, who, name)
		wants(t, err, codes.NotFound, "NOT_FOUND", who+" looks at what was not opened to them")
	}
	looks, err := h.families(t).ListLooks(h.as(t, worker), &familyfacingv1.ListLooksRequest{Parent: f.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	person := "people/" + last(h.person(t, outsider))
	for _, purpose := range []string{"break the glass", "look by break-glass"} {
		if !slices.ContainsFunc(looks.GetLooks(), func(l *familyfacingv1.Look) bool { return l.GetActor() == person && l.GetReason() == purpose }) {
			t.Errorf("the team does not see %q: %v", purpose, looks)
		}
	}
	// To the second: the clock is moved to just before the end, and past it.
	h.later(until.Sub(h.now()) - 3*time.Second)
	h.get(t, outsider, f.GetName())
	h.later(3 * time.Second)
	_, err = h.look(t, outsider, f.GetName())
	wants(t, err, codes.NotFound, "NOT_FOUND", "after")
	_, err = h.families(t).ListLooks(h.as(t, outsider), &familyfacingv1.ListLooksRequest{Parent: f.GetName()})
	wants(t, err, codes.NotFound, "NOT_FOUND", "who looked, after")
}

func TestBehindBrokenGlassNothingIsChanged(t *testing.T) {
	t.Parallel()
	f := kith.allocated(t, &referralv1.ToldChild{Name: "Gus Invent", Address: "1 Made-up Mews"})
	p := f.GetPeople()[0]
	person := strings.Replace(p.GetName(), "/children/", "/people/", 1)
	protected, err := kith.families(t).ProtectAddress(kith.as(t, worker), &familyfacingv1.ProtectAddressRequest{Name: person, Protected: true, Reason: "they fled", Etag: f.GetEtag(), RequestId: uuid.NewString()})
	if err != nil {
		t.Fatal(err)
	}
	use, err := kith.breaks(t, outsider, byName(f.GetName(), 0))
	if err != nil || use.GetUntil().AsTime().Sub(use.GetAt().AsTime()) != time.Hour {
		t.Fatalf("an hour where nobody says: %v %v", use, err)
	}
	seen := kith.get(t, outsider, f.GetName())
	if q := seen.GetPeople()[0]; q.GetAddress()+q.GetPostcode()+q.GetPhone() != "" || !q.GetAddressProtected() {
		t.Errorf("a protected address: %v", q)
	}
	c, etag := kith.families(t), protected.GetFamily().GetEtag()
	if looks, err := c.ListLooks(kith.as(t, outsider), &familyfacingv1.ListLooksRequest{Parent: f.GetName()}); err != nil || len(looks.GetLooks()) == 0 {
		t.Errorf("who looked: %v %v", looks, err)
	}
	if got, err := c.RevealAddress(kith.as(t, outsider), &familyfacingv1.RevealAddressRequest{Name: person, Reason: "driving there"}); err != nil || got.GetAddress() != "1 Made-up Mews" {
		t.Errorf("revealed: %v %v", got, err)
	}
	ctx := kith.as(t, outsider)
	_, err = c.WeighFamily(ctx, &familyfacingv1.WeighFamilyRequest{Name: f.GetName(), WeightTenths: 20, Etag: etag, RequestId: uuid.NewString()})
	wants(t, err, codes.NotFound, "NOT_FOUND", "weigh")
	_, err = c.HandOverFamily(ctx, &familyfacingv1.HandOverFamilyRequest{
		Name: f.GetName(), Worker: kith.person(t, cover), Cover: kith.person(t, worker), Reason: "r", Etag: etag, RequestId: uuid.NewString(),
	})
	wants(t, err, codes.NotFound, "NOT_FOUND", "hand over")
	_, err = c.DeferFamily(ctx, &familyfacingv1.DeferFamilyRequest{Name: f.GetName(), Team: receiver, Reason: "r", Etag: etag, RequestId: uuid.NewString()})
	wants(t, err, codes.NotFound, "NOT_FOUND", "defer")
	_, err = c.ProtectAddress(ctx, &familyfacingv1.ProtectAddressRequest{Name: person, Reason: "r", Etag: etag, RequestId: uuid.NewString()})
	wants(t, err, codes.NotFound, "NOT_FOUND", "show the address to all")
	_, err = c.ListFamilies(ctx, &familyfacingv1.ListFamiliesRequest{Parent: team})
	wants(t, err, codes.PermissionDenied, "NOT_A_MEMBER", "the team's list")
}

func TestARestrictedFamilyOfTheOwnTeamIsOpenedToo(t *testing.T) {
	t.Parallel()
	f := kith.allocated(t, child("Ivo Invent"))
	_, err := kith.breaks(t, colleague, byName(f.GetName(), 0))
	wants(t, err, codes.FailedPrecondition, "NOT_NEEDED", "a family that is seen anyway")
	kith.restrict(t, f.GetName())
	if _, err := kith.breaks(t, colleague, byName(f.GetName(), 0)); err != nil {
		t.Fatal(err)
	}
	if seen := kith.get(t, colleague, f.GetName()); !seen.GetRestricted() || seen.GetGlassBrokenUntil() == nil {
		t.Errorf("seen: %v", seen)
	}
	_, err = kith.families(t).WeighFamily(kith.as(t, colleague), &familyfacingv1.WeighFamilyRequest{Name: f.GetName(), WeightTenths: 20, Etag: f.GetEtag(), RequestId: uuid.NewString()})
	wants(t, err, codes.NotFound, "NOT_FOUND", "a restricted family behind broken glass is weighed")
}

func TestWhoeverLosesTheirSeatSeesNothingByBrokenGlass(t *testing.T) {
	t.Parallel()
	f := kith.allocated(t, child("Jan Invent"))
	members := kith.Members(try.Kensington, "chelsea")
	leaver := members[len(members)-1]
	if _, err := kith.breaks(t, leaver, byName(f.GetName(), 0)); err != nil {
		t.Fatal(err)
	}
	kith.get(t, leaver, f.GetName())
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE directory.membership SET until = now() WHERE person = (SELECT id FROM directory.person WHERE key = $1)`, leaver)
		return err
	})
	_, err := kith.look(t, leaver, f.GetName())
	wants(t, err, codes.NotFound, "NOT_FOUND", "without a seat")
}

func TestByTheNumberOfAnybodyInIt(t *testing.T) {
	t.Parallel()
	f := kith.allocated(t, &referralv1.ToldChild{Name: "Joy Invent", NhsNumber: "999 000 0085", BirthDate: "2019-03-04"}, child("Kit Invent"))
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `INSERT INTO familyfacing.person (id, family, is_child, full_name, given_name, sex, nhs_number, address, postcode, relationship, standing)
			VALUES ($1, $2, false, 'Ann Invent', 'Ann', 'F', '9990000093', '', '', 'mother', '')`, uuid.New(), last(f.GetName()))
		return err
	})
	for who, number := range map[string]string{outsider: "999-000-0085", screener: "9990000093"} {
		use, err := kith.breaks(t, who, byNumber(number))
		if err != nil || use.GetFamily() != f.GetName() {
			t.Errorf("%s by %s: %v %v", who, number, use, err)
		}
		kith.get(t, who, f.GetName())
	}
	if n := kith.count(t, `SELECT count(*) FROM familyfacing.audit WHERE reason LIKE '%9990000%' OR subjects::text LIKE '%9990000%'`); n != 0 {
		t.Error("a number stands in the audit trail")
	}
	_, unknown := kith.breaks(t, outsider, byNumber("9990000107"))
	_, random := kith.breaks(t, outsider, byName(here+"/families/"+uuid.NewString(), 0))
	_, none := kith.breaks(t, outsider, byName("the family with the dog", 0))
	if status.Code(unknown) != codes.NotFound || !proto.Equal(status.Convert(unknown).Proto(), status.Convert(random).Proto()) || !proto.Equal(status.Convert(none).Proto(), status.Convert(random).Proto()) {
		t.Errorf("a number of nobody %v, a family that never was %v, no name %v", unknown, random, none)
	}
	_, err := kith.breaks(t, outsider, byNumber("9990000019"))
	wants(t, err, codes.InvalidArgument, "INVALID", "a number that can't be one")
	if f := fault.From(err); f.Field != "nhsNumber" || strings.Contains(f.Message, "9990000019") {
		t.Errorf("%v", f)
	}
	rows, err := kith.Audit(t, "familyfacing").ListAuditRows(kith.as(t, guardian), &auditv1.ListAuditRowsRequest{Parent: here, Actor: last(kith.person(t, outsider)), PageSize: 200})
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, r := range rows.GetRows() {
		if strings.HasSuffix(r.GetMethod(), "/BreakGlass") && r.GetDenial() == "NOT_FOUND" && !r.GetAllowed() {
			kept++
		}
	}
	if kept < 3 {
		t.Errorf("%d failed tries kept, want 3", kept)
	}
}

func TestWhatBreakGlassNeeds(t *testing.T) {
	t.Parallel()
	f := kith.allocated(t, child("Lea Invent"))
	change := func(more func(*familyfacingv1.BreakGlassRequest)) func(*familyfacingv1.BreakGlassRequest) {
		return func(req *familyfacingv1.BreakGlassRequest) { req.Family = f.GetName(); more(req) }
	}
	for what, c := range map[string]func(*familyfacingv1.BreakGlassRequest){
		"more than four hours":  change(func(req *familyfacingv1.BreakGlassRequest) { req.Minutes = 241 }),
		"no reason to speak of": change(func(req *familyfacingv1.BreakGlassRequest) { req.Reason = "urgent" }),
		"name and number":       change(func(req *familyfacingv1.BreakGlassRequest) { req.NhsNumber = "9990000085" }),
		"neither":               func(*familyfacingv1.BreakGlassRequest) {},
	} {
		_, err := kith.breaks(t, outsider, c)
		wants(t, err, codes.InvalidArgument, "INVALID", what)
	}
	for _, team := range []string{"insight", "enabler", "strategy"} {
		_, err := kith.breaks(t, kith.Members(try.Kensington, team)[0], byName(f.GetName(), 0))
		wants(t, err, codes.PermissionDenied, "NOT_A_MEMBER", "a member of "+team)
	}
	req := &familyfacingv1.BreakGlassRequest{Parent: here, Family: f.GetName(), Reason: reason, Minutes: 240, RequestId: uuid.NewString()}
	first, err := kith.guard(t).BreakGlass(kith.as(t, outsider), req)
	if err != nil {
		t.Fatal(err)
	}
	again, err := kith.guard(t).BreakGlass(kith.as(t, outsider), req)
	if err != nil || !proto.Equal(first, again) {
		t.Errorf("the same call again: %v %v", again, err)
	}
	if n := kith.count(t, `SELECT count(*) FROM familyfacing.glass WHERE family = $1`, last(f.GetName())); n != 1 {
		t.Errorf("%d uses of one call", n)
	}
}

func TestTheGuardiansAreToldWithinAMinuteAndReviewIt(t *testing.T) {
	t.Parallel()
	f := kith.allocated(t, child("Mia Invent"))
	use, err := kith.breaks(t, outsider, byName(f.GetName(), 0))
	if err != nil {
		t.Fatal(err)
	}
	g := kith.guard(t)
	find := func(unreviewed bool) *familyfacingv1.GlassBroken {
		t.Helper()
		for token := ""; ; {
			answer, err := g.ListBreakGlass(kith.as(t, guardian), &familyfacingv1.ListBreakGlassRequest{Parent: here, PageSize: 2, PageToken: token, Unreviewed: unreviewed})
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range answer.GetUses() {
				if u.GetName() == use.GetName() {
					return u
				}
			}
			if token = answer.GetNextPageToken(); token == "" {
				return nil
			}
		}
	}
	// Ten seconds are far within the minute; the real clock and the real queue are at work.
	try.Until(t, "both guardians have a letter", func() bool { return len(kith.mail.about(last(use.GetName()))) == 2 })
	letters := kith.mail.about(last(use.GetName()))
	to := []string{letters[0].to, letters[1].to}
	slices.Sort(to)
	if !slices.Equal(to, []string{"henrik.solberg@kc.example", "margaret.adeyemi.stone@kc.example"}) {
		t.Errorf("told: %q", to)
	}
	for _, l := range letters {
		for _, never := range []string{"Invent", "Marcus", "Fairweather", "mother", "families/", last(f.GetName())} {
			if strings.Contains(l.text, never) {
				t.Errorf("%q left the house", never)
			}
		}
	}
	try.Until(t, "it is kept that they were told", func() bool { return find(true).GetGuardianToldAt() != nil })
	if told := find(true).GetGuardianToldAt().AsTime().Sub(use.GetAt().AsTime()); told <= 0 || told > time.Minute {
		t.Errorf("told after %s", told)
	}
	if find(true).GetReason() != reason {
		t.Error("the guardian does not see the reason")
	}
	req := &familyfacingv1.ReviewBreakGlassRequest{Name: use.GetName(), Finding: "it was right", RequestId: uuid.NewString()}
	reviewed, err := g.ReviewBreakGlass(kith.as(t, guardian), req)
	if err != nil || reviewed.GetUse().GetFinding() != "it was right" || reviewed.GetUse().GetReviewedBy() != kith.person(t, guardian) || reviewed.GetUse().GetReviewedAt() == nil {
		t.Fatalf("reviewed: %v %v", reviewed, err)
	}
	if again, err := g.ReviewBreakGlass(kith.as(t, guardian), req); err != nil || !proto.Equal(again, reviewed) {
		t.Errorf("the same call again: %v %v", again, err)
	}
	if find(true) != nil || find(false).GetFinding() != "it was right" {
		t.Error("it is still listed as not reviewed, or no longer listed at all")
	}
	_, err = g.ReviewBreakGlass(kith.as(t, deputy), &familyfacingv1.ReviewBreakGlassRequest{Name: use.GetName(), Finding: "wrong", RequestId: uuid.NewString()})
	wants(t, err, codes.FailedPrecondition, "ALREADY_REVIEWED", "reviewed twice")
	_, err = g.ReviewBreakGlass(kith.as(t, deputy), &familyfacingv1.ReviewBreakGlassRequest{Name: here + "/breakGlass/" + uuid.NewString(), Finding: "f", RequestId: uuid.NewString()})
	wants(t, err, codes.NotFound, "NOT_FOUND", "a use that never was")
}
