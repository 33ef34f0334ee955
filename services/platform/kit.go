package platform

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"

	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/reach"
)

// Authority is an authority of this installation, as configured.
type Authority struct {
	// Name is its key, such as kensington-chelsea.
	Name string
	// Issuers are the OIDC issuers whose word on who somebody is counts here.
	Issuers []string
	// URL gives the authority's database with a service's own login.
	URL func(service string) string
}

// Web is how people sign in to the pages.
type Web struct {
	// URL is where people come in, such as https://kith.council.example.
	URL string
	// ClientID and ClientSecret are this installation's at every issuer; a public client has no secret.
	ClientID, ClientSecret string
}

// Settings are what every way of starting gives alike.
type Settings struct {
	Authorities []Authority
	// PassportKey signs passports; only the directory uses it.
	PassportKey ed25519.PrivateKey
	// Earlier are public keys of passports still on their way after a change of key.
	Earlier []ed25519.PublicKey
	// Audience is what a token must be meant for.
	Audience string
	// Reach is how people outside are told: referrers, and whoever looks after things out of hours.
	Reach reach.Means
	// Web is how people sign in to the pages.
	Web Web
	// Sandbox is where a demonstration gives partners' tokens away; empty for a real installation.
	Sandbox string
	// RatePerMinute is how many calls a partner may make; 0 means the gateway's default.
	RatePerMinute int
	// InFlight is how many requests the gateway takes at once; 0 means its default.
	InFlight int
	Version  string
}

// Kit is what a service is built from.
type Kit struct {
	Settings
	// DB is nil for a service that holds no records.
	DB *pg.DB
	// Conn gives the connection to a neighbour that the map lists under Needs.
	Conn func(service string) grpc.ClientConnInterface
	// Act gives a context with the service's own passport.
	Act func(ctx context.Context, authority, cause, causedBy string) (context.Context, error)
	// Ring announces new events of the authority in ctx.
	Ring  func(ctx context.Context)
	Redis redis.UniversalClient
	Now   func() time.Time
	Log   *slog.Logger
}

// Room is a built service.
type Room struct {
	Register func(grpc.ServiceRegistrar)
	// Handlers by log and event type.
	Handlers map[string]map[string]eventlog.Handler
	// Run does its timers until ctx ends; nil for none.
	Run func(ctx context.Context) error
	// HTTP is what it serves to people or partners; nil for none.
	HTTP http.Handler
	// Keys gives the passport keys, in the directory only.
	Keys func(context.Context) (string, error)
	// Oldest is the age of the oldest thing that waits, in working time, for a metric; nil for none.
	Oldest func(context.Context) (time.Duration, error)
}
