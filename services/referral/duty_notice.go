package referral

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/passport"
)

// dutyAgain is how long a notice that reached nobody waits.
const dutyAgain = time.Minute

// dutyNotice tells the out-of-hours contact that contacts were handed over.
type dutyNotice struct {
	Handover string `json:"handover"`
}

// Kind names the job.
func (dutyNotice) Kind() string { return "duty_notice" }

type dutyWorker struct {
	river.WorkerDefaults[dutyNotice]
	service *Service
}

// Work tries every minute until somebody is reached, the contacts are taken back, or a day is over.
func (w *dutyWorker) Work(ctx context.Context, job *river.Job[dutyNotice]) error {
	id, err := uuid.Parse(job.Args.Handover)
	if err != nil {
		return river.JobCancel(err)
	}
	again, err := w.service.tellDuty(ctx, id)
	if err != nil {
		w.service.log.WarnContext(ctx, "a hand-over could not be told", "handover", id.String())
		return river.JobSnooze(dutyAgain)
	}
	if again {
		obs.Alarm(ctx, w.service.log, "duty_not_told", "authority", passport.Authority(ctx), "handover", id.String())
		return river.JobSnooze(dutyAgain)
	}
	return nil
}
