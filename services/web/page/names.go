package page

import (
	"slices"
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
)

// Names are how people, partners and teams are called, by their resource names.
type Names map[string]string

// NamesOf looks names up, all at once. Who can't be found, or while the directory does not answer, is "someone": a page
// is worth more than a name on it.
func (v *Visit) NamesOf(names ...string) Names {
	found := Names{}
	var sought []string
	for _, name := range names {
		if name != "" && !slices.Contains(sought, name) && (strings.Contains(name, "/people/") || strings.Contains(name, "/partners/")) {
			sought = append(sought, name)
			found[name] = v.T("names.someone")
		}
	}
	// The directory takes a thousand at once.
	for some := range slices.Chunk(sought, 1000) {
		answer, err := v.Directory.NameActors(v.ctx, &directoryv1.NameActorsRequest{Parent: v.Authority, Names: some})
		if err != nil {
			v.Log.WarnContext(v.ctx, "names can't be looked up", "error", err)
			return found
		}
		for _, a := range answer.GetActors() {
			found[a.GetName()] = a.GetTitle()
		}
	}
	return found
}

// Teams are the authority's teams by resource name; without any while the directory does not answer.
func (v *Visit) Teams() map[string]*directoryv1.Team {
	teams := map[string]*directoryv1.Team{}
	answer, err := v.Directory.ListTeams(v.ctx, &directoryv1.ListTeamsRequest{Parent: v.Authority})
	if err != nil {
		v.Log.WarnContext(v.ctx, "teams can't be looked up", "error", err)
		return teams
	}
	for _, t := range answer.GetTeams() {
		teams[t.GetName()] = t
	}
	return teams
}
