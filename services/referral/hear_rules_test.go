package referral

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kithcare/kith/pkg/reach"
)

func TestACallBackIsTriedElevenTimesInADay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	began, gaps := now, []time.Duration{}
	b := &callBack{ID: uuid.New()}
	for range 50 {
		b.tried(0, channelCallBack, errors.New("no"), now)
		if b.GaveUpAt != nil {
			break
		}
		gaps = append(gaps, b.NextAt.Sub(now))
		now = *b.NextAt
	}
	if over := now.Sub(began); b.Attempts != 11 || over < 23*time.Hour || over > 24*time.Hour {
		t.Errorf("%d attempts in %v", b.Attempts, over)
	}
	for i := 1; i < len(gaps); i++ {
		if gaps[i] < gaps[i-1] {
			t.Errorf("gaps %v do not grow", gaps)
		}
	}
	if gaps[0] > time.Minute {
		t.Errorf("the second attempt comes after %v", gaps[0])
	}
}

func TestWhatAPersonDidMeanwhileStands(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	failed := errors.New("no")
	settled := &callBack{SettledAt: &now}
	settled.tried(0, channelCallBack, failed, now)
	if settled.NextAt != nil || settled.Failure != "" || settled.Attempts != 1 {
		t.Errorf("settled: %+v", settled)
	}
	again := &callBack{Round: 1, NextAt: &now}
	again.tried(0, channelCallBack, failed, now)
	if !again.NextAt.Equal(now) || again.Tries != 0 || again.Failure != "no" {
		t.Errorf("a failure of the round before: %+v", again)
	}
	again.tried(0, channelCallBack, nil, now)
	if again.DeliveredAt == nil || again.NextAt != nil || again.Failure != "" {
		t.Errorf("a success of the round before: %+v", again)
	}
	never := &callBack{}
	never.tried(0, channelEmail, reach.ErrAddress, now)
	if never.GaveUpAt == nil || never.NextAt != nil {
		t.Errorf("no address: %+v", never)
	}
}

// The table of who is told whom to ring is disclosure's own; the letter says nothing that follows from an outcome.
func TestALetterSaysWhatTheTableAllows(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"1A", "1B", "1C", "1D", "2A", "2B", "3A", "3B", "3C", "3D", "3E", "3F", "4", "5A", "5B", "5C", "5D", "6", "7", "8", "9", "10"} {
		said := map[string]bool{}
		for _, kind := range []string{kindSeen, kindDecided} {
			subject, body := (&callBack{Kind: kind, Receipt: "KRW-4A7-29X6"}).letter(code, "020 7946 0000")
			said[body] = true
			if subject != "Receipt KRW-4A7-29X6" {
				t.Errorf("%s: subject %q", code, subject)
			}
		}
		if told := len(said) == 2; told != professional(code) {
			t.Errorf("%s is told %v", code, said)
		}
	}
}

func TestOnePartnerLeavesRoomForTheOthers(t *testing.T) {
	t.Parallel()
	g := newGate()
	for range gateWidth {
		if !g.enter("slow") {
			t.Fatal("no room at first")
		}
	}
	if g.enter("slow") || !g.enter("other") {
		t.Error("the slow one takes the others' room")
	}
	g.leave("slow")
	if !g.enter("slow") || callBackWorkers < 2*gateWidth {
		t.Error("no room after one has gone")
	}
}

func TestArrivalsAreCountedFromWhatTheListCouldShow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	at := func(d time.Duration) *time.Time { then := now.Add(d); return &then }
	for _, c := range []struct {
		newest *time.Time
		want   time.Duration
	}{{nil, -settling}, {at(-time.Hour), -settling}, {at(-time.Second), -time.Second}, {at(time.Second), 0}} {
		if got := asOf(now, c.newest); !got.Equal(now.Add(c.want)) {
			t.Errorf("the newest at %v: %v", c.newest, got)
		}
	}
}
