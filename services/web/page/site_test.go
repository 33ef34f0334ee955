package page

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
)

func body(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<h1>"+text+"</h1>")
		return err
	})
}

func shows(text string) Handler {
	return func(v *Visit) error { return v.Show(Page{Title: text, Body: body(text)}) }
}

func TestEveryAnswerKeepsToItself(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.Read("/record", shows("A record"))
	g.Act("/act", func(v *Visit) error { return v.Go("/record", "") })
	g.Read("/breaks", func(*Visit) error { return fault.Internal(errors.New("x")) })
	for path, want := range map[string]int{"/record": 200, "/elsewhere": 404, "/breaks": 500} {
		answer := g.ask(http.MethodGet, path, nil)
		h := answer.Header()
		assert.Equal(t, want, answer.Code, path)
		assert.Equal(t, "no-store", h.Get("Cache-Control"), path)
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		policy := h.Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'", path)
		assert.Contains(t, policy, "frame-ancestors 'none'", path)
		assert.Contains(t, policy, "form-action 'self'", path)
		assert.Contains(t, policy, "base-uri 'none'", path)
		assert.NotContains(t, policy, "unsafe", path)
		assert.NotContains(t, policy, "*", path)
		assert.NotContains(t, policy, "http", path)
		assert.Contains(t, answer.Body.String(), "v1 &amp; more", path)
	}
}

func TestAForeignFormIsRefused(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	done := 0
	g.Act("/act", func(v *Visit) error { done++; return v.Go("/record", "") })
	for name, c := range map[string]struct {
		form   url.Values
		change func(*http.Request)
		status int
	}{
		"ours":              {g.signed(nil), nil, http.StatusSeeOther},
		"ours, by header":   {url.Values{}, func(r *http.Request) { r.Header.Set("Kith-Form", tokenOf(g.form)) }, http.StatusSeeOther},
		"no token":          {url.Values{"x": {"y"}}, nil, http.StatusForbidden},
		"another browser's": {url.Values{fieldToken: {tokenOf(strings.Repeat("g", 26))}}, nil, http.StatusForbidden},
		"no cookie": {g.signed(nil), func(r *http.Request) {
			r.Header.Del("Cookie")
			r.AddCookie(&http.Cookie{Name: SessionCookie, Value: "here.secret"})
		}, http.StatusForbidden},
		"a short cookie": {url.Values{fieldToken: {tokenOf("f")}}, func(r *http.Request) {
			r.Header.Del("Cookie")
			r.AddCookie(&http.Cookie{Name: SessionCookie, Value: "here.secret"})
			r.AddCookie(&http.Cookie{Name: formCookie, Value: "f"})
		}, http.StatusForbidden},
		"from another site":   {g.signed(nil), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		"from a sister site":  {g.signed(nil), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, http.StatusForbidden},
		"of another origin":   {g.signed(nil), func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, http.StatusForbidden},
		"of our own origin":   {g.signed(nil), func(r *http.Request) { r.Header.Set("Origin", "http://example.com") }, http.StatusSeeOther},
		"typed by another":    {g.signed(url.Values{fieldAuthor: {someone + "2"}}), nil, http.StatusForbidden},
		"more than two mbyte": {g.signed(url.Values{"x": {strings.Repeat("x", maxForm+1)}}), nil, http.StatusBadRequest},
	} {
		done = 0
		var changes []func(*http.Request)
		if c.change != nil {
			changes = append(changes, c.change)
		}
		answer := g.ask(http.MethodPost, "/act", c.form, changes...)
		assert.Equal(t, c.status, answer.Code, name)
		want := 0
		if c.status == http.StatusSeeOther {
			want = 1
		}
		assert.Equal(t, want, done, name)
	}
}

func TestCookiesAreKeptFromScriptsAndOtherSites(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.Open("GET /any", func(v *Visit) error {
		v.formToken()
		v.SetCookie(SessionCookie, "x", 0)
		return v.Go("/record", "draft_thrown_away")
	})
	cookies := g.ask(http.MethodGet, "/any", nil, strangerAsks).Result().Cookies()
	assert.Len(t, cookies, 3)
	for _, c := range cookies {
		assert.True(t, c.HttpOnly && c.Secure && c.SameSite == http.SameSiteLaxMode && c.Path == "/" && c.Domain == "", "%v", c)
	}
}

func TestWhoeverIsNotSignedInIsAskedTo(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.Read("/record/{id}", shows("A record"))
	g.Glance("/record/{id}/news", shows("News"))
	answer := g.ask(http.MethodGet, "/record/1?page=2", nil, strangerAsks)
	assert.Equal(t, http.StatusSeeOther, answer.Code)
	assert.Equal(t, "/sign-in?to=%2Frecord%2F1%3Fpage%3D2", answer.Header().Get("Location"))
	for _, header := range [][2]string{{"Hx-Request", "true"}, {"Accept", "*/*"}} {
		answer := g.ask(http.MethodGet, "/record/1/news", nil, strangerAsks, func(r *http.Request) { r.Header.Set(header[0], header[1]) })
		assert.Equal(t, http.StatusUnauthorized, answer.Code)
		assert.Empty(t, answer.Body.String())
	}
	g.directory.down = fault.Unavailable(errors.New("down"))
	answer = g.ask(http.MethodGet, "/record/1", nil)
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code, "a directory that does not answer signs nobody out")
	assert.Contains(t, answer.Body.String(), "just now")
	assert.NotContains(t, strings.Join(answer.Header().Values("Set-Cookie"), " "), SessionCookie+"=;")
}

