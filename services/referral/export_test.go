package referral

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// ListSQL is the query of a list with its arguments.
func ListSQL(state int16, overdue bool, source, team string, now time.Time) (string, []any) {
	w := wanted{State: state, Overdue: overdue, Source: source, Team: team, Size: 50}
	w.After = firstPlace(w.finished())
	return w.sql(now)
}

// SoundAlarm makes one round of the alarm.
func (s *Service) SoundAlarm(ctx context.Context, contact string) (bool, error) {
	return s.soundAlarm(ctx, uuid.MustParse(contact))
}

// LookUpPatches makes one attempt to find the patches that are not known yet.
func (s *Service) LookUpPatches(ctx context.Context, contact string) (bool, error) {
	return s.lookUpPatches(ctx, uuid.MustParse(contact))
}
