package familyfacing

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/once"
	"github.com/kithcare/kith/services/familyfacing/family"
)

//go:embed migrations/*.sql
var files embed.FS

// stopWithin is how long jobs at work may take to end.
const stopWithin = 5 * time.Second

// Schema is the service's tables, of all its rooms.
func Schema() pg.Schema {
	return pg.Schema{Service: "familyfacing", Jobs: true, Sets: []pg.Set{
		once.Migrations(), audit.Migrations(), eventlog.Migrations(), pg.Folder("familyfacing", files, "migrations"),
	}}
}

// Deps is what the service needs.
type Deps struct {
	DB        *pg.DB
	Directory directoryv1.DirectoryServiceClient
	Referral  referralv1.ReferralServiceClient
	Now       func() time.Time
	Log       *slog.Logger
}

// Service is the service with its rooms.
type Service struct {
	family *family.Service
	jobs   *pg.Jobs
}

// New assembles the rooms.
func New(d Deps) (*Service, error) {
	alarms := &family.Alarms{DB: d.DB, Now: d.Now, Log: d.Log}
	jobs, err := pg.NewJobs(pg.JobsConfig{DB: d.DB, Schema: Schema().Service, Add: alarms.Add, Log: d.Log})
	if err != nil {
		return nil, err
	}
	return &Service{
		family: family.New(family.Deps{DB: d.DB, Directory: d.Directory, Referral: d.Referral, Jobs: jobs, Now: d.Now}),
		jobs:   jobs,
	}, nil
}

// Register serves the rooms' gRPC services.
func (s *Service) Register(r grpc.ServiceRegistrar) { s.family.Register(r) }

// Handlers are the neighbours' events that the rooms take in, by log and type.
func (s *Service) Handlers() map[string]map[string]eventlog.Handler { return s.family.Handlers() }

// Run raises alarms until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if err := s.jobs.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := s.jobs.Stop(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
