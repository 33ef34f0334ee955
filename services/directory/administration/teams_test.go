package administration_test

import (
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/platform/try"
)

func TestATeamIsMadeChangedAndRemoved(t *testing.T) {
	t.Parallel()
	told := newTeam()
	told.Base = " 12 Invented Road\r\nLondon W12 8ZZ "
	made := saveTeam(t, told)
	want := proto.CloneOf(told)
	want.Etag, want.Base = made.GetEtag(), "12 Invented Road\nLondon W12 8ZZ"
	if !proto.Equal(made, want) {
		t.Errorf("got  %v\nwant %v", made, want)
	}
	made.Title = "A renamed team"
	renamed := saveTeam(t, made)
	if renamed.GetTitle() != "A renamed team" || renamed.GetEtag() == made.GetEtag() {
		t.Errorf("changed to %v", renamed)
	}
	_, err := client(t).RemoveTeam(admin(t), &directoryv1.RemoveTeamRequest{Name: made.GetName(), Etag: made.GetEtag(), RequestId: key()})
	changed(t, err, kith.Person(t, try.Hammersmith, administrator))

	present, future, past := savePerson(t, somebody("Present Member")), savePerson(t, somebody("Future Member")), savePerson(t, somebody("Past Member"))
	seatThem(t, made.GetName(), present.GetName())
	seat(t, &directoryv1.SeatPeopleRequest{Team: made.GetName(), People: []string{future.GetName()}, Since: in(time.Hour)})
	seat(t, &directoryv1.SeatPeopleRequest{Team: made.GetName(), People: []string{past.GetName()}, Since: in(-2 * time.Hour), Until: in(-time.Hour)})
	remove := func() error {
		_, err := client(t).RemoveTeam(admin(t), &directoryv1.RemoveTeamRequest{Name: made.GetName(), Etag: renamed.GetEtag(), RequestId: key()})
		return err
	}
	f := refused(t, remove(), codes.FailedPrecondition, "IN_USE", "name", "members now or to come (Future Member, Present Member)", "end their seats")
	if f.Message != "this team has members now or to come (Future Member, Present Member); end their seats and take the patch away first" {
		t.Errorf("it says %q", f.Message)
	}
	for _, one := range getTeam(t, made.GetName()).GetSeats() {
		if one.GetPerson() != past.GetName() {
			endSeat(t, &directoryv1.EndSeatRequest{Team: made.GetName(), Person: one.GetPerson(), Since: one.GetSince()})
		}
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	_, err = client(t).GetTeam(admin(t), &directoryv1.GetTeamRequest{Name: made.GetName()})
	refused(t, err, codes.NotFound, "NOT_FOUND", "")
	_, err = client(t).SeatPeople(admin(t), &directoryv1.SeatPeopleRequest{Team: made.GetName(), People: []string{present.GetName()}, RequestId: key()})
	refused(t, err, codes.NotFound, "NOT_FOUND", "")
	told.Etag = ""
	_, err = client(t).SaveTeam(admin(t), &directoryv1.SaveTeamRequest{Team: told, RequestId: key()})
	refused(t, err, codes.FailedPrecondition, "KEY_TAKEN", "team.name", "choose another")
}

func TestWhatATeamCantBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change              func(*directoryv1.DirectoryTeam)
		code                codes.Code
		reason, field, says string
	}{
		"key":               {func(m *directoryv1.DirectoryTeam) { m.Name = hammersmith + "/teams/2-a" }, codes.InvalidArgument, "INVALID", "team.name", "beginning with a letter"},
		"taken key":         {func(m *directoryv1.DirectoryTeam) { m.Name = hammersmith + "/teams/fulham" }, codes.FailedPrecondition, "KEY_TAKEN", "team.name", "choose another"},
		"another authority": {func(m *directoryv1.DirectoryTeam) { m.Name = kensington + "/teams/new" }, codes.NotFound, "NOT_FOUND", "", ""},
		"name":              {func(m *directoryv1.DirectoryTeam) { m.Title = " \t" }, codes.InvalidArgument, "INVALID", "team.title", "not blank"},
		"kind":              {func(m *directoryv1.DirectoryTeam) { m.Kind = 0 }, codes.InvalidArgument, "INVALID", "team.kind", ""},
		"no phone":          {func(m *directoryv1.DirectoryTeam) { m.Phone = "" }, codes.InvalidArgument, "INVALID", "team.phone", "a telephone number"},
		"base":              {func(m *directoryv1.DirectoryTeam) { m.Base = "a\x07b" }, codes.InvalidArgument, "INVALID", "team.base", "control characters"},
		"nothing to change": {func(m *directoryv1.DirectoryTeam) { m.Etag = "1" }, codes.NotFound, "NOT_FOUND", "", ""},
		"with a patch": {func(m *directoryv1.DirectoryTeam) {
			m.Name, m.Kind = hammersmith+"/teams/shepherds-bush", directoryv1.TeamKind_TEAM_KIND_INSIGHT
			m.Etag = getTeam(t, m.GetName()).GetEtag()
		}, codes.FailedPrecondition, "HAS_PATCH", "team.kind", "take this team's patch away first"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newTeam()
			c.change(m)
			_, err := client(t).SaveTeam(admin(t), &directoryv1.SaveTeamRequest{Team: m, RequestId: key()})
			refused(t, err, c.code, c.reason, c.field, c.says)
		})
	}
	busy := getTeam(t, hammersmith+"/teams/fulham")
	_, err := client(t).RemoveTeam(admin(t), &directoryv1.RemoveTeamRequest{Name: busy.GetName(), Etag: busy.GetEtag(), RequestId: key()})
	refused(t, err, codes.FailedPrecondition, "IN_USE", "name", "members now or to come (", ") and a patch (ward Fulham Broadway,", "3 more)")
}

