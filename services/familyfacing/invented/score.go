package invented

import (
	"fmt"
	"strings"
	"text/tabwriter"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
)

// Tally is how the look-ups of one kind came out.
type Tally struct {
	// Lookups are all; First, Page and Likely those whose person came first (or as high as the first), at all, and as likely.
	Lookups, First, Page, Likely int
	// Shown are matches that were called likely, and Right those of them that are who was meant.
	Shown, Right int
	// Nearly are matches called nearly certain, and NearlyRight the right ones.
	Nearly, NearlyRight int
	// TwinsNearly are twins of the person meant that were called nearly certain, and Twins all who could have been.
	Twins, TwinsNearly int
}

// Score is how look-ups came out, kind by kind.
type Score map[string]*Tally

// Add counts the matches of a look-up.
func (s Score) Add(l Lookup, matches []*familyfacingv1.Match) {
	t := s[l.Kind]
	if t == nil {
		t = &Tally{}
		s[l.Kind] = t
	}
	t.Lookups++
	if l.Twin != nil {
		t.Twins++
	}
	found := false
	for _, m := range matches {
		ours := strings.HasSuffix(m.GetFamily(), l.Family.String())
		right := ours && m.GetFullName() == l.Person.FullName && !l.Stranger && !found
		likely := m.GetConfidence() >= familyfacingv1.Confidence_CONFIDENCE_LIKELY
		nearly := m.GetConfidence() == familyfacingv1.Confidence_CONFIDENCE_NEARLY_CERTAIN
		add(&t.Shown, likely)
		add(&t.Right, likely && right)
		add(&t.Nearly, nearly)
		add(&t.NearlyRight, nearly && right)
		add(&t.TwinsNearly, nearly && ours && l.Twin != nil && m.GetFullName() == l.Twin.FullName)
		if right {
			found = true
			add(&t.Page, true)
			add(&t.Likely, likely)
			add(&t.First, m.GetWeightHundredths() == matches[0].GetWeightHundredths())
		}
	}
}

func add(to *int, when bool) {
	if when {
		*to++
	}
}

// Total is the sum of the kinds that are chosen.
func (s Score) Total(chosen func(kind string) bool) Tally {
	var sum Tally
	for kind, t := range s {
		if !chosen(kind) {
			continue
		}
		sum.Lookups += t.Lookups
		sum.First += t.First
		sum.Page += t.Page
		sum.Likely += t.Likely
		sum.Shown += t.Shown
		sum.Right += t.Right
		sum.Nearly += t.Nearly
		sum.NearlyRight += t.NearlyRight
		sum.Twins += t.Twins
		sum.TwinsNearly += t.TwinsNearly
	}
	return sum
}

// Strange says of a kind that nobody is meant who is known.
func Strange(kind string) bool {
	for _, k := range strangers() {
		if k == kind {
			return true
		}
	}
	return false
}

// Enough says of a kind that what is told should do to recognise the person.
func Enough(kind string) bool {
	for _, f := range faults() {
		if f.kind == kind {
			return f.enough
		}
	}
	return false
}

// String is the table.
func (s Score) String() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "look-up\tn\tfirst\ton the page\tlikely\tcalled likely\tright\tcalled nearly certain\tright")
	for _, kind := range Kinds() {
		if t := s[kind]; t != nil {
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%d\t%d\t%d\t%d\n", kind, t.Lookups, Share(t.First, t.Lookups), Share(t.Page, t.Lookups),
				Share(t.Likely, t.Lookups), t.Shown, t.Right, t.Nearly, t.NearlyRight)
		}
	}
	// A builder takes everything.
	_ = w.Flush()
	return text.String()
}

// Share is a percentage.
func Share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}
