package issuer_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/kithcare/kith/services/demo/issuer"
)

func TestAnIndependentRelyingPartySignsAPersonIn(t *testing.T) {
	t.Parallel()
	run := start(t)
	provider, config := run.relyingParty(t)
	verifier := oauth2.GenerateVerifier()

	address, err := url.Parse(config.AuthCodeURL("s1", oauth2.S256ChallengeOption(verifier), oidc.Nonce("n1")))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, do(t, http.MethodGet, address.String(), nil).status)
	answer := do(t, http.MethodPost, run.url+"/sign-in", with(address.Query(), "subject", alice)).redirect(t)
	assert.True(t, strings.HasPrefix(answer.String(), webBack+"?"))
	assert.Equal(t, "s1", answer.Query().Get("state"))
	assert.Equal(t, run.url, answer.Query().Get("iss"))

	token, err := config.Exchange(t.Context(), answer.Query().Get("code"), oauth2.VerifierOption(verifier))
	require.NoError(t, err)
	raw, _ := token.Extra("id_token").(string)
	checker := provider.Verifier(&oidc.Config{ClientID: "kith-web", Now: run.clock.Now})
	id, err := checker.Verify(t.Context(), raw)
	require.NoError(t, err)
	assert.Equal(t, alice, id.Subject)
	assert.Equal(t, "n1", id.Nonce)
	require.NoError(t, id.VerifyAccessToken(token.AccessToken))
	var claims struct {
		Name     string `json:"name"`
		AuthTime int64  `json:"auth_time"`
	}
	require.NoError(t, id.Claims(&claims))
	assert.Equal(t, "Alice <Ó> Example", claims.Name)
	assert.Equal(t, run.clock.Now().Unix(), claims.AuthTime)

	access := run.verify(t, token.AccessToken, "kith")
	assert.Equal(t, alice, access.Subject)
	assert.Equal(t, 10*time.Minute, access.Expiry.Sub(access.IssuedAt))
	var told struct {
		ClientID string `json:"client_id"`
		JTI      string `json:"jti"`
	}
	require.NoError(t, access.Claims(&told))
	assert.Equal(t, "kith-web", told.ClientID)
	assert.NotEmpty(t, told.JTI)

	_, err = provider.Verifier(&oidc.Config{ClientID: "kith", Now: run.clock.Now}).Verify(t.Context(), raw)
	require.ErrorContains(t, err, "audience", "an id token must not pass for an access token")
	run.clock.pass(10*time.Minute + time.Second)
	_, err = checker.Verify(t.Context(), raw)
	require.ErrorContains(t, err, "expired")
}

// The client that the demonstration has for its pages, signed in to as its web service does: code, PKCE and nonce.
func TestThePagesSignAPersonIn(t *testing.T) {
	t.Parallel()
	run := start(t)
	run.config.Clients = []issuer.Client{issuer.TokenClient(), issuer.WebClient("127.0.0.1:8080")}
	run.restart(t)
	provider, config := run.relyingParty(t)
	verifier := oauth2.GenerateVerifier()
	ask := func(back string) url.Values {
		config.RedirectURL = back
		address, err := url.Parse(config.AuthCodeURL("s1", oauth2.S256ChallengeOption(verifier), oidc.Nonce("n1")))
		require.NoError(t, err)
		return with(address.Query(), "subject", alice)
	}
	for _, elsewhere := range []string{"http://127.0.0.1:8080/signed-in/", "http://127.0.0.1:8080/signed-in/x", "http://127.0.0.1:8081/signed-in", "http://127.0.0.1:8080/"} {
		assert.Equal(t, http.StatusBadRequest, do(t, http.MethodPost, run.url+"/sign-in", ask(elsewhere)).status, elsewhere)
	}
	answer := do(t, http.MethodPost, run.url+"/sign-in", ask("http://127.0.0.1:8080/signed-in")).redirect(t)
	assert.Equal(t, "/signed-in", answer.Path)
	code := answer.Query().Get("code")
	token, err := config.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
	require.NoError(t, err)
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: "kith-web", Now: run.clock.Now}).Verify(t.Context(), raw)
	require.NoError(t, err)
	assert.Equal(t, []string{run.url, alice, "n1"}, []string{id.Issuer, id.Subject, id.Nonce})

	_, err = config.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
	require.ErrorContains(t, err, "invalid_grant", "a code works once")
	code = do(t, http.MethodPost, run.url+"/sign-in", ask("http://127.0.0.1:8080/signed-in")).redirect(t).Query().Get("code")
	_, err = config.Exchange(t.Context(), code, oauth2.VerifierOption(oauth2.GenerateVerifier()))
	require.ErrorContains(t, err, "invalid_grant", "another's verifier")
}

