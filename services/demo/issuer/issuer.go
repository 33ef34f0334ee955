package issuer

import (
	"bytes"
	"crypto"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxBody     = 64 << 10 // bytes of a request's body
	maxQuery    = 16 << 10 // bytes of a request's query
	maxCodes    = 4096     // codes waiting for exchange, each for codeLife
	maxJTIs     = 16384    // assertions remembered, each until it expires
	codeLife    = 60 * time.Second
	personLife  = 10 * time.Minute // of a person's tokens
	partnerLife = 5 * time.Minute  // of a partner's tokens and of its assertions
)

//go:embed pages
var pages embed.FS

// Issuer is a demonstration issuer. It is an http.Handler for every path at and below its URL's, prefix included.
// Safe for concurrent use.
type Issuer struct {
	url      string
	prefix   string // the URL's path
	audience string
	now      func() time.Time
	started  time.Time
	clients  map[string]Client
	partners map[string]knownPartner
	people   map[string]Person
	page     []authorityOnPage
	keys     jose.JSONWebKeySet
	signID   jose.Signer
	signAT   jose.Signer
	codes    *once[grant]
	jtis     *once[struct{}]
	html     *template.Template
	handler  http.Handler
}

type knownPartner struct {
	Partner
	key crypto.PublicKey
}

// New builds the issuer, making its signing key on first use. It fails, with one plain sentence, on a URL that isn't
// on a loopback address, a data folder without [MarkerFile], an unreadable key, and names that clash.
func New(config Config) (*Issuer, error) {
	address, err := parseIssuerURL(config.URL)
	if err != nil {
		return nil, err
	}
	if err := checkMarker(config.DataFolder); err != nil {
		return nil, err
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	issuer := &Issuer{
		url: config.URL, prefix: address.Path, audience: config.Audience, now: config.Now, started: config.Now().Truncate(time.Second),
		clients: map[string]Client{}, partners: map[string]knownPartner{}, people: map[string]Person{},
		page:  arrange(config.People),
		codes: newOnce[grant](maxCodes), jtis: newOnce[struct{}](maxJTIs),
	}
	for _, client := range config.Clients {
		issuer.clients[client.ID] = client
	}
	for _, person := range config.People {
		issuer.people[person.Subject] = person
	}
	for _, partner := range config.Partners {
		key, err := publicKey(partner.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("the partner %q can't use the demonstration issuer: %w", partner.ClientID, err)
		}
		issuer.partners[partner.ClientID] = knownPartner{Partner: partner, key: key}
	}
	if err := issuer.loadSigners(filepath.Join(config.DataFolder, "issuer.pem")); err != nil {
		return nil, err
	}
	if issuer.html, err = template.ParseFS(pages, "pages/*.html"); err != nil {
		return nil, fmt.Errorf("read the sign-in page: %w", err)
	}
	issuer.handler = http.StripPrefix(issuer.prefix, issuer.routes())
	return issuer, nil
}

func (i *Issuer) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, http.StatusOK, i.keys) })
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pages, "pages/style.css")
	})
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /authorize", i.authorize)
	// A page of another site can't sign a visitor in here: browsers say where a post comes from.
	mux.Handle("POST /sign-in", http.NewCrossOriginProtection().Handler(http.HandlerFunc(i.signIn)))
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("GET "+SandboxPath, i.sandbox)
	return mux
}

// ServeHTTP answers requests from this machine, addressed to this machine by a loopback name, and refuses all others,
// whatever address the server listens on.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !fromHere(r) {
		http.Error(w, "The demonstration issuer answers only the machine it runs on.", http.StatusForbidden)
		return
	}
	if len(r.URL.RawQuery) > maxQuery {
		http.Error(w, "The query is too long.", http.StatusRequestURITooLong)
		return
	}
	header := w.Header()
	header.Set("Date", i.now().UTC().Format(http.TimeFormat)) // what PartnerToken dates its assertions by
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	// Not no-referrer: browsers would then send the sign-in form with the origin "null".
	header.Set("Referrer-Policy", "same-origin")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	i.handler.ServeHTTP(w, r)
}

func fromHere(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	return loopback((&url.URL{Host: r.Host}).Hostname())
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, map[string]any{
		"issuer":                                           i.url,
		"authorization_endpoint":                           i.url + "/authorize",
		"token_endpoint":                                   i.tokenURL(),
		"jwks_uri":                                         i.url + "/keys",
		"scopes_supported":                                 []string{"openid", "profile"},
		"response_types_supported":                         []string{"code"},
		"response_modes_supported":                         []string{"query"},
		"grant_types_supported":                            []string{"authorization_code", "client_credentials"},
		"subject_types_supported":                          []string{"public"},
		"id_token_signing_alg_values_supported":            []jose.SignatureAlgorithm{jose.ES256},
		"token_endpoint_auth_methods_supported":            []string{"none", "private_key_jwt"},
		"token_endpoint_auth_signing_alg_values_supported": assertionAlgorithms(),
		"code_challenge_methods_supported":                 []string{"S256"},
		"claims_supported":                                 []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "name"},
		"claims_parameter_supported":                       false,
		"request_parameter_supported":                      false,
		"request_uri_parameter_supported":                  false,
		"authorization_response_iss_parameter_supported":   true,
	})
}

func (i *Issuer) tokenURL() string { return i.url + "/token" }

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only when the caller has gone
}

func (i *Issuer) answerPage(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := i.html.ExecuteTemplate(&page, name, data); err != nil {
		http.Error(w, "The page can't be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}
