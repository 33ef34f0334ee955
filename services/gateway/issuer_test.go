package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// testIssuer is an OpenID Connect issuer: discovery, keys, and tokens for whoever asks.
type testIssuer struct {
	url string

	mu  sync.Mutex
	key *ecdsa.PrivateKey
	kid string
	// calls counts what was fetched; silent makes it fail.
	calls  atomic.Int64
	silent atomic.Bool

	tokens sync.Map
}

func newIssuer(t testing.TB) *testIssuer {
	t.Helper()
	i := &testIssuer{}
	i.rotate(t, "first")
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": i.url, "jwks_uri": i.url + "/keys", "authorization_endpoint": i.url + "/authorize", "token_endpoint": i.url + "/token",
			"id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: i.kid, Algorithm: "ES256", Use: "sig"}}})
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.calls.Add(1)
		if i.silent.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *testIssuer) rotate(t testing.TB, kid string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.key, i.kid = key, kid
}

type told struct {
	Issuer   string `json:"iss,omitempty"`
	Subject  string `json:"sub,omitempty"`
	Audience any    `json:"aud,omitempty"`
	Expires  int64  `json:"exp,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	Scope    string `json:"scope,omitempty"`
}

func (i *testIssuer) claims(subject string) told {
	return told{Issuer: i.url, Subject: subject, Audience: "kith", Expires: time.Now().Add(5 * time.Minute).Unix()}
}

func (i *testIssuer) sign(t testing.TB, claims told) string {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	return signed(t, jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: i.key, KeyID: i.kid}}, claims)
}

func signed(t testing.TB, key jose.SigningKey, claims told) string {
	t.Helper()
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// partner gives the same token each time, as a partner's system does while it is valid.
func (i *testIssuer) partner(t testing.TB, client, scopes string) string {
	t.Helper()
	if token, ok := i.tokens.Load(client + " " + scopes); ok {
		return token.(string)
	}
	claims := i.claims(client)
	claims.ClientID, claims.Scope = client, scopes
	token, _ := i.tokens.LoadOrStore(client+" "+scopes, i.sign(t, claims))
	return token.(string)
}

func (i *testIssuer) person(t testing.TB, subject string) string {
	t.Helper()
	claims := i.claims(subject)
	claims.ClientID = "kith-web"
	return i.sign(t, claims)
}
