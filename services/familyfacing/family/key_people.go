package family

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/services/familyfacing/likeness"
)

// keyedAtOnce is how many people get new keys in one transaction.
const keyedAtOnce = 500

// KeyPeople gives keys to everybody who was written down before there were any, or by older rules, in all authorities. Until
// then they are not found. It shows nobody anything, so it leaves no audit row. Two processes may do it at once.
func (s *Service) KeyPeople(ctx context.Context) error {
	for _, authority := range s.db.Authorities() {
		ctx := passport.WithAuthority(ctx, authority)
		for done := false; !done; {
			err := s.db.Tx(ctx, func(tx pgx.Tx) error {
				keyed, err := keySome(ctx, tx)
				done = keyed < keyedAtOnce
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func keySome(ctx context.Context, tx pgx.Tx) (int, error) {
	rows, err := tx.Query(ctx, `SELECT id, full_name, also_known_as, coalesce(birth_date::text, ''), coalesce(nhs_number, ''), coalesce(upn, ''),
		phone, address, postcode FROM person WHERE keyed < $1 LIMIT $2 FOR UPDATE SKIP LOCKED`, likeness.Version, keyedAtOnce)
	if err != nil {
		return 0, fmt.Errorf("look for people without keys: %w", err)
	}
	batch := &pgx.Batch{}
	var words []string
	var id uuid.UUID
	var p likeness.Person
	_, err = pgx.ForEachRow(rows, []any{&id, &p.FullName, &p.AlsoKnownAs, &p.BirthDate, &p.NHSNumber, &p.UPN, &p.Phone, &p.Address, &p.Postcode}, func() error {
		t := likeness.Of(p)
		words = append(words, t.Words...)
		batch.Queue(`UPDATE person SET names = $2, place = $3, phones = $4, keys = $5, keyed = $6 WHERE id = $1`,
			id, likeness.FormatNames(t.Names), t.Place.String(), strings.Join(t.Phones, " "), t.Keys, likeness.Version)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("look for people without keys: %w", err)
	}
	if batch.Len() == 0 {
		return 0, nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, fmt.Errorf("give people keys: %w", err)
	}
	return batch.Len(), keepWords(ctx, tx, words)
}
