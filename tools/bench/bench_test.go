package main

import (
	"encoding/json"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

func TestBothServersReadTheSameInANotification(t *testing.T) {
	t.Parallel()
	m := newMaker()
	references := map[string]bool{}
	for range 200 {
		body := m.notification()
		if len(body) < 1400 || len(body) > 1600 {
			t.Fatalf("%d bytes, want about 1.5 kB", len(body))
		}
		var kith referralv1.Told
		if err := protojson.Unmarshal(body, &kith); err != nil {
			t.Fatal(err)
		}
		var bare told
		if err := json.Unmarshal(body, &bare); err != nil {
			t.Fatal(err)
		}
		if len(kith.GetChildren()) != 2 || len(bare.Children) != 2 || bare.Children[0].NHSNumber != kith.GetChildren()[0].GetNhsNumber() ||
			bare.Source.Reference != kith.GetSource().GetReference() || bare.Worry != kith.GetWorry() || bare.Telling.ParentsViews != kith.GetTelling().GetParentsViews() {
			t.Fatalf("the two read different things in %s", body)
		}
		if references[bare.Source.Reference] {
			t.Fatalf("the reference %s came twice", bare.Source.Reference)
		}
		references[bare.Source.Reference] = true
	}
}

func TestNHSNumbersHaveTheirCheckDigit(t *testing.T) {
	t.Parallel()
	for n := range int64(500) {
		number, sum := nhsNumber(n), 0
		for i, d := range number {
			sum += int(d-'0') * (10 - i)
		}
		if len(number) != 10 || sum%11 != 0 {
			t.Errorf("%s is no NHS number", number)
		}
	}
}

func TestMiddlesAndEnds(t *testing.T) {
	t.Parallel()
	if got := median([]float64{3, 1, 2}); got != 2 {
		t.Errorf("median of three: %v", got)
	}
	if got := median([]float64{4, 1, 2, 3}); got != 2.5 {
		t.Errorf("median of four: %v", got)
	}
	var times []time.Duration
	for n := range 1000 {
		times = append(times, time.Duration(1000-n))
	}
	if got := quantile(times, 0.99); got != 991 {
		t.Errorf("p99 of 1 to 1000: %d", got)
	}
	if got := ratios([]float64{1, 3}, []float64{2, 1}); got[0] != 0.5 || got[1] != 3 {
		t.Errorf("ratios: %v", got)
	}
}
