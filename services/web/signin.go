package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

const (
	// signingIn is the cookie of somebody who is on the way to an issuer and back.
	signingIn = "kith-signing-in"
	// signInWithin is how long that may take.
	signInWithin = 15 * time.Minute
	// reachIssuer is how long an issuer may take to answer.
	reachIssuer = 10 * time.Second
)

// door signs people in.
type door struct {
	Deps
	// issuers are all authorities', each once.
	issuers []string

	mu        sync.Mutex
	providers map[string]*oidc.Provider
}

// journey is what the browser carries on the way to an issuer and back.
type journey struct {
	Issuer   int    `json:"i"`
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	To       string `json:"t"`
	// Token is the issuer's signed word on who it is, while the person chooses an authority.
	Token string `json:"k,omitempty"`
}

func addSignIn(s *page.Site, d Deps) {
	x := &door{Deps: d, providers: map[string]*oidc.Provider{}}
	for _, a := range d.Authorities {
		for _, issuer := range a.Issuers {
			if !slices.Contains(x.issuers, issuer) {
				x.issuers = append(x.issuers, issuer)
			}
		}
	}
	s.Open("GET /sign-in", x.choose)
	s.Open("GET /sign-in/start", x.start)
	s.Open("GET /signed-in", x.back)
	s.Open("POST /signed-in", x.chosen)
	s.Open("GET /signed-in-beside", func(v *page.Visit) error {
		return v.Show(page.Page{Title: v.T("sign_in.beside_title"), Body: besidePage(v)})
	})
}

// choose leads to the issuer, or asks which authority where there are several issuers.
func (d *door) choose(v *page.Visit) error {
	if len(d.issuers) == 1 {
		return d.lead(v, 0)
	}
	return v.Show(page.Page{Title: v.T("sign_in.title"), Body: authoritiesPage(v, d.places(), v.R.URL.Query().Get("to"))})
}

// place is an authority to sign in at.
type place struct {
	Title  string
	Issuer int
}

func (d *door) places() []place {
	var places []place
	for _, a := range d.Authorities {
		for _, issuer := range a.Issuers {
			places = append(places, place{Title: titled(a.Name), Issuer: slices.Index(d.issuers, issuer)})
		}
	}
	return places
}

// titled is an authority's key as a name, before anybody is known to whom its own may be told.
func titled(key string) string {
	words := strings.Split(key, "-")
	for i, w := range words {
		if w != "" && (i == 0 || w != "and") {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

func (d *door) start(v *page.Visit) error {
	i, err := strconv.Atoi(v.R.URL.Query().Get("issuer"))
	if err != nil || i < 0 || i >= len(d.issuers) {
		return page.ErrNoPage
	}
	return d.lead(v, i)
}

// lead sends the browser to an issuer.
func (d *door) lead(v *page.Visit, issuer int) error {
	config, _, err := d.client(v.Ctx(), issuer)
	if err != nil {
		return d.silent(v, err)
	}
	j := journey{Issuer: issuer, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: page.Local(v.R.URL.Query().Get("to"))}
	if err := carry(v, j); err != nil {
		return err
	}
	http.Redirect(v.W, v.R, config.AuthCodeURL(j.State, oidc.Nonce(j.Nonce), oauth2.S256ChallengeOption(j.Verifier)), http.StatusFound)
	return nil
}

// silent is a page for an issuer that does not answer.
func (d *door) silent(v *page.Visit, err error) error {
	v.Log.WarnContext(v.Ctx(), "an issuer does not answer", "error", err)
	v.Status(http.StatusServiceUnavailable)
	return v.Show(page.Page{Title: v.T("sign_in.silent_title"), Body: sayPage(v, "sign_in.silent_title", "sign_in.silent_text", "/sign-in")})
}

// client is this installation at an issuer. What the issuer says of itself is asked once.
func (d *door) client(ctx context.Context, issuer int) (*oauth2.Config, *oidc.Provider, error) {
	url := d.issuers[issuer]
	d.mu.Lock()
	provider := d.providers[url]
	d.mu.Unlock()
	if provider == nil {
		// The provider goes on to fetch keys with this context: it must outlive the request.
		short := *d.IssuerClient
		short.Timeout = reachIssuer
		var err error
		if provider, err = oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), &short), url); err != nil {
			return nil, nil, fmt.Errorf("issuer %s: %w", url, err)
		}
		d.mu.Lock()
		d.providers[url] = provider
		d.mu.Unlock()
	}
	return &oauth2.Config{
		ClientID: d.ClientID, ClientSecret: d.ClientSecret, Endpoint: provider.Endpoint(),
		RedirectURL: d.URL + "/signed-in", Scopes: []string{oidc.ScopeOpenID, "profile"},
	}, provider, nil
}

