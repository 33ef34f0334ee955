package referral

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
)

const (
	// mostArrivals is how many are counted: a desk that was away longer than that looks at the queue.
	mostArrivals = 1000
	// settling is how long a contact may be on its way into the table after its time of receipt was taken.
	settling = 10 * time.Second
)

// countWaiting counts what waits, each by an index that holds nothing else.
const countWaiting = `SELECT
	(SELECT count(*) FROM contact WHERE state IN (1, 3)),
	(SELECT count(*) FROM contact WHERE state IN (1, 3) AND decision_due_by < $1),
	(SELECT count(*) FROM contact WHERE with_duty_since IS NOT NULL),
	(SELECT count(*) FROM contact WHERE rank < 9 AND rank = 0 AND immediate_danger AND danger_acknowledged_at IS NULL),
	(SELECT count(*) FROM call_back WHERE undelivered),
	(SELECT max(received_at) FROM contact)`

// firstDue is the contact that is due, or overdue, the longest.
const firstDue = `SELECT ` + contactSelect + ` FROM contact WHERE state IN (1, 3) ORDER BY decision_due_by, id LIMIT 1`

// countArrivals counts what came after a moment, up to a bound.
const countArrivals = `SELECT count(*), count(*) FILTER (WHERE immediate_danger)
	FROM (SELECT immediate_danger FROM contact WHERE received_at > $1 ORDER BY received_at DESC LIMIT $2) came`

// waiting counts what waits at the desk, whatever a list is filtered by.
func (s *Service) waiting(ctx context.Context, tx pgx.Tx, authority string, now time.Time) (*referralv1.Waiting, *contact, error) {
	w := &referralv1.Waiting{}
	var newest *time.Time
	err := tx.QueryRow(ctx, countWaiting, now).Scan(&w.Undecided, &w.Overdue, &w.WithDuty, &w.DangerUnacknowledged, &w.Undelivered, &newest)
	if err != nil {
		return nil, nil, err
	}
	w.AsOf = timestamppb.New(asOf(now, newest))
	rows, err := tx.Query(ctx, firstDue)
	if err != nil {
		return nil, nil, err
	}
	oldest, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[contact])
	if errors.Is(err, pgx.ErrNoRows) {
		return w, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	w.Oldest = oldest.summary(authority, now)
	return w, oldest, nil
}

// asOf is the moment from which arrivals are counted. One that was received just before a list was read may be written
// just after it, so the moment lies a little back; but never before the newest that the list could show, which would be
// announced a second time.
func asOf(now time.Time, newest *time.Time) time.Time {
	from := now.Add(-settling)
	if newest == nil || newest.Before(from) {
		return from
	}
	if newest.After(now) {
		return now
	}
	return *newest
}

// CountArrivals counts the contacts that came since a moment, at most 1,000 of them, for a desk of the Referral Team
// that is open and asks every half minute.
func (s *Service) CountArrivals(ctx context.Context, req *referralv1.CountArrivalsRequest) (*referralv1.CountArrivalsResponse, error) {
	now := s.now()
	if _, err := staff(ctx, now); err != nil {
		return nil, err
	}
	answer := &referralv1.CountArrivalsResponse{}
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, countArrivals, req.GetSince().AsTime(), mostArrivals).Scan(&answer.Arrived, &answer.InDanger)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, now, "count what came")
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}
