package referral

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/reach"
)

const (
	// callBackQueue keeps slow addresses of partners away from the alarms' queue.
	callBackQueue = "call_back"
	// callBackWorkers is how many are sent at once.
	callBackWorkers = 12
	// callBackSoon is how long one waits that could not even be tried.
	callBackSoon = 10 * time.Second
	// lateAfter is when the desk sees one that could not be tried.
	lateAfter = time.Minute
)

// callBackGap is how long after the failed attempt of that number, from 1, the next is made: eleven within a day. It is
// not ok when that was the last.
func callBackGap(tries int32) (gap time.Duration, ok bool) {
	gaps := []time.Duration{
		10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour,
	}
	if tries < 1 || int(tries) > len(gaps) {
		return 0, false
	}
	return gaps[tries-1], true
}

// callBackJob delivers one call-back in one round. There is one for each round; the call-back's own row says whether
// anything is due, so that a job that runs twice, after a kill, does nothing twice.
type callBackJob struct {
	CallBack string `json:"callBack"`
	Round    int32  `json:"round"`
}

// Kind names the job.
func (callBackJob) Kind() string { return "call_back" }

// InsertOpts gives it its queue.
func (callBackJob) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: callBackQueue} }

type callBackWorker struct {
	river.WorkerDefaults[callBackJob]
	service *Service
}

// Work makes the attempt that is due, and sleeps until the next.
func (w *callBackWorker) Work(ctx context.Context, job *river.Job[callBackJob]) error {
	id, err := uuid.Parse(job.Args.CallBack)
	if err != nil {
		return river.JobCancel(err)
	}
	again, err := w.service.deliver(ctx, id, job.Args.Round)
	if err != nil {
		w.service.log.WarnContext(ctx, "a call-back could not be tried", "callBack", id.String())
		return river.JobSnooze(callBackSoon)
	}
	if again > 0 {
		return river.JobSnooze(again)
	}
	return nil
}

// deliver makes the attempt that is due, and says after how long to come again; 0 for never. An error is no attempt: a
// neighbour or the database did not answer.
func (s *Service) deliver(ctx context.Context, id uuid.UUID, round int32) (again time.Duration, err error) {
	authority := passport.Authority(ctx)
	acting, err := s.act(ctx, authority, "call_back", "")
	if err != nil {
		return 0, errors.Join(err, s.late(ctx, id))
	}
	var b *callBack
	to := addressee{}
	err = s.inTx(acting, func(tx pgx.Tx) error {
		if b, err = callBackOf(acting, tx, id); err != nil {
			return err
		}
		to, err = s.addresseeOf(acting, tx, b)
		return err
	})
	switch {
	case err != nil && fault.From(err).Code == codes.NotFound:
		// It was forgotten: there was nobody to tell.
		return 0, nil
	case err != nil:
		return 0, err
	case b.closed() || b.Round != round:
		return 0, nil
	case b.NextAt != nil && b.NextAt.After(s.now()):
		return b.NextAt.Sub(s.now()), nil
	}
	if b.Partner != "" {
		if err := s.registered(acting, authority, b.Partner, &to); err != nil {
			return 0, errors.Join(err, s.late(ctx, id))
		}
	}
	if !s.reach.Mailer().Can() {
		// Nobody asked for e-mail. A registered address without a secret to sign with is another matter: it fails.
		to.email = ""
	}
	if to.nobody() && b.Attempts == 0 {
		return 0, s.forget(acting, id)
	}
	if !s.gate.enter(authority + "/" + b.Partner) {
		return gateWait, nil
	}
	defer s.gate.leave(authority + "/" + b.Partner)
	channel, failed := s.send(acting, b, to)
	return s.keepAttempt(acting, b, round, channel, failed)
}

// addressee is where a referrer hears, and what may be said there.
type addressee struct {
	callBack, email string
	source          string
}

func (a addressee) nobody() bool { return a.callBack == "" && a.email == "" }

// addresseeOf reads the kind of source, and an individual's e-mail address.
func (s *Service) addresseeOf(ctx context.Context, tx pgx.Tx, b *callBack) (to addressee, err error) {
	if err = tx.QueryRow(ctx, `SELECT source_code FROM contact WHERE id = $1`, b.Contact).Scan(&to.source); err != nil || b.Partner != "" {
		return to, err
	}
	to.email, err = emailOf(ctx, tx, b.Contact)
	return to, err
}