// Two administrators have the same team open. The second to save is told who was first, and nothing of theirs is taken.
func TestTwoAdministratorsAtOnce(t *testing.T) {
	t.Parallel()
	other := somebody("Second Administrator")
	other.Administrator = true
	second := savePerson(t, other)
	team := saveTeam(t, newTeam())
	var all sync.WaitGroup
	errs := make([]error, 2)
	for n, who := range []string{"hf:" + administrator, other.GetSubject()} {
		mine := proto.CloneOf(team)
		mine.Title = "As " + who
		ctx := by(t, who)
		all.Go(func() {
			_, errs[n] = client(t).SaveTeam(ctx, &directoryv1.SaveTeamRequest{Team: mine, RequestId: key()})
		})
	}
	all.Wait()
	first, names := 0, []string{kith.Person(t, try.Hammersmith, administrator), second.GetName()}
	if errs[0] != nil {
		first = 1
	}
	if errs[first] != nil {
		t.Fatalf("nobody was first: %v", errs)
	}
	changed(t, errs[1-first], names[first])
	if title := getTeam(t, team.GetName()).GetTitle(); title != "As "+[]string{"hf:" + administrator, other.GetSubject()}[first] {
		t.Errorf("the team is called %q", title)
	}
}

// seat gives seats, with a key of its own.
func seat(t testing.TB, req *directoryv1.SeatPeopleRequest) *directoryv1.DirectoryTeam {
	t.Helper()
	req.RequestId = key()
	answer, err := client(t).SeatPeople(admin(t), req)
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetTeam()
}

func endSeat(t testing.TB, req *directoryv1.EndSeatRequest) *directoryv1.DirectoryTeam {
	t.Helper()
	req.RequestId = key()
	answer, err := client(t).EndSeat(admin(t), req)
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetTeam()
}

