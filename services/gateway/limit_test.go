package gateway_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/kithcare/kith/services/gateway"
)

func newRedis(t *testing.T, address string) redis.UniversalClient {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// limitedHouse allows a partner three calls a minute.
func limitedHouse(t *testing.T, client redis.UniversalClient) *house {
	t.Helper()
	h := newHouse(t, func(d *gateway.Deps) { d.Redis, d.RatePerMinute = client, 3 })
	h.WaitForRedis(time.Minute)
	return h
}

// newServer is a Redis whose clock stands still.
func newServer(t *testing.T) *miniredis.Miniredis {
	t.Helper()
	server := miniredis.RunT(t)
	server.SetTime(time.Now())
	return server
}

func checkLimit(t *testing.T, h *house) {
	t.Helper()
	for n := range 5 {
		w := h.ask(t, http.MethodGet, contacts, "")
		if n < 3 && w.Code != http.StatusOK {
			t.Fatalf("call %d: %d %s", n, w.Code, w.Body)
		}
		if n < 3 {
			continue
		}
		if p := problem(t, w); w.Code != http.StatusTooManyRequests || p.Reason != "RATE_LIMITED" || w.Header().Get("Retry-After") == "" {
			t.Errorf("call %d: %d %s", n, w.Code, w.Body)
		}
	}
	if kept := h.directory.kept(); len(kept) != 1 || !strings.HasSuffix(kept[0], " RATE_LIMITED") {
		t.Errorf("two refusals within a second are kept as %v, want one", kept)
	}
	// A worry about a child is taken, marked, and alarmed once.
	for n := range 4 {
		if w := h.ask(t, http.MethodPost, contacts, short, "Idempotency-Key", fmt.Sprint(n)); w.Code != http.StatusCreated {
			t.Fatalf("a contact over the limit: %d %s", w.Code, w.Body)
		}
	}
	if n := strings.Count(h.log.String(), "alarm=partner_over_limit"); n != 1 {
		t.Errorf("%d alarms, want 1", n)
	}
	for n, marked := range h.referral.overLimit {
		if !marked {
			t.Errorf("contact %d is not marked", n)
		}
	}
	// Others have a count of their own.
	for _, token := range []string{h.north.partner(t, "school", "contacts.read"), h.north.person(t, "person-7")} {
		if w := h.ask(t, http.MethodGet, contacts, "", "Authorization", "Bearer "+token); w.Code != http.StatusOK {
			t.Errorf("somebody else: %d %s", w.Code, w.Body)
		}
	}
}

func TestRateLimitInRedis(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	client := newRedis(t, server.Addr())
	h := limitedHouse(t, client)
	checkLimit(t, h)
	for _, key := range server.Keys() {
		if strings.Contains(key, "police") || strings.Contains(key, "person") {
			t.Errorf("Redis is told who calls: %s", key)
		}
	}
}

func TestRateLimitIsSharedByGateways(t *testing.T) {
	t.Parallel()
	client := newRedis(t, newServer(t).Addr())
	one, other := limitedHouse(t, client), limitedHouse(t, client)
	// Both trust the same issuer, as gateways of one installation do.
	token := "Bearer " + one.north.partner(t, "police", "contacts.read")
	shared := newHouse(t, func(d *gateway.Deps) {
		d.Redis, d.RatePerMinute = client, 3
		d.Authorities = []gateway.Authority{{Name: "north", Issuers: []string{one.north.url}}}
	})
	shared.WaitForRedis(time.Minute)
	for n := range 3 {
		h := []*house{one, shared, one}[n]
		if w := h.ask(t, http.MethodGet, contacts, "", "Authorization", token); w.Code != http.StatusOK {
			t.Fatalf("call %d: %d %s", n, w.Code, w.Body)
		}
	}
	if w := shared.ask(t, http.MethodGet, contacts, "", "Authorization", token); w.Code != http.StatusTooManyRequests {
		t.Errorf("the fourth call, at the other gateway: %d", w.Code)
	}
	if w := other.ask(t, http.MethodGet, contacts, ""); w.Code != http.StatusOK {
		t.Errorf("another issuer's partner of the same name: %d", w.Code)
	}
}

func TestRateLimitWithoutRedis(t *testing.T) {
	t.Parallel()
	checkLimit(t, limitedHouse(t, nil))
}

func TestRateLimitWithRedisDown(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	h := limitedHouse(t, newRedis(t, server.Addr()))
	server.Close()
	checkLimit(t, h)
}

// A Redis that takes the connection and never answers costs one call 50 ms, and the others nothing for a second.
func TestRateLimitWithRedisHanging(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var mu sync.Mutex
	var held []net.Conn
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range held {
			_ = c.Close()
		}
	})
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			held = append(held, c)
			mu.Unlock()
		}
	}()
	h := newHouse(t, func(d *gateway.Deps) { d.Redis = newRedis(t, listener.Addr().String()) })
	for range 50 {
		if w := h.ask(t, http.MethodPost, contacts, short); w.Code != http.StatusCreated {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(held) > 2 {
		t.Errorf("50 calls within a second tried Redis %d times, want once", len(held))
	}
}

func TestTheCountGoesOnWithTime(t *testing.T) {
	t.Parallel()
	h := limitedHouse(t, nil)
	codes := ""
	for range 4 {
		codes += fmt.Sprint(h.ask(t, http.MethodGet, contacts, "").Code, " ")
	}
	h.clock.advance(20 * time.Second)
	for range 2 {
		codes += fmt.Sprint(h.ask(t, http.MethodGet, contacts, "").Code, " ")
	}
	if want := "200 200 200 429 200 429 "; codes != want {
		t.Errorf("%s, want %s", codes, want)
	}
	// A minute later the alarm comes again.
	for range 2 {
		h.ask(t, http.MethodPost, contacts, short)
		h.ask(t, http.MethodPost, contacts, short)
		h.clock.advance(time.Minute)
		for range 3 {
			h.ask(t, http.MethodGet, contacts, "")
		}
	}
	if n := strings.Count(h.log.String(), "alarm=partner_over_limit"); n != 2 {
		t.Errorf("%d alarms, want 2", n)
	}
}

func TestAPersonsContactIsNotCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(d *gateway.Deps) { d.RatePerMinute = 1 })
	token := "Bearer " + h.north.person(t, "person-7")
	for range 12 {
		if w := h.ask(t, http.MethodPost, contacts, short, "Authorization", token); w.Code != http.StatusCreated {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
	for n := range 11 {
		if w := h.ask(t, http.MethodGet, contacts, "", "Authorization", token); (w.Code == http.StatusOK) != (n < 10) {
			t.Errorf("call %d: %d, want ten times a partner's rate", n, w.Code)
		}
	}
	if strings.Contains(h.log.String(), "alarm") || h.referral.overLimit[11] {
		t.Error("a person's contact is marked")
	}
}
