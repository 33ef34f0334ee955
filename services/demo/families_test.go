package demo_test

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/kithcare/kith/services/demo"
)

func digest(t *testing.T, families []demo.Family) [32]byte {
	t.Helper()
	text, err := json.Marshal(families)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(text)
}

func TestFamiliesAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	h := demo.HistoryOf(read(t, kensington), now())
	first := digest(t, demo.Families(h))
	if digest(t, demo.Families(demo.HistoryOf(read(t, kensington), now()))) != first {
		t.Error("the same history gave other families")
	}
	h.Seed++
	if digest(t, demo.Families(h)) == first {
		t.Error("another seed gave the same families")
	}
}

func TestFamiliesOfBothAuthorities(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for key, want := range map[string]struct{ families, leastChildren, mostChildren int }{
		kensington: {280, 380, 430}, hammersmith: {40, 45, 70},
	} {
		h := demo.HistoryOf(read(t, key), now())
		families := demo.Families(h)
		children := 0
		for _, f := range families {
			children += len(f.Children)
			for _, c := range f.Children {
				if c.NHSNumber != "" && seen[c.NHSNumber] {
					t.Errorf("%s is given in both authorities", c.NHSNumber)
				}
				seen[c.NHSNumber] = true
			}
		}
		if len(families) != want.families || children < want.leastChildren || children > want.mostChildren {
			t.Errorf("%s has %d children in %d families", key, children, len(families))
		}
		invariants(t, h, families)
	}
}

// About 14 children each is a guide; the demonstration keeps near it on any day it is started.
func TestNobodyCarriesFarMoreThanTheGuide(t *testing.T) {
	t.Parallel()
	for _, key := range []string{kensington, hammersmith} {
		a := read(t, key)
		for week := range 52 {
			load := map[string]int{}
			for _, f := range demo.Families(demo.HistoryOf(a, now().AddDate(0, 0, 7*week))) {
				if f.Closure == nil && f.Worker() != "" {
					load[f.Worker()] += len(f.Children)
				}
			}
			for worker, children := range load {
				if children > 15 {
					t.Errorf("in week %d %s has %d children", week, worker, children)
				}
			}
		}
	}
}

// Every kind of family that a newcomer to the demonstration should meet is there.
func TestTheFamiliesAreVaried(t *testing.T) {
	t.Parallel()
	found := map[string]int{}
	families := demo.Families(demo.HistoryOf(read(t, kensington), now()))
	addresses := map[demo.Address]int{}
	note := func(what string, is bool) {
		if is {
			found[what]++
		}
	}
	for _, f := range families {
		addresses[f.Address]++
		note("unallocated", f.Allocation == nil)
		note("closed", f.Closure != nil)
		note("handed over", len(f.Handovers) > 0)
		note("strategy discussion", f.Contact.Outcome == demo.OutcomeStrategyDiscussionNow)
		note("siblings", len(f.Children) > 1)
		note("shared address", addresses[f.Address] > 1)
		for i, c := range f.Children {
			note("twins", i > 0 && c.BirthDate.Equal(f.Children[i-1].BirthDate))
			note("one name", c.FamilyName == "")
			note("apostrophe", strings.Contains(c.FamilyName, "’"))
			note("marks on letters", strings.ContainsFunc(c.GivenName+c.FamilyName, func(r rune) bool { return r > unicode.MaxLatin1 }))
			note("told otherwise", c.NameTold != c.GivenName+" "+c.FamilyName)
			note("UPN", c.UPN != "")
			note("no NHS number", c.NHSNumber == "")
			note(string(c.Category.Kind), true)
		}
	}
	for what, least := range map[string]int{
		"unallocated": 3, "closed": 5, "handed over": 3, "strategy discussion": 5, "siblings": 50, "shared address": 3, "twins": 3,
		"one name": 5, "apostrophe": 5, "marks on letters": 50, "told otherwise": 50, "UPN": 100, "no NHS number": 3,
		string(demo.ChildInNeed): 200, string(demo.ChildProtectionPlan): 20, string(demo.LookedAfter): 20,
	} {
		if found[what] < least {
			t.Errorf("%s: %d, want at least %d", what, found[what], least)
		}
	}
}

