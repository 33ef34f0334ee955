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

// DeskSQL are the other queries of a desk that is open, each with its arguments.
func DeskSQL(now time.Time) map[string][]any {
	return map[string][]any{countWaiting: {now}, firstDue: nil, countArrivals: {now.Add(-time.Minute), mostArrivals}}
}

// SoundAlarm makes one round of the alarm.
func (s *Service) SoundAlarm(ctx context.Context, contact string) (bool, error) {
	return s.soundAlarm(ctx, uuid.MustParse(contact))
}

// LookUpPatches makes one attempt to find the patches that are not known yet.
func (s *Service) LookUpPatches(ctx context.Context, contact string) (bool, error) {
	return s.lookUpPatches(ctx, uuid.MustParse(contact))
}

// Deliver makes one attempt of a call-back, if one is due, and says after how long to come again.
func (s *Service) Deliver(ctx context.Context, callBack string, round int32) (time.Duration, error) {
	return s.deliver(ctx, uuid.MustParse(callBack), round)
}

// TellDuty makes one attempt to tell of a hand-over.
func (s *Service) TellDuty(ctx context.Context, handover string) (bool, error) {
	return s.tellDuty(ctx, uuid.MustParse(handover))
}