// back takes whoever comes back from the issuer in.
func (d *door) back(v *page.Visit) error {
	j, ok := carried(v)
	query := v.R.URL.Query()
	if !ok || j.State == "" || query.Get("state") != j.State || j.Issuer < 0 || j.Issuer >= len(d.issuers) {
		return d.again(v)
	}
	if query.Get("error") != "" || query.Get("code") == "" {
		return d.again(v)
	}
	config, provider, err := d.client(v.Ctx(), j.Issuer)
	if err != nil {
		return d.silent(v, err)
	}
	short := *d.IssuerClient
	short.Timeout = reachIssuer
	token, err := config.Exchange(context.WithValue(v.Ctx(), oauth2.HTTPClient, &short), query.Get("code"), oauth2.VerifierOption(j.Verifier))
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return d.again(v)
	}
	if err != nil {
		return d.silent(v, err)
	}
	j.Token, _ = token.Extra("id_token").(string)
	who, err := d.who(v.Ctx(), provider, j)
	if err != nil {
		v.Log.WarnContext(v.Ctx(), "an id token is refused", "error", err)
		return d.again(v)
	}
	return d.admit(v, j, who)
}

// who verifies the issuer's word. The nonce ties it to this browser's journey.
func (d *door) who(ctx context.Context, provider *oidc.Provider, j journey) (*directoryv1.SignedIn, error) {
	token, err := provider.Verifier(&oidc.Config{ClientID: d.ClientID, Now: d.Now}).Verify(ctx, j.Token)
	if err != nil {
		return nil, err
	}
	if token.Nonce != j.Nonce {
		return nil, errors.New("the id token is of another sign-in")
	}
	return &directoryv1.SignedIn{Issuer: token.Issuer, Subject: token.Subject}, nil
}

// open is an authority where the person has a place.
type open struct{ Name, Title string }

// admit begins a session where the person has a place; whoever has several chooses one.
func (d *door) admit(v *page.Visit, j journey, who *directoryv1.SignedIn) error {
	var places []open
	for _, a := range d.Authorities {
		if !slices.Contains(a.Issuers, who.GetIssuer()) {
			continue
		}
		answer, err := v.Sessions.FindSignIn(v.Ctx(), &directoryv1.FindSignInRequest{Authority: "authorities/" + a.Name, Person: who})
		if err != nil {
			return err
		}
		if answer.GetKnown() {
			places = append(places, open{a.Name, answer.GetAuthorityTitle()})
		}
	}
	switch len(places) {
	case 0:
		v.Status(http.StatusForbidden)
		return v.Show(page.Page{Title: v.T("sign_in.unknown_title"), Body: sayPage(v, "sign_in.unknown_title", "sign_in.unknown_text", "/sign-in")})
	case 1:
		return d.begin(v, j, places[0].Name, who)
	default:
		if err := carry(v, j); err != nil {
			return err
		}
		return v.Show(page.Page{Title: v.T("sign_in.which_title"), Body: whichPage(v, places)})
	}
}

// chosen begins a session at the authority that somebody chose who has several.
func (d *door) chosen(v *page.Visit) error {
	j, ok := carried(v)
	if err := v.Check(); err != nil {
		return err
	}
	if !ok || j.Token == "" || j.Issuer < 0 || j.Issuer >= len(d.issuers) {
		return d.again(v)
	}
	_, provider, err := d.client(v.Ctx(), j.Issuer)
	if err != nil {
		return d.silent(v, err)
	}
	who, err := d.who(v.Ctx(), provider, j)
	if err != nil {
		return d.again(v)
	}
	return d.begin(v, j, v.R.PostForm.Get("authority"), who)
}

func (d *door) begin(v *page.Visit, j journey, authority string, who *directoryv1.SignedIn) error {
	answer, err := v.Sessions.BeginSession(v.Ctx(), &directoryv1.BeginSessionRequest{
		Authority: "authorities/" + authority, Person: who, Device: deviceOf(v.R.UserAgent()),
	})
	if err != nil {
		if fault.From(err).Reason == "UNAUTHENTICATED" {
			return d.again(v)
		}
		return err
	}
	v.SetCookie(signingIn, "", -1)
	v.SetCookie(page.SessionCookie, authority+"."+answer.GetSecret(), answer.GetEndsAt().AsTime().Sub(d.Now()))
	return v.Go(page.Local(j.To), "")
}

// again is a page for a sign-in that went astray: too late, another tab's, or refused at the issuer.
func (d *door) again(v *page.Visit) error {
	v.Status(http.StatusBadRequest)
	return v.Show(page.Page{Title: v.T("sign_in.astray_title"), Body: sayPage(v, "sign_in.astray_title", "sign_in.astray_text", "/sign-in")})
}

// carry puts the journey into the browser. A stranger who reads it there is the person.
func carry(v *page.Visit, j journey) error {
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	v.SetCookie(signingIn, base64.RawURLEncoding.EncodeToString(text), signInWithin)
	return nil
}

func carried(v *page.Visit) (journey, bool) {
	cookie, err := v.R.Cookie(signingIn)
	if err != nil {
		return journey{}, false
	}
	var j journey
	text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err == nil {
		err = json.Unmarshal(text, &j)
	}
	return j, err == nil
}
