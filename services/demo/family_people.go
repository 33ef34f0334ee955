package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// family invents one family with the contact that brought it, before anybody is allocated.
func (v *invention) family(team HistoryTeam, opened time.Time) Family {
	n := pick(v, v.names)
	f := Family{Team: team.Key, OpenedAt: opened, Address: v.address(team)}
	c := pick(v, v.concerns)
	f.Contact = v.contact(c, opened)
	surname := v.surname(n)
	births, about := v.births(c, v.childCount(), f.Contact.ReceivedAt)
	for _, birth := range births {
		f.Children = append(f.Children, v.child(n, surname, birth, f.Children))
	}
	v.adults(&f, n, surname)
	v.categories(&f, c)
	f.Contact.Concern = c.tell(f, about)
	return f
}

// childCount gives 1.45 children to a family on average.
func (v *invention) childCount() int {
	switch p := v.IntN(100); {
	case p < 67:
		return 1
	case p < 91:
		return 2
	case p < 98:
		return 3
	}
	return 4
}

// births are the children's birth dates, the oldest first, all before the contact, and which of them the worry is about.
// Some are twins. Nobody comes of age before the history ends.
func (v *invention) births(c concern, count int, received time.Time) (list []time.Time, about int) {
	eldest := v.asOf.Add(-days(17*365 + 200)).Truncate(24 * time.Hour)
	day := received.Add(-days(c.least*365 + 15 + v.IntN((c.most-c.least+1)*365))).Truncate(24 * time.Hour)
	if day.Before(eldest) {
		day = eldest.Add(days(v.IntN(300)))
	}
	list = []time.Time{day}
	twins := count > 1 && v.chance(12)
	for i := 1; i < count; i++ {
		gap := days(300 + v.IntN(3*365-300))
		switch younger := list[len(list)-1].Add(gap); {
		case twins && i == 1:
			list = append(list, day)
		case younger.Add(days(14)).Before(received):
			list = append(list, younger)
		default:
			list = slices.Insert(list, 0, list[0].Add(-gap))
			about++
		}
	}
	return list, about
}

func (v *invention) surname(n naming) string {
	if len(n.surnames) == 0 {
		return ""
	}
	return pick(v, n.surnames)
}

func (v *invention) child(n naming, surname string, birth time.Time, before []Child) Child {
	c := Child{BirthDate: birth, FamilyName: surname, Sex: "F"}
	given := n.girls
	if v.chance(50) {
		c.Sex, given = "M", n.boys
	}
	c.GivenName = pick(v, given)
	for taken(before, c.GivenName) {
		c.GivenName = pick(v, given)
	}
	if v.chance(1) {
		c.Sex = "U"
	}
	if surname != "" && len(before) > 0 && v.chance(12) {
		c.FamilyName = pick(v, n.surnames) // a half-brother or half-sister
	}
	c.NameTold = v.told(c)
	if !v.chance(3) {
		c.NHSNumber = v.nhs.take()
	}
	if age := v.asOf.Sub(birth).Hours() / 24 / 365.25; age > 4.6 && v.chance(85) {
		c.UPN = v.upns.take(birth.Year() + 5)
	}
	return c
}

func taken(children []Child, given string) bool {
	for _, c := range children {
		if c.GivenName == given {
			return true
		}
	}
	return false
}

// told is the name as a referrer would say it.
func (v *invention) told(c Child) string {
	whole := strings.TrimSpace(c.GivenName + " " + c.FamilyName)
	switch p := v.IntN(100); {
	case p < 70 || c.FamilyName == "":
		return whole
	case p < 80:
		return strings.ToUpper(c.FamilyName) + ", " + c.GivenName
	case p < 92:
		return plain(whole)
	}
	return c.GivenName
}

// plain drops the marks from letters, as a police or hospital system does.
func plain(s string) string {
	bare, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), s)
	if err != nil {
		return s
	}
	return bare
}

// adults gives the family its grown-ups: mostly a mother, often a father who may live elsewhere or be the father of some
// of the children only, sometimes a grandmother, an aunt or the mother's partner.
func (v *invention) adults(f *Family, n naming, surname string) {
	all := make([]int, len(f.Children))
	for i := range all {
		all[i] = i
	}
	woman := func(is string, here bool) {
		f.Adults = append(f.Adults, Adult{GivenName: pick(v, n.women), FamilyName: surname, Relations: related(all, is), AtAddress: here})
	}
	man := func(is, family string, of []int, here bool) {
		f.Adults = append(f.Adults, Adult{GivenName: pick(v, n.men), FamilyName: family, Relations: related(of, is), AtAddress: here})
	}
	raisedByKin := v.chance(6)
	if raisedByKin {
		woman([]string{"grandmother", "aunt"}[v.IntN(2)], true)
	} else {
		woman("mother", true)
	}
	switch p := v.IntN(100); {
	case p < 40:
		man("father", surname, all, true)
	case p < 62:
		man("father", v.surname(n), all, false)
	case p < 72 && len(all) > 1:
		man("father", surname, all[:1], false)
		man("father", v.surname(n), all[1:], true)
	case p < 80 && !raisedByKin:
		other := pick(v, v.names)
		f.Adults = append(f.Adults, Adult{
			GivenName: pick(v, other.men), FamilyName: v.surname(other),
			Relations: related(all, "mother's partner"), AtAddress: true,
		})
	}
	if !raisedByKin && v.chance(8) {
		woman("grandmother", v.chance(50))
	}
}

func related(children []int, is string) []Relation {
	list := make([]Relation, 0, len(children))
	for _, i := range children {
		list = append(list, Relation{Child: i, Is: is})
	}
	return list
}

func (v *invention) address(team HistoryTeam) Address {
	a := Address{Town: "London", Postcode: pick(v, team.Postcodes)}
	street := pick(v, streets())
	if v.chance(65) {
		a.Line = fmt.Sprintf("Flat %d, %d %s", 1+v.IntN(48), 1+v.IntN(120), street)
	} else {
		a.Line = fmt.Sprintf("%d %s", 1+v.IntN(160), street)
	}
	return a
}

// shareAddresses lets a few families live where another, unrelated one lives: a house of several households.
func (v *invention) shareAddresses(families []Family) {
	for i := 20; i < len(families); i += 33 {
		for j := i - 1; j >= 0; j-- {
			if families[j].Team == families[i].Team {
				families[i].Address = families[j].Address
				break
			}
		}
	}
}
