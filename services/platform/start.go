package platform

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/draft"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/rpc"
)

// Options are where and how one service runs.
type Options struct {
	Settings
	// Service is its name in the map.
	Service  string
	Identity rpc.Identity
	Network  rpc.Network
	// Listener is where it takes gRPC calls.
	Listener net.Listener
	Redis    redis.UniversalClient
	// Now is the time that rules use.
	Now func() time.Time
	// Wall is the process's own clock, which is held against PostgreSQL's.
	Wall func() time.Time
	Log  *slog.Logger
}

// Running is a started service.
type Running struct {
	// HTTP is what it serves to people or partners; nil for none.
	HTTP http.Handler

	options  Options
	service  Service
	server   *grpc.Server
	health   *health.Server
	db       *pg.DB
	clock    *pg.Clock
	conns    map[string]*grpc.ClientConn
	verifier *passport.Verifier
	bell     *eventlog.Bell
	retry    chan struct{}
	// timeless is true while the timers do not run.
	timeless atomic.Bool
	// silent is true while PostgreSQL does not answer.
	silent atomic.Bool

	end  context.CancelFunc
	work sync.WaitGroup
}

// Start builds a service and lets it take calls. It ends with Stop.
func Start(ctx context.Context, o Options) (*Running, error) {
	service, ok := Find(o.Service)
	if !ok {
		return nil, fmt.Errorf("there is no service %q; the services are %v", o.Service, Names())
	}
	o.Log = o.Log.With("service", service.Name)
	r := &Running{options: o, service: service, conns: map[string]*grpc.ClientConn{}, retry: make(chan struct{}, 1), health: health.NewServer()}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	r.end = end
	if err := r.start(life); err != nil {
		r.Stop()
		return nil, fmt.Errorf("%s: %w", service.Name, err)
	}
	return r, nil
}

func (r *Running) start(ctx context.Context) error {
	if err := r.open(); err != nil {
		return err
	}
	r.bell = eventlog.NewBell(ctx, r.options.Redis, r.options.Log)
	room := Room{}
	if r.service.build != nil {
		var err error
		if room, err = r.service.build(r.kit()); err != nil {
			return err
		}
	}
	if err := r.serve(room); err != nil {
		return err
	}
	if err := r.follow(ctx, room); err != nil {
		return err
	}
	if room.Run != nil {
		r.work.Go(func() { r.keepTime(ctx, room.Run) })
	}
	if room.Oldest != nil {
		if err := r.observe(room.Oldest); err != nil {
			return err
		}
	}
	r.HTTP = room.HTTP
	r.work.Go(func() { r.watch(ctx) })
	return nil
}

// open prepares the databases and the connections to neighbours.
func (r *Running) open() error {
	o := r.options
	if r.service.Schema != nil {
		urls := map[string]string{}
		for _, a := range o.Authorities {
			urls[a.Name] = a.URL(r.service.Name)
		}
		var err error
		if r.db, err = pg.Open(urls); err != nil {
			return err
		}
		r.clock = &pg.Clock{Database: r.db.Now, Wall: o.Wall}
	}
	for _, n := range r.service.Needs {
		conn, err := rpc.Dial(o.Identity, o.Network, n)
		if err != nil {
			return err
		}
		r.conns[n] = conn
	}
	return nil
}

func (r *Running) kit() Kit {
	return Kit{
		Settings: r.options.Settings, DB: r.db, Act: r.act, Ring: r.ring, Redis: r.options.Redis, Now: r.options.Now, Log: r.options.Log,
		Conn: func(service string) grpc.ClientConnInterface { return r.conns[service] },
	}
}

// serve registers what the map lists and takes calls.
func (r *Running) serve(room Room) error {
	o := r.options
	fetch := room.Keys
	if fetch == nil {
		fetch = r.fetchKeys
	}
	var err error
	if r.verifier, err = passport.NewVerifier(fetch, o.Now); err != nil {
		return err
	}
	cfg := rpc.ServerConfig{
		Identity: o.Identity, Access: r.service.Access(), Verifier: r.verifier, Ring: r.ring, Now: o.Now, Log: o.Log, Audited: r.db != nil,
	}
	for _, a := range o.Authorities {
		cfg.Authorities = append(cfg.Authorities, a.Name)
	}
	if r.db != nil {
		cfg.Deny = func(ctx context.Context, d rpc.Denial) error {
			return audit.Deny(ctx, r.db, audit.Denial{At: o.Now(), Caller: d.Caller, Method: d.Method, Reason: d.Reason, Subjects: d.Subjects})
		}
	}
	if r.server, err = rpc.NewServer(cfg); err != nil {
		return err
	}
	healthv1.RegisterHealthServer(r.server, r.health)
	if room.Register != nil {
		room.Register(r.server)
	}
	if r.db != nil {
		auditv1.RegisterAuditServiceServer(r.server, &audit.Service{DB: r.db, Now: o.Now})
	}
	if r.service.Drafts {
		draftv1.RegisterDraftServiceServer(r.server, &draft.Service{DB: r.db, Now: o.Now})
	}
	if len(r.service.Emits) > 0 {
		eventlogv1.RegisterEventLogServiceServer(r.server, &eventlog.Service{DB: r.db, Now: o.Now, Retry: r.wake})
	}
	if err := rpc.CheckAccess(r.server, cfg.Access); err != nil {
		return err
	}
	r.work.Go(func() {
		if err := r.server.Serve(o.Listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			o.Log.Error("calls are not taken any more", "error", err)
		}
	})
	return nil
}

