package administration_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/platform/try"
)

func TestAPersonFromTheFirstDayToTheLast(t *testing.T) {
	t.Parallel()
	told := somebody("Zoë Ní Łuć-O'Brien")
	told.Registration, told.RegisteredUntil, told.Phone = fmt.Sprintf("SW%d", time.Now().UnixNano()%100_000_000), "2031-11-30", "07700 900555"
	told.FullTimeThousandths = 600
	told.Qualifications = []*directoryv1.DirectoryQualification{{Title: "Practice Educator", Since: "2019-07-01", Until: "2029-07-01"}, {Title: "Solicitor", Since: "2020-01-01"}}
	made := savePerson(t, told)
	if made.GetKey() != "zoe-ni-luc-obrien" {
		t.Errorf("the key is %q", made.GetKey())
	}
	want := proto.CloneOf(told)
	want.Name, want.Key, want.Etag = made.GetName(), made.GetKey(), made.GetEtag()
	if !proto.Equal(made, want) {
		t.Errorf("got  %v\nwant %v", made, want)
	}
	if namesake := savePerson(t, somebody("Zoe Ni Luc OBrien")); namesake.GetKey() != "zoe-ni-luc-obrien-2" {
		t.Errorf("the namesake's key is %q", namesake.GetKey())
	}
	if p := rights(t, told.GetSubject()); !p.Registered || len(p.Qualifications) != 2 || p.Administrator || len(p.Memberships) != 0 {
		t.Errorf("the passport says %+v", p)
	}
	team := saveTeam(t, newTeam())
	seatThem(t, team.GetName(), made.GetName())

	made.Title, made.Qualifications = "Zoë O'Brien", made.GetQualifications()[:1]
	married := savePerson(t, made)
	if married.GetTitle() != "Zoë O'Brien" || len(married.GetQualifications()) != 1 || married.GetKey() != made.GetKey() || len(married.GetSeats()) != 1 {
		t.Errorf("changed to %v", married)
	}
	_, err := client(t).SavePerson(admin(t), &directoryv1.SavePersonRequest{Parent: hammersmith, Person: made, RequestId: key()})
	changed(t, err, kith.Person(t, try.Hammersmith, administrator))

	_, err = client(t).RemovePerson(admin(t), &directoryv1.RemovePersonRequest{Name: made.GetName(), Etag: made.GetEtag(), RequestId: key()})
	changed(t, err, kith.Person(t, try.Hammersmith, administrator))
	_, err = client(t).RemovePerson(admin(t), &directoryv1.RemovePersonRequest{Name: made.GetName(), Etag: married.GetEtag(), RequestId: key()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := issue(t, told.GetSubject()); fault.From(err).Code != codes.Unauthenticated {
		t.Errorf("whoever left gets a passport: %v", err)
	}
	if seats := getTeam(t, team.GetName()).GetSeats(); len(seats) != 1 || seats[0].GetUntil() == nil {
		t.Errorf("the seat of whoever left: %v", seats)
	}
	_, err = client(t).GetPerson(admin(t), &directoryv1.GetPersonRequest{Name: made.GetName()})
	refused(t, err, codes.NotFound, "NOT_FOUND", "")
	// The sign-in is free for somebody else, the key is not.
	again := somebody("Somebody Else")
	again.Subject = told.GetSubject()
	savePerson(t, again)
	again = somebody("Zoë O'Brien")
	again.Key = made.GetKey()
	_, err = client(t).SavePerson(admin(t), &directoryv1.SavePersonRequest{Parent: hammersmith, Person: again, RequestId: key()})
	refused(t, err, codes.FailedPrecondition, "KEY_TAKEN", "person.key", "zoe-ni-luc-obrien-3 is free")
}

func TestSavingTheSameTwiceMakesOnePerson(t *testing.T) {
	t.Parallel()
	title := fresh("Once")
	req := &directoryv1.SavePersonRequest{Parent: hammersmith, Person: somebody(title), RequestId: key()}
	first, err := client(t).SavePerson(admin(t), req)
	if err != nil {
		t.Fatal(err)
	}
	second, err := client(t).SavePerson(admin(t), req)
	if err != nil || !proto.Equal(first, second) {
		t.Errorf("got %v, %v, want %v", second, err, first)
	}
	list, err := client(t).ListPeople(admin(t), &directoryv1.ListPeopleRequest{Parent: hammersmith, Contains: title})
	if err != nil || len(list.GetPeople()) != 1 {
		t.Errorf("%v, %v", list, err)
	}
	req.Person.Title = "Another"
	_, err = client(t).SavePerson(admin(t), req)
	refused(t, err, codes.FailedPrecondition, "KEY_REUSED", "Idempotency-Key")
}

func TestWhatAPersonCantBe(t *testing.T) {
	t.Parallel()
	present := savePerson(t, func() *directoryv1.DirectoryPerson {
		p := somebody("Present Person")
		p.Registration = fmt.Sprintf("SW%d", time.Now().UnixNano()%100_000_000)
		return p
	}())
	for name, c := range map[string]struct {
		change              func(*directoryv1.DirectoryPerson)
		code                codes.Code
		reason, field, says string
	}{
		"no name":             {func(p *directoryv1.DirectoryPerson) { p.Title = " " }, codes.InvalidArgument, "INVALID", "person.title", "text that is not blank"},
		"key":                 {func(p *directoryv1.DirectoryPerson) { p.Key = "Ada Luc" }, codes.InvalidArgument, "INVALID", "person.key", "lower case letters, digits and single hyphens"},
		"subject":             {func(p *directoryv1.DirectoryPerson) { p.Subject = "two words" }, codes.InvalidArgument, "INVALID", "person.subject", "without spaces"},
		"registration":        {func(p *directoryv1.DirectoryPerson) { p.Registration = "12345" }, codes.InvalidArgument, "INVALID", "person.registration", "SW followed by digits"},
		"registered until":    {func(p *directoryv1.DirectoryPerson) { p.Registration, p.RegisteredUntil = "SW1", "30/11/2030" }, codes.InvalidArgument, "INVALID", "person.registeredUntil", "as 2026-03-02"},
		"end of nothing":      {func(p *directoryv1.DirectoryPerson) { p.RegisteredUntil = "2030-11-30" }, codes.InvalidArgument, "INVALID", "person.registeredUntil", "the registration that it is the end of"},
		"no e-mail":           {func(p *directoryv1.DirectoryPerson) { p.Email = "" }, codes.InvalidArgument, "INVALID", "person.email", "an e-mail address"},
		"e-mail":              {func(p *directoryv1.DirectoryPerson) { p.Email = "Ada <ada@hf.example>" }, codes.InvalidArgument, "INVALID", "person.email", "an e-mail address"},
		"phone":               {func(p *directoryv1.DirectoryPerson) { p.Phone = "ring me" }, codes.InvalidArgument, "INVALID", "person.phone", "a telephone number"},
		"full time":           {func(p *directoryv1.DirectoryPerson) { p.FullTimeThousandths = 1001 }, codes.InvalidArgument, "INVALID", "person.fullTimeThousandths", ""},
		"etag of nobody":      {func(p *directoryv1.DirectoryPerson) { p.Etag = "1" }, codes.InvalidArgument, "INVALID", "person.etag", "a new person has none"},
		"nobody":              {func(p *directoryv1.DirectoryPerson) { p.Name, p.Etag = hammersmith+"/people/"+key(), "1" }, codes.NotFound, "NOT_FOUND", "", ""},
		"no id":               {func(p *directoryv1.DirectoryPerson) { p.Name, p.Etag = "words", "1" }, codes.NotFound, "NOT_FOUND", "", ""},
		"another authority's": {func(p *directoryv1.DirectoryPerson) { p.Name, p.Etag = kith.Person(t, try.Kensington, lucy), "1" }, codes.NotFound, "NOT_FOUND", "", ""},
		"another's by id": {func(p *directoryv1.DirectoryPerson) {
			p.Name, p.Etag = hammersmith+"/people/"+last(kith.Person(t, try.Kensington, lucy)), "1"
		}, codes.NotFound, "NOT_FOUND", "", ""},
		"no etag": {func(p *directoryv1.DirectoryPerson) { p.Name = present.GetName() }, codes.Aborted, "CHANGED", "", ""},
		"another key": {func(p *directoryv1.DirectoryPerson) {
			p.Name, p.Etag, p.Key = present.GetName(), present.GetEtag(), "other"
		}, codes.InvalidArgument, "INVALID", "person.key", "must stay as it is"},
		"taken key":          {func(p *directoryv1.DirectoryPerson) { p.Key = member }, codes.FailedPrecondition, "KEY_TAKEN", "person.key", "is free"},
		"taken subject":      {func(p *directoryv1.DirectoryPerson) { p.Subject = "hf:" + member }, codes.FailedPrecondition, "SUBJECT_TAKEN", "person.subject", "Oksana Hrytsenko signs in with this already"},
		"taken registration": {func(p *directoryv1.DirectoryPerson) { p.Registration = present.GetRegistration() }, codes.FailedPrecondition, "REGISTRATION_TAKEN", "person.registration", "Present Person"},
		"qualification": {func(p *directoryv1.DirectoryPerson) {
			p.Qualifications = []*directoryv1.DirectoryQualification{{Title: "Solicitor", Since: "then"}}
		}, codes.InvalidArgument, "INVALID", "person.qualifications[0].since", "as 2026-03-02"},
		"qualification backwards": {func(p *directoryv1.DirectoryPerson) {
			p.Qualifications = []*directoryv1.DirectoryQualification{{Title: "Solicitor", Since: "2020-01-01", Until: "2019-01-01"}}
		}, codes.InvalidArgument, "INVALID", "person.qualifications[0].until", "before the qualification begins"},
		"qualification twice": {func(p *directoryv1.DirectoryPerson) {
			one := &directoryv1.DirectoryQualification{Title: "Solicitor", Since: "2020-01-01"}
			p.Qualifications = []*directoryv1.DirectoryQualification{one, one}
		}, codes.InvalidArgument, "INVALID", "person.qualifications[1]", "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := somebody("Ada Luc")
			c.change(p)
			_, err := client(t).SavePerson(admin(t), &directoryv1.SavePersonRequest{Parent: hammersmith, Person: p, RequestId: key()})
			refused(t, err, c.code, c.reason, c.field, c.says)
		})
	}
}

func TestPeopleArePagedByName(t *testing.T) {
	t.Parallel()
	marker := fresh("Paged")
	for _, first := range []string{"Carla", "ada", "Bo", "Dara", "Élodie"} {
		savePerson(t, somebody(first+" "+marker))
	}
	team := saveTeam(t, newTeam())
	whole, err := client(t).ListPeople(admin(t), &directoryv1.ListPeopleRequest{Parent: hammersmith, Contains: strings.ToUpper(marker)})
	if err != nil || len(whole.GetPeople()) != 5 || whole.GetNextPageToken() != "" {
		t.Fatalf("%v, %v", whole, err)
	}
	bo := whole.GetPeople()[slices.IndexFunc(whole.GetPeople(), func(p *directoryv1.DirectoryPerson) bool { return strings.HasPrefix(p.GetTitle(), "Bo ") })]
	seatThem(t, team.GetName(), bo.GetName())
	var titles []string
	token := ""
	for range 3 {
		page, err := client(t).ListPeople(admin(t), &directoryv1.ListPeopleRequest{Parent: hammersmith, Contains: marker, PageSize: 2, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.GetPeople() {
			titles = append(titles, p.GetTitle())
			if seats := p.GetSeats(); (p.GetName() == bo.GetName()) != (len(seats) == 1 && seats[0].GetTeam() == team.GetName()) {
				t.Errorf("%s has the seats %v", p.GetTitle(), seats)
			}
		}
		token = page.GetNextPageToken()
	}
	var want []string
	for _, p := range whole.GetPeople() {
		want = append(want, p.GetTitle())
	}
	if token != "" || !slices.Equal(titles, want) {
		t.Errorf("page by page %q, at once %q", titles, want)
	}
	page, err := client(t).ListPeople(admin(t), &directoryv1.ListPeopleRequest{Parent: hammersmith, PageSize: 2})
	if err != nil || len(page.GetPeople()) != 2 {
		t.Fatal(page, err)
	}
	_, err = client(t).ListPeople(admin(t), &directoryv1.ListPeopleRequest{Parent: hammersmith, Contains: marker, PageToken: page.GetNextPageToken()})
	refused(t, err, codes.InvalidArgument, "INVALID", "pageToken")
}

// TestWhatAnAuthorityCantBeWithout has Kensington to itself: nobody else makes or removes administrators and guardians.
func TestWhatAnAuthorityCantBeWithout(t *testing.T) {
	t.Parallel()
	as := func() directoryv1.AdministrationServiceClient { return client(t) }
	get := func(key string) *directoryv1.DirectoryPerson {
		answer, err := as().GetPerson(kith.At(t, "web", try.Kensington, lucy), &directoryv1.GetPersonRequest{Name: kith.Person(t, try.Kensington, key)})
		if err != nil {
			t.Fatal(err)
		}
		return answer.GetPerson()
	}
	save := func(p *directoryv1.DirectoryPerson) error {
		_, err := as().SavePerson(kith.At(t, "web", try.Kensington, lucy), &directoryv1.SavePersonRequest{Parent: kensington, Person: p, RequestId: key()})
		return err
	}
	remove := func(p *directoryv1.DirectoryPerson) error {
		_, err := as().RemovePerson(kith.At(t, "web", try.Kensington, lucy), &directoryv1.RemovePersonRequest{Name: p.GetName(), Etag: p.GetEtag(), RequestId: key()})
		return err
	}
	last := get(lucy)
	refused(t, remove(last), codes.FailedPrecondition, "LAST_ADMINISTRATOR", "name", "make somebody else an administrator first")
	last.Administrator = false
	refused(t, save(last), codes.FailedPrecondition, "LAST_ADMINISTRATOR", "person.administrator", "make somebody else an administrator first")
	second := get("sunita-gurung")
	second.Administrator = true
	if err := save(second); err != nil {
		t.Fatal(err)
	}
	if err := save(last); err != nil {
		t.Errorf("an administrator who is not the last one can't stop: %v", err)
	}
	if _, err := as().GetPerson(kith.At(t, "web", try.Kensington, lucy), &directoryv1.GetPersonRequest{Name: last.GetName()}); fault.From(err).Reason != "NOT_ADMINISTRATOR" {
		t.Errorf("whoever stopped still administers: %v", err)
	}
	// The other gives it back, for what follows.
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE directory.person SET administrator = true WHERE key = $1`, lucy)
		return err
	})
	// Margaret Adeyemi-Stone is the guardian, and there is a deputy.
	third := get("bartholomew-finn")
	third.Guardian = true
	refused(t, save(third), codes.FailedPrecondition, "TWO_GUARDIANS", "person.guardian", "one of them gives it up first")
	var deputy *directoryv1.DirectoryPerson
	for _, p := range kith.Described[try.Kensington].People {
		if p.DeputyCaldicottGuardian {
			deputy = get(p.Key)
		}
	}
	deputy.Guardian = false
	if err := save(deputy); err != nil {
		t.Errorf("a deputy can't stop: %v", err)
	}
	only := get("margaret-adeyemi-stone")
	refused(t, remove(only), codes.FailedPrecondition, "LAST_GUARDIAN", "name", "make somebody else one first")
	only.Guardian = false
	refused(t, save(only), codes.FailedPrecondition, "LAST_GUARDIAN", "person.guardian", "make somebody else one first")
	if err := save(third); err != nil {
		t.Errorf("nobody can follow a deputy who stopped: %v", err)
	}
	if err := save(only); err != nil {
		t.Errorf("a guardian with a deputy can't stop: %v", err)
	}
	t.Run("a Referral Team", func(t *testing.T) {
		name := kensington + "/teams/referral"
		answer, err := as().GetTeam(kith.At(t, "web", try.Kensington, lucy), &directoryv1.GetTeamRequest{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		_, err = as().RemoveTeam(kith.At(t, "web", try.Kensington, lucy), &directoryv1.RemoveTeamRequest{Name: name, Etag: answer.GetTeam().GetEtag(), RequestId: key()})
		refused(t, err, codes.FailedPrecondition, "LAST_REFERRAL_TEAM", "name", "nobody would decide a contact")
		answer.GetTeam().Kind = directoryv1.TeamKind_TEAM_KIND_ENABLER
		_, err = as().SaveTeam(kith.At(t, "web", try.Kensington, lucy), &directoryv1.SaveTeamRequest{Team: answer.GetTeam(), RequestId: key()})
		refused(t, err, codes.FailedPrecondition, "LAST_REFERRAL_TEAM", "team.kind", "nobody would decide a contact")
	})
	t.Run("before the wards were kept", func(t *testing.T) { wardsUnknown(t) })
}
