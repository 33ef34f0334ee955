package referral

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/once"
)

const receiving = "receive a contact"

// errAgain asks for the first way in again: what stood in the way is gone.
var errAgain = errors.New("try again")

// ReceiveContact takes in a contact from a partner with contacts:write or a member of the Referral Team. Nothing is
// refused for being incomplete. The usual contact costs one round trip to the database: key, contact, text, children,
// audit and event are sent as one batch, which is one transaction.
func (s *Service) ReceiveContact(ctx context.Context, req *referralv1.ReceiveContactRequest) (*referralv1.ReceiveContactResponse, error) {
	now := s.now()
	p, err := staffOrPartner(ctx, now, scopeWrite)
	if err != nil {
		return nil, err
	}
	key, err := once.KeyOf(ctx, req, now)
	if err != nil {
		return nil, err
	}
	a, err := s.arrive(ctx, p, req.GetTold(), now)
	if err != nil {
		return nil, err
	}
	for range 5 {
		answer, err := s.takeIn(ctx, key, a)
		if secondUnderReference(err) {
			answer, err = s.takeInAgain(ctx, key, a)
		}
		switch {
		case err == nil:
			return answer, nil
		case once.Taken(err):
			return s.answeredBefore(ctx, key, a)
		case errors.Is(err, errAgain), secondUnderReference(err), pg.Violates(err, "contact_receipt"):
			// Another was first with the reference or, once in many years, with the receipt.
			a.renew()
		default:
			return nil, err
		}
	}
	return nil, fault.Busy("this reference is being sent many times at once; send it again", 0)
}

func secondUnderReference(err error) bool {
	return pg.Violates(err, "contact_reference") || pg.Violates(err, "contact_text")
}

// takeIn writes a new contact. One that leaves jobs behind needs a transaction of more than one round trip.
func (s *Service) takeIn(ctx context.Context, key once.Key, a *arrival) (*referralv1.ReceiveContactResponse, error) {
	answer := a.answer()
	if !s.laterWork(a) {
		batch, err := a.batch(ctx, key, answer)
		if err != nil {
			return nil, err
		}
		pool, err := s.db.Pool(ctx)
		if err != nil {
			return nil, err
		}
		if err := pool.SendBatch(ctx, batch).Close(); err != nil {
			return nil, err
		}
		s.overLimit(ctx, a)
		return answer, nil
	}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		batch, err := a.batch(ctx, key, answer)
		if err != nil {
			return err
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return s.leaveJobs(ctx, tx, a)
	})
	if err != nil {
		return nil, err
	}
	s.overLimit(ctx, a)
	return answer, nil
}

// batch holds everything that a new contact writes; the key goes first.
func (a *arrival) batch(ctx context.Context, key once.Key, answer proto.Message) (*pgx.Batch, error) {
	batch := &pgx.Batch{}
	if err := once.Queue(batch, key, answer); err != nil {
		return nil, err
	}
	if err := a.insert(queue{batch}); err != nil {
		return nil, err
	}
	if err := audit.Queue(ctx, batch, a.now, receiving, subjects(a.contact, a.children)...); err != nil {
		return nil, err
	}
	return batch, eventlog.Queue(ctx, batch, a.event())
}

// event tells that a contact came, or fuller text for one.
func (a *arrival) event() eventlog.Event {
	id := a.contact.ID.String()
	e := eventlog.Event{Type: "contact_received", Entity: "contact/" + id, Version: 1, Facts: map[string]string{"contact": id}, At: a.now}
	e.Facts["identified"] = "0"
	for _, c := range a.children {
		if c.NHSNumber != "" && c.BirthDate != "" {
			e.Facts["identified"] = "1"
		}
	}
	if a.contact.State == proposed {
		e.Type, e.Facts["original"] = "version_proposed", a.contact.VersionOf.String()
	}
	return e
}

