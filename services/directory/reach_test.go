package directory_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/services/platform/try"
)

// asService gives the directory as a neighbour calls it, on the neighbour's own passport.
func asService(t *testing.T, name string) (context.Context, directoryv1.DirectoryServiceClient) {
	t.Helper()
	client := directoryv1.NewDirectoryServiceClient(kith.Conn(t, name, "directory"))
	answer, err := client.IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{
		Authority: here, Bearer: &directoryv1.IssuePassportRequest_Service{Service: &directoryv1.ServiceCause{Cause: "a timer"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return passport.WithToken(t.Context(), try.Kensington, answer.GetPassport()), client
}

func TestHowAPartnerIsReached(t *testing.T) {
	t.Parallel()
	ctx, client := asService(t, "referral")
	reach := func(key string) (*directoryv1.GetPartnerReachResponse, error) {
		return client.GetPartnerReach(ctx, &directoryv1.GetPartnerReachRequest{Name: here + "/partners/" + key})
	}
	made := func(contacts, callBack string, removed bool) string {
		key := "p-" + uuid.NewString()
		kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
			_, err := conn.Exec(t.Context(), `INSERT INTO directory.partner (key, title, source, client_id, scopes, front_door, call_back, public_key, contacts, removed)
				VALUES ($1, 'Invented', '6', '', '{}', false, $2, '', $3, $4)`, key, callBack, contacts, removed)
			return err
		})
		return key
	}
	for _, c := range []struct{ contacts, callBack, email string }{
		{`[{"Name": "A", "Phone": "1"}, {"Name": "B", "Email": "b@example.org"}, {"Name": "C", "Email": "c@example.org"}]`, "", "b@example.org"},
		{`[]`, "https://partner.example/hook", ""},
		{`null`, "", ""},
	} {
		got, err := reach(made(c.contacts, c.callBack, false))
		if err != nil || got.GetEmail() != c.email || got.GetCallBack() != c.callBack {
			t.Errorf("%s: %v, %v", c.contacts, got, err)
		}
	}
	police := kith.Described[try.Kensington].Partners[0]
	if got, err := reach(police.Key); err != nil || got.GetEmail() == "" || got.GetEmail() != police.Contacts[0].Email || got.GetCallBack() != police.CallBack {
		t.Errorf("a described partner: %v, %v", got, err)
	}
	for _, key := range []string{"nobody", made(`[]`, "https://partner.example/hook", true)} {
		if _, err := reach(key); status.Code(err) != codes.NotFound {
			t.Errorf("%s: %v", key, err)
		}
	}
	_, err := client.GetPartnerReach(kith.AsPartner(t, try.Kensington, "met-police"), &directoryv1.GetPartnerReachRequest{Name: here + "/partners/met-police"})
	if fault.From(err).Reason != "NOT_STAFF" {
		t.Errorf("a partner asks: %v", err)
	}
}

func TestTheGuardiansAreThoseOfNow(t *testing.T) {
	t.Parallel()
	ctx, client := asService(t, "familyfacing")
	list := func() []string {
		answer, err := client.ListGuardians(ctx, &directoryv1.ListGuardiansRequest{Parent: here})
		if err != nil {
			t.Fatal(err)
		}
		var people []string
		for _, g := range answer.GetGuardians() {
			people = append(people, g.GetPerson()+" "+g.GetEmail())
		}
		return people
	}
	for _, p := range kith.Described[try.Kensington].People {
		is := p.CaldicottGuardian || p.DeputyCaldicottGuardian
		if slices.Contains(list(), kith.Person(t, try.Kensington, p.Key)+" "+p.Email) != is {
			t.Errorf("%s: listed as a guardian is %t, want %t", p.Key, !is, is)
		}
	}
	s := newSignIn(t)
	s.own(t, `UPDATE directory.person SET guardian = true, email = 'g@example.org' WHERE id = $1`, s.id)
	one := here + "/people/" + s.id.String() + " g@example.org"
	if !slices.Contains(list(), one) {
		t.Error("a new guardian is not listed")
	}
	s.own(t, `UPDATE directory.person SET removed = true WHERE id = $1`, s.id)
	if slices.Contains(list(), one) {
		t.Error("a guardian who left is listed")
	}
	_, err := client.ListGuardians(kith.AsPartner(t, try.Kensington, "met-police"), &directoryv1.ListGuardiansRequest{Parent: here})
	if fault.From(err).Reason != "NOT_STAFF" {
		t.Errorf("a partner asks: %v", err)
	}
}
