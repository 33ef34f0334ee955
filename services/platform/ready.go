package platform

import (
	"context"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/passport"
)

// compare is how often the clock is compared.
const compare = 2 * time.Second

// watch keeps the health status true: serving only while the clock can be trusted.
func (r *Running) watch(ctx context.Context) {
	tick := time.NewTicker(compare)
	defer tick.Stop()
	for {
		ready, why := r.look(ctx)
		if ctx.Err() != nil {
			return
		}
		status := healthv1.HealthCheckResponse_SERVING
		if !ready {
			status = healthv1.HealthCheckResponse_NOT_SERVING
			r.options.Log.WarnContext(ctx, "not ready", "why", why)
		}
		r.health.SetServingStatus("", status)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *Running) look(ctx context.Context) (bool, string) {
	if r.clock == nil {
		return true, ""
	}
	short, cancel := context.WithTimeout(ctx, compare)
	defer cancel()
	r.silent.Store(r.clock.Compare(short) != nil)
	return r.Ready()
}

// Ready says whether the service may be given work, and if not, why.
func (r *Running) Ready() (bool, string) {
	if r.clock == nil {
		return true, ""
	}
	if r.silent.Load() {
		return false, "PostgreSQL does not answer"
	}
	if r.timeless.Load() {
		return false, "its timers do not run"
	}
	return r.clock.Trusted()
}

// keepTime runs the service's timers until ctx ends. Alarms hang on them: while they do not run the service is not
// ready, and they are started again and again.
func (r *Running) keepTime(ctx context.Context, run func(context.Context) error) {
	for ctx.Err() == nil {
		err := run(ctx)
		if ctx.Err() != nil {
			return
		}
		r.timeless.Store(true)
		r.options.Log.ErrorContext(ctx, "the timers do not run", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(compare):
			r.timeless.Store(false)
		}
	}
}

// observe gives the age of the oldest undecided contact, in working time, as a metric.
func (r *Running) observe(oldest func(context.Context) (time.Duration, error)) error {
	return obs.Age("kith.contacts.oldest_undecided", "age of the oldest undecided contact in working time", func(ctx context.Context) (map[string]float64, error) {
		ages := map[string]float64{}
		for _, a := range r.options.Authorities {
			age, err := oldest(passport.WithAuthority(ctx, a.Name))
			if err != nil {
				return ages, err
			}
			ages[a.Name] = age.Seconds()
		}
		return ages, nil
	})
}

// Name is the service's name.
func (r *Running) Name() string { return r.service.Name }
