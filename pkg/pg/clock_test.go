package pg_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kithcare/kith/pkg/pg"
)

// clocks are PostgreSQL's time and the process's, which can be moved apart.
type clocks struct {
	base      time.Time // with a monotonic reading
	wall      time.Duration
	monotonic time.Duration
	theirs    time.Duration
	takes     time.Duration
	down      bool
}

// now is a reading whose wall clock has jumped by what it is ahead of the monotonic one. Adding to a time moves both, so
// the jump is made by a base that was shifted.
func (c *clocks) now() time.Time { return jump(c.base.Add(c.monotonic), c.wall-c.monotonic) }

func TestAJumpIsMeasuredAgainstTheMonotonicClock(t *testing.T) {
	t.Parallel()
	from := time.Now()
	for _, by := range []time.Duration{0, time.Second, -time.Second, time.Hour, -time.Hour} {
		if got := pg.Jumped(from, jump(from.Add(time.Minute), by)); got != by.Abs() {
			t.Errorf("%s: measured %s", by, got)
		}
	}
	if got := pg.Jumped(from.Round(0), from.Add(time.Hour)); got != 0 {
		t.Errorf("without a monotonic reading: %s", got)
	}
}

func TestWhenTheClockIsTrusted(t *testing.T) {
	t.Parallel()
	c := &clocks{base: time.Now()}
	clock := &pg.Clock{Wall: c.now, Database: func(context.Context) (time.Time, error) {
		if c.down {
			return time.Time{}, errors.New("no answer")
		}
		c.wall, c.monotonic, c.theirs = c.wall+c.takes, c.monotonic+c.takes, c.theirs+c.takes
		return c.base.Add(c.theirs).Round(0), nil
	}}
	if ok, _ := clock.Trusted(); ok {
		t.Error("trusted before the first comparison")
	}
	pass := func(d time.Duration) { c.wall, c.monotonic, c.theirs = c.wall+d, c.monotonic+d, c.theirs+d }
	for _, step := range []struct {
		what   string
		happen func()
		want   bool
		fails  bool
	}{
		{"they agree", func() {}, true, false},
		{"5 s pass", func() { pass(5 * time.Second) }, true, false},
		{"2 s ahead is the limit", func() { c.theirs -= pg.Drift }, true, false},
		{"more is too much", func() { c.theirs -= time.Millisecond }, false, false},
		{"and stays so", func() { pass(time.Second) }, false, false},
		{"they agree again", func() { c.theirs = c.wall }, true, false},
		{"2 s behind is the limit", func() { c.theirs += pg.Drift }, true, false},
		{"more is too much", func() { c.theirs += time.Millisecond }, false, false},
		{"no answer keeps the verdict", func() { c.down = true }, false, true},
		{"they agree", func() { c.down = false; c.theirs = c.wall }, true, false},
		{"no answer keeps the verdict", func() { c.down = true; pass(time.Second) }, true, true},
		{"the wall clock jumps with PostgreSQL's", func() { c.down = false; c.wall += time.Hour; c.theirs += time.Hour }, false, false},
		{"a fresh comparison agrees", func() { pass(time.Second) }, true, false},
		{"it jumps back", func() { c.wall -= time.Hour; c.theirs -= time.Hour }, false, false},
		{"a fresh comparison agrees", func() { pass(time.Second) }, true, false},
		{"it jumps while nobody answers", func() { c.down = true; c.wall += time.Hour; c.theirs += time.Hour }, true, true},
		{"which shows when somebody does", func() { c.down = false }, false, false},
		{"a fresh comparison agrees", func() { pass(time.Second) }, true, false},
		{"a slow answer proves nothing", func() { c.takes = pg.Drift + time.Second; c.theirs += 4 * time.Second }, true, true},
		{"a quick one does", func() { c.takes = 0 }, false, false},
		{"a slow one clears nothing either", func() { c.takes = pg.Drift + time.Second; c.theirs = c.wall }, false, true},
		{"a quick one does", func() { c.takes = time.Second }, true, false},
	} {
		step.happen()
		if err := clock.Compare(t.Context()); (err != nil) != step.fails {
			t.Errorf("%s: %v", step.what, err)
		}
		if ok, why := clock.Trusted(); ok != step.want || ok != (why == "") {
			t.Errorf("%s: trusted %t (%s), want %t", step.what, ok, why, step.want)
		}
	}
}
