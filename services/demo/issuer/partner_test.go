package issuer_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kithcare/kith/services/demo/issuer"
)

// assertion is what a sound client assertion of the police says.
func (run *running) assertion() map[string]any {
	now := run.clock.Now()
	return map[string]any{
		"iss": police, "sub": police, "aud": run.url + "/token", "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
}

func signWith(t *testing.T, algorithm jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
	require.NoError(t, err)
	signed, err := jwt.Signed(signer).Claims(claims).Serialize()
	require.NoError(t, err)
	return signed
}

func (run *running) sign(t *testing.T, claims map[string]any) string {
	t.Helper()
	return signWith(t, jose.ES256, run.key, claims)
}

func (run *running) ask(t *testing.T, assertion, scope string) reply {
	t.Helper()
	return do(t, http.MethodPost, run.url+"/token", url.Values{
		"grant_type": {"client_credentials"}, "client_assertion_type": {assertType}, "client_assertion": {assertion}, "scope": {scope},
	})
}

func TestAPartnersTokenHoldsWhatItAskedForAndMayHave(t *testing.T) {
	t.Parallel()
	run := start(t)
	for asked, want := range map[string]string{
		"":                                "contacts.create contacts.read",
		"contacts.read":                   "contacts.read",
		"contacts.read contacts.create":   "contacts.create contacts.read",
		"contacts.read contacts.read":     "contacts.read",
		"contacts.read families.allocate": "contacts.read",
	} {
		answer := run.ask(t, run.sign(t, run.assertion()), asked)
		require.Equal(t, http.StatusOK, answer.status, answer.body)
		told := answer.json(t)
		assert.Equal(t, want, told["scope"])
		assert.NotContains(t, told, "id_token")
		raw, _ := told["access_token"].(string)
		token := run.verify(t, raw, "kith")
		var claims struct {
			ClientID string `json:"client_id"`
			Scope    string `json:"scope"`
		}
		require.NoError(t, token.Claims(&claims))
		assert.Equal(t, police, token.Subject)
		assert.Equal(t, police, claims.ClientID)
		assert.Equal(t, want, claims.Scope)
		assert.LessOrEqual(t, token.Expiry.Sub(token.IssuedAt), 5*time.Minute)
		assert.EqualValues(t, token.Expiry.Sub(token.IssuedAt).Seconds(), told["expires_in"])
	}
	for _, scope := range []string{"families.allocate", "CONTACTS.READ", "openid"} {
		answer := run.ask(t, run.sign(t, run.assertion()), scope)
		assert.Equal(t, http.StatusBadRequest, answer.status)
		assert.Equal(t, "invalid_scope", answer.json(t)["error"])
	}
}

func TestAssertionsThatAreRefused(t *testing.T) {
	t.Parallel()
	run := start(t)
	now := run.clock.Now()
	for _, c := range []struct {
		name, claim string
		value       any
	}{
		{"another audience", "aud", "http://127.0.0.1:1/token"},
		{"no audience", "aud", nil},
		{"expired", "exp", now.Add(-time.Second).Unix()},
		{"longer than five minutes", "exp", now.Add(5*time.Minute + time.Second).Unix()},
		{"without an end", "exp", nil},
		{"without a beginning", "iat", nil},
		{"from the future", "iat", now.Add(time.Minute).Unix()},
		{"not valid yet", "nbf", now.Add(time.Minute).Unix()},
		{"from before the start", "iat", now.Add(-time.Second).Unix()},
		{"without an id", "jti", nil},
		{"with an endless id", "jti", strings.Repeat("j", 257)},
		{"another issuer", "iss", "someone"},
		{"another subject", "sub", "someone"},
		{"a person's subject", "sub", alice},
		{"claims of the wrong type", "exp", "tomorrow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			claims := run.assertion()
			claims[c.claim] = c.value
			if c.value == nil {
				delete(claims, c.claim)
			}
			answer := run.ask(t, run.sign(t, claims), "")
			assert.Equal(t, http.StatusUnauthorized, answer.status, answer.body)
			assert.Equal(t, "invalid_client", answer.json(t)["error"])
		})
	}
}

func TestSignaturesThatAreRefused(t *testing.T) {
	t.Parallel()
	run := start(t)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	part := func(v any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	public, _ := run.config.Partners[0].PublicKey.(string)
	sound := run.sign(t, run.assertion())
	otherClaims := run.assertion()
	for name, assertion := range map[string]string{
		"alg none":               part(map[string]string{"alg": "none"}) + "." + part(run.assertion()) + ".",
		"a stranger's key":       signWith(t, jose.ES256, stranger, run.assertion()),
		"the public key as HMAC": signWith(t, jose.HS256, []byte(public), run.assertion()),
		"other claims":           strings.Split(sound, ".")[0] + "." + part(otherClaims) + "." + strings.Split(sound, ".")[2],
		"no signature":           strings.Join(strings.Split(sound, ".")[:2], ".") + ".",
		"nonsense":               "nonsense",
		"nothing":                "",
	} {
		answer := run.ask(t, assertion, "")
		assert.Equal(t, http.StatusUnauthorized, answer.status, name)
		assert.Equal(t, "invalid_client", answer.json(t)["error"], name)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_assertion": {sound}}
	assert.Equal(t, "invalid_client", do(t, http.MethodPost, run.url+"/token", form).json(t)["error"], "no assertion type")
	form = with(form, "client_assertion_type", assertType, "client_id", "another")
	assert.Equal(t, "invalid_client", do(t, http.MethodPost, run.url+"/token", form).json(t)["error"], "another client_id")
	assert.Equal(t, http.StatusOK, run.ask(t, sound, "").status, "none of these used the assertion up")
}

func TestAnAssertionIsUsedOnce(t *testing.T) {
	t.Parallel()
	run := start(t)
	claims := run.assertion()
	claims["aud"] = []string{run.url}
	require.Equal(t, http.StatusOK, run.ask(t, run.sign(t, claims), "").status)
	for _, later := range []time.Duration{0, 5 * time.Minute} { // to the last second of its life
		run.clock.pass(later)
		again := run.ask(t, run.sign(t, claims), "")
		assert.Equal(t, http.StatusUnauthorized, again.status)
		assert.Contains(t, again.body, "jti was used before")
	}
}

func TestEveryKindOfPartnerKeySigns(t *testing.T) {
	t.Parallel()
	run := start(t)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	rivest, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	keys := map[string]crypto.Signer{"school": edwards, "hospital": rivest}
	for id, key := range keys {
		run.config.Partners = append(run.config.Partners, issuer.Partner{
			ClientID: id, Name: id, Scopes: []string{"contacts.create"}, PublicKey: key.Public(),
		})
	}
	run.restart(t)
	for id, key := range keys {
		token, err := issuer.PartnerToken(t.Context(), run.url, id, key, nil)
		require.NoError(t, err)
		assert.Equal(t, id, run.verify(t, token, "kith").Subject)
		_, err = issuer.PartnerToken(t.Context(), run.url, police, key, nil)
		require.ErrorContains(t, err, "not signed by a partner known here")
	}
}
