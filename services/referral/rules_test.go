package referral

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/calendar"
	"github.com/kithcare/kith/pkg/fault"
)

func officeAt(t *testing.T, opens, closes string) office {
	t.Helper()
	hours, err := calendar.ParseHours(opens, closes)
	if err != nil {
		t.Fatal(err)
	}
	return office{hours: hours, urgent: 90 * time.Minute}
}

func TestDecisionIsDueOneWorkingDayAfterReceipt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		received, want string
		danger         bool
	}{
		{"2026-11-18T10:15:00Z", "2026-11-19T10:15:00Z", false},
		{"2026-11-20T16:59:00Z", "2026-11-23T16:59:00Z", false}, // over a weekend
		{"2026-11-21T03:00:00Z", "2026-11-24T08:30:00Z", false}, // from Monday's opening
		{"2026-12-24T12:00:00Z", "2026-12-29T12:00:00Z", false}, // Christmas, a weekend and a substitute day
		{"2026-10-23T08:00:00Z", "2026-10-26T09:00:00Z", false}, // the same local time after the clocks went back
		{"2026-11-21T03:00:00Z", "2026-11-21T04:30:00Z", true},  // danger counts elapsed time, day and night
	} {
		received, err := time.Parse(time.RFC3339, c.received)
		if err != nil {
			t.Fatal(err)
		}
		if got := decisionDueBy(received, c.danger, officeAt(t, "08:30", "17:30")).Format(time.RFC3339); got != c.want {
			t.Errorf("received %s, danger %v: due %s, want %s", c.received, c.danger, got, c.want)
		}
	}
}

func TestStillNeededListsWhatWouldHelp(t *testing.T) {
	t.Parallel()
	bare := &referralv1.Told{Source: &referralv1.Source{Code: "6"}, Worry: "words", Children: []*referralv1.ToldChild{{Description: "a boy in the flat above the chip shop"}}}
	want := []string{
		"source.person", "source.phone", "source.organisation", "children[0].name", "children[0].birthDate", "children[0].sex", "children[0].address",
		"children[0].postcode", "adults", "when", "doneSoFar", "telling.parentsTold", "telling.childTold", "lawfulBasis",
	}
	if got := stillNeeded(bare); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	bare.Source.Code = "9"
	for _, never := range []string{"source.person", "source.phone", "source.organisation", "lawfulBasis"} {
		if slices.Contains(stillNeeded(bare), never) {
			t.Errorf("%s is asked of somebody anonymous", never)
		}
	}
	bare.Children = []*referralv1.ToldChild{{ExpectedDate: "1 February", Address: "1 Invented Road, London W10 5ZZ"}}
	for _, never := range []string{"children[0].name", "children[0].birthDate", "children[0].sex", "children[0].postcode"} {
		if slices.Contains(stillNeeded(bare), never) {
			t.Errorf("%s is asked of an unborn child with an address", never)
		}
	}
	bare.Telling = &referralv1.Telling{ParentsTold: referralv1.YesNo_YES_NO_NO}
	if !slices.Contains(stillNeeded(bare), "telling.whyNot") {
		t.Error("why the parents were not told is not asked")
	}
	whole := &referralv1.Told{
		Source: &referralv1.Source{Code: "2A", Organisation: "o", Person: "p", Email: "e"}, When: "w", DoneSoFar: "d", LawfulBasis: 1,
		Children: []*referralv1.ToldChild{{Name: "n", BirthDate: "b", Sex: "F", Address: "a", Postcode: "p"}},
		Adults:   []*referralv1.ToldAdult{{Relationships: []*referralv1.Relationship{{}}}},
		Telling:  &referralv1.Telling{ParentsTold: 1, ParentsViews: "v", ChildTold: 2, WhyNot: "young"},
	}
	if got := stillNeeded(whole); len(got) != 0 {
		t.Errorf("nothing is missing, yet %v is asked", got)
	}
}