// takeInAgain takes in what came under a reference that the sender has used before: the same text gets the first
// receipt; other text is a proposed new version, whatever has become of the first.
func (s *Service) takeInAgain(ctx context.Context, key once.Key, a *arrival) (*referralv1.ReceiveContactResponse, error) {
	fresh := false
	answer, err := once.Do(ctx, s.db, key, &referralv1.ReceiveContactResponse{}, func(tx pgx.Tx) (*referralv1.ReceiveContactResponse, error) {
		fresh = false
		first, err := s.sameText(ctx, tx, a)
		if err != nil || first != nil {
			return first, err
		}
		var original uuid.UUID
		err = tx.QueryRow(ctx, `SELECT id FROM contact WHERE partner_id = $1 AND their_reference = $2 AND their_reference <> '' AND version_of IS NULL
			AND partner_id IS NOT NULL`, a.contact.PartnerID, a.contact.TheirReference).Scan(&original)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, errAgain
		}
		if err != nil {
			return nil, err
		}
		fresh = true
		return s.propose(ctx, tx, a, original)
	}, func(tx pgx.Tx, before *referralv1.ReceiveContactResponse) error {
		return auditAnswer(ctx, tx, a, before)
	})
	if err == nil && fresh {
		s.overLimit(ctx, a)
	}
	return answer, err
}

// sameText gives the first receipt for a text that came before under the same reference; nil where none did.
func (s *Service) sameText(ctx context.Context, tx pgx.Tx, a *arrival) (*referralv1.ReceiveContactResponse, error) {
	var id uuid.UUID
	err := tx.QueryRow(ctx, `SELECT id FROM contact WHERE partner_id = $1 AND their_reference = $2 AND text_digest = $3 AND their_reference <> ''
		AND partner_id IS NOT NULL`, a.contact.PartnerID, a.contact.TheirReference, a.contact.TextDigest).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	first, err := contactOf(ctx, tx, id, false)
	if err != nil {
		return nil, err
	}
	children, err := childrenOf(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	answer := acknowledgement(a.authority, a.passport, first, children, a.told, a.office)
	return answer, audit.Write(ctx, tx, a.now, receiving, subjects(first, children)...)
}

// propose writes fuller text down beside the contact that it is for, with a receipt and a due time of its own.
func (s *Service) propose(ctx context.Context, tx pgx.Tx, a *arrival, original uuid.UUID) (*referralv1.ReceiveContactResponse, error) {
	one := *a
	held := *a.contact
	one.contact = &held
	held.State, held.VersionOf = proposed, &original
	held.derive(one.children, one.now)
	if err := one.insert(inside{ctx, tx}); err != nil {
		return nil, err
	}
	if err := s.leaveJobs(ctx, tx, &one); err != nil {
		return nil, err
	}
	if err := eventlog.Append(ctx, tx, one.event()); err != nil {
		return nil, err
	}
	return one.answer(), audit.Write(ctx, tx, one.now, receiving, subjects(one.contact, one.children)...)
}

// leaveJobs puts aside what has to happen after a contact came.
func (s *Service) leaveJobs(ctx context.Context, tx pgx.Tx, a *arrival) error {
	if a.contact.ImmediateDanger {
		if err := s.jobs.Insert(ctx, tx, dangerAlarm{Contact: a.contact.ID.String()}, nil); err != nil {
			return err
		}
	}
	if a.patchUnknown() {
		if err := s.jobs.Insert(ctx, tx, patchLookup{Contact: a.contact.ID.String()}, nil); err != nil {
			return err
		}
	}
	if s.heardAtOnce(a) {
		return s.letHear(ctx, tx, a.contact, callBack{Kind: kindSeen, DueAt: a.now})
	}
	return nil
}

// answeredBefore gives the first answer to the same call, and keeps that it was given again.
func (s *Service) answeredBefore(ctx context.Context, key once.Key, a *arrival) (*referralv1.ReceiveContactResponse, error) {
	answer := &referralv1.ReceiveContactResponse{}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		if err := once.Answered(ctx, tx, key, answer); err != nil {
			return err
		}
		return auditAnswer(ctx, tx, a, answer)
	})
	return answer, err
}

func auditAnswer(ctx context.Context, tx pgx.Tx, a *arrival, answer *referralv1.ReceiveContactResponse) error {
	return audit.Write(ctx, tx, a.now, "give the same answer again", namedIn(answer.GetContact())...)
}

// overLimit raises the alarm for a partner over its limit: its worry was taken all the same.
func (s *Service) overLimit(ctx context.Context, a *arrival) {
	if a.contact.OverLimit {
		obs.Alarm(ctx, s.log, "contact_over_limit", "authority", a.authority, "contact", a.contact.ID.String())
	}
}
