package referral

import (
	"context"
	"time"

	"github.com/kithcare/kith/pkg/passport"
)

// OldestUndecided is the age, in working hours, of the contact that has waited longest for its decision, in the
// authority that ctx names; 0 where none waits. It is for a metric.
func (s *Service) OldestUndecided(ctx context.Context) (time.Duration, error) {
	authority := passport.Authority(ctx)
	ctx, err := s.act(ctx, authority, "oldest_undecided", "")
	if err != nil {
		return 0, err
	}
	pool, err := s.db.Pool(ctx)
	if err != nil {
		return 0, err
	}
	var received *time.Time
	if err := pool.QueryRow(ctx, `SELECT min(received_at) FROM contact WHERE state IN (1, 3)`).Scan(&received); err != nil || received == nil {
		return 0, err
	}
	office, err := s.authorities.get(ctx, authority)
	if err != nil {
		return 0, err
	}
	return workingAge(*received, s.now(), office.hours), nil
}
