package administration

import (
	"context"
	"time"

	"github.com/google/uuid"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/directory/description"
)

// SeatPeople gives people a seat each in a team, all of them or none. A person may have seats in several teams, but in
// one team only one at a time. Errors: SEAT_OVERLAPS.
func (s *Service) SeatPeople(ctx context.Context, req *directoryv1.SeatPeopleRequest) (*directoryv1.SeatPeopleResponse, error) {
	return run(ctx, s, changing[*directoryv1.SeatPeopleResponse]{
		req: req, purpose: "give people a seat in a team", answer: &directoryv1.SeatPeopleResponse{},
		names: func(*directoryv1.SeatPeopleResponse) []string {
			return append([]string{req.GetTeam()}, req.GetPeople()...)
		},
		work: func(c change) (*directoryv1.SeatPeopleResponse, error) {
			key, err := keyIn(ctx, "teams", req.GetTeam())
			if err != nil {
				return nil, err
			}
			if _, err := readTeam(ctx, c.tx, key); err != nil {
				return nil, err
			}
			asked, err := seatOf(req, key, c.at)
			if err != nil {
				return nil, err
			}
			seen := map[uuid.UUID]bool{}
			for n, name := range req.GetPeople() {
				one := asked
				if one.Person, err = personIn(ctx, name); err != nil || seen[one.Person] {
					return nil, fault.Invalid(at("people", n), "must be somebody of this authority, each once")
				}
				seen[one.Person] = true
				if err := c.give(ctx, one, at("people", n)); err != nil {
					return nil, err
				}
			}
			m, err := showTeam(ctx, c.tx, key)
			return &directoryv1.SeatPeopleResponse{Team: m}, err
		},
	})
}

// seatOf reads the seat that everybody gets.
func seatOf(req *directoryv1.SeatPeopleRequest, team string, now time.Time) (seat, error) {
	one := seat{Team: team, Since: now, Note: tidy(req.GetNote())}
	since, err := moment("since", req.GetSince())
	if err != nil {
		return one, err
	}
	if since != nil {
		one.Since = *since
	}
	if one.Until, err = moment("until", req.GetUntil()); err != nil {
		return one, err
	}
	if one.Until != nil && !one.Until.After(one.Since) {
		return one, fault.Invalid("until", "must be later than the seat begins")
	}
	return one, check(field{name: "note", value: one.Note, fits: description.Words(500, false), optional: true})
}

// give writes a seat down, if the person is there and has no other in the team at any moment of it.
func (c change) give(ctx context.Context, one seat, field string) error {
	p, err := readPerson(ctx, c.tx, one.Person)
	if err != nil {
		if fault.From(err).Reason == fault.NotFound().Reason {
			return fault.Invalid(field, "must be somebody of this authority, each once")
		}
		return err
	}
	others, err := seatsWhere(ctx, c.tx, `m.person = $1 AND m.team = $2`, one.Person, one.Team)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.overlaps(one) {
			return fault.Refused("SEAT_OVERLAPS", field, p.Title+" has a seat in this team in that time already, since "+other.Since.UTC().Format(time.DateOnly))
		}
	}
	// Only a seat that was given up before it began can stand at the same moment.
	_, err = c.tx.Exec(ctx, `INSERT INTO membership (person, team, since, until, note, changed_at, changed_by, on_page) VALUES ($1, $2, $3, $4, $5, $6, $7, true)
		ON CONFLICT (person, team, since) DO UPDATE SET until = excluded.until, note = excluded.note,
			changed_at = excluded.changed_at, changed_by = excluded.changed_by, on_page = true`,
		one.Person, one.Team, one.Since, one.Until, one.Note, c.at, c.by)
	return err
}
