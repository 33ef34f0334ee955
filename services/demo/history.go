package demo

import (
	"maps"
	"slices"
	"time"

	"github.com/kithcare/kith/services/directory/description"
)

// HistoryOf is the past to invent for a demonstration authority: 280 families for Kensington and Chelsea, 40 for any
// other, over its Family Facing Teams, their members and the postcodes that only they cover.
func HistoryOf(a *description.Authority, asOf time.Time) History {
	h := History{Seed: 13, Families: 40, AsOf: asOf, FirstNHSNumber: 9995000000, EducationCode: "205"}
	if a.Key == "kensington-chelsea" {
		h = History{Seed: 20, Families: 280, AsOf: asOf, FirstNHSNumber: firstNeverIssued, EducationCode: "207"}
	}
	hours := map[string]float64{}
	for _, p := range a.People {
		hours[p.Key] = p.FullTimeEquivalent
	}
	postcodes := map[string][]string{}
	for _, postcode := range slices.Sorted(maps.Keys(a.Coverage.Postcodes)) {
		if teams := a.Coverage.Postcodes[postcode]; len(teams) == 1 {
			postcodes[teams[0]] = append(postcodes[teams[0]], postcode)
		}
	}
	for _, t := range a.Teams {
		if t.Kind != description.FamilyFacing {
			continue
		}
		team := HistoryTeam{Key: t.Key, Postcodes: postcodes[t.Key]}
		for _, m := range a.Memberships {
			if m.Team == t.Key {
				team.Members = append(team.Members, Member{Person: m.Person, From: m.From, Until: m.Until, FullTimeEquivalent: hours[m.Person]})
			}
		}
		h.Teams = append(h.Teams, team)
	}
	return h
}
