package administration

import (
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/services/web/page"
)

// peopleChoices are people to give a seat, with the seats that they have.
func peopleChoices(v *page.Visit, people []*directoryv1.DirectoryPerson) []page.Choice {
	choices := make([]page.Choice, 0, len(people))
	for _, p := range people {
		var seats []string
		for _, s := range p.GetSeats() {
			if holds(v, s) {
				seats = append(seats, s.GetTeamTitle())
			}
		}
		choices = append(choices, page.Choice{Value: page.Last(p.GetName()), Text: p.GetTitle(), Hint: strings.Join(seats, ", ")})
	}
	return choices
}

// wardChoices are the wards, each with how many postcodes it has and which other teams cover some of them.
func wardChoices(v *page.Visit, wards []*directoryv1.Ward, mine string, teams map[string]*directoryv1.Team) []page.Choice {
	choices := make([]page.Choice, 0, len(wards))
	for _, w := range wards {
		var others []string
		for _, t := range w.GetTeams() {
			if t != mine {
				others = append(others, t)
			}
		}
		hint := v.N("admin.ward_postcodes", int(w.GetPostcodes()))
		if len(others) > 0 {
			hint = v.T("admin.ward_with", "Postcodes", hint, "Teams", teamTitles(others, teams))
		}
		choices = append(choices, page.Choice{Value: w.GetTitle(), Text: w.GetTitle(), Hint: hint})
	}
	return choices
}

// teamTitles are teams' names in one line.
func teamTitles(names []string, teams map[string]*directoryv1.Team) string {
	titles := make([]string, 0, len(names))
	for _, n := range names {
		if t := teams[n]; t != nil {
			titles = append(titles, t.GetTitle())
		} else {
			titles = append(titles, page.Last(n))
		}
	}
	return strings.Join(titles, ", ")
}
