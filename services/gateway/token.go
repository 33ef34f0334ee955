package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// maxToken is the longest access token, in bytes.
	maxToken = 8 << 10
	// maxTokens is how many verified tokens are kept.
	maxTokens = 8192
	// maxSubject is as long as the directory's own names for callers.
	maxSubject = 300
	// maxScopes is how many scopes the directory takes.
	maxScopes = 20
)

// errStranger is a caller who can't be recognised, for whatever reason: all of them get the same answer.
var errStranger = errors.New("no valid token for this authority")

// caller is who an access token speaks for, in the authority that was asked.
type caller struct {
	authority, issuer string
	// subject is the person's subject at the issuer, or the partner's client id.
	subject string
	// partner says that a system calls for itself: its token's subject is its client id (RFC 9068, section 2.2).
	partner bool
	scopes  []string
	expires time.Time
}

// tokens recognises callers by their access tokens.
type tokens struct {
	audience string
	// trusted are each authority's issuers.
	trusted map[string][]*issuer
	// seen are verified tokens by their SHA-256, so that a caller's many calls cost one signature check.
	seen *lru.Cache[[sha256.Size]byte, caller]
	now  func() time.Time
}

func newTokens(d Deps) (*tokens, error) {
	seen, err := lru.New[[sha256.Size]byte, caller](maxTokens)
	if err != nil {
		return nil, fmt.Errorf("token cache: %w", err)
	}
	client := *d.IssuerClient
	client.Transport = newCalm(client.Transport, d.Now)
	known, trusted := map[string]*issuer{}, map[string][]*issuer{}
	for _, a := range d.Authorities {
		if _, twice := trusted[a.Name]; twice || a.Name == "" || len(a.Issuers) == 0 {
			return nil, fmt.Errorf("gateway: authority %q must be named once, with the issuers it trusts", a.Name)
		}
		for _, address := range a.Issuers {
			if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
				return nil, fmt.Errorf("gateway: issuer %q of authority %q is no web address", address, a.Name)
			}
			if known[address] == nil {
				known[address] = &issuer{url: address, audience: d.Audience, client: &client, now: d.Now}
			}
			trusted[a.Name] = append(trusted[a.Name], known[address])
		}
	}
	return &tokens{audience: d.Audience, trusted: trusted, seen: seen, now: d.Now}, nil
}

// known says whether the gateway serves the authority.
func (t *tokens) known(authority string) bool { return t.trusted[authority] != nil }

// recognise finds out who calls. Errors: errStranger, or that the issuer did not answer, which says nothing about the
// caller.
func (t *tokens) recognise(ctx context.Context, authority string, header []string) (caller, error) {
	token, ok := bearer(header)
	if !ok || !t.known(authority) {
		return caller{}, errStranger
	}
	sum := sha256.Sum256([]byte(token))
	who, ok := t.seen.Get(sum)
	if !ok {
		trusted := t.issuer(authority, claimedIssuer(token))
		if trusted == nil {
			return caller{}, errStranger
		}
		var err error
		if who, err = trusted.verify(ctx, token); err != nil {
			return caller{}, err
		}
		t.seen.Add(sum, who)
	}
	if !t.now().Before(who.expires) {
		t.seen.Remove(sum)
		return caller{}, errStranger
	}
	// The token may have been seen for another authority.
	if t.issuer(authority, who.issuer) == nil {
		return caller{}, errStranger
	}
	who.authority = authority
	return who, nil
}

func (t *tokens) issuer(authority, address string) *issuer {
	for _, i := range t.trusted[authority] {
		if i.url == address {
			return i
		}
	}
	return nil
}

func bearer(header []string) (string, bool) {
	if len(header) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(header[0], " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != "" && len(token) <= maxToken
}

// claimedIssuer reads, without believing it, who says to have issued the token: it chooses the keys to verify with.
func claimedIssuer(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return claims.Issuer
}

// claims are what an access token says beside the claims that go-oidc checks.
type claims struct {
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
}

// holder is who the verified claims speak for.
func (c claims) holder(issuer, subject string, expires time.Time) (caller, error) {
	if subject == "" || len(subject) > maxSubject {
		return caller{}, errStranger
	}
	who := caller{issuer: issuer, subject: subject, expires: expires, partner: c.ClientID == subject}
	if who.partner {
		who.scopes = slices.Compact(slices.Sorted(slices.Values(strings.Fields(c.Scope))))
		who.scopes = who.scopes[:min(len(who.scopes), maxScopes)]
	}
	return who, nil
}
