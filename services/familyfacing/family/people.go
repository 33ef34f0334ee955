package family

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/services/familyfacing/likeness"
)

// addPerson writes somebody down as one of the family. An adult whom the same contact told of before gets the fuller
// relationship.
func addPerson(ctx context.Context, tx pgx.Tx, family uuid.UUID, p person, now time.Time) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("new id: %w", err)
	}
	stands := ""
	if p.child {
		stands = string(withTeam)
	}
	traces := p.traces()
	_, err = tx.Exec(ctx, `INSERT INTO person (id, family, is_child, contact, contact_child, told_place, full_name, given_name, surname_key,
			birth_date, sex, nhs_number, address, postcode, address_key, relationship, standing, written_at, also_known_as, upn, phone,
			names, place, phones, keys, keyed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, ''), nullif($10, '')::date, $11, nullif($12, ''), $13, $14, nullif($15, ''), $16, $17, $18,
			$19, nullif($20, ''), $21, $22, $23, $24, $25, $26)
		ON CONFLICT (family, contact, told_place) WHERE NOT is_child AND contact IS NOT NULL
		DO UPDATE SET relationship = excluded.relationship`,
		id, family, p.child, p.contact, p.contactChild, p.place, p.fullName, p.given, p.surnameKey, p.birthDate, p.sex, p.nhsNumber,
		p.address, p.postcode, addressKey(p.address, p.postcode), p.relationship, stands, now, p.alsoKnownAs, p.upn, p.phone,
		likeness.FormatNames(traces.Names), traces.Place.String(), strings.Join(traces.Phones, " "), traces.Keys, likeness.Version)
	if err != nil {
		return uuid.Nil, fmt.Errorf("add a person: %w", err)
	}
	return id, keepWords(ctx, tx, traces.Words)
}

// keepWords adds words to those that somebody has. They are inserted in their order: two at once then wait for each other
// and do not lock each other out.
func keepWords(ctx context.Context, tx pgx.Tx, words []string) error {
	words = slices.Compact(slices.Sorted(slices.Values(words)))
	var hashes, of []int32
	sounds := make([]string, len(words))
	for i, w := range words {
		sounds[i] = likeness.Sound(w)
		for _, left := range likeness.Slips(w) {
			hashes, of = append(hashes, likeness.Slip(left)), append(of, int32(i+1)) //nolint:gosec // far fewer than two billion
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO known_word (word, sound, slips)
		SELECT w.word, w.sound, s.slips FROM unnest($1::text[], $2::text[]) WITH ORDINALITY w(word, sound, n)
		JOIN (SELECT n, array_agg(slip) AS slips FROM unnest($3::int[], $4::int[]) s(slip, n) GROUP BY n) s ON s.n = w.n
		WHERE NOT EXISTS (SELECT FROM known_word k WHERE k.word = w.word)
		ORDER BY w.word ON CONFLICT DO NOTHING`, words, sounds, hashes, of)
	if err != nil {
		return fmt.Errorf("keep words: %w", err)
	}
	return nil
}

// familyChild is a child of a family as the family has it.
type familyChild struct {
	id           uuid.UUID
	contactChild *uuid.UUID
	stands       standing
	known        evidence
}

func childrenOf(ctx context.Context, tx pgx.Tx, family uuid.UUID) ([]familyChild, error) {
	rows, err := tx.Query(ctx, `SELECT id, contact_child, standing, coalesce(nhs_number, ''), given_name, coalesce(surname_key, ''),
		coalesce(birth_date::text, ''), coalesce(address_key, '') FROM person WHERE family = $1 AND is_child ORDER BY id`, family)
	if err != nil {
		return nil, fmt.Errorf("read children: %w", err)
	}
	children, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (familyChild, error) {
		var c familyChild
		err := row.Scan(&c.id, &c.contactChild, &c.stands, &c.known.nhsNumber, &c.known.given, &c.known.surnameKey, &c.known.birthDate, &c.known.addressKey)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("read children: %w", err)
	}
	return children, nil
}

// certainlyIs says whether a child told of is the family's without a doubt: NHS number and birth date both agree.
func (c familyChild) certainlyIs(told evidence) bool {
	return told.nhsNumber != "" && told.birthDate != "" && c.known.nhsNumber == told.nhsNumber && c.known.birthDate == told.birthDate
}

// addWorry keeps the referrer's words with the family, once for each version of the contact.
func addWorry(ctx context.Context, tx pgx.Tx, family uuid.UUID, n news, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO worry (family, contact, version, received_at, words, screening_reason, written_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
		family, n.contact, n.version, n.told.GetReceivedAt().AsTime(), n.told.GetTold().GetWorry(), reason, now)
	if err != nil {
		return fmt.Errorf("keep the worry: %w", err)
	}
	return nil
}
