package referral_test

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/services/platform/try"
)

const (
	noFurtherAction = referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION
	earlyHelp       = referralv1.Outcome_OUTCOME_EARLY_HELP
	alreadyOpen     = referralv1.Outcome_OUTCOME_ALREADY_OPEN
	toTeam          = referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM
	strategyNow     = referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW
)

// events are the types of a contact's events so far, in order.
func events(t *testing.T, contact string) []*eventlogv1.Event {
	t.Helper()
	var all []*eventlogv1.Event
	var after int64
	var last string
	for {
		answer, err := kith.Log(t, "familyfacing", "referral").PullEvents(t.Context(), &eventlogv1.PullEventsRequest{
			Parent: "authorities/" + kensington, After: after, AfterId: last, Limit: 500,
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(answer.GetEvents()) == 0 {
			return all
		}
		for _, e := range answer.GetEvents() {
			after, last = e.GetPosition(), e.GetId()
			if e.GetEntity() == "contact/"+id(contact) {
				all = append(all, e)
			}
		}
	}
}

// wantEvents waits until the contact's events are these, and gives the last one of that type.
func wantEvents(t *testing.T, contact string, types ...string) map[string]*eventlogv1.Event {
	t.Helper()
	var last map[string]*eventlogv1.Event
	var got []string
	try.Until(t, "the events "+strings.Join(types, ", "), func() bool {
		last, got = map[string]*eventlogv1.Event{}, nil
		for _, e := range events(t, contact) {
			got = append(got, e.GetType())
			last[e.GetType()] = e
		}
		return len(got) >= len(types)
	})
	if !slices.Equal(got, types) {
		t.Fatalf("events %v, want %v", got, types)
	}
	return last
}

func wantFacts(t *testing.T, e *eventlogv1.Event, want map[string]string) {
	t.Helper()
	if !maps.Equal(e.GetFacts(), want) {
		t.Errorf("%s holds %v, want %v", e.GetType(), e.GetFacts(), want)
	}
}

func TestEveryOutcomeHasItsStateProgressAndEvents(t *testing.T) {
	t.Parallel()
	family := "01999999-0000-7000-8000-00000000fa01"
	for outcome, want := range map[referralv1.Outcome]struct {
		progress string
		events   []string
	}{
		noFurtherAction: {"", nil},
		referralv1.Outcome_OUTCOME_ADVICE_OR_SIGNPOSTING: {"", nil},
		earlyHelp:                                    {"RECEIPT_DUE", nil},
		referralv1.Outcome_OUTCOME_OUT_OF_SCOPE:      {"", nil},
		referralv1.Outcome_OUTCOME_ANOTHER_AUTHORITY: {"RECEIPT_DUE", nil},
		toTeam:      {"ON_ITS_WAY", []string{"child_referred"}},
		strategyNow: {"ON_ITS_WAY", []string{"child_referred"}},
	} {
		t.Run(outcome.String(), func(t *testing.T) {
			t.Parallel()
			told := policeTold()
			told.Children = told.Children[:1]
			c := receive(t, told)
			req := screening(c, 0)
			req.Outcome, req.Receiver, req.FamilyAgrees, req.PrimaryNeed = outcome, "the receiver", referralv1.YesNo_YES_NO_YES, "N1"
			got := screen(t, req)
			desk := got.GetChildren()[0].GetDesk()
			equal(t, "state", got.GetState(), referralv1.ContactState_CONTACT_STATE_DECIDED)
			equal(t, "outcome", desk.GetScreening().GetOutcome(), outcome)
			equal(t, "reason", desk.GetScreening().GetReason(), "desk-reason")
			equal(t, "need", desk.GetScreening().GetPrimaryNeed(), "N1")
			equal(t, "progress", desk.GetProgress(), want.progress)
			last := wantEvents(t, c.GetName(), append(append([]string{"contact_received"}, want.events...), "contact_decided")...)
			if e := last["child_referred"]; e != nil {
				urgent := "0"
				if outcome == strategyNow {
					urgent = "1"
				}
				wantFacts(t, e, map[string]string{
					"contact": id(c.GetName()), "child": id(c.GetChildren()[0].GetName()), "screening": "1", "team": "north-kensington",
					"urgent": urgent, "family": "", "own_family": "0",
				})
				equal(t, "version", strconv.Itoa(int(e.GetVersion())), got.GetEtag())
			}
		})
	}
	t.Run("already open", func(t *testing.T) {
		t.Parallel()
		told := policeTold()
		told.Children = told.Children[:1]
		c := receive(t, told)
		req := screening(c, 0)
		req.Outcome = alreadyOpen
		_, err := kith.Referral(t).ScreenChild(kith.As(t, kensington, screener), req)
		equal(t, "field", refused(t, err, codes.InvalidArgument, "INVALID").Field, "family")
		req.Family, req.RequestId = "authorities/kensington-chelsea/families/"+family, key()
		got := screen(t, req)
		equal(t, "progress", got.GetChildren()[0].GetDesk().GetProgress(), "PASSED_TO_WORKER")
		last := wantEvents(t, c.GetName(), "contact_received", "child_passed_on", "contact_decided")
		wantFacts(t, last["child_passed_on"], map[string]string{"contact": id(c.GetName()), "child": id(c.GetChildren()[0].GetName()), "family": family})
	})
}

func TestARefusedOutcomeWritesNothing(t *testing.T) {
	t.Parallel()
	c := receive(t, policeTold())
	req := screening(c, 0)
	req.Outcome, req.Receiver, req.FamilyAgrees = earlyHelp, "Family Hub", referralv1.YesNo_YES_NO_NO
	_, err := kith.Referral(t).ScreenChild(kith.As(t, kensington, screener), req)
	equal(t, "field", refused(t, err, codes.InvalidArgument, "INVALID").Field, "familyAgrees")
	equal(t, "etag", get(t, c.GetName()).GetEtag(), c.GetEtag())
	// The key was not used up by the refusal.
	req.FamilyAgrees = referralv1.YesNo_YES_NO_YES
	screen(t, req)
}

func TestTheSameScreeningAgainIsTheSameAnswer(t *testing.T) {
	t.Parallel()
	c := receive(t, policeTold())
	req := screening(c, 0)
	first, second := screen(t, req), screen(t, req)
	equal(t, "the same answer", proto.Equal(first, second), true)
	equal(t, "screenings", count(t, `SELECT count(*) FROM referral.screening WHERE contact = $1`, id(c.GetName())), 1)
}

func TestOfTwoScreenersAtOnceOneWinsAndTheOtherIsToldWhoDecidedWhat(t *testing.T) {
	t.Parallel()
	people := map[string]string{screener: kith.Person(t, kensington, screener), other: kith.Person(t, kensington, other)}
	for range 5 {
		c := receive(t, policeTold())
		var group sync.WaitGroup
		var mu sync.Mutex
		lost, won := map[string]error{}, map[string]*referralv1.Contact{}
		for _, one := range []string{screener, other} {
			ctx, req := kith.As(t, kensington, one), screening(c, 0)
			group.Go(func() {
				answer, err := kith.Referral(t).ScreenChild(ctx, req)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					lost[one] = err
				} else {
					won[one] = answer.GetContact()
				}
			})
		}
		group.Wait()
		if len(lost) != 1 || len(won) != 1 {
			t.Fatalf("%d won and %d lost", len(won), len(lost))
		}
		for winner, contact := range won {
			for _, err := range lost {
				f := refused(t, err, codes.Aborted, "CHANGED")
				equal(t, "etag", f.Facts["etag"], contact.GetEtag())
				equal(t, "who", f.Facts["decidedBy"], people[winner])
				equal(t, "what", f.Facts["outcome"], "OUTCOME_NO_FURTHER_ACTION")
			}
		}
	}
}

func TestARevisionKeepsWhatWasBeforeAndTakesTheChildAway(t *testing.T) {
	t.Parallel()
	told := policeTold()
	told.Children = told.Children[:1]
	c := receive(t, told)
	req := screening(c, 0)
	req.Outcome = toTeam
	c = screen(t, req)
	again := screening(c, 0)
	again.Outcome = strategyNow
	c = screen(t, again)
	back := screening(c, 0)
	back.Reason = "revised-reason"
	c = screen(t, back)
	desk := c.GetChildren()[0].GetDesk()
	equal(t, "outcome", desk.GetScreening().GetOutcome(), noFurtherAction)
	equal(t, "version", desk.GetScreening().GetVersion(), int32(3))
	equal(t, "earlier", len(desk.GetEarlierScreenings()), 2)
	equal(t, "newest earlier", desk.GetEarlierScreenings()[0].GetOutcome(), strategyNow)
	last := wantEvents(t, c.GetName(), "contact_received", "child_referred", "contact_decided", "child_referred", "child_withdrawn")
	wantFacts(t, last["child_withdrawn"], map[string]string{
		"contact": id(c.GetName()), "child": id(c.GetChildren()[0].GetName()), "screening": "2", "team": "north-kensington",
	})
	// As it was when it was first referred: the event's version fetches that, whatever came since.
	first, err := fetched{kith}.fetch(t, c.GetName(), 2)
	if err != nil {
		t.Fatal(err)
	}
	was := first.GetChildren()[0].GetDesk()
	equal(t, "outcome then", was.GetScreening().GetOutcome(), toTeam)
	equal(t, "earlier then", len(was.GetEarlierScreenings()), 0)
	equal(t, "team then", was.GetTeam(), north)
}

func TestAFamilyIsOpenedAndItsProgressComesBack(t *testing.T) {
	t.Parallel()
	c := receive(t, policeTold())
	for i := range 2 {
		req := screening(c, i)
		req.Outcome = toTeam
		c = screen(t, req)
	}
	try.Until(t, "both children are with the team", func() bool {
		c = get(t, c.GetName())
		return c.GetChildren()[0].GetDesk().GetProgress() == "WITH_TEAM" && c.GetChildren()[1].GetDesk().GetProgress() == "WITH_TEAM"
	})
	family := c.GetChildren()[0].GetDesk().GetFamily()
	equal(t, "one family", c.GetChildren()[1].GetDesk().GetFamily(), family)
	equal(t, "what comes back changes no etag", c.GetEtag(), "3")
	shown, err := kith.Families(t).GetFamily(kith.As(t, kensington, worker), &familyfacingv1.GetFamilyRequest{Name: family})
	if err != nil {
		t.Fatal(err)
	}
	_, err = kith.Families(t).AllocateFamily(kith.As(t, kensington, worker), &familyfacingv1.AllocateFamilyRequest{
		Name: family, Worker: kith.Person(t, kensington, worker), Cover: kith.Person(t, kensington, "declan-orourke"), Etag: shown.GetFamily().GetEtag(), RequestId: key(),
	})
	if err != nil {
		t.Fatal(err)
	}
	try.Until(t, "both children are allocated", func() bool {
		c = get(t, c.GetName())
		return c.GetChildren()[0].GetDesk().GetProgress() == "ALLOCATED" && c.GetChildren()[1].GetDesk().GetProgress() == "ALLOCATED"
	})
}

func TestAChildOfAnOpenFamilyIsShownAsAlreadyOpen(t *testing.T) {
	t.Parallel()
	told := policeTold()
	told.Children = told.Children[:1]
	told.Children[0].NhsNumber = "999 000 0042"
	c := receive(t, told)
	req := screening(c, 0)
	req.Outcome = toTeam
	c = screen(t, req)
	try.Until(t, "the family is open", func() bool { return get(t, c.GetName()).GetChildren()[0].GetDesk().GetFamily() != "" })
	family := get(t, c.GetName()).GetChildren()[0].GetDesk().GetFamily()

	again := policeTold()
	again.Children = []*referralv1.ToldChild{{Name: "Ana S", NhsNumber: "9990000042", BirthDate: "2019-03-03"}}
	second := receiveAs(kith.AsPartner(t, kensington, "nhs-trust"), t, again)
	try.Until(t, "it is shown as already open", func() bool {
		return get(t, second.GetName()).GetChildren()[0].GetDesk().GetAlreadyOpenFamily() == family
	})
	suggested := suggest(t, second.GetName())
	if !slices.ContainsFunc(suggested, func(s *referralv1.Suggestion) bool { return s.GetFamily() == family && len(s.GetReasons()) > 0 }) {
		t.Errorf("the open family is not suggested: %v", suggested)
	}
	if !slices.ContainsFunc(suggested, func(s *referralv1.Suggestion) bool {
		return s.GetContact() == c.GetName() && slices.Contains(s.GetReasons(), "the same NHS number")
	}) {
		t.Errorf("the earlier contact is not suggested: %v", suggested)
	}
	// Confirming it needs no family named again.
	req = screening(second, 0)
	req.Outcome = alreadyOpen
	got := screen(t, req)
	equal(t, "family", got.GetChildren()[0].GetDesk().GetAlreadyOpenFamily(), family)
}

func TestOnlyMembersOfTheReferralTeamScreen(t *testing.T) {
	t.Parallel()
	c := receive(t, policeTold())
	for _, ctx := range []context.Context{kith.As(t, kensington, worker), kith.AsPartner(t, kensington, "met-police")} {
		_, err := kith.Referral(t).ScreenChild(ctx, screening(c, 0))
		refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	}
	req := screening(c, 0)
	req.Name = c.GetName() + "/children/01999999-0000-7000-8000-000000000000"
	_, err := kith.Referral(t).ScreenChild(kith.As(t, kensington, screener), req)
	refused(t, err, codes.NotFound, "NOT_FOUND")
}

// fetched is the platform with the call that only services make.
type fetched struct{ *try.Platform }

func (p fetched) fetch(t *testing.T, contact string, version int32) (*referralv1.FetchReferralResponse, error) {
	t.Helper()
	answer, err := directoryv1.NewDirectoryServiceClient(p.Conn(t, "familyfacing", "directory")).IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{
		Authority: "authorities/" + kensington, Bearer: &directoryv1.IssuePassportRequest_Service{Service: &directoryv1.ServiceCause{Cause: "a test"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := passport.WithToken(t.Context(), kensington, answer.GetPassport())
	return referralv1.NewReferralServiceClient(p.Conn(t, "familyfacing", "referral")).FetchReferral(ctx, &referralv1.FetchReferralRequest{Name: contact, Version: version})
}

func TestOnlyServicesFetchAndNoVersionThatIsNotThere(t *testing.T) {
	t.Parallel()
	c := receive(t, policeTold())
	_, err := fetched{kith}.fetch(t, c.GetName(), 2)
	refused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = kith.Referral(t).FetchReferral(kith.As(t, kensington, screener), &referralv1.FetchReferralRequest{Name: c.GetName(), Version: 1})
	if fault.From(err).Code != codes.PermissionDenied {
		t.Errorf("a person fetches a referral: %v", err)
	}
	person := referralv1.NewReferralServiceClient(kith.Conn(t, "familyfacing", "referral"))
	if _, err = person.FetchReferral(kith.As(t, kensington, screener), &referralv1.FetchReferralRequest{Name: c.GetName(), Version: 1}); err == nil {
		t.Error("a person's passport fetches a referral through a service")
	}
}

func suggest(t *testing.T, contact string) []*referralv1.Suggestion {
	t.Helper()
	answer, err := kith.Referral(t).SuggestLinks(kith.As(t, kensington, screener), &referralv1.SuggestLinksRequest{Name: contact})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetSuggestions()
}