func TestASeatCountsFromItsFirstMomentToItsLast(t *testing.T) {
	t.Parallel()
	one := savePerson(t, somebody("Seated Once"))
	team, other := saveTeam(t, newTeam()), saveTeam(t, newTeam())
	subject := one.GetSubject()
	held := seatThem(t, team.GetName(), one.GetName()).GetSeats()[0]
	seatThem(t, other.GetName(), one.GetName())
	if p := rights(t, subject); len(p.Memberships) != 2 {
		t.Errorf("with two seats: %+v", p.Memberships)
	}
	ended := endSeat(t, &directoryv1.EndSeatRequest{Team: team.GetName(), Person: one.GetName(), Since: held.GetSince()})
	if p := rights(t, subject); len(p.Memberships) != 1 || p.Memberships[0].Team != last(other.GetName()) {
		t.Errorf("after the end of one: %+v", p.Memberships)
	}
	if seats := ended.GetSeats(); len(seats) != 1 || seats[0].GetUntil() == nil {
		t.Errorf("the seat that ended: %v", seats)
	}
	_, err := client(t).EndSeat(admin(t), &directoryv1.EndSeatRequest{Team: team.GetName(), Person: one.GetName(), Since: held.GetSince(), RequestId: key()})
	refused(t, err, codes.FailedPrecondition, "ALREADY_ENDED", "since")
	// A day later they come back, and go for good a day after that.
	again := seat(t, &directoryv1.SeatPeopleRequest{Team: team.GetName(), People: []string{one.GetName()}, Since: in(24 * time.Hour), Note: "rotation"}).GetSeats()[0]
	if again.GetNote() != "rotation" || again.GetUntil() != nil || len(rights(t, subject).Memberships) != 1 {
		t.Errorf("the seat to come: %v", again)
	}
	until := timestamppb.New(again.GetSince().AsTime().Add(24 * time.Hour))
	if seats := endSeat(t, &directoryv1.EndSeatRequest{Team: team.GetName(), Person: one.GetName(), Since: again.GetSince(), Until: until}).GetSeats(); !proto.Equal(seats[0].GetUntil(), until) {
		t.Errorf("the seat with its end: %v", seats)
	}
	// They don't come back after all: the seat is given up, and may be given again from the same moment.
	if seats := endSeat(t, &directoryv1.EndSeatRequest{Team: team.GetName(), Person: one.GetName(), Since: again.GetSince()}).GetSeats(); len(seats) != 1 {
		t.Errorf("the seat that was given up: %v", seats)
	}
	if seats := seat(t, &directoryv1.SeatPeopleRequest{Team: team.GetName(), People: []string{one.GetName()}, Since: again.GetSince()}).GetSeats(); len(seats) != 2 || seats[0].GetNote() != "" {
		t.Errorf("the seat that was given again: %v", seats)
	}
	person, err := client(t).GetPerson(admin(t), &directoryv1.GetPersonRequest{Name: one.GetName()})
	if err != nil || len(person.GetPerson().GetSeats()) != 3 || person.GetPerson().GetSeats()[0].GetTeamTitle() != "A new team" {
		t.Errorf("all seats: %v, %v", person, err)
	}
	members, err := directoryv1.NewDirectoryServiceClient(kith.Conn(t, "web", "directory")).ListMembers(admin(t), &directoryv1.ListMembersRequest{Parent: other.GetName()})
	if err != nil || len(members.GetMembers()) != 1 || members.GetMembers()[0].GetPerson() != one.GetName() {
		t.Errorf("the members: %v, %v", members, err)
	}
}

