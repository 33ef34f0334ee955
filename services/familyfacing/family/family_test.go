package family

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/pkg/passport"
)

// noon is a moment of invented histories.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func reason(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Reason
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func someone(n byte) uuid.UUID { return uuid.UUID{15: n} }

func TestAssignNeedsTwoPresentMembers(t *testing.T) {
	t.Parallel()
	there := map[uuid.UUID]string{someone(1): "Ana", someone(2): "Ben"}
	for _, c := range []struct {
		worker, cover byte
		want          string
	}{
		{1, 2, ""},
		{2, 1, ""},
		{1, 1, "SAME_PERSON"},
		{3, 1, "NOT_A_PRESENT_MEMBER"},
		{1, 3, "NOT_A_PRESENT_MEMBER"},
		{0, 1, "NOT_A_PRESENT_MEMBER"},
	} {
		if _, err := assign(someone(c.worker), someone(c.cover), there); reason(err) != c.want {
			t.Errorf("worker %d, cover %d: %q, want %q", c.worker, c.cover, reason(err), c.want)
		}
	}
}

// Whatever is done to a family in whatever order, no state comes out that the house does not know.
func TestNoOrderOfActsMakesAnIllegalFamily(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := &family{State: awaiting, Team: "north"}
		everybody := map[uuid.UUID]string{someone(1): "", someone(2): "", someone(3): ""}
		var last *uuid.UUID
		workers := 0
		for range rapid.IntRange(1, 30).Draw(t, "acts") {
			a, err := assign(someone(rapid.ByteRange(0, 4).Draw(t, "worker")), someone(rapid.ByteRange(0, 4).Draw(t, "cover")), everybody)
			before := *f
			switch rapid.SampledFrom([]string{"allocate", "hand over", "defer", "urgent", "acknowledge", "emptied", "joined"}).Draw(t, "act") {
			case "allocate":
				if err == nil && f.allocate(a, last, noon) == nil && (last == nil || *last != a.worker) {
					workers++
				}
			case "hand over":
				if err == nil && f.handOver(a) == nil && before.With.worker != a.worker {
					workers++
				}
			case "defer":
				_ = f.deferTo(rapid.SampledFrom([]string{"north", "south"}).Draw(t, "team"), rapid.Bool().Draw(t, "family facing"))
			case "urgent":
				f.raise(noon)
			case "acknowledge":
				_ = f.acknowledge(someone(1), noon)
			case "emptied":
				f.emptied(noon)
			case "joined":
				f.joined("south")
			}
			if f.With != nil {
				last = &f.With.worker
			}
			legal(t, f)
			if want := max(workers-1, 0); f.Handovers != want {
				t.Fatalf("%d handovers of %d workers in a row", f.Handovers, workers)
			}
		}
	})
}

func legal(t *rapid.T, f *family) {
	switch {
	case f.Team == "":
		t.Fatal("a family without a team")
	case f.State == allocated && (f.With == nil || f.AllocatedAt == nil):
		t.Fatal("allocated to nobody")
	case (f.State == awaiting || f.State == withdrawn) && (f.With != nil || f.AllocatedAt != nil):
		t.Fatalf("%s with a worker", f.State)
	case f.With != nil && f.With.worker == f.With.cover:
		t.Fatal("a worker who is the own cover")
	case (f.State == closed) != (f.ClosedAt != nil):
		t.Fatal("closed without a time, or the other way round")
	case f.State == withdrawn && f.FirstAllocatedAt != nil:
		t.Fatal("withdrawn after somebody had worked with it")
	case f.AcknowledgedBy != nil && f.UrgentSince == nil:
		t.Fatal("an acknowledged urgency that is none")
	}
}