func TestThePageListsEveryoneByAuthorityAndTeam(t *testing.T) {
	t.Parallel()
	run := start(t)
	page := do(t, http.MethodGet, run.url+"/authorize?"+request(oauth2.GenerateVerifier()).Encode(), nil)
	require.Equal(t, http.StatusOK, page.status)
	at := 0
	for _, next := range []string{
		"demonstration", "<h2>Northbridge</h2>", "<h3>Referral Team</h3>", html.EscapeString("Alice <Ó> Example"), "Dee Example",
		"<h3>Family Facing Team 1</h3>", "Bob Example", "<h2>Southmere</h2>", "<h3>Referral Team</h3>", "Cem Example",
	} {
		found := strings.Index(page.body[at:], next)
		require.GreaterOrEqual(t, found, 0, "%q is missing or out of order", next)
		at += found
	}
	assert.NotContains(t, page.body, "<script")
	assert.NotContains(t, page.body, "password\"")
	assert.Empty(t, page.header.Values("Set-Cookie"))
	assert.Equal(t, "no-store", page.header.Get("Cache-Control"))
	assert.Contains(t, page.header.Get("Content-Security-Policy"), "frame-ancestors 'none'")

	// What the form carries, sent back as a browser would, is the request again.
	assert.Contains(t, page.body, `action="/demo-issuer/sign-in"`)
	assert.Contains(t, page.body, `name="state" value="the state"`)
	assert.Contains(t, page.body, `name="redirect_uri" value="`+webBack+`"`)
	style := do(t, http.MethodGet, run.url+"/style.css", nil)
	assert.Equal(t, http.StatusOK, style.status)
	assert.Contains(t, style.header.Get("Content-Type"), "text/css")
}

func TestAuthorizationRequestsRefusedToTheClient(t *testing.T) {
	t.Parallel()
	run := start(t)
	for _, c := range []struct{ name, parameter, value, want string }{
		{"plain", "code_challenge_method", "plain", "invalid_request"},
		{"no method, which means plain", "code_challenge_method", "", "invalid_request"},
		{"no challenge", "code_challenge", "", "invalid_request"},
		{"a challenge that is no digest", "code_challenge", "abc", "invalid_request"},
		{"implicit flow", "response_type", "token", "unsupported_response_type"},
		{"no response type", "response_type", "", "invalid_request"},
		{"answer in the fragment", "response_mode", "fragment", "invalid_request"},
		{"not OpenID Connect", "scope", "profile", "invalid_scope"},
		{"silent sign-in", "prompt", "none", "login_required"},
		{"request object", "request", "e30.e30.", "request_not_supported"},
		{"request by reference", "request_uri", "http://127.0.0.1/r", "request_uri_not_supported"},
		{"registration", "registration", "{}", "registration_not_supported"},
		{"a NUL in the nonce", "nonce", "a\x00b", "invalid_request"},
		{"a nonce too long", "nonce", strings.Repeat("n", 2049), "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			form := with(request(oauth2.GenerateVerifier()), c.parameter, c.value, "subject", alice)
			for _, answer := range []reply{
				do(t, http.MethodGet, run.url+"/authorize?"+form.Encode(), nil),
				do(t, http.MethodPost, run.url+"/authorize", form),
				do(t, http.MethodPost, run.url+"/sign-in", form),
			} {
				told := answer.redirect(t)
				assert.True(t, strings.HasPrefix(told.String(), webBack+"?"))
				assert.Equal(t, c.want, told.Query().Get("error"))
				assert.Equal(t, "the state", told.Query().Get("state"))
				assert.Empty(t, told.Query().Get("code"))
			}
		})
	}
	twice := request(oauth2.GenerateVerifier())
	twice.Add("scope", "openid")
	assert.Equal(t, "invalid_request", do(t, http.MethodGet, run.url+"/authorize?"+twice.Encode(), nil).redirect(t).Query().Get("error"))
	declined := do(t, http.MethodPost, run.url+"/sign-in", with(request(oauth2.GenerateVerifier()), "decline", "yes"))
	assert.Equal(t, "access_denied", declined.redirect(t).Query().Get("error"))
}