func TestSeatsAreGivenToAllOrNone(t *testing.T) {
	t.Parallel()
	ada, bo := savePerson(t, somebody("Ada Seated")), savePerson(t, somebody("Bo Unseated"))
	team := saveTeam(t, newTeam())
	gone := savePerson(t, somebody("Gone Away"))
	if _, err := client(t).RemovePerson(admin(t), &directoryv1.RemovePersonRequest{Name: gone.GetName(), Etag: gone.GetEtag(), RequestId: key()}); err != nil {
		t.Fatal(err)
	}
	seatThem(t, team.GetName(), ada.GetName())
	for name, c := range map[string]struct {
		req                 *directoryv1.SeatPeopleRequest
		code                codes.Code
		reason, field, says string
	}{
		"one is in the team":       {&directoryv1.SeatPeopleRequest{People: []string{bo.GetName(), ada.GetName()}}, codes.FailedPrecondition, "SEAT_OVERLAPS", "people[1]", "Ada Seated has a seat"},
		"one comes into the team":  {&directoryv1.SeatPeopleRequest{People: []string{bo.GetName(), ada.GetName()}, Since: in(time.Hour)}, codes.FailedPrecondition, "SEAT_OVERLAPS", "people[1]", "since"},
		"one is named twice":       {&directoryv1.SeatPeopleRequest{People: []string{bo.GetName(), bo.GetName()}}, codes.InvalidArgument, "INVALID", "people[1]", "each once"},
		"one has left":             {&directoryv1.SeatPeopleRequest{People: []string{bo.GetName(), gone.GetName()}}, codes.InvalidArgument, "INVALID", "people[1]", "somebody of this authority"},
		"one is of elsewhere":      {&directoryv1.SeatPeopleRequest{People: []string{bo.GetName(), kith.Person(t, try.Kensington, lucy)}}, codes.InvalidArgument, "INVALID", "people[1]", "somebody of this authority"},
		"one is nobody":            {&directoryv1.SeatPeopleRequest{People: []string{bo.GetName(), "people/bo"}}, codes.InvalidArgument, "INVALID", "people[1]", "somebody of this authority"},
		"it ends before it begins": {&directoryv1.SeatPeopleRequest{People: []string{bo.GetName()}, Until: in(-time.Minute)}, codes.InvalidArgument, "INVALID", "until", "later than the seat begins"},
		"in another age":           {&directoryv1.SeatPeopleRequest{People: []string{bo.GetName()}, Since: &timestamppb.Timestamp{Seconds: -1 << 40}}, codes.InvalidArgument, "INVALID", "since", "between 1900 and 2200"},
	} {
		c.req.Team, c.req.RequestId = team.GetName(), key()
		_, err := client(t).SeatPeople(admin(t), c.req)
		t.Run(name, func(t *testing.T) { refused(t, err, c.code, c.reason, c.field, c.says) })
	}
	if seats := getTeam(t, team.GetName()).GetSeats(); len(seats) != 1 {
		t.Errorf("after refusals: %v", seats)
	}
	if len(rights(t, bo.GetSubject()).Memberships) != 0 {
		t.Error("one of two got a seat")
	}
}

func TestWhenASeatCantEnd(t *testing.T) {
	t.Parallel()
	ada := savePerson(t, somebody("Ada Sitting"))
	team := saveTeam(t, newTeam())
	held := seat(t, &directoryv1.SeatPeopleRequest{Team: team.GetName(), People: []string{ada.GetName()}, Since: in(-time.Hour), Until: in(time.Hour)}).GetSeats()[0]
	later := seat(t, &directoryv1.SeatPeopleRequest{Team: team.GetName(), People: []string{ada.GetName()}, Since: in(2 * time.Hour)}).GetSeats()[0]
	for name, c := range map[string]struct {
		req                 *directoryv1.EndSeatRequest
		code                codes.Code
		reason, field, says string
	}{
		"no such seat":        {&directoryv1.EndSeatRequest{Since: in(0)}, codes.NotFound, "NOT_FOUND", "", ""},
		"in the past":         {&directoryv1.EndSeatRequest{Since: held.GetSince(), Until: in(-time.Minute)}, codes.InvalidArgument, "INVALID", "until", "leave it out to end the seat now"},
		"before it begins":    {&directoryv1.EndSeatRequest{Since: later.GetSince(), Until: in(time.Hour)}, codes.InvalidArgument, "INVALID", "until", "later than the seat begins"},
		"over the next one":   {&directoryv1.EndSeatRequest{Since: held.GetSince(), Until: in(3 * time.Hour)}, codes.FailedPrecondition, "SEAT_OVERLAPS", "until", "another seat"},
		"of somebody else":    {&directoryv1.EndSeatRequest{Since: held.GetSince(), Person: kith.Person(t, try.Hammersmith, member)}, codes.NotFound, "NOT_FOUND", "", ""},
		"of a team elsewhere": {&directoryv1.EndSeatRequest{Since: held.GetSince(), Team: kensington + "/teams/chelsea"}, codes.NotFound, "NOT_FOUND", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.req.GetTeam() == "" {
				c.req.Team = team.GetName()
			}
			if c.req.GetPerson() == "" {
				c.req.Person = ada.GetName()
			}
			c.req.RequestId = key()
			_, err := client(t).EndSeat(admin(t), c.req)
			refused(t, err, c.code, c.reason, c.field, c.says)
		})
	}
}

