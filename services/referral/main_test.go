package referral_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/platform/try"
)

var kith *try.Platform

func TestMain(m *testing.M) { os.Exit(try.Main(m, &kith)) }

const (
	kensington = try.Kensington
	// screener and other are members of the Referral Team; worker is of a Family Facing Team alone.
	screener = "priya-raman"
	other    = "marcus-fairweather"
	worker   = "amina-yusuf"
	// Postcodes of two patches.
	northPostcode = "W10 4RA"
	north         = "authorities/kensington-chelsea/teams/north-kensington"
)

func key() string { return uuid.NewString() }

// policeTold is a notification with two children at one address, under a reference of its own.
func policeTold() *referralv1.Told {
	return &referralv1.Told{
		Source: &referralv1.Source{
			Code: "6", Organisation: "Metropolitan Police", Person: "PC Invented", Phone: "020 7946 0301", Reference: "MERLIN-" + uuid.NewString(),
		},
		Children: []*referralv1.ToldChild{
			{Name: "Ana Silva", BirthDate: "03/03/2019", Sex: "F", Address: "12 Invented Road", Postcode: northPostcode},
			{Name: "Rui Silva", BirthDate: "2016-07-01", Sex: "M", Address: "12 Invented Road", Postcode: northPostcode},
		},
		Adults: []*referralv1.ToldAdult{{Name: "Mrs Silva", Address: "12 Invented Road", Relationships: []*referralv1.Relationship{{Child: 0, Relationship: "mother"}}}},
		Worry:  "the-worry-words",
	}
}

// receive sends a contact as the police and gives what they get.
func receive(t *testing.T, told *referralv1.Told) *referralv1.Contact {
	t.Helper()
	return receiveAs(kith.AsPartner(t, kensington, "met-police"), t, told)
}

func receiveAs(ctx context.Context, t *testing.T, told *referralv1.Told) *referralv1.Contact {
	t.Helper()
	answer, err := kith.Referral(t).ReceiveContact(ctx, &referralv1.ReceiveContactRequest{Parent: "authorities/" + kensington, Told: told, RequestId: key()})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetContact()
}

// get reads a contact as a member of the Referral Team.
func get(t *testing.T, name string) *referralv1.Contact {
	t.Helper()
	answer, err := kith.Referral(t).GetContact(kith.As(t, kensington, screener), &referralv1.GetContactRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetContact()
}

// screening is a well-formed request for no further action.
func screening(c *referralv1.Contact, child int) *referralv1.ScreenChildRequest {
	return &referralv1.ScreenChildRequest{
		Name: c.GetChildren()[child].GetName(), Outcome: referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION, Reason: "desk-reason",
		ReasonForReferrer: "for-the-referrer", Etag: c.GetEtag(), RequestId: key(),
	}
}

// screen gives a child an outcome as a member of the Referral Team.
func screen(t *testing.T, req *referralv1.ScreenChildRequest) *referralv1.Contact {
	t.Helper()
	answer, err := kith.Referral(t).ScreenChild(kith.As(t, kensington, screener), req)
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetContact()
}

// refused fails the test unless err is that refusal, and gives it.
func refused(t *testing.T, err error, code codes.Code, reason string) refusal {
	t.Helper()
	if err == nil {
		t.Fatalf("answered, though %s was due", reason)
	}
	f := fault.From(err)
	if f.Code != code || f.Reason != reason {
		t.Fatalf("got %v %s (%s), want %v %s", f.Code, f.Reason, f.Message, code, reason)
	}
	return refusal{f.Field, f.Message, f.Facts}
}

// refusal is what a refusal says.
type refusal struct {
	Field, Message string
	Facts          map[string]string
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, fmt.Sprint(got), fmt.Sprint(want))
	}
}
