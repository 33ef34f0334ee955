package match_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/familyfacing/family"
	"github.com/kithcare/kith/services/familyfacing/invented"
	"github.com/kithcare/kith/services/platform/try"
)

const (
	// measuredFamilies have more than 5,000 people.
	measuredFamilies = 1800
	// measuredLookups is how many there are of each kind.
	measuredLookups = 100
	// atOnce is how many are sought in one call.
	atOnce = 20
)

// The floors are a little below what was measured (docs/matching.md): whoever makes matching worse hears of it.
const (
	leastPrecision      = 0.97
	leastRecall         = 0.97
	leastFirst          = 0.93
	leastLikely         = 0.97
	leastPrecisionSure  = 0.995
	mostStrangersLikely = 0.02
)

func TestPrecisionAndRecallOnInventedPeople(t *testing.T) {
	t.Parallel()
	m := invented.New(invented.Config{Seed: 1, Now: time.Now(), Teams: []string{"shepherds-bush", "fulham"}})
	past, people := make([]family.PastFamily, measuredFamilies), 0
	pointers := make([]*family.PastFamily, measuredFamilies)
	for i := range past {
		past[i] = m.Family()
		people += len(past[i].People)
		pointers[i] = &past[i]
	}
	if people < 5000 {
		t.Fatalf("only %d people", people)
	}
	seed(t, try.Hammersmith, pointers...)
	kith.Owner(t, try.Hammersmith, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `ANALYZE familyfacing.person, familyfacing.known_word`)
		return err
	})
	score := invented.Score{}
	lookups := labelled(m, past)
	for len(lookups) > 0 {
		some := lookups[:min(atOnce, len(lookups))]
		lookups = lookups[len(some):]
		req := &familyfacingv1.MatchPeopleRequest{Parent: "authorities/" + try.Hammersmith}
		for _, l := range some {
			req.Sought = append(req.Sought, l.Sought)
		}
		answer := findAs(kith.At(t, "web", try.Hammersmith, kith.Members(try.Hammersmith, "fulham")[0]), t, req)
		found := make([][]*familyfacingv1.Match, len(some))
		for _, match := range answer.GetMatches() {
			found[match.GetSought()] = append(found[match.GetSought()], match)
		}
		for i, l := range some {
			score.Add(l, found[i])
		}
	}
	t.Logf("%d people in %d families\n%s", people, measuredFamilies, score)
	judge(t, score)
}

// labelled are look-ups of every kind, each for another family as long as there are enough.
func labelled(m *invented.Maker, past []family.PastFamily) []invented.Lookup {
	var all []invented.Lookup
	for kind := range invented.Kinds() {
		for i, n := 0, 0; n < measuredLookups && i < len(past); i++ {
			if l, fits := m.Lookup(kind, past[(kind*211+i)%len(past)]); fits {
				all = append(all, l)
				n++
			}
		}
	}
	return all
}

func judge(t *testing.T, score invented.Score) {
	known := score.Total(func(kind string) bool { return !invented.Strange(kind) })
	enough := score.Total(invented.Enough)
	strange := score.Total(invented.Strange)
	all := score.Total(func(string) bool { return true })
	share := func(n, of int) float64 { return float64(n) / float64(max(of, 1)) }
	for _, f := range []struct {
		what   string
		value  float64
		floor  float64
		shares string
	}{
		{"precision of what is called likely", share(all.Right, all.Shown), leastPrecision, invented.Share(all.Right, all.Shown)},
		{"precision of what is called nearly certain", share(all.NearlyRight, all.Nearly), leastPrecisionSure, invented.Share(all.NearlyRight, all.Nearly)},
		{"recall: on the page", share(known.Page, known.Lookups), leastRecall, invented.Share(known.Page, known.Lookups)},
		{"recall: first", share(known.First, known.Lookups), leastFirst, invented.Share(known.First, known.Lookups)},
		{"recall: called likely where enough is told", share(enough.Likely, enough.Lookups), leastLikely, invented.Share(enough.Likely, enough.Lookups)},
		{"strangers whom nobody is taken for", 1 - share(strange.Shown, strange.Lookups), 1 - mostStrangersLikely, invented.Share(strange.Lookups-strange.Shown, strange.Lookups)},
	} {
		t.Logf("%s: %s", f.what, f.shares)
		if f.value < f.floor {
			t.Errorf("%s: %s, at least %.1f%% before", f.what, f.shares, 100*f.floor)
		}
	}
	if all.Twins == 0 || all.TwinsNearly > 0 {
		t.Errorf("of %d twins %d were called nearly certain for the other", all.Twins, all.TwinsNearly)
	}
	if all.Lookups != len(score)*measuredLookups {
		t.Errorf("%d look-ups of %d kinds", all.Lookups, len(score))
	}
}