// follow takes in the neighbours' events. What the map says and what the service handles must be the same.
func (r *Running) follow(ctx context.Context, room Room) error {
	if err := sameTypes(r.service.Takes, room.Handlers); err != nil {
		return err
	}
	for log, handlers := range room.Handlers {
		c := &eventlog.Consumer{
			Log: log, Pull: eventlogv1.NewEventLogServiceClient(r.conns[log]), DB: r.db, Handlers: handlers,
			Act: func(ctx context.Context, authority string, e *eventlogv1.Event) (context.Context, error) {
				return r.act(ctx, authority, e.GetId(), e.GetCausedBy())
			},
			Done: func(authority string) { r.bell.Ring(authority, r.service.Name) },
			Alarm: func(ctx context.Context, authority string, e *eventlogv1.Event, failure string) {
				obs.Alarm(ctx, r.options.Log, "event_parked", "authority", authority, "log", log, "position", e.GetPosition(),
					"type", e.GetType(), "entity", e.GetEntity(), "failure", failure)
			},
			Stalled: func(ctx context.Context, authority string) {
				obs.Alarm(ctx, r.options.Log, "log_not_followed", "authority", authority, "log", log)
			},
			Now: r.options.Now, Logs: r.options.Log,
		}
		r.work.Go(func() { c.Run(ctx, r.bell.Listen(ctx, log), r.retry) })
	}
	return nil
}

func sameTypes(listed map[string][]string, handled map[string]map[string]eventlog.Handler) error {
	for log, types := range listed {
		for _, t := range types {
			if handled[log][t] == nil {
				return fmt.Errorf("the platform's map does not fit: %s of %s is listed but not handled", t, log)
			}
		}
		if len(types) != len(handled[log]) {
			return fmt.Errorf("the platform's map does not fit: events of %s are handled but not listed", log)
		}
	}
	if len(listed) != len(handled) {
		return errors.New("the platform's map does not fit: a log is followed but not listed")
	}
	return nil
}

// act gives a context with the service's own passport, naming why it acts and who caused that.
func (r *Running) act(ctx context.Context, authority, cause, causedBy string) (context.Context, error) {
	answer, err := directoryv1.NewDirectoryServiceClient(r.conns["directory"]).IssuePassport(ctx, &directoryv1.IssuePassportRequest{
		Authority: "authorities/" + authority,
		Bearer:    &directoryv1.IssuePassportRequest_Service{Service: &directoryv1.ServiceCause{Cause: cause, CausedBy: causedBy}},
	})
	if err != nil {
		return ctx, err
	}
	p, err := r.verifier.Verify(ctx, answer.GetPassport())
	if err != nil {
		return ctx, err
	}
	return passport.With(ctx, p, answer.GetPassport()), nil
}

func (r *Running) fetchKeys(ctx context.Context) (string, error) {
	conn, ok := r.conns["directory"]
	if !ok {
		return "", errors.New("this service takes no passports")
	}
	answer, err := directoryv1.NewDirectoryServiceClient(conn).GetPassportKeys(ctx, &directoryv1.GetPassportKeysRequest{})
	return answer.GetJwks(), err
}

func (r *Running) ring(ctx context.Context) { r.bell.Ring(passport.Authority(ctx), r.service.Name) }

func (r *Running) wake() {
	select {
	case r.retry <- struct{}{}:
	default:
	}
}

// Stop lets the calls at work finish, for a few seconds, and ends everything.
func (r *Running) Stop() {
	if r.health != nil {
		r.health.Shutdown()
	}
	if r.server != nil {
		force := time.AfterFunc(4*time.Second, r.server.Stop)
		r.server.GracefulStop()
		force.Stop()
	}
	r.end()
	r.work.Wait()
	for _, c := range r.conns {
		_ = c.Close()
	}
	if r.db != nil {
		r.db.Close()
	}
}
