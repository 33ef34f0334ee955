package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/kithcare/kith/services/web/administration"
	"github.com/kithcare/kith/services/web/desk"
	"github.com/kithcare/kith/services/web/find"
	"github.com/kithcare/kith/services/web/guardian"
	"github.com/kithcare/kith/services/web/page"
	"github.com/kithcare/kith/services/web/team"
)

// Authority is one whose people sign in here.
type Authority struct {
	// Name is its key, such as kensington-chelsea.
	Name string
	// Issuers are the OIDC issuers whose word on who somebody is counts there.
	Issuers []string
}

// Deps is what the pages need.
type Deps struct {
	page.Neighbours
	Authorities []Authority
	// URL is where people come in, such as https://kith.council.example; no slash at its end.
	URL string
	// ClientID and ClientSecret are this installation's at every issuer; a public client has no secret.
	ClientID, ClientSecret string
	// IssuerClient reaches the issuers.
	IssuerClient *http.Client
	Version      string
	Now          func() time.Time
	Log          *slog.Logger
}

// New gives the pages.
func New(d Deps) (http.Handler, error) {
	site, err := page.NewSite(page.Config{Neighbours: d.Neighbours, Version: d.Version, Now: d.Now, Log: d.Log})
	if err != nil {
		return nil, err
	}
	site.AddDrafts()
	addSignIn(site, d)
	addAccount(site)
	addStart(site)
	desk.Add(site)
	team.Add(site)
	find.Add(site)
	guardian.Add(site)
	administration.Add(site)
	return site, nil
}
