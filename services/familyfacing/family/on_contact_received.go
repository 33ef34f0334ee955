package family

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
)

// onContactReceived passes a contact about a child whose case is open to that child's worker today. Only where NHS number
// and birth date both agree it does so by itself; anything less is for a screener to confirm.
func (s *Service) onContactReceived(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	if e.GetFacts()["identified"] == "0" {
		// No child has both, so there is nobody to look for.
		return nil, nil
	}
	n, err := s.fetch(ctx, e)
	if err != nil {
		return nil, err
	}
	return func(tx pgx.Tx) error { return s.tellWorkers(ctx, tx, n) }, nil
}

// tellWorkers looks for the contact's children among the open cases, once for each version of the contact: an old contact
// that is delivered again must not be about a family that was opened since.
func (s *Service) tellWorkers(ctx context.Context, tx pgx.Tx, n news) error {
	tag, err := tx.Exec(ctx, `INSERT INTO heard_contact (contact, version) VALUES ($1, $2) ON CONFLICT DO NOTHING`, n.contact, n.version)
	if err != nil {
		return fmt.Errorf("keep that the contact was heard: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	for _, child := range n.children() {
		known, err := openCasesOf(ctx, tx, child.asPerson(n.contact).evidence())
		if err != nil {
			return err
		}
		for _, k := range known {
			if err := s.notify(ctx, tx, n, child, k, s.now()); err != nil {
				return err
			}
		}
	}
	return nil
}

// openCase is a child of a family; nil where it is not known which one.
type openCase struct {
	family uuid.UUID
	person *uuid.UUID
}

// openCasesOf finds the children of open families whose NHS number and birth date both agree.
func openCasesOf(ctx context.Context, tx pgx.Tx, told evidence) ([]openCase, error) {
	if told.nhsNumber == "" || told.birthDate == "" {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (f.id) f.id, p.id FROM person p JOIN family f ON f.id = p.family
		WHERE p.is_child AND p.nhs_number = $1 AND p.birth_date = $2::text::date AND p.standing IN ('WITH_TEAM', 'REVISED')
		AND f.state IN ('AWAITING_ALLOCATION', 'ALLOCATED') ORDER BY f.id, p.id`, told.nhsNumber, told.birthDate)
	if err != nil {
		return nil, fmt.Errorf("look for open cases: %w", err)
	}
	cases, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (openCase, error) {
		var c openCase
		err := row.Scan(&c.family, &c.person)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("look for open cases: %w", err)
	}
	return cases, nil
}

// notify tells the family's worker of the contact, once for each of its children, and gives the team the referrer's
// words. A family that this contact opened is not told of it. The desk hears of it, unless the family is restricted.
func (s *Service) notify(ctx context.Context, tx pgx.Tx, n news, child toldChild, to openCase, now time.Time) error {
	f, err := lock(ctx, tx, to.family)
	if err != nil {
		return err
	}
	worker, _ := f.people()
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("new id: %w", err)
	}
	tag, err := tx.Exec(ctx, `INSERT INTO notice (id, team, family, contact, contact_child, person, worker, at, written_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE NOT EXISTS (SELECT FROM referred_child WHERE contact_child = $5 AND family = $3)
		ON CONFLICT ON CONSTRAINT notice_once DO NOTHING`,
		id, f.Team, f.ID, n.contact, child.id, to.person, worker, n.at, now)
	if err != nil {
		return fmt.Errorf("write the notice: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	if err := addWorry(ctx, tx, f.ID, n, child.reason(), now); err != nil {
		return err
	}
	f.happened(worryAdded, n.at)
	if err := save(ctx, tx, f, now); err != nil {
		return err
	}
	if err := s.alarm(ctx, tx, alarmArgs{Name: knownOpen, Family: f.ID, Contact: &n.contact}); err != nil {
		return err
	}
	hidden, err := restricted(ctx, tx, f.ID)
	if err != nil {
		return err
	}
	if !hidden {
		// The desk shows what it hears; that a restricted family exists is not for it.
		facts := f.facts()
		facts["contact"], facts["child"] = n.contact.String(), child.id.String()
		if err := eventlog.Append(ctx, tx, f.event("child_known_open", facts, now)); err != nil {
			return err
		}
	}
	return audit.Write(ctx, tx, now, "tell the worker of a contact", "families/"+f.ID.String(), "contacts/"+n.contact.String())
}
