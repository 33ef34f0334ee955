package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// figure is one line of the table.
type figure struct {
	name string
	// a and b are the medians of what is compared; b is empty where nothing is.
	a, b string
	// value is what the target is about: a ratio, or a value.
	value, target string
	met           bool
	// spread is the least and the greatest value of the runs.
	spread string
}

type table struct {
	figures []figure
	notes   []string
}

func (t *table) add(f figure) { t.figures = append(t.figures, f) }

// note says under the table what a figure alone does not.
func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

func (t *table) text() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tA\tB\tvalue\tmin–max\ttarget\tmet")
	for _, f := range t.figures {
		met := "NO"
		if f.met {
			met = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.name, f.a, f.b, f.value, f.spread, f.target, met)
	}
	// A builder takes everything.
	_ = w.Flush()
	for _, n := range t.notes {
		text.WriteString("\n" + n)
	}
	return text.String()
}

// number is what is measured.
type number interface{ ~int64 | ~float64 }

// median is the middle of the values, or of two the mean.
func median[T number](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// quantile is the value that the share of all values does not exceed.
func quantile(values []time.Duration, share float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

// ratios are those of each pair of runs.
func ratios[T number](a, b []T) []float64 {
	all := make([]float64, 0, len(a))
	for i := range a {
		if b[i] != 0 {
			all = append(all, float64(a[i])/float64(b[i]))
		}
	}
	return all
}

// differences are those of each pair of runs.
func differences(a, b []time.Duration) []time.Duration {
	all := make([]time.Duration, len(a))
	for i := range a {
		all[i] = a[i] - b[i]
	}
	return all
}

func times(ratio float64) string { return fmt.Sprintf("%.2f×", ratio) }

func share(ratio float64) string { return fmt.Sprintf("%.0f%%", 100*ratio) }

func perSecond(rate float64) string { return fmt.Sprintf("%.0f/s", rate) }

func short(d time.Duration) string {
	switch {
	case d.Abs() >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d.Abs() >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	default:
		return d.Round(10 * time.Microsecond).String()
	}
}

// spread is the least and the greatest of the values.
func spread[T number](values []T, show func(T) string) string {
	if len(values) == 0 {
		return ""
	}
	return show(slices.Min(values)) + "–" + show(slices.Max(values))
}
