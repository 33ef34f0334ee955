package administration_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/services/platform/try"
)

var kith *try.Platform

func TestMain(m *testing.M) { os.Exit(try.Main(m, &kith)) }

// Most tests are about Hammersmith. Those about what an authority can't be without have Kensington to themselves.
const (
	hammersmith   = "authorities/" + try.Hammersmith
	kensington    = "authorities/" + try.Kensington
	administrator = "pavel-horak"
	lucy          = "lucy-ferrand"
	member        = "oksana-hrytsenko"
)

func key() string { return uuid.NewString() }

// fresh is a short name that nothing else has.
func fresh(prefix string) string {
	id := uuid.NewString()
	return prefix + "-" + id[len(id)-12:]
}

func client(t testing.TB) directoryv1.AdministrationServiceClient {
	t.Helper()
	return directoryv1.NewAdministrationServiceClient(kith.Conn(t, "web", "directory"))
}

// admin acts for Hammersmith's administrator.
func admin(t testing.TB) context.Context {
	t.Helper()
	return kith.At(t, "web", try.Hammersmith, administrator)
}

// by acts for whoever signs in to Hammersmith with a subject.
func by(t testing.TB, subject string) context.Context {
	t.Helper()
	token, err := issue(t, subject)
	if err != nil {
		t.Fatal(err)
	}
	return passport.WithToken(t.Context(), try.Hammersmith, token)
}

func issue(t testing.TB, subject string) (string, error) {
	t.Helper()
	answer, err := directoryv1.NewDirectoryServiceClient(kith.Conn(t, "web", "directory")).IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{
		Authority: hammersmith, Bearer: &directoryv1.IssuePassportRequest_Person{Person: &directoryv1.SignedIn{Issuer: try.Issuer, Subject: subject}},
	})
	return answer.GetPassport(), err
}

// rights reads what the passport of a sign-in says, as a service does.
func rights(t testing.TB, subject string) *passport.Passport {
	t.Helper()
	token, err := issue(t, subject)
	if err != nil {
		t.Fatal(err)
	}
	v, err := passport.NewVerifier(func(ctx context.Context) (string, error) {
		keys, err := directoryv1.NewDirectoryServiceClient(kith.Conn(t, "referral", "directory")).GetPassportKeys(ctx, &directoryv1.GetPassportKeysRequest{})
		return keys.GetJwks(), err
	}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// somebody is a well-formed new person.
func somebody(title string) *directoryv1.DirectoryPerson {
	return &directoryv1.DirectoryPerson{Title: title, Subject: fresh("hf:test"), FullTimeThousandths: 1000, Email: "somebody@hf.example"}
}

func savePerson(t testing.TB, p *directoryv1.DirectoryPerson) *directoryv1.DirectoryPerson {
	t.Helper()
	answer, err := client(t).SavePerson(admin(t), &directoryv1.SavePersonRequest{Parent: hammersmith, Person: p, RequestId: key()})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetPerson()
}

// newTeam is a well-formed new Family Facing Team.
func newTeam() *directoryv1.DirectoryTeam {
	return &directoryv1.DirectoryTeam{
		Name: hammersmith + "/teams/" + fresh("t"), Title: "A new team", Kind: directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING, Phone: "020 7946 0555",
	}
}

func saveTeam(t testing.TB, m *directoryv1.DirectoryTeam) *directoryv1.DirectoryTeam {
	t.Helper()
	answer, err := client(t).SaveTeam(admin(t), &directoryv1.SaveTeamRequest{Team: m, RequestId: key()})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetTeam()
}

func getTeam(t testing.TB, name string) *directoryv1.DirectoryTeam {
	t.Helper()
	answer, err := client(t).GetTeam(admin(t), &directoryv1.GetTeamRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetTeam()
}

// seatThem gives people a seat in a team from now on.
func seatThem(t testing.TB, team string, people ...string) *directoryv1.DirectoryTeam {
	t.Helper()
	answer, err := client(t).SeatPeople(admin(t), &directoryv1.SeatPeopleRequest{Team: team, People: people, RequestId: key()})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetTeam()
}

func in(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(time.Now().Add(d)) }

// refusal is what a refusal says.
type refusal struct {
	Message string
	Facts   map[string]string
}

// refused fails the test unless err is that refusal of that field, and gives it.
func refused(t testing.TB, err error, code codes.Code, reason, field string, says ...string) refusal {
	t.Helper()
	if err == nil {
		t.Fatalf("answered, though %s was due", reason)
	}
	f := fault.From(err)
	if f.Code != code || f.Reason != reason || f.Field != field {
		t.Fatalf("got %v %s of %q (%s), want %v %s of %q", f.Code, f.Reason, f.Field, f.Message, code, reason, field)
	}
	for _, words := range says {
		if !strings.Contains(f.Message, words) {
			t.Fatalf("%q does not say %q", f.Message, words)
		}
	}
	return refusal{f.Message, f.Facts}
}

// changed fails the test unless err says that somebody was first, and who.
func changed(t testing.TB, err error, who string) {
	t.Helper()
	f := refused(t, err, codes.Aborted, "CHANGED", "")
	at, wrong := time.Parse(time.RFC3339, f.Facts["changedAt"])
	if f.Facts["changedBy"] != who || wrong != nil || time.Since(at) > time.Minute || f.Facts["etag"] == "" {
		t.Fatalf("the facts are %v, want %s a moment ago", f.Facts, who)
	}
}
