package familyfacing

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"google.golang.org/grpc"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/draft"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/once"
	"github.com/kithcare/kith/pkg/reach"
	"github.com/kithcare/kith/services/familyfacing/family"
	"github.com/kithcare/kith/services/familyfacing/guard"
	"github.com/kithcare/kith/services/familyfacing/match"
)

//go:embed migrations/*.sql
var files embed.FS

// stopWithin is how long jobs at work may take to end.
const stopWithin = 5 * time.Second

// keyAgain is how long after a failure people are given their keys.
const keyAgain = time.Minute

// Schema is the service's tables, of all its rooms.
func Schema() pg.Schema {
	return pg.Schema{Service: "familyfacing", Jobs: true, Sets: []pg.Set{
		once.Migrations(), audit.Migrations(), eventlog.Migrations(), draft.Migrations(), pg.Folder("familyfacing", files, "migrations"),
	}}
}

// Deps is what the service needs.
type Deps struct {
	DB        *pg.DB
	Directory directoryv1.DirectoryServiceClient
	Referral  referralv1.ReferralServiceClient
	// Act gives a context with the service's own passport for work that a timer starts.
	Act func(ctx context.Context, authority, cause, causedBy string) (context.Context, error)
	// Mail reaches the Caldicott guardians.
	Mail reach.Mailer
	Now  func() time.Time
	Log  *slog.Logger
}

// Service is the service with its rooms.
type Service struct {
	family *family.Service
	match  *match.Service
	guard  *guard.Service
	jobs   *pg.Jobs
	log    *slog.Logger
}

// New assembles the rooms.
func New(d Deps) (*Service, error) {
	alarms := &family.Alarms{DB: d.DB, Now: d.Now, Log: d.Log}
	messenger := &guard.Messenger{DB: d.DB, Directory: d.Directory, Act: d.Act, Now: d.Now, Log: d.Log}
	if d.Mail.Can() {
		messenger.Send = d.Mail.Send
	}
	add := func(workers *river.Workers) {
		alarms.Add(workers)
		messenger.Add(workers)
	}
	jobs, err := pg.NewJobs(pg.JobsConfig{DB: d.DB, Schema: Schema().Service, Add: add, Log: d.Log})
	if err != nil {
		return nil, err
	}
	return &Service{
		family: family.New(family.Deps{DB: d.DB, Directory: d.Directory, Referral: d.Referral, Jobs: jobs, Now: d.Now}),
		match:  match.New(match.Deps{DB: d.DB, Now: d.Now}),
		guard:  guard.New(guard.Deps{DB: d.DB, Directory: d.Directory, Jobs: jobs, Now: d.Now}),
		jobs:   jobs,
		log:    d.Log,
	}, nil
}

// Register serves the rooms' gRPC services.
func (s *Service) Register(r grpc.ServiceRegistrar) {
	s.family.Register(r)
	s.match.Register(r)
	s.guard.Register(r)
}

// Handlers are the neighbours' events that the rooms take in, by log and type.
func (s *Service) Handlers() map[string]map[string]eventlog.Handler { return s.family.Handlers() }

// Run raises alarms, tells guardians and gives those keys who have none yet, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if err := s.jobs.Start(ctx); err != nil {
		return err
	}
	s.keyPeople(ctx)
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := s.jobs.Stop(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// keyPeople makes everybody findable by the present rules. Until it succeeds some people are not found; so it is said, and
// tried again.
func (s *Service) keyPeople(ctx context.Context) {
	for {
		err := s.family.KeyPeople(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		s.log.WarnContext(ctx, "people without keys can't be found yet", "reason", fault.From(err).Reason)
		select {
		case <-ctx.Done():
		case <-time.After(keyAgain):
		}
	}
}
