package match

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/services/familyfacing/family"
)

// How many matches an answer has for each sought.
const (
	usualMatches = 20
	mostMatches  = 50
)

// MatchPeople finds people who may be those described, each with what speaks for it and against it, the strongest first.
// It merges and links nothing. Errors: NOT_A_MEMBER; INVALID where nothing told can be looked for.
func (s *Service) MatchPeople(ctx context.Context, req *familyfacingv1.MatchPeopleRequest) (*familyfacingv1.MatchPeopleResponse, error) {
	now := s.now()
	if err := mayMatch(passport.From(ctx), now); err != nil {
		return nil, err
	}
	response := &familyfacingv1.MatchPeopleResponse{}
	var all []sought
	for i, told := range req.GetSought() {
		one, err := read(told, i, now)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		response.ReadAs = append(response.ReadAs, one.says)
	}
	size := usualMatches
	if n := int(req.GetPageSize()); n > 0 {
		size = min(n, mostMatches)
	}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		l := lookup{tx: tx, now: now, size: size, openOnly: req.GetOpenChildrenOnly(), args: family.Asking(ctx, now)}
		if err := l.prepare(ctx, all); err != nil {
			return err
		}
		found, err := l.find(ctx, all)
		if err != nil {
			return err
		}
		response.Matches = nil
		for _, m := range found {
			response.Matches = append(response.Matches, m.message(ctx, now))
		}
		return audit.Write(ctx, tx, now, "find people", subjects(found)...)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

// mayMatch says whether people may be found at all: by present members of the teams that meet families, by Caldicott
// guardians, and by services.
func mayMatch(p *passport.Passport, now time.Time) error {
	if p.Kind == passport.Service || p.Guardian || p.MemberOfKind(passport.FamilyFacing, now) || p.MemberOfKind(passport.Referral, now) {
		return nil
	}
	return fault.Denied("NOT_A_MEMBER", "only present members of a Family Facing Team or the Referral Team, and Caldicott guardians, find people")
}

// lookup is one call's search.
type lookup struct {
	tx       pgx.Tx
	now      time.Time
	size     int
	openOnly bool
	// weighers are for each sought one for each way to read what is told of it.
	weighers [][]*weigher
	args     pgx.NamedArgs
	variants variants
}

// match is somebody found for a sought, with what was weighed.
type match struct {
	sought int
	candidate
	verdict
}

// prepare finds how the words may be written, and tells the planner what it can't know: that each way brings few rows.
func (l *lookup) prepare(ctx context.Context, all []sought) error {
	if _, err := l.tx.Exec(ctx, `SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
		set_config('pg_trgm.similarity_threshold', '0.5', true)`); err != nil {
		return err
	}
	var words []string
	for _, s := range all {
		for _, e := range s.all() {
			_, _, both, street := e.words()
			if street != "" {
				both = append(both, firstWord(street))
			}
			for _, w := range both {
				if !slices.Contains(words, w) {
					words = append(words, w)
				}
			}
		}
	}
	if len(words) == 0 {
		return nil
	}
	var err error
	l.variants, err = spellings(ctx, l.tx, words)
	return err
}

// find goes the sure ways first, and the others for whom these find too few.
func (l *lookup) find(ctx context.Context, all []sought) ([]match, error) {
	var sure, wide asked
	for i, s := range all {
		l.weighers = append(l.weighers, nil)
		for _, e := range s.all() {
			l.weighers[i] = append(l.weighers[i], newWeigher(e))
			for _, w := range e.ways(l.variants) {
				to := &sure
				if w.wide {
					to = &wide
				}
				to.ways, to.sought = append(to.ways, w), append(to.sought, i)
			}
		}
	}
	found, err := l.look(ctx, sure)
	if err != nil {
		return nil, err
	}
	var more asked
	for i, w := range wide.ways {
		if n := wide.sought[i]; len(found[n]) < l.size && !l.openOnly {
			more.ways, more.sought = append(more.ways, w), append(more.sought, n)
		}
	}
	again, err := l.look(ctx, more)
	if err != nil {
		return nil, err
	}
	var matches []match
	for i := range all {
		matches = append(matches, l.best(append(found[i], again[i]...))...)
	}
	return matches, nil
}

// look goes ways and weighs who is found.
func (l *lookup) look(ctx context.Context, a asked) (map[int][]match, error) {
	if len(a.ways) == 0 {
		return nil, nil
	}
	found, err := look(ctx, l.tx, l.args, a, l.openOnly)
	if err != nil {
		return nil, err
	}
	matches := map[int][]match{}
	for n, candidates := range found {
		for _, c := range candidates {
			m := match{sought: n, candidate: c, verdict: l.weigh(n, c)}
			if m.worthShowing(l.openOnly) {
				matches[n] = append(matches[n], m)
			}
		}
	}
	return matches, nil
}

// weigh takes the reading of the words that agrees best.
func (l *lookup) weigh(n int, c candidate) verdict {
	best := l.weighers[n][0].weigh(c.known)
	for _, w := range l.weighers[n][1:] {
		if v := w.weigh(c.known); v.bits > best.bits {
			best = v
		}
	}
	return best
}

// worthShowing says whether the evidence is worth anybody's time. What is suggested for a contact unasked has to be worth
// more than what somebody looks for, and spares siblings and twins.
func (m match) worthShowing(suggested bool) bool {
	if suggested {
		return m.bits >= leastLinked && (m.given != givenOther || m.identified)
	}
	return m.bits >= leastShown
}

// best are those to show, the strongest first; among equals those whom a team works with now.
func (l *lookup) best(found []match) []match {
	slices.SortFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.hundredths(), a.hundredths()), cmp.Compare(b.open(), a.open()), cmp.Compare(a.id.String(), b.id.String()))
	})
	found = slices.CompactFunc(found, func(a, b match) bool { return a.id == b.id })
	besideTwins(found)
	return found[:min(len(found), l.size)]
}

func (m match) open() int {
	if m.state == "AWAITING_ALLOCATION" || m.state == "ALLOCATED" {
		return 1
	}
	return 0
}

// besideTwins takes back certainty where two children of one family fit, who were born on one day: it can't be told which
// of them is meant.
func besideTwins(found []match) {
	nearly, isLikely := familyfacingv1.Confidence_CONFIDENCE_NEARLY_CERTAIN, familyfacingv1.Confidence_CONFIDENCE_LIKELY
	for i := range found {
		for j := range found {
			a, b := &found[i], found[j]
			if i != j && a.confidence == nearly && !a.identified && b.confidence >= isLikely && a.family == b.family && a.known.born.Equal(b.known.born) {
				a.confidence = isLikely
				a.doubts = append(a.doubts, finding{level: none, by: "a twin fits as well"})
			}
		}
	}
}
