package administration

import (
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/calendar"
	"github.com/kithcare/kith/services/web/page"
)

func addTeams(s *page.Site) {
	s.Read(home+"/teams", only(teams))
	s.Read(home+"/teams/new", only(newTeam))
	s.Act(home+"/teams/new", only(saveTeam))
	s.Read(home+"/teams/{team}", only(oneTeam))
	s.Act(home+"/teams/{team}", only(saveTeam))
	s.Act(home+"/teams/{team}/remove", only(removeTeam))
	s.Read(home+"/teams/{team}/seats", only(seats))
	s.Act(home+"/teams/{team}/seats", only(seatPeople))
	s.Act(home+"/teams/{team}/seats/{person}/end", only(endSeat))
}

func teams(v *page.Visit) error {
	answer, err := v.Directory.ListTeams(v.Ctx(), &directoryv1.ListTeamsRequest{Parent: v.Authority})
	if err != nil {
		return err
	}
	return v.Show(page.Page{Title: v.T("admin.teams"), Section: section, Back: home, Body: teamsPage(v, answer.GetTeams())})
}

func newTeam(v *page.Visit) error {
	f := v.NewForm("", "")
	f.Set("team.kind", directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING.String())
	return showNewTeam(v, f)
}

func showNewTeam(v *page.Visit, f *page.Form) error {
	return v.Show(page.Page{Title: v.T("admin.new_team"), Section: section, Back: home + "/teams", Form: f, Body: newTeamPage(v, f)})
}

func readTeam(v *page.Visit) (*directoryv1.DirectoryTeam, error) {
	answer, err := v.Administration.GetTeam(v.Ctx(), &directoryv1.GetTeamRequest{Name: team(v, v.R.PathValue("team"))})
	return answer.GetTeam(), err
}

func oneTeam(v *page.Visit) error {
	t, err := readTeam(v)
	if err != nil {
		return err
	}
	return showTeam(v, formOf(v, t), t)
}

// formOf is a form with what a team is now.
func formOf(v *page.Visit, t *directoryv1.DirectoryTeam) *page.Form {
	f := v.NewForm("", "")
	f.Etag = t.GetEtag()
	for field, value := range map[string]string{
		"team.title": t.GetTitle(), "team.kind": t.GetKind().String(), "team.phone": t.GetPhone(), "team.base": t.GetBase(),
	} {
		f.Set(field, value)
	}
	return f
}

func showTeam(v *page.Visit, f *page.Form, t *directoryv1.DirectoryTeam) error {
	return v.Show(page.Page{Title: v.T("admin.team"), Section: section, Back: home + "/teams", Form: f, Body: teamPage(v, f, t)})
}

// saveTeam makes a team or changes one. A new team's key is made of its name.
func saveTeam(v *page.Visit) error {
	f := v.Sent("", "")
	key := v.R.PathValue("team")
	if key == "" {
		key = keyOf(f.Trimmed("team.title"))
		if key == "" {
			f.Wrong("team.title", v.T("admin.team_title_missing"))
			return v.Again(f, nil, func() error { return showNewTeam(v, f) })
		}
	}
	answer, err := v.Administration.SaveTeam(v.Ctx(), &directoryv1.SaveTeamRequest{RequestId: f.RequestID, Team: &directoryv1.DirectoryTeam{
		Name: team(v, key), Title: f.Trimmed("team.title"), Kind: kindOf(f.Get("team.kind")), Phone: f.Trimmed("team.phone"),
		Base: f.Trimmed("team.base"), Etag: f.Etag,
	}})
	if err != nil {
		return v.Again(f, err, func() error {
			if v.R.PathValue("team") == "" {
				return showNewTeam(v, f)
			}
			t, err := readTeam(v)
			if err != nil {
				return err
			}
			return showTeam(v, f, t)
		})
	}
	if v.R.PathValue("team") == "" {
		return v.Go(home+"/teams/"+page.Last(answer.GetTeam().GetName())+"/seats", "team_made")
	}
	return v.Go(home+"/teams/"+page.Last(answer.GetTeam().GetName()), "team_saved")
}

// keyOf is a name as a short name: lower-case letters, digits and hyphens.
func keyOf(title string) string {
	title = strings.TrimSuffix(strings.TrimSuffix(title, "Team"), "Family Facing ")
	var key strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			key.WriteRune(r)
		case r == '\'' || r == '’':
		default:
			if text := key.String(); text != "" && !strings.HasSuffix(text, "-") {
				key.WriteByte('-')
			}
		}
	}
	short := strings.Trim(key.String(), "-")
	return strings.Trim(short[:min(len(short), 60)], "-")
}

