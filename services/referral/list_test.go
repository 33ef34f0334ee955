package referral_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/platform/try"
	"github.com/kithcare/kith/services/referral"
)

func TestTheQueueShowsDangerFirstAndThenByTimeLeft(t *testing.T) {
	t.Parallel()
	calm := receive(t, policeTold())
	told := policeTold()
	told.ImmediateDanger = true
	danger := receive(t, told)
	queue := listAll(t, &referralv1.ListContactsRequest{PageSize: 7})
	place := func(name string) int {
		return slices.IndexFunc(queue, func(s *referralv1.ContactSummary) bool { return s.GetName() == name })
	}
	if place(danger.GetName()) < 0 || place(calm.GetName()) < place(danger.GetName()) {
		t.Errorf("danger stands at %d, the other at %d", place(danger.GetName()), place(calm.GetName()))
	}
	seen := map[string]bool{}
	for i, s := range queue {
		if seen[s.GetName()] {
			t.Fatalf("%s comes twice", s.GetName())
		}
		seen[s.GetName()] = true
		if i > 0 && queue[i-1].GetImmediateDanger() == s.GetImmediateDanger() && queue[i-1].GetDecisionDueBy().AsTime().After(s.GetDecisionDueBy().AsTime()) {
			t.Fatalf("at %d the later due comes first", i)
		}
	}
}

func TestEveryFilterShowsWhatItSaysAndNothingElse(t *testing.T) {
	t.Parallel()
	waits := receive(t, policeTold())
	told := policeTold()
	told.Source.Code = "5D"
	done := screen(t, screening(screen(t, screening(receive(t, told), 0)), 1))
	has := func(list []*referralv1.ContactSummary, c *referralv1.Contact) bool {
		return slices.ContainsFunc(list, func(s *referralv1.ContactSummary) bool { return s.GetName() == c.GetName() })
	}
	decided := referralv1.ContactState_CONTACT_STATE_DECIDED
	for i, c := range []struct {
		req         *referralv1.ListContactsRequest
		waits, done bool
	}{
		{&referralv1.ListContactsRequest{}, true, false},
		{&referralv1.ListContactsRequest{State: referralv1.ContactState_CONTACT_STATE_UNDECIDED}, true, false},
		{&referralv1.ListContactsRequest{State: referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION}, false, false},
		{&referralv1.ListContactsRequest{State: decided}, false, true},
		{&referralv1.ListContactsRequest{State: decided, SourceCode: "5D"}, false, true},
		{&referralv1.ListContactsRequest{State: decided, SourceCode: "5C"}, false, false},
		{&referralv1.ListContactsRequest{State: decided, Team: north}, false, true},
		{&referralv1.ListContactsRequest{State: decided, Team: north, SourceCode: "5D"}, false, true},
		{&referralv1.ListContactsRequest{State: decided, Team: north, SourceCode: "5C"}, false, false},
		{&referralv1.ListContactsRequest{State: decided, Team: "authorities/kensington-chelsea/teams/chelsea"}, false, false},
		{&referralv1.ListContactsRequest{State: decided, Overdue: true}, false, false},
		{&referralv1.ListContactsRequest{SourceCode: "6", Team: north}, true, false},
		{&referralv1.ListContactsRequest{SourceCode: "2A"}, false, false},
		{&referralv1.ListContactsRequest{Overdue: true}, false, false},
	} {
		list := listAll(t, proto.CloneOf(c.req))
		if has(list, waits) != c.waits || has(list, done) != c.done {
			t.Errorf("%d (%v): waits %v, done %v", i, c.req, has(list, waits), has(list, done))
		}
	}
}

