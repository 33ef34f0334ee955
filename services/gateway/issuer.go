package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// issuerPause is how long an issuer's answer, or its silence, is remembered: forged tokens with made-up key ids
	// must not turn into calls to the issuer.
	issuerPause = time.Second
	// maxIssuerAnswer is the largest answer of an issuer, in bytes.
	maxIssuerAnswer = 1 << 20
)

// errIssuerSilent is an issuer that does not answer as one: the caller may be who they say.
var errIssuerSilent = errors.New("the token's issuer does not answer")

// algorithms are the signatures that are accepted: asymmetric ones alone. A shared secret could be used by both sides,
// and "none" by everybody.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// issuer is an OpenID Connect issuer, found by discovery when its first token comes.
type issuer struct {
	url, audience string
	client        *http.Client
	now           func() time.Time

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
}

// verify checks signature, issuer, audience and time. Errors: errStranger, errIssuerSilent.
func (i *issuer) verify(ctx context.Context, token string) (caller, error) {
	verifier, err := i.found()
	if err != nil {
		return caller{}, fmt.Errorf("%w: %w", errIssuerSilent, err)
	}
	var silence error
	verified, err := verifier.Verify(context.WithValue(ctx, silenceKey{}, &silence), token)
	if silence != nil {
		return caller{}, fmt.Errorf("%w: %w", errIssuerSilent, silence)
	}
	if err != nil {
		return caller{}, errStranger
	}
	var c claims
	if verified.Claims(&c) != nil {
		return caller{}, errStranger
	}
	return c.holder(i.url, verified.Subject, verified.Expiry)
}

// found asks the issuer for its keys' address, once it answers.
func (i *issuer) found() (*oidc.IDTokenVerifier, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.verifier != nil {
		return i.verifier, nil
	}
	// The caller's own context would end the search for everybody who waits for it.
	ctx := oidc.ClientContext(context.Background(), i.client)
	provider, err := oidc.NewProvider(ctx, i.url)
	if err != nil {
		return nil, err
	}
	var found struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&found); err != nil || found.Keys == "" {
		return nil, errors.New("its discovery document names no keys")
	}
	i.verifier = oidc.NewVerifier(i.url, keys{oidc.NewRemoteKeySet(ctx, found.Keys)}, &oidc.Config{
		ClientID: i.audience, SupportedSigningAlgs: algorithms(), Now: i.now,
	})
	return i.verifier, nil
}

type silenceKey struct{}

// keys tells, by the context, when it is the issuer that failed: go-oidc makes one error text of both.
type keys struct{ remote *oidc.RemoteKeySet }

// VerifySignature checks the signature, fetching the keys where the token's is not among those known.
func (k keys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, token)
	if errors.Is(err, errIssuerSilent) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		if silence, ok := ctx.Value(silenceKey{}).(*error); ok {
			*silence = err
		}
	}
	return payload, err
}

// calm fetches, and gives the same answer again for a second.
type calm struct {
	next http.RoundTripper
	now  func() time.Time

	mu sync.Mutex
	// answers are by address: an issuer has two.
	answers map[string]answer
}

type answer struct {
	at     time.Time
	header http.Header
	text   []byte
	err    error
}

func newCalm(next http.RoundTripper, now func() time.Time) *calm {
	if next == nil {
		next = http.DefaultTransport
	}
	return &calm{next: next, now: now, answers: map[string]answer{}}
}

// RoundTrip answers a GET. Whatever is not a 200 is an error.
func (c *calm) RoundTrip(r *http.Request) (*http.Response, error) {
	address := r.URL.String()
	c.mu.Lock()
	a, ok := c.answers[address]
	c.mu.Unlock()
	if !ok || c.now().Sub(a.at).Abs() >= issuerPause {
		a = c.fetch(r)
		c.mu.Lock()
		c.answers[address] = a
		c.mu.Unlock()
	}
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), ContentLength: int64(len(a.text)), Body: io.NopCloser(bytes.NewReader(a.text)), Request: r,
	}, nil
}

func (c *calm) fetch(r *http.Request) answer {
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return answer{at: c.now(), err: fmt.Errorf("%w: %w", errIssuerSilent, err)}
	}
	// Nothing can be mended when closing fails.
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxIssuerAnswer))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP status %d", response.StatusCode)
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", errIssuerSilent, err)
	}
	return answer{at: c.now(), header: response.Header, text: text, err: err}
}