// Nobody but administrators does any of it, and the refusal comes before anything about the request is told.
func TestOnlyAdministratorsAdminister(t *testing.T) {
	t.Parallel()
	c := client(t)
	someone, team, partner := kith.Person(t, try.Hammersmith, member), hammersmith+"/teams/fulham", hammersmith+"/partners/met-police"
	for name, call := range map[string]func() error{
		"ListPeople": func() error {
			_, err := c.ListPeople(of(t), &directoryv1.ListPeopleRequest{Parent: hammersmith})
			return err
		},
		"GetPerson": func() error { _, err := c.GetPerson(of(t), &directoryv1.GetPersonRequest{Name: someone}); return err },
		"SavePerson": func() error {
			_, err := c.SavePerson(of(t), &directoryv1.SavePersonRequest{Parent: hammersmith, Person: somebody("x"), RequestId: key()})
			return err
		},
		"RemovePerson": func() error {
			_, err := c.RemovePerson(of(t), &directoryv1.RemovePersonRequest{Name: someone, Etag: "1", RequestId: key()})
			return err
		},
		"GetTeam": func() error { _, err := c.GetTeam(of(t), &directoryv1.GetTeamRequest{Name: team}); return err },
		"SaveTeam": func() error {
			_, err := c.SaveTeam(of(t), &directoryv1.SaveTeamRequest{Team: newTeam(), RequestId: key()})
			return err
		},
		"RemoveTeam": func() error {
			_, err := c.RemoveTeam(of(t), &directoryv1.RemoveTeamRequest{Name: team, Etag: "1", RequestId: key()})
			return err
		},
		"SeatPeople": func() error {
			_, err := c.SeatPeople(of(t), &directoryv1.SeatPeopleRequest{Team: team, People: []string{someone}, RequestId: key()})
			return err
		},
		"EndSeat": func() error {
			_, err := c.EndSeat(of(t), &directoryv1.EndSeatRequest{Team: team, Person: someone, Since: in(0), RequestId: key()})
			return err
		},
		"ListWards": func() error {
			_, err := c.ListWards(of(t), &directoryv1.ListWardsRequest{Parent: hammersmith})
			return err
		},
		"PreviewPatch": func() error {
			_, err := c.PreviewPatch(of(t), &directoryv1.PreviewPatchRequest{Team: team})
			return err
		},
		"SavePatch": func() error {
			_, err := c.SavePatch(of(t), &directoryv1.SavePatchRequest{Team: team, Etag: "1", RequestId: key()})
			return err
		},
		"ListPartners": func() error {
			_, err := c.ListPartners(of(t), &directoryv1.ListPartnersRequest{Parent: hammersmith})
			return err
		},
		"GetPartner": func() error { _, err := c.GetPartner(of(t), &directoryv1.GetPartnerRequest{Name: partner}); return err },
		"SavePartner": func() error {
			_, err := c.SavePartner(of(t), &directoryv1.SavePartnerRequest{Partner: newPartner(), RequestId: key()})
			return err
		},
		"RemovePartner": func() error {
			_, err := c.RemovePartner(of(t), &directoryv1.RemovePartnerRequest{Name: partner, Etag: "1", RequestId: key()})
			return err
		},
		"GetSettings": func() error {
			_, err := c.GetSettings(of(t), &directoryv1.GetSettingsRequest{Parent: hammersmith})
			return err
		},
		"SaveSettings": func() error {
			_, err := c.SaveSettings(of(t), &directoryv1.SaveSettingsRequest{Parent: hammersmith, Settings: &directoryv1.Settings{UrgentMinutes: 1, IdleMinutes: 5}, RequestId: key()})
			return err
		},
	} {
		f := fault.From(call())
		if f.Code != codes.PermissionDenied || f.Reason != "NOT_ADMINISTRATOR" {
			t.Errorf("%s: %v", name, f)
		}
	}
}
