package eventlog

import (
	"testing"
	"time"
)

func TestAStalledLogIsAlarmed(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var s stall
	for _, step := range []struct {
		after  time.Duration
		failed bool
		want   bool
	}{
		{0, true, false},
		{59 * time.Second, true, false},
		{60 * time.Second, true, true},
		{61 * time.Second, true, false},
		{16*time.Minute + time.Second, true, true},
		{17 * time.Minute, false, false},
		{17*time.Minute + 30*time.Second, true, false},
		{18*time.Minute + 29*time.Second, true, false},
		{18*time.Minute + 30*time.Second, true, true},
	} {
		if got := s.alarms(step.failed, start.Add(step.after)); got != step.want {
			t.Errorf("after %s, failed=%v: %v, want %v", step.after, step.failed, got, step.want)
		}
	}
}
