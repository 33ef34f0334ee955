package gateway_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/kithcare/kith/pkg/fault"
)

func TestFiftyAtOnceAskForOnePassport(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.directory.hold = make(chan struct{})
	h.north.partner(t, "police", "contacts.write contacts.read")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if w := h.ask(t, http.MethodPost, contacts, short); w.Code != http.StatusCreated {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
	waitFor(t, func() bool { return h.directory.passportsAsked() > 0 })
	close(h.directory.hold)
	all.Wait()
	if n := h.directory.passportsAsked(); n != 1 {
		t.Errorf("the directory was asked %d times, want 1", n)
	}
	if n := h.north.calls.Load(); n != 2 {
		t.Errorf("the issuer was called %d times, want 2: discovery and keys", n)
	}
}

func TestAPassportIsUsedForLessThanASecond(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	ask := func(want int) {
		t.Helper()
		if w := h.ask(t, http.MethodGet, contacts, ""); w.Code != http.StatusOK {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		if n := h.directory.passportsAsked(); n != want {
			t.Errorf("the directory was asked %d times, want %d", n, want)
		}
	}
	ask(1)
	h.clock.advance(999 * time.Millisecond)
	ask(1)
	h.clock.advance(time.Millisecond)
	ask(2)
	h.clock.advance(-time.Minute)
	ask(3)
	// Other scopes are another passport, and so is another authority's caller of the same name.
	w := h.ask(t, http.MethodGet, contacts, "", "Authorization", "Bearer "+h.north.partner(t, "police", "contacts.read"))
	if n := h.directory.passportsAsked(); w.Code != http.StatusOK || n != 4 {
		t.Errorf("other scopes: %d, asked %d times", w.Code, n)
	}
	w = h.ask(t, http.MethodGet, "/v1/authorities/south/contacts", "", "Authorization", "Bearer "+h.south.partner(t, "police", "contacts.read"))
	if n := h.directory.passportsAsked(); w.Code != http.StatusOK || n != 5 {
		t.Errorf("another authority: %d, asked %d times", w.Code, n)
	}
	// Whoever leaves is out within a second, and back in as soon.
	h.directory.mu.Lock()
	h.directory.refuse = fault.Unauthenticated("not known")
	h.directory.mu.Unlock()
	h.clock.advance(time.Second)
	for range 2 {
		if w := h.ask(t, http.MethodGet, contacts, ""); w.Code != http.StatusUnauthorized {
			t.Errorf("a leaver: %d", w.Code)
		}
	}
	h.directory.mu.Lock()
	h.directory.refuse = nil
	h.directory.mu.Unlock()
	h.clock.advance(time.Second)
	ask(7)
}

// A passport that was asked for long ago is not used for somebody who came later.
func TestAnAnswerThatTookTooLongIsNotUsed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	hold := make(chan struct{})
	h.directory.hold = hold
	done := make(chan int)
	go func() { done <- h.ask(t, http.MethodGet, contacts, "").Code }()
	waitFor(t, func() bool { return h.directory.passportsAsked() == 1 })
	h.clock.advance(2 * time.Second)
	h.directory.mu.Lock()
	h.directory.hold = nil
	h.directory.mu.Unlock()
	close(hold)
	if code := <-done; code != http.StatusOK {
		t.Errorf("status %d", code)
	}
	if n := h.directory.passportsAsked(); n != 2 {
		t.Errorf("the directory was asked %d times, want 2", n)
	}
}

// waitFor waits until something another goroutine does has happened.
func waitFor(t *testing.T, happened func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !happened() {
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatal("it has not happened within 10 s")
		}
	}
}