func TestHistoryIsNewestFirstOnEveryPage(t *testing.T) {
	t.Parallel()
	for range 4 {
		told := policeTold()
		told.Children = told.Children[:1]
		screen(t, screening(receive(t, told), 0))
	}
	for _, req := range []*referralv1.ListContactsRequest{{}, {SourceCode: "6"}, {Team: north}, {Team: north, SourceCode: "6"}} {
		req.State, req.PageSize = referralv1.ContactState_CONTACT_STATE_DECIDED, 2
		list := listAll(t, req)
		seen := map[string]bool{}
		for i, s := range list {
			if seen[s.GetName()] {
				t.Fatalf("%s comes twice", s.GetName())
			}
			seen[s.GetName()] = true
			if i > 0 && s.GetReceivedAt().AsTime().After(list[i-1].GetReceivedAt().AsTime()) {
				t.Fatal("an older one comes first")
			}
		}
		if len(list) < 4 {
			t.Fatalf("only %d are listed", len(list))
		}
	}
}

func TestOverdueContactsAreShownUntilTheyAreDecided(t *testing.T) {
	t.Parallel()
	told := policeTold()
	told.Children = told.Children[:1]
	c := receive(t, told)
	kith.Owner(t, kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE referral.contact SET decision_due_by = now() - interval '1 minute' WHERE id = $1`, id(c.GetName()))
		return err
	})
	overdue := func() bool {
		answer, err := kith.Referral(t).ListOverdueContacts(kith.As(t, kensington, screener), &referralv1.ListOverdueContactsRequest{Parent: "authorities/" + kensington, PageSize: 200})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(answer.GetContacts(), func(a, b *referralv1.ContactSummary) int {
			return a.GetDecisionDueBy().AsTime().Compare(b.GetDecisionDueBy().AsTime())
		}) {
			t.Error("the oldest does not come first")
		}
		return slices.ContainsFunc(answer.GetContacts(), func(s *referralv1.ContactSummary) bool { return s.GetName() == c.GetName() && s.GetOverdue() })
	}
	equal(t, "overdue", overdue(), true)
	equal(t, "overdue on the desk", get(t, c.GetName()).GetDesk().GetOverdue(), true)
	screen(t, screening(c, 0))
	equal(t, "overdue once decided", overdue(), false)
}

func TestAReceiptReadOutOnThePhoneFindsItsContact(t *testing.T) {
	t.Parallel()
	c := receive(t, policeTold())
	list := func(receipt string) ([]*referralv1.ContactSummary, error) {
		answer, err := kith.Referral(t).ListContacts(kith.As(t, kensington, screener), &referralv1.ListContactsRequest{Parent: "authorities/" + kensington, Receipt: receipt})
		return answer.GetContacts(), err
	}
	found, err := list(" " + c.GetReceipt()[:7] + " " + c.GetReceipt()[8:])
	if err != nil || len(found) != 1 || found[0].GetName() != c.GetName() {
		t.Errorf("found %v, %v", found, err)
	}
	_, err = list("KRW-4A7-29X")
	equal(t, "field", refused(t, err, codes.InvalidArgument, "INVALID").Field, "receipt")
}

func TestListsAreForTheReferralTeamAndTokensAreChecked(t *testing.T) {
	t.Parallel()
	client := kith.Referral(t)
	parent := "authorities/" + kensington
	_, err := client.ListContacts(kith.As(t, kensington, worker), &referralv1.ListContactsRequest{Parent: parent})
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	_, err = client.ListContacts(kith.AsPartner(t, kensington, "met-police"), &referralv1.ListContactsRequest{Parent: parent})
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	_, err = client.ListOverdueContacts(kith.AsPartner(t, kensington, "met-police"), &referralv1.ListOverdueContactsRequest{Parent: parent})
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	_, err = client.SuggestLinks(kith.AsPartner(t, kensington, "met-police"), &referralv1.SuggestLinksRequest{Name: receive(t, policeTold()).GetName()})
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	for _, token := range []string{"nonsense!", "bm9uc2Vuc2U", "eyJyIjo5fQ"} {
		_, err = client.ListContacts(kith.As(t, kensington, screener), &referralv1.ListContactsRequest{Parent: parent, PageToken: token})
		equal(t, "field", refused(t, err, codes.InvalidArgument, "INVALID").Field, "pageToken")
	}
	_, err = client.ListContacts(kith.As(t, kensington, screener), &referralv1.ListContactsRequest{Parent: parent, Team: "north"})
	equal(t, "field", refused(t, err, codes.InvalidArgument, "INVALID").Field, "team")
}

// history is that many decided contacts of the past, of several sources and teams.
func history(n int) []referral.PastContact {
	codes, teams := []string{"6", "2A", "3A", "1B"}, []string{"shepherds-bush", "fulham"}
	past := make([]referral.PastContact, n)
	for i := range past {
		received := time.Date(2020, 1, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
		past[i] = referral.PastContact{
			PartnerID: "0", ReceivedAt: received,
			Told: &referralv1.Told{
				Source: &referralv1.Source{Code: codes[i%len(codes)], Reference: fmt.Sprint("past-", i)}, Worry: "past",
				Children: []*referralv1.ToldChild{{Name: fmt.Sprint("Child Number", i), BirthDate: "2015-01-01", Address: fmt.Sprint(i, " Past Road"), Postcode: "W12 8ZZ"}},
			},
			Children: []referral.PastChild{{
				Team: teams[i%len(teams)], Outcome: noFurtherAction, Reason: "past", PersonID: uuid.NewString(), DecidedAt: received.Add(time.Hour),
			}},
		}
	}
	return past
}

// plan is what EXPLAIN says of a step.
type plan struct {
	Type    string  `json:"Node Type"`
	Table   string  `json:"Relation Name"`
	Rows    float64 `json:"Actual Rows"`
	Loops   float64 `json:"Actual Loops"`
	Removed float64 `json:"Rows Removed by Filter"`
	Plans   []plan  `json:"Plans"`
}

func (p plan) read() float64 {
	sum := (p.Rows + p.Removed) * p.Loops
	for _, one := range p.Plans {
		sum = max(sum, one.read())
	}
	return sum
}

func TestNoFilterReadsMoreOfHistoryThanItsPage(t *testing.T) {
	t.Parallel()
	const seeded = 6000
	kith.Owner(t, try.Hammersmith, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(t.Context(), `SET search_path = referral`); err != nil {
			return err
		}
		err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error { return referral.Seed(t.Context(), tx, history(seeded)) })
		if err != nil {
			return err
		}
		if _, err := conn.Exec(t.Context(), `ANALYZE contact; ANALYZE finished_by_team`); err != nil {
			return err
		}
		reads := func(what, sql string, args []any) error {
			var text []byte
			if err := conn.QueryRow(t.Context(), `EXPLAIN (ANALYZE, FORMAT JSON) `+sql, args...).Scan(&text); err != nil {
				return err
			}
			var explained []struct{ Plan plan }
			if err := json.Unmarshal(text, &explained); err != nil {
				return err
			}
			if read := explained[0].Plan.read(); read > 100 {
				t.Errorf("%s reads %v rows of %d:\n%s", what, read, seeded, text)
			}
			return nil
		}
		for sql, args := range referral.DeskSQL(time.Now()) {
			if err := reads("the desk", sql, args); err != nil {
				return err
			}
		}
		for state := int16(0); state <= 5; state++ {
			for _, source := range []string{"", "6", "5D"} {
				for _, team := range []string{"", "fulham", "nobody"} {
					sql, args := referral.ListSQL(state, false, source, team, time.Now())
					if err := reads(fmt.Sprintf("state %d, source %q, team %q", state, source, team), sql, args); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	answer, err := kith.Referral(t).ListContacts(kith.As(t, try.Hammersmith, kith.Members(try.Hammersmith, "referral")[0]), &referralv1.ListContactsRequest{
		Parent: "authorities/" + try.Hammersmith, State: referralv1.ContactState_CONTACT_STATE_DECIDED, Team: "authorities/hammersmith-fulham/teams/fulham", SourceCode: "2A",
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "page", len(answer.GetContacts()), 50)
	seen, err := kith.Referral(t).GetContact(kith.As(t, try.Hammersmith, kith.Members(try.Hammersmith, "referral")[0]), &referralv1.GetContactRequest{Name: answer.GetContacts()[0].GetName()})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "outcome", seen.GetContact().GetChildren()[0].GetDesk().GetScreening().GetOutcome(), noFurtherAction)
}
