package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/kithcare/kith/pkg/fault"
)

func TestWhoIsNotLetIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	good := h.north.claims("police")
	good.ClientID = "police"
	changed := func(change func(*told)) string {
		claims := good
		change(&claims)
		return "Bearer " + h.north.sign(t, claims)
	}
	strange, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stranger := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: strange, KeyID: "first"}}
	ownKey := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: strange, KeyID: "unknown"}}
	secretKey := jose.SigningKey{Algorithm: jose.HS256, Key: []byte("a secret that both sides know, of 32 bytes and more")}
	valid := "Bearer " + h.north.sign(t, good)
	southern := h.south.claims("police")
	southern.ClientID = "police"
	forgedSouth := southern
	forgedSouth.Issuer = h.north.url
	parts := strings.Split(valid, ".")

	want := ""
	for _, c := range []struct{ name, authority, header string }{
		{"no token", "north", ""},
		{"no scheme", "north", strings.TrimPrefix(valid, "Bearer ")},
		{"another scheme", "north", "Basic " + strings.TrimPrefix(valid, "Bearer ")},
		{"empty", "north", "Bearer "},
		{"garbage", "north", "Bearer garbage"},
		{"three parts of garbage", "north", "Bearer a.b.c"},
		{"9 kB", "north", "Bearer " + strings.Repeat("a", 9<<10)},
		{"unknown authority", "nowhere", valid},
		{"an authority that is none", "..", valid},
		{"expired", "north", changed(func(c *told) { c.Expires = h.clock.now().Add(-time.Second).Unix() })},
		{"without an end", "north", changed(func(c *told) { c.Expires = 0 })},
		{"wrong audience", "north", changed(func(c *told) { c.Audience = "another" })},
		{"no audience", "north", changed(func(c *told) { c.Audience = nil })},
		{"nobody", "north", changed(func(c *told) { c.Subject, c.ClientID = "", "" })},
		{"a subject of 301", "north", changed(func(c *told) { c.Subject = strings.Repeat("a", 301) })},
		{"another authority's issuer", "south", valid},
		{"the other way round", "north", "Bearer " + h.south.sign(t, southern)},
		{"another authority's issuer in this one's name", "north", "Bearer " + h.south.sign(t, forgedSouth)},
		{"an issuer that nobody trusts", "north", changed(func(c *told) { c.Issuer = "https://issuer.example" })},
		{"alg none", "north", "Bearer " + unsigned(t, "none", good)},
		{"alg NONE", "north", "Bearer " + unsigned(t, "NONE", good)},
		{"a stranger's signature", "north", "Bearer " + signed(t, stranger, good)},
		{"a stranger's key", "north", "Bearer " + signed(t, ownKey, good)},
		{"a shared secret", "north", "Bearer " + signed(t, secretKey, good)},
		{"another's signature", "north", strings.Join(append(parts[:2:2], strings.Split(h.north.sign(t, h.north.claims("other")), ".")[2]), ".")},
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			w := h.ask(t, method, "/v1/authorities/"+c.authority+"/contacts", "", "Authorization", c.header)
			if c.authority == ".." && w.Code == http.StatusNotFound {
				continue
			}
			if want == "" {
				want = w.Body.String()
			}
			if w.Code != http.StatusUnauthorized || w.Body.String() != want || w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s, %s: %d %s", c.name, method, w.Code, w.Body)
			}
		}
	}
	if n := h.directory.passportsAsked(); n > 0 {
		t.Errorf("the directory was asked %d times", n)
	}
	// The same for somebody whom the issuer knows and the directory does not.
	h.directory.mu.Lock()
	h.directory.refuse = fault.Unauthenticated("the person or partner is not known")
	h.directory.mu.Unlock()
	if w := h.ask(t, http.MethodPost, contacts, short); w.Code != http.StatusUnauthorized || w.Body.String() != want {
		t.Errorf("not in the directory: %d %s", w.Code, w.Body)
	}
	checkLog(t, h)
	if strings.Contains(h.log.String(), "nowhere") {
		t.Error("the log repeats a made-up authority")
	}
}

