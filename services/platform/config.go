package platform

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/goccy/go-yaml"
	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/reach"
	"github.com/kithcare/kith/pkg/rpc"
)

// Config is the environment, read once. An unknown or malformed KITH_ variable stops the start with its name.
type Config struct {
	// Data is the folder of `kith up`.
	Data string `env:"KITH_DATA" envDefault:".kith"`
	// Listen is where people and partners come in: `kith up`, and gateway and web on their own.
	Listen string `env:"KITH_LISTEN" envDefault:"127.0.0.1:8080"`
	// GRPCListen is where a service on its own takes calls of its neighbours.
	GRPCListen string `env:"KITH_GRPC_LISTEN" envDefault:":7443"`
	// HealthListen is where a service on its own answers /healthz and /readyz without a certificate.
	HealthListen string `env:"KITH_HEALTH_LISTEN" envDefault:":7080"`
	// Log is `text` or `json`.
	Log string `env:"KITH_LOG" envDefault:"text"`
	// Authorities is the file that lists the authorities.
	Authorities string `env:"KITH_AUTHORITIES"`
	// Certificates is the folder with ca.pem and the service's own pair.
	Certificates string `env:"KITH_CERTIFICATES"`
	// Addresses says where neighbours are, as name=host:port, separated by commas; a neighbour that is not named is at
	// dns:///NAME:7443.
	Addresses map[string]string `env:"KITH_ADDRESSES" envKeyValSeparator:"="`
	// Redis is the bell's and the limits' URL.
	Redis string `env:"KITH_REDIS" envDefault:"redis://127.0.0.1:6379"`
	// PassportKey is a PEM file with the Ed25519 key that signs passports; for the directory.
	PassportKey string `env:"KITH_PASSPORT_KEY"`
	// Audience is what tokens must be meant for.
	Audience string `env:"KITH_AUDIENCE" envDefault:"kith"`
	// SMTP is host:port of the mail server for referrers and the out-of-hours contact.
	SMTP         string `env:"KITH_SMTP"`
	SMTPFrom     string `env:"KITH_SMTP_FROM"`
	SMTPUser     string `env:"KITH_SMTP_USER"`
	SMTPPassword string `env:"KITH_SMTP_PASSWORD,file"`
	// CallBackSecret signs web call-backs (Standard Webhooks): to the out-of-hours contact by itself, to each partner by
	// one that is derived from it.
	CallBackSecret string `env:"KITH_CALL_BACK_SECRET,file"`
	// WebURL is where people come in to the pages, such as https://kith.council.example.
	WebURL string `env:"KITH_WEB_URL"`
	// WebClientID and WebClientSecret are the pages' at the issuers; a public client has no secret.
	WebClientID     string `env:"KITH_WEB_CLIENT_ID" envDefault:"kith-web"`
	WebClientSecret string `env:"KITH_WEB_CLIENT_SECRET,file"`
	// RatePerMinute is how many calls a partner may make in a minute. A contact over it is still accepted.
	RatePerMinute int `env:"KITH_RATE_PER_MINUTE"`
	// InFlight is how many requests the gateway takes at once.
	InFlight int `env:"KITH_IN_FLIGHT"`
}

// ReadConfig reads the environment. KITH_TEST_ variables are the tests' own.
func ReadConfig(environ []string) (Config, error) {
	var c Config
	known := names(c)
	vars := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, "KITH_") || strings.HasPrefix(name, "KITH_TEST_") {
			continue
		}
		if !slices.Contains(known, name) {
			return c, fmt.Errorf("%s is no variable of this program; it knows %s", name, strings.Join(known, ", "))
		}
		vars[name] = value
	}
	err := env.ParseWithOptions(&c, env.Options{Environment: vars})
	var all env.AggregateError
	if errors.As(err, &all) && len(all.Errors) > 0 {
		err = all.Errors[0]
	}
	var parse env.ParseError
	if errors.As(err, &parse) {
		field, _ := reflect.TypeFor[Config]().FieldByName(parse.Name)
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		return c, fmt.Errorf("%s can't be read: it should be a %s", name, parse.Type)
	}
	if err != nil {
		return c, fmt.Errorf("the configuration can't be read: %w", err)
	}
	if c.Log != "text" && c.Log != "json" {
		return c, fmt.Errorf("KITH_LOG is %q; write text or json", c.Log)
	}
	return c, nil
}

func names(c Config) []string {
	var known []string
	t := reflect.TypeOf(c)
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("env"), ",")
		known = append(known, name)
	}
	slices.Sort(known)
	return known
}

// listed is one authority in the file of authorities.
type listed struct {
	// Name is its key: lower-case letters, digits and hyphens.
	Name string `yaml:"name"`
	// Database is its URL without a login, such as postgres://db:5432/kith_kent?sslmode=verify-full.
	Database string `yaml:"database"`
	// Secrets is a folder with a file for each login that holds its password: directory, referral, familyfacing, and
	// owner for `kith migrate` and `kith import`.
	Secrets string `yaml:"secrets"`
	// Owner is the owner's login; kith_owner where it is not given.
	Owner string `yaml:"owner"`
	// Issuers are the OIDC issuers that vouch for its people and partners.
	Issuers []string `yaml:"issuers"`
}

// Installation is what the configuration files say.
type Installation struct {
	Config Config
	listed []listed
}

