package pg

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Drift is the largest difference between a process's wall clock and PostgreSQL's that is trusted.
const Drift = 2 * time.Second

// Clock watches the process's wall clock against PostgreSQL's and against its own monotonic one. Statutory times hang
// on it: a process whose clock is wrong is not ready until a fresh comparison agrees.
type Clock struct {
	// Database gives PostgreSQL's time.
	Database func(context.Context) (time.Time, error)
	// Wall gives the process's time; time.Now with its monotonic reading.
	Wall func() time.Time

	mu      sync.Mutex
	last    time.Time
	trusted bool
	why     string
}

// Compare takes a fresh comparison. It is called regularly, at least every few seconds. An error means that there was
// nothing to compare with; the last comparison then stands.
func (c *Clock) Compare(ctx context.Context) error {
	before := c.Wall()
	theirs, err := c.Database(ctx)
	after := c.Wall()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && after.Sub(before) > Drift {
		err = errors.New("the answer took too long to compare with")
	}
	if err != nil {
		// No comparison is no disagreement.
		return err
	}
	from := c.last
	if from.IsZero() {
		from = before
	}
	c.last = after
	c.trusted, c.why = true, ""
	if Jumped(from, after) > Drift {
		c.trusted, c.why = false, "the wall clock jumped"
	}
	// Their reading was taken somewhere between ours.
	if theirs.Before(before.Add(-Drift)) || theirs.After(after.Add(Drift)) {
		c.trusted, c.why = false, "the wall clock is more than 2 s from PostgreSQL's"
	}
	return nil
}

// Jumped is how far the wall clock and the monotonic clock moved apart between two readings.
func Jumped(from, to time.Time) time.Duration {
	monotonic := to.Sub(from)
	wall := to.Round(0).Sub(from.Round(0))
	return (wall - monotonic).Abs()
}

// Trusted says whether the last comparison agreed, and if not, why.
func (c *Clock) Trusted() (bool, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last.IsZero() {
		return false, "the clock has not been compared with PostgreSQL's yet"
	}
	return c.trusted, c.why
}

// Now gives PostgreSQL's time in the first authority's database that answers.
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := errors.New("no authority is configured")
	for _, pool := range db.pools {
		if err = pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err == nil {
			return now, nil
		}
	}
	return now, err
}