func TestEachOutcomeNeedsWhatItNeeds(t *testing.T) {
	t.Parallel()
	family := uuid.New()
	whole := func(o referralv1.Outcome) decision {
		d := decision{Outcome: o, ReasonForReferrer: "r", Receiver: "r", FamilyAgrees: referralv1.YesNo_YES_NO_YES, Source: "6", Team: "north"}
		if o == referralv1.Outcome_OUTCOME_ALREADY_OPEN {
			d.Family = &family
		}
		return d
	}
	lacks := map[string]struct {
		take     func(*decision)
		outcomes []referralv1.Outcome
	}{
		"reasonForReferrer": {func(d *decision) { d.ReasonForReferrer = "" }, []referralv1.Outcome{1, 2, 3, 4, 5, 6, 7}},
		"receiver":          {func(d *decision) { d.Receiver = "" }, []referralv1.Outcome{3, 4, 5}},
		"familyAgrees":      {func(d *decision) { d.FamilyAgrees = referralv1.YesNo_YES_NO_NO }, []referralv1.Outcome{3}},
		"family":            {func(d *decision) { d.Family = nil }, []referralv1.Outcome{6}},
		"outcome":           {func(d *decision) { d.Team = "" }, []referralv1.Outcome{7, 8}},
		"ownFamily":         {func(d *decision) { d.OwnFamily = true }, []referralv1.Outcome{1, 2, 3, 4, 5, 6}},
	}
	for o := referralv1.Outcome(1); o <= 8; o++ {
		if err := whole(o).check(); err != nil {
			t.Errorf("%v lacks nothing, yet: %v", o, err)
		}
		for field, l := range lacks {
			d := whole(o)
			l.take(&d)
			err := d.check()
			if due := slices.Contains(l.outcomes, o); (err != nil) != due {
				t.Errorf("%v without %s: %v, refusal due: %v", o, field, err, due)
			} else if due && fault.From(err).Field != field {
				t.Errorf("%v without %s: the refusal names %s", o, field, fault.From(err).Field)
			}
		}
	}
	individual := whole(referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION)
	individual.Source, individual.ReasonForReferrer = "1A", ""
	if err := individual.check(); err != nil {
		t.Errorf("a neighbour is told no reason, yet one is asked: %v", err)
	}
	both := whole(referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM)
	both.Family, both.OwnFamily = &family, true
	if both.check() == nil {
		t.Error("a chosen family and one of its own at once are taken")
	}
}

func TestContactIsDecidedWhenEveryChildIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		outcomes := rapid.SliceOfN(rapid.Int16Range(0, 8), 1, 30).Draw(t, "outcomes")
		danger, acknowledged := rapid.Bool().Draw(t, "danger"), rapid.Bool().Draw(t, "acknowledged")
		c := &contact{State: rapid.Int16Range(1, 5).Draw(t, "state"), ImmediateDanger: danger}
		if acknowledged {
			moment := at()
			c.DangerAcknowledgedAt = &moment
		}
		was := c.State
		open := 0
		var children []*child
		for _, o := range outcomes {
			children = append(children, &child{Outcome: o, Team: "north"})
			if o == 0 {
				open++
			}
		}
		c.derive(children, at())
		if int(c.ChildrenUndecided) != open || len(c.Teams) != 1 || len(c.ChildNames) != len(children) {
			t.Fatalf("derived %+v", c)
		}
		switch was {
		case undecided, decided:
			if (c.State == decided) != (open == 0) || (c.DecidedAt != nil) != (open == 0) {
				t.Fatalf("%d open children give state %d, decided at %v", open, c.State, c.DecidedAt)
			}
		default:
			if c.State != was {
				t.Fatalf("state %d became %d by itself", was, c.State)
			}
		}
		waits := c.State == undecided || c.State == proposed
		want := int16(9)
		if waits {
			want = 1
		}
		if danger && (waits || !acknowledged && c.State == decided) {
			want = 0
		}
		if c.Rank != want {
			t.Fatalf("rank %d, want %d (state %d, danger %v, acknowledged %v)", c.Rank, want, c.State, danger, acknowledged)
		}
	})
}