func TestWhatAFamilyRefuses(t *testing.T) {
	t.Parallel()
	a, b := assignment{someone(1), someone(2)}, assignment{someone(1), someone(3)}
	waiting := func() *family { return &family{State: awaiting, Team: "north"} }
	given := func() *family {
		f := waiting()
		if err := f.allocate(a, nil, noon); err != nil {
			t.Fatal(err)
		}
		return f
	}
	ended := func() *family { f := given(); f.emptied(noon); return f }
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"allocate twice":           {given().allocate(b, nil, noon), "NOT_AWAITING_ALLOCATION"},
		"allocate a closed one":    {ended().allocate(a, nil, noon), "NOT_AWAITING_ALLOCATION"},
		"hand over a waiting one":  {waiting().handOver(a), "NOT_ALLOCATED"},
		"hand over to the same":    {given().handOver(a), "NOTHING_CHANGES"},
		"hand over the cover":      {given().handOver(b), ""},
		"defer to itself":          {waiting().deferTo("north", true), "SAME_TEAM"},
		"defer to another kind":    {waiting().deferTo("referral", false), "NOT_A_FAMILY_FACING_TEAM"},
		"defer a closed one":       {ended().deferTo("south", true), "NOT_OPEN"},
		"defer":                    {given().deferTo("south", true), ""},
		"acknowledge no urgency":   {given().acknowledge(someone(1), noon), "NOT_URGENT"},
		"acknowledge a closed one": {ended().acknowledge(someone(1), noon), "NOT_OPEN"},
	} {
		if reason(c.err) != c.want {
			t.Errorf("%s: %q, want %q", name, reason(c.err), c.want)
		}
	}
}

func TestUrgencyIsTakenNoteOfOnceAndAgainByAReceiver(t *testing.T) {
	t.Parallel()
	f := &family{State: awaiting, Team: "north"}
	if !f.raise(noon) || !f.alarming() {
		t.Fatal("no alarm begins")
	}
	if f.raise(noon.Add(time.Minute)) {
		t.Fatal("a second alarm begins while the first goes on")
	}
	if err := f.acknowledge(someone(1), noon); err != nil || f.alarming() {
		t.Fatalf("the alarm goes on: %v", err)
	}
	if got := reason(f.acknowledge(someone(2), noon)); got != "ALREADY_ACKNOWLEDGED" {
		t.Fatalf("acknowledged twice: %q", got)
	}
	if err := f.deferTo("south", true); err != nil || !f.alarming() {
		t.Fatalf("the receiver is not alarmed: %v", err)
	}
	f.emptied(noon)
	if f.alarming() {
		t.Fatal("an alarm about a family that nobody works with")
	}
}

func TestRevisionBeforeAndAfterAllocation(t *testing.T) {
	t.Parallel()
	f := &family{State: awaiting, Team: "north"}
	if f.afterRevision() != hasWithdrawn {
		t.Fatal("before allocation a revision withdraws")
	}
	f.emptied(noon)
	if f.State != withdrawn {
		t.Fatalf("an empty family that nobody worked with is %s", f.State)
	}
	f.joined("south")
	if f.State != awaiting || f.Team != "south" {
		t.Fatalf("a child came back, and the family is %s with %s", f.State, f.Team)
	}
	if err := f.allocate(assignment{someone(1), someone(2)}, nil, noon); err != nil {
		t.Fatal(err)
	}
	if err := f.deferTo("north", true); err != nil {
		t.Fatal(err)
	}
	if f.afterRevision() != revised {
		t.Fatal("once worked with, the team decides, also while the family waits again")
	}
	f.emptied(noon)
	if f.State != closed || f.ClosedAt == nil {
		t.Fatalf("an empty family that was worked with is %s", f.State)
	}
}