func TestWordsSentAfterTheSessionEndedStayOnThePage(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.Act("/act", func(*Visit) error { t.Error("it was done for nobody"); return nil })
	words := `She said "don't" </textarea><script>alert(1)</script>`
	form := g.signed(url.Values{"worry": {words}, "tick": {"a", "b"}, fieldRequest: {"r1"}})
	answer := g.ask(http.MethodPost, "/act", form, g.expired)
	assert.Equal(t, http.StatusUnauthorized, answer.Code)
	text := answer.Body.String()
	assert.NotContains(t, text, "<script>alert")
	for _, name := range []string{"worry", "tick", fieldRequest, fieldToken, fieldAuthor} {
		assert.Regexp(t, `<input type="hidden" name="`+name+`" value="[^"]+">`, text)
	}
	assert.Contains(t, text, templ.EscapeString(words))
	assert.Contains(t, text, `action="/act"`)
	assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"))

	foreign := g.ask(http.MethodPost, "/act", url.Values{"worry": {words}}, g.expired)
	assert.Equal(t, http.StatusForbidden, foreign.Code, "another site's words are not put into a page of ours")
}

func TestAPageThatBreaksSaysSoAndTellsNothing(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.Read("/panics/{id}", func(*Visit) error { panic("Sam Example is 8") })
	answer := g.ask(http.MethodGet, "/panics/7", nil)
	assert.Equal(t, http.StatusInternalServerError, answer.Code)
	assert.Contains(t, answer.Body.String(), `href="/"`)
	assert.NotContains(t, answer.Body.String()+g.log.String(), "Sam Example")
	assert.Contains(t, g.log.String(), "/panics/{id}")
}

func TestAPartThatCantBeHadCostsItsOwnPlace(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.Read("/record", func(v *Visit) error {
		var left, right Part[string]
		Together(
			func() { left = Of("the left part", error(nil)) },
			func() { right = Of("", fault.Unavailable(errors.New("down"))) },
		)
		return v.Show(Page{Title: "A record", Body: templ.Join(body(left.Value), templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			if right.Err != nil {
				return Missing(v, "The right part").Render(ctx, w)
			}
			return nil
		}))})
	})
	answer := g.ask(http.MethodGet, "/record", nil)
	assert.Equal(t, http.StatusOK, answer.Code)
	assert.Contains(t, answer.Body.String(), "the left part")
	assert.Contains(t, answer.Body.String(), "The right part can&#39;t be shown just now.")
	assert.True(t, Hidden(fault.NotFound()))
	assert.False(t, Hidden(fault.Unavailable(errors.New("down"))))
	assert.False(t, Hidden(nil))
}

func TestAProblemIsSaidInTheTitleFirst(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.Read("/form", func(v *Visit) error {
		f := v.NewForm("", "")
		f.Wrong("name", "Write a name.")
		return v.Show(Page{Title: "A form", Form: f, Body: Problems(v, f)})
	})
	text := g.ask(http.MethodGet, "/form", nil).Body.String()
	assert.Contains(t, text, "<title>Error: A form – Kith</title>")
	assert.Contains(t, text, `<a href="#name">Write a name.</a>`)
}

func TestANoticeIsShownOnce(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.Read("/record", shows("A record"))
	told := func(key string) *httptest.ResponseRecorder {
		return g.ask(http.MethodGet, "/record", nil, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: noticeCookie, Value: key}) })
	}
	answer := told("signed_out")
	assert.Contains(t, answer.Body.String(), "You are signed out.")
	assert.Contains(t, strings.Join(answer.Header().Values("Set-Cookie"), " "), noticeCookie+"=; Path=/; Max-Age=0")
	assert.NotContains(t, told("<b>anything</b>").Body.String(), "anything", "only texts of the catalogue")
}

