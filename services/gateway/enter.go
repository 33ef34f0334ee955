package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// longest is the longest that a call may take, its wait for a place included.
const longest = 20 * time.Second

// enter is a call's way from its route to the service.
func (g *Gateway) enter(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		if probed(r.Context()) {
			return
		}
		route := g.routeOf(r)
		if route == nil {
			fault.WriteProblem(w, fault.NotFound())
			return
		}
		ctx, cancel := context.WithTimeout(traced(r), longest)
		defer cancel()
		authority := authorityOf(params["parent"] + params["name"])
		who, err := g.tokens.recognise(ctx, authority, r.Header.Values("Authorization"))
		if err != nil {
			g.turnAway(ctx, w, route, authority, err)
			return
		}
		// The body is read before a place is taken: a slow sender must not keep others out.
		c := &call{route: route, who: who}
		malformed := c.read(r)
		leave, busy := g.gate.enter(ctx)
		if busy != nil {
			fault.WriteProblem(w, busy)
			return
		}
		defer leave()
		issued, err := g.passports.Get(ctx, who.key(), who.request())
		if err != nil {
			g.turnAway(ctx, w, route, authority, err)
			return
		}
		ctx = withCall(passport.WithToken(ctx, authority, issued.GetPassport()), c)
		if limited := g.limited(ctx, c); limited != nil {
			malformed = limited
		}
		if malformed == nil {
			malformed = c.check(r)
		}
		if malformed != nil {
			g.refuse(ctx, w, c, malformed)
			return
		}
		next(w, c.bare(ctx, r), params)
	}
}

// bare is the request without whatever the mux would pass on: a service gets the message and the passport, never the
// caller's headers or its token.
func (c *call) bare(ctx context.Context, r *http.Request) *http.Request {
	bare := r.WithContext(ctx)
	bare.Header, bare.RemoteAddr, bare.Host = http.Header{}, "", ""
	bare.Body = &body{text: c.text}
	return bare
}

// traced takes up the caller's trace where nobody has yet.
func traced(r *http.Request) context.Context {
	if trace.SpanContextFromContext(r.Context()).IsValid() || r.Header.Get("traceparent") == "" {
		return r.Context()
	}
	return propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
}

// call is one call between its route and the service.
type call struct {
	route *route
	who   caller
	// text is the body as it came.
	text []byte
	// key is the Idempotency-Key; etag is what If-Match names.
	key, etag string
	// overLimit marks a contact of a partner over its limit.
	overLimit bool
	// sent says whether a service was called.
	sent bool
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// check holds headers, query and body against what the method takes.
func (c *call) check(r *http.Request) *fault.Fault {
	if f := c.headers(r); f != nil {
		return f
	}
	if f := c.route.checkQuery(r); f != nil {
		return f
	}
	if c.route.body == nil {
		return nil
	}
	return checkForm(c.route, c.text)
}