func removeTeam(v *page.Visit) error {
	f := v.Sent("", "")
	_, err := v.Administration.RemoveTeam(v.Ctx(), &directoryv1.RemoveTeamRequest{Name: team(v, v.R.PathValue("team")), Etag: f.Etag, RequestId: f.RequestID})
	if err != nil {
		return v.Again(f, err, func() error { return teamAgain(v, f) })
	}
	return v.Go(home+"/teams", "team_removed")
}

// teamAgain shows the team as it stands, with what was refused.
func teamAgain(v *page.Visit, f *page.Form) error {
	t, err := readTeam(v)
	if err != nil {
		return err
	}
	shown := formOf(v, t)
	shown.Problems = f.Problems
	return showTeam(v, shown, t)
}

// seats offers everybody of the authority for a seat in the team.
func seats(v *page.Visit) error { return showSeats(v, v.NewForm("", "")) }

func showSeats(v *page.Visit, f *page.Form) error {
	t, err := readTeam(v)
	if err != nil {
		return err
	}
	sought := v.R.URL.Query().Get("name")
	answer, err := v.Administration.ListPeople(v.Ctx(), &directoryv1.ListPeopleRequest{Parent: v.Authority, Contains: sought, PageSize: 200})
	if err != nil {
		return err
	}
	return v.Show(page.Page{
		Title: v.T("admin.give_seats"), Section: section, Back: home + "/teams/" + v.R.PathValue("team"), Form: f,
		Body: seatsPage(v, f, t, outside(v, answer.GetPeople(), t), sought, answer.GetNextPageToken() != ""),
	})
}

// outside are those who have no present seat in the team.
func outside(v *page.Visit, all []*directoryv1.DirectoryPerson, t *directoryv1.DirectoryTeam) []*directoryv1.DirectoryPerson {
	seated := map[string]bool{}
	for _, s := range t.GetSeats() {
		if holds(v, s) {
			seated[s.GetPerson()] = true
		}
	}
	var free []*directoryv1.DirectoryPerson
	for _, p := range all {
		if !seated[p.GetName()] {
			free = append(free, p)
		}
	}
	return free
}

// holds says whether a seat is held now or will be.
func holds(v *page.Visit, s *directoryv1.DirectorySeat) bool {
	return s.GetUntil() == nil || v.Now().Before(s.GetUntil().AsTime())
}

func seatPeople(v *page.Visit) error {
	f := v.Sent("", "")
	req := &directoryv1.SeatPeopleRequest{Team: team(v, v.R.PathValue("team")), Note: f.Trimmed("note"), RequestId: f.RequestID}
	for _, id := range f.Values["people"] {
		req.People = append(req.People, person(v, id))
	}
	if len(req.GetPeople()) == 0 {
		f.Wrong("people", v.T("admin.nobody_chosen"))
		return v.Again(f, nil, func() error { return showSeats(v, f) })
	}
	if since := f.Trimmed("since"); since != "" {
		day, err := time.ParseInLocation(time.DateOnly, since, calendar.London())
		if err != nil {
			f.Wrong("since", v.T("admin.date_wrong"))
			return v.Again(f, nil, func() error { return showSeats(v, f) })
		}
		req.Since = timestamppb.New(day)
	}
	if _, err := v.Administration.SeatPeople(v.Ctx(), req); err != nil {
		return v.Again(f, err, func() error { return showSeats(v, f) })
	}
	return v.Go(home+"/teams/"+v.R.PathValue("team"), "seats_given")
}

func endSeat(v *page.Visit) error {
	f := v.Sent("", "")
	since, err := time.Parse(time.RFC3339Nano, f.Get("since"))
	if err != nil {
		return page.ErrNoPage
	}
	_, err = v.Administration.EndSeat(v.Ctx(), &directoryv1.EndSeatRequest{
		Team: team(v, v.R.PathValue("team")), Person: person(v, v.R.PathValue("person")), Since: timestamppb.New(since), RequestId: f.RequestID,
	})
	if err != nil {
		return v.Again(f, err, func() error { return teamAgain(v, f) })
	}
	return v.Go(home+"/teams/"+v.R.PathValue("team"), "seat_ended")
}
