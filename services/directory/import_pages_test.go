package directory_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/calendar"
	"github.com/kithcare/kith/services/directory"
	"github.com/kithcare/kith/services/directory/description"
	"github.com/kithcare/kith/services/platform/try"
)

// office is a platform of its own with its administrator and the operator who imports.
type office struct {
	*try.Platform
	t *testing.T
}

func (o office) admin() context.Context { return o.At(o.t, "web", try.Kensington, "lucy-ferrand") }

func (o office) client() directoryv1.AdministrationServiceClient {
	return directoryv1.NewAdministrationServiceClient(o.Conn(o.t, "web", "directory"))
}

// bring imports the description with its text changed, as Import or ImportOverPages.
func (o office) bring(
	run func(context.Context, directory.Beginner, *description.Authority, string, time.Time) (directory.Changes, error), change ...string,
) (changes directory.Changes, err error) {
	o.t.Helper()
	a := described(o.t, func(s string) string {
		for i := 0; i < len(change); i += 2 {
			if !strings.Contains(s, change[i]) {
				o.t.Fatalf("the description does not say %q", change[i])
			}
			s = strings.Replace(s, change[i], change[i+1], 1)
		}
		return s
	})
	o.Owner(o.t, try.Kensington, func(conn *pgx.Conn) error {
		changes, err = run(o.t.Context(), conn, a, "tester", time.Now())
		return nil
	})
	return changes, err
}

// work is what an administrator does on the pages before an import: a bit of everything.
func (o office) work() {
	t := o.t
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	team := func(key string) *directoryv1.DirectoryTeam {
		answer, err := o.client().GetTeam(o.admin(), &directoryv1.GetTeamRequest{Name: here + "/teams/" + key})
		must(err)
		return answer.GetTeam()
	}
	_, err := o.client().SaveTeam(o.admin(), &directoryv1.SaveTeamRequest{RequestId: uuid.NewString(), Team: &directoryv1.DirectoryTeam{
		Name: here + "/teams/new", Title: "The new one", Kind: directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING, Phone: "020 7946 0555",
	}})
	must(err)
	chelsea := team("chelsea")
	_, err = o.client().SavePatch(o.admin(), &directoryv1.SavePatchRequest{Team: chelsea.GetName(), Rules: chelsea.GetPatch()[1:], Etag: chelsea.GetEtag(), RequestId: uuid.NewString()})
	must(err)
	person, err := o.client().GetPerson(o.admin(), &directoryv1.GetPersonRequest{Name: o.Person(t, try.Kensington, "amina-yusuf")})
	must(err)
	person.GetPerson().Qualifications = append(person.GetPerson().GetQualifications(), &directoryv1.DirectoryQualification{Title: "Solicitor", Since: "2020-01-01"})
	_, err = o.client().SavePerson(o.admin(), &directoryv1.SavePersonRequest{Parent: here, Person: person.GetPerson(), RequestId: uuid.NewString()})
	must(err)
	_, err = o.client().SeatPeople(o.admin(), &directoryv1.SeatPeopleRequest{Team: here + "/teams/new", People: []string{person.GetPerson().GetName()}, RequestId: uuid.NewString()})
	must(err)
	seat := team("holland-park").GetSeats()[0]
	_, err = o.client().EndSeat(o.admin(), &directoryv1.EndSeatRequest{Team: seat.GetTeam(), Person: seat.GetPerson(), Since: seat.GetSince(), RequestId: uuid.NewString()})
	must(err)
	police, err := o.client().GetPartner(o.admin(), &directoryv1.GetPartnerRequest{Name: here + "/partners/met-police"})
	must(err)
	_, err = o.client().RemovePartner(o.admin(), &directoryv1.RemovePartnerRequest{Name: police.GetPartner().GetName(), Etag: police.GetPartner().GetEtag(), RequestId: uuid.NewString()})
	must(err)
	set, err := o.client().GetSettings(o.admin(), &directoryv1.GetSettingsRequest{Parent: here})
	must(err)
	set.GetSettings().IdleMinutes = 15
	_, err = o.client().SaveSettings(o.admin(), &directoryv1.SaveSettingsRequest{Parent: here, Settings: set.GetSettings(), RequestId: uuid.NewString()})
	must(err)
}

