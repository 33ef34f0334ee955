package passport

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	lru "github.com/hashicorp/golang-lru/v2"
)

// Issuer is the `iss` of every passport.
const Issuer = "kith-directory"

// ErrInvalid is a token that is no passport of ours, or no longer one.
var ErrInvalid = errors.New("not a valid passport")

// Signer signs passports with Ed25519. Only the directory service has one.
type Signer struct {
	signer jose.Signer
	keys   string
	now    func() time.Time
}

// NewSigner takes the key, and earlier public keys that may still be verified with.
func NewSigner(key ed25519.PrivateKey, earlier []ed25519.PublicKey, now func() time.Time) (*Signer, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("the passport key is not an Ed25519 key")
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", keyID(public))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, options)
	if err != nil {
		return nil, fmt.Errorf("passport signer: %w", err)
	}
	set := jose.JSONWebKeySet{}
	for _, k := range append([]ed25519.PublicKey{public}, earlier...) {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k, KeyID: keyID(k), Algorithm: string(jose.EdDSA), Use: "sig"})
	}
	text, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("passport keys: %w", err)
	}
	return &Signer{signer: signer, keys: string(text), now: now}, nil
}

// Keys gives the public keys as a JSON Web Key Set.
func (s *Signer) Keys() string { return s.keys }

// Sign gives the token and when it ends.
func (s *Signer) Sign(p *Passport) (string, time.Time, error) {
	now := s.now()
	expires := now.Add(Lifetime)
	// NumericDate counts whole seconds; the finer times travel beside it.
	claims := jwt.Claims{Issuer: Issuer, IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(expires)}
	token, err := jwt.Signed(s.signer).Claims(claims).Claims(p).Serialize()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign passport: %w", err)
	}
	return token, expires, nil
}

// Verifier reads passports. It keeps what it has verified until that expires, so that one caller's many calls cost one
// signature check.
type Verifier struct {
	fetch func(context.Context) (string, error)
	now   func() time.Time
	seen  *lru.Cache[[32]byte, *Passport]

	mu      sync.Mutex
	keys    map[string]ed25519.PublicKey
	fetched time.Time
}

// NewVerifier takes where the key set comes from: the directory's GetPassportKeys.
func NewVerifier(fetch func(context.Context) (string, error), now func() time.Time) (*Verifier, error) {
	seen, err := lru.New[[32]byte, *Passport](4096)
	if err != nil {
		return nil, fmt.Errorf("passport cache: %w", err)
	}
	return &Verifier{fetch: fetch, now: now, seen: seen, keys: map[string]ed25519.PublicKey{}}, nil
}

// Verify gives the passport of a token. Errors: ErrInvalid, or that the keys can't be fetched.
func (v *Verifier) Verify(ctx context.Context, token string) (*Passport, error) {
	sum := sha256.Sum256([]byte(token))
	if p, ok := v.seen.Get(sum); ok {
		if v.now().Before(p.Expires) {
			return p, nil
		}
		v.seen.Remove(sum)
		return nil, fmt.Errorf("%w: expired", ErrInvalid)
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || len(parsed.Headers) != 1 {
		return nil, fmt.Errorf("%w: unreadable", ErrInvalid)
	}
	public, err := v.key(ctx, parsed.Headers[0].KeyID)
	if err != nil {
		return nil, err
	}
	var claims jwt.Claims
	p := &Passport{}
	if err := parsed.Claims(public, &claims, p); err != nil {
		return nil, fmt.Errorf("%w: signature", ErrInvalid)
	}
	if err := claims.ValidateWithLeeway(jwt.Expected{Issuer: Issuer, Time: v.now()}, time.Second); err != nil || claims.Expiry == nil || claims.IssuedAt == nil {
		return nil, fmt.Errorf("%w: expired", ErrInvalid)
	}
	p.Issued, p.Expires = claims.IssuedAt.Time(), claims.Expiry.Time()
	v.seen.Add(sum, p)
	return p, nil
}

// key fetches the key set for an unknown key, at most once a second.
func (v *Verifier) key(ctx context.Context, id string) (ed25519.PublicKey, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if k, ok := v.keys[id]; ok {
		return k, nil
	}
	if now := v.now(); len(v.keys) > 0 && now.Sub(v.fetched).Abs() < time.Second {
		return nil, fmt.Errorf("%w: unknown key", ErrInvalid)
	}
	text, err := v.fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("fetch passport keys: %w", err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(text), &set); err != nil {
		return nil, fmt.Errorf("read passport keys: %w", err)
	}
	v.fetched = v.now()
	for _, k := range set.Keys {
		if public, ok := k.Key.(ed25519.PublicKey); ok {
			v.keys[k.KeyID] = public
		}
	}
	if k, ok := v.keys[id]; ok {
		return k, nil
	}
	return nil, fmt.Errorf("%w: unknown key", ErrInvalid)
}

func keyID(k ed25519.PublicKey) string {
	sum := sha256.Sum256(k)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
