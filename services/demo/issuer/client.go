package issuer

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	tokenClientID = "kith-token"
	// callback is never listened on: PersonToken reads the code from the redirect itself.
	callback = "http://127.0.0.1:1/callback"
)

// TokenClient is the client that [PersonToken] signs in through, for [Config].Clients.
func TokenClient() Client {
	return Client{
		ID:               tokenClientID,
		RedirectPrefixes: []string{"http://127.0.0.1/callback", "http://[::1]/callback"},
		AnyPort:          true,
	}
}

// WebClient is the client of the pages at an address such as 127.0.0.1:8080, for [Config].Clients. The answer goes to
// /signed-in there and nowhere else.
func WebClient(address string) Client {
	return Client{ID: "kith-web", RedirectPrefixes: []string{"http://" + address + "/signed-in"}}
}

// PersonToken signs in as a demonstration person at a running issuer, by the same authorization code flow with PKCE a
// browser goes through, and returns the access token. Its errors are sentences to show to whoever asked.
func PersonToken(ctx context.Context, issuerURL, subject string) (string, error) {
	found, err := find(ctx, issuerURL)
	if err != nil {
		return "", err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, httpClient())
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	config := oauth2.Config{
		ClientID: tokenClientID, RedirectURL: callback, Scopes: []string{"openid", "profile"},
		Endpoint: oauth2.Endpoint{AuthURL: found.Authorize, TokenURL: found.Token, AuthStyle: oauth2.AuthStyleInParams},
	}
	asked := config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("nonce", rand.Text()))
	code, err := chooseOnPage(ctx, issuerURL, asked, state, subject)
	if err != nil {
		return "", err
	}
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return "", inWords(issuerURL, err)
	}
	return token.AccessToken, nil
}

// chooseOnPage opens the sign-in page, chooses the person, and returns the code from the redirect.
func chooseOnPage(ctx context.Context, issuerURL, asked, state, subject string) (string, error) {
	page, err := send(ctx, issuerURL, http.MethodGet, asked, nil)
	if err != nil {
		return "", err
	}
	if page.status != http.StatusOK {
		return "", fmt.Errorf("the demonstration issuer at %s refuses the sign-in of %s%s", issuerURL, tokenClientID, page.why())
	}
	address, err := url.Parse(asked)
	if err != nil {
		return "", fmt.Errorf("the demonstration issuer at %s names a sign-in page that is no URL: %w", issuerURL, err)
	}
	form := address.Query()
	form.Set("subject", subject)
	answer, err := send(ctx, issuerURL, http.MethodPost, issuerURL+"/sign-in", form)
	if err != nil {
		return "", err
	}
	got := answer.location.Query()
	switch {
	case answer.status == http.StatusBadRequest:
		return "", fmt.Errorf("the demonstration issuer at %s knows no person with the subject %q", issuerURL, subject)
	case got.Get("error") != "" || got.Get("code") == "":
		return "", fmt.Errorf("the demonstration issuer at %s did not sign %q in%s", issuerURL, subject, answer.why())
	case got.Get("state") != state || got.Get("iss") != issuerURL || !strings.HasPrefix(answer.location.String(), callback+"?"):
		return "", fmt.Errorf("the answer to the sign-in of %q did not come from the demonstration issuer at %s", subject, issuerURL)
	}
	return got.Get("code"), nil
}

// PartnerToken proves a partner's key to a running issuer (client credentials with private_key_jwt) and returns an
// access token for the scopes, or for all the partner may have when scopes is empty. The key is an *ecdsa.PrivateKey
// on P-256, an ed25519.PrivateKey or an *rsa.PrivateKey. The assertion is dated by the issuer's clock, not this
// machine's. It fails when not every scope is granted. Its errors are sentences to show to whoever asked.
func PartnerToken(ctx context.Context, issuerURL, clientID string, key crypto.Signer, scopes []string) (string, error) {
	found, err := find(ctx, issuerURL)
	if err != nil {
		return "", err
	}
	assertion, err := signAssertion(found, clientID, key)
	if err != nil {
		return "", err
	}
	config := clientcredentials.Config{
		ClientID: clientID, TokenURL: found.Token, Scopes: scopes, AuthStyle: oauth2.AuthStyleInParams,
		EndpointParams: url.Values{"client_assertion_type": {assertionType}, "client_assertion": {assertion}},
	}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, httpClient()))
	if err != nil {
		return "", inWords(issuerURL, err)
	}
	granted, _ := token.Extra("scope").(string)
	for _, scope := range scopes {
		if !slices.Contains(strings.Fields(granted), scope) {
			return "", fmt.Errorf("the partner %q may not have the scope %q, only %q", clientID, scope, granted)
		}
	}
	return token.AccessToken, nil
}

func signAssertion(found *discovered, clientID string, key crypto.Signer) (string, error) {
	var algorithm jose.SignatureAlgorithm
	switch key.(type) {
	case *ecdsa.PrivateKey:
		algorithm = jose.ES256
	case ed25519.PrivateKey:
		algorithm = jose.EdDSA
	case *rsa.PrivateKey:
		algorithm = jose.RS256
	default:
		return "", fmt.Errorf("the key of the partner %q is of a kind that can't sign assertions", clientID)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("the key of the partner %q can't sign: %w", clientID, err)
	}
	signed, err := jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: clientID, Subject: clientID, Audience: jwt.Audience{found.Token}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(found.now), Expiry: jwt.NewNumericDate(found.now.Add(time.Minute)),
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("the key of the partner %q can't sign: %w", clientID, err)
	}
	return signed, nil
}
