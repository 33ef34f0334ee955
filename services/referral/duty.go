package referral

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg/once"
)

// The ways of a hand-over.
const (
	handedToDuty      = "HANDED_TO_DUTY"
	takenBackFromDuty = "TAKEN_BACK_FROM_DUTY"
)

// HandOverToDuty lets the Emergency Duty Team look after everything undecided, by a member of the Referral Team at the
// end of the day. Decisions stay due when they were, and versions stay as people read them. What is with the team
// already stays so; what comes afterwards is not with it. The out-of-hours contact is told how many there are.
func (s *Service) HandOverToDuty(ctx context.Context, req *referralv1.HandOverToDutyRequest) (*referralv1.HandOverToDutyResponse, error) {
	now := s.now()
	p, err := staff(ctx, now)
	if err != nil {
		return nil, err
	}
	key, err := once.KeyOf(ctx, req, now)
	if err != nil {
		return nil, err
	}
	return once.Do(ctx, s.db, key, &referralv1.HandOverToDutyResponse{}, func(tx pgx.Tx) (*referralv1.HandOverToDutyResponse, error) {
		h := handover{ID: uuid.Must(uuid.NewV7()), How: handedToDuty, Note: req.GetNote(), By: who(p), At: now}
		moved, err := h.move(ctx, tx, `WITH found AS (SELECT id FROM contact WHERE state IN (1, 3) AND with_duty_since IS NULL ORDER BY id FOR NO KEY UPDATE)
			UPDATE contact SET with_duty_since = $1 FROM found WHERE contact.id = found.id RETURNING contact.id`, now)
		if err != nil {
			return nil, err
		}
		if len(moved) > 0 {
			if err := s.jobs.Insert(ctx, tx, dutyNotice{Handover: h.ID.String()}, nil); err != nil {
				return nil, err
			}
		}
		return &referralv1.HandOverToDutyResponse{Contacts: int32(len(moved))}, audit.Write(ctx, tx, now, h.How, shownContacts(moved)...)
	}, func(tx pgx.Tx, _ *referralv1.HandOverToDutyResponse) error {
		return audit.Write(ctx, tx, now, "give the same answer again")
	})
}

// TakeBackFromDuty takes back what the Emergency Duty Team still has, by a member of the Referral Team in the morning.
func (s *Service) TakeBackFromDuty(ctx context.Context, req *referralv1.TakeBackFromDutyRequest) (*referralv1.TakeBackFromDutyResponse, error) {
	now := s.now()
	p, err := staff(ctx, now)
	if err != nil {
		return nil, err
	}
	key, err := once.KeyOf(ctx, req, now)
	if err != nil {
		return nil, err
	}
	return once.Do(ctx, s.db, key, &referralv1.TakeBackFromDutyResponse{}, func(tx pgx.Tx) (*referralv1.TakeBackFromDutyResponse, error) {
		h := handover{ID: uuid.Must(uuid.NewV7()), How: takenBackFromDuty, Note: req.GetNote(), By: who(p), At: now}
		moved, err := h.move(ctx, tx, `WITH found AS (SELECT id FROM contact WHERE with_duty_since IS NOT NULL ORDER BY id FOR NO KEY UPDATE)
			UPDATE contact SET with_duty_since = NULL FROM found WHERE contact.id = found.id RETURNING contact.id`)
		if err != nil {
			return nil, err
		}
		return &referralv1.TakeBackFromDutyResponse{Contacts: int32(len(moved))}, audit.Write(ctx, tx, now, h.How, shownContacts(moved)...)
	}, func(tx pgx.Tx, _ *referralv1.TakeBackFromDutyResponse) error {
		return audit.Write(ctx, tx, now, "give the same answer again")
	})
}

// handover is one press: who handed how many over, or took them back, with the note.
type handover struct {
	ID       uuid.UUID
	How      string
	Contacts int32
	Note, By string
	At       time.Time
}

// move changes who looks after contacts, and keeps that it was done. It locks them in one order, so that two presses at
// once wait for each other and do not stand in each other's way.
func (h *handover) move(ctx context.Context, tx pgx.Tx, update string, args ...any) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, update, args...)
	if err != nil {
		return nil, err
	}
	moved, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO duty_handover (id, how, contacts, note, by, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		h.ID, h.How, len(moved), h.Note, h.By, h.At)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO duty_contact (contact, handover) SELECT contact, $2 FROM unnest($1::uuid[]) AS contact`, moved, h.ID)
	return moved, err
}

func shownContacts(ids []uuid.UUID) []string {
	shown := make([]string, 0, len(ids))
	for _, id := range ids {
		shown = append(shown, "contacts/"+id.String())
	}
	return shown
}

// handedOverWord says how many contacts there are, and nothing of them.
func handedOverWord(contacts int32) word {
	said := fmt.Sprintf("The Referral Team has handed %d contacts over to you. Sign in to see them.", contacts)
	if contacts == 1 {
		said = "The Referral Team has handed one contact over to you. Sign in to see it."
	}
	return word{
		Kind: "contacts.handed_over", Subject: fmt.Sprintf("Handed over: %d", contacts), Lines: []string{said},
		Data: map[string]any{"contacts": contacts, "message": said},
	}
}

// tellDuty makes one attempt to tell the out-of-hours contact of a hand-over, and says whether another is due. What was
// taken back meanwhile is nobody's business any more.
func (s *Service) tellDuty(ctx context.Context, id uuid.UUID) (again bool, err error) {
	authority := passport.Authority(ctx)
	acting, err := s.act(ctx, authority, "duty_notice", "")
	if err != nil {
		return false, err
	}
	h := handover{}
	over := false
	err = s.inTx(acting, func(tx pgx.Tx) error {
		return tx.QueryRow(acting, `SELECT h.contacts, h.at, EXISTS (SELECT FROM duty_attempt a WHERE a.handover = h.id AND a.delivered)
			OR EXISTS (SELECT FROM duty_handover b WHERE b.at >= h.at AND b.how = 'TAKEN_BACK_FROM_DUTY') FROM duty_handover h WHERE h.id = $1`, id).
			Scan(&h.Contacts, &h.At, &over)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case over || s.now().Sub(h.At) > 24*time.Hour:
		return false, nil
	}
	office, err := s.authorities.askAgain(acting, authority)
	if err != nil {
		return false, err
	}
	tries := s.tell(acting, office.outOfHours, handedOverWord(h.Contacts), s.now())
	return s.keepDutyAttempts(acting, id, tries)
}

// keepDutyAttempts writes every attempt down. Where nobody was reached the operator's alarm rings, and it is tried again.
func (s *Service) keepDutyAttempts(ctx context.Context, id uuid.UUID, tries []attempt) (again bool, err error) {
	now := s.now()
	again = true
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		for _, t := range tries {
			again = again && !t.delivered
			_, err := tx.Exec(ctx, `INSERT INTO duty_attempt (id, handover, at, channel, delivered, failure) VALUES ($1, $2, $3, $4, $5, $6)`,
				uuid.Must(uuid.NewV7()), id, now, t.channel, t.delivered, t.failure)
			if err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, now, "tell the out-of-hours contact of a hand-over", "handovers/"+id.String())
	})
	return again, err
}
