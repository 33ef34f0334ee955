package description

import "time"

// guardians counts who holds the two offices that only one person can hold.
type guardians struct{ guardian, deputy int }

// check holds that break-glass access always has exactly one person to tell.
func (g guardians) check(doc *document, root *entry) {
	if g.guardian == 0 {
		doc.problem(root.at("people"), "Exactly one person must have `caldicott_guardian: true`, and nobody has.")
	}
}

func (x *reading) readPerson(e *entry, g *guardians) {
	person := Person{
		Key:                     e.text("key", AKey),
		Name:                    e.text("name", Words(300, false)),
		Subject:                 e.text("subject", ASubject),
		Registration:            e.optional("registration", ARegistration),
		RegisteredUntil:         e.day("registered_until"),
		Qualifications:          x.readQualifications(e),
		FullTimeEquivalent:      e.share("full_time_equivalent"),
		Email:                   e.text("email", AnEmail),
		Phone:                   e.optional("phone", APhone),
		Administrator:           e.flag("administrator"),
		CaldicottGuardian:       e.flag("caldicott_guardian"),
		DeputyCaldicottGuardian: e.flag("deputy_caldicott_guardian"),
	}
	x.unique(e, "key", "person", person.Key)
	x.unique(e, "subject", "subject", person.Subject)
	x.unique(e, "registration", "registration", person.Registration)
	if person.RegisteredUntil != nil && e.find("registration") == nil {
		x.doc.problem(e.at("registered_until"), "`registered_until` needs a `registration` that it is the end of.")
	}
	x.checkOffices(e, person, g)
	x.readMemberships(e, person.Key)
	e.finish()
	x.authority.People = append(x.authority.People, person)
}

func (x *reading) checkOffices(e *entry, person Person, g *guardians) {
	if person.CaldicottGuardian && person.DeputyCaldicottGuardian {
		x.doc.problem(e.at("deputy_caldicott_guardian"), "The Caldicott guardian can't be the deputy too.")
	}
	if person.CaldicottGuardian {
		if g.guardian != 0 {
			x.doc.problem(e.at("caldicott_guardian"), "Exactly one person is the Caldicott guardian; the first is on line %d.", g.guardian)
		}
		g.guardian = e.at("caldicott_guardian")
	}
	if person.DeputyCaldicottGuardian {
		if g.deputy != 0 {
			x.doc.problem(e.at("deputy_caldicott_guardian"), "At most one person is the deputy guardian; the first is on line %d.", g.deputy)
		}
		g.deputy = e.at("deputy_caldicott_guardian")
	}
}

func (x *reading) readQualifications(person *entry) []Qualification {
	var list []Qualification
	for _, e := range person.entries("qualifications", "qualification") {
		q := Qualification{Name: e.text("name", Words(300, false))}
		if e.text("since", ADay) != "" {
			q.Since = *e.day("since")
		}
		q.Until = e.day("until")
		if q.Until != nil && q.Until.Before(q.Since) {
			x.doc.problem(e.at("until"), "The qualification ends before it begins.")
		}
		e.finish()
		list = append(list, q)
	}
	return list
}

// span is a membership and its line, for the comparison with the person's others.
type span struct {
	Membership
	line int
}

// readMemberships takes the person's dated memberships; two of the same person in the same team may not overlap.
func (x *reading) readMemberships(person *entry, key string) {
	var spans []span
	for _, e := range person.entries("memberships", "membership") {
		s := span{line: e.at("from"), Membership: Membership{Person: key, Team: e.text("team", AKey)}}
		from := e.moment("from", x.home)
		if e.find("from") == nil {
			e.missing("from")
		}
		s.Until = e.moment("until", x.home)
		s.Note = e.optional("note", Words(500, false))
		e.finish()
		if !x.known(e, "team", "team", s.Team) || from == nil {
			continue
		}
		s.From = *from
		if s.Until != nil && !s.From.Before(*s.Until) {
			x.doc.problem(e.at("until"), "The membership ends before it has begun: `until` must be later than `from`.")
			continue
		}
		for _, other := range spans {
			if other.Team == s.Team && other.Overlaps(s.Membership) {
				x.doc.problem(s.line, "This membership overlaps the one in `%s` on line %d.", s.Team, other.line)
			}
		}
		spans = append(spans, s)
		x.authority.Memberships = append(x.authority.Memberships, s.Membership)
	}
}

// Overlaps says whether there is a moment at which both memberships count.
func (m Membership) Overlaps(other Membership) bool {
	beginsBefore := func(from time.Time, until *time.Time) bool { return until == nil || from.Before(*until) }
	return beginsBefore(m.From, other.Until) && beginsBefore(other.From, m.Until)
}
