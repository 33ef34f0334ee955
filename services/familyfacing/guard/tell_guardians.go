package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/calendar"
	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
)

const (
	// toldWithin is how long the guardians may take to be told, before a person has to know that they are not.
	toldWithin = time.Minute
	// tellSoon and tellAgain are how long a round that reached nobody waits, in that minute and after it; tellRest one that
	// did not reach everybody.
	tellSoon  = 10 * time.Second
	tellAgain = time.Minute
	tellRest  = 15 * time.Minute
	// notTold is the alarm about a use of break-glass that no guardian has heard of.
	notTold = "glass_guardian_not_told"
)

// tellArgs is that the guardians have to hear of a use of break-glass.
type tellArgs struct {
	Glass uuid.UUID `json:"glass"`
}

// Kind names the job.
func (tellArgs) Kind() string { return "glass_tell" }

// Messenger tells the guardians. Add registers it with the service's jobs.
type Messenger struct {
	river.WorkerDefaults[tellArgs]
	DB        *pg.DB
	Directory directoryv1.DirectoryServiceClient
	// Act gives a context with the service's own passport.
	Act func(ctx context.Context, authority, cause, causedBy string) (context.Context, error)
	// Send sends plain words to one e-mail address; nil where there is no mail server.
	Send func(ctx context.Context, to, subject, body string, at time.Time) error
	Now  func() time.Time
	Log  *slog.Logger
}

// Add registers the worker.
func (m *Messenger) Add(workers *river.Workers) { river.AddWorker(workers, m) }

// Work makes one round. It never gives up by itself: whoever was not reached is tried again, until every guardian was told
// or one has reviewed the use. From a minute on, each round in which nobody has been told yet is an alarm.
func (m *Messenger) Work(ctx context.Context, job *river.Job[tellArgs]) error {
	g, err := m.read(ctx, job.Args.Glass)
	if errors.Is(err, pgx.ErrNoRows) {
		return river.JobCancel(err)
	}
	if err != nil {
		return river.JobSnooze(tellSoon)
	}
	if g.reviewedAt != nil {
		return nil
	}
	all, reached, err := m.round(ctx, g)
	if err != nil {
		m.Log.WarnContext(ctx, "a round of telling the guardians could not be made", "glass", g.id.String())
	}
	if err == nil && all {
		return nil
	}
	switch {
	case m.Now().Sub(g.at) < toldWithin:
		return river.JobSnooze(tellSoon)
	case g.toldAt != nil || reached:
		return river.JobSnooze(tellRest)
	}
	obs.Alarm(ctx, m.Log, notTold, "authority", passport.Authority(ctx), "glass", g.id.String())
	return river.JobSnooze(tellAgain)
}

func (m *Messenger) read(ctx context.Context, id uuid.UUID) (glass, error) {
	pool, err := m.DB.Pool(ctx)
	if err != nil {
		return glass{}, err
	}
	rows, err := pool.Query(ctx, `SELECT `+glassColumns+` FROM glass WHERE id = $1`, id)
	if err != nil {
		return glass{}, fmt.Errorf("read a use of break-glass: %w", err)
	}
	return pgx.CollectExactlyOneRow(rows, scanGlass)
}

// round writes to every guardian who was not told yet. It says whether all have been told now, and whether any was.
func (m *Messenger) round(ctx context.Context, g glass) (all, reached bool, err error) {
	acting, err := m.Act(ctx, passport.Authority(ctx), "glass_tell", "person/"+g.person.String())
	if err != nil {
		return false, false, err
	}
	answer, err := m.Directory.ListGuardians(acting, &directoryv1.ListGuardiansRequest{Parent: "authorities/" + passport.Authority(ctx)})
	if err != nil {
		return false, false, err
	}
	before, err := m.told(ctx, g.id)
	if err != nil {
		return false, false, err
	}
	all = len(answer.GetGuardians()) > 0
	for _, to := range answer.GetGuardians() {
		if before[to.GetPerson()] {
			continue
		}
		if m.Send == nil || to.GetEmail() == "" {
			all = false
			continue
		}
		subject, body := letter(g)
		if err := m.Send(ctx, to.GetEmail(), subject, body, m.Now()); err != nil {
			m.Log.WarnContext(ctx, "a guardian could not be told", "glass", g.id.String(), "error", err)
			all = false
			continue
		}
		reached = true
		if err := m.keep(acting, g, to.GetPerson()); err != nil {
			return false, reached, err
		}
	}
	return all, reached, nil
}

// letter is all that leaves the house: that it happened, and when. Nobody's name.
func letter(g glass) (subject, body string) {
	at := g.at.In(calendar.London()).Format("15:04 on Monday 2 January 2006")
	until := g.until.In(calendar.London()).Format("15:04")
	return "A record was opened against the rule", "At " + at + " somebody opened a record by break-glass, until " + until + ".\n" +
		"Sign in to see who and why, and write your finding.\n\nReference: " + g.id.String() + "\n"
}

// told is which guardians have heard of the use.
func (m *Messenger) told(ctx context.Context, id uuid.UUID) (map[string]bool, error) {
	pool, err := m.DB.Pool(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := pool.Query(ctx, `SELECT guardian FROM glass_told WHERE glass = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("read who was told: %w", err)
	}
	guardians, err := pgx.CollectRows(rows, pgx.RowTo[string])
	told := map[string]bool{}
	for _, one := range guardians {
		told[one] = true
	}
	return told, err
}

// keep writes down that a guardian was told, and when the first one was.
func (m *Messenger) keep(ctx context.Context, g glass, guardian string) error {
	now := m.Now().UTC().Truncate(time.Microsecond)
	person, err := idIn(guardian)
	if err != nil {
		return err
	}
	return m.DB.Tx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO glass_told (glass, guardian, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, g.id, guardian, now); err != nil {
			return fmt.Errorf("keep who was told: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE glass SET guardian_told_at = $2 WHERE id = $1 AND guardian_told_at IS NULL`, g.id, now); err != nil {
			return fmt.Errorf("keep who was told: %w", err)
		}
		return audit.Write(ctx, tx, now, "tell a guardian of break-glass", append(g.subjects(), "people/"+person.String())...)
	})
}
