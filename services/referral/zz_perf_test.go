package referral_test

import (
	"context"
	"fmt"
	"sort"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/referral"
	"github.com/kithcare/kith/services/platform/try"
)

func TestZZPerf(t *testing.T) {
	conn, _ := pgx.Connect(context.Background(), kith.Databases[try.Hammersmith].OwnerURL())
	conn.Exec(t.Context(), "SET search_path = referral")
	n := 0
	seed := func(to int) {
		start := time.Now()
		from := n
		for n < to {
			k := 5000
			past := make([]referral.PastContact, k)
			for i := range past {
				received := time.Date(2016, 1, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(n+i) * time.Minute)
				past[i] = referral.PastContact{PartnerID: "0", ReceivedAt: received,
					Told: &referralv1.Told{Source: &referralv1.Source{Code: []string{"6", "2A", "3A", "1B", "5D"}[(n+i)%5], Reference: fmt.Sprint("past-", n+i)}, Worry: "past",
						Children: []*referralv1.ToldChild{{Name: fmt.Sprint("Child Name", (n+i)%50000), NhsNumber: "", BirthDate: fmt.Sprintf("20%02d-01-%02d", 8+(n+i)%15, 1+(n+i)%28), Address: fmt.Sprint((n+i)%100000, " Past Road"), Postcode: "W12 8ZZ"}}},
					Children: []referral.PastChild{{Team: []string{"shepherds-bush", "fulham", "a"}[(n+i)%3], Outcome: noFurtherAction, Reason: "past", PersonID: uuid.NewString(), DecidedAt: received.Add(time.Hour)}},
				}
			}
			if err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error { return referral.Seed(t.Context(), tx, past) }); err != nil {
				t.Fatal(err)
			}
			n += k
		}
		conn.Exec(t.Context(), "ANALYZE")
		fmt.Printf("seeded %d in %v\n", to-from, time.Since(start))
	}
	person := kith.Members(try.Hammersmith, "referral")[0]
	for i := 0; i < 200; i++ {
		told := policeTold()
		told.Children[0].Name = "Child Name77"
		told.Children[0].BirthDate = "2010-01-10"
		told.Children[0].Address = "77 Past Road"
		told.Children[0].Postcode = "W12 8ZZ"
		_, err := kith.Referral(t).ReceiveContact(kith.AsPartner(t, try.Hammersmith, "met-police"), &referralv1.ReceiveContactRequest{Parent: "authorities/" + try.Hammersmith, Told: told, RequestId: key()})
		if err != nil {
			t.Fatal(err)
		}
	}
	var last string
	measure := func() {
		for _, req := range []*referralv1.ListContactsRequest{{}, {SourceCode: "6"}, {State: 2}, {State: 2, SourceCode: "2A"}, {State: 2, Team: "authorities/hammersmith-fulham/teams/fulham"}, {State: 2, SourceCode: "2A", Team: "authorities/hammersmith-fulham/teams/fulham"}, {Overdue: true}, {Team: "authorities/hammersmith-fulham/teams/fulham"}} {
			req.Parent = "authorities/" + try.Hammersmith
			var times []time.Duration
			for i := 0; i < 100; i++ {
				ctx := kith.As(t, try.Hammersmith, person)
				s := time.Now()
				a, err := kith.Referral(t).ListContacts(ctx, req)
				if err != nil {
					t.Fatal(err)
				}
				times = append(times, time.Since(s))
				if len(a.GetContacts()) > 0 { last = a.GetContacts()[0].GetName() }
			}
			sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
			fmt.Printf("%v: p50 %v p95 %v\n", req, times[50], times[95])
		}
		a, _ := kith.Referral(t).ListContacts(kith.As(t, try.Hammersmith, person), &referralv1.ListContactsRequest{Parent: "authorities/" + try.Hammersmith})
		last = a.GetContacts()[0].GetName()
		var times []time.Duration
		k := 0
		for i := 0; i < 30; i++ {
			ctx := kith.As(t, try.Hammersmith, person)
			s := time.Now()
			a, err := kith.Referral(t).SuggestLinks(ctx, &referralv1.SuggestLinksRequest{Name: last})
			if err != nil {
				t.Fatal(err)
			}
			k = len(a.GetSuggestions())
			times = append(times, time.Since(s))
		}
		sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
		fmt.Printf("suggest %d: p50 %v p95 %v\n", k, times[15], times[28])
	}
	seed(10000)
	measure()
	seed(500000)
	measure()
}