// state is everything that pages and imports change, but for when and by whom.
func (o office) state() (text string) {
	o.t.Helper()
	o.Owner(o.t, try.Kensington, func(conn *pgx.Conn) error {
		return conn.QueryRow(o.t.Context(), `SELECT jsonb_build_array(
			(SELECT jsonb_agg(to_jsonb(x) - '{version,changed_at,changed_by,on_page}'::text[] ORDER BY key) FROM directory.authority x),
			(SELECT jsonb_agg(to_jsonb(x) - '{version,changed_at,changed_by,on_page}'::text[] ORDER BY key) FROM directory.team x WHERE NOT removed),
			(SELECT jsonb_agg(to_jsonb(x) - '{version,changed_at,changed_by,on_page}'::text[] ORDER BY key) FROM directory.person x WHERE NOT removed),
			(SELECT jsonb_agg(to_jsonb(x) - '{version,changed_at,changed_by,on_page}'::text[] ORDER BY key) FROM directory.partner x WHERE NOT removed),
			(SELECT jsonb_agg(to_jsonb(x) - '{changed_at,changed_by,on_page}'::text[] ORDER BY person, team, since) FROM directory.membership x),
			(SELECT jsonb_agg(to_jsonb(x) ORDER BY person, name, since) FROM directory.qualification x),
			(SELECT jsonb_agg(to_jsonb(x) ORDER BY kind, value, team) FROM directory.cover_rule x),
			(SELECT jsonb_agg(to_jsonb(x) ORDER BY postcode) FROM directory.postcode x))::text`).Scan(&text)
	})
	return text
}

// TestTheFileAndThePages has a platform to itself, for one thing after the other.
func TestTheFileAndThePages(t *testing.T) {
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
	for _, part := range []struct {
		name string
		run  func(office)
	}{
		{"an import does not undo the pages", importsRefused},
		{"an import that agrees with the pages", importsThatAgree},
		{"people who left are left out of the file", leaversLeftOut},
		{"sign-ins change hands", signInsChangeHands},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(office{own, t}) })
	}
}

// importsRefused lists each thing that was done on pages, changes nothing, and undoes it when asked to.
func importsRefused(o office) {
	t := o.t
	imported := o.state()
	o.work()
	done := o.state()

	_, err := o.bring(directory.Import)
	var undone directory.PageWork
	if !errors.As(err, &undone) {
		t.Fatalf("the import ended with %v", err)
	}
	end := " was changed on a page on " + time.Now().In(calendar.London()).Format("2 January 2006") + " by Lucy Ferrand"
	var things []string
	for _, line := range undone {
		thing, ok := strings.CutSuffix(line, end)
		if !ok {
			t.Errorf("%q does not say when and by whom", line)
		}
		things = append(things, thing)
	}
	slices.Sort(things)
	var who string
	for _, thing := range things {
		if rest, ok := strings.CutSuffix(thing, " in Holland Park Family Facing Team"); ok {
			who = strings.TrimPrefix(rest, "the seat of ")
		}
	}
	want := []string{
		"Amina Yusuf", "the partner Metropolitan Police (demonstration)", "the seat of " + who + " in Holland Park Family Facing Team", "the seat of Amina Yusuf in The new one",
		"the settings", "the team Chelsea Family Facing Team", "the team The new one",
	}
	slices.Sort(want)
	if !slices.Equal(things, want) {
		t.Errorf("it lists\n%s\nwant\n%s", strings.Join(things, "\n"), strings.Join(want, "\n"))
	}
	if !strings.Contains(err.Error(), "--replace-page-changes") {
		t.Errorf("it does not say what to do: %v", err)
	}
	if o.state() != done {
		t.Error("an import that was refused changed something")
	}

	changes, err := o.bring(directory.ImportOverPages)
	if err != nil {
		t.Fatal(err)
	}
	if o.state() != imported {
		t.Error("the pages' work is not undone")
	}
	if n := len(slices.DeleteFunc(changes.Lines, func(line string) bool { return !strings.HasPrefix(line, "undone: ") })); n != len(want) {
		t.Errorf("%d things are reported as undone, want %d", n, len(want))
	}
	// What is settled is not asked about again.
	if changes, err = o.bring(directory.Import); err != nil || changes.Any {
		t.Errorf("the next import: %v, %v", changes, err)
	}
	var commands []string
	o.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		rows, err := conn.Query(t.Context(), `SELECT method FROM directory.audit WHERE actor_kind = 'operator' ORDER BY id`)
		if err != nil {
			return err
		}
		commands, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if !slices.Equal(commands, []string{"import directory", "import directory, over the pages", "import directory"}) {
		t.Errorf("on record are %q", commands)
	}
}

