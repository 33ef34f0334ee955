package referral_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/rpc"
	"github.com/kithcare/kith/services/platform/try"
)

func TestAContactIsAcknowledgedWithWhatTheSenderNeeds(t *testing.T) {
	t.Parallel()
	told := policeTold()
	got := receive(t, told)
	if len(got.GetReceipt()) != 12 || got.GetContactPhone() == "" || got.GetEtag() != "1" || len(got.GetStillNeeded()) == 0 || len(got.GetChildren()) != 2 {
		t.Errorf("the acknowledgement is %v", got)
	}
	equal(t, "state", got.GetState(), referralv1.ContactState_CONTACT_STATE_UNDECIDED)
	if !got.GetDecisionDueBy().AsTime().After(got.GetReceivedAt().AsTime()) {
		t.Error("it is due before it came")
	}
	if got.GetTold() != nil || got.GetDesk() != nil || got.GetChildren()[0].GetDesk() != nil {
		t.Error("the acknowledgement repeats what was told, or shows the desk's side")
	}
	shown := get(t, got.GetName())
	if !proto.Equal(shown.GetTold(), told) {
		t.Error("what was told was not kept word for word")
	}
	equal(t, "receipt", shown.GetReceipt(), got.GetReceipt())
	equal(t, "received from", strings.HasPrefix(shown.GetDesk().GetReceivedFrom(), "authorities/kensington-chelsea/partners/"), true)
	for _, child := range shown.GetChildren() {
		equal(t, "team", child.GetDesk().GetTeam(), north)
	}
}

func TestOnlyASourceAChildAndTheWorryAreNeeded(t *testing.T) {
	t.Parallel()
	got := receive(t, &referralv1.Told{
		Source: &referralv1.Source{Code: "9"}, Worry: "w", Children: []*referralv1.ToldChild{{Description: "a boy of about eight in the flat above the chip shop"}},
	})
	desk := get(t, got.GetName()).GetDesk()
	if !slices.Contains(desk.GetNeedsPerson(), referralv1.NeedsPerson_NEEDS_PERSON_NO_ADDRESS) {
		t.Errorf("a child without an address waits for nobody: %v", desk.GetNeedsPerson())
	}
}

func TestWhatIsDoubtfulIsAcceptedAndKeptAsTold(t *testing.T) {
	t.Parallel()
	told := policeTold()
	told.Children = []*referralv1.ToldChild{
		{Name: "Niamh O’Brien-D'Árcy", NhsNumber: "999 000 0001", BirthDate: "31/02/2019", Postcode: "W10 0ZZ"},
		{Name: "محمد", BirthDate: "2031-01-01"},
		{Name: strings.Repeat("Ö", 300), BirthDate: "1986-01-01"},
		{Name: "Sukarno", Postcode: "NO SUCH PLACE"},
		{Name: "Ngũgĩ wa Thiong’o", Age: "8"},
	}
	shown := get(t, receive(t, told).GetName())
	want := map[int][]string{0: {"birthDate", "nhsNumber", "postcode"}, 1: {"birthDate"}, 2: {"birthDate"}, 3: {"postcode"}, 4: nil}
	for i, child := range shown.GetChildren() {
		if !proto.Equal(child.GetTold(), told.GetChildren()[i]) {
			t.Errorf("child %d is not kept as told", i)
		}
		var fields []string
		for _, d := range child.GetDesk().GetDoubts() {
			fields = append(fields, d.GetField())
			if d.GetWhy() == "" {
				t.Errorf("child %d: %s is doubted without saying why", i, d.GetField())
			}
		}
		slices.Sort(fields)
		if !slices.Equal(fields, want[i]) {
			t.Errorf("child %d: doubted %v, want %v", i, fields, want[i])
		}
	}
	list := listAll(t, &referralv1.ListContactsRequest{Receipt: shown.GetReceipt()})
	equal(t, "name of 300 letters in the list", list[0].GetChildren()[2], strings.Repeat("Ö", 300))
}

