package issuer

import (
	"crypto"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"time"
)

// Config is all a demonstration issuer needs. Every field but the lists is required.
type Config struct {
	// URL is the issuer's identifier and the address it is mounted at, for example http://127.0.0.1:8080/demo-issuer:
	// http or https, a loopback host, no slash at the end.
	URL string
	// DataFolder keeps the signing key. It must hold the file [MarkerFile].
	DataFolder string
	// Now is the clock for every lifetime.
	Now func() time.Time
	// People who can be signed in as, in the order the page shows them.
	People []Person
	// Partners that can ask for tokens of their own.
	Partners []Partner
	// Clients are the programs that may send people here to sign in.
	Clients []Client
	// Audience is the aud of every access token. It must differ from every client's id, so that no id token
	// passes for an access token.
	Audience string
}

// Person is someone who can be signed in as.
type Person struct {
	// Subject is the sub of the person's tokens: printable ASCII, at most 255 characters (OpenID Connect Core, section 2).
	// A subject may be listed more than once, for two authorities or teams, under the same name.
	Subject string
	// Name as shown on the page and given in the id token.
	Name string
	// Authority is the title of the authority the page lists the person under.
	Authority string
	// Note says which team the person is in.
	Note string
}

// Partner is a partner agency's system.
type Partner struct {
	// ClientID is both client_id and sub of the partner's tokens.
	ClientID string
	// Name of the agency.
	Name string
	// Scopes that may be granted.
	Scopes []string
	// PublicKey checks the partner's assertions: *ecdsa.PublicKey on P-256, ed25519.PublicKey, *rsa.PublicKey of at
	// least 2,048 bits, or one of these as PEM text (string, PKIX).
	PublicKey crypto.PublicKey
}

// Client is a program people sign in to. All are public clients, for which PKCE with S256 is compulsory.
type Client struct {
	// ID is the client_id.
	ID string
	// RedirectPrefixes are the redirect URIs allowed, all on loopback hosts. One that ends in a slash allows every
	// path below it; any other is matched exactly. Redirect URIs with a query or fragment are refused.
	RedirectPrefixes []string
	// AnyPort allows every port on the hosts of RedirectPrefixes (RFC 8252, section 7.3).
	AnyPort bool
}

// loopback tells whether host, without a port, names this machine only.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// parseIssuerURL refuses every URL that isn't an issuer identifier on a loopback host.
func parseIssuerURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("the demonstration issuer's URL %q is not an absolute http URL", raw)
	}
	if !loopback(u.Hostname()) {
		return nil, fmt.Errorf("the demonstration issuer signs anyone in without a password, so it may only stand on a loopback address (127.0.0.1, ::1 or localhost), not on %q", u.Hostname())
	}
	if !plainURL(u) || strings.HasSuffix(u.Path, "/") || u.String() != raw {
		return nil, fmt.Errorf("the demonstration issuer's URL %q must be a plain address and path, with no query, fragment, user or slash at the end", raw)
	}
	return u, nil
}

// plainURL tells whether u holds nothing but scheme, host and a path with no dot segments, escapes or doubled slashes.
func plainURL(u *url.URL) bool {
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.RawPath != "" || u.Opaque != "" {
		return false
	}
	clean := path.Clean("/" + u.Path)
	return u.Path == "" || u.Path == clean || u.Path == clean+"/"
}

// redirectAllowed tells whether the client may have an answer sent to raw.
func (c Client) redirectAllowed(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || !plainURL(u) || u.String() != raw || !loopback(u.Hostname()) {
		return false
	}
	for _, prefix := range c.RedirectPrefixes {
		p, err := url.Parse(prefix)
		if err != nil || u.Scheme != p.Scheme {
			continue
		}
		sameHost := u.Host == p.Host || (c.AnyPort && u.Hostname() == p.Hostname())
		samePath := u.Path == p.Path || (strings.HasSuffix(p.Path, "/") && strings.HasPrefix(u.Path, p.Path))
		if sameHost && samePath {
			return true
		}
	}
	return false
}

func (c Client) check() error {
	if len(c.RedirectPrefixes) == 0 {
		return fmt.Errorf("the client %q has no redirect URI", c.ID)
	}
	for _, prefix := range c.RedirectPrefixes {
		u, err := url.Parse(prefix)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !plainURL(u) || !loopback(u.Hostname()) {
			return fmt.Errorf("the client %q has the redirect URI %q, which is not a plain URL on a loopback address", c.ID, prefix)
		}
	}
	return nil
}

// check refuses a configuration in which one name could be taken for another.
func (c Config) check() error {
	if c.Now == nil || c.Audience == "" {
		return errors.New("the demonstration issuer needs a clock and an audience")
	}
	taken := map[string]string{c.Audience: "the audience"}
	claim := func(id, what string) error {
		if !printable(id) || len(id) > 255 {
			return fmt.Errorf("the demonstration issuer can't use %q for %s: printable ASCII, 1 to 255 characters, is needed", id, what)
		}
		if other, found := taken[id]; found {
			return fmt.Errorf("the demonstration issuer has %q twice, for %s and for %s", id, other, what)
		}
		taken[id] = what
		return nil
	}
	for _, client := range c.Clients {
		if err := claim(client.ID, "a client"); err != nil {
			return err
		}
		if err := client.check(); err != nil {
			return err
		}
	}
	for _, partner := range c.Partners {
		if err := claim(partner.ClientID, "a partner"); err != nil {
			return err
		}
	}
	names := map[string]string{}
	for _, person := range c.People {
		if name, listed := names[person.Subject]; listed && name == person.Name {
			continue
		}
		if err := claim(person.Subject, "a person"); err != nil {
			return err
		}
		names[person.Subject] = person.Name
	}
	return nil
}
