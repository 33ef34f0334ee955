package gateway_test

import (
	"context"
	_ "embed"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/gateway"
)

// notification is 1.5 kB with two children, as the police send them.
//
//go:embed testdata/notification.json
var notification string

// instant is services that answer at once, so that what is left is the gateway.
type instant struct{ grpc.ClientConnInterface }

func (instant) Invoke(_ context.Context, _ string, request, reply any, _ ...grpc.CallOption) error {
	switch reply := reply.(type) {
	case *directoryv1.IssuePassportResponse:
		reply.Passport = strings.Repeat("p", 400)
	case *referralv1.ReceiveContactResponse:
		told := request.(*referralv1.ReceiveContactRequest).GetTold()
		reply.Contact = &referralv1.Contact{
			Name: "authorities/north/contacts/" + contactID, Receipt: "K7-M2P-4", State: referralv1.ContactState_CONTACT_STATE_UNDECIDED,
			ReceivedAt: timestamppb.Now(), DecisionDueBy: timestamppb.Now(), Told: told, Etag: "1", StillNeeded: []string{"children[1].birthDate"},
		}
		for _, child := range told.GetChildren() {
			reply.Contact.Children = append(reply.Contact.Children, &referralv1.ContactChild{Name: "authorities/north/contacts/" + contactID, Told: child})
		}
	}
	return nil
}

func benchmarkReceive(b *testing.B, rate int) {
	i := newIssuer(b)
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(b).Addr()})
	defer client.Close()
	g, err := gateway.New(gateway.Deps{
		Authorities: []gateway.Authority{{Name: "north", Issuers: []string{i.url}}}, Audience: "kith",
		Directory: directoryv1.NewDirectoryServiceClient(instant{}), Conns: func(string) grpc.ClientConnInterface { return instant{} },
		Redis: client, RatePerMinute: rate, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	token := "Bearer " + i.partner(b, "police", "contacts.write")
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, contacts, strings.NewReader(notification))
		r.Header.Set("Authorization", token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "key-1")
		w := httptest.NewRecorder()
		if g.ServeHTTP(w, r); w.Code != http.StatusCreated {
			b.Fatal(w.Code, w.Body)
		}
	}
}

func BenchmarkReceiveContact(b *testing.B)          { benchmarkReceive(b, 60_000_000) }
func BenchmarkReceiveContactOverLimit(b *testing.B) { benchmarkReceive(b, 60) }