func unsigned(t *testing.T, algorithm string, claims told) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"`+algorithm+`","typ":"at+jwt"}`)) + "." + encode(payload) + "."
}

func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	partner := h.north.claims("police")
	partner.ClientID, partner.Scope, partner.Audience = "police", "contacts.write contacts.read contacts.write", []string{"other", "kith"}
	if w := h.ask(t, http.MethodPost, contacts, short, "Authorization", "bearer "+h.north.sign(t, partner)); w.Code != http.StatusCreated {
		t.Fatalf("partner: %d %s", w.Code, w.Body)
	}
	if w := h.ask(t, http.MethodGet, contacts, "", "Authorization", "Bearer "+h.north.person(t, "person-7")); w.Code != http.StatusOK {
		t.Fatalf("person: %d %s", w.Code, w.Body)
	}
	asked := h.directory.asked
	if got := asked[0].GetPartner(); got.GetClientId() != "police" || got.GetIssuer() != h.north.url || strings.Join(got.GetScopes(), " ") != "contacts.read contacts.write" {
		t.Errorf("the directory was asked for %v", asked[0])
	}
	if got := asked[1].GetPerson(); got.GetSubject() != "person-7" || got.GetIssuer() != h.north.url || asked[1].GetAuthority() != "authorities/north" {
		t.Errorf("the directory was asked for %v", asked[1])
	}
	// Two headers: which one counts can't be known.
	r := h.ask(t, http.MethodGet, contacts, "")
	if r.Code != http.StatusOK {
		t.Errorf("status %d", r.Code)
	}
}

func TestAVerifiedTokenEndsWhenItEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	claims := h.north.claims("person-7")
	claims.Expires = h.clock.now().Add(5 * time.Minute).Unix()
	token := "Bearer " + h.north.sign(t, claims)
	if w := h.ask(t, http.MethodGet, contacts, "", "Authorization", token); w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	h.clock.advance(4*time.Minute + 58*time.Second)
	if w := h.ask(t, http.MethodGet, contacts, "", "Authorization", token); w.Code != http.StatusOK {
		t.Errorf("before its end: %d", w.Code)
	}
	h.clock.advance(3 * time.Second)
	if w := h.ask(t, http.MethodGet, contacts, "", "Authorization", token); w.Code != http.StatusUnauthorized {
		t.Errorf("after its end: %d", w.Code)
	}
	if w := h.ask(t, http.MethodGet, "/v1/authorities/south/contacts", "", "Authorization", token); w.Code != http.StatusUnauthorized {
		t.Errorf("for another authority: %d", w.Code)
	}
}

func TestAnIssuerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	if n := h.north.calls.Load(); n != 0 {
		t.Errorf("the issuer was called %d times before its first token", n)
	}
	h.north.silent.Store(true)
	for range 3 {
		w := h.ask(t, http.MethodPost, contacts, short)
		if p := problem(t, w); w.Code != http.StatusServiceUnavailable || p.Reason != "UNAVAILABLE" || w.Header().Get("Retry-After") == "" {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
	}
	if n := h.north.calls.Load(); n != 1 {
		t.Errorf("a silent issuer was called %d times within a second, want 1", n)
	}
	h.north.silent.Store(false)
	h.clock.advance(time.Second)
	if w := h.ask(t, http.MethodPost, contacts, short); w.Code != http.StatusCreated {
		t.Errorf("after it answered: %d %s", w.Code, w.Body)
	}
}

func TestKeysThatChange(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	if w := h.ask(t, http.MethodPost, contacts, short); w.Code != http.StatusCreated {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	h.clock.advance(time.Second)
	h.north.rotate(t, "second")
	before := h.north.calls.Load()
	for range 20 {
		if w := h.ask(t, http.MethodGet, contacts, "", "Authorization", "Bearer "+h.north.person(t, "person-7")); w.Code != http.StatusOK {
			t.Fatalf("the new key: %d %s", w.Code, w.Body)
		}
	}
	// Tokens with made-up keys don't become calls to the issuer.
	strange := newIssuer(t)
	strange.rotate(t, "made up")
	claims := h.north.claims("person-7")
	for range 20 {
		if w := h.ask(t, http.MethodGet, contacts, "", "Authorization", "Bearer "+strange.sign(t, claims)); w.Code != http.StatusUnauthorized {
			t.Fatalf("a made-up key: %d", w.Code)
		}
	}
	if n := h.north.calls.Load() - before; n != 1 {
		t.Errorf("the issuer was called %d times, want 1", n)
	}
	// Keys that can't be fetched say nothing about the caller.
	h.clock.advance(time.Second)
	h.north.silent.Store(true)
	if w := h.ask(t, http.MethodGet, contacts, "", "Authorization", "Bearer "+strange.sign(t, claims)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("keys that can't be fetched: %d", w.Code)
	}
}
