package directory_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/services/demo"
	"github.com/kithcare/kith/services/directory"
	"github.com/kithcare/kith/services/directory/description"
	"github.com/kithcare/kith/services/platform/try"
)

var kith *try.Platform

func TestMain(m *testing.M) { os.Exit(try.Main(m, &kith)) }

const here = "authorities/" + try.Kensington

// described reads the description afresh, with its text changed.
func described(t *testing.T, change func(string) string) *description.Authority {
	t.Helper()
	text, err := readAll(try.Kensington + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	a, problems := description.Read(strings.NewReader(change(string(text))), "changed.yaml", func(p string) (io.ReadCloser, error) {
		return demo.Authorities().Open(path.Clean(p))
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return a
}

func readAll(name string) ([]byte, error) {
	f, err := demo.Authorities().Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var b bytes.Buffer
	_, err = b.ReadFrom(f)
	return b.Bytes(), err
}

// read gives what the passport of a sign-in says, as a service reads it.
func read(t *testing.T, p *try.Platform, subject string) (*passport.Passport, error) {
	t.Helper()
	answer, err := p.Directory(t).IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{
		Authority: here, Bearer: &directoryv1.IssuePassportRequest_Person{Person: &directoryv1.SignedIn{Issuer: try.Issuer, Subject: subject}},
	})
	if err != nil {
		return nil, err
	}
	v, err := passport.NewVerifier(func(ctx context.Context) (string, error) {
		keys, err := directoryv1.NewDirectoryServiceClient(p.Conn(t, "referral", "directory")).GetPassportKeys(ctx, &directoryv1.GetPassportKeysRequest{})
		return keys.GetJwks(), err
	}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return v.Verify(t.Context(), answer.GetPassport())
}

// TestImporting works on a platform of its own, since it changes who there is.
func TestImporting(t *testing.T) {
	t.Parallel()
	own, err := try.Start(t.Context(), try.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := own.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	bring := func(change func(string) string) (changes directory.Changes) {
		own.Owner(t, try.Kensington, func(conn *pgx.Conn) (err error) {
			changes, err = directory.Import(t.Context(), conn, described(t, change), "tester", time.Now())
			return err
		})
		return changes
	}
	if c := bring(func(s string) string { return s }); c.Any {
		t.Errorf("the same description changed something: %v", c.Lines)
	}
	before := own.Person(t, try.Kensington, "amina-yusuf")
	if c := bring(func(s string) string {
		return strings.Replace(s, "name: Amina Yusuf", "name: Amina Yusuf-Ward", 1)
	}); !slices.Contains(c.Lines, "people: 0 added, 1 changed, 0 left out") {
		t.Errorf("a changed name: %v", c.Lines)
	}
	if after := own.Person(t, try.Kensington, "amina-yusuf"); after != before {
		t.Errorf("the person became another: %s, %s", before, after)
	}
	p, err := read(t, own, "kc:amina-yusuf")
	if err != nil || !p.MemberOf("north-kensington", time.Now()) {
		t.Fatalf("a member's passport: %+v, %v", p, err)
	}
	page := &signIn{platform: own, who: &directoryv1.SignedIn{Issuer: try.Issuer, Subject: "kc:amina-yusuf"}}
	secret := page.begin(t, "")
	a := described(t, func(s string) string { return s })
	ended := time.Now().Add(-time.Second)
	for i := range a.Memberships {
		if a.Memberships[i].Person == "amina-yusuf" {
			a.Memberships[i].Until = &ended
		}
	}
	own.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := directory.Import(t.Context(), conn, a, "tester", time.Now())
		return err
	})
	if p, err = read(t, own, "kc:amina-yusuf"); err != nil || len(p.Memberships) != 0 {
		t.Errorf("a membership that ended a second ago is in the passport: %+v, %v", p, err)
	}
	page.here(t, "who is left without a seat", secret)
	a.People = slices.DeleteFunc(a.People, func(p description.Person) bool { return p.Key == "amina-yusuf" })
	a.Memberships = slices.DeleteFunc(a.Memberships, func(m description.Membership) bool { return m.Person == "amina-yusuf" })
	own.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := directory.Import(t.Context(), conn, a, "tester", time.Now())
		return err
	})
	if _, err = read(t, own, "kc:amina-yusuf"); status.Code(err) != codes.Unauthenticated {
		t.Errorf("somebody whom the description no longer names: %v", err)
	}
	page.gone(t, "whom the description no longer names", secret)
	if kept := own.Person(t, try.Kensington, "amina-yusuf"); kept != before {
		t.Errorf("what they did is no longer theirs: %s", kept)
	}
	var imports int
	own.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), `SELECT count(*) FROM directory.audit WHERE actor_kind = 'operator' AND method = 'import directory'`).Scan(&imports)
	})
	if imports != 5 {
		t.Errorf("%d imports are on record, want 5", imports)
	}
}

func TestADatabaseHoldsOneAuthority(t *testing.T) {
	t.Parallel()
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := directory.Import(t.Context(), conn, kith.Described[try.Hammersmith], "tester", time.Now())
		if err == nil || !strings.Contains(err.Error(), try.Kensington) {
			t.Errorf("another authority came in: %v", err)
		}
		return nil
	})
}

