package administration

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// SavePerson makes a person, or changes one on the version that was read. Seats are left as they are. Errors: CHANGED,
// KEY_TAKEN, SUBJECT_TAKEN, REGISTRATION_TAKEN, LAST_ADMINISTRATOR, LAST_GUARDIAN, TWO_GUARDIANS.
func (s *Service) SavePerson(ctx context.Context, req *directoryv1.SavePersonRequest) (*directoryv1.SavePersonResponse, error) {
	return run(ctx, s, changing[*directoryv1.SavePersonResponse]{
		req: req, purpose: "save a person", answer: &directoryv1.SavePersonResponse{},
		names: func(r *directoryv1.SavePersonResponse) []string { return []string{r.GetPerson().GetName()} },
		work: func(c change) (*directoryv1.SavePersonResponse, error) {
			p, err := personOf(req.GetPerson())
			if err != nil {
				return nil, err
			}
			if err := c.place(ctx, p, req.GetPerson()); err != nil {
				return nil, err
			}
			if err := c.savePerson(ctx, p); err != nil {
				return nil, err
			}
			m, err := showPerson(ctx, c.tx, p.ID)
			return &directoryv1.SavePersonResponse{Person: m}, err
		},
	})
}

// place finds the id and the key of who is saved: those they have, or new ones.
func (c change) place(ctx context.Context, p *person, m *directoryv1.DirectoryPerson) error {
	if m.GetName() == "" {
		if m.GetEtag() != "" {
			return fault.Invalid("person.etag", "a new person has none: leave it out, or name the person")
		}
		p.ID = uuid.Must(uuid.NewV7())
		return c.newKey(ctx, p)
	}
	id, err := personIn(ctx, m.GetName())
	if err != nil {
		return err
	}
	was, err := readPerson(ctx, c.tx, id)
	if err != nil {
		return err
	}
	if err := was.unchanged(ctx, "this person", m.GetEtag()); err != nil {
		return err
	}
	if p.Key != "" && p.Key != was.Key {
		return fault.Invalid("person.key", "must stay as it is: descriptions know the person by it")
	}
	p.ID, p.Key = was.ID, was.Key
	return nil
}

// newKey settles the key of a new person. Whoever left keeps theirs: what they did stays theirs.
func (c change) newKey(ctx context.Context, p *person) error {
	asked := p.Key
	if asked == "" {
		p.Key = keyFrom(p.Title)
	}
	rows, err := c.tx.Query(ctx, `SELECT key FROM person WHERE key = $1 OR key LIKE $1 || '-%'`, p.Key)
	if err != nil {
		return err
	}
	taken, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	free := freeKey(p.Key, taken)
	if asked != "" && free != asked {
		return fault.Refused("KEY_TAKEN", "person.key", "somebody has this key, or had it before they left; "+free+" is free")
	}
	p.Key = free
	return nil
}

func (c change) savePerson(ctx context.Context, p *person) error {
	if err := c.unlikeOthers(ctx, p); err != nil {
		return err
	}
	before, err := c.offices(ctx)
	if err != nil {
		return err
	}
	_, err = c.tx.Exec(ctx, `INSERT INTO person AS old (id, key, title, subject, registration, registered_until, full_time_thousandths, email, phone,
			administrator, guardian, removed, changed_at, changed_by, on_page)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, false, $12, $13, true)
		ON CONFLICT (id) DO UPDATE SET title = excluded.title, subject = excluded.subject, registration = excluded.registration,
			registered_until = excluded.registered_until, full_time_thousandths = excluded.full_time_thousandths, email = excluded.email,
			phone = excluded.phone, administrator = excluded.administrator, guardian = excluded.guardian,
			version = old.version + 1, changed_at = excluded.changed_at, changed_by = excluded.changed_by, on_page = true`,
		p.ID, p.Key, p.Title, p.Subject, p.Registration, p.RegisteredUntil, p.FullTimeThousandths, p.Email, p.Phone,
		p.Administrator, p.Guardian, c.at, c.by)
	if err != nil {
		return err
	}
	if _, err := c.tx.Exec(ctx, `DELETE FROM qualification WHERE person = $1`, p.ID); err != nil {
		return err
	}
	for _, q := range p.qualifications {
		_, err := c.tx.Exec(ctx, `INSERT INTO qualification (person, name, since, until) VALUES ($1, $2, $3, $4)`, p.ID, q.Name, q.Since, q.Until)
		if err != nil {
			return err
		}
	}
	after, err := c.offices(ctx)
	if err != nil {
		return err
	}
	return before.permit(after, "person.administrator", "person.guardian")
}

// unlikeOthers holds that nobody else who is present has the same sign-in or registration.
func (c change) unlikeOthers(ctx context.Context, p *person) error {
	var other string
	var sameSubject bool
	err := c.tx.QueryRow(ctx, `SELECT title, subject = $2 FROM person
		WHERE NOT removed AND id <> $1 AND (subject = $2 OR registration = $3 AND $3 <> '') ORDER BY subject = $2 DESC LIMIT 1`,
		p.ID, p.Subject, p.Registration).Scan(&other, &sameSubject)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	case sameSubject:
		return fault.Refused("SUBJECT_TAKEN", "person.subject", other+" signs in with this already; every person has their own")
	}
	return fault.Refused("REGISTRATION_TAKEN", "person.registration", other+" has this registration already")
}

// offices is how many hold what an authority can't be without.
type offices struct{ administrators, guardians int }

func (c change) offices(ctx context.Context) (o offices, err error) {
	err = c.tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE administrator), count(*) FILTER (WHERE guardian) FROM person WHERE NOT removed`).
		Scan(&o.administrators, &o.guardians)
	return o, err
}

// permit refuses a change that leaves nobody to administer or to guard, or more guardians than one with a deputy.
func (o offices) permit(after offices, administrator, guardian string) error {
	switch {
	case after.administrators == 0 && o.administrators > 0:
		return fault.Refused("LAST_ADMINISTRATOR", administrator, "there is no other administrator, and nobody could make one; make somebody else an administrator first")
	case after.guardians == 0 && o.guardians > 0:
		return fault.Refused("LAST_GUARDIAN", guardian, "there is no other Caldicott guardian; make somebody else one first")
	case after.guardians > 2 && after.guardians > o.guardians:
		return fault.Refused("TWO_GUARDIANS", guardian, "there are a Caldicott guardian and a deputy already; one of them gives it up first")
	}
	return nil
}
