package description

import (
	"io"
	"time"
	_ "time/tzdata" // a moment given as a day is midnight in London, also in a container without zone files
)

// Opener opens a file that a description names, by its slash-separated path relative to the description.
type Opener func(path string) (io.ReadCloser, error)

// Read reads a description, with the files it names, and checks all of it. name is what problems call the file.
//
// Either the authority is complete and there is no problem, or it is nil and every problem found is listed, by file and
// line. Gaps and overlaps of patches are no problems: they are in the authority's Report.
func Read(r io.Reader, name string, open Opener) (*Authority, []Problem) {
	doc := &document{name: name}
	home, err := time.LoadLocation("Europe/London")
	if err != nil {
		doc.problem(0, "The time zone Europe/London is not known on this machine: %v.", err)
		return nil, doc.problems
	}
	root := doc.parse(r)
	if root == nil {
		return nil, doc.problems
	}
	x := &reading{doc: doc, home: home, authority: &Authority{}, keys: map[string]map[string]int{}, kinds: map[string]TeamKind{}}
	x.readAll(root)
	if len(doc.problems) == 0 {
		x.resolve(open)
	}
	if len(doc.problems) > 0 {
		sortProblems(doc.problems)
		return nil, doc.problems
	}
	return x.authority, nil
}

// reading is one run of Read: what has been read, and what later checks need to know of it.
type reading struct {
	doc       *document
	home      *time.Location
	authority *Authority
	keys      map[string]map[string]int // by what must be unique, each value's first line
	kinds     map[string]TeamKind       // by team key
	places    places
	patches   []patchLines
}

func (x *reading) readAll(root *entry) {
	x.readAuthority(root.child("authority", "authority"))
	if node := root.find("places"); node != nil {
		x.readPlaces(x.doc.entry(node, "list of places"))
	}
	for _, e := range root.entries("teams", "team") {
		x.readTeam(e)
	}
	var guardians guardians
	for _, e := range root.entries("people", "person") {
		x.readPerson(e, &guardians)
	}
	for _, e := range root.entries("patches", "patch") {
		x.readPatch(e)
	}
	for _, e := range root.entries("partners", "partner") {
		x.readPartner(e)
	}
	root.finish()
	guardians.check(x.doc, root)
	x.needReferralTeam(root)
}

// needReferralTeam refuses an authority where a contact would have nobody to decide it.
func (x *reading) needReferralTeam(root *entry) {
	for _, team := range x.authority.Teams {
		if team.Kind == Referral {
			return
		}
	}
	x.doc.problem(root.at("teams"), "There must be a team of kind referral, or nobody would decide a contact.")
}

// unique notes a value that another entry of the same kind has already.
func (x *reading) unique(e *entry, name, scope, value string) {
	if value == "" {
		return
	}
	if x.keys[scope] == nil {
		x.keys[scope] = map[string]int{}
	}
	if first, twice := x.keys[scope][value]; twice {
		x.doc.problem(e.at(name), "The %s `%s` stands here a second time; the first is on line %d.", scope, value, first)
		return
	}
	x.keys[scope][value] = e.at(name)
}

func (x *reading) known(e *entry, name, scope, value string) bool {
	if value == "" {
		return false
	}
	if _, ok := x.keys[scope][value]; !ok {
		x.doc.problem(e.at(name), "There is no %s `%s` in this file.", scope, value)
		return false
	}
	return true
}

func (x *reading) readAuthority(e *entry) {
	a := x.authority
	a.Key = e.text("key", AKey)
	a.Title = e.text("title", Words(300, false))
	a.GSSCode = e.text("gss_code", aGSSCode)
	a.Phone = e.text("phone", APhone)
	a.WorkingHours = x.readHours(e.child("working_hours", "working hours"))
	a.UrgentLimit = time.Duration(e.whole("urgent_limit_minutes", 1, 24*60, 60)) * time.Minute
	a.IdleMinutes = e.whole("idle_minutes", 5, 240, 30)
	a.OutOfHours = readOutOfHours(e.child("out_of_hours", "out-of-hours contact"))
	a.Escalation = e.text("escalation", Words(4000, true))
	e.finish()
}

func (x *reading) readHours(e *entry) WorkingHours {
	before := len(x.doc.problems)
	hours := WorkingHours{Opens: e.clock("opens"), Closes: e.clock("closes")}
	if len(x.doc.problems) == before && !e.absent && hours.Opens >= hours.Closes {
		x.doc.problem(e.at("closes"), "The office closes at %s, which is not after it opens at %s.", hours.Closes, hours.Opens)
	}
	e.finish()
	return hours
}

func readOutOfHours(e *entry) OutOfHours {
	contact := OutOfHours{
		Name:     e.text("name", Words(300, false)),
		Phone:    e.text("phone", APhone),
		Email:    e.text("email", AnEmail),
		CallBack: e.optional("call_back", ACallBack),
	}
	e.finish()
	return contact
}

func (x *reading) readTeam(e *entry) {
	team := Team{
		Key:   e.text("key", AKey),
		Name:  e.text("name", Words(300, false)),
		Kind:  TeamKind(e.text("kind", aTeamKind)),
		Base:  e.optional("base", Words(500, true)),
		Phone: e.text("phone", APhone),
	}
	e.finish()
	x.unique(e, "key", "team", team.Key)
	x.kinds[team.Key] = team.Kind
	x.authority.Teams = append(x.authority.Teams, team)
}
