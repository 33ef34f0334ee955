package administration

import (
	"context"
	"slices"
	"time"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// EndSeat ends a seat, now or later; what was, was. A seat that has not begun is given up where no time is named. Passports
// are made from the seats of the moment, so that rights end with it. Errors: NOT_FOUND, ALREADY_ENDED, SEAT_OVERLAPS.
func (s *Service) EndSeat(ctx context.Context, req *directoryv1.EndSeatRequest) (*directoryv1.EndSeatResponse, error) {
	return run(ctx, s, changing[*directoryv1.EndSeatResponse]{
		req: req, purpose: "end a seat in a team", answer: &directoryv1.EndSeatResponse{},
		names: func(*directoryv1.EndSeatResponse) []string { return []string{req.GetTeam(), req.GetPerson()} },
		work: func(c change) (*directoryv1.EndSeatResponse, error) {
			key, err := keyIn(ctx, "teams", req.GetTeam())
			if err != nil {
				return nil, err
			}
			person, err := personIn(ctx, req.GetPerson())
			if err != nil {
				return nil, err
			}
			since, err := moment("since", req.GetSince())
			if err != nil {
				return nil, err
			}
			until, err := moment("until", req.GetUntil())
			if err != nil {
				return nil, err
			}
			seats, err := seatsWhere(ctx, c.tx, `m.person = $1 AND m.team = $2`, person, key)
			if err != nil {
				return nil, err
			}
			ended, err := end(seats, *since, until, c.at)
			if err != nil {
				return nil, err
			}
			_, err = c.tx.Exec(ctx, `UPDATE membership SET until = $4, changed_at = $5, changed_by = $6, on_page = true
				WHERE person = $1 AND team = $2 AND since = $3`, person, key, ended.Since, ended.Until, c.at, c.by)
			if err != nil {
				return nil, err
			}
			m, err := showTeam(ctx, c.tx, key)
			return &directoryv1.EndSeatResponse{Team: m}, err
		},
	})
}

// end gives the seat that began at that moment its end, among all that its person has in its team.
func end(seats []seat, since time.Time, until *time.Time, now time.Time) (seat, error) {
	n := slices.IndexFunc(seats, func(s seat) bool { return s.Since.Equal(since) })
	if n < 0 {
		return seat{}, fault.NotFound()
	}
	ended := seats[n]
	if ended.over(now) {
		return seat{}, fault.Refused("ALREADY_ENDED", "since", "this seat has ended already")
	}
	switch {
	case until == nil && ended.Since.After(now):
		ended.Until = &ended.Since
		return ended, nil
	case until == nil:
		ended.Until = &now
	case until.Before(now):
		return seat{}, fault.Invalid("until", "must not be in the past: leave it out to end the seat now")
	default:
		ended.Until = until
	}
	if !ended.Until.After(ended.Since) {
		return seat{}, fault.Invalid("until", "must be later than the seat begins")
	}
	for m, other := range seats {
		if m != n && ended.overlaps(other) {
			return seat{}, fault.Refused("SEAT_OVERLAPS", "until", "the person has another seat in this team in that time, since "+other.Since.UTC().Format(time.DateOnly))
		}
	}
	return ended, nil
}
