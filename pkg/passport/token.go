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

// Ahead is how much later than the verifier's clock a passport may have been issued: two processes that are both ready
// are within 2 s of PostgreSQL's clock, so within 4 s of each other. Expiry has no leeway.
const Ahead = 4 * time.Second

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
	signed := *p
	signed.Issued = s.now()
	signed.Expires = signed.Issued.Add(Lifetime)
	// The standard claims count whole seconds, and are rounded so that they never end a passport early.
	claims := jwt.Claims{Issuer: Issuer, IssuedAt: jwt.NewNumericDate(signed.Issued), Expiry: jwt.NewNumericDate(signed.Expires.Add(time.Second - 1))}
	token, err := jwt.Signed(s.signer).Claims(claims).Claims(signed).Serialize()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign passport: %w", err)
	}
	return token, signed.Expires, nil
}

// Verifier reads passports. It keeps what it has verified until that expires, so that one caller's many calls cost one
// signature check.
type Verifier struct {
	fetch func(context.Context) (string, error)
	now   func() time.Time
	seen  *lru.Cache[[32]byte, *Passport]

	mu   sync.RWMutex
	keys map[string]ed25519.PublicKey
	// fetching is held while the key set is fetched, so that a slow directory delays nobody whose key is known.
	fetching sync.Mutex
	asked    time.Time
}

// NewVerifier takes where the key set comes from: the directory's GetPassportKeys.
func NewVerifier(fetch func(context.Context) (string, error), now func() time.Time) (*Verifier, error) {
	seen, err := lru.New[[32]byte, *Passport](4096)
	if err != nil {
		return nil, fmt.Errorf("passport cache: %w", err)
	}
	return &Verifier{fetch: fetch, now: now, seen: seen, keys: map[string]ed25519.PublicKey{}}, nil
}

// Verify gives the passport of a token; it is shared, and not to be changed. Errors: ErrInvalid, or that the keys can't
// be fetched.
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
	if err := claims.ValidateWithLeeway(jwt.Expected{Issuer: Issuer, Time: v.now()}, Ahead); err != nil || claims.Expiry == nil || claims.IssuedAt == nil {
		return nil, fmt.Errorf("%w: not of this issuer, or not of this time", ErrInvalid)
	}
	if !v.now().Before(p.Expires) {
		return nil, fmt.Errorf("%w: expired", ErrInvalid)
	}
	v.seen.Add(sum, p)
	return p, nil
}

// key gives a public key, and fetches the key set for an unknown one, at most once a second. A key that the set no
// longer holds is no longer accepted.
func (v *Verifier) key(ctx context.Context, id string) (ed25519.PublicKey, error) {
	if k, _ := v.known(id); k != nil {
		return k, nil
	}
	v.fetching.Lock()
	defer v.fetching.Unlock()
	k, some := v.known(id)
	if k != nil {
		return k, nil
	}
	// At the start, with no key at all, every call may ask: the directory may have come up meanwhile.
	if now := v.now(); some && now.Sub(v.asked).Abs() < time.Second {
		return nil, fmt.Errorf("%w: unknown key", ErrInvalid)
	}
	v.asked = v.now()
	text, err := v.fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("fetch passport keys: %w", err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(text), &set); err != nil {
		return nil, fmt.Errorf("read passport keys: %w", err)
	}
	keys := make(map[string]ed25519.PublicKey, len(set.Keys))
	for _, k := range set.Keys {
		if public, ok := k.Key.(ed25519.PublicKey); ok {
			keys[k.KeyID] = public
		}
	}
	v.mu.Lock()
	v.keys = keys
	v.mu.Unlock()
	if k, ok := keys[id]; ok {
		return k, nil
	}
	return nil, fmt.Errorf("%w: unknown key", ErrInvalid)
}

// known gives a key that was fetched before, and says whether any was.
func (v *Verifier) known(id string) (k ed25519.PublicKey, some bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.keys[id], len(v.keys) > 0
}

func keyID(k ed25519.PublicKey) string {
	sum := sha256.Sum256(k)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
