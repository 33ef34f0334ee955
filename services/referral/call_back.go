package referral

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// What a referrer hears of.
const (
	// kindSeen is that a person has it before them.
	kindSeen = "SEEN"
	// kindDecided is that one child was decided, or decided anew.
	kindDecided = "CHILD_DECIDED"
)

// callBack is a word to a referrer that something changed, as it stands.
type callBack struct {
	ID          uuid.UUID
	Contact     uuid.UUID
	Kind        string
	Child       *uuid.UUID
	Screening   int32
	Channel     string
	Partner     string
	DueAt       time.Time
	Round       int32
	Tries       int32
	Attempts    int32
	NextAt      *time.Time
	DeliveredAt *time.Time
	GaveUpAt    *time.Time
	Failure     string
	Settled     string
	SettledBy   string
	SettledAt   *time.Time
	// Receipt is the contact's.
	Receipt string
}

const callBackColumns = `b.id, b.contact, b.kind, b.child, b.screening, b.channel, b.partner, b.due_at, b.round, b.tries, b.attempts, b.next_at,
	b.delivered_at, b.gave_up_at, b.failure, b.settled, b.settled_by, b.settled_at, c.receipt`

const callBackTables = ` FROM call_back b JOIN contact c ON c.id = b.contact `

// callBackShown leaves out what nobody has tried yet: it may turn out that there is nobody to tell.
const callBackShown = `NOT (b.channel = '' AND b.failure = '')`

// closed tells one that is not tried any more by itself.
func (b *callBack) closed() bool {
	return b.DeliveredAt != nil || b.SettledAt != nil || b.GaveUpAt != nil
}

func (b *callBack) message(authority string) *referralv1.CallBack {
	shown := &referralv1.CallBack{
		Name: callBackName(authority, b.ID), Contact: contactName(authority, b.Contact), Receipt: b.Receipt, Kind: b.Kind, Channel: b.Channel,
		DueAt: timestamppb.New(b.DueAt), Attempts: b.Attempts, DeliveredAt: stamp(b.DeliveredAt), Failure: b.Failure,
		Settled: b.Settled, SettledAt: stamp(b.SettledAt),
	}
	if b.Partner != "" {
		shown.Partner = inAuthority(authority, "partners/"+b.Partner)
	}
	if b.SettledBy != "" {
		shown.SettledBy = inAuthority(authority, b.SettledBy)
	}
	if !b.closed() {
		shown.NextAttemptAt = stamp(b.NextAt)
	}
	return shown
}

// seen keeps that a person of the Referral Team has the contact before them, once, and lets the referrer hear of it. Of
// many at once one is the first.
func (s *Service) seen(ctx context.Context, tx pgx.Tx, c *contact, by string, at time.Time) error {
	if c.SeenAt != nil {
		return nil
	}
	tag, err := tx.Exec(ctx, `UPDATE contact SET seen_at = $2, seen_by = $3 WHERE id = $1 AND seen_at IS NULL`, c.ID, at, by)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return tx.QueryRow(ctx, `SELECT seen_at, seen_by FROM contact WHERE id = $1`, c.ID).Scan(&c.SeenAt, &c.SeenBy)
	}
	c.SeenAt, c.SeenBy = &at, by
	return s.letHear(ctx, tx, c, callBack{Kind: kindSeen, DueAt: at})
}

// letHear puts a word to the contact's referrer aside, in the transaction of what it tells of. A partner is looked up
// when it is sent; an individual can be told only by e-mail.
func (s *Service) letHear(ctx context.Context, tx pgx.Tx, c *contact, b callBack) error {
	if c.PartnerID != nil {
		b.Partner = *c.PartnerID
	} else {
		email, err := emailOf(ctx, tx, c.ID)
		if err != nil || email == "" || !s.reach.Mailer().Can() {
			return err
		}
	}
	b.ID, b.Contact = uuid.Must(uuid.NewV7()), c.ID
	_, err := tx.Exec(ctx, `INSERT INTO call_back (id, contact, kind, child, screening, channel, partner, due_at, round, tries, attempts, next_at,
		failure, settled, settled_by) VALUES ($1, $2, $3, $4, $5, '', $6, $7, 0, 0, 0, $7, '', '', '')`,
		b.ID, b.Contact, b.Kind, b.Child, b.Screening, b.Partner, b.DueAt)
	if err != nil {
		return err
	}
	return s.jobs.Insert(ctx, tx, callBackJob{CallBack: b.ID.String()}, nil)
}

// emailOf is where the person who told can be written to, by the text that stands; empty for nowhere.
func emailOf(ctx context.Context, tx pgx.Tx, contact uuid.UUID) (string, error) {
	var text []byte
	err := tx.QueryRow(ctx, `SELECT told FROM told_version WHERE contact = $1 ORDER BY told_version DESC LIMIT 1`, contact).Scan(&text)
	if err != nil {
		return "", err
	}
	told, err := readTold(text)
	return told.GetSource().GetEmail(), err
}

// callBackOf reads a call-back, locked for change. It answers NOT_FOUND where there is none.
func callBackOf(ctx context.Context, tx pgx.Tx, id uuid.UUID) (*callBack, error) {
	rows, err := tx.Query(ctx, `SELECT `+callBackColumns+callBackTables+`WHERE b.id = $1 FOR NO KEY UPDATE OF b`, id)
	if err != nil {
		return nil, err
	}
	b, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[callBack])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound()
	}
	return b, err
}

// callBacksOf reads what the referrer of a contact was told, newest first.
func callBacksOf(ctx context.Context, tx pgx.Tx, contact uuid.UUID) ([]*callBack, error) {
	rows, err := tx.Query(ctx, `SELECT `+callBackColumns+callBackTables+`WHERE b.contact = $1 AND `+callBackShown+` ORDER BY b.due_at DESC, b.id DESC`, contact)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[callBack])
}

// saveCallBack keeps what changes of a call-back.
func saveCallBack(ctx context.Context, tx pgx.Tx, b *callBack) error {
	_, err := tx.Exec(ctx, `UPDATE call_back SET channel = $2, round = $3, tries = $4, attempts = $5, next_at = $6, delivered_at = $7, gave_up_at = $8,
		failure = $9, settled = $10, settled_by = $11, settled_at = $12 WHERE id = $1`, b.ID, b.Channel, b.Round, b.Tries, b.Attempts, b.NextAt,
		b.DeliveredAt, b.GaveUpAt, b.Failure, b.Settled, b.SettledBy, b.SettledAt)
	return err
}
