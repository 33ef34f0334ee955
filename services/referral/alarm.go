package referral

import (
	"context"

	"github.com/riverqueue/river"
)

type dangerAlarm struct {
	Contact string `json:"contact"`
}

func (dangerAlarm) Kind() string { return "danger_alarm" }

type dangerWorker struct {
	river.WorkerDefaults[dangerAlarm]
	service *Service
}

func (w *dangerWorker) Work(ctx context.Context, job *river.Job[dangerAlarm]) error { return nil }

type patchLookup struct {
	Contact string `json:"contact"`
}

func (patchLookup) Kind() string { return "patch_lookup" }

type patchWorker struct {
	river.WorkerDefaults[patchLookup]
	service *Service
}

func (w *patchWorker) Work(ctx context.Context, job *river.Job[patchLookup]) error { return nil }
