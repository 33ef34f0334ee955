package referral

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

const contactColumns = `id, receipt, version, told_version, state, rank, source_code, partner_id, received_from, their_reference, text_digest,
	version_of, received_at, written_at, decision_due_by, decided_at, immediate_danger, danger_acknowledged_at, danger_acknowledged_by,
	delivery_failed, needs_person, taken_back_at, taken_back_reason, over_limit, children_undecided, child_names, teams,
	changed_at, changed_by, changed_how, seen_at, seen_by, with_duty_since`

// contactSelect is a whole contact, with whether something for its referrer could not be delivered.
const contactSelect = contactColumns + `, EXISTS (SELECT FROM call_back b WHERE b.contact = contact.id AND b.undelivered) AS undelivered`

const childColumns = `id, contact, place, since_version, name, nhs_number, birth_date, surname_key, postcode, address_key, postcode_unknown,
	needs, first_team, team, team_reason, already_open_family, family, outcome, progress`

// contactOf reads a contact; locked for change where lock is true. It answers NOT_FOUND where there is none.
func contactOf(ctx context.Context, tx pgx.Tx, id uuid.UUID, lock bool) (*contact, error) {
	sql := `SELECT ` + contactSelect + ` FROM contact WHERE id = $1`
	if lock {
		sql += ` FOR NO KEY UPDATE`
	}
	rows, err := tx.Query(ctx, sql, id)
	if err != nil {
		return nil, err
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[contact])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound()
	}
	return c, err
}

// childrenOf reads the children of a contact, in the order told.
func childrenOf(ctx context.Context, tx pgx.Tx, contact uuid.UUID) ([]*child, error) {
	rows, err := tx.Query(ctx, `SELECT `+childColumns+` FROM child WHERE contact = $1 ORDER BY place`, contact)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[child])
}

func readTold(text []byte) (*referralv1.Told, error) {
	told := &referralv1.Told{}
	if err := proto.Unmarshal(text, told); err != nil {
		return nil, fmt.Errorf("read what was told: %w", err)
	}
	return told, nil
}

// executor is a transaction or a batch that is sent in one.
type executor interface {
	exec(sql string, args ...any) error
}

// queue lets the same statements go into a batch.
type queue struct{ *pgx.Batch }

func (q queue) exec(sql string, args ...any) error {
	q.Queue(sql, args...)
	return nil
}

// inside runs the statements one by one in a transaction.
type inside struct {
	ctx context.Context
	tx  pgx.Tx
}

func (i inside) exec(sql string, args ...any) error {
	_, err := i.tx.Exec(i.ctx, sql, args...)
	return err
}

func insertContact(to executor, c *contact) error {
	return to.exec(`INSERT INTO contact (`+contactColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
		$18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)`,
		c.ID, c.Receipt, c.Version, c.ToldVersion, c.State, c.Rank, c.SourceCode, c.PartnerID, c.ReceivedFrom, c.TheirReference, c.TextDigest,
		c.VersionOf, c.ReceivedAt, c.WrittenAt, c.DecisionDueBy, c.DecidedAt, c.ImmediateDanger, c.DangerAcknowledgedAt, c.DangerAcknowledgedBy,
		c.DeliveryFailed, c.NeedsPerson, c.TakenBackAt, c.TakenBackReason, c.OverLimit, c.ChildrenUndecided, c.ChildNames, c.Teams,
		c.ChangedAt, c.ChangedBy, c.ChangedHow, c.SeenAt, c.SeenBy, c.WithDutySince)
}

func insertChild(to executor, c *child) error {
	return to.exec(`INSERT INTO child (`+childColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		c.ID, c.Contact, c.Place, c.SinceVersion, c.Name, c.NHSNumber, c.BirthDate, c.SurnameKey, c.Postcode, c.AddressKey, c.PostcodeUnknown,
		c.Needs, c.FirstTeam, c.Team, c.TeamReason, c.AlreadyOpenFamily, c.Family, c.Outcome, c.Progress)
}

// wording is one version of what was told.
type wording struct {
	Contact                   uuid.UUID
	ToldVersion, Version      int32
	Told                      []byte
	Reason, ToldBy, WrittenBy string
	At                        time.Time
}

func insertTold(to executor, w wording) error {
	return to.exec(`INSERT INTO told_version (contact, told_version, contact_version, told, reason, told_by, written_by, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, w.Contact, w.ToldVersion, w.Version, w.Told, w.Reason, w.ToldBy, w.WrittenBy, w.At)
}

// saveChild keeps what changes of a child.
func saveChild(ctx context.Context, tx pgx.Tx, c *child) error {
	_, err := tx.Exec(ctx, `UPDATE child SET name = $2, nhs_number = $3, birth_date = $4, surname_key = $5, postcode = $6, address_key = $7,
		postcode_unknown = $8, needs = $9, team = $10, team_reason = $11, already_open_family = $12, family = $13, outcome = $14, progress = $15
		WHERE id = $1`, c.ID, c.Name, c.NHSNumber, c.BirthDate, c.SurnameKey, c.Postcode, c.AddressKey, c.PostcodeUnknown, c.Needs, c.Team,
		c.TeamReason, c.AlreadyOpenFamily, c.Family, c.Outcome, c.Progress)
	return err
}

// saveContact derives the contact from its children and keeps it, with its place in the history of its teams. The
// version is the caller's to raise.
func saveContact(ctx context.Context, tx pgx.Tx, c *contact, children []*child, now time.Time) error {
	c.derive(children, now)
	_, err := tx.Exec(ctx, `UPDATE contact SET version = $2, told_version = $3, state = $4, rank = $5, source_code = $6, decision_due_by = $7,
		decided_at = $8, immediate_danger = $9, danger_acknowledged_at = $10, danger_acknowledged_by = $11, delivery_failed = $12,
		needs_person = $13, taken_back_at = $14, taken_back_reason = $15, children_undecided = $16, child_names = $17, teams = $18,
		changed_at = $19, changed_by = $20, changed_how = $21, with_duty_since = $22 WHERE id = $1`,
		c.ID, c.Version, c.ToldVersion, c.State, c.Rank, c.SourceCode, c.DecisionDueBy, c.DecidedAt, c.ImmediateDanger, c.DangerAcknowledgedAt,
		c.DangerAcknowledgedBy, c.DeliveryFailed, c.NeedsPerson, c.TakenBackAt, c.TakenBackReason, c.ChildrenUndecided, c.ChildNames, c.Teams,
		c.ChangedAt, c.ChangedBy, c.ChangedHow, c.WithDutySince)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM finished_by_team WHERE contact = $1`, c.ID); err != nil {
		return err
	}
	if c.waits() {
		return nil
	}
	_, err = tx.Exec(ctx, `INSERT INTO finished_by_team (contact, team, state, source_code, received_at)
		SELECT $1, team, $3, $4, $5 FROM unnest($2::text[]) AS team`, c.ID, c.Teams, c.State, c.SourceCode, c.ReceivedAt)
	return err
}
