package stories_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	"github.com/kithcare/kith/services/demo"
	"github.com/kithcare/kith/services/demo/issuer"
	"github.com/kithcare/kith/services/directory/description"
	"github.com/kithcare/kith/services/platform"
)

// authorities are the keys of the demonstration's two.
func authorities() []string { return []string{"kensington-chelsea", "hammersmith-fulham"} }

// described reads a demonstration authority.
func described(t testing.TB, name string) *description.Authority {
	t.Helper()
	folder := demo.Authorities()
	file, err := folder.Open(name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	a, problems := description.Read(file, name+".yaml", func(p string) (io.ReadCloser, error) { return folder.Open(path.Clean(p)) })
	if len(problems) > 0 {
		t.Fatal(platform.Problems(problems))
	}
	return a
}

// standIn is an OIDC issuer for both authorities, as a council's and the partners' own would be.
type standIn struct {
	url, folder string
	// subjects and clients by the name that stories use; the first authority's go before.
	subjects map[string]string
	clients  map[string]issuer.Partner
}

func startIssuer(t testing.TB) *standIn {
	t.Helper()
	s := &standIn{folder: folder(t), subjects: map[string]string{}, clients: map[string]issuer.Partner{}}
	if err := os.WriteFile(filepath.Join(s.folder, issuer.MarkerFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var answers http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answers.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	s.url = server.URL + "/issuer"
	c := issuer.Config{URL: s.url, DataFolder: s.folder, Now: time.Now, Audience: "kith", Clients: []issuer.Client{issuer.TokenClient()}}
	for _, name := range authorities() {
		a := described(t, name)
		for _, person := range a.People {
			c.People = append(c.People, issuer.Person{Subject: person.Subject, Name: person.Name, Authority: a.Title})
			if s.subjects[person.Key] == "" {
				s.subjects[person.Key] = person.Subject
			}
		}
		for _, partner := range a.Partners {
			one := s.partner(t, partner)
			c.Partners = append(c.Partners, one)
			if _, ok := s.clients[partner.Key]; !ok {
				s.clients[partner.Key] = one
			}
		}
	}
	made, err := issuer.New(c)
	if err != nil {
		t.Fatal(err)
	}
	answers = made
	return s
}

func (s *standIn) partner(t testing.TB, p description.Partner) issuer.Partner {
	t.Helper()
	_, public, err := issuer.PartnerKey(s.folder, p.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	one := issuer.Partner{ClientID: p.ClientID, Name: p.Name, PublicKey: public}
	for _, scope := range p.Scopes {
		one.Scopes = append(one.Scopes, string(scope))
	}
	return one
}

// token signs somebody in.
func (s *standIn) token(ctx context.Context, name string) (string, error) {
	partner, ok := s.clients[name]
	if !ok {
		return issuer.PersonToken(ctx, s.url, s.subjects[name])
	}
	key, _, err := issuer.PartnerKey(s.folder, partner.ClientID)
	if err != nil {
		return "", err
	}
	return issuer.PartnerToken(ctx, s.url, partner.ClientID, key, partner.Scopes)
}
