package directory

import (
	"encoding/base64"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever a person does and whenever, they are never signed out before the idle time has passed since their last act,
// nor more than the slack after it; acts are written at most once a minute.
func TestNobodyIsSignedOutBeforeTheIdleTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		idle := time.Duration(rapid.IntRange(5, 240).Draw(t, "idle minutes")) * time.Minute
		begin := time.Date(2026, time.May, 4, 9, 0, 0, 0, time.UTC)
		s := session{BeganAt: begin, LastActAt: begin}
		now, act, written := begin, begin, begin
		for _, gap := range rapid.SliceOfN(rapid.Int64Range(0, int64(20*time.Minute)), 1, 60).Draw(t, "gaps") {
			now = now.Add(time.Duration(gap))
			if !s.live(now, idle) {
				break
			}
			if act = now; !s.due(now) {
				continue
			}
			if now.Sub(written) < time.Minute {
				t.Fatalf("written %s after the last time", now.Sub(written))
			}
			s.LastActAt, written = now, now
		}
		end := begin.Add(12 * time.Hour)
		if early := act.Add(idle); s.idleUntil(idle).Before(early) && s.idleUntil(idle).Before(end) {
			t.Fatalf("signed out %s after the last act", s.idleUntil(idle).Sub(act))
		}
		if late := act.Add(idle + 61*time.Second); s.idleUntil(idle).After(late) || s.idleUntil(idle).After(end) {
			t.Fatalf("signed out only %s after the last act", s.idleUntil(idle).Sub(act))
		}
		if until := s.idleUntil(idle); s.live(until, idle) || !s.live(until.Add(-1), idle) {
			t.Fatal("the end is not exact")
		}
	})
}

func TestASessionLastsTwelveHoursAtMost(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, time.March, 28, 20, 0, 0, 0, time.UTC)
	// Busy to the end, over the night in which the clocks go forward.
	s := session{BeganAt: begin, LastActAt: begin.Add(12*time.Hour - time.Second)}
	if !s.live(begin.Add(12*time.Hour-1), 4*time.Hour) || s.live(begin.Add(12*time.Hour), 4*time.Hour) {
		t.Error("it does not end twelve hours after it began")
	}
}

func TestSecretsAreLongAndNeverTheSame(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		secret, hash := newSecret()
		bits, err := base64.RawURLEncoding.DecodeString(secret)
		if err != nil || len(bits) != 32 || len(hash) != 32 || seen[secret] {
			t.Fatalf("%d bytes, hash of %d, %v", len(bits), len(hash), err)
		}
		seen[secret] = true
	}
}
