package passport_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"pgregory.net/rapid"

	"github.com/kithcare/kith/pkg/passport"
)

// issued is deliberately between two seconds.
var issued = time.Date(2026, time.March, 29, 0, 59, 59, 900_000_000, time.UTC)

// office is a directory with a clock that the test moves.
type office struct {
	at      atomic.Int64
	key     ed25519.PrivateKey
	public  ed25519.PublicKey
	signer  *passport.Signer
	fetches atomic.Int64
	keys    atomic.Pointer[string]
	down    atomic.Bool
}

func (o *office) now() time.Time         { return issued.Add(time.Duration(o.at.Load())) }
func (o *office) after(d time.Duration)  { o.at.Store(int64(d)) }
func (o *office) publish(jwks string)    { o.keys.Store(&jwks) }
func (o *office) public64() (kid string) { return o.jwks().Keys[0].KeyID }
func (o *office) jwks() (set jose.JSONWebKeySet) {
	_ = json.Unmarshal([]byte(o.signer.Keys()), &set)
	return set
}

func (o *office) fetch(context.Context) (string, error) {
	o.fetches.Add(1)
	if o.down.Load() {
		return "", errors.New("the directory does not answer")
	}
	return *o.keys.Load(), nil
}

func newOffice(t *testing.T) (*office, *passport.Verifier) {
	t.Helper()
	o := &office{}
	var err error
	if o.public, o.key, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if o.signer, err = passport.NewSigner(o.key, nil, o.now); err != nil {
		t.Fatal(err)
	}
	o.publish(o.signer.Keys())
	return o, o.verifier(t)
}

