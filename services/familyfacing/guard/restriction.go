package guard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// reviewWithin is how many days after it was made or reviewed a restriction is reviewed, at the latest.
const reviewWithin = 90

// What is done to a restriction, in the words of the table.
const (
	made     = "RESTRICTED"
	reviewed = "REVIEWED"
	lifted   = "LIFTED"
)

const restrictionColumns = `family, kind, reason, people, restricted_by, restricted_at, review_due_by`

// restriction is a restriction in force.
type restriction struct {
	family       uuid.UUID
	kind, reason string
	people       []uuid.UUID
	by           uuid.UUID
	at, dueBy    time.Time
}

func scanRestriction(row pgx.CollectableRow) (r restriction, err error) {
	err = row.Scan(&r.family, &r.kind, &r.reason, &r.people, &r.by, &r.at, &r.dueBy)
	return r, err
}

// message is the restriction as a guardian sees it.
func (r restriction) message(ctx context.Context, now time.Time) *familyfacingv1.Restriction {
	m := &familyfacingv1.Restriction{
		Family: named(ctx, "families", r.family), Kind: familyfacingv1.RestrictionKind(familyfacingv1.RestrictionKind_value["RESTRICTION_KIND_"+r.kind]),
		Reason: r.reason, RestrictedBy: named(ctx, "people", r.by), RestrictedAt: timestamppb.New(r.at),
		ReviewDueBy: timestamppb.New(r.dueBy), ReviewOverdue: now.After(r.dueBy),
	}
	for _, p := range r.people {
		m.People = append(m.People, named(ctx, "people", p))
	}
	return m
}

// subjects are the ids that an audit row about the restriction names.
func (r restriction) subjects() []string {
	all := []string{"families/" + r.family.String(), "people/" + r.by.String()}
	for _, p := range r.people {
		all = append(all, "people/"+p.String())
	}
	return all
}

// inForce locks the restriction of a family. Errors: NOT_FOUND where there is no such family, NOT_RESTRICTED.
func inForce(ctx context.Context, tx pgx.Tx, family uuid.UUID) (restriction, error) {
	rows, err := tx.Query(ctx, `SELECT `+restrictionColumns+` FROM restriction WHERE family = $1 AND lifted_at IS NULL FOR UPDATE`, family)
	if err != nil {
		return restriction{}, fmt.Errorf("read restriction: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRestriction)
	if err == nil {
		return r, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return r, fmt.Errorf("read restriction: %w", err)
	}
	exists := false
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM family WHERE id = $1)`, family).Scan(&exists); err != nil {
		return r, fmt.Errorf("read family: %w", err)
	}
	if !exists {
		return r, fault.NotFound()
	}
	return r, fault.Refused("NOT_RESTRICTED", "", "the family is not restricted, or no longer")
}

// keep writes down what was done to a restriction, and why.
func (r restriction) keep(ctx context.Context, tx pgx.Tx, act, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO restriction_change (family, act, kind, reason, people, changed_by, at, written_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`, r.family, act, r.kind, reason, r.people, passport.From(ctx).Actor(), now)
	if err != nil {
		return fmt.Errorf("keep the change of a restriction: %w", err)
	}
	return nil
}
