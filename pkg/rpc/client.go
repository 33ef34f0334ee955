package rpc

import (
	"context"
	"fmt"
	"net"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/kithcare/kith/pkg/passport"
)

// The metadata that calls carry beside their message.
const (
	passportHeader  = "kith-passport"
	overLimitHeader = "kith-over-limit"
)

// Writes carry their own key, so sending a call again that found nobody is safe.
const serviceConfig = `{
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{}],
    "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.05s", "maxBackoff": "0.5s", "backoffMultiplier": 3, "retryableStatusCodes": ["UNAVAILABLE"]}
  }]
}`

// Network is where the other services are: in this process's memory, or at addresses.
type Network struct {
	// Target gives a service's gRPC target, such as dns:///referral:7443.
	Target func(service string) string
	// Connect, where set, replaces the ordinary way of reaching a target.
	Connect func(ctx context.Context, target string) (net.Conn, error)
}

// Dial gives a connection to a service on which every call carries the context's passport. It connects on first use.
func Dial(id Identity, network Network, service string) (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(credentials.NewTLS(id.clientTLS(service))),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
		grpc.WithChainUnaryInterceptor(carryPassport),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
	}
	if network.Connect != nil {
		options = append(options, grpc.WithContextDialer(network.Connect))
	}
	conn, err := grpc.NewClient(network.Target(service), options...)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", service, err)
	}
	return conn, nil
}

func carryPassport(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if token := passport.Token(ctx); token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, passportHeader, token)
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}

// MarkOverLimit tells the callee that a partner is over its rate limit and that the call is passed on all the same.
func MarkOverLimit(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, overLimitHeader, "1")
}

// OverLimit says whether the gateway marked the call.
func OverLimit(ctx context.Context) bool {
	return len(metadata.ValueFromIncomingContext(ctx, overLimitHeader)) > 0
}
