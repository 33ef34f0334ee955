package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/proto"

	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// longest is the longest that a call may take.
const longest = 30 * time.Second

// chain is everything that stands between the wire and a use case.
type chain struct {
	ServerConfig
	validator protovalidate.Validator
}

func (c *chain) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (answer any, err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	caller := ""
	defer func() {
		if r := recover(); r != nil {
			answer, err = nil, fmt.Errorf("panic: %s\n%s", harmless(r), debug.Stack())
		}
		if err != nil {
			answer, err = nil, c.refused(ctx, info.FullMethod, caller, req, err)
		}
	}()
	if caller, err = c.peer(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	msg, ok := req.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%s: the request is no message", info.FullMethod)
	}
	if ctx, err = c.actor(ctx, info.FullMethod, caller, msg); err != nil {
		return nil, err
	}
	if err = c.validate(msg); err != nil {
		return nil, err
	}
	ctx, trail := audit.Watch(ctx)
	ctx, appended := eventlog.Watch(ctx)
	if answer, err = handle(ctx, req); err != nil {
		return nil, err
	}
	if c.Audited && !c.Access[info.FullMethod].WithoutPassport && !trail.Written() {
		return nil, fmt.Errorf("%s: answered without an audit row", info.FullMethod)
	}
	if appended.Any() && c.Ring != nil {
		c.Ring(ctx)
	}
	return answer, nil
}

// harmless is what may be logged of a panic: the runtime's own errors hold no data, any other value might.
func harmless(panicked any) string {
	if err, ok := panicked.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", panicked)
}

// stream lets listed streams pass (health watching is the only one) by the caller's certificate alone.
func (c *chain) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	if _, err := c.peer(ss.Context(), info.FullMethod); err != nil {
		return fault.From(err).GRPCStatus().Err()
	}
	if !c.Access[info.FullMethod].WithoutPassport {
		return fault.NotFound().GRPCStatus().Err()
	}
	return handle(srv, ss)
}

// peer gives the caller's certificate name if the method lists it.
func (c *chain) peer(ctx context.Context, method string) (string, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return "", fault.Unauthenticated("the call has no origin")
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 || len(info.State.VerifiedChains[0][0].DNSNames) != 1 {
		return "", fault.Unauthenticated("the caller shows no certificate of this installation")
	}
	name := info.State.VerifiedChains[0][0].DNSNames[0]
	if !slices.Contains(c.Access[method].Callers, name) {
		return name, fault.Denied("CALLER_NOT_LISTED", "this service may not make this call")
	}
	return name, nil
}

// actor finds out who acts, and in which authority.
func (c *chain) actor(ctx context.Context, method, caller string, msg proto.Message) (context.Context, error) {
	named := resourceNames(msg)
	if c.Access[method].WithoutPassport {
		authority := ""
		if len(named) > 0 {
			authority = authorityOf(named[0])
			if !slices.Contains(c.Authorities, authority) || slices.ContainsFunc(named, func(n string) bool { return authorityOf(n) != authority }) {
				return ctx, fault.NotFound()
			}
		}
		return withCaller(passport.WithAuthority(ctx, authority), caller), nil
	}
	tokens := metadata.ValueFromIncomingContext(ctx, passportHeader)
	if len(tokens) != 1 {
		return ctx, fault.Unauthenticated("the call carries no passport")
	}
	p, err := c.Verifier.Verify(ctx, tokens[0])
	if err != nil && !errors.Is(err, passport.ErrInvalid) {
		// The keys can't be fetched: that is our trouble, not the caller's, and it passes.
		return ctx, fault.Unavailable(err)
	}
	if err != nil {
		c.Log.DebugContext(ctx, "passport refused", "method", method, "why", err)
		return ctx, fault.Unauthenticated("the passport is not valid, or no longer")
	}
	if !slices.Contains(c.Authorities, p.Authority) {
		return ctx, fault.NotFound()
	}
	ctx = withCaller(passport.With(ctx, p, tokens[0]), caller)
	if p.Entry != caller && (isEntry(caller) || p.Kind == passport.Service && isEntry(p.Entry)) {
		return ctx, fault.Denied("OTHER_ENTRY", "this passport was issued for another entry point")
	}
	for _, name := range named {
		if authorityOf(name) != p.Authority {
			return ctx, fault.NotFound()
		}
	}
	return ctx, nil
}

// isEntry says whether outsiders come in by that service.
func isEntry(service string) bool { return service == "gateway" || service == "web" }

// refused maps the error, keeps a denial, and logs what is ours to mend.
func (c *chain) refused(ctx context.Context, method, caller string, req any, err error) error {
	f := fault.From(err)
	switch f.Code {
	case codes.Internal, codes.Unknown:
		c.Log.ErrorContext(ctx, "call failed", "method", method, "caller", caller, "error", safe(err))
	case codes.Unavailable, codes.DeadlineExceeded:
		c.Log.WarnContext(ctx, "call not possible now", "method", method, "caller", caller, "reason", f.Reason, "error", safe(err))
	case codes.Unauthenticated, codes.PermissionDenied, codes.NotFound, codes.InvalidArgument, codes.FailedPrecondition:
		c.deny(ctx, method, caller, f.Reason, req)
	}
	return f.GRPCStatus().Err()
}

func (c *chain) deny(ctx context.Context, method, caller, reason string, req any) {
	level := slog.LevelInfo
	if reason == "KEY_REUSED" || reason == "CALLER_NOT_LISTED" || reason == "OTHER_ENTRY" {
		level = slog.LevelWarn
	}
	c.Log.Log(ctx, level, "denied", "security", level == slog.LevelWarn, "method", method, "caller", caller, "reason", reason)
	if c.Deny == nil || passport.Authority(ctx) == "" {
		return
	}
	d := Denial{Method: method, Reason: reason, Caller: caller}
	if msg, ok := req.(proto.Message); ok {
		d.Subjects = subjects(passport.Authority(ctx), msg)
	}
	// The caller may have hung up; the denial is kept all the same.
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := c.Deny(keep, d); err != nil {
		c.Log.ErrorContext(ctx, "a denial could not be kept", "method", method, "error", safe(err))
	}
}

type callerKey struct{}

func withCaller(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, callerKey{}, name)
}

// Caller gives the certificate name of the service that makes the call.
func Caller(ctx context.Context) string { name, _ := ctx.Value(callerKey{}).(string); return name }