// registered asks for the partner's address at each attempt, so that one that was taken out is never called again.
func (s *Service) registered(ctx context.Context, authority, partner string, to *addressee) error {
	short, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	answer, err := s.directory.GetPartnerReach(short, &directoryv1.GetPartnerReachRequest{Name: inAuthority(authority, "partners/"+partner)})
	// Only the directory's own word counts: one that is too old to be asked knows nothing of it.
	if status.Code(err) == codes.NotFound {
		return nil
	}
	to.callBack, to.email = answer.GetCallBack(), answer.GetEmail()
	return err
}

// send makes one attempt by the channel there is: a registered address goes before an e-mail.
func (s *Service) send(ctx context.Context, b *callBack, to addressee) (channel string, failed error) {
	authority, mailer := passport.Authority(ctx), s.reach.Mailer()
	switch {
	case to.callBack != "" && s.reach.CallBackSecret != "":
		secret, err := partnerSecret(s.reach.CallBackSecret, authority, b.Partner)
		if err != nil {
			return channelCallBack, err
		}
		return channelCallBack, s.reach.Hook().Send(ctx, reach.Message{
			URL: to.callBack, Secret: secret, ID: messageID(b.ID), At: s.now(), Body: b.payload(authority),
		})
	case to.email != "":
		subject, body := b.letter(to.source, s.office(ctx, authority).contactPhone)
		return channelEmail, mailer.Send(ctx, to.email, subject, body, s.now())
	case to.callBack != "":
		return channelCallBack, errNoSecret
	default:
		return b.Channel, errors.New("no address is registered for it any more")
	}
}

// keepAttempt writes the attempt down, and when the next is due.
func (s *Service) keepAttempt(ctx context.Context, sent *callBack, round int32, channel string, failed error) (again time.Duration, err error) {
	gaveUp, now := false, s.now()
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		b, err := callBackOf(ctx, tx, sent.ID)
		if err != nil {
			return err
		}
		b.tried(round, channel, failed, now)
		again, gaveUp = 0, b.GaveUpAt != nil
		if b.NextAt != nil && b.Round == round {
			again = b.NextAt.Sub(now)
		}
		_, err = tx.Exec(ctx, `INSERT INTO call_back_attempt (id, call_back, at, channel, delivered, failure) VALUES ($1, $2, $3, $4, $5, $6)`,
			uuid.Must(uuid.NewV7()), b.ID, now, channel, failed == nil, failureOf(failed))
		if err != nil {
			return err
		}
		if err := saveCallBack(ctx, tx, b); err != nil {
			return err
		}
		return audit.Write(ctx, tx, now, "tell the referrer that something changed", "contacts/"+b.Contact.String(), "callBacks/"+b.ID.String())
	})
	if err == nil && gaveUp {
		obs.Alarm(ctx, s.log, "call_back_given_up", "authority", passport.Authority(ctx), "callBack", sent.ID.String())
	}
	return again, err
}

// tried brings a call-back up to date after an attempt. A person may have settled it, or had it tried again, meanwhile.
func (b *callBack) tried(round int32, channel string, failed error, now time.Time) {
	b.Attempts++
	b.Channel = channel
	if failed == nil {
		b.DeliveredAt, b.NextAt, b.GaveUpAt, b.Failure = &now, nil, nil, ""
		return
	}
	if b.closed() {
		return
	}
	b.Failure = failed.Error()
	if b.Round != round {
		return
	}
	b.Tries++
	gap, more := callBackGap(b.Tries)
	if !more || errors.Is(failed, reach.ErrAddress) {
		b.NextAt, b.GaveUpAt = nil, &now
		return
	}
	next := now.Add(gap)
	b.NextAt = &next
}

func failureOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// late lets the desk see a call-back that could not even be tried for a minute.
func (s *Service) late(ctx context.Context, id uuid.UUID) error {
	pool, err := s.db.Pool(ctx)
	if err != nil {
		return err
	}
	_, err = pool.Exec(ctx, `UPDATE call_back SET failure = 'the directory does not answer' WHERE id = $1 AND failure = '' AND delivered_at IS NULL
		AND due_at < $2`, id, s.now().Add(-lateAfter))
	return err
}

// forget drops a call-back for which nothing is registered: nobody asked to be told.
func (s *Service) forget(ctx context.Context, id uuid.UUID) error {
	pool, err := s.db.Pool(ctx)
	if err != nil {
		return err
	}
	_, err = pool.Exec(ctx, `DELETE FROM call_back WHERE id = $1 AND attempts = 0`, id)
	return err
}
