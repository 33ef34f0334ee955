package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

// silent is a directory that knows nobody.
type silent struct {
	directoryv1.DirectoryServiceClient
}

func (silent) IssuePassport(context.Context, *directoryv1.IssuePassportRequest, ...grpc.CallOption) (*directoryv1.IssuePassportResponse, error) {
	return nil, fault.Unauthenticated("nobody")
}

func depsOf(t *testing.T, authorities ...Authority) Deps {
	t.Helper()
	return Deps{
		Neighbours: page.Neighbours{Directory: silent{}}, Authorities: authorities, URL: "https://kith.example", ClientID: "kith-web",
		IssuerClient: http.DefaultClient, Version: "v1 & more", Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
}

func pagesOf(t *testing.T, d Deps) http.Handler {
	t.Helper()
	pages, err := New(d)
	require.NoError(t, err)
	return pages
}

func get(pages http.Handler, path string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	answer := httptest.NewRecorder()
	pages.ServeHTTP(answer, r)
	return answer
}

func TestPagesNeedTheirNeighbours(t *testing.T) {
	t.Parallel()
	_, err := New(Deps{})
	require.Error(t, err)
}

func TestTheFirstPageIsForAnybody(t *testing.T) {
	t.Parallel()
	pages := pagesOf(t, depsOf(t))
	answer := get(pages, "/")
	assert.Equal(t, http.StatusOK, answer.Code)
	assert.Contains(t, answer.Body.String(), "v1 &amp; more")
	assert.Contains(t, answer.Body.String(), `href="/sign-in"`)
	assert.Equal(t, http.StatusNotFound, get(pages, "/elsewhere").Code)
}

// Without a session no page shows anything; each leads to the sign-in and back.
func TestNoPageIsForStrangers(t *testing.T) {
	t.Parallel()
	pages := pagesOf(t, depsOf(t))
	for _, path := range []string{"/account", "/contacts", "/contacts/new", "/find", "/guardian", "/teams/x/families", "/families/x"} {
		answer := get(pages, path)
		assert.Equal(t, http.StatusSeeOther, answer.Code, path)
		assert.Equal(t, "/sign-in?to="+url.QueryEscape(path), answer.Header().Get("Location"), path)
	}
}

// anIssuer says of itself what sign-in needs to lead there.
func anIssuer(t *testing.T) string {
	t.Helper()
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"issuer":"` + server.URL + `","authorization_endpoint":"` + server.URL + `/authorize","token_endpoint":"` + server.URL +
			`/token","jwks_uri":"` + server.URL + `/keys","id_token_signing_alg_values_supported":["ES256"]}`))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestSigningInLeadsToTheIssuerWithAProofOfItsOwn(t *testing.T) {
	t.Parallel()
	issuer := anIssuer(t)
	pages := pagesOf(t, depsOf(t, Authority{Name: "here", Issuers: []string{issuer}}, Authority{Name: "there", Issuers: []string{issuer}}))
	seen := map[string]bool{}
	for range 2 {
		answer := get(pages, "/sign-in?to=%2Fcontacts")
		require.Equal(t, http.StatusFound, answer.Code)
		to, err := url.Parse(answer.Header().Get("Location"))
		require.NoError(t, err)
		q := to.Query()
		assert.Equal(t, issuer+"/authorize", "http://"+to.Host+to.Path)
		assert.Equal(t, "code", q.Get("response_type"))
		assert.Equal(t, "S256", q.Get("code_challenge_method"))
		assert.Equal(t, "https://kith.example/signed-in", q.Get("redirect_uri"))
		for _, secret := range []string{q.Get("state"), q.Get("nonce"), q.Get("code_challenge")} {
			assert.GreaterOrEqual(t, len(secret), 26)
			assert.False(t, seen[secret], "each journey has its own")
			seen[secret] = true
		}
	}
}

func TestWithSeveralIssuersTheAuthorityIsChosenFirst(t *testing.T) {
	t.Parallel()
	one, two := anIssuer(t), anIssuer(t)
	pages := pagesOf(t, depsOf(t, Authority{Name: "kensington-and-chelsea", Issuers: []string{one}}, Authority{Name: "there", Issuers: []string{two}}))
	answer := get(pages, "/sign-in?to=%2Fcontacts")
	assert.Equal(t, http.StatusOK, answer.Code)
	assert.Contains(t, answer.Body.String(), "Kensington and Chelsea")
	assert.Contains(t, answer.Body.String(), `href="/sign-in/start?issuer=1&amp;to=%2Fcontacts"`)
	assert.True(t, strings.HasPrefix(get(pages, "/sign-in/start?issuer=1").Header().Get("Location"), two+"/authorize"))
	for _, none := range []string{"2", "-1", "x", ""} {
		assert.Equal(t, http.StatusNotFound, get(pages, "/sign-in/start?issuer="+none).Code)
	}
}

func TestAnIssuerThatIsSilentIsSaid(t *testing.T) {
	t.Parallel()
	d := depsOf(t, Authority{Name: "here", Issuers: []string{"http://issuer.invalid"}})
	d.IssuerClient = &http.Client{Transport: refuses{}}
	answer := get(pagesOf(t, d), "/sign-in")
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	assert.Contains(t, answer.Body.String(), "ring 999")
}

type refuses struct{}

func (refuses) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }

// An answer of an issuer that this browser did not ask for begins no session, whoever made it.
func TestAnAnswerThatNobodyAskedForSignsNobodyIn(t *testing.T) {
	t.Parallel()
	pages := pagesOf(t, depsOf(t, Authority{Name: "here", Issuers: []string{anIssuer(t)}}))
	begun := get(pages, "/sign-in").Result()
	journey := begun.Cookies()[0]
	to, err := begun.Location()
	require.NoError(t, err)
	state := to.Query().Get("state")
	for name, c := range map[string]struct {
		query   string
		cookies []*http.Cookie
	}{
		"without the journey": {"?code=x&state=" + state, nil},
		"another's state":     {"?code=x&state=other", []*http.Cookie{journey}},
		"no state":            {"?code=x", []*http.Cookie{journey}},
		"refused there":       {"?error=access_denied&state=" + state, []*http.Cookie{journey}},
		"no code":             {"?state=" + state, []*http.Cookie{journey}},
		"a broken journey":    {"?code=x&state=" + state, []*http.Cookie{{Name: journey.Name, Value: "e30"}}},
	} {
		answer := get(pages, "/signed-in"+c.query, c.cookies...)
		assert.Equal(t, http.StatusBadRequest, answer.Code, name)
		assert.Contains(t, answer.Body.String(), "Nothing is lost", name)
		for _, set := range answer.Result().Cookies() {
			assert.NotEqual(t, page.SessionCookie, set.Name, name)
		}
	}
}

func TestDevicesArePlain(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":           "Edge Windows",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":        "Samsung Internet Android",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox Linux",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                   "Chrome Mac",
		"curl/8.0": "", "": "", "<script>": "",
	} {
		assert.Equal(t, want, deviceOf(agent), agent)
	}
}
