package family

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// referredChild is where a contact's child is by the latest screening taken in.
type referredChild struct {
	child, contact, family, person uuid.UUID
	// added is false where the family knew the child before.
	added     bool
	screening int
	withdrawn bool
}

// referralOf locks a child's referral; nil where it was never referred.
func referralOf(ctx context.Context, tx pgx.Tx, child uuid.UUID) (*referredChild, error) {
	r := &referredChild{child: child}
	err := tx.QueryRow(ctx, `SELECT contact, family, person, added, screening, withdrawn FROM referred_child WHERE contact_child = $1 FOR UPDATE`, child).
		Scan(&r.contact, &r.family, &r.person, &r.added, &r.screening, &r.withdrawn)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read referral: %w", err)
	}
	return r, nil
}

func keepReferral(ctx context.Context, tx pgx.Tx, r referredChild) error {
	_, err := tx.Exec(ctx, `INSERT INTO referred_child (contact_child, contact, family, person, added, screening, withdrawn)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (contact_child) DO UPDATE SET
		family = excluded.family, person = excluded.person, added = excluded.added, screening = excluded.screening, withdrawn = excluded.withdrawn`,
		r.child, r.contact, r.family, r.person, r.added, r.screening, r.withdrawn)
	if err != nil {
		return fmt.Errorf("keep referral: %w", err)
	}
	return nil
}