func TestTheSameCallIsOneContactAlsoFiftyAtOnce(t *testing.T) {
	t.Parallel()
	ctx := kith.AsPartner(t, kensington, "met-police")
	req := &referralv1.ReceiveContactRequest{Parent: "authorities/" + kensington, Told: policeTold(), RequestId: key()}
	answers := make([]*referralv1.ReceiveContactResponse, 50)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			var err error
			if answers[i], err = kith.Referral(t).ReceiveContact(ctx, req); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, a := range answers {
		if !proto.Equal(a, answers[0]) {
			t.Fatalf("two answers differ: %v and %v", a, answers[0])
		}
	}
	// A week later it is still the same answer.
	kith.Owner(t, kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE referral.request SET at = at - interval '7 days' WHERE key = $1`, req.GetRequestId())
		return err
	})
	later, err := kith.Referral(t).ReceiveContact(kith.AsPartner(t, kensington, "met-police"), req)
	if err != nil || !proto.Equal(later, answers[0]) {
		t.Errorf("a week later: %v, %v", later, err)
	}
	equal(t, "contacts", count(t, `SELECT count(*) FROM referral.contact WHERE their_reference = $1`, req.GetTold().GetSource().GetReference()), 1)
	equal(t, "events", count(t, `SELECT count(*) FROM referral.event WHERE entity = $1`, "contact/"+id(answers[0].GetContact().GetName())), 1)
}

func TestAKeyUsedForSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	req := &referralv1.ReceiveContactRequest{Parent: "authorities/" + kensington, Told: policeTold(), RequestId: key()}
	if _, err := kith.Referral(t).ReceiveContact(kith.AsPartner(t, kensington, "met-police"), req); err != nil {
		t.Fatal(err)
	}
	req.Told = policeTold()
	_, err := kith.Referral(t).ReceiveContact(kith.AsPartner(t, kensington, "met-police"), req)
	refused(t, err, codes.FailedPrecondition, "KEY_REUSED")
	equal(t, "contacts", count(t, `SELECT count(*) FROM referral.contact WHERE their_reference = $1`, req.GetTold().GetSource().GetReference()), 0)
	// Another sender's key is another key.
	if _, err := kith.Referral(t).ReceiveContact(kith.AsPartner(t, kensington, "nhs-trust"), req); err != nil {
		t.Error(err)
	}
}

func TestTheSameTextUnderANewKeyGetsTheFirstReceipt(t *testing.T) {
	t.Parallel()
	told := policeTold()
	receipts := make([]string, 12)
	ctx := kith.AsPartner(t, kensington, "met-police")
	var group sync.WaitGroup
	for i := range receipts {
		group.Go(func() { receipts[i] = receiveAs(ctx, t, told).GetReceipt() })
	}
	group.Wait()
	for _, r := range receipts {
		equal(t, "receipt", r, receipts[0])
	}
	equal(t, "contacts", count(t, `SELECT count(*) FROM referral.contact WHERE their_reference = $1`, told.GetSource().GetReference()), 1)
	// Another agency with the same reference has nothing to do with it.
	if got := receiveAs(kith.AsPartner(t, kensington, "nhs-trust"), t, told); got.GetReceipt() == receipts[0] || got.GetProposedVersionOf() != "" {
		t.Error("another agency's reference is taken for the first one's")
	}
}

func TestFullerTextUnderTheSameReferenceIsAProposedVersion(t *testing.T) {
	t.Parallel()
	told := policeTold()
	first := receive(t, told)
	fuller := proto.CloneOf(told)
	fuller.Worry += " and more"
	fuller.ImmediateDanger = true
	second := receive(t, fuller)
	equal(t, "state", second.GetState(), referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION)
	equal(t, "proposed for", second.GetProposedVersionOf(), first.GetName())
	if second.GetReceipt() == first.GetReceipt() || !second.GetDecisionDueBy().AsTime().Before(first.GetDecisionDueBy().AsTime()) {
		t.Error("the proposal has no receipt or due time of its own")
	}
	try.Until(t, "the alarm sounds for the proposal", func() bool {
		return count(t, `SELECT count(*) FROM referral.alarm WHERE contact = $1`, id(second.GetName())) > 0
	})
	equal(t, "the same fuller text again", receive(t, fuller).GetReceipt(), second.GetReceipt())
	equal(t, "the first text again", receive(t, told).GetReceipt(), first.GetReceipt())
	queue := listAll(t, &referralv1.ListContactsRequest{Receipt: second.GetReceipt()})
	equal(t, "danger on the queue", queue[0].GetDangerUnacknowledged(), true)
	shown := get(t, first.GetName())
	equal(t, "proposals", len(shown.GetDesk().GetProposedVersions()), 1)
	equal(t, "the first text stands", proto.Equal(shown.GetTold(), told), true)
	// A proposal can't be screened as if it were a contact.
	_, err := kith.Referral(t).ScreenChild(kith.As(t, kensington, screener), screening(second, 0))
	refused(t, err, codes.FailedPrecondition, "PROPOSED_VERSION")
}

func TestTwoTextsAtOnceUnderANewReferenceAreAContactAndItsProposal(t *testing.T) {
	t.Parallel()
	for range 5 {
		one := policeTold()
		two := proto.CloneOf(one)
		two.Worry = "other words"
		ctx := kith.AsPartner(t, kensington, "met-police")
		var group sync.WaitGroup
		states := make([]referralv1.ContactState, 2)
		for i, told := range []*referralv1.Told{one, two} {
			group.Go(func() { states[i] = receiveAs(ctx, t, told).GetState() })
		}
		group.Wait()
		slices.Sort(states)
		equal(t, "first", states[0], referralv1.ContactState_CONTACT_STATE_UNDECIDED)
		equal(t, "second", states[1], referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION)
	}
}

func TestFullerTextComesInOnADecidedContactToo(t *testing.T) {
	t.Parallel()
	told := policeTold()
	c := receive(t, told)
	c = screen(t, screening(screen(t, screening(c, 0)), 1))
	equal(t, "state", c.GetState(), referralv1.ContactState_CONTACT_STATE_DECIDED)
	told.Worry = "it went on"
	second := receive(t, told)
	equal(t, "state", second.GetState(), referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION)
	waiting := listAll(t, &referralv1.ListContactsRequest{State: referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION})
	if !slices.ContainsFunc(waiting, func(s *referralv1.ContactSummary) bool { return s.GetName() == second.GetName() }) {
		t.Error("the proposal does not stand in the queue")
	}
}

func TestTheReferralTeamWritesDownWhatIsToldOnThePhone(t *testing.T) {
	t.Parallel()
	told := policeTold()
	told.Source = &referralv1.Source{Code: "1B", Person: "a neighbour"}
	told.Children[0].BirthDate = "31/02/2019"
	got := receiveAs(kith.As(t, kensington, screener), t, told)
	if len(got.GetChildren()[0].GetDesk().GetDoubts()) != 1 {
		t.Error("the person on the phone is not told what is doubtful")
	}
	// No sender's reference: the same words from two people are two contacts.
	if again := receiveAs(kith.As(t, kensington, screener), t, told); again.GetReceipt() == got.GetReceipt() {
		t.Error("two phone calls became one contact")
	}
}

func TestWhoMayNotSendOrSee(t *testing.T) {
	t.Parallel()
	client := kith.Referral(t)
	send := func(ctx context.Context) error {
		_, err := client.ReceiveContact(ctx, &referralv1.ReceiveContactRequest{Parent: "authorities/" + kensington, Told: policeTold(), RequestId: key()})
		return err
	}
	refused(t, send(kith.AsPartner(t, kensington, "met-police", "contacts:read")), codes.PermissionDenied, "SCOPE_MISSING")
	refused(t, send(kith.As(t, kensington, worker)), codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	refused(t, send(kith.AsPartner(t, try.Hammersmith, "met-police")), codes.NotFound, "NOT_FOUND")

	name := receive(t, policeTold()).GetName()
	see := func(ctx context.Context, name string) error {
		_, err := client.GetContact(ctx, &referralv1.GetContactRequest{Name: name})
		return err
	}
	another := refused(t, see(kith.AsPartner(t, kensington, "nhs-trust"), name), codes.NotFound, "NOT_FOUND")
	none := refused(t, see(kith.AsPartner(t, kensington, "nhs-trust"), "authorities/kensington-chelsea/contacts/01999999-0000-7000-8000-000000000000"), codes.NotFound, "NOT_FOUND")
	if another.Message != none.Message || another.Field != none.Field || len(another.Facts) != len(none.Facts) {
		t.Error("another's contact is answered otherwise than one that does not exist")
	}
	refused(t, see(kith.AsPartner(t, kensington, "met-police", "contacts:write"), name), codes.PermissionDenied, "SCOPE_MISSING")
	refused(t, see(kith.As(t, kensington, worker), name), codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	if err := see(kith.AsPartner(t, kensington, "met-police"), name); err != nil {
		t.Error(err)
	}
}

func TestAContactOverTheLimitIsTakenAndMarked(t *testing.T) {
	t.Parallel()
	got := receiveAs(rpc.MarkOverLimit(kith.AsPartner(t, kensington, "met-police")), t, policeTold())
	equal(t, "marked", get(t, got.GetName()).GetDesk().GetOverLimit(), true)
}

func TestWhatIsReceivedLeavesItsTraceAndNoWordsInIt(t *testing.T) {
	t.Parallel()
	told := policeTold()
	got := receive(t, told)
	entity := "contact/" + id(got.GetName())
	if count(t, `SELECT count(*) FROM referral.audit WHERE subjects @> ARRAY[$1] AND allowed`, "contacts/"+id(got.GetName())) == 0 {
		t.Error("no audit row")
	}
	kith.Owner(t, kensington, func(conn *pgx.Conn) error {
		var event, audit, request string
		err := conn.QueryRow(t.Context(), `SELECT (SELECT string_agg(e::text, '') FROM referral.event e WHERE entity = $1),
			(SELECT string_agg(a::text, '') FROM referral.audit a WHERE subjects @> ARRAY[$2]),
			(SELECT encode(string_agg(response, ''), 'escape') FROM referral.request WHERE response IS NOT NULL AND at = $3)`,
			entity, "contacts/"+id(got.GetName()), got.GetReceivedAt().AsTime()).Scan(&event, &audit, &request)
		for _, kept := range []string{event, audit, request} {
			for _, word := range []string{"Silva", "Invented", "worry-words", "W10", "MERLIN"} {
				if strings.Contains(kept, word) {
					t.Errorf("%q stands where no word of the contact may stand", word)
				}
			}
		}
		return err
	})
}

func TestAPartnerSeesOnlyWhatItMay(t *testing.T) {
	t.Parallel()
	c := receive(t, policeTold())
	req := screening(c, 0)
	c = screen(t, req)
	strategy := screening(c, 1)
	strategy.Outcome = referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW
	screen(t, strategy)
	answer, err := kith.Referral(t).GetContact(kith.AsPartner(t, kensington, "met-police"), &referralv1.GetContactRequest{Name: c.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	seen := answer.GetContact()
	equal(t, "first", seen.GetChildren()[0].GetOutcomeForReferrer(), "No further action")
	equal(t, "its reason", seen.GetChildren()[0].GetReasonForReferrer(), "for-the-referrer")
	equal(t, "second", seen.GetChildren()[1].GetOutcomeForReferrer(), "Being acted on, you will be called")
	equal(t, "its reason", seen.GetChildren()[1].GetReasonForReferrer(), "")
	if seen.GetHowToEscalate() == "" || seen.GetContactPhone() == "" || seen.GetDecidedAt() == nil {
		t.Error("how to disagree, whom to ring, or when it was decided is missing")
	}
	text := protojson.Format(seen)
	for _, never := range []string{"desk", "people/", "teams/", "families/", "desk-reason", "partners/"} {
		if strings.Contains(text, never) {
			t.Errorf("the partner sees %q", never)
		}
	}
}

func TestAnAnonymousReferrerLearnsThatSomebodyLooked(t *testing.T) {
	t.Parallel()
	told := policeTold()
	told.Source.Code = "9"
	c := receive(t, told)
	screen(t, screening(c, 0))
	answer, err := kith.Referral(t).GetContact(kith.AsPartner(t, kensington, "met-police"), &referralv1.GetContactRequest{Name: c.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	child := answer.GetContact().GetChildren()[0]
	equal(t, "told", child.GetOutcomeForReferrer(), "Looked at")
	equal(t, "reason", child.GetReasonForReferrer(), "")
	equal(t, "how to disagree", answer.GetContact().GetHowToEscalate(), "")
}

// count runs a count with the owner's login.
func count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	var n int
	kith.Owner(t, kensington, func(conn *pgx.Conn) error { return conn.QueryRow(t.Context(), sql, args...).Scan(&n) })
	return n
}

// id is the last part of a name.
func id(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// listAll reads every page of a list as a member of the Referral Team.
func listAll(t *testing.T, req *referralv1.ListContactsRequest) []*referralv1.ContactSummary {
	t.Helper()
	req.Parent = "authorities/" + kensington
	var all []*referralv1.ContactSummary
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		answer, err := kith.Referral(t).ListContacts(kith.As(t, kensington, screener), req)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, answer.GetContacts()...)
		if req.PageToken = answer.GetNextPageToken(); req.PageToken == "" {
			return all
		}
	}
	t.Fatal("the list does not end")
	return nil
}