func TestPatchIsSettledByEveryPostcodeTold(t *testing.T) {
	t.Parallel()
	in := func(teams ...string) cover { return cover{teams: teams, known: true} }
	for name, c := range map[string]struct {
		covers []cover
		want   patchFound
	}{
		"no address":         {nil, patchFound{needs: referralv1.NeedsPerson_NEEDS_PERSON_NO_ADDRESS}},
		"one":                {[]cover{in("north")}, patchFound{team: "north"}},
		"none":               {[]cover{in()}, patchFound{needs: referralv1.NeedsPerson_NEEDS_PERSON_NO_PATCH}},
		"not ours":           {[]cover{{}}, patchFound{needs: referralv1.NeedsPerson_NEEDS_PERSON_NO_PATCH, unknown: true}},
		"overlap":            {[]cover{in("north", "south")}, patchFound{needs: referralv1.NeedsPerson_NEEDS_PERSON_TWO_PATCHES}},
		"two homes":          {[]cover{in("north"), in("south")}, patchFound{needs: referralv1.NeedsPerson_NEEDS_PERSON_TWO_PATCHES}},
		"two homes one team": {[]cover{in("north"), in("north")}, patchFound{team: "north"}},
		"home and elsewhere": {[]cover{in("north"), {}}, patchFound{needs: referralv1.NeedsPerson_NEEDS_PERSON_TWO_PATCHES, unknown: true}},
	} {
		if got := settle(c.covers); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestWhatSpeaksAgainstAnEarlierChildIsSaid(t *testing.T) {
	t.Parallel()
	ana := &child{Name: "Ana Silva", NHSNumber: "9990000018", SurnameKey: "SILVA", BirthDate: "2019-03-03"}
	same := weigh(alike(ana, &child{Name: "Ana Silva", SurnameKey: "SILVA", BirthDate: "2019-03-03"}))
	for name, c := range map[string]struct {
		other *child
		want  []string
	}{
		"a twin":                {&child{Name: "Rui Silva", SurnameKey: "SILVA", BirthDate: "2019-03-03"}, []string{otherFirst}},
		"another number":        {&child{Name: "Ana Silva", NHSNumber: "9990000026", SurnameKey: "SILVA", BirthDate: "2019-03-03"}, []string{otherNumber}},
		"a first name not told": {&child{Name: "Miss Silva", SurnameKey: "SILVA", BirthDate: "2019-03-03"}, nil},
	} {
		reasons, got := alike(ana, c.other)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if len(got) > 0 && weigh(reasons, got) >= same {
			t.Errorf("%s weighs as much as the same child", name)
		}
	}
}

func TestAlikeNeedsMoreThanAnAddress(t *testing.T) {
	t.Parallel()
	ana := &child{Name: "Ana Silva", NHSNumber: "9990000018", SurnameKey: "SILVA", BirthDate: "2019-03-03", AddressKey: "W10 5ZZ/12"}
	for name, c := range map[string]struct {
		other *child
		want  []string
	}{
		"number":            {&child{Name: "B", NHSNumber: "9990000018"}, []string{sameNumber}},
		"surname and birth": {&child{Name: "B Silva", SurnameKey: "SILVA", BirthDate: "2019-03-03"}, []string{sameBirth}},
		"surname alone":     {&child{Name: "B Silva", SurnameKey: "SILVA", BirthDate: "2018-03-03"}, nil},
		"sibling":           {&child{Name: "Rui Silva", SurnameKey: "SILVA", AddressKey: "W10 5ZZ/12"}, nil},
		"longer form":       {&child{Name: "Anabel Costa", AddressKey: "W10 5ZZ/12"}, []string{sameAddress}},
		"nothing known":     {&child{}, nil},
		"all":               {ana, []string{sameNumber, sameBirth, sameAddress}},
	} {
		if got, _ := alike(ana, c.other); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got, _ := alike(&child{}, &child{}); got != nil {
		t.Errorf("two children of whom nothing is known are alike: %v", got)
	}
}
