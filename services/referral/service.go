package referral

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"google.golang.org/grpc"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/draft"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/once"
	"github.com/kithcare/kith/pkg/reach"
)

//go:embed migrations/*.sql
var files embed.FS

// Deps are what the service stands on.
type Deps struct {
	DB        *pg.DB
	Directory directoryv1.DirectoryServiceClient
	Match     familyfacingv1.MatchServiceClient
	// Act gives a context with the service's own passport for work that an event or timer starts.
	Act func(ctx context.Context, authority, cause, causedBy string) (context.Context, error)
	// Ring announces new events of the authority in ctx after a job's own commit.
	Ring func(ctx context.Context)
	Now  func() time.Time
	Log  *slog.Logger
	// Reach is how referrers and the out-of-hours contact are told.
	Reach reach.Means
}

// Service is kith.referral.v1.
type Service struct {
	referralv1.UnimplementedReferralServiceServer
	db          *pg.DB
	match       familyfacingv1.MatchServiceClient
	directory   directoryv1.DirectoryServiceClient
	patches     *patches
	authorities *authorities
	act         func(ctx context.Context, authority, cause, causedBy string) (context.Context, error)
	ring        func(ctx context.Context)
	now         func() time.Time
	log         *slog.Logger
	reach       reach.Means
	jobs        *pg.Jobs
	// gate keeps one partner from holding up the others' call-backs.
	gate *gate
}

// Schema is the service's tables.
func Schema() pg.Schema {
	return pg.Schema{
		Service: "referral", Jobs: true,
		Sets: []pg.Set{once.Migrations(), audit.Migrations(), eventlog.Migrations(), draft.Migrations(), pg.Folder("referral", files, "migrations")},
	}
}

// New prepares the service. It fails where a dependency is missing.
func New(d Deps) (*Service, error) {
	if d.DB == nil || d.Directory == nil || d.Match == nil || d.Act == nil || d.Ring == nil || d.Now == nil || d.Log == nil {
		return nil, errors.New("the referral service needs its database, its neighbours, a passport, a bell, a clock and a log")
	}
	s := &Service{
		db: d.DB, match: d.Match, directory: d.Directory, act: d.Act, ring: d.Ring, log: d.Log, reach: d.Reach, gate: newGate(),
		// PostgreSQL keeps microseconds: what is answered is what is kept.
		now: func() time.Time { return d.Now().UTC().Truncate(time.Microsecond) },
	}
	var err error
	if s.patches, err = newPatches(d.Directory, s.now); err != nil {
		return nil, err
	}
	if s.authorities, err = newAuthorities(d.Directory, s.now); err != nil {
		return nil, err
	}
	s.jobs, err = pg.NewJobs(pg.JobsConfig{DB: d.DB, Schema: "referral", Log: d.Log, Queues: map[string]int{callBackQueue: callBackWorkers}, Add: func(w *river.Workers) {
		river.AddWorker(w, &dangerWorker{service: s})
		river.AddWorker(w, &patchWorker{service: s})
		river.AddWorker(w, &callBackWorker{service: s})
		river.AddWorker(w, &dutyWorker{service: s})
	}})
	if err != nil {
		return nil, fmt.Errorf("referral: %w", err)
	}
	return s, nil
}

// Register serves kith.referral.v1.
func (s *Service) Register(r grpc.ServiceRegistrar) { referralv1.RegisterReferralServiceServer(r, s) }

// Handlers are what is taken in of neighbours' logs.
func (s *Service) Handlers() map[string]map[string]eventlog.Handler {
	return map[string]map[string]eventlog.Handler{"familyfacing": {
		"family_opened":    s.onFamilyOpened,
		"child_added":      s.onFamilyOpened,
		"family_allocated": s.onFamilyAllocated,
		"child_known_open": s.onChildKnownOpen,
		"child_left":       s.onChildLeft,
	}}
}

// Run does the timed work, the alarms above all, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	// Jobs at work are waited for, so they don't end with ctx.
	if err := s.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("referral: %w", err)
	}
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return s.jobs.Stop(end)
}

// inTx runs a read with its audit row in one transaction.
func (s *Service) inTx(ctx context.Context, work func(tx pgx.Tx) error) error {
	return s.db.Tx(ctx, work)
}
