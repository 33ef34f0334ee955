package demo

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// History is what an invented past is made from. The same History always gives the same families.
type History struct {
	// Seed makes two authorities' families differ.
	Seed uint64
	// Families is how many to invent; they are spread evenly over the teams.
	Families int
	Teams    []HistoryTeam
	// AsOf is the moment the past ends at: nothing is later.
	AsOf time.Time
	// FirstNHSNumber is where the NHS numbers start, from 9990000000 up: numbers from there on are never issued.
	FirstNHSNumber int64
	// EducationCode is the three digits of the Department for Education's number of the authority, in every UPN.
	EducationCode string
}

// HistoryTeam is a Family Facing Team: who may be a family's worker or cover, and the postcodes of its patch.
type HistoryTeam struct {
	Key       string
	Members   []Member
	Postcodes []string
}

// Member is one member of a team, for as long as the membership lasts (Until nil: open). FullTimeEquivalent is above 0
// and at most 1.
type Member struct {
	Person             string
	From               time.Time
	Until              *time.Time
	FullTimeEquivalent float64
}

func (m Member) at(t time.Time) bool {
	return !t.Before(m.From) && (m.Until == nil || t.Before(*m.Until))
}

// Family is one invented family with its past. All times are UTC.
type Family struct {
	// Key is short and stable, as `f-0001`; families are numbered by the day they came.
	Key  string
	Team string
	// Address is where the family lives; two families may share it.
	Address  Address
	Children []Child
	Adults   []Adult
	Contact  EarlierContact
	// OpenedAt is when the family came to the team.
	OpenedAt time.Time
	// Allocation is the first one; nil while nobody is allocated.
	Allocation *Allocation
	// Handovers are the changes of worker since, in order.
	Handovers []Handover
	// Closure is nil while the family is open.
	Closure *Closure
}

// Worker is the person key of the present or last worker, empty while nobody is allocated.
func (f Family) Worker() string {
	if n := len(f.Handovers); n > 0 {
		return f.Handovers[n-1].To
	}
	if f.Allocation == nil {
		return ""
	}
	return f.Allocation.Worker
}

// Address is an invented street with a real postcode.
type Address struct{ Line, Town, Postcode string }

// Child is one child of a family.
type Child struct {
	GivenName string
	// FamilyName is empty for people with one name.
	FamilyName string
	// NameTold is the name as the referrer told it, which may lack diacritics, be turned round, or be a first name only.
	NameTold  string
	BirthDate time.Time
	// Sex is M, F or U.
	Sex string
	// NHSNumber is empty for the few whose number nobody knows yet.
	NHSNumber string
	// UPN is empty for those not at school.
	UPN string
	// PrimaryNeed is a code of the CIN census, N1 to N8.
	PrimaryNeed string
	Category    Category
}

// CategoryKind is what a child's help rests on.
type CategoryKind string

// The kinds of category.
const (
	ChildInNeed         CategoryKind = "child in need"
	ChildProtectionPlan CategoryKind = "child protection plan"
	LookedAfter         CategoryKind = "looked after"
)

// Category is what a child's help rests on since a day. Abuse is the CIN category of a plan (NEG, PHY, SAB, EMO), else
// empty.
type Category struct {
	Kind  CategoryKind
	Since time.Time
	Abuse string
}

// Adult is one adult of a family.
type Adult struct {
	GivenName, FamilyName string
	Relations             []Relation
	// AtAddress says whether the adult lives with the children.
	AtAddress bool
}

// Relation says what an adult is to one child: an index into the family's Children, and `mother`, `father`,
// `grandmother`, `aunt`, `mother's partner`.
type Relation struct {
	Child int
	Is    string
}

// EarlierContact is the contact that brought the family to the team.
type EarlierContact struct {
	// Source is a referral source code of the CIN census.
	Source                     string
	Organisation, Name, Role   string
	Concern                    string
	ReceivedAt, DecidedAt      time.Time
	Outcome, Reason            string
	PrimaryNeed                string
	ParentsTold, DangerAtFirst bool
}

// The outcomes that bring a child to a Family Facing Team.
const (
	OutcomeFamilyFacingTeam      = "Family Facing Team"
	OutcomeStrategyDiscussionNow = "strategy discussion now"
)

