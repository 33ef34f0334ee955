package referral_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/services/platform/try"
	"github.com/kithcare/kith/services/referral"
)

// queue reads the first page of an authority that no other test works in.
func (h hearing) queue(t *testing.T, withDuty bool) *referralv1.ListContactsResponse {
	t.Helper()
	answer, err := h.desk(t).ListContacts(h.At(t, "web", try.Hammersmith, h.dutyScreener()), &referralv1.ListContactsRequest{
		Parent: "authorities/" + try.Hammersmith, WithDuty: withDuty,
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func (h hearing) dutyScreener() string { return h.Members(try.Hammersmith, "referral")[0] }

func (h hearing) arrived(t *testing.T, since *timestamppb.Timestamp) *referralv1.CountArrivalsResponse {
	t.Helper()
	answer, err := h.desk(t).CountArrivals(h.At(t, "web", try.Hammersmith, h.dutyScreener()), &referralv1.CountArrivalsRequest{
		Parent: "authorities/" + try.Hammersmith, Since: since,
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func (h hearing) handOver(t *testing.T, key string) int32 {
	t.Helper()
	answer, err := h.desk(t).HandOverToDuty(h.At(t, "web", try.Hammersmith, h.dutyScreener()), &referralv1.HandOverToDutyRequest{
		Parent: "authorities/" + try.Hammersmith, Note: "the-note", RequestId: key,
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetContacts()
}

func (h hearing) takeBack(t *testing.T) int32 {
	t.Helper()
	answer, err := h.desk(t).TakeBackFromDuty(h.At(t, "web", try.Hammersmith, h.dutyScreener()), &referralv1.TakeBackFromDutyRequest{
		Parent: "authorities/" + try.Hammersmith, Note: "a quiet night", RequestId: key(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetContacts()
}

// duty is the end of a day and the morning after, with what the desk counts meanwhile.
func (h hearing) duty(t *testing.T) {
	police := func() *referralv1.Told { told := policeTold(); told.Children = told.Children[:1]; return told }
	empty := h.queue(t, false)
	equal(t, "undecided before", empty.GetWaiting().GetUndecided(), 0)
	equal(t, "the oldest of nothing", empty.GetWaiting().GetOldest() == nil, true)
	one := h.receive(h.AsPartner(t, try.Hammersmith, "met-police"), t, police())
	two := h.receive(h.AsPartner(t, try.Hammersmith, "met-police"), t, police())
	danger := police()
	danger.ImmediateDanger = true
	three := h.receive(h.AsPartner(t, try.Hammersmith, "met-police"), t, danger)
	came := h.arrived(t, empty.GetWaiting().GetAsOf())
	equal(t, "arrived", came.GetArrived(), 3)
	equal(t, "in danger", came.GetInDanger(), 1)
	waiting := h.queue(t, false).GetWaiting()
	equal(t, "arrived since the list that shows them", h.arrived(t, waiting.GetAsOf()).GetArrived(), 0)
	equal(t, "undecided", waiting.GetUndecided(), 3)
	equal(t, "danger", waiting.GetDangerUnacknowledged(), 1)
	equal(t, "due first", waiting.GetOldest().GetName(), three.GetName())
	equal(t, "overdue", waiting.GetOverdue(), 0)
	equal(t, "with duty", waiting.GetWithDuty(), 0)
	equal(t, "unseen", h.queue(t, false).GetContacts()[1].GetUnseen(), true)
	h.handedOver(t, one, two)
	// The day begins with one decided by night, one that came by night, and two to take back.
	late := h.receive(h.AsPartner(t, try.Hammersmith, "met-police"), t, police())
	decided, err := h.Referral(t).ScreenChild(h.As(t, try.Hammersmith, h.dutyScreener()), screening(one, 0))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "with duty once decided", decided.GetContact().GetDesk().GetWithDutySince() == nil, true)
	equal(t, "with duty by night", h.queue(t, false).GetWaiting().GetWithDuty(), 2)
	equal(t, "what came later is with the desk", h.open(h.As(t, try.Hammersmith, h.dutyScreener()), t, late).GetDesk().GetWithDutySince() == nil, true)
	equal(t, "taken back", h.takeBack(t), 2)
	equal(t, "taken back twice", h.takeBack(t), 0)
	equal(t, "with duty in the morning", h.queue(t, false).GetWaiting().GetWithDuty(), 0)
	h.Owner(t, try.Hammersmith, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE referral.contact SET decision_due_by = now() - interval '3 hours' WHERE id = $1`, id(two.GetName()))
		return err
	})
	waiting = h.queue(t, false).GetWaiting()
	equal(t, "overdue", waiting.GetOverdue(), 1)
	equal(t, "undecided", waiting.GetUndecided(), 3)
	equal(t, "the oldest", waiting.GetOldest().GetName(), two.GetName())
	h.dutyHistory(t, two)
}

// handedOver presses the button at the end of the day, twice.
func (h hearing) handedOver(t *testing.T, one, two *referralv1.Contact) {
	t.Helper()
	_, err := h.desk(t).HandOverToDuty(h.At(t, "web", try.Hammersmith, h.Members(try.Hammersmith, "fulham")[0]), &referralv1.HandOverToDutyRequest{
		Parent: "authorities/" + try.Hammersmith, RequestId: key(),
	})
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	press := key()
	equal(t, "handed over", h.handOver(t, press), 3)
	equal(t, "the same press again", h.handOver(t, press), 3)
	equal(t, "another press", h.handOver(t, key()), 0)
	list := h.queue(t, true)
	equal(t, "listed as with duty", len(list.GetContacts()), 3)
	equal(t, "counted as with duty", list.GetWaiting().GetWithDuty(), 3)
	equal(t, "on the summary", list.GetContacts()[0].GetWithDuty(), true)
	held := h.open(h.As(t, try.Hammersmith, h.dutyScreener()), t, two)
	if held.GetDesk().GetWithDutySince() == nil {
		t.Error("the contact does not say that it is with duty")
	}
	equal(t, "etag", held.GetEtag(), two.GetEtag())
	equal(t, "due", held.GetDecisionDueBy().AsTime(), two.GetDecisionDueBy().AsTime())
	told := func() []string {
		mails, _ := h.outside.got()
		var about []string
		for _, m := range mails {
			if strings.Contains(m, "handed") {
				about = append(about, m)
			}
		}
		return about
	}
	try.Until(t, "the out-of-hours contact is told", func() bool { return len(told()) == 1 })
	if m := told()[0]; !strings.Contains(m, "handed 3 contacts over to you") || strings.Contains(m, one.GetReceipt()) || strings.Contains(m, "the-note") {
		t.Errorf("it is told %q", m)
	}
	nothingOfAChild(t, told()[0])
	var press1 string
	h.Owner(t, try.Hammersmith, func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), `SELECT id::text FROM referral.duty_handover WHERE how = 'HANDED_TO_DUTY' AND contacts = 3`).Scan(&press1)
	})
	again, err := another(t, h.Platform, func(d *referral.Deps) { d.Reach = h.means }).TellDuty(passport.WithAuthority(t.Context(), try.Hammersmith), press1)
	if err != nil || again {
		t.Errorf("told again: %v, %v", again, err)
	}
	equal(t, "mails of a hand-over", len(told()), 1)
}

func (h hearing) dutyHistory(t *testing.T, c *referralv1.Contact) {
	t.Helper()
	answer, err := h.Referral(t).ListContactHistory(h.As(t, try.Hammersmith, h.dutyScreener()), &referralv1.ListContactHistoryRequest{Parent: c.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for _, e := range answer.GetEvents() {
		reasons[e.GetHow()] = e.GetReason()
	}
	equal(t, "note", reasons["HANDED_TO_DUTY"], "the-note")
	equal(t, "note of the morning", reasons["TAKEN_BACK_FROM_DUTY"], "a quiet night")
}

func TestWhereTheOutOfHoursContactIsNotReachedItIsTriedAgain(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	p, means := night(t, o, &lines{})
	o.mu.Lock()
	o.broken = true
	o.mu.Unlock()
	answer, err := p.Referral(t).ReceiveContact(p.AsPartner(t, kensington, "met-police"), &referralv1.ReceiveContactRequest{
		Parent: "authorities/" + kensington, Told: policeTold(), RequestId: key(),
	})
	if err != nil {
		t.Fatal(err)
	}
	desk := referralv1.NewReferralServiceClient(p.Conn(t, "web", "referral"))
	_, err = desk.HandOverToDuty(p.At(t, "web", kensington, screener), &referralv1.HandOverToDutyRequest{Parent: "authorities/" + kensington, RequestId: key()})
	if err != nil {
		t.Fatal(err)
	}
	var press string
	p.Owner(t, kensington, func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), `SELECT id::text FROM referral.duty_handover`).Scan(&press)
	})
	s := another(t, p, func(d *referral.Deps) { d.Reach, d.Now = means, threeAM })
	tell := func(want bool) {
		t.Helper()
		again, err := s.TellDuty(passport.WithAuthority(t.Context(), kensington), press)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "it is tried again", again, want)
	}
	tell(true)
	o.mu.Lock()
	o.broken = false
	o.mu.Unlock()
	tell(false)
	mails, calls := o.got()
	if len(mails) == 0 || len(calls) == 0 || !strings.Contains(calls[0].body, `"contacts":1`) || strings.Contains(calls[0].body, answer.GetContact().GetReceipt()) {
		t.Errorf("told: %q, %v", mails, calls)
	}
}

func TestArrivalsAreForTheReferralTeamAndLeaveARow(t *testing.T) {
	t.Parallel()
	client := referralv1.NewReferralServiceClient(kith.Conn(t, "web", "referral"))
	req := &referralv1.CountArrivalsRequest{Parent: "authorities/" + kensington, Since: timestamppb.New(time.Now().Add(-time.Minute))}
	_, err := client.CountArrivals(kith.At(t, "web", kensington, worker), req)
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	receive(t, policeTold())
	receive(t, policeTold())
	answer, err := client.CountArrivals(kith.At(t, "web", kensington, screener), req)
	if err != nil || answer.GetArrived() == 0 {
		t.Errorf("%v, %v", answer, err)
	}
	if count(t, `SELECT count(*) FROM referral.audit WHERE method = $1 AND allowed AND subjects = '{}'`, referralv1.ReferralService_CountArrivals_FullMethodName) == 0 {
		t.Error("nothing is kept of it")
	}
	// Waiting comes with the first page alone.
	list, err := client.ListContacts(kith.At(t, "web", kensington, screener), &referralv1.ListContactsRequest{Parent: "authorities/" + kensington, PageSize: 1})
	if err != nil || list.GetWaiting() == nil {
		t.Fatalf("%v, %v", list, err)
	}
	list, err = client.ListContacts(kith.At(t, "web", kensington, screener), &referralv1.ListContactsRequest{Parent: "authorities/" + kensington, PageSize: 1, PageToken: list.GetNextPageToken()})
	if err != nil || list.GetWaiting() != nil {
		t.Errorf("the second page counts too: %v, %v", list.GetWaiting(), err)
	}
}

// A neighbour that does not answer is no failed attempt, but the desk sees what it holds up.
func TestWhatCantEvenBeTriedIsInSightAfterAMinute(t *testing.T) {
	t.Parallel()
	c, b := receive(t, policeTold()), uuid.New()
	kith.Owner(t, kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `INSERT INTO referral.call_back (id, contact, kind, screening, channel, partner, due_at, round, tries, attempts,
			failure, settled, settled_by) VALUES ($1, $2, 'CHILD_DECIDED', 1, '', 'met-police', now(), 0, 0, 0, '', '', '')`, b, id(c.GetName()))
		return err
	})
	for inSight, after := range []time.Duration{30 * time.Second, 2 * time.Minute} {
		s := another(t, kith, func(d *referral.Deps) {
			d.Directory, d.Now = silent{d.Directory}, func() time.Time { return time.Now().Add(after) }
		})
		if _, err := s.Deliver(passport.WithAuthority(t.Context(), kensington), b.String(), 0); err == nil {
			t.Fatal("it was tried")
		}
		equal(t, "in sight", count(t, `SELECT count(*) FROM referral.call_back WHERE id = $1 AND undelivered AND attempts = 0`, b), inSight)
	}
}
