package demo

import (
	"slices"
	"time"
)

// contact is when the family was told of and what was decided; the words follow when the people are known.
func (v *invention) contact(c concern, opened time.Time) EarlierContact {
	e := EarlierContact{
		Source: c.source, Organisation: c.organisation, Role: c.role, PrimaryNeed: c.need, DecidedAt: opened,
		Outcome: OutcomeFamilyFacingTeam, Reason: c.reason, ParentsTold: v.chance(60),
	}
	e.ReceivedAt = opened.Add(-time.Duration(40+v.IntN(360)) * time.Minute)
	if e.ReceivedAt.Hour() < 8 && !c.anyHour() {
		e.ReceivedAt = time.Date(opened.Year(), opened.Month(), opened.Day(), 8, v.IntN(55), 0, 0, time.UTC)
	}
	if c.urgent {
		e.Outcome, e.DangerAtFirst = OutcomeStrategyDiscussionNow, v.chance(30)
		e.ReceivedAt = opened.Add(-time.Duration(10+v.IntN(45)) * time.Minute)
	}
	if c.role != "" {
		n := pick(v, v.names)
		given := n.women
		if v.chance(40) {
			given = n.men
		}
		e.Name = join(pick(v, given), v.surname(n))
	}
	return e
}

// categories gives each child what its help rests on: mostly in need, some on a plan, some looked after. A plan needs a
// conference first, within 15 working days of the strategy discussion, so it is never younger than three weeks.
func (v *invention) categories(f *Family, c concern) {
	open := v.asOf.Sub(f.OpenedAt)
	kind := ChildInNeed
	switch p := v.IntN(100); {
	case p < 12 || c.urgent && p < 45:
		kind = ChildProtectionPlan
	case p >= 88:
		kind = LookedAfter
	}
	if open < days(22) {
		kind = ChildInNeed
	}
	since := f.OpenedAt.Truncate(24 * time.Hour)
	if kind != ChildInNeed {
		since = since.Add(days(19 + v.IntN(max(1, min(200, int(open.Hours()/24)-20)))))
	}
	for i := range f.Children {
		child := &f.Children[i]
		child.PrimaryNeed = c.need
		child.Category = Category{Kind: kind, Since: since}
		if kind == ChildProtectionPlan {
			child.Category.Abuse = c.abuse
		}
		if kind == LookedAfter && i > 0 && v.chance(40) {
			child.Category = Category{Kind: ChildInNeed, Since: f.OpenedAt.Truncate(24 * time.Hour)}
		}
	}
}

// allocate gives the family a worker and a cover who were members at that time and still are, the one with the lightest
// load for their hours; then closes a few families and hands a few over. The newest stay unallocated.
func (v *invention) allocate(f *Family, members []Member) {
	at := f.OpenedAt.Add(time.Duration(1+v.IntN(30)) * time.Hour)
	able := slices.DeleteFunc(slices.Clone(members), func(m Member) bool { return !m.at(at) || !m.at(v.asOf) })
	if v.asOf.Sub(f.OpenedAt) < freshFor || len(able) < 2 {
		return
	}
	children := float64(len(f.Children))
	v.Shuffle(len(able), func(i, j int) { able[i], able[j] = able[j], able[i] })
	slices.SortStableFunc(able, func(a, b Member) int {
		la, lb := (v.load[a.Person]+children)/a.FullTimeEquivalent, (v.load[b.Person]+children)/b.FullTimeEquivalent
		switch {
		case la < lb:
			return -1
		case la > lb:
			return 1
		}
		return 0
	})
	f.Allocation = &Allocation{Worker: able[0].Person, Cover: able[1+v.IntN(len(able)-1)].Person, At: at}
	age := int(v.asOf.Sub(at).Hours() / 24)
	if age > 100 && onlyInNeed(*f) && v.chance(10) {
		f.Closure = &Closure{At: v.workingTime(at.Add(days(60 + v.IntN(age-62)))), Reason: pick(v, []string{"RC7", "RC8", "RC9"})}
		return
	}
	if age > 90 && v.chance(6) {
		v.handOver(f, able, age)
	}
	v.load[f.Worker()] += children
}

func onlyInNeed(f Family) bool {
	return !slices.ContainsFunc(f.Children, func(c Child) bool { return c.Category.Kind != ChildInNeed })
}

// handOver makes the lightest member the present worker, and somebody else the first one.
func (v *invention) handOver(f *Family, able []Member, age int) {
	before := slices.DeleteFunc(slices.Clone(able), func(m Member) bool {
		return m.Person == f.Allocation.Worker || m.Person == f.Allocation.Cover
	})
	if len(before) == 0 {
		return
	}
	to := f.Allocation.Worker
	f.Allocation.Worker = pick(v, before).Person
	at := v.workingTime(f.Allocation.At.Add(days(20 + v.IntN(age-30))))
	f.Handovers = []Handover{{
		From: f.Allocation.Worker, To: to, Given: at, ChildrenToldAt: at.Add(-days(3 + v.IntN(5))),
		Reason: pick(v, handoverReasons()),
	}}
}

func handoverReasons() []string {
	return []string{
		"The first worker begins parental leave; the family met the new worker together with her twice.",
		"The mother asked for a worker who speaks Portuguese; the team agreed.",
		"The first worker reduces his hours and the team chose whom the children already knew as cover.",
		"The young person and the worker did not get on, after two honest tries; the team talked it over with him.",
		"The first worker joins the rotation through the Referral Team.",
	}
}

func join(given, family string) string {
	if family == "" {
		return given
	}
	return given + " " + family
}