// importsThatAgree are not refused: what is in the file by now is no page work any more.
func importsThatAgree(o office) {
	t := o.t
	person, err := o.client().GetPerson(o.admin(), &directoryv1.GetPersonRequest{Name: o.Person(t, try.Kensington, "amina-yusuf")})
	if err != nil {
		t.Fatal(err)
	}
	person.GetPerson().Title = "Amina Yusuf-Ward"
	if _, err = o.client().SavePerson(o.admin(), &directoryv1.SavePersonRequest{Parent: here, Person: person.GetPerson(), RequestId: uuid.NewString()}); err != nil {
		t.Fatal(err)
	}
	// Another thing changes in the file too, which nobody touched on a page.
	renamed := []string{"name: Amina Yusuf", "name: Amina Yusuf-Ward", "name: Chelsea Family Facing Team", "name: Chelsea Team"}
	if changes, err := o.bring(directory.Import, renamed...); err != nil || !changes.Any {
		t.Fatalf("%v, %v", changes, err)
	}
	if changes, err := o.bring(directory.Import, "name: Amina Yusuf", "name: Amina Y."); err != nil || !changes.Any {
		t.Errorf("the file may change what it has said itself since: %v, %v", changes, err)
	}
	// Her etag is no longer the page's.
	_, err = o.client().SavePerson(o.admin(), &directoryv1.SavePersonRequest{Parent: here, Person: person.GetPerson(), RequestId: uuid.NewString()})
	if err == nil || !strings.Contains(err.Error(), "by an import") {
		t.Errorf("a page saved over an import: %v", err)
	}
}

// leaversLeftOut holds that a file need not keep whoever left by a page, with their seats to the second.
func leaversLeftOut(o office) {
	t := o.t
	if _, err := o.bring(directory.Import); err != nil {
		t.Fatal(err)
	}
	name := o.Person(t, try.Kensington, "amina-yusuf")
	person, err := o.client().GetPerson(o.admin(), &directoryv1.GetPersonRequest{Name: name})
	if err != nil || len(person.GetPerson().GetSeats()) == 0 {
		t.Fatal(person, err)
	}
	_, err = o.client().RemovePerson(o.admin(), &directoryv1.RemovePersonRequest{Name: name, Etag: person.GetPerson().GetEtag(), RequestId: uuid.NewString()})
	if err != nil {
		t.Fatal(err)
	}
	var undone directory.PageWork
	if _, err := o.bring(directory.Import); !errors.As(err, &undone) || len(undone) != 1+len(person.GetPerson().GetSeats()) {
		t.Errorf("a file that brings her back: %v", err)
	}
	a := described(t, func(s string) string { return s })
	a.People = slices.DeleteFunc(a.People, func(p description.Person) bool { return p.Key == "amina-yusuf" })
	a.Memberships = slices.DeleteFunc(a.Memberships, func(m description.Membership) bool { return m.Person == "amina-yusuf" })
	o.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := directory.Import(t.Context(), conn, a, "tester", time.Now())
		return err
	})
}

// signInsChangeHands holds that two people may exchange theirs in one import.
func signInsChangeHands(o office) {
	t := o.t
	if _, err := o.bring(directory.Import); err != nil {
		t.Fatal(err)
	}
	changes, err := o.bring(directory.Import, "subject: kc:lucy-ferrand\n", "subject: kc:moving\n",
		"subject: kc:sunita-gurung\n", "subject: kc:lucy-ferrand\n", "subject: kc:moving\n", "subject: kc:sunita-gurung\n")
	if err != nil || !slices.Contains(changes.Lines, "people: 0 added, 2 changed, 0 left out") {
		t.Fatalf("%v, %v", changes, err)
	}
	if p, err := read(t, o.Platform, "kc:sunita-gurung"); err != nil || !p.Administrator {
		t.Errorf("%+v, %v", p, err)
	}
}
