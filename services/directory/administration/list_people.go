package administration

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
)

// ListPeople shows a page of the authority's people, by name, with their present seats.
func (s *Service) ListPeople(ctx context.Context, req *directoryv1.ListPeopleRequest) (*directoryv1.ListPeopleResponse, error) {
	contains := tidy(req.GetContains())
	after, err := readToken(req.GetPageToken(), contains)
	if err != nil {
		return nil, err
	}
	size := audit.PageSize(req.GetPageSize())
	answer := &directoryv1.ListPeopleResponse{}
	err = s.look(ctx, "look at the people", func(tx pgx.Tx) ([]string, error) {
		page, err := peopleAfter(ctx, tx, contains, after, size+1)
		if err != nil {
			return nil, err
		}
		if len(page) > size {
			page = page[:size]
			answer.NextPageToken = place{Title: page[size-1].Title, ID: page[size-1].ID, Contains: contains}.token()
		}
		var ids []uuid.UUID
		for _, p := range page {
			ids = append(ids, p.ID)
		}
		now := s.now()
		seats, err := seatsWhere(ctx, tx, `m.person = ANY($1) AND m.since <= $2 AND (m.until IS NULL OR m.until > $2)`, ids, now)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, p := range page {
			m := p.message()
			m.Name = personName(ctx, p.ID)
			for _, seat := range seats {
				if seat.Person == p.ID {
					m.Seats = append(m.Seats, seat.message(ctx))
				}
			}
			answer.People, names = append(answer.People, m), append(names, m.Name)
		}
		return names, nil
	})
	return answer, err
}

// GetPerson shows somebody with all their seats.
func (s *Service) GetPerson(ctx context.Context, req *directoryv1.GetPersonRequest) (*directoryv1.GetPersonResponse, error) {
	answer := &directoryv1.GetPersonResponse{}
	err := s.look(ctx, "look at a person", func(tx pgx.Tx) ([]string, error) {
		id, err := personIn(ctx, req.GetName())
		if err != nil {
			return nil, err
		}
		answer.Person, err = showPerson(ctx, tx, id)
		return []string{req.GetName()}, err
	})
	return answer, err
}

const personColumns = `id, key, title, subject, registration, registered_until, full_time_thousandths, email, phone, administrator, guardian,
	version, changed_at, changed_by, ARRAY(SELECT jsonb_build_object('Name', q.name, 'Since', q.since, 'Until', q.until)
		FROM qualification q WHERE q.person = person.id ORDER BY q.since, q.name)`

func scanPerson(row pgx.CollectableRow) (*person, error) {
	p := &person{}
	err := row.Scan(&p.ID, &p.Key, &p.Title, &p.Subject, &p.Registration, &p.RegisteredUntil, &p.FullTimeThousandths, &p.Email, &p.Phone,
		&p.Administrator, &p.Guardian, &p.Version, &p.At, &p.By, &p.qualifications)
	return p, err
}

func peopleAfter(ctx context.Context, tx pgx.Tx, contains string, after place, limit int) ([]*person, error) {
	rows, err := tx.Query(ctx, `SELECT `+personColumns+` FROM person WHERE NOT removed AND strpos(lower(title), lower($1)) > 0
		AND (title, id) > ($2, $3) ORDER BY title, id LIMIT $4`, contains, after.Title, after.ID, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanPerson)
}

// readPerson gives somebody who has not left. Errors: NOT_FOUND.
func readPerson(ctx context.Context, tx pgx.Tx, id uuid.UUID) (*person, error) {
	rows, err := tx.Query(ctx, `SELECT `+personColumns+` FROM person WHERE id = $1 AND NOT removed`, id)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, scanPerson)
	if err == nil && len(found) == 0 {
		return nil, fault.NotFound()
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func showPerson(ctx context.Context, tx pgx.Tx, id uuid.UUID) (*directoryv1.DirectoryPerson, error) {
	p, err := readPerson(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	m := p.message()
	m.Name = personName(ctx, id)
	seats, err := seatsWhere(ctx, tx, `m.person = $1`, id)
	for _, seat := range seats {
		m.Seats = append(m.Seats, seat.message(ctx))
	}
	return m, err
}

// place is where a page of people ended.
type place struct {
	Title string    `json:"t"`
	ID    uuid.UUID `json:"i"`
	// Contains is what was asked for: a token belongs to one list.
	Contains string `json:"c,omitempty"`
}

func (p place) token() string {
	text, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// readToken is the place before the first person for an empty token. Errors: INVALID for a token of no such list.
func readToken(token, contains string) (place, error) {
	if token == "" {
		return place{}, nil
	}
	var p place
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil || p.Contains != contains {
		return place{}, fault.Invalid("pageToken", "take it from the answer before, and ask for the same list")
	}
	return p, nil
}
