package page

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// Where the ground itself is tested, neighbours answer what the test says: also that they do not answer. Pages are tested
// with the real ones, in services/stories/pages.
type directory struct {
	directoryv1.DirectoryServiceClient
	person string
	down   error
	names  error
}

const someone = "authorities/here/people/0192d3a0-0000-7000-8000-000000000001"

func (d *directory) IssuePassport(_ context.Context, r *directoryv1.IssuePassportRequest, _ ...grpc.CallOption) (*directoryv1.IssuePassportResponse, error) {
	if d.down != nil {
		return nil, d.down
	}
	if r.GetSession().GetSecret() != "secret" {
		return nil, fault.Unauthenticated("no session")
	}
	person := d.person
	if person == "" {
		person = someone
	}
	return &directoryv1.IssuePassportResponse{Passport: "passport", Self: &directoryv1.Self{
		Person: person, Title: "Ada Example", AuthorityTitle: "Here", IdleUntil: timestamppb.New(time.Date(2026, 5, 3, 15, 10, 0, 0, time.UTC)),
	}}, nil
}

func (d *directory) NameActors(_ context.Context, r *directoryv1.NameActorsRequest, _ ...grpc.CallOption) (*directoryv1.NameActorsResponse, error) {
	if d.names != nil {
		return nil, d.names
	}
	answer := &directoryv1.NameActorsResponse{}
	for _, n := range r.GetNames() {
		if n != someone {
			continue
		}
		answer.Actors = append(answer.Actors, &directoryv1.Actor{Name: n, Title: "Ada Example"})
	}
	return answer, nil
}

// drafts is a keeper of drafts with one place.
type drafts struct {
	draftv1.DraftServiceClient
	mu   sync.Mutex
	kept *draftv1.Draft
	down error
}

func (d *drafts) SaveDraft(_ context.Context, r *draftv1.SaveDraftRequest, _ ...grpc.CallOption) (*draftv1.SaveDraftResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down != nil {
		return nil, d.down
	}
	d.kept = &draftv1.Draft{Form: r.GetForm(), Fields: r.GetFields(), Revision: r.GetRevision() + 1, SavedAt: timestamppb.New(time.Date(2026, 5, 3, 13, 5, 0, 0, time.UTC))}
	return &draftv1.SaveDraftResponse{SavedAt: d.kept.GetSavedAt(), Revision: d.kept.GetRevision()}, nil
}

func (d *drafts) GetDraft(context.Context, *draftv1.GetDraftRequest, ...grpc.CallOption) (*draftv1.GetDraftResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &draftv1.GetDraftResponse{Draft: d.kept}, d.down
}

func (d *drafts) DeleteDraft(context.Context, *draftv1.DeleteDraftRequest, ...grpc.CallOption) (*draftv1.DeleteDraftResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept = nil
	return &draftv1.DeleteDraftResponse{}, d.down
}

// ground is a site without pages, and a browser that is signed in.
type ground struct {
	*Site
	t         *testing.T
	directory *directory
	drafts    *drafts
	log       *bytes.Buffer
	form      string
}

// noon is the time on the ground's clock: two in the afternoon of a Sunday in London.
func noon() time.Time { return time.Date(2026, 5, 3, 13, 0, 0, 0, time.UTC) }

func newGround(t *testing.T) *ground {
	t.Helper()
	g := &ground{t: t, directory: &directory{}, drafts: &drafts{}, log: &bytes.Buffer{}, form: strings.Repeat("f", 26)}
	var err error
	g.Site, err = NewSite(Config{
		Neighbours: Neighbours{Directory: g.directory, Drafts: map[string]draftv1.DraftServiceClient{"referral": g.drafts}},
		Version:    "v1 & more", Now: noon, Log: slog.New(slog.NewTextHandler(g.log, nil)),
	})
	require.NoError(t, err)
	return g
}

// visit is a visit outside of any route.
func (g *ground) visitOf(method string, form url.Values) *Visit {
	r := httptest.NewRequest(method, "/a", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	v := g.visit(httptest.NewRecorder(), r)
	v.Authority, v.Self = "authorities/here", &directoryv1.Self{Person: someone}
	require.NoError(g.t, r.ParseForm())
	return v
}

// ask makes a request of a browser that is signed in, unless the change to it says otherwise.
func (g *ground) ask(method, path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(&http.Cookie{Name: SessionCookie, Value: "here.secret"})
	r.AddCookie(&http.Cookie{Name: formCookie, Value: g.form})
	for _, c := range change {
		c(r)
	}
	answer := httptest.NewRecorder()
	g.ServeHTTP(answer, r)
	return answer
}

// signed puts what a form of this browser carries beside its fields.
func (g *ground) signed(form url.Values) url.Values {
	all := url.Values{fieldToken: {tokenOf(g.form)}, fieldAuthor: {someone}}
	for name, values := range form {
		all[name] = values
	}
	return all
}

func strangerAsks(r *http.Request) { r.Header.Del("Cookie") }

// expired is a browser whose session has ended: it still has its form cookie.
func (g *ground) expired(r *http.Request) {
	r.Header.Del("Cookie")
	r.AddCookie(&http.Cookie{Name: SessionCookie, Value: "here.another"})
	r.AddCookie(&http.Cookie{Name: formCookie, Value: g.form})
}

func unpacked(t *testing.T, packed io.Reader) string {
	t.Helper()
	r, err := gzip.NewReader(packed)
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(text)
}
