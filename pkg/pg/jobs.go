package pg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/kithcare/kith/pkg/passport"
)

// Jobs are a service's timers and work for later, in its own schema, one queue per authority. They poll, since nothing
// here may depend on a session.
type Jobs struct {
	clients map[string]*river.Client[pgx.Tx]
}

// JobsConfig says what runs the jobs.
type JobsConfig struct {
	DB *DB
	// Schema is the service's own.
	Schema string
	// Queues are more queues, each with how many of its jobs run at once: what may be slow does not hold up the rest.
	Queues map[string]int
	// Add registers the workers; each runs in a context that names its authority.
	Add func(*river.Workers)
	Log *slog.Logger
}

// NewJobs prepares the queues. Jobs can be inserted at once; they run after Start.
func NewJobs(cfg JobsConfig) (*Jobs, error) {
	j := &Jobs{clients: map[string]*river.Client[pgx.Tx]{}}
	for authority, pool := range cfg.DB.pools {
		workers := river.NewWorkers()
		cfg.Add(workers)
		queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}}
		for name, most := range cfg.Queues {
			queues[name] = river.QueueConfig{MaxWorkers: most}
		}
		client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
			Schema: cfg.Schema, PollOnly: true, FetchPollInterval: time.Second, FetchCooldown: 100 * time.Millisecond,
			// A job whose process was killed goes on elsewhere after this; alarms must not wait an hour.
			// The service's login does not own its tables, so it can't rebuild their indexes.
			ReindexerSchedule: river.NeverSchedule(),
			JobTimeout:        time.Minute, RescueStuckJobsAfter: 2 * time.Minute,
			Queues:  queues,
			Workers: workers, Logger: slog.New(quiet{cfg.Log.Handler()}),
			Middleware: []rivertype.Middleware{inAuthority(authority)},
		})
		if err != nil {
			return nil, fmt.Errorf("jobs of %s: %w", authority, err)
		}
		j.clients[authority] = client
	}
	return j, nil
}

// Start runs the jobs until ctx ends; Stop waits for those at work.
func (j *Jobs) Start(ctx context.Context) error {
	for authority, client := range j.clients {
		if err := client.Start(ctx); err != nil {
			return fmt.Errorf("start jobs of %s: %w", authority, err)
		}
	}
	return nil
}

// Stop waits for the jobs at work.
func (j *Jobs) Stop(ctx context.Context) error {
	for authority, client := range j.clients {
		if err := client.Stop(ctx); err != nil {
			return fmt.Errorf("stop jobs of %s: %w", authority, err)
		}
	}
	return nil
}

// Insert puts a job into the change's transaction.
func (j *Jobs) Insert(ctx context.Context, tx pgx.Tx, args river.JobArgs, opts *river.InsertOpts) error {
	client, ok := j.clients[passport.Authority(ctx)]
	if !ok {
		return errors.New("no jobs for this authority")
	}
	if _, err := client.InsertTx(ctx, tx, args, opts); err != nil {
		return fmt.Errorf("put %s aside: %w", args.Kind(), err)
	}
	return nil
}

// inAuthority names the authority in a job's context.
func inAuthority(authority string) rivertype.Middleware {
	return river.WorkerMiddlewareFunc(func(ctx context.Context, _ *rivertype.JobRow, work func(context.Context) error) error {
		return work(passport.WithAuthority(ctx, authority))
	})
}

// quiet keeps river's own notes out of the log, but for its warnings.
type quiet struct{ slog.Handler }

// Enabled lets warnings pass.
func (quiet) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// migrateJobs brings river's own tables up to date in the schema.
func migrateJobs(ctx context.Context, ownerURL, schema string) (int, error) {
	pool, err := pgxpool.New(ctx, ownerURL)
	if err != nil {
		return 0, errors.New("the database's URL can't be read")
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema})
	if err != nil {
		return 0, fmt.Errorf("job tables: %w", err)
	}
	result, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return 0, fmt.Errorf("job tables: %w", err)
	}
	return len(result.Versions), nil
}
