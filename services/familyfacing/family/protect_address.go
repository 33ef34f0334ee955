package family

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// ProtectAddress takes a person's address, postcode and phone out of every answer but RevealAddress's, or puts them back,
// by a member of the family's team, with the reason. Errors: NOT_A_MEMBER, NOT_FOUND outside the team or for somebody who
// is not of the family, CHANGED, NOTHING_CHANGES.
func (s *Service) ProtectAddress(ctx context.Context, req *familyfacingv1.ProtectAddressRequest) (*familyfacingv1.ProtectAddressResponse, error) {
	person, err := personIn(req.GetName())
	if err != nil {
		return nil, err
	}
	purpose := "protect an address"
	if !req.GetProtected() {
		purpose = "no longer protect an address"
	}
	return change(ctx, s, changing[*familyfacingv1.ProtectAddressResponse]{
		req: req, purpose: purpose,
		wrap: func(m *familyfacingv1.Family) *familyfacingv1.ProtectAddressResponse {
			return &familyfacingv1.ProtectAddressResponse{Family: m}
		},
		apply: func(ctx context.Context, tx pgx.Tx, f *family, now time.Time) error {
			was := false
			err := tx.QueryRow(ctx, `SELECT address_protected FROM person WHERE family = $1 AND id = $2`, f.ID, person).Scan(&was)
			if errors.Is(err, pgx.ErrNoRows) {
				return fault.NotFound()
			}
			if err != nil {
				return fmt.Errorf("read person: %w", err)
			}
			if was == req.GetProtected() {
				return fault.Refused("NOTHING_CHANGES", "protected", "the address is protected already, or is not")
			}
			return protect(ctx, tx, person, protection{req.GetProtected(), req.GetReason(), now})
		},
	})
}

// protection is that an address is protected from then on, or no longer, and why.
type protection struct {
	protected bool
	reason    string
	at        time.Time
}

func protect(ctx context.Context, tx pgx.Tx, person uuid.UUID, p protection) error {
	if _, err := tx.Exec(ctx, `UPDATE person SET address_protected = $2 WHERE id = $1`, person, p.protected); err != nil {
		return fmt.Errorf("protect an address: %w", err)
	}
	_, err := tx.Exec(ctx, `INSERT INTO address_protection (person, protected, reason, decided_by, at, written_at) VALUES ($1, $2, $3, $4, $5, $5)`,
		person, p.protected, p.reason, decider(ctx), p.at)
	if err != nil {
		return fmt.Errorf("keep that an address is protected: %w", err)
	}
	return nil
}

// protectAlike protects the addresses of newcomers where somebody of the family has a protected one at that address or
// postcode: a new contact must not show what the team hides. One too many costs a reason to see it.
func protectAlike(ctx context.Context, tx pgx.Tx, family uuid.UUID) error {
	_, err := tx.Exec(ctx, `UPDATE person p SET address_protected = true WHERE p.family = $1 AND NOT p.address_protected
		AND NOT EXISTS (SELECT FROM address_protection a WHERE a.person = p.id)
		AND EXISTS (SELECT FROM person q WHERE q.family = $1 AND q.address_protected AND (q.address_key = p.address_key
			OR q.postcode <> '' AND upper(replace(q.postcode, ' ', '')) = upper(replace(p.postcode, ' ', ''))))`, family)
	if err != nil {
		return fmt.Errorf("protect newcomers' addresses: %w", err)
	}
	return nil
}

// hideProtected takes what is protected now out of an answer that was given before.
func hideProtected(ctx context.Context, tx pgx.Tx, family uuid.UUID, given *familyfacingv1.Family) error {
	rows, err := tx.Query(ctx, `SELECT id FROM person WHERE family = $1 AND address_protected`, family)
	if err != nil {
		return fmt.Errorf("look for protected addresses: %w", err)
	}
	hidden, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("look for protected addresses: %w", err)
	}
	for _, p := range given.GetPeople() {
		for _, id := range hidden {
			if part(p.GetName(), 5) == id.String() {
				p.AddressProtected = true
				withoutAddress(p)
			}
		}
	}
	return nil
}

// withoutAddress takes out what tells where somebody is.
func withoutAddress(p *familyfacingv1.Person) {
	p.Address, p.Postcode, p.Phone = "", "", ""
}
