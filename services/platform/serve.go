package platform

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"

	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/rpc"
)

// Process is one service as its own process.
type Process struct {
	Installation *Installation
	Service      string
	Version      string
	Now          func() time.Time
	Wall         func() time.Time
	Log          *slog.Logger
}

// Serve runs the service until ctx ends. Where its schema is older than the program it waits, not ready, and says which
// command mends that.
func (p Process) Serve(ctx context.Context) error {
	options, err := p.options()
	if err != nil {
		return err
	}
	var running atomic.Pointer[Running]
	health, err := p.health(ctx, &running)
	if err != nil {
		return err
	}
	defer func() { _ = health.Close() }()
	if err := p.awaitSchema(ctx, options.Settings); err != nil || ctx.Err() != nil {
		return err
	}
	end, err := obs.Export(ctx, p.Service, p.Version)
	if err != nil {
		return err
	}
	defer func() { _ = end(context.WithoutCancel(ctx)) }()
	var lc net.ListenConfig
	if options.Listener, err = lc.Listen(ctx, "tcp", p.Installation.Config.GRPCListen); err != nil {
		return fmt.Errorf("KITH_GRPC_LISTEN: %w", err)
	}
	r, err := Start(ctx, options)
	if err != nil {
		return err
	}
	defer r.Stop()
	running.Store(r)
	p.Log.InfoContext(ctx, "serving", "service", p.Service, "grpc", options.Listener.Addr().String())
	if r.HTTP == nil {
		<-ctx.Done()
		return nil
	}
	return p.face(ctx, r.HTTP)
}

func (p Process) options() (Options, error) {
	c := p.Installation.Config
	settings, err := p.Installation.Settings(p.Service, p.Version)
	if err != nil {
		return Options{}, err
	}
	if _, ok := Find(p.Service); !ok {
		return Options{}, fmt.Errorf("there is no service %q; the services are %v", p.Service, Names())
	}
	if c.Certificates == "" {
		return Options{}, errors.New("KITH_CERTIFICATES is not set; it names the folder of ca.pem and the service's pair (`kith certs` makes a set for trying out)")
	}
	id, err := rpc.LoadIdentity(c.Certificates, p.Service)
	if err != nil {
		return Options{}, err
	}
	if err := vouched(id); err != nil {
		return Options{}, err
	}
	network, err := c.Network()
	if err != nil {
		return Options{}, err
	}
	bell, err := redis.ParseURL(c.Redis)
	if err != nil {
		return Options{}, errors.New("KITH_REDIS can't be read; it should be a URL such as redis://host:6379")
	}
	return Options{
		Settings: settings, Service: p.Service, Identity: id, Network: network, Redis: redis.NewClient(bell), Now: p.Now, Wall: p.Wall, Log: p.Log,
	}, nil
}

// vouched says whether the certificate is one that the neighbours will accept: by this certificate authority, for this
// service, and valid now.
func vouched(id rpc.Identity) error {
	cert, err := id.Certificate()
	if err != nil {
		return err
	}
	between := x509.NewCertPool()
	for _, der := range cert.Certificate[1:] {
		if one, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(one)
		}
	}
	if _, err := cert.Leaf.Verify(x509.VerifyOptions{DNSName: id.Name, Roots: id.Roots, Intermediates: between}); err != nil {
		return fmt.Errorf("KITH_CERTIFICATES: %s.pem is not a valid certificate of %s by ca.pem: %w", id.Name, id.Name, err)
	}
	return nil
}

// awaitSchema waits until every authority's schema is what the program was built for.
func (p Process) awaitSchema(ctx context.Context, s Settings) error {
	service, _ := Find(p.Service)
	if service.Schema == nil {
		return nil
	}
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		why := ""
		for _, a := range s.Authorities {
			err := pg.CheckSchema(ctx, a.URL(p.Service), service.Schema())
			if errors.Is(err, pg.ErrAhead) {
				return fmt.Errorf("%s: %w", a.Name, err)
			}
			if err != nil {
				why = a.Name + ": " + lacks(err)
			}
		}
		if why == "" {
			return nil
		}
		p.Log.WarnContext(ctx, "waiting", "service", p.Service, "why", why)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// lacks says in words why a schema can't be used yet.
func lacks(err error) string {
	if errors.Is(err, pg.ErrBehind) {
		return err.Error()
	}
	// No such database, no such login or another password, no rights yet: PostgreSQL manual, appendix A.
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.Code == "3D000" || refused.Code == "42501" || strings.HasPrefix(refused.Code, "28")) {
		return "the database is not there, or does not let this service in; run `kith migrate`"
	}
	return "the database does not answer"
}

// health answers an orchestrator, which has no certificate.
func (p Process) health(ctx context.Context, running *atomic.Pointer[Running]) (*http.Server, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		r := running.Load()
		if r == nil {
			http.Error(w, "starting, or waiting for `kith migrate`", http.StatusServiceUnavailable)
			return
		}
		if ready, why := r.Ready(); !ready {
			http.Error(w, why, http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", p.Installation.Config.HealthListen)
	if err != nil {
		return nil, fmt.Errorf("KITH_HEALTH_LISTEN: %w", err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			p.Log.Error("health is not answered any more", "error", err)
		}
	}()
	return server, nil
}

// face serves people or partners until ctx ends.
func (p Process) face(ctx context.Context, h http.Handler) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", p.Installation.Config.Listen)
	if err != nil {
		return fmt.Errorf("KITH_LISTEN: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	lost := make(chan error, 1)
	go func() { lost <- server.Serve(l) }()
	select {
	case err := <-lost:
		return fmt.Errorf("the address %s is lost: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	short, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(short); err != nil {
		return server.Close()
	}
	return nil
}

// Check says whether a service could start with this configuration: its files, logins, certificates and addresses.
func (i *Installation) Check(service string) error {
	_, err := Process{Installation: i, Service: service}.options()
	return err
}
