package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

const (
	// denialWait is how long an answer waits for its denial to be kept.
	denialWait = 2 * time.Second

	unsupportedMedia = "UNSUPPORTED_MEDIA_TYPE"
)

// unauthenticated is the one answer to everybody who can't be recognised.
func unauthenticated() *fault.Fault {
	return fault.Unauthenticated("send an access token that is valid now, for this authority, in the header Authorization")
}

// turnAway answers a caller who could not be recognised, or whom nobody could recognise at the moment.
func (g *Gateway) turnAway(ctx context.Context, w http.ResponseWriter, r *route, authority string, err error) {
	switch {
	case errors.Is(err, errStranger), errors.Is(err, passport.ErrStranger):
		if !g.tokens.known(authority) {
			authority = "none"
		}
		g.strangers.Add(ctx, 1, metric.WithAttributes(attribute.String("authority", authority)))
		g.log.InfoContext(ctx, "call without a valid token", "authority", authority, "route", r.pattern)
		fault.WriteProblem(w, unauthenticated())
	case errors.Is(err, errIssuerSilent):
		g.log.WarnContext(ctx, "a token could not be checked", "authority", authority, "route", r.pattern, "error", err)
		fault.WriteProblem(w, fault.Unavailable(err))
	default:
		f := fault.From(err)
		g.logOurs(ctx, r, f)
		fault.WriteProblem(w, f)
	}
}

// refuse answers a caller whose call does not go to a service, and keeps that as a denial. It waits for that for a while;
// the answer does not depend on it.
func (g *Gateway) refuse(ctx context.Context, w http.ResponseWriter, c *call, f *fault.Fault) {
	limited := f.Code == codes.ResourceExhausted
	if !limited || g.limits.due(c.who, func(a *account) *time.Time { return &a.recorded }, recordPause) {
		keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), denialWait)
		defer cancel()
		if _, err := g.directory.RecordDenial(keep, &directoryv1.RecordDenialRequest{Method: c.route.method, Reason: f.Reason}); err != nil {
			g.log.WarnContext(ctx, "a denial could not be kept", "route", c.route.pattern, "reason", f.Reason, "why", fault.From(err).Reason)
		}
	}
	if f.Reason == unsupportedMedia {
		writeProblem(w, http.StatusUnsupportedMediaType, f)
		return
	}
	fault.WriteProblem(w, f)
}

// callFailed answers a call that the mux or a service did not take.
func (g *Gateway) callFailed(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
	c := callOf(ctx)
	if c == nil {
		fault.WriteProblem(w, fault.NotFound())
		return
	}
	if !c.sent {
		// Its text may repeat what was told.
		g.refuse(ctx, w, c, notJSON("", "the request can't be read as this method's"))
		return
	}
	f := fault.From(err)
	g.logOurs(ctx, c.route, f)
	switch {
	case f.Code == codes.Unauthenticated:
		f = unauthenticated()
	case f.Reason == "INVALID" && f.Field == c.route.inPath:
		// A path that can't name anything is answered as one that names nothing.
		f = fault.NotFound()
	}
	told := *f
	told.Field = c.field(f.Field)
	fault.WriteProblem(w, &told)
}

// field turns a field of the request message into what the caller sent.
func (c *call) field(name string) string {
	switch {
	case name == "requestId":
		return "Idempotency-Key"
	case c.route.contact():
		return strings.TrimPrefix(name, "told.")
	}
	return name
}

// logOurs logs what is ours to mend. A fault's own text holds nobody's data.
func (g *Gateway) logOurs(ctx context.Context, r *route, f *fault.Fault) {
	switch f.Code {
	case codes.Internal, codes.Unknown, codes.Unavailable, codes.DeadlineExceeded:
		g.log.WarnContext(ctx, "call failed", "route", r.pattern, "method", r.method, "reason", f.Reason)
	}
}

// announce sets what an answer says in its headers: a contact's address with 201, also for the same call again; the etag.
func announce(ctx context.Context, w http.ResponseWriter, message proto.Message) error {
	c := callOf(ctx)
	if c == nil || c.route.answer == nil {
		return nil
	}
	thing := message.ProtoReflect().Get(c.route.answer).Message()
	if tag := c.route.answerETag; tag != nil && thing.Get(tag).String() != "" {
		w.Header().Set("ETag", `"`+thing.Get(tag).String()+`"`)
	}
	if c.route.contact() {
		name := thing.Get(thing.Descriptor().Fields().ByName("name")).String()
		w.Header().Set("Location", "/v1/"+name)
		w.WriteHeader(http.StatusCreated)
	}
	return nil
}

// writeProblem answers with an HTTP status that no gRPC status stands for.
func writeProblem(w http.ResponseWriter, status int, f *fault.Fault) {
	p := f.Problem()
	p.Status, p.Title = status, http.StatusText(status)
	text, err := json.Marshal(p)
	if err != nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A caller who hung up can't be told more.
	_, _ = w.Write(append(text, '\n'))
}