func (o *office) verifier(t *testing.T) *passport.Verifier {
	t.Helper()
	v, err := passport.NewVerifier(o.fetch, o.now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func somebody() *passport.Passport {
	return &passport.Passport{
		Authority: "alpha", Kind: passport.Person, ID: "0192f0c1-0000-7000-8000-000000000001", Entry: "gateway", Guardian: true, Registered: true,
		Memberships:    []passport.Membership{{Team: "north", Kind: passport.FamilyFacing, Until: issued.Add(5*time.Second + time.Microsecond)}},
		Qualifications: []passport.Qualification{{Key: "abe-interview"}},
	}
}

func (o *office) sign(t *testing.T, p *passport.Passport) string {
	t.Helper()
	token, _, err := o.signer.Sign(p)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestWhatIsSignedIsRead(t *testing.T) {
	t.Parallel()
	o, v := newOffice(t)
	p := somebody()
	token, expires, err := o.signer.Sign(p)
	if err != nil {
		t.Fatal(err)
	}
	if !expires.Equal(issued.Add(15 * time.Second)) {
		t.Errorf("ends %s after it was issued, want 15 s", expires.Sub(issued))
	}
	got, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	want := *somebody()
	want.Issued, want.Expires = issued, expires
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("read %+v, want %+v", *got, want)
	}
	if !reflect.DeepEqual(p, somebody()) {
		t.Error("signing changed the passport")
	}
}

// The first look and a look into what was verified before must agree to the nanosecond.
func TestAPassportEndsAfterExactlyFifteenSeconds(t *testing.T) {
	t.Parallel()
	for after, valid := range map[time.Duration]bool{
		0: true, 14 * time.Second: true, 14900 * time.Millisecond: true, 15*time.Second - 1: true,
		15 * time.Second: false, 15*time.Second + 1: false, 16 * time.Second: false, time.Hour: false,
	} {
		o, known := newOffice(t)
		token := o.sign(t, somebody())
		if _, err := known.Verify(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		o.after(after)
		for which, v := range map[string]*passport.Verifier{"seen before": known, "fresh": o.verifier(t)} {
			p, err := v.Verify(t.Context(), token)
			if valid != (err == nil) || !valid && (p != nil || !errors.Is(err, passport.ErrInvalid)) {
				t.Errorf("%s after issue, %s: %v, want valid %t", after, which, err, valid)
			}
		}
	}
}

// What is seen is never trusted longer than it says, whatever the moments of the looks.
func TestTheCacheNeverOutlivesExpiry(t *testing.T) {
	t.Parallel()
	o, v := newOffice(t)
	rapid.Check(t, func(t *rapid.T) {
		o.after(0)
		token, _, err := o.signer.Sign(somebody())
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 6).Draw(t, "looks") {
			after := time.Duration(rapid.Int64Range(0, int64(30*time.Second)).Draw(t, "after"))
			o.after(after)
			if _, err := v.Verify(context.Background(), token); (err == nil) != (after < passport.Lifetime) {
				t.Fatalf("%s after issue: %v", after, err)
			}
		}
	})
}

// The directory's clock may be a little ahead; a passport from further in the future is none.
func TestAPassportFromTheFuture(t *testing.T) {
	t.Parallel()
	for ahead, valid := range map[time.Duration]bool{time.Second: true, 3 * time.Second: true, passport.Ahead + time.Second: false, time.Hour: false} {
		o, v := newOffice(t)
		token := o.sign(t, somebody())
		o.after(-ahead)
		if _, err := v.Verify(t.Context(), token); (err == nil) != valid {
			t.Errorf("issued %s ahead: %v, want valid %t", ahead, err, valid)
		}
	}
}

func segment(v any) string {
	text, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(text)
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	o, v := newOffice(t)
	good := o.sign(t, somebody())
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	kid := o.public64()
	parts := strings.Split(good, ".")
	claims := jwt.Claims{Issuer: passport.Issuer, IssuedAt: jwt.NewNumericDate(issued), Expiry: jwt.NewNumericDate(issued.Add(15 * time.Second))}
	whole := *somebody()
	whole.Issued, whole.Expires = issued, issued.Add(15*time.Second)
	signed := func(alg jose.SignatureAlgorithm, key any, claims jwt.Claims, p passport.Passport) string {
		s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", kid))
		if err != nil {
			t.Fatal(err)
		}
		token, err := jwt.Signed(s).Claims(claims).Claims(p).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	if _, err := v.Verify(t.Context(), signed(jose.EdDSA, o.key, claims, whole)); err != nil {
		t.Fatalf("the test's own way of signing: %v", err)
	}
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// A stranger's token that brings the stranger's key along.
	bringing, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: stranger}, (&jose.SignerOptions{EmbedJWK: true}).WithHeader("kid", kid))
	if err != nil {
		t.Fatal(err)
	}
	brought, err := jwt.Signed(bringing).Claims(claims).Claims(whole).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	otherIssuer, noExpiry, noIssue := claims, claims, claims
	otherIssuer.Issuer, noExpiry.Expiry, noIssue.IssuedAt = "kith-demonstration", nil, nil
	endless := whole
	endless.Expires = time.Time{}
	changed := somebody()
	changed.Authority = "beta"
	for name, token := range map[string]string{
		"nothing":                      "",
		"no token":                     "x",
		"three dots":                   "...",
		"alg none":                     segment(map[string]string{"alg": "none", "kid": kid}) + "." + parts[1] + ".",
		"alg none, signature kept":     segment(map[string]string{"alg": "none", "kid": kid}) + "." + parts[1] + "." + parts[2],
		"signature left out":           parts[0] + "." + parts[1] + ".",
		"other claims under signature": parts[0] + "." + segment(changed) + "." + parts[2],
		"HS256 with the public key":    signed(jose.HS256, []byte(o.public), claims, whole),
		"HS256 with the published set": signed(jose.HS256, []byte(o.signer.Keys()), claims, whole),
		"a stranger's key":             signed(jose.EdDSA, stranger, claims, whole),
		"a stranger's key, embedded":   brought,
		"other issuer":                 signed(jose.EdDSA, o.key, otherIssuer, whole),
		"no expiry":                    signed(jose.EdDSA, o.key, noExpiry, whole),
		"no exact expiry":              signed(jose.EdDSA, o.key, claims, endless),
		"no time of issue":             signed(jose.EdDSA, o.key, noIssue, whole),
	} {
		if p, err := v.Verify(t.Context(), token); !errors.Is(err, passport.ErrInvalid) || p != nil {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

func TestAnUnknownKeyIsAskedForAtMostOnceASecond(t *testing.T) {
	t.Parallel()
	o, v := newOffice(t)
	if _, err := v.Verify(t.Context(), o.sign(t, somebody())); err != nil {
		t.Fatal(err)
	}
	other, _ := newOffice(t)
	token := other.sign(t, somebody())
	verify := func(want int64) {
		t.Helper()
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, passport.ErrInvalid) {
			t.Fatalf("a stranger's passport: %v", err)
		}
		if got := o.fetches.Load(); got != want {
			t.Fatalf("fetched %d times, want %d", got, want)
		}
	}
	for range 20 {
		verify(1)
	}
	o.after(time.Second - 1)
	verify(1)
	o.after(time.Second)
	verify(2)
	verify(2)
	// A fetch in vain counts too.
	o.after(2 * time.Second)
	o.down.Store(true)
	if _, err := v.Verify(t.Context(), token); err == nil || errors.Is(err, passport.ErrInvalid) {
		t.Errorf("without the directory: %v", err)
	}
	verify(3)
	// Now it is published, and known after a second.
	o.down.Store(false)
	o.publish(other.signer.Keys())
	o.after(3 * time.Second)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("a new key: %v", err)
	}
	// The old one is no longer in the set.
	old := o.sign(t, somebody())
	o.after(5 * time.Second)
	if _, err := v.Verify(t.Context(), old); !errors.Is(err, passport.ErrInvalid) {
		t.Errorf("a key that was taken back: %v", err)
	}
}

func TestAKeyIsAskedForAgainAtOnceWhileThereIsNone(t *testing.T) {
	t.Parallel()
	o, v := newOffice(t)
	o.down.Store(true)
	token := o.sign(t, somebody())
	if _, err := v.Verify(t.Context(), token); err == nil || errors.Is(err, passport.ErrInvalid) {
		t.Fatalf("without the directory: %v", err)
	}
	o.down.Store(false)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatalf("the directory is back: %v", err)
	}
}

func TestAnEarlierKeyStillVerifies(t *testing.T) {
	t.Parallel()
	before, _ := newOffice(t)
	token := before.sign(t, somebody())
	after, v := newOffice(t)
	signer, err := passport.NewSigner(after.key, []ed25519.PublicKey{before.public}, after.now)
	if err != nil {
		t.Fatal(err)
	}
	after.publish(signer.Keys())
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Error(err)
	}
}

