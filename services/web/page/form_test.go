package page

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kithcare/kith/pkg/fault"
)

func TestOnlyPathsOfThesePagesAreLedTo(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "/", "/contacts": "/contacts", "/contacts?state=waiting&page=2": "/contacts?state=waiting&page=2", "/a#b": "/a#b",
		"": "/", "contacts": "/", "//evil.example": "/", `/\evil.example`: "/", `\\evil.example`: "/", "https://evil.example": "/",
		"javascript:alert(1)": "/", "/\t/evil.example": "/", "/\n/evil.example": "/", "/a\r\nSet-Cookie: x": "/", "/" + string(make([]byte, 500)): "/",
	} {
		assert.Equal(t, want, Local(path), "%q", path)
	}
}

func TestAFormHoldsWhatWasSent(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	v := g.visitOf(http.MethodPost, url.Values{
		"worry": {" two\r\nlines "}, "told.children[0].name": {"Zoë O’Ńeill"}, "tick": {"a", "b"}, "empty": {""},
		fieldRequest: {"r1"}, fieldEtag: {"e1"}, fieldRevision: {"7"}, fieldAuthor: {someone}, "form-other": {"x"},
	})
	f := v.Sent("referral", "contacts/new")
	assert.Equal(t, "r1", f.RequestID)
	assert.Equal(t, "e1", f.Etag)
	assert.Equal(t, int64(7), f.Revision)
	assert.Equal(t, " two\r\nlines ", f.Get("worry"))
	assert.Equal(t, "two\r\nlines", f.Trimmed("worry"))
	assert.Equal(t, "Zoë O’Ńeill", f.Get("told.children[0].name"))
	assert.True(t, f.Has("tick", "b"))
	assert.False(t, f.Has("tick", "c"))
	assert.NotContains(t, f.Values, "form-other", "what the form itself carries is no field")
	f.Default("empty", "x")
	f.Default("untouched", "y")
	assert.Equal(t, "", f.Get("empty"), "an emptied field stays empty")
	assert.Equal(t, "y", f.Get("untouched"))
}

func TestARefusalFindsItsField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refused error
		status  int
		field   string
		text    string
	}{
		"invalid":         {fault.Invalid("told.children[0].name", "must be at most 1000 characters."), http.StatusBadRequest, "told.children[0].name", ""},
		"refused":         {fault.Refused("NO_PATCH", "patch", "choose a patch first"), http.StatusBadRequest, "patch", "Choose a patch first."},
		"not now":         {fault.Unavailable(errors.New("down")), http.StatusServiceUnavailable, "", "Kith can't save this just now. Your words are still here. Wait a moment and send it again."},
		"of no field":     {fault.Denied("NOT_A_MEMBER", "only members of the team do this"), http.StatusForbidden, "", "Only members of the team do this."},
		"wrong by itself": {nil, http.StatusUnprocessableEntity, "name", "write a name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t)
			v := g.visitOf(http.MethodPost, url.Values{"name": {"Zoë"}})
			f := v.Sent("referral", "contacts/new")
			if c.refused == nil {
				f.Wrong("name", c.text)
			}
			shown := false
			require.NoError(t, v.Again(f, c.refused, func() error { shown = true; return nil }))
			assert.True(t, shown)
			assert.Len(t, f.Problems, 1)
			assert.NotEmpty(t, f.ProblemAt(c.field))
			if c.text != "" {
				assert.Equal(t, c.text, f.ProblemAt(c.field))
			}
			assert.Equal(t, "Zoë", f.Get("name"), "what was typed stays")
			require.NotNil(t, g.drafts.kept, "and is kept")
			want := c.status
			if c.refused != nil {
				want = fault.From(c.refused).HTTPStatus()
			}
			assert.Equal(t, want, v.status)
		})
	}
}

func TestWhatCantBeMendedOnAFormIsNotShownThere(t *testing.T) {
	t.Parallel()
	for _, refused := range []error{fault.NotFound(), fault.Unauthenticated("gone"), fault.Internal(errors.New("x"))} {
		g := newGround(t)
		v := g.visitOf(http.MethodPost, url.Values{"name": {"Zoë"}})
		err := v.Again(v.Sent("referral", "contacts/new"), refused, func() error { t.Error("shown"); return nil })
		assert.ErrorIs(t, err, refused)
		assert.NotNil(t, g.drafts.kept, "the words are kept all the same")
	}
}

func TestSomebodyElseWasFirst(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	v := g.visitOf(http.MethodPost, url.Values{"name": {"Zoë"}, fieldEtag: {"1"}})
	f := v.Sent("referral", "contacts/new")
	changed := fault.Conflict("CHANGED", "changed", map[string]string{"etag": "2", "changedBy": someone, "changedAt": "2026-05-03T12:00:00Z"})
	require.NoError(t, v.Again(f, changed, func() error { return nil }))
	require.NotNil(t, f.Changed)
	assert.Equal(t, Changed{By: "Ada Example", At: time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC), Etag: "2"}, *f.Changed)
	assert.Equal(t, "2", f.Etag, "sent again, it is about what stands now")
	assert.Equal(t, "Zoë", f.Get("name"))
	assert.Equal(t, http.StatusConflict, v.status)
}

func TestADraftIsOfferedAndIsTheSameRequest(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	first := g.visitOf(http.MethodPost, url.Values{"worry": {"alone"}, "tick": {"a", "b"}, fieldRequest: {"r1"}, fieldEtag: {"e1"}})
	require.NoError(t, first.save(first.Sent("referral", "contacts/new")))

	f := g.visitOf(http.MethodGet, nil).NewForm("referral", "contacts/new")
	assert.True(t, f.Restored)
	assert.Equal(t, "alone", f.Get("worry"))
	assert.Equal(t, []string{"a", "b"}, f.Values["tick"])
	assert.Equal(t, "r1", f.RequestID, "sent twice it is one thing")
	assert.Equal(t, "e1", f.Etag)
	assert.NotContains(t, f.Values, fieldRequest)

	g.visitOf(http.MethodPost, nil).Done(f)
	again := g.visitOf(http.MethodGet, nil).NewForm("referral", "contacts/new")
	assert.False(t, again.Restored)
	assert.NotEqual(t, "r1", again.RequestID)
}

func TestAKeeperThatDoesNotAnswerCostsThePageNothing(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.drafts.down = fault.Unavailable(errors.New("down"))
	v := g.visitOf(http.MethodPost, url.Values{"worry": {"words of a child"}})
	f := v.Sent("referral", "contacts/new")
	require.NoError(t, v.Again(f, fault.Refused("NO", "worry", "no"), func() error { return nil }))
	assert.Equal(t, "words of a child", f.Get("worry"))
	v.Done(f)
	assert.False(t, g.visitOf(http.MethodGet, nil).NewForm("referral", "contacts/new").Restored)
	assert.NotContains(t, g.log.String(), "words of a child")
}

func TestNamesThatCantBeFoundAreSomeone(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	v := g.visitOf(http.MethodGet, nil)
	gone := "authorities/here/partners/gone"
	assert.Equal(t, Names{someone: "Ada Example", gone: "someone"}, v.NamesOf(someone, "", gone, someone, "services/referral"))
	g.directory.names = fault.Unavailable(errors.New("down"))
	assert.Equal(t, Names{someone: "someone"}, v.NamesOf(someone))
}
