package rpc

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sort"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/kithcare/kith/pkg/passport"
)

// maxMessage is the largest message between services, in bytes.
const maxMessage = 4 << 20

// Access says who may call a method.
type Access struct {
	// Callers are certificate names. Empty never means all.
	Callers []string
	// WithoutPassport marks the few calls that carry none.
	WithoutPassport bool
}

// Denial is a call that was refused.
type Denial struct {
	Method string
	Reason string
	// Caller is the certificate name.
	Caller string
	// Subjects are the resources that the request names, as audit rows do, so that a look at somebody else's record is
	// found again.
	Subjects []string
}

// ServerConfig is what a service's server needs.
type ServerConfig struct {
	Identity Identity
	// Access lists every method of every registered gRPC service.
	Access map[string]Access
	// Verifier reads passports.
	Verifier *passport.Verifier
	// Authorities are the authorities of this installation.
	Authorities []string
	// Deny keeps a denial in a transaction of its own; nil for a service that holds no records.
	Deny func(context.Context, Denial) error
	// Ring announces new events after a call that appended some; nil for a service without a log.
	Ring func(context.Context)
	// Audited says whether every answered call must have left an audit row.
	Audited bool
	Now     func() time.Time
	Log     *slog.Logger
}

// NewServer makes the server with its interceptor chain. Register services on it, then call CheckAccess.
func NewServer(cfg ServerConfig) (*grpc.Server, error) {
	validator, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("message validation: %w", err)
	}
	c := &chain{ServerConfig: cfg, validator: validator}
	return grpc.NewServer(
		grpc.Creds(credentials.NewTLS(cfg.Identity.serverTLS())),
		grpc.StatsHandler(otelgrpc.NewServerHandler()),
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxConcurrentStreams(1000),
		// Old connections end, so that new replicas get their share.
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: 5 * time.Minute, MaxConnectionAgeGrace: time.Minute}),
		grpc.ChainUnaryInterceptor(c.unary),
		grpc.ChainStreamInterceptor(c.stream),
	), nil
}

// CheckAccess compares the list with what is registered. A method that is not listed, an entry that names no method,
// and an empty list of callers each stop the start.
func CheckAccess(server *grpc.Server, access map[string]Access) error {
	var wrong []string
	registered := map[string]bool{}
	for service, info := range server.GetServiceInfo() {
		for _, m := range info.Methods {
			method := "/" + service + "/" + m.Name
			registered[method] = true
			if _, ok := access[method]; !ok {
				wrong = append(wrong, method+" is served but not listed")
			}
		}
	}
	for method, a := range access {
		if !registered[method] {
			wrong = append(wrong, method+" is listed but not served")
		}
		if len(a.Callers) == 0 || slices.Contains(a.Callers, "") {
			wrong = append(wrong, method+" lists no callers")
		}
	}
	if len(wrong) > 0 {
		sort.Strings(wrong)
		return fmt.Errorf("the platform's map does not fit: %s", strings.Join(wrong, "; "))
	}
	return nil
}
