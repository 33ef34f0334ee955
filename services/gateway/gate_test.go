package gateway_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithcare/kith/services/gateway"
)

func TestMoreCallsThanCanBeTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(d *gateway.Deps) { d.InFlight = 2 })
	h.ask(t, http.MethodGet, contacts, "")
	h.referral.hold, h.referral.entered = make(chan struct{}), make(chan struct{}, 100)
	var inside sync.WaitGroup
	for range 2 {
		inside.Go(func() {
			if w := h.ask(t, http.MethodPost, contacts, short); w.Code != http.StatusCreated {
				t.Errorf("inside: %d %s", w.Code, w.Body)
			}
		})
		<-h.referral.entered
	}
	// Two are inside. Of twenty more, four wait a moment; all are told to come back.
	var outside sync.WaitGroup
	var slowest atomic.Int64
	for range 20 {
		outside.Go(func() {
			started := time.Now()
			w := h.ask(t, http.MethodPost, contacts, short)
			if p := problem(t, w); w.Code != http.StatusServiceUnavailable || p.Reason != "BUSY" || w.Header().Get("Retry-After") != "1" {
				t.Errorf("outside: %d %s", w.Code, w.Body)
			}
			took := int64(time.Since(started))
			for last := slowest.Load(); took > last && !slowest.CompareAndSwap(last, took); last = slowest.Load() {
			}
		})
	}
	outside.Wait()
	if took := time.Duration(slowest.Load()); took > 10*time.Second {
		t.Errorf("the last was told after %s", took)
	}
	if n := len(h.referral.contacts()); n != 2 {
		t.Errorf("%d contacts reached the service, want 2", n)
	}
	// What describes the gateway is not counted.
	if w := h.ask(t, http.MethodGet, "/openapi.json", ""); w.Code != http.StatusOK {
		t.Errorf("the document: %d", w.Code)
	}
	// Whoever waits gets the place that becomes free.
	h.WaitForPlace(time.Minute)
	waiting := make(chan int)
	go func() { waiting <- h.ask(t, http.MethodPost, contacts, short).Code }()
	close(h.referral.hold)
	if code := <-waiting; code != http.StatusCreated {
		t.Errorf("after a place became free: %d", code)
	}
	inside.Wait()
}
