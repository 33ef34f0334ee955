package referral_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

const noAddress = referralv1.NeedsPerson_NEEDS_PERSON_NO_ADDRESS

// toldWithout is a police notification of one child without an address.
func toldWithout() *referralv1.Told {
	told := policeTold()
	told.Children = []*referralv1.ToldChild{{Name: "Ana Silva", BirthDate: "2019-03-03"}}
	return told
}

func choose(t *testing.T, c *referralv1.Contact, team string) (*referralv1.Contact, error) {
	t.Helper()
	answer, err := kith.Referral(t).ChoosePatch(kith.As(t, kensington, screener), &referralv1.ChoosePatchRequest{
		Name: c.GetChildren()[0].GetName(), Team: team, Reason: "stays with an aunt", Etag: c.GetEtag(), RequestId: key(),
	})
	return answer.GetContact(), err
}

func TestAChildWithoutAPatchWaitsForAPerson(t *testing.T) {
	t.Parallel()
	c := receive(t, toldWithout())
	queue := listAll(t, &referralv1.ListContactsRequest{Receipt: c.GetReceipt()})
	equal(t, "needs", queue[0].GetNeedsPerson()[0], noAddress)
	req := screening(c, 0)
	req.Outcome = toTeam
	_, err := kith.Referral(t).ScreenChild(kith.As(t, kensington, screener), req)
	refused(t, err, codes.FailedPrecondition, "NEEDS_PATCH")
	for _, wrong := range []string{"referral", "insight", "nobody"} {
		_, err = choose(t, c, "authorities/kensington-chelsea/teams/"+wrong)
		equal(t, "field", refused(t, err, codes.InvalidArgument, "INVALID").Field, "team")
	}
	_, err = choose(t, c, "authorities/hammersmith-fulham/teams/fulham")
	refused(t, err, codes.NotFound, "NOT_FOUND")
	chosen, err := choose(t, c, north)
	if err != nil {
		t.Fatal(err)
	}
	desk := chosen.GetChildren()[0].GetDesk()
	equal(t, "team", desk.GetTeam(), north)
	equal(t, "reason", desk.GetTeamReason(), "stays with an aunt")
	equal(t, "needs no longer", len(chosen.GetDesk().GetNeedsPerson()), 0)
	req.Etag, req.RequestId = chosen.GetEtag(), key()
	screen(t, req)
	was, err := fetched{kith}.fetch(t, c.GetName(), 1)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "team at receipt", was.GetChildren()[0].GetDesk().GetTeam(), "")
}

func TestOnePatchTooManyOrTooFewWaitsForAPerson(t *testing.T) {
	t.Parallel()
	for postcode, want := range map[string]referralv1.NeedsPerson{
		"W10 4RA, or SW3 4JF": referralv1.NeedsPerson_NEEDS_PERSON_NO_ADDRESS, // no postcode that can be read
		"ZE1 0AA":             referralv1.NeedsPerson_NEEDS_PERSON_NO_PATCH,
	} {
		told := toldWithout()
		told.Children[0].Postcode = postcode
		equal(t, postcode, get(t, receive(t, told).GetName()).GetDesk().GetNeedsPerson()[0], want)
	}
	told := toldWithout()
	told.Children[0].Postcode, told.Children[0].Address = northPostcode, "at the father's, 3 Invented Walk, SW3 4JF"
	equal(t, "two homes", get(t, receive(t, told).GetName()).GetDesk().GetNeedsPerson()[0], referralv1.NeedsPerson_NEEDS_PERSON_TWO_PATCHES)
}

func TestThreeChildrenReachTwoTeams(t *testing.T) {
	t.Parallel()
	told := policeTold()
	told.Children = append(told.Children, &referralv1.ToldChild{Name: "Eva", Postcode: "SW3 4JF"})
	c := get(t, receive(t, told).GetName())
	equal(t, "third team", c.GetChildren()[2].GetDesk().GetTeam(), "authorities/kensington-chelsea/teams/chelsea")
	queue := listAll(t, &referralv1.ListContactsRequest{Receipt: c.GetReceipt()})
	equal(t, "teams", len(queue[0].GetTeams()), 2)
}