func TestRightsCountToTheSecond(t *testing.T) {
	t.Parallel()
	p := &passport.Passport{Kind: passport.Person, Memberships: []passport.Membership{
		{Team: "north", Kind: passport.FamilyFacing, Until: noon},
		{Team: "referral", Kind: passport.Referral},
	}}
	before, after := noon.Add(-time.Second), noon
	// of is the families of those teams.
	of := func(teams []string, team string) error {
		if slices.Contains(teams, team) {
			return nil
		}
		return fault.NotFound()
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"works until then":           {of(seats(p, before), "north"), ""},
		"no longer":                  {of(seats(p, after), "north"), "NOT_FOUND"},
		"families until then":        {mayWorkWithFamilies(p, before), ""},
		"families no longer":         {mayWorkWithFamilies(p, after), "NOT_A_MEMBER"},
		"lists until then":           {mayLookAt(p, "north", before), ""},
		"lists no longer":            {mayLookAt(p, "north", after), "NOT_A_MEMBER"},
		"other team's lists":         {mayLookAt(p, "south", before), "NOT_A_MEMBER"},
		"another kind has no lists":  {mayLookAt(p, "referral", before), "NOT_A_MEMBER"},
		"another team's family":      {of(seats(p, before), "south"), "NOT_FOUND"},
		"an administrator sees none": {of(seats(&passport.Passport{Administrator: true}, before), "north"), "NOT_FOUND"},
	} {
		if reason(c.err) != c.want {
			t.Errorf("%s: %q, want %q", name, reason(c.err), c.want)
		}
	}
}

func TestSameChild(t *testing.T) {
	t.Parallel()
	key := identifiers.NameKey
	known := evidence{nhsNumber: "9990000042", given: "Ella", surnameKey: key("O'Brien"), birthDate: "2018-05-01", addressKey: addressKey("Flat 3, 12 Acklam Road", "W10 5AA")}
	for name, c := range map[string]struct {
		told evidence
		want []string
	}{
		"nothing known":                {evidence{}, nil},
		"the number alone":             {evidence{nhsNumber: "9990000042", given: "Zoe"}, []string{sameNHSNumber}},
		"surname and birth date":       {evidence{given: "Elle", surnameKey: key("OBRIEN"), birthDate: "2018-05-01"}, []string{sameSurnameBirth}},
		"a first name not told":        {evidence{surnameKey: key("O Brien"), birthDate: "2018-05-01"}, []string{sameSurnameBirth}},
		"a twin":                       {evidence{given: "Jack", surnameKey: key("O'Brien"), birthDate: "2018-05-01"}, nil},
		"a twin of another number":     {evidence{nhsNumber: "9990000050", given: "Ella", surnameKey: key("O'Brien"), birthDate: "2018-05-01"}, nil},
		"another birth date":           {evidence{given: "Ella", surnameKey: key("O'Brien"), birthDate: "2018-05-02"}, nil},
		"the address, written shorter": {evidence{given: "Ella", addressKey: addressKey("flat 3 12 acklam rd, London W10 5AA", "")}, []string{sameAddressFirst}},
		"next door":                    {evidence{given: "Ella", addressKey: addressKey("Flat 3, 14 Acklam Road", "W10 5AA")}, nil},
		"a sibling at the address":     {evidence{given: "Jack", addressKey: known.addressKey}, nil},
		"nobody named at the address":  {evidence{addressKey: known.addressKey}, nil},
		"everything": {
			evidence{nhsNumber: "9990000042", given: "Ella", surnameKey: key("O'Brien"), birthDate: "2018-05-01", addressKey: known.addressKey},
			[]string{sameNHSNumber, sameSurnameBirth, sameAddressFirst},
		},
	} {
		if got := sameChild(c.told, known); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if got := sameChild(known, c.told); !slices.Equal(got, c.want) {
			t.Errorf("%s, the other way round: %q, want %q", name, got, c.want)
		}
	}
}

func TestAddressKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, postcode, want string }{
		{"", "", ""},
		{"", "W10 5AA", ""},
		{"London", "W10 5AA", ""},
		{"Rose Cottage, Mill Lane", "W10 5AA", "W10 5AA rose cottage"},
		{"12 Acklam Road, London", "", "12 acklam road london"},
		{"12, Acklam Rd. London", "", "12 acklam road london"},
		{"12 Acklam Road W105AA", "", "W10 5AA 12"},
		{"12a Acklam Road", "w10 5aa", "W10 5AA 12a"},
		{"Flat 3 12 Acklam Road", "not a postcode", "flat 3 12 acklam road"},
	} {
		if got := addressKey(c.address, c.postcode); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.address, c.postcode, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) { addressKey(rapid.String().Draw(t, "address"), rapid.String().Draw(t, "postcode")) })
}

