package referral_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/referral"
)

func historyOf(t *testing.T, name string) *referralv1.ListContactHistoryResponse {
	t.Helper()
	answer, err := kith.Referral(t).ListContactHistory(kith.As(t, kensington, screener), &referralv1.ListContactHistoryRequest{Parent: name})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func hows(h *referralv1.ListContactHistoryResponse) []string {
	var all []string
	for _, e := range h.GetEvents() {
		all = append(all, e.GetHow())
	}
	return all
}

func TestAContactsHistoryIsWholeAndNewestFirst(t *testing.T) {
	t.Parallel()
	told := policeTold()
	c := receive(t, told)
	opened, err := kith.Referral(t).GetContact(kith.As(t, kensington, other), &referralv1.GetContactRequest{Name: c.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kith.Referral(t).GetContact(kith.AsPartner(t, kensington, "met-police"), &referralv1.GetContactRequest{Name: c.GetName()}); err != nil {
		t.Fatal(err)
	}
	amended, err := amend(t, opened.GetContact(), told)
	if err != nil {
		t.Fatal(err)
	}
	screened := screen(t, screening(amended, 0))
	revised := screen(t, screening(screened, 0))
	_, err = kith.Referral(t).TakeBackContact(kith.AsPartner(t, kensington, "met-police"), &referralv1.TakeBackContactRequest{
		Name: c.GetName(), Reason: "back-reason", Etag: revised.GetEtag(), RequestId: key(),
	})
	if err != nil {
		t.Fatal(err)
	}
	told.Worry = "fuller-words"
	receive(t, told)
	h := historyOf(t, c.GetName())
	want := []string{"VERSION_PROPOSED", "TAKEN_BACK", "SCREENED", "SCREENED", "AMENDED", "SEEN", "RECEIVED"}
	if !slices.Equal(hows(h), want) {
		t.Errorf("happened: %v, want %v", hows(h), want)
	}
	police := "authorities/kensington-chelsea/partners/met-police"
	for i, c := range []struct{ by, reason string }{
		{police, ""},
		{police, "back-reason"},
		{kith.Person(t, kensington, screener), "desk-reason"},
		{kith.Person(t, kensington, screener), "desk-reason"},
		{kith.Person(t, kensington, screener), "rang back"},
		{kith.Person(t, kensington, other), ""},
		{police, ""},
	} {
		e := h.GetEvents()[i]
		equal(t, e.GetHow()+" by", e.GetBy(), c.by)
		equal(t, e.GetHow()+" for", e.GetReason(), c.reason)
		if e.GetAt() == nil || e.GetWrittenAt() == nil {
			t.Errorf("%s lacks a time", e.GetHow())
		}
	}
	// Who had it open: the partner after the colleague, newest first. The acts stand among the events.
	if len(h.GetLooks()) != 2 || h.GetLooks()[0].GetBy() != police || h.GetLooks()[1].GetBy() != kith.Person(t, kensington, other) {
		t.Errorf("looked: %v", h.GetLooks())
	}
	equal(t, "this look is one too", len(historyOf(t, c.GetName()).GetLooks()), 3)
}

func TestAContactsHistoryIsForTheReferralTeam(t *testing.T) {
	t.Parallel()
	req := &referralv1.ListContactHistoryRequest{Parent: receive(t, policeTold()).GetName()}
	_, err := kith.Referral(t).ListContactHistory(kith.As(t, kensington, worker), req)
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	_, err = kith.Referral(t).ListContactHistory(kith.AsPartner(t, kensington, "met-police"), req)
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	req.Parent = "authorities/kensington-chelsea/contacts/" + uuid.NewString()
	_, err = kith.Referral(t).ListContactHistory(kith.As(t, kensington, screener), req)
	refused(t, err, codes.NotFound, "NOT_FOUND")
}

// What came in from an older system has its decisions, and was seen when it was decided: nobody hears of it now.
func TestThePastHasItsHistory(t *testing.T) {
	t.Parallel()
	past := history(1)[0]
	past.ID, past.Told.Source.Reference = uuid.New(), "past-"+uuid.NewString()
	kith.Owner(t, kensington, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(t.Context(), `SET search_path = referral`); err != nil {
			return err
		}
		return pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error { return referral.Seed(t.Context(), tx, []referral.PastContact{past}) })
	})
	c := get(t, "authorities/kensington-chelsea/contacts/"+past.ID.String())
	equal(t, "seen", c.GetSeenAt().AsTime(), past.ReceivedAt.Add(time.Hour))
	equal(t, "words put aside", count(t, `SELECT count(*) FROM referral.call_back WHERE contact = $1`, past.ID), 0)
	if got := hows(historyOf(t, c.GetName())); !slices.Equal(got, []string{"SCREENED", "SEEN", "RECEIVED"}) {
		t.Errorf("happened: %v", got)
	}
}