// Whatever the seed and the day, also one before anybody was a member, no family contradicts itself.
func TestNoHistoryContradictsItself(t *testing.T) {
	t.Parallel()
	a := read(t, hammersmith)
	rapid.Check(t, func(t *rapid.T) {
		h := demo.HistoryOf(a, now().Add(time.Duration(rapid.IntRange(-30000, 30000).Draw(t, "hours"))*time.Hour))
		h.Seed = rapid.Uint64().Draw(t, "seed")
		h.Families = rapid.IntRange(0, 60).Draw(t, "families")
		families := demo.Families(h)
		if len(families) != h.Families {
			t.Fatalf("%d families, want %d", len(families), h.Families)
		}
		invariants(t, h, families)
	})
}

func TestATeamWithoutMembersGetsNoFamily(t *testing.T) {
	t.Parallel()
	h := demo.HistoryOf(read(t, hammersmith), now())
	h.Teams[0].Members = nil
	for _, f := range demo.Families(h) {
		if f.Team == h.Teams[0].Key {
			t.Fatalf("%s went to a team of nobody", f.Key)
		}
	}
	h.Teams[1].Postcodes = nil
	if families := demo.Families(h); len(families) != 0 {
		t.Errorf("%d families without a team", len(families))
	}
}

func TestALeaverHoldsNoOpenFamily(t *testing.T) {
	t.Parallel()
	h := demo.HistoryOf(read(t, hammersmith), now())
	left := now().AddDate(0, -1, 0)
	leaver := &h.Teams[0].Members[0]
	leaver.Until = &left
	for _, f := range demo.Families(h) {
		if f.Closure == nil && f.Allocation != nil && (f.Worker() == leaver.Person || f.Allocation.Cover == leaver.Person) {
			t.Errorf("%s is left with %s", f.Key, leaver.Person)
		}
	}
}

type failing interface {
	Helper()
	Errorf(format string, args ...any)
}

func invariants(t failing, h demo.History, families []demo.Family) {
	t.Helper()
	keys, numbers, upns := map[string]bool{}, map[string]bool{}, map[string]bool{}
	teams := map[string]demo.HistoryTeam{}
	for _, team := range h.Teams {
		teams[team.Key] = team
	}
	for i, f := range families {
		if keys[f.Key] || i > 0 && f.OpenedAt.Before(families[i-1].OpenedAt) {
			t.Errorf("%s stands twice or out of order", f.Key)
		}
		keys[f.Key] = true
		if len(f.Children) == 0 || len(f.Adults) == 0 || !slices.Contains(teams[f.Team].Postcodes, f.Address.Postcode) {
			t.Errorf("%s has nobody, or lives outside its team's patch", f.Key)
		}
		contactHolds(t, h, f)
		workHolds(t, h, f, teams[f.Team].Members)
		for _, c := range f.Children {
			childHolds(t, h, f, c)
			if c.NHSNumber != "" && numbers[c.NHSNumber] || c.UPN != "" && upns[c.UPN] {
				t.Errorf("%s or %s is given twice", c.NHSNumber, c.UPN)
			}
			numbers[c.NHSNumber], upns[c.UPN] = true, true
		}
	}
}

func contactHolds(t failing, h demo.History, f demo.Family) {
	c := f.Contact
	if !c.ReceivedAt.Before(c.DecidedAt) || !c.DecidedAt.Equal(f.OpenedAt) || f.OpenedAt.After(h.AsOf) || c.DecidedAt.Sub(c.ReceivedAt) > 24*time.Hour {
		t.Errorf("%s: received %v, decided %v, opened %v", f.Key, c.ReceivedAt, c.DecidedAt, f.OpenedAt)
	}
	if c.Concern == "" || c.Reason == "" || c.Source == "" || strings.ContainsAny(c.Concern, "{}") {
		t.Errorf("%s: the contact lacks words: %+v", f.Key, c)
	}
	for _, adult := range f.Adults {
		for _, r := range adult.Relations {
			if adult.GivenName == "" || r.Child < 0 || r.Child >= len(f.Children) || r.Is == "" {
				t.Errorf("%s: %+v is related to nobody", f.Key, adult)
			}
		}
	}
}