// A slow directory must not delay those whose key is known.
func TestAFetchDelaysNobodyElse(t *testing.T) {
	t.Parallel()
	o, _ := newOffice(t)
	other, _ := newOffice(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	first := true
	v, err := passport.NewVerifier(func(context.Context) (string, error) {
		if first {
			first = false
			return o.signer.Keys(), nil
		}
		close(asked)
		<-answer
		return o.signer.Keys(), nil
	}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), o.sign(t, somebody())); err != nil {
		t.Fatal(err)
	}
	o.after(2 * time.Second)
	ended := make(chan error)
	go func() {
		_, err := v.Verify(context.Background(), other.sign(t, somebody()))
		ended <- err
	}()
	<-asked
	if _, err := v.Verify(t.Context(), o.sign(t, somebody())); err != nil {
		t.Error(err)
	}
	close(answer)
	if err := <-ended; !errors.Is(err, passport.ErrInvalid) {
		t.Error(err)
	}
}

func TestAMembershipEndsAtItsInstant(t *testing.T) {
	t.Parallel()
	o, v := newOffice(t)
	p, err := v.Verify(t.Context(), o.sign(t, somebody()))
	if err != nil {
		t.Fatal(err)
	}
	end := issued.Add(5*time.Second + time.Microsecond)
	for at, want := range map[time.Time]bool{issued: true, end.Add(-1): true, end: false, end.Add(1): false} {
		if p.MemberOf("north", at) != want || p.MemberOfKind(passport.FamilyFacing, at) != want {
			t.Errorf("%s before the end: want member %t", end.Sub(at), want)
		}
	}
	if p.MemberOf("south", issued) || p.MemberOfKind(passport.Referral, issued) {
		t.Error("a seat in a team that the passport does not name")
	}
	open := &passport.Passport{Memberships: []passport.Membership{{Team: "north", Kind: passport.Strategy}}}
	if !open.MemberOf("north", issued.AddDate(50, 0, 0)) {
		t.Error("a seat without an end has ended")
	}
}

func TestWhatAContextCarries(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	if passport.From(ctx) != nil || passport.Token(ctx) != "" || passport.Authority(ctx) != "" {
		t.Error("an empty context carries something")
	}
	p := somebody()
	ctx = passport.With(ctx, p, "token")
	if passport.From(ctx) != p || passport.Token(ctx) != "token" || passport.Authority(ctx) != "alpha" {
		t.Error("what was put in is not there")
	}
	// Work in another authority must not carry the first one's passport along.
	ctx = passport.WithAuthority(ctx, "beta")
	if passport.From(ctx) != nil || passport.Token(ctx) != "" || passport.Authority(ctx) != "beta" {
		t.Error("the passport of another authority is still there")
	}
	if ctx = passport.WithToken(ctx, "gamma", "other"); passport.From(ctx) != nil || passport.Token(ctx) != "other" || passport.Authority(ctx) != "gamma" {
		t.Error("a token to pass on")
	}
	if got := p.Actor(); got != "person/0192f0c1-0000-7000-8000-000000000001" {
		t.Error(got)
	}
	if !(&passport.Passport{Scopes: []string{"contacts:read"}}).HasScope("contacts:read") || p.HasScope("contacts:read") {
		t.Error("scopes")
	}
}