// Allocation is who became the family's worker and cover, by person key; they are never the same person.
type Allocation struct {
	Worker, Cover string
	At            time.Time
}

// Handover is a change of worker: an exception that needs a reason. The children are told before.
type Handover struct {
	From, To              string
	Reason                string
	ChildrenToldAt, Given time.Time
}

// Closure is the end of the team's work. Reason is a code of the CIN census (RC7, RC8, RC9).
type Closure struct {
	At     time.Time
	Reason string
}

// Families invents the families of an authority, oldest first. A team without members or postcodes gets none.
func Families(h History) []Family {
	teams := slices.DeleteFunc(slices.Clone(h.Teams), func(t HistoryTeam) bool {
		return len(t.Members) == 0 || len(t.Postcodes) == 0
	})
	if len(teams) == 0 {
		return nil
	}
	v := newInvention(h)
	byKey := map[string]HistoryTeam{}
	for _, t := range teams {
		byKey[t.Key] = t
	}
	families := make([]Family, 0, h.Families)
	for i := range h.Families {
		team := teams[i%len(teams)]
		families = append(families, v.family(team, v.openedAt(team, i < 1+h.Families/30)))
	}
	slices.SortStableFunc(families, func(a, b Family) int { return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Team, b.Team)) })
	v.shareAddresses(families)
	largestFirst := make([]*Family, 0, len(families))
	for i := range families {
		families[i].Key = fmt.Sprintf("f-%04d", i+1)
		largestFirst = append(largestFirst, &families[i])
	}
	// Single children fill what the large families leave uneven, so that nobody carries far more than the guide.
	slices.SortStableFunc(largestFirst, func(a, b *Family) int { return cmp.Compare(len(b.Children), len(a.Children)) })
	for _, f := range largestFirst {
		v.allocate(f, byKey[f.Team].Members)
	}
	return families
}

// freshFor is how long the newest families wait for the team's meeting to allocate them.
const freshFor = 5 * 24 * time.Hour

// invention is one run of Families.
type invention struct {
	*rand.Rand
	asOf     time.Time
	names    []naming
	concerns []concern
	nhs      *nhsNumbers
	upns     *upns
	load     map[string]float64 // open children by person key
}

func newInvention(h History) *invention {
	r := rand.New(rand.NewPCG(h.Seed, 0x6b697468)) // not secret: invented people must come out the same each time
	return &invention{
		Rand:     r,
		asOf:     h.AsOf.UTC().Truncate(time.Minute),
		names:    namings(),
		concerns: concerns(),
		nhs:      &nhsNumbers{next: max(h.FirstNHSNumber, firstNeverIssued) / 10},
		upns:     &upns{education: h.EducationCode, seen: map[string]bool{}, rand: r},
		load:     map[string]float64{},
	}
}

// chance is true in so many of a hundred cases.
func (v *invention) chance(percent int) bool { return v.IntN(100) < percent }

func pick[T any](v *invention, from []T) T { return from[v.IntN(len(from))] }

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// openedAt lies within the team's life; most families are with a team for months, not years. A fresh one came in the last
// days and nobody is allocated yet.
func (v *invention) openedAt(team HistoryTeam, fresh bool) time.Time {
	if fresh {
		return v.workingTime(v.asOf.Add(-days(1 + v.IntN(2))))
	}
	first := team.Members[0].From
	for _, m := range team.Members {
		if m.From.Before(first) {
			first = m.From
		}
	}
	life := max(int(v.asOf.Sub(first).Hours()/24)-14, 7)
	ago := 6 + int(-math.Log(1-v.Float64())*240)%life
	return v.workingTime(v.asOf.Add(-days(ago)))
}

// workingTime is between nine and five on a weekday, on that day or just before.
func (v *invention) workingTime(t time.Time) time.Time {
	t = time.Date(t.Year(), t.Month(), t.Day(), 9+v.IntN(8), v.IntN(60), 0, 0, time.UTC)
	switch t.Weekday() {
	case time.Saturday:
		return t.Add(-days(1))
	case time.Sunday:
		return t.Add(-days(2))
	}
	return t
}
