package guard_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/platform/try"
)

func child(name string) *referralv1.ToldChild { return &referralv1.ToldChild{Name: name} }

func TestARestrictedFamilyExistsForThoseNamedAlone(t *testing.T) {
	t.Parallel()
	f := kith.allocated(t, child("Ada Invent"))
	kith.get(t, colleague, f.GetName())
	r := kith.restrict(t, f.GetName())
	people := []string{kith.person(t, worker), kith.person(t, cover)}
	if got := r.GetPeople(); len(got) != 2 || !slices.Contains(got, people[0]) || !slices.Contains(got, people[1]) {
		t.Errorf("still seen by %q", got)
	}
	if r.GetRestrictedBy() != kith.person(t, guardian) || r.GetReviewDueBy().AsTime().Sub(r.GetRestrictedAt().AsTime()) != 90*24*time.Hour || r.GetReviewOverdue() {
		t.Errorf("restricted: %v", r)
	}
	for _, who := range []string{worker, cover} {
		if !kith.get(t, who, f.GetName()).GetRestricted() {
			t.Errorf("%s is not told that it is restricted", who)
		}
	}
	random := here + "/families/" + uuid.NewString()
	for _, who := range []string{colleague, outsider, screener, guardian} {
		_, err := kith.look(t, who, f.GetName())
		_, missing := kith.look(t, who, random)
		if status.Code(err) != codes.NotFound || !proto.Equal(status.Convert(err).Proto(), status.Convert(missing).Proto()) {
			t.Errorf("%s: %v, and what never was %v", who, err, missing)
		}
	}
	listed := func(who string) bool {
		t.Helper()
		families, err := kith.families(t).ListFamilies(kith.as(t, who), &familyfacingv1.ListFamiliesRequest{Parent: team, PageSize: 200})
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(families.GetFamilies(), func(s *familyfacingv1.FamilySummary) bool { return s.GetName() == f.GetName() })
	}
	if listed(colleague) || !listed(worker) {
		t.Error("it is in a colleague's list, or not in the worker's")
	}
	answer, err := kith.families(t).WeighFamily(kith.as(t, worker), &familyfacingv1.WeighFamilyRequest{Name: f.GetName(), WeightTenths: 40, Etag: f.GetEtag(), RequestId: uuid.NewString()})
	if err != nil || !answer.GetFamily().GetRestricted() {
		t.Errorf("the worker weighs it: %v %v", answer, err)
	}
	_, err = kith.families(t).WeighFamily(kith.as(t, colleague), &familyfacingv1.WeighFamilyRequest{Name: f.GetName(), WeightTenths: 40, Etag: "1", RequestId: uuid.NewString()})
	wants(t, err, codes.NotFound, "NOT_FOUND", "a colleague weighs it")
	if n := kith.count(t, `SELECT count(*) FROM familyfacing.audit WHERE reason LIKE '%threats%'`); n != 0 {
		t.Error("the reason stands in the audit trail")
	}
}

func TestOnlyAGuardianRestricts(t *testing.T) {
	t.Parallel()
	f := kith.allocated(t, child("Bea Invent"))
	g := kith.guard(t)
	for _, who := range []string{worker, screener, "yolanda-prescott", administrator(t)} {
		ctx := kith.as(t, who)
		_, err := g.RestrictFamily(ctx, &familyfacingv1.RestrictFamilyRequest{Name: f.GetName(), Kind: 1, Reason: "r", RequestId: uuid.NewString()})
		wants(t, err, codes.PermissionDenied, "NOT_GUARDIAN", who+" restricts")
		_, err = g.LiftRestriction(ctx, &familyfacingv1.LiftRestrictionRequest{Name: f.GetName(), Reason: "r", RequestId: uuid.NewString()})
		wants(t, err, codes.PermissionDenied, "NOT_GUARDIAN", who+" lifts")
		_, err = g.ReviewRestriction(ctx, &familyfacingv1.ReviewRestrictionRequest{Name: f.GetName(), Reason: "r", RequestId: uuid.NewString()})
		wants(t, err, codes.PermissionDenied, "NOT_GUARDIAN", who+" reviews")
		_, err = g.ListRestrictions(ctx, &familyfacingv1.ListRestrictionsRequest{Parent: here})
		wants(t, err, codes.PermissionDenied, "NOT_GUARDIAN", who+" lists")
		_, err = g.ListBreakGlass(ctx, &familyfacingv1.ListBreakGlassRequest{Parent: here})
		wants(t, err, codes.PermissionDenied, "NOT_GUARDIAN", who+" lists uses")
		_, err = g.ReviewBreakGlass(ctx, &familyfacingv1.ReviewBreakGlassRequest{Name: here + "/breakGlass/" + uuid.NewString(), Finding: "f", RequestId: uuid.NewString()})
		wants(t, err, codes.PermissionDenied, "NOT_GUARDIAN", who+" reviews a use")
	}
	ctx := kith.as(t, deputy)
	random := here + "/families/" + uuid.NewString()
	_, err := g.RestrictFamily(ctx, &familyfacingv1.RestrictFamilyRequest{Name: random, Kind: 1, Reason: "r", RequestId: uuid.NewString()})
	wants(t, err, codes.NotFound, "NOT_FOUND", "what never was")
	_, err = g.LiftRestriction(ctx, &familyfacingv1.LiftRestrictionRequest{Name: random, Reason: "r", RequestId: uuid.NewString()})
	wants(t, err, codes.NotFound, "NOT_FOUND", "what never was, lifted")
	_, err = g.LiftRestriction(ctx, &familyfacingv1.LiftRestrictionRequest{Name: f.GetName(), Reason: "r", RequestId: uuid.NewString()})
	wants(t, err, codes.FailedPrecondition, "NOT_RESTRICTED", "what is not restricted, lifted")
	_, err = g.RestrictFamily(ctx, &familyfacingv1.RestrictFamilyRequest{Name: f.GetName(), Kind: 1, Reason: "r", RequestId: uuid.NewString(), People: []string{"amina"}})
	wants(t, err, codes.InvalidArgument, "INVALID", "somebody without a name")
	_, err = g.RestrictFamily(ctx, &familyfacingv1.RestrictFamilyRequest{Name: f.GetName(), Kind: 0, Reason: "r", RequestId: uuid.NewString()})
	wants(t, err, codes.InvalidArgument, "INVALID", "no kind")
}