func TestLongPagesArePacked(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.Read("/long", shows(strings.Repeat("long ", 2000)))
	packed := g.ask(http.MethodGet, "/long", nil, func(r *http.Request) { r.Header.Set("Accept-Encoding", "br, gzip") })
	assert.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
	assert.Less(t, packed.Body.Len(), 6000)
	assert.Contains(t, unpacked(t, packed.Body), "long long")
	plain := g.ask(http.MethodGet, "/long", nil)
	assert.Empty(t, plain.Header().Get("Content-Encoding"))
	assert.Contains(t, plain.Body.String(), "long long")
	assert.Contains(t, plain.Header().Get("Vary"), "Accept-Encoding")
}

func TestAssetsAreKeptForEverUnderTheirContent(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for name, kind := range map[string]string{
		"govuk-frontend.css": "text/css; charset=utf-8", "kith.js": "text/javascript; charset=utf-8", "kith.svg": "image/svg+xml",
		"images/govuk-crest.svg": "image/svg+xml",
	} {
		answer := g.ask(http.MethodGet, g.Assets.URL(name), nil, strangerAsks, func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
		require.Equal(t, http.StatusOK, answer.Code, name)
		assert.Equal(t, kind, answer.Header().Get("Content-Type"))
		assert.Equal(t, "public, max-age=31536000, immutable", answer.Header().Get("Cache-Control"))
		plain := g.ask(http.MethodGet, g.Assets.URL(name), nil, strangerAsks)
		assert.Equal(t, plain.Body.String(), unpacked(t, answer.Body), name)
	}
	assert.Regexp(t, regexp.MustCompile(`^/assets/[0-9a-f]{16}/x$`), g.Assets.URL("x"))
	for _, path := range []string{"/assets/0123456789abcdef/kith.js", g.Assets.URL("words/en/page.yaml"), g.Assets.URL("../words/en/page.yaml"), g.Assets.URL(".stamp")} {
		assert.NotEqual(t, http.StatusOK, g.ask(http.MethodGet, path, nil, strangerAsks).Code, path)
	}
	css := g.ask(http.MethodGet, g.Assets.URL("govuk-frontend.css"), nil).Body.String()
	assert.NotContains(t, css, "GDS Transport", "that typeface is not ours to use")
	assert.NotContains(t, css, "@font-face")
	assert.NotRegexp(t, `url\(["']?(https?:)?//`, css, "nothing is fetched from elsewhere")
}

func TestTheMenuOffersWhatConcernsThePerson(t *testing.T) {
	t.Parallel()
	seat := func(kind directoryv1.TeamKind, team string) *directoryv1.Seat {
		return &directoryv1.Seat{Kind: kind, Team: "authorities/here/teams/" + team, Title: "Team " + team}
	}
	for name, c := range map[string]struct {
		self         *directoryv1.Self
		there, never []string
	}{
		"nobody in particular": {&directoryv1.Self{}, []string{`href="/"`}, []string{`href="/contacts"`, `href="/find"`, `href="/guardian"`, `href="/administration"`, "/families"}},
		"a screener": {
			&directoryv1.Self{Seats: []*directoryv1.Seat{seat(directoryv1.TeamKind_TEAM_KIND_REFERRAL, "referral")}},
			[]string{`href="/contacts"`, `href="/contacts/new"`, `href="/find"`},
			[]string{`href="/guardian"`, `href="/administration"`, "/families"},
		},
		"a worker of two teams": {
			&directoryv1.Self{Seats: []*directoryv1.Seat{seat(directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING, "one"), seat(directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING, "two")}},
			[]string{`href="/teams/one/families"`, `href="/teams/two/families"`, "Families of Team one", `href="/find"`},
			[]string{`href="/contacts"`, "Our families"},
		},
		"a guardian and administrator": {&directoryv1.Self{Guardian: true, Administrator: true}, []string{`href="/guardian"`, `href="/administration"`, `href="/find"`}, []string{`href="/contacts"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t)
			v := g.visitOf(http.MethodGet, nil)
			v.Self = c.self
			var text strings.Builder
			require.NoError(t, layout(v, Page{Title: "x", Body: body("x")}).Render(t.Context(), &text))
			for _, there := range c.there {
				assert.Contains(t, text.String(), there)
			}
			for _, never := range c.never {
				assert.NotContains(t, text.String(), never)
			}
		})
	}
}