// Load reads the files that the configuration names.
func Load(c Config) (*Installation, error) {
	if c.Authorities == "" {
		return nil, errors.New("KITH_AUTHORITIES is not set; it names the file that lists the authorities")
	}
	text, err := os.ReadFile(c.Authorities)
	if err != nil {
		return nil, fmt.Errorf("KITH_AUTHORITIES: %w", err)
	}
	var file struct {
		Authorities []listed `yaml:"authorities"`
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %s", c.Authorities, yaml.FormatError(err, false, false))
	}
	if len(file.Authorities) == 0 {
		return nil, fmt.Errorf("%s lists no authorities", c.Authorities)
	}
	seen := map[string]bool{}
	for i, a := range file.Authorities {
		where := fmt.Sprintf("%s: authorities[%d]", c.Authorities, i)
		switch u, err := url.Parse(a.Database); {
		case strings.Trim(a.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || a.Name == "" || len(a.Name) > 40:
			return nil, fmt.Errorf("%s: name %q should be lower-case letters, digits and hyphens, at most 40", where, a.Name)
		case seen[a.Name]:
			return nil, fmt.Errorf("%s: %s is listed twice", where, a.Name)
		case err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || len(u.Path) < 2 || u.User != nil:
			return nil, fmt.Errorf("%s: database should be a URL such as postgres://host:5432/%s, without a login", where, pg.Database(a.Name))
		case a.Secrets == "":
			return nil, fmt.Errorf("%s: secrets should name the folder with the logins' passwords", where)
		case len(a.Issuers) == 0:
			return nil, fmt.Errorf("%s: issuers should name at least one OIDC issuer", where)
		case slices.ContainsFunc(a.Issuers, func(issuer string) bool { return !trustworthy(issuer) }):
			return nil, fmt.Errorf("%s: issuers should be https addresses; plain http is taken on a loopback address only", where)
		}
		seen[a.Name] = true
	}
	return &Installation{Config: c, listed: file.Authorities}, nil
}

// trustworthy says whether what an issuer says can't be changed on its way.
func trustworthy(issuer string) bool {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// secret reads a login's password.
func (a listed) secret(login string) (string, error) {
	text, err := os.ReadFile(filepath.Join(a.Secrets, login))
	if err != nil {
		return "", fmt.Errorf("the password of %s for %s: %w", login, a.Name, err)
	}
	return strings.TrimSpace(string(text)), nil
}

func (a listed) login(user, password string) string {
	u, err := url.Parse(a.Database)
	if err != nil {
		return a.Database
	}
	u.User = url.UserPassword(user, password)
	return u.String()
}

// OwnerURL gives the owner's URL of the authority's database, or of another database on the same server.
func (a listed) ownerURL(database string) (string, error) {
	password, err := a.secret("owner")
	if err != nil {
		return "", err
	}
	user := a.Owner
	if user == "" {
		user = "kith_owner"
	}
	u, err := url.Parse(a.login(user, password))
	if err != nil {
		return "", fmt.Errorf("database of %s: the URL can't be read", a.Name)
	}
	if database != "" {
		u.Path = "/" + database
	}
	return u.String(), nil
}

// Settings are what a service of this installation is started with. Only the logins that the service uses are read.
func (i *Installation) Settings(service, version string) (Settings, error) {
	c := i.Config
	s := Settings{
		Web:      Web{URL: strings.TrimSuffix(c.WebURL, "/"), ClientID: c.WebClientID, ClientSecret: c.WebClientSecret},
		Audience: c.Audience, RatePerMinute: c.RatePerMinute, InFlight: c.InFlight, Version: version,
		Reach: reach.Means{SMTP: c.SMTP, From: c.SMTPFrom, User: c.SMTPUser, Password: c.SMTPPassword, CallBackSecret: c.CallBackSecret},
	}
	found, _ := Find(service)
	for _, a := range i.listed {
		database := ""
		if found.Schema != nil {
			password, err := a.secret(service)
			if err != nil {
				return s, err
			}
			database = a.login(pg.Role(a.Name, service), password)
			if _, err := pgx.ParseConfig(database); err != nil {
				return s, fmt.Errorf("database of %s: the URL can't be read", a.Name)
			}
		}
		s.Authorities = append(s.Authorities, Authority{Name: a.Name, Issuers: a.Issuers, URL: func(string) string { return database }})
	}
	if service == "web" {
		if err := checkWebURL(c.WebURL); err != nil {
			return s, err
		}
	}
	if service == "directory" {
		key, err := readPassportKey(c.PassportKey)
		if err != nil {
			return s, err
		}
		s.PassportKey = key
	}
	return s, nil
}

// checkWebURL refuses an address that sign-in could not come back to, or that session cookies would not go to.
func checkWebURL(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		u = &url.URL{}
	}
	ip := net.ParseIP(u.Hostname())
	here := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return fmt.Errorf("KITH_WEB_URL is %q; write the address where people come in to the pages, such as https://kith.council.example", address)
	}
	return nil
}

func readPassportKey(path string) (ed25519.PrivateKey, error) {
	if path == "" {
		return nil, errors.New("KITH_PASSPORT_KEY is not set; it names the file of the key that signs passports (`kith certs` makes one)")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("KITH_PASSPORT_KEY: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("KITH_PASSPORT_KEY: %s is no PEM file", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("KITH_PASSPORT_KEY: %s holds no Ed25519 key", path)
	}
	return key, nil
}

// Network is where the neighbours are.
func (c Config) Network() (rpc.Network, error) {
	for name := range c.Addresses {
		if _, ok := Find(name); !ok {
			return rpc.Network{}, fmt.Errorf("KITH_ADDRESSES names %q; the services are %s", name, strings.Join(Names(), ", "))
		}
	}
	return rpc.Network{Target: func(service string) string {
		if address, ok := c.Addresses[service]; ok {
			return "dns:///" + address
		}
		return "dns:///" + service + ":7443"
	}}, nil
}
