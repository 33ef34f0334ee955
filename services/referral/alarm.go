package referral

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/passport"
)

const (
	// alarmEvery is how often immediate danger is called out until a person acknowledges it.
	alarmEvery = 15 * time.Minute
	// alarmSoon is how long a round that could not be made waits.
	alarmSoon = time.Minute
)

// dangerAlarm calls immediate danger out until a person acknowledges it.
type dangerAlarm struct {
	Contact string `json:"contact"`
}

// Kind names the job.
func (dangerAlarm) Kind() string { return "danger_alarm" }

type dangerWorker struct {
	river.WorkerDefaults[dangerAlarm]
	service *Service
}

// Work makes one round. It never gives up by itself: a round that fails is made again in a minute.
func (w *dangerWorker) Work(ctx context.Context, job *river.Job[dangerAlarm]) error {
	id, err := uuid.Parse(job.Args.Contact)
	if err != nil {
		return river.JobCancel(err)
	}
	again, err := w.service.soundAlarm(ctx, id)
	if err != nil {
		w.service.log.WarnContext(ctx, "a round of the alarm could not be made", "contact", id.String())
		return river.JobSnooze(alarmSoon)
	}
	if again {
		return river.JobSnooze(alarmEvery)
	}
	return nil
}

// soundAlarm makes one round of the alarm for a contact: at the desk always, and outside the authority's hours to the
// out-of-hours contact. It says whether another round is due.
func (s *Service) soundAlarm(ctx context.Context, id uuid.UUID) (again bool, err error) {
	authority := passport.Authority(ctx)
	var c *contact
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		c, err = contactOf(ctx, tx, id, false)
		return err
	})
	if err != nil {
		return false, err
	}
	if !c.dangerOpen() {
		return false, nil
	}
	obs.Alarm(ctx, s.log, "danger_unacknowledged", "authority", authority, "contact", id.String())
	tries := []attempt{{channel: "DESK", delivered: true}}
	// The desk's alarm stands whether or not the directory answers.
	acting, err := s.act(ctx, authority, "danger_alarm", "")
	if err != nil {
		return false, err
	}
	office, err := s.authorities.askAgain(acting, authority)
	if err != nil {
		return false, err
	}
	if !office.hours.Within(s.now()) {
		tries = append(tries, s.tell(acting, office.outOfHours, inDangerWord(c.Receipt), s.now())...)
	}
	return true, s.inTx(acting, func(tx pgx.Tx) error { return s.keepAttempts(acting, tx, id, tries) })
}

// attempt is one try to make somebody look.
type attempt struct {
	channel   string
	delivered bool
	failure   string
}

// keepAttempts writes every attempt down. Where nobody could be reached a person has to know.
func (s *Service) keepAttempts(ctx context.Context, tx pgx.Tx, id uuid.UUID, tries []attempt) error {
	l, err := s.open(ctx, tx, passport.Authority(ctx), id, true)
	if err != nil {
		return err
	}
	outside, reached := false, false
	for _, t := range tries {
		_, err := tx.Exec(ctx, `INSERT INTO alarm (id, contact, at, channel, delivered, failure) VALUES ($1, $2, $3, $4, $5, $6)`,
			uuid.Must(uuid.NewV7()), id, l.now, t.channel, t.delivered, t.failure)
		if err != nil {
			return err
		}
		if t.channel == "DESK" {
			continue
		}
		outside, reached = true, reached || t.delivered
		if !t.delivered {
			obs.Alarm(ctx, s.log, "danger_not_delivered", "authority", l.authority, "contact", id.String(), "channel", t.channel)
		}
	}
	if outside && l.contact.DeliveryFailed == reached {
		l.contact.DeliveryFailed = !reached
		if err := saveContact(ctx, tx, l.contact, l.children, l.now); err != nil {
			return err
		}
	}
	return audit.Write(ctx, tx, l.now, "call immediate danger out", "contacts/"+id.String())
}
