package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// arrived is a contact on its way into the bare handler's database.
type arrived struct {
	id     uuid.UUID
	key    string
	text   []byte
	told   *told
	answer []byte
	at     time.Time
}

// sender stands in for the partner's id in the directory.
const sender = "019a0000-0000-7000-8000-000000000001"

// write puts the same rows into the same tables as services/referral/receive.go, in the same way: one batch in one round
// trip, which is one transaction.
func (b *bare) write(ctx context.Context, a arrived) error {
	batch := &pgx.Batch{}
	digest := sha256.Sum256(a.text)
	batch.Queue(`INSERT INTO request (client, method, key, digest, scheme, response, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		"partner/"+sender, "/kith.referral.v1.ReferralService/ReceiveContact", a.key, digest[:], 1, a.answer, a.at)
	a.contact(batch, digest[:])
	batch.Queue(`INSERT INTO told_version (contact, told_version, contact_version, told, reason, told_by, written_by, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, a.id, 1, 1, a.text, "", "partners/"+sender, "partners/"+sender, a.at)
	subjects := []string{"contacts/" + a.id.String()}
	for place := range a.told.Children {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		a.child(batch, id, place)
		subjects = append(subjects, "children/"+id.String())
	}
	if err := a.trail(batch, subjects); err != nil {
		return err
	}
	return b.pool.SendBatch(ctx, batch).Close()
}

func (a arrived) contact(batch *pgx.Batch, digest []byte) {
	names := make([]string, 0, len(a.told.Children))
	for _, c := range a.told.Children {
		names = append(names, c.Name)
	}
	batch.Queue(`INSERT INTO contact (id, receipt, version, told_version, state, rank, source_code, partner_id, received_from, their_reference, text_digest,
		version_of, received_at, written_at, decision_due_by, decided_at, immediate_danger, danger_acknowledged_at, danger_acknowledged_by,
		delivery_failed, needs_person, taken_back_at, taken_back_reason, over_limit, children_undecided, child_names, teams,
		changed_at, changed_by, changed_how) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
		$18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)`,
		a.id, receiptOf(a.id), 1, 1, 1, 1, a.told.Source.Code, sender, "partners/"+sender, a.told.Source.Reference, digest,
		nil, a.at, a.at, a.at.AddDate(0, 0, 1), nil, a.told.ImmediateDanger, nil, "",
		false, []int16{}, nil, "", false, len(names), names, []string{"north-kensington"}, a.at, "partners/"+sender, "RECEIVED")
}

func (a arrived) child(batch *pgx.Batch, id uuid.UUID, place int) {
	c := a.told.Children[place]
	batch.Queue(`INSERT INTO child (id, contact, place, since_version, name, nhs_number, birth_date, surname_key, postcode, address_key, postcode_unknown,
		needs, first_team, team, team_reason, already_open_family, family, outcome, progress)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		id, a.id, place, 1, c.Name, c.NHSNumber, c.BirthDate, c.Name, c.Postcode, c.Address+c.Postcode, false,
		0, "north-kensington", "north-kensington", "", nil, nil, 0, "")
}

// trail adds the audit row and the event.
func (a arrived) trail(batch *pgx.Batch, subjects []string) error {
	ids := [2]uuid.UUID{}
	for i := range ids {
		var err error
		if ids[i], err = uuid.NewV7(); err != nil {
			return err
		}
	}
	salt := make([]byte, 16)
	// crypto/rand.Read never fails.
	_, _ = rand.Read(salt)
	sum := sha256.Sum256(append(salt, a.text...))
	batch.Queue(`INSERT INTO audit (id, at, actor_kind, actor, entry, method, reason, subjects, allowed, denial, salt, digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		ids[0], a.at, "partner", sender, "gateway", "/kith.referral.v1.ReferralService/ReceiveContact", "receive a contact", subjects, true, "", salt, sum[:])
	batch.Queue(`INSERT INTO event (id, type, entity, version, facts, at, caused_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		ids[1], "contact_received", "contact/"+a.id.String(), 1, fmt.Appendf(nil, `{"contact":%q}`, a.id), a.at, "partner/"+sender)
	return nil
}

// receiptOf is a short text that no other contact has.
func receiptOf(id uuid.UUID) string { return fmt.Sprintf("%X", id[9:]) }