func TestTheReceiverConfirmsTheReceiptOnce(t *testing.T) {
	t.Parallel()
	c := receive(t, policeTold())
	req := screening(c, 0)
	confirm := func(c *referralv1.Contact) (*referralv1.Contact, error) {
		answer, err := kith.Referral(t).ConfirmReceipt(kith.As(t, kensington, screener), &referralv1.ConfirmReceiptRequest{
			Name: c.GetChildren()[0].GetName(), ConfirmedBy: "duty desk, by phone", Etag: c.GetEtag(), RequestId: key(),
		})
		return answer.GetContact(), err
	}
	_, err := confirm(c)
	refused(t, err, codes.FailedPrecondition, "NO_RECEIPT_DUE")
	req.Outcome, req.Receiver, req.FamilyAgrees = earlyHelp, "Family Hub", referralv1.YesNo_YES_NO_YES
	c, err = confirm(screen(t, req))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "progress", c.GetChildren()[0].GetDesk().GetProgress(), "RECEIPT_CONFIRMED")
	if c.GetChildren()[0].GetDesk().GetScreening().GetReceiptConfirmedAt() == nil {
		t.Error("when it was confirmed is missing")
	}
	_, err = confirm(c)
	refused(t, err, codes.FailedPrecondition, "ALREADY_CONFIRMED")
}

func amend(t *testing.T, c *referralv1.Contact, told *referralv1.Told) (*referralv1.Contact, error) {
	t.Helper()
	answer, err := kith.Referral(t).AmendContact(kith.As(t, kensington, screener), &referralv1.AmendContactRequest{
		Name: c.GetName(), Told: told, Reason: "rang back", Etag: c.GetEtag(), RequestId: key(),
	})
	return answer.GetContact(), err
}

