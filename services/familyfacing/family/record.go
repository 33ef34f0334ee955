package family

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/fault"
)

const familyColumns = `f.id, f.version, f.state, f.team, f.contact, f.opened_at, f.worker, f.cover, f.allocated_at, f.first_allocated_at, f.handovers,
	f.urgent_since, f.urgent_acknowledged_by, f.urgent_acknowledged_at, f.closed_at, f.changed_by, f.changed_at,
	f.weight_tenths, f.last_event, f.last_event_at`

// querier is a transaction or a pool.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// read gives a family as it is, for what events and jobs bring; what does not exist is not found. What a person asks for
// goes through find.
func read(ctx context.Context, db querier, id uuid.UUID) (*family, error) {
	return scanFamily(db.QueryRow(ctx, `SELECT `+familyColumns+` FROM family f WHERE f.id = $1`, id))
}

// lock is read, and nobody else changes the family until the transaction ends.
func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (*family, error) {
	return scanFamily(tx.QueryRow(ctx, `SELECT `+familyColumns+` FROM family f WHERE f.id = $1 FOR UPDATE`, id))
}

// scanFamily reads familyColumns and what else was asked for.
func scanFamily(row pgx.Row, more ...any) (*family, error) {
	f := &family{}
	var worker, cover *uuid.UUID
	columns := []any{
		&f.ID, &f.Version, &f.State, &f.Team, &f.Contact, &f.OpenedAt, &worker, &cover, &f.AllocatedAt, &f.FirstAllocatedAt, &f.Handovers,
		&f.UrgentSince, &f.AcknowledgedBy, &f.AcknowledgedAt, &f.ClosedAt, &f.ChangedBy, &f.ChangedAt,
		&f.WeightTenths, &f.LastEvent, &f.LastEventAt,
	}
	err := row.Scan(append(columns, more...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("read family: %w", err)
	}
	if worker != nil && cover != nil {
		f.With = &assignment{worker: *worker, cover: *cover}
	}
	return f, nil
}

// save writes a locked family's whole row in one statement, so that it is never between two states, as its next version.
func save(ctx context.Context, tx pgx.Tx, f *family, at time.Time) error {
	f.Version, f.ChangedBy, f.ChangedAt = f.Version+1, actor(ctx), at
	worker, cover := f.people()
	_, err := tx.Exec(ctx, `UPDATE family SET version = $2, state = $3, team = $4, worker = $5, cover = $6, allocated_at = $7,
		first_allocated_at = $8, handovers = $9, urgent_since = $10, urgent_acknowledged_by = $11, urgent_acknowledged_at = $12,
		closed_at = $13, changed_by = $14, changed_at = $15, weight_tenths = $16, last_event = $17, last_event_at = $18 WHERE id = $1`,
		f.ID, f.Version, f.State, f.Team, worker, cover, f.AllocatedAt, f.FirstAllocatedAt, f.Handovers, f.UrgentSince,
		f.AcknowledgedBy, f.AcknowledgedAt, f.ClosedAt, f.ChangedBy, f.ChangedAt, f.WeightTenths, f.LastEvent, f.LastEventAt)
	if err != nil {
		return fmt.Errorf("save family: %w", err)
	}
	return nil
}

// people are the worker and the cover; nil while nobody is allocated.
func (f *family) people() (worker, cover *uuid.UUID) {
	if f.With == nil {
		return nil, nil
	}
	return &f.With.worker, &f.With.cover
}

// etag names the version that was read.
func (f *family) etag() string { return strconv.FormatInt(f.Version, 10) }

// unchanged refuses a change of another version than the present one, naming who was first.
func (f *family) unchanged(ctx context.Context, etag string) error {
	if etag == f.etag() {
		return nil
	}
	by, at := actorName(ctx, f.ChangedBy), f.ChangedAt.UTC().Format(time.RFC3339)
	who := by
	if who == "" {
		who = "news from the Referral Team"
	}
	return fault.Conflict("CHANGED", "the family was changed by "+who+" at "+at+"; look again, then send your change with the new etag",
		map[string]string{"etag": f.etag(), "changedBy": by, "changedAt": at})
}

// The kinds of involvement.
const (
	opened       = "OPENED"
	allocatedTo  = "ALLOCATED"
	handedOver   = "HANDED_OVER"
	deferredFrom = "DEFERRED"
)

// involvement is a change of who works with a family.
type involvement struct {
	kind      string
	reason    string
	childTold bool
	at        time.Time
	written   time.Time
}

// involve writes down who works with the family from now on. Save the family after it.
func involve(ctx context.Context, tx pgx.Tx, f *family, i involvement) error {
	worker, cover := f.people()
	f.happened(i.kind, i.at)
	_, err := tx.Exec(ctx, `INSERT INTO involvement (family, kind, team, worker, cover, reason, child_told, decided_by, at, written_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		f.ID, i.kind, f.Team, worker, cover, i.reason, i.childTold, decider(ctx), i.at, i.written)
	if err != nil {
		return fmt.Errorf("write involvement: %w", err)
	}
	return nil
}

// stand is a child's new standing with its team, and why.
type stand struct {
	as      standing
	reason  string
	at      time.Time
	written time.Time
}

// setStanding changes a child's standing and keeps the change.
func setStanding(ctx context.Context, tx pgx.Tx, person uuid.UUID, s stand) error {
	if _, err := tx.Exec(ctx, `UPDATE person SET standing = $2, standing_reason = $3 WHERE id = $1`, person, s.as, s.reason); err != nil {
		return fmt.Errorf("set standing: %w", err)
	}
	_, err := tx.Exec(ctx, `INSERT INTO child_standing (person, standing, reason, decided_by, at, written_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		person, s.as, s.reason, actor(ctx), s.at, s.written)
	if err != nil {
		return fmt.Errorf("keep standing: %w", err)
	}
	return nil
}

// childLeft says whether any child is still with the team, or may be.
func childLeft(ctx context.Context, tx pgx.Tx, family uuid.UUID) (bool, error) {
	var left bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM person WHERE family = $1 AND standing IN ('WITH_TEAM', 'REVISED'))`, family).Scan(&left)
	if err != nil {
		return false, fmt.Errorf("look for children: %w", err)
	}
	return left, nil
}
