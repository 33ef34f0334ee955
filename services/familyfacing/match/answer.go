package match

import (
	"context"
	"math"
	"time"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/calendar"
	"github.com/kithcare/kith/pkg/passport"
)

// message is the match as it is shown.
func (m match) message(ctx context.Context, now time.Time) *familyfacingv1.Match {
	home := "authorities/" + passport.Authority(ctx) + "/families/" + m.family.String()
	shown := &familyfacingv1.Match{
		Sought: int32(m.sought), Person: home + m.path(), FullName: m.fullName, Child: m.child, AgeYears: yearsOld(m.known.born, now), //nolint:gosec // at most 30 are sought
		Family: home, FamilyState: familyfacingv1.FamilyState(familyfacingv1.FamilyState_value["FAMILY_STATE_"+m.state]),
		Team: "authorities/" + passport.Authority(ctx) + "/teams/" + m.team, Confidence: m.confidence, WeightHundredths: m.hundredths(),
	}
	if m.worker != nil {
		shown.Worker = "authorities/" + passport.Authority(ctx) + "/people/" + m.worker.String()
	}
	for _, f := range m.reasons {
		shown.Reasons = append(shown.Reasons, f.text())
	}
	for _, f := range m.doubts {
		shown.Doubts = append(shown.Doubts, f.text())
	}
	return shown
}

// path is the person's name behind the family's.
func (m match) path() string {
	if m.child {
		return "/children/" + m.id.String()
	}
	return "/adults/" + m.id.String()
}

// subjects are what the answer shows, as the audit trail has it, each once.
func subjects(found []match) []string {
	var all []string
	seen := map[string]bool{}
	add := func(subject string) {
		if !seen[subject] {
			seen[subject] = true
			all = append(all, subject)
		}
	}
	for _, m := range found {
		add("families/" + m.family.String())
		add("families/" + m.family.String() + m.path())
		add("teams/" + m.team)
		if m.worker != nil {
			add("people/" + m.worker.String())
		}
	}
	return all
}

func (v verdict) hundredths() int32 { return int32(math.Round(100 * v.bits)) }

// text is what a finding says to the one who looks.
func (f finding) text() string {
	if f.level == none {
		return f.by
	}
	return weights()[f.level].says + f.by
}

// yearsOld is somebody's age in London; -1 where the birth date is not known.
func yearsOld(born, now time.Time) int32 {
	if born.IsZero() {
		return -1
	}
	today := now.In(calendar.London())
	years := today.Year() - born.Year()
	if today.Month() < born.Month() || today.Month() == born.Month() && today.Day() < born.Day() {
		years--
	}
	return int32(max(years, -1)) //nolint:gosec // nobody is two billion years old
}
