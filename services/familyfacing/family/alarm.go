package family

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
)

// AlarmAgain is how long after an alarm about an urgent family the next one follows, until a member of its team takes
// note.
const AlarmAgain = 15 * time.Minute

// The alarms of this room.
const (
	// strategyDiscussion is about a strategy discussion now that nobody of the team has taken note of.
	strategyDiscussion = "family_urgent"
	// knownOpen is about a contact that concerns a child of the team's.
	knownOpen = "child_known_open"
	// chosenNotOpen is about a child for whom a screener chose a family that is not open; a new one was opened.
	chosenNotOpen = "chosen_family_not_open"
)

// alarmArgs is an alarm to be raised after the change that calls for it has committed.
type alarmArgs struct {
	Name    string     `json:"name"`
	Family  uuid.UUID  `json:"family"`
	Contact *uuid.UUID `json:"contact,omitempty"`
	// Since is when the family became urgent: a later urgency has an alarm of its own.
	Since time.Time `json:"since,omitzero"`
}

// Kind names the job.
func (alarmArgs) Kind() string { return "family_alarm" }

// urgentAlarm is the alarm about an urgent family, at once and again until a member acknowledges it.
func urgentAlarm(f *family) alarmArgs {
	return alarmArgs{Name: strategyDiscussion, Family: f.ID, Contact: f.Contact, Since: *f.UrgentSince}
}

// alarm puts an alarm into the change's transaction.
func (s *Service) alarm(ctx context.Context, tx pgx.Tx, a alarmArgs) error {
	return s.jobs.Insert(ctx, tx, a, nil)
}

// Alarms raises the alarms of this room. Add registers it with the service's jobs.
type Alarms struct {
	river.WorkerDefaults[alarmArgs]
	DB  *pg.DB
	Now func() time.Time
	Log *slog.Logger
}

// Add registers the worker.
func (a *Alarms) Add(workers *river.Workers) { river.AddWorker(workers, a) }

// Work raises one alarm. It is kept before it is raised: one that was cut off in between is raised again.
func (a *Alarms) Work(ctx context.Context, job *river.Job[alarmArgs]) error {
	args, team, due := job.Args, "", false
	err := a.DB.Tx(ctx, func(tx pgx.Tx) error {
		f, err := read(ctx, tx, args.Family)
		if err != nil {
			return err
		}
		team, due = f.Team, args.due(f)
		if !due {
			return nil
		}
		_, err = tx.Exec(ctx, `INSERT INTO alarm (name, family, contact, at) VALUES ($1, $2, $3, $4)`, args.Name, args.Family, args.Contact, a.Now())
		if err != nil {
			return fmt.Errorf("keep the alarm: %w", err)
		}
		return nil
	})
	if missing := (*fault.Fault)(nil); errors.As(err, &missing) && missing.Reason == "NOT_FOUND" {
		return river.JobCancel(err)
	}
	if err != nil || !due {
		return err
	}
	obs.Alarm(ctx, a.Log, args.Name, "authority", passport.Authority(ctx), "team", team, "family", args.Family.String())
	if args.Name == strategyDiscussion {
		return river.JobSnooze(AlarmAgain)
	}
	return nil
}

// due says whether the alarm is still called for.
func (a alarmArgs) due(f *family) bool {
	return a.Name != strategyDiscussion || f.alarming() && f.UrgentSince.Equal(a.Since)
}
