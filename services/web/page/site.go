package page

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/passport"
)

// Neighbours are the services that pages show and change.
type Neighbours struct {
	Directory      directoryv1.DirectoryServiceClient
	Sessions       directoryv1.SessionServiceClient
	Administration directoryv1.AdministrationServiceClient
	Referral       referralv1.ReferralServiceClient
	Families       familyfacingv1.FamilyServiceClient
	Match          familyfacingv1.MatchServiceClient
	Guard          familyfacingv1.GuardServiceClient
	// Drafts and Audits by the service that holds them.
	Drafts map[string]draftv1.DraftServiceClient
	Audits map[string]auditv1.AuditServiceClient
}

// Config is what a site needs.
type Config struct {
	Neighbours
	// Secure is true where people come by https.
	Secure  bool
	Version string
	Now     func() time.Time
	Log     *slog.Logger
}

// Site is the pages' common ground, and their routes.
type Site struct {
	Config
	Catalogue *Catalogue
	Assets    *Assets
	passports *passport.Keeper
	mux       *http.ServeMux
	foreign   *http.CrossOriginProtection
}

// NewSite makes one without a page.
func NewSite(c Config) (*Site, error) {
	if c.Directory == nil || c.Now == nil || c.Log == nil {
		return nil, errors.New("web: neighbours, a clock and a log are needed")
	}
	catalogue, err := newCatalogue()
	if err != nil {
		return nil, err
	}
	assets, err := newAssets()
	if err != nil {
		return nil, err
	}
	passports, err := passport.NewKeeper(c.Directory, c.Now)
	if err != nil {
		return nil, err
	}
	s := &Site{Config: c, Catalogue: catalogue, Assets: assets, passports: passports, mux: http.NewServeMux(), foreign: http.NewCrossOriginProtection()}
	s.mux.Handle("GET /assets/", assets)
	return s, nil
}

// Handler answers one visit of somebody who is signed in. What it returns is shown as a page.
type Handler func(v *Visit) error

// Read serves a page.
func (s *Site) Read(path string, h Handler) { s.mux.Handle("GET "+path, s.visited(h, false)) }

// Glance serves what a page fetches by itself: the idle time of the person goes on.
func (s *Site) Glance(path string, h Handler) { s.mux.Handle("GET "+path, s.visited(h, true)) }

// Act serves a form that is sent. The handler is not called for a form that Kith did not make.
func (s *Site) Act(path string, h Handler) { s.mux.Handle("POST "+path, s.visited(checked(h), false)) }

// Open serves a page that needs nobody to be signed in; self says who is.
func (s *Site) Open(pattern string, h Handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		if err := v.recognise(false); err != nil && !errors.Is(err, passport.ErrStranger) {
			s.Log.WarnContext(r.Context(), "a visitor could not be recognised", "error", err)
		}
		v.answer(h)
	})
}

// visited lets a handler see whoever is signed in. Anybody else is asked to sign in; what they had typed stays.
func (s *Site) visited(h Handler, unattended bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		switch err := v.recognise(unattended); {
		case errors.Is(err, passport.ErrStranger):
			v.answer(signInFirst)
		case err != nil:
			v.answer(func(*Visit) error { return err })
		default:
			v.answer(h)
		}
	})
}

// ServeHTTP answers everything under the site's routes.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	if err := s.foreign.Check(r); err != nil {
		s.visit(w, r).answer(func(*Visit) error { return errForeign })
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.lost(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// lost answers an address without a page: the mux's own answer where the method is wrong, else a page of ours.
func (s *Site) lost(w http.ResponseWriter, r *http.Request) {
	v := s.visit(w, r)
	if err := v.recognise(false); err != nil && !errors.Is(err, passport.ErrStranger) {
		s.Log.WarnContext(r.Context(), "a visitor could not be recognised", "error", err)
	}
	v.answer(func(*Visit) error { return ErrNoPage })
}

// secure keeps a page to itself: nothing foreign is loaded, no script stands in a page, nobody frames it.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}
