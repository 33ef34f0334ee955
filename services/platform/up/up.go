// Package up runs the whole platform in one process: real PostgreSQL as a child, a Redis in this process, a certificate
// authority in memory, and every service over connections in memory, with the same certificates, interceptors and rules
// as on many machines. On its first start it sets up two demonstration authorities.
package up

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/kithcare/kith/pkg/pg/pgchild"
	"github.com/kithcare/kith/pkg/rpc"
	"github.com/kithcare/kith/services/platform"
)

// Config is what `kith up` is told.
type Config struct {
	// Data is the folder that holds everything that is kept.
	Data string
	// Listen is the one address, such as 127.0.0.1:8080; it must be a loopback address.
	Listen  string
	Version string
	// Program is how the person calls this program, for the lines to paste; empty means bin/kith.
	Program string
	// RatePerMinute and InFlight are the gateway's limits; 0 means its defaults.
	RatePerMinute, InFlight int
	Now                     func() time.Time
	// Wall is the process's own clock.
	Wall func() time.Time
	// Out is where a person reads what happens and how to go on.
	Out io.Writer
	Log *slog.Logger
}

// Platform is the running whole.
type Platform struct {
	config   Config
	secrets  *secrets
	children *pgchild.Server
	redis    *miniredis.Miniredis
	client   *redis.Client
	night    *night
	running  []*platform.Running
	http     *http.Server
	address  string
	failed   chan error
}

// Start runs the platform and returns when it takes calls. Errors are sentences for the person who started it.
func Start(ctx context.Context, c Config) (*Platform, error) {
	p := &Platform{config: c, failed: make(chan error, 1)}
	if err := p.start(ctx); err != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
		defer cancel()
		// Whoever stops it is not told what the stop broke off.
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, errors.Join(err, p.Stop(stop))
	}
	return p, nil
}

func (p *Platform) start(ctx context.Context) error {
	listener, err := listen(ctx, p.config.Listen)
	if err != nil {
		return err
	}
	p.address = listener.Addr().String()
	// Until everything runs, the address answers that it is not ready yet.
	gate := &gate{}
	p.http = &http.Server{Handler: gate, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	go func() {
		if err := p.http.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			p.failed <- fmt.Errorf("the address %s is lost: %w", p.address, err)
		}
	}()
	if err := p.database(ctx); err != nil {
		return err
	}
	if err := p.support(ctx); err != nil {
		return err
	}
	mux, err := p.services(ctx)
	if err != nil {
		return err
	}
	gate.open(mux)
	return p.announce(ctx)
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("KITH_LISTEN is %q; write a host and a port, such as 127.0.0.1:8080", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("KITH_LISTEN is %q; `kith up` holds a demonstration that anybody may sign in to, so it listens on a loopback address only, such as 127.0.0.1:8080", address)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is taken by another program; stop that one, or choose another with KITH_LISTEN=127.0.0.1:8081", address)
	}
	if err != nil {
		return nil, fmt.Errorf("can't listen on %s: %w", address, err)
	}
	return l, nil
}

// database starts PostgreSQL on the data folder and brings every authority's database up to date.
func (p *Platform) database(ctx context.Context) error {
	p.say("PostgreSQL …")
	var err error
	if p.children, err = pgchild.Start(ctx, pgchild.Config{Data: p.config.Data, Log: p.config.Log.With("part", "postgres")}); err != nil {
		return err
	}
	if p.secrets, err = loadSecrets(filepath.Join(p.config.Data, "secrets.json")); err != nil {
		return err
	}
	return p.prepare(ctx)
}

// support starts what the services use beside the database.
func (p *Platform) support(ctx context.Context) error {
	p.redis = miniredis.NewMiniRedis()
	p.redis.RequireAuth(p.secrets.Redis)
	if err := p.redis.StartAddr("127.0.0.1:0"); err != nil {
		return fmt.Errorf("the Redis in this process does not start: %w", err)
	}
	p.client = redis.NewClient(&redis.Options{Addr: p.redis.Addr(), Password: p.secrets.Redis, ReadTimeout: time.Second})
	var err error
	p.night, err = startNight(ctx, p.config.Log)
	return err
}

// services starts every service of the map and gives the one address's routes.
func (p *Platform) services(ctx context.Context) (http.Handler, error) {
	ca, err := rpc.NewCA(p.config.Wall)
	if err != nil {
		return nil, err
	}
	issuer, err := p.issuer(ctx)
	if err != nil {
		return nil, err
	}
	memory := rpc.NewMemory(platform.Names())
	faces := map[string]http.Handler{}
	for _, s := range platform.Map() {
		p.say(s.Name + " …")
		id, err := ca.Identity(s.Name)
		if err != nil {
			return nil, err
		}
		r, err := platform.Start(ctx, platform.Options{
			Settings: p.settings(), Service: s.Name, Identity: id, Network: memory.Network(), Listener: memory.Listener(s.Name),
			Redis: p.client, Now: p.config.Now, Wall: p.config.Wall, Log: p.config.Log,
		})
		if err != nil {
			return nil, err
		}
		p.running = append(p.running, r)
		faces[s.Name] = r.HTTP
	}
	return p.routes(faces["gateway"], faces["web"], issuer), nil
}

// Wait gives the reason when a part is lost for good, or nil when ctx ends.
func (p *Platform) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-p.failed:
		return err
	}
}

// StopTime is how long a stop may take: everything ends within ten seconds.
func StopTime(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 9*time.Second)
}

// Address is where the platform listens.
func (p *Platform) Address() string { return p.address }

// Redis is the one in this process. Closing or wiping it costs nothing but time.
func (p *Platform) Redis() *miniredis.Miniredis { return p.redis }

// StopService ends one service and leaves the others, as its outage does.
func (p *Platform) StopService(name string) {
	for _, r := range p.running {
		if r.Name() == name {
			r.Stop()
		}
	}
}

// PostgresPID is the process id of PostgreSQL.
func (p *Platform) PostgresPID() int { return p.children.PID() }

// Stop ends everything in order: first what comes in, then the services, then what they stand on.
func (p *Platform) Stop(ctx context.Context) error {
	var errs []error
	if p.http != nil {
		short, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		if err := p.http.Shutdown(short); err != nil {
			errs = append(errs, p.http.Close())
		}
	}
	for i := len(p.running) - 1; i >= 0; i-- {
		p.running[i].Stop()
	}
	if p.client != nil {
		errs = append(errs, p.client.Close())
	}
	if p.redis != nil {
		p.redis.Close()
	}
	if p.night != nil {
		errs = append(errs, p.night.stop())
	}
	if p.children != nil {
		errs = append(errs, p.children.Stop(ctx))
	}
	return errors.Join(errs...)
}

func (p *Platform) say(line string) {
	// A terminal that is gone is no reason to stop.
	_, _ = fmt.Fprintln(p.config.Out, line)
}

// demonstration is the folder of the demonstration's own keys; its marker file says that the data is a demonstration.
func demonstration(data string) string { return filepath.Join(data, "demonstration") }
