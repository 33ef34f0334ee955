package up

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kithcare/kith/services/demo/issuer"
	"github.com/kithcare/kith/services/directory/description"
)

// issuerPath is where the demonstration's OIDC issuer answers.
const issuerPath = "/demonstration/issuer"

func (p *Platform) issuerURL() string { return "http://" + p.address + issuerPath }

// issuer starts the demonstration's issuer: anybody on this machine may be any of its invented people.
func (p *Platform) issuer(context.Context) (http.Handler, error) {
	folder := demonstration(p.config.Data)
	c := issuer.Config{
		URL: p.issuerURL(), DataFolder: folder, Now: p.config.Now, Audience: audience,
		Clients: []issuer.Client{issuer.TokenClient(), issuer.WebClient(p.address)},
	}
	for _, name := range demonstrations() {
		a, err := describe(name)
		if err != nil {
			return nil, err
		}
		for _, person := range a.People {
			c.People = append(c.People, issuer.Person{Subject: person.Subject, Name: person.Name, Authority: a.Title, Note: seats(a, person.Key)})
		}
		for _, partner := range a.Partners {
			_, public, err := issuer.PartnerKey(folder, partner.ClientID)
			if err != nil {
				return nil, err
			}
			scopes := make([]string, 0, len(partner.Scopes))
			for _, s := range partner.Scopes {
				scopes = append(scopes, string(s))
			}
			c.Partners = append(c.Partners, issuer.Partner{ClientID: partner.ClientID, Name: partner.Name, Scopes: scopes, PublicKey: public})
		}
	}
	i, err := issuer.New(c)
	if err != nil {
		return nil, fmt.Errorf("the demonstration's issuer: %w", err)
	}
	return i, nil
}

// seats says in words which teams a person is in.
func seats(a *description.Authority, person string) string {
	titles := map[string]string{}
	for _, t := range a.Teams {
		titles[t.Key] = t.Name
	}
	var in []string
	for _, m := range a.Memberships {
		if m.Person == person {
			in = append(in, titles[m.Team])
		}
	}
	return strings.Join(in, ", ")
}

// Token gives an access token for a demonstration person or partner of a running platform: by the person's key or
// subject, or the partner's key or client id.
func Token(ctx context.Context, data, address, name string) (string, error) {
	url := "http://" + address + issuerPath
	var names []string
	for _, authority := range demonstrations() {
		a, err := describe(authority)
		if err != nil {
			return "", err
		}
		for _, person := range a.People {
			if name == person.Key || name == person.Subject {
				return issuer.PersonToken(ctx, url, person.Subject)
			}
		}
		for _, partner := range a.Partners {
			names = append(names, callName(names, partner))
			if name != partner.Key && name != partner.ClientID {
				continue
			}
			if _, err := os.Stat(filepath.Join(demonstration(data), issuer.MarkerFile)); errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("the data folder %s holds no demonstration: start one with `kith up`, or set KITH_DATA to its folder", data)
			}
			key, _, err := issuer.PartnerKey(demonstration(data), partner.ClientID)
			if err != nil {
				return "", err
			}
			scopes := make([]string, 0, len(partner.Scopes))
			for _, s := range partner.Scopes {
				scopes = append(scopes, string(s))
			}
			return issuer.PartnerToken(ctx, url, partner.ClientID, key, scopes)
		}
	}
	return "", fmt.Errorf("nobody of the demonstration is called %q; partners are %s, and people are listed where `kith up` was started", name, strings.Join(names, ", "))
}

// callName is the name by which [Token] finds a partner: its key, or its client id where another authority's partner
// has taken that.
func callName(taken []string, p description.Partner) string {
	if slices.Contains(taken, p.Key) {
		return p.ClientID
	}
	return p.Key
}