func workHolds(t failing, h demo.History, f demo.Family, members []demo.Member) {
	if f.Allocation == nil {
		if len(f.Handovers) > 0 || f.Closure != nil || f.Worker() != "" {
			t.Errorf("%s: work without an allocation", f.Key)
		}
		return
	}
	member := func(person string, at time.Time) bool {
		return slices.ContainsFunc(members, func(m demo.Member) bool {
			return m.Person == person && !at.Before(m.From) && (m.Until == nil || at.Before(*m.Until))
		})
	}
	a := f.Allocation
	if a.Worker == a.Cover || f.Worker() == a.Cover || !member(a.Worker, a.At) || !member(a.Cover, a.At) || !a.At.After(f.OpenedAt) || a.At.After(h.AsOf) {
		t.Errorf("%s: allocated %+v", f.Key, *a)
	}
	from, after := a.Worker, a.At
	for _, g := range f.Handovers {
		if g.From != from || g.To == g.From || !member(g.To, g.Given) || g.Reason == "" ||
			!g.ChildrenToldAt.After(after) || !g.Given.After(g.ChildrenToldAt) || g.Given.After(h.AsOf) {
			t.Errorf("%s: handed over %+v", f.Key, g)
		}
		from, after = g.To, g.Given
	}
	if f.Closure != nil && (!f.Closure.At.After(after) || f.Closure.At.After(h.AsOf)) {
		t.Errorf("%s: closed at %v", f.Key, f.Closure.At)
	}
}

func childHolds(t failing, h demo.History, f demo.Family, c demo.Child) {
	if !c.BirthDate.Before(f.Contact.ReceivedAt) || c.BirthDate.AddDate(18, 0, 0).Before(h.AsOf) {
		t.Errorf("%s: a child born %v", f.Key, c.BirthDate)
	}
	if c.GivenName == "" || !strings.Contains("MFU", c.Sex) || c.NameTold == "" || len(c.PrimaryNeed) != 2 {
		t.Errorf("%s: %+v", f.Key, c)
	}
	day := f.OpenedAt.Truncate(24 * time.Hour)
	if c.Category.Since.Before(day) || c.Category.Since.After(h.AsOf) || (c.Category.Abuse != "") != (c.Category.Kind == demo.ChildProtectionPlan) {
		t.Errorf("%s: %+v on a family of %v", f.Key, c.Category, day)
	}
	if c.NHSNumber != "" && !validNHSNumber(c.NHSNumber) {
		t.Errorf("%s: the NHS number %s is not valid", f.Key, c.NHSNumber)
	}
	if c.UPN != "" && !validUPN(c.UPN) {
		t.Errorf("%s: the UPN %s is not valid", f.Key, c.UPN)
	}
}

// validNHSNumber: all ten digits weighted 10 to 1 give a multiple of eleven; from 999 000 0000 they are never issued.
func validNHSNumber(s string) bool {
	sum := 0
	for i, digit := range s {
		sum += int(digit-'0') * (10 - i)
	}
	return len(s) == 10 && sum%11 == 0 && s >= "9990000000"
}

// validUPN was tried on published examples: A950000178301 and H243278544154 are valid.
func validUPN(s string) bool {
	sum := 0
	for i, digit := range s[1:] {
		sum += int(digit-'0') * (i + 2)
	}
	return len(s) == 13 && s[0] == "ABCDEFGHJKLMNPQRTUVWXYZ"[sum%23]
}

func TestTheChecksOfTheseTestsKnowPublishedNumbers(t *testing.T) {
	t.Parallel()
	if !validUPN("A950000178301") || !validUPN("H243278544154") || validUPN("R247962919251") || !validNHSNumber("9990000018") || validNHSNumber("9990000019") {
		t.Error("the checks are wrong")
	}
}

func BenchmarkFamilies(b *testing.B) {
	h := demo.HistoryOf(read(b, kensington), now())
	for b.Loop() {
		demo.Families(h)
	}
}
