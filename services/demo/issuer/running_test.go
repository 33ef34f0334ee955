package issuer_test

import (
	"context"
	"crypto"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/kithcare/kith/services/demo/issuer"
)

const (
	alice      = "person-alice"
	police     = "demo-police"
	webBack    = "http://127.0.0.1:8080/signed-in/northbridge"
	assertType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// running is an issuer served over HTTP below a prefix, as `kith up` mounts it.
type running struct {
	url    string
	clock  *clock
	folder string
	config issuer.Config
	key    crypto.Signer
	issuer atomic.Pointer[issuer.Issuer]
}

func demoFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, issuer.MarkerFile), nil, 0o600))
	return folder
}

func demoConfig(t *testing.T, folder, address string, now func() time.Time) (issuer.Config, crypto.Signer) {
	t.Helper()
	key, public, err := issuer.PartnerKey(folder, police)
	require.NoError(t, err)
	return issuer.Config{
		URL: address, DataFolder: folder, Now: now, Audience: "kith",
		People: []issuer.Person{
			{Subject: alice, Name: "Alice <Ó> Example", Authority: "Northbridge", Note: "Referral Team"},
			{Subject: "person-bob", Name: "Bob Example", Authority: "Northbridge", Note: "Family Facing Team 1"},
			{Subject: "person-cem", Name: "Cem Example", Authority: "Southmere", Note: "Referral Team"},
			{Subject: "person-dee", Name: "Dee Example", Authority: "Northbridge", Note: "Referral Team"},
		},
		Partners: []issuer.Partner{
			{ClientID: police, Name: "Police", Scopes: []string{"contacts.create", "contacts.read"}, PublicKey: public},
		},
		Clients: []issuer.Client{
			{ID: "kith-web", RedirectPrefixes: []string{"http://127.0.0.1:8080/signed-in/"}},
			issuer.TokenClient(),
		},
	}, key
}

func start(t *testing.T) *running {
	t.Helper()
	run := &running{clock: &clock{now: time.Date(2031, 2, 28, 23, 59, 30, 0, time.UTC)}, folder: demoFolder(t)}
	mux := http.NewServeMux()
	mux.HandleFunc("/demo-issuer/", func(w http.ResponseWriter, r *http.Request) { run.issuer.Load().ServeHTTP(w, r) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	run.url = server.URL + "/demo-issuer"
	run.config, run.key = demoConfig(t, run.folder, run.url, run.clock.Now)
	run.restart(t)
	return run
}

// restart replaces the issuer by a new one of run.config, at the same address and on the same folder.
func (run *running) restart(t *testing.T) {
	t.Helper()
	next, err := issuer.New(run.config)
	require.NoError(t, err)
	run.issuer.Store(next)
}

func (run *running) relyingParty(t *testing.T) (*oidc.Provider, oauth2.Config) {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), run.url)
	require.NoError(t, err)
	return provider, oauth2.Config{
		ClientID: "kith-web", RedirectURL: webBack, Scopes: []string{oidc.ScopeOpenID, "profile"}, Endpoint: provider.Endpoint(),
	}
}

func (run *running) verify(t *testing.T, token, audience string) *oidc.IDToken {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), run.url)
	require.NoError(t, err)
	verified, err := provider.Verifier(&oidc.Config{ClientID: audience, Now: run.clock.Now}).Verify(t.Context(), token)
	require.NoError(t, err)
	return verified
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var told map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &told), r.body)
	return told
}

func (r reply) redirect(t *testing.T) *url.URL {
	t.Helper()
	require.Equal(t, http.StatusSeeOther, r.status, r.body)
	location, err := url.Parse(r.header.Get("Location"))
	require.NoError(t, err)
	return location
}

func do(t *testing.T, method, address string, form url.Values, headers ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for at := 0; at+1 < len(headers); at += 2 {
		request.Header.Set(headers[at], headers[at+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return reply{response.StatusCode, response.Header, string(body)}
}

// request is a sound authorization request of kith-web.
func request(verifier string) url.Values {
	return url.Values{
		"client_id": {"kith-web"}, "redirect_uri": {webBack}, "response_type": {"code"}, "scope": {"openid profile"},
		"state": {"the state"}, "nonce": {"the nonce"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
}

func with(form url.Values, changes ...string) url.Values {
	for at := 0; at+1 < len(changes); at += 2 {
		form.Set(changes[at], changes[at+1])
	}
	return form
}

func (run *running) code(t *testing.T, verifier string) string {
	t.Helper()
	answer := do(t, http.MethodPost, run.url+"/sign-in", with(request(verifier), "subject", alice))
	code := answer.redirect(t).Query().Get("code")
	require.NotEmpty(t, code)
	return code
}

func exchange(code, verifier string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"kith-web"}, "redirect_uri": {webBack},
		"code": {code}, "code_verifier": {verifier},
	}
}