func TestAmendingKeepsWhatWasToldBefore(t *testing.T) {
	t.Parallel()
	told := toldWithout()
	c := receive(t, told)
	fuller := proto.CloneOf(told)
	fuller.Worry, fuller.Children[0].Postcode = "desk-words", northPostcode
	fuller.Children = append(fuller.Children, &referralv1.ToldChild{Name: "Rui Silva"})
	got, err := amend(t, c, fuller)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "version", got.GetDesk().GetVersion(), int32(2))
	equal(t, "children", len(got.GetChildren()), 2)
	equal(t, "same child", got.GetChildren()[0].GetName(), c.GetChildren()[0].GetName())
	equal(t, "team by the new address", got.GetChildren()[0].GetDesk().GetTeam(), north)
	wantFacts(t, wantEvents(t, c.GetName(), "contact_received", "contact_amended")["contact_amended"], map[string]string{"contact": id(c.GetName()), "told": "2"})
	then, err := fetched{kith}.fetch(t, c.GetName(), 1)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the first words", then.GetTold().GetWorry(), "the-worry-words")
	equal(t, "children then", len(then.GetChildren()), 1)
	now, err := fetched{kith}.fetch(t, c.GetName(), 2)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the new words", now.GetTold().GetWorry(), "desk-words")
	// The partner goes on seeing its own words, and its own child.
	answer, err := kith.Referral(t).GetContact(kith.AsPartner(t, kensington, "met-police"), &referralv1.GetContactRequest{Name: c.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the partner's words", answer.GetContact().GetTold().GetWorry(), "the-worry-words")
	equal(t, "the partner's children", len(answer.GetContact().GetChildren()), 1)
	fuller.Children = fuller.Children[:1]
	_, err = amend(t, got, fuller)
	equal(t, "field", refused(t, err, codes.InvalidArgument, "INVALID").Field, "told.children")
}

func TestAChildAddedToADecidedContactIsDueAgain(t *testing.T) {
	t.Parallel()
	told := toldWithout()
	c := screen(t, screening(receive(t, told), 0))
	equal(t, "state", c.GetState(), referralv1.ContactState_CONTACT_STATE_DECIDED)
	// The first decision's time is long over.
	kith.Owner(t, kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE referral.contact SET decision_due_by = decision_due_by - interval '20 days' WHERE id = $1`, id(c.GetName()))
		return err
	})
	told.Children = append(told.Children, &referralv1.ToldChild{Name: "Rui"})
	got, err := amend(t, c, told)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "state", got.GetState(), referralv1.ContactState_CONTACT_STATE_UNDECIDED)
	if got.GetDecidedAt() != nil || got.GetDesk().GetOverdue() {
		t.Error("the added child has no clock of its own")
	}
}

// proposal receives a contact and fuller text for it with one more child.
func proposal(t *testing.T) (original, proposed *referralv1.Contact, fuller *referralv1.Told) {
	t.Helper()
	told := toldWithout()
	original = receive(t, told)
	fuller = proto.CloneOf(told)
	fuller.Worry, fuller.ImmediateDanger = "fuller-words", true
	fuller.Children = append(fuller.Children, &referralv1.ToldChild{Name: "Rui Silva", Postcode: northPostcode})
	return original, receive(t, fuller), fuller
}

func TestAcceptedFullerTextIsTheNextVersion(t *testing.T) {
	t.Parallel()
	original, proposed, fuller := proposal(t)
	req := &referralv1.AcceptVersionRequest{Name: proposed.GetName(), Etag: proposed.GetEtag(), RequestId: key()}
	answer, err := kith.Referral(t).AcceptVersion(kith.As(t, kensington, screener), req)
	if err != nil {
		t.Fatal(err)
	}
	got := answer.GetContact()
	equal(t, "answered with", got.GetName(), original.GetName())
	equal(t, "text", proto.Equal(got.GetTold(), fuller), true)
	equal(t, "children", len(got.GetChildren()), 2)
	equal(t, "same child", got.GetChildren()[0].GetName(), original.GetChildren()[0].GetName())
	equal(t, "team of the added child", got.GetChildren()[1].GetDesk().GetTeam(), north)
	equal(t, "proposals left", len(got.GetDesk().GetProposedVersions()), 0)
	if !got.GetDecisionDueBy().AsTime().Before(original.GetDecisionDueBy().AsTime()) {
		t.Error("the danger did not move over")
	}
	equal(t, "danger", listAll(t, &referralv1.ListContactsRequest{Receipt: original.GetReceipt()})[0].GetDangerUnacknowledged(), true)
	closed := get(t, proposed.GetName())
	equal(t, "state of the proposal", closed.GetState(), referralv1.ContactState_CONTACT_STATE_ACCEPTED_AS_VERSION)
	equal(t, "where it went", closed.GetProposedVersionOf(), original.GetName())
	equal(t, "danger of the proposal", listAll(t, &referralv1.ListContactsRequest{Receipt: proposed.GetReceipt()})[0].GetDangerUnacknowledged(), false)
	again, err := kith.Referral(t).AcceptVersion(kith.As(t, kensington, screener), req)
	if err != nil || !proto.Equal(again, answer) {
		t.Errorf("the same call again: %v, %v", again, err)
	}
	// The partner's own fuller words are what it sees.
	seen, err := kith.Referral(t).GetContact(kith.AsPartner(t, kensington, "met-police"), &referralv1.GetContactRequest{Name: original.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the partner's words", seen.GetContact().GetTold().GetWorry(), "fuller-words")
	// The same fuller text once more is neither a contact nor a proposal.
	equal(t, "receipt", receive(t, fuller).GetReceipt(), proposed.GetReceipt())
}

func TestAProposalMayBecomeAContactOfItsOwn(t *testing.T) {
	t.Parallel()
	_, proposed, fuller := proposal(t)
	answer, err := kith.Referral(t).MakeOwnContact(kith.As(t, kensington, screener), &referralv1.MakeOwnContactRequest{
		Name: proposed.GetName(), Reason: "another evening", Etag: proposed.GetEtag(), RequestId: key(),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := answer.GetContact()
	equal(t, "state", got.GetState(), referralv1.ContactState_CONTACT_STATE_UNDECIDED)
	equal(t, "receipt", got.GetReceipt(), proposed.GetReceipt())
	equal(t, "no longer proposed", got.GetProposedVersionOf(), "")
	wantEvents(t, got.GetName(), "version_proposed", "contact_received")
	_, err = kith.Referral(t).AcceptVersion(kith.As(t, kensington, screener), &referralv1.AcceptVersionRequest{Name: got.GetName(), Etag: got.GetEtag(), RequestId: key()})
	refused(t, err, codes.FailedPrecondition, "NOT_PROPOSED")
	fuller.Worry = "a third text"
	equal(t, "a third text", receive(t, fuller).GetState(), referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION)
}

func TestTakenBackIsRecordedAndTheDecisionStaysDue(t *testing.T) {
	t.Parallel()
	c := receive(t, policeTold())
	back := func() *referralv1.TakeBackContactRequest {
		return &referralv1.TakeBackContactRequest{Name: c.GetName(), Reason: "back-reason", Etag: c.GetEtag(), RequestId: key()}
	}
	_, err := kith.Referral(t).TakeBackContact(kith.AsPartner(t, kensington, "nhs-trust"), back())
	refused(t, err, codes.NotFound, "NOT_FOUND")
	answer, err := kith.Referral(t).TakeBackContact(kith.AsPartner(t, kensington, "met-police"), back())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the partner sees no desk", answer.GetContact().GetDesk() == nil, true)
	got := get(t, c.GetName())
	equal(t, "state", got.GetState(), referralv1.ContactState_CONTACT_STATE_UNDECIDED)
	equal(t, "reason", got.GetDesk().GetTakenBackReason(), "back-reason")
	equal(t, "due", got.GetDecisionDueBy().AsTime(), c.GetDecisionDueBy().AsTime())
	queue := listAll(t, &referralv1.ListContactsRequest{})
	if !slices.ContainsFunc(queue, func(s *referralv1.ContactSummary) bool {
		return s.GetName() == c.GetName() && s.GetTakenBackAt() != nil
	}) {
		t.Error("it left the queue")
	}
	// Who had read it before is told that its sender changed it.
	_, err = kith.Referral(t).ScreenChild(kith.As(t, kensington, screener), screening(c, 0))
	equal(t, "how", refused(t, err, codes.Aborted, "CHANGED").Facts["changedHow"], "TAKEN_BACK")
	c = got
	_, err = kith.Referral(t).TakeBackContact(kith.As(t, kensington, screener), back())
	refused(t, err, codes.FailedPrecondition, "ALREADY_TAKEN_BACK")
}

func TestOnlyStaffCloseAContactAsSentInError(t *testing.T) {
	t.Parallel()
	told := policeTold()
	told.Children = told.Children[:1]
	c := receive(t, told)
	req := screening(c, 0)
	req.Outcome = toTeam
	c = screen(t, req)
	closing := func() *referralv1.MarkSentInErrorRequest {
		return &referralv1.MarkSentInErrorRequest{Name: c.GetName(), Reason: "wrong borough", Etag: c.GetEtag(), RequestId: key()}
	}
	_, err := kith.Referral(t).MarkSentInError(kith.AsPartner(t, kensington, "met-police"), closing())
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	answer, err := kith.Referral(t).MarkSentInError(kith.As(t, kensington, screener), closing())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "state", answer.GetContact().GetState(), referralv1.ContactState_CONTACT_STATE_SENT_IN_ERROR)
	equal(t, "words kept", answer.GetContact().GetTold().GetWorry(), "the-worry-words")
	wantEvents(t, c.GetName(), "contact_received", "child_referred", "contact_decided", "child_withdrawn", "contact_sent_in_error")
	c = answer.GetContact()
	_, err = kith.Referral(t).ScreenChild(kith.As(t, kensington, screener), screening(c, 0))
	refused(t, err, codes.FailedPrecondition, "CLOSED")
}

func TestLinkingIsSeenFromBothAndMergesNothing(t *testing.T) {
	t.Parallel()
	one, two := receive(t, policeTold()), receiveAs(kith.AsPartner(t, kensington, "nhs-trust"), t, policeTold())
	link := func(req *referralv1.LinkContactRequest) (*referralv1.Contact, error) {
		req.Name, req.Reason, req.Etag, req.RequestId = one.GetName(), "one evening", get(t, one.GetName()).GetEtag(), key()
		answer, err := kith.Referral(t).LinkContact(kith.As(t, kensington, screener), req)
		return answer.GetContact(), err
	}
	got, err := link(&referralv1.LinkContactRequest{OtherContact: two.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "link", got.GetDesk().GetLinks()[0].GetContact(), two.GetName())
	equal(t, "link back", get(t, two.GetName()).GetDesk().GetLinks()[0].GetContact(), one.GetName())
	family := "authorities/kensington-chelsea/families/01999999-0000-7000-8000-00000000fa02"
	got, err = link(&referralv1.LinkContactRequest{Child: one.GetChildren()[0].GetName(), Family: family})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "already open", got.GetChildren()[0].GetDesk().GetAlreadyOpenFamily(), family)
	wantEvents(t, one.GetName(), "contact_received", "child_passed_on")
	for field, req := range map[string]*referralv1.LinkContactRequest{
		"otherContact": {}, "family": {Child: one.GetChildren()[0].GetName()}, "child": {Child: two.GetChildren()[0].GetName(), Family: family},
	} {
		_, err := link(req)
		equal(t, "field", refused(t, err, codes.InvalidArgument, "INVALID").Field, field)
	}
	_, err = link(&referralv1.LinkContactRequest{OtherContact: one.GetName()})
	refused(t, err, codes.InvalidArgument, "INVALID")
	_, err = link(&referralv1.LinkContactRequest{OtherContact: "authorities/kensington-chelsea/contacts/01999999-0000-7000-8000-000000000000"})
	refused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = link(&referralv1.LinkContactRequest{OtherContact: "authorities/hammersmith-fulham/contacts/" + id(two.GetName())})
	refused(t, err, codes.NotFound, "NOT_FOUND")
}

func TestSuggestionsGiveTheirReasonsAndSparesSiblings(t *testing.T) {
	t.Parallel()
	earlier := policeTold()
	earlier.Children = []*referralv1.ToldChild{
		{Name: "Zofia Wójcik-Invented", BirthDate: "2018-05-05", Address: "77 Invented Crescent", Postcode: northPostcode},
		{Name: "Adam Wójcik-Invented", BirthDate: "2020-05-05", Address: "77 Invented Crescent", Postcode: northPostcode},
	}
	first := receive(t, earlier)
	later := policeTold()
	later.Children = []*referralv1.ToldChild{{Name: "WOJCIK INVENTED, Zofia", BirthDate: "5 May 2018", Address: "77, Invented Cres, W10 4RA"}}
	found := suggest(t, receiveAs(kith.AsPartner(t, kensington, "primary-school"), t, later).GetName())
	var mine []*referralv1.Suggestion
	for _, s := range found {
		if s.GetContact() == first.GetName() {
			mine = append(mine, s)
		}
	}
	if len(mine) != 1 || !slices.Equal(mine[0].GetReasons(), []string{"the same surname and birth date", "the same address and a similar first name"}) {
		t.Errorf("suggested %v", found)
	}
	equal(t, "who", mine[0].GetPerson(), "Zofia Wójcik-Invented")
}