func TestWhoGetsAPassport(t *testing.T) {
	t.Parallel()
	person := func(issuer, subject string) *directoryv1.IssuePassportRequest {
		return &directoryv1.IssuePassportRequest{Authority: here, Bearer: &directoryv1.IssuePassportRequest_Person{Person: &directoryv1.SignedIn{Issuer: issuer, Subject: subject}}}
	}
	partner := func(client string) *directoryv1.IssuePassportRequest {
		return &directoryv1.IssuePassportRequest{Authority: here, Bearer: &directoryv1.IssuePassportRequest_Partner{Partner: &directoryv1.PartnerClient{Issuer: try.Issuer, ClientId: client, Scopes: []string{"contacts:write", "everything"}}}}
	}
	service := &directoryv1.IssuePassportRequest{Authority: here, Bearer: &directoryv1.IssuePassportRequest_Service{Service: &directoryv1.ServiceCause{Cause: "event"}}}
	for name, c := range map[string]struct {
		caller string
		req    *directoryv1.IssuePassportRequest
		want   codes.Code
	}{
		"a person":                          {"gateway", person(try.Issuer, "kc:amina-yusuf"), codes.OK},
		"a stranger":                        {"gateway", person(try.Issuer, "kc:nobody"), codes.Unauthenticated},
		"another issuer":                    {"gateway", person("https://elsewhere.example", "kc:amina-yusuf"), codes.Unauthenticated},
		"somebody of the other authority":   {"gateway", person(try.Issuer, "hf:marlon-bissette"), codes.Unauthenticated},
		"a partner":                         {"gateway", partner("kc-met-police"), codes.OK},
		"a partner of the other authority":  {"gateway", partner("hf-met-police"), codes.Unauthenticated},
		"a service":                         {"referral", service, codes.OK},
		"an entry point in its own name":    {"gateway", service, codes.PermissionDenied},
		"a service that is not listed":      {"budget", service, codes.PermissionDenied},
		"nobody":                            {"gateway", &directoryv1.IssuePassportRequest{Authority: here}, codes.InvalidArgument},
		"an authority that does not exist":  {"gateway", &directoryv1.IssuePassportRequest{Authority: "authorities/atlantis", Bearer: service.GetBearer()}, codes.NotFound},
		"an authority that is no authority": {"gateway", &directoryv1.IssuePassportRequest{Authority: "atlantis", Bearer: service.GetBearer()}, codes.InvalidArgument},
	} {
		_, err := directoryv1.NewDirectoryServiceClient(kith.Conn(t, c.caller, "directory")).IssuePassport(t.Context(), c.req)
		if status.Code(err) != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestTeamsAndMembersAreForPeople(t *testing.T) {
	t.Parallel()
	police := kith.AsPartner(t, try.Kensington, "met-police")
	if _, err := kith.Directory(t).ListTeams(police, &directoryv1.ListTeamsRequest{Parent: here}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a partner lists teams: %v", err)
	}
	if _, err := kith.Directory(t).ListMembers(police, &directoryv1.ListMembersRequest{Parent: here + "/teams/chelsea"}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a partner lists members: %v", err)
	}
	member := kith.As(t, try.Kensington, "amina-yusuf")
	teams, err := kith.Directory(t).ListTeams(member, &directoryv1.ListTeamsRequest{Parent: here})
	if err != nil || len(teams.GetTeams()) != 8 {
		t.Errorf("teams: %v, %v", teams, err)
	}
	members, err := kith.Directory(t).ListMembers(member, &directoryv1.ListMembersRequest{Parent: here + "/teams/chelsea"})
	if err != nil || len(members.GetMembers()) != len(kith.Members(try.Kensington, "chelsea")) {
		t.Errorf("members: %v, %v", members, err)
	}
	if _, err := kith.Directory(t).ListMembers(member, &directoryv1.ListMembersRequest{Parent: here + "/teams/atlantis"}); status.Code(err) != codes.NotFound {
		t.Errorf("a team that does not exist: %v", err)
	}
	a, err := kith.Directory(t).GetAuthority(member, &directoryv1.GetAuthorityRequest{Name: here})
	if err != nil || a.GetAuthority().GetOutOfHours() != nil || a.GetAuthority().GetOpens() == "" {
		t.Errorf("the authority as a person sees it: %v, %v", a, err)
	}
}

// TestEveryPostcodeHasOneTeamOrAPerson asks for a sample of the authority's postcodes and compares with the description.
func TestEveryPostcodeHasOneTeamOrAPerson(t *testing.T) {
	t.Parallel()
	coverage := kith.Described[try.Kensington].Coverage
	asked := 0
	for postcode, teams := range coverage.Postcodes {
		if asked++; asked > 200 {
			break
		}
		answer, err := kith.Directory(t).CoverPostcode(kith.AsPartner(t, try.Kensington, "met-police"), &directoryv1.CoverPostcodeRequest{
			Parent: here, Postcode: strings.ToLower(strings.ReplaceAll(postcode, " ", "")),
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, name := range answer.GetTeams() {
			got = append(got, strings.TrimPrefix(name, here+"/teams/"))
		}
		if !slices.Equal(got, teams) || !answer.GetKnown() {
			t.Fatalf("%v, want %v", got, teams)
		}
	}
	for _, postcode := range []string{"not a postcode", "ZZ99 9ZZ"} {
		answer, err := kith.Directory(t).CoverPostcode(kith.AsPartner(t, try.Kensington, "met-police"), &directoryv1.CoverPostcodeRequest{Parent: here, Postcode: postcode})
		if err != nil || len(answer.GetTeams()) != 0 || answer.GetKnown() {
			t.Errorf("%q: %v, %v", postcode, answer, err)
		}
	}
}