func TestAuthorizationRequestsThatAreNeverRedirected(t *testing.T) {
	t.Parallel()
	run := start(t)
	for _, c := range []struct{ name, parameter, value string }{
		{"unknown client", "client_id", "stranger"},
		{"a partner as a client", "client_id", police},
		{"no redirect", "redirect_uri", ""},
		{"another port", "redirect_uri", "http://127.0.0.1:8081/signed-in/x"},
		{"another path", "redirect_uri", "http://127.0.0.1:8080/elsewhere"},
		{"another host", "redirect_uri", "http://example.org/signed-in/x"},
		{"the host as user", "redirect_uri", "http://127.0.0.1:8080@example.org/signed-in/x"},
		{"dots", "redirect_uri", "http://127.0.0.1:8080/signed-in/../elsewhere"},
		{"escaped dots", "redirect_uri", "http://127.0.0.1:8080/signed-in/%2e%2e/elsewhere"},
		{"a query", "redirect_uri", webBack + "?next=x"},
		{"a fragment", "redirect_uri", webBack + "#x"},
		{"another scheme", "redirect_uri", "https://127.0.0.1:8080/signed-in/x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			form := with(request(oauth2.GenerateVerifier()), c.parameter, c.value, "subject", alice)
			for _, answer := range []reply{
				do(t, http.MethodGet, run.url+"/authorize?"+form.Encode(), nil),
				do(t, http.MethodPost, run.url+"/sign-in", form),
			} {
				assert.Equal(t, http.StatusBadRequest, answer.status)
				assert.Empty(t, answer.header.Get("Location"))
				assert.Contains(t, answer.body, "<h1>You can’t sign in this way</h1>")
			}
		})
	}
	twice := request(oauth2.GenerateVerifier())
	twice.Add("redirect_uri", webBack)
	assert.Equal(t, http.StatusBadRequest, do(t, http.MethodGet, run.url+"/authorize?"+twice.Encode(), nil).status)
}

func TestSignInRefusesStrangersAndOtherSites(t *testing.T) {
	t.Parallel()
	run := start(t)
	form := func(subject string) url.Values {
		return with(request(oauth2.GenerateVerifier()), "subject", subject)
	}
	for _, subject := range []string{"", "nobody", police, "kith-web"} {
		unknown := do(t, http.MethodPost, run.url+"/sign-in", form(subject))
		assert.Equal(t, http.StatusBadRequest, unknown.status, subject)
		assert.Empty(t, unknown.header.Get("Location"))
	}
	assert.Equal(t, http.StatusForbidden, do(t, http.MethodPost, run.url+"/sign-in", form(alice), "Sec-Fetch-Site", "cross-site").status)
	assert.Equal(t, http.StatusForbidden, do(t, http.MethodPost, run.url+"/sign-in", form(alice), "Origin", "http://127.0.0.1:1").status)
	assert.Equal(t, http.StatusSeeOther, do(t, http.MethodPost, run.url+"/sign-in", form(alice), "Sec-Fetch-Site", "same-origin").status)
	assert.Equal(t, http.StatusMethodNotAllowed, do(t, http.MethodGet, run.url+"/sign-in?"+form(alice).Encode(), nil).status)
	long := do(t, http.MethodPost, run.url+"/sign-in", with(form(alice), "x", strings.Repeat("x", 65<<10)))
	assert.Equal(t, http.StatusBadRequest, long.status)
	assert.Equal(t, http.StatusRequestURITooLong, do(t, http.MethodGet, run.url+"/authorize?"+strings.Repeat("x", 17<<10), nil).status)
}

func TestTheCommandsClientMayUseAnyPort(t *testing.T) {
	t.Parallel()
	run := start(t)
	for back, status := range map[string]int{
		"http://127.0.0.1:50123/callback":  http.StatusOK,
		"http://[::1]:50123/callback":      http.StatusOK,
		"http://127.0.0.1/callback":        http.StatusOK,
		"http://127.0.0.1:50123/callback/": http.StatusBadRequest,
		"http://127.0.0.2:50123/callback":  http.StatusBadRequest,
		"http://10.0.0.1:50123/callback":   http.StatusBadRequest,
	} {
		form := with(request(oauth2.GenerateVerifier()), "client_id", "kith-token", "redirect_uri", back)
		assert.Equal(t, status, do(t, http.MethodGet, run.url+"/authorize?"+form.Encode(), nil).status, back)
	}
}
