package issuer_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

func TestACodeIsExchangedOnceByWhomItWasGivenTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change []string
		late   time.Duration
		status int
		want   string
	}{
		{name: "at the last moment", late: 60 * time.Second, status: http.StatusOK},
		{name: "expired", late: 61 * time.Second, status: http.StatusBadRequest, want: "invalid_grant"},
		{name: "wrong verifier", change: []string{"code_verifier", oauth2.GenerateVerifier()}, status: http.StatusBadRequest, want: "invalid_grant"},
		{name: "no verifier", change: []string{"code_verifier", ""}, status: http.StatusBadRequest, want: "invalid_request"},
		{name: "another client's", change: []string{"client_id", "kith-token"}, status: http.StatusBadRequest, want: "invalid_grant"},
		{name: "unknown client", change: []string{"client_id", "stranger"}, status: http.StatusUnauthorized, want: "invalid_client"},
		{name: "a partner", change: []string{"client_id", police}, status: http.StatusUnauthorized, want: "invalid_client"},
		{name: "wrong redirect", change: []string{"redirect_uri", webBack + "2"}, status: http.StatusBadRequest, want: "invalid_grant"},
		{name: "no redirect", change: []string{"redirect_uri", ""}, status: http.StatusBadRequest, want: "invalid_request"},
		{name: "unknown code", change: []string{"code", "nonsense"}, status: http.StatusBadRequest, want: "invalid_grant"},
		{name: "password grant", change: []string{"grant_type", "password"}, status: http.StatusBadRequest, want: "unsupported_grant_type"},
		{name: "no grant type", change: []string{"grant_type", ""}, status: http.StatusBadRequest, want: "invalid_request"},
		{name: "with a secret", change: []string{"client_secret", "x"}, status: http.StatusUnauthorized, want: "invalid_client"},
		{name: "a long body", change: []string{"x", strings.Repeat("x", 65<<10)}, status: http.StatusBadRequest, want: "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run, verifier := start(t), oauth2.GenerateVerifier()
			code := run.code(t, verifier)
			run.clock.pass(c.late)
			answer := do(t, http.MethodPost, run.url+"/token", with(exchange(code, verifier), c.change...))
			require.Equal(t, c.status, answer.status, answer.body)
			assert.Equal(t, "no-store", answer.header.Get("Cache-Control"))
			if c.want == "" {
				assert.Equal(t, "Bearer", answer.json(t)["token_type"])
				assert.EqualValues(t, 600, answer.json(t)["expires_in"])
				return
			}
			assert.Equal(t, c.want, answer.json(t)["error"])
			assert.NotContains(t, answer.body, "access_token")
		})
	}
}

func TestAnAttemptUsesACodeUp(t *testing.T) {
	t.Parallel()
	run, verifier := start(t), oauth2.GenerateVerifier()
	code := run.code(t, verifier)
	require.Equal(t, http.StatusOK, do(t, http.MethodPost, run.url+"/token", exchange(code, verifier)).status)
	again := do(t, http.MethodPost, run.url+"/token", exchange(code, verifier))
	assert.Equal(t, "invalid_grant", again.json(t)["error"])

	guessed := run.code(t, verifier)
	do(t, http.MethodPost, run.url+"/token", exchange(guessed, oauth2.GenerateVerifier()))
	after := do(t, http.MethodPost, run.url+"/token", exchange(guessed, verifier))
	assert.Equal(t, "invalid_grant", after.json(t)["error"])
}

func TestOfManyExchangesAtOnceOneSucceeds(t *testing.T) {
	t.Parallel()
	run, verifier := start(t), oauth2.GenerateVerifier()
	form := exchange(run.code(t, verifier), verifier)
	statuses := make([]int, 20)
	var all sync.WaitGroup
	for at := range statuses {
		all.Go(func() {
			response, err := http.PostForm(run.url+"/token", form)
			if err == nil {
				statuses[at] = response.StatusCode
				_ = response.Body.Close()
			}
		})
	}
	all.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	assert.Equal(t, map[int]int{http.StatusOK: 1, http.StatusBadRequest: 19}, count)
}

func TestTokenRequestsOfTheWrongForm(t *testing.T) {
	t.Parallel()
	run, verifier := start(t), oauth2.GenerateVerifier()
	code := run.code(t, verifier)

	basic := do(t, http.MethodPost, run.url+"/token", exchange(code, verifier), "Authorization", "Basic a2l0aC13ZWI6")
	assert.Equal(t, http.StatusUnauthorized, basic.status)
	assert.Contains(t, basic.header.Get("WWW-Authenticate"), "Basic")
	asJSON := do(t, http.MethodPost, run.url+"/token", exchange(code, verifier), "Content-Type", "application/json")
	assert.Equal(t, "invalid_request", asJSON.json(t)["error"])
	twice := exchange(code, verifier)
	twice.Add("code", code)
	assert.Equal(t, "invalid_request", do(t, http.MethodPost, run.url+"/token", twice).json(t)["error"])
	inQuery := do(t, http.MethodPost, run.url+"/token?"+exchange(code, verifier).Encode(), url.Values{})
	assert.Equal(t, "invalid_request", inQuery.json(t)["error"])
	assert.Equal(t, http.StatusMethodNotAllowed, do(t, http.MethodGet, run.url+"/token", nil).status)

	// None of these reached the code.
	require.Equal(t, http.StatusOK, do(t, http.MethodPost, run.url+"/token", exchange(code, verifier)).status)
}

func TestTokensSurviveARestartAndAssertionsDoNot(t *testing.T) {
	t.Parallel()
	run, verifier := start(t), oauth2.GenerateVerifier()
	before := do(t, http.MethodPost, run.url+"/token", exchange(run.code(t, verifier), verifier)).json(t)
	access, _ := before["access_token"].(string)
	parsed, err := jwt.ParseSigned(access, []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	assert.Equal(t, "at+jwt", parsed.Headers[0].ExtraHeaders["typ"])
	told := run.assertion()
	require.Equal(t, http.StatusOK, run.ask(t, run.sign(t, told), "").status)
	keys := do(t, http.MethodGet, run.url+"/keys", nil).body
	assert.NotContains(t, keys, `"d"`, "the private key is not shown")

	run.clock.pass(5 * time.Second)
	run.restart(t)
	assert.Equal(t, keys, do(t, http.MethodGet, run.url+"/keys", nil).body)
	assert.Equal(t, alice, run.verify(t, access, "kith").Subject)
	replayed := run.ask(t, run.sign(t, told), "")
	assert.Equal(t, http.StatusUnauthorized, replayed.status)
	assert.Contains(t, replayed.body, "before this issuer started")
	assert.Equal(t, http.StatusOK, run.ask(t, run.sign(t, run.assertion()), "").status)
}