func TestRelationshipsInTheReferrersWords(t *testing.T) {
	t.Parallel()
	ana := toldChild{place: 0, ContactChild: &referralv1.ContactChild{Told: &referralv1.ToldChild{Name: "Ana"}}}
	boy := toldChild{place: 1, ContactChild: &referralv1.ContactChild{Told: &referralv1.ToldChild{Description: "a boy"}}}
	adult := func(is ...string) *referralv1.ToldAdult {
		a := &referralv1.ToldAdult{}
		for i, r := range is {
			if r != "" {
				a.Relationships = append(a.Relationships, &referralv1.Relationship{Child: int32(i), Relationship: r})
			}
		}
		return a
	}
	for name, c := range map[string]struct {
		adult    *referralv1.ToldAdult
		children []toldChild
		words    string
		about    bool
	}{
		"of one":         {adult("mother", "stepmother"), []toldChild{ana}, "mother", true},
		"of both alike":  {adult("mother", "mother"), []toldChild{ana, boy}, "mother", true},
		"of both":        {adult("mother", "stepmother"), []toldChild{ana, boy}, "mother of Ana; stepmother of child 2", true},
		"of the other":   {adult("", "father"), []toldChild{ana}, "", false},
		"of nobody told": {adult(), []toldChild{ana}, "", true},
	} {
		words, about := relationshipTo(c.adult, c.children)
		if words != c.words || about != c.about {
			t.Errorf("%s: %q %v, want %q %v", name, words, about, c.words, c.about)
		}
	}
}

func TestBirthDatesOfAdults(t *testing.T) {
	t.Parallel()
	for told, want := range map[string]string{"3/4/1988": "1988-04-03", "about 3/4/1988": "", "1988": "", "": "", "31/02/1988": ""} {
		if got := adultBirthDate(told, noon); got != want {
			t.Errorf("%q: %q, want %q", told, got, want)
		}
	}
}

func TestPageTokens(t *testing.T) {
	t.Parallel()
	at := Place{Rank: 2, At: noon.Add(123456 * time.Microsecond), ID: someone(7)}
	token := at.Token("open")
	if len(token) > 200 {
		t.Fatalf("a token of %d characters does not fit", len(token))
	}
	got, err := ReadPlace(token, "open")
	if err != nil || got.Rank != at.Rank || got.ID != at.ID || !got.At.Equal(at.At) {
		t.Fatalf("%+v %v, want %+v", got, err, at)
	}
	for name, token := range map[string]string{"of another list": at.Token("closed"), "broken": "!", "not ours": "YWJj"} {
		if _, err := ReadPlace(token, "open"); reason(err) != "INVALID" {
			t.Errorf("a token %s: %v", name, err)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		born string
		at   time.Time
		want int32
	}{
		"the day before a birthday":      {"2018-05-02", time.Date(2026, 5, 1, 22, 59, 0, 0, time.UTC), 7},
		"from midnight on, in London":    {"2018-05-02", time.Date(2026, 5, 1, 23, 0, 0, 0, time.UTC), 8},
		"born today":                     {"2026-03-10", noon, 0},
		"leap day, before the first":     {"2020-02-29", time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC), 5},
		"leap day, on the first":         {"2020-02-29", time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), 6},
		"later in the year":              {"2018-12-01", noon, 7},
		"not known":                      {"", noon, -1},
		"no date":                        {"about eight", noon, -1},
		"not born yet, and not for long": {"2026-03-11", noon, -1},
		"not born yet":                   {"2028-01-01", noon, -1},
	} {
		if got := ageOf(c.born, c.at); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestOlderNewsIsNotTheLastEvent(t *testing.T) {
	t.Parallel()
	f := &family{}
	f.happened(opened, noon)
	f.happened(worryAdded, noon.Add(-time.Second))
	if f.LastEvent != opened || !f.LastEventAt.Equal(noon) {
		t.Errorf("%s at %s", f.LastEvent, f.LastEventAt)
	}
	f.happened(childRevised, noon)
	if f.LastEvent != childRevised {
		t.Error("of two at one moment the first")
	}
}
