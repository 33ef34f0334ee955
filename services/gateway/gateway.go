package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// The defaults of Deps.
const (
	defaultRate     = 600
	defaultInFlight = 64
)

// Authority is a local authority as the gateway knows it.
type Authority struct {
	// Name is the authority's short name in paths, such as "kensington-chelsea".
	Name string
	// Issuers are the URLs of the OpenID Connect issuers that are trusted for this authority and for no other.
	Issuers []string
}

// Deps is what the gateway needs.
type Deps struct {
	Authorities []Authority
	// Audience is what an access token must be meant for: "kith".
	Audience string
	// Directory issues passports and keeps denials.
	Directory directoryv1.DirectoryServiceClient
	// Conns gives the connection to a service: "directory", "referral", "familyfacing". It carries the context's passport.
	Conns func(service string) grpc.ClientConnInterface
	// Redis counts the calls of each partner over all gateways; nil counts in this process alone.
	Redis redis.UniversalClient
	// RatePerMinute is how many calls a partner may make, 600 if zero; a person may make ten times as many.
	RatePerMinute int
	// InFlight is how many calls may be under way at once, 64 if zero.
	InFlight int
	// IssuerClient reaches the issuers; nil is an ordinary client with a limit of 5 seconds.
	IssuerClient *http.Client
	Now          func() time.Time
	Log          *slog.Logger
	// Version of the program, told in the OpenAPI document.
	Version string
	// URL is where partners reach this gateway, for the examples; empty where it is not known.
	URL string
	// Sandbox is where a demonstration gives tokens away; empty for a real installation.
	Sandbox string
}

// Gateway answers HTTP calls under /v1, and describes itself at /openapi.json and /docs.
type Gateway struct {
	mux       *runtime.ServeMux
	routes    map[string]*route
	tokens    *tokens
	passports *passport.Keeper
	limits    *limits
	gate      *gate
	directory directoryv1.DirectoryServiceClient
	docs      *docs
	strangers metric.Int64Counter
	log       *slog.Logger
}

// New makes a gateway. It reaches nobody yet: an issuer is asked for its keys when its first token comes.
func New(d Deps) (*Gateway, error) {
	if err := d.complete(); err != nil {
		return nil, err
	}
	routes, err := findRoutes()
	if err != nil {
		return nil, err
	}
	tokens, err := newTokens(d)
	if err != nil {
		return nil, err
	}
	passports, err := passport.NewKeeper(d.Directory, d.Now)
	if err != nil {
		return nil, err
	}
	limits, err := newLimits(d)
	if err != nil {
		return nil, err
	}
	docs, err := newDocs(routes, d)
	if err != nil {
		return nil, err
	}
	strangers, err := otel.Meter("gateway").Int64Counter("kith.gateway.unauthenticated",
		metric.WithDescription("Calls without a valid token, by authority."))
	if err != nil {
		return nil, fmt.Errorf("gateway metrics: %w", err)
	}
	g := &Gateway{
		routes: routes, tokens: tokens, passports: passports, limits: limits, gate: newGate(d.InFlight),
		directory: d.Directory, docs: docs, strangers: strangers, log: d.Log,
	}
	return g, g.register(d.Conns)
}

func (d *Deps) complete() error {
	switch {
	case len(d.Authorities) == 0:
		return errors.New("gateway: no authority is configured")
	case d.Audience == "":
		return errors.New("gateway: no audience is configured")
	case d.Directory == nil, d.Conns == nil, d.Now == nil, d.Log == nil:
		return errors.New("gateway: the directory, the connections, the clock and the log are all needed")
	}
	if d.RatePerMinute <= 0 {
		d.RatePerMinute = defaultRate
	}
	if d.InFlight <= 0 {
		d.InFlight = defaultInFlight
	}
	if d.IssuerClient == nil {
		d.IssuerClient = &http.Client{Timeout: 5 * time.Second}
	}
	return nil
}

// register puts every method with a REST path on the mux.
func (g *Gateway) register(conns func(string) grpc.ClientConnInterface) error {
	none := func(string) (string, bool) { return "", false }
	g.mux = runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, newMarshaler()),
		runtime.WithMiddlewares(g.enter),
		runtime.WithErrorHandler(g.callFailed),
		runtime.WithRoutingErrorHandler(g.notRouted),
		runtime.WithForwardResponseOption(announce),
		runtime.WithIncomingHeaderMatcher(none),
		runtime.WithOutgoingHeaderMatcher(none),
		runtime.WithOutgoingTrailerMatcher(none),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
	)
	ctx := context.Background()
	to := func(service string) grpc.ClientConnInterface { return conn{conns(service)} }
	return errors.Join(
		directoryv1.RegisterDirectoryServiceHandlerClient(ctx, g.mux, directoryv1.NewDirectoryServiceClient(to("directory"))),
		referralv1.RegisterReferralServiceHandlerClient(ctx, g.mux, referralv1.NewReferralServiceClient(to("referral"))),
		familyfacingv1.RegisterFamilyServiceHandlerClient(ctx, g.mux, familyfacingv1.NewFamilyServiceClient(to("familyfacing"))),
	)
}

// ServeHTTP answers a call.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if !strings.HasPrefix(r.URL.Path, "/v1/") {
		g.docs.ServeHTTP(w, r)
		return
	}
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	if g.gate.crowded() {
		fault.WriteProblem(w, full())
		return
	}
	if r.Method == http.MethodHead {
		// net/http leaves out the body of the answer to a HEAD by itself.
		get := *r
		get.Method = http.MethodGet
		r = &get
	}
	g.mux.ServeHTTP(w, r)
}

// notRouted answers a call for which there is no method.
func (g *Gateway) notRouted(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, status int) {
	if isProbe(ctx) {
		return
	}
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", strings.Join(g.allowed(r), ", "))
		writeProblem(w, status, &fault.Fault{Reason: "METHOD_NOT_ALLOWED", Message: "this path does not take " + methodName(r.Method) + "; the header Allow says what it takes"})
		return
	}
	fault.WriteProblem(w, fault.NotFound())
}

// methodName keeps a made-up method out of the answer.
func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "this method"
}