func administrator(t *testing.T) string {
	t.Helper()
	for _, p := range kith.Described[try.Kensington].People {
		if p.Administrator {
			return p.Key
		}
	}
	t.Fatal("nobody is the administrator")
	return ""
}

func TestARestrictionIsReviewedEveryNinetyDays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.guard(t)
	first, second := h.allocated(t, child("Cid Invent")), h.allocated(t, child("Dot Invent"))
	h.restrict(t, first.GetName())
	h.later(24 * time.Hour)
	h.restrict(t, second.GetName())
	list := func(token string, size int32) *familyfacingv1.ListRestrictionsResponse {
		t.Helper()
		answer, err := g.ListRestrictions(h.as(t, guardian), &familyfacingv1.ListRestrictionsRequest{Parent: here, PageSize: size, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	page := list("", 1)
	rest := list(page.GetNextPageToken(), 1)
	if page.GetRestrictions()[0].GetFamily() != first.GetName() || rest.GetRestrictions()[0].GetFamily() != second.GetName() || rest.GetNextPageToken() != "" {
		t.Errorf("by when they are due: %v, %v", page, rest)
	}
	h.later(89*24*time.Hour + time.Minute)
	both := list("", 0).GetRestrictions()
	if !both[0].GetReviewOverdue() || both[1].GetReviewOverdue() {
		t.Errorf("after ninety days: %v", both)
	}
	req := &familyfacingv1.ReviewRestrictionRequest{Name: first.GetName(), Reason: "the threats go on", RequestId: uuid.NewString()}
	reviewed, err := g.ReviewRestriction(h.as(t, guardian), req)
	if err != nil {
		t.Fatal(err)
	}
	if due := reviewed.GetRestriction().GetReviewDueBy().AsTime().Sub(h.now()); due < 90*24*time.Hour-time.Minute || due > 90*24*time.Hour || reviewed.GetRestriction().GetReviewOverdue() {
		t.Errorf("reviewed, due in %s", due)
	}
	if again, err := g.ReviewRestriction(h.as(t, guardian), req); err != nil || !proto.Equal(again, reviewed) {
		t.Errorf("the same call again: %v %v", again, err)
	}
	if both = list("", 0).GetRestrictions(); both[0].GetFamily() != second.GetName() || both[1].GetReviewOverdue() {
		t.Errorf("after a review: %v", both)
	}
	again := h.restrict(t, second.GetName(), worker)
	if len(again.GetPeople()) != 1 || again.GetReviewOverdue() {
		t.Errorf("restricted again: %v", again)
	}
	if _, err := h.look(t, cover, second.GetName()); status.Code(err) != codes.NotFound {
		t.Errorf("the cover is no longer named and looks: %v", err)
	}
	if _, err := g.LiftRestriction(h.as(t, guardian), &familyfacingv1.LiftRestrictionRequest{Name: second.GetName(), Reason: "she left", RequestId: uuid.NewString()}); err != nil {
		t.Fatal(err)
	}
	h.get(t, colleague, second.GetName())
	if left := list("", 0).GetRestrictions(); len(left) != 1 || left[0].GetFamily() != first.GetName() {
		t.Errorf("in force: %v", left)
	}
	if n := h.count(t, `SELECT count(*) FROM familyfacing.restriction_change WHERE family = $1 AND act IN ('RESTRICTED', 'LIFTED')`, last(second.GetName())); n != 3 {
		t.Errorf("%d changes kept, want 3", n)
	}
}
