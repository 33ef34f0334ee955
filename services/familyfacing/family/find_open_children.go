package family

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/pkg/passport"
)

// mostFound is the largest number of children that are suggested for one sought.
const mostFound = 20

// FindOpenChildren suggests open families that may hold the children described, each with its reasons, strongest first,
// for a member of the Referral Team or a service. It links nothing. Errors: NOT_A_MEMBER.
func (s *Service) FindOpenChildren(ctx context.Context, req *familyfacingv1.FindOpenChildrenRequest) (*familyfacingv1.FindOpenChildrenResponse, error) {
	now := s.now()
	if err := maySearch(passport.From(ctx), now); err != nil {
		return nil, err
	}
	response := &familyfacingv1.FindOpenChildrenResponse{}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		response.Found = nil
		var names []string
		for i, sought := range req.GetChildren() {
			found, err := findOpen(ctx, tx, evidenceOf(sought))
			if err != nil {
				return fmt.Errorf("search open families: %w", err)
			}
			for _, f := range found {
				family := named(ctx, "families", &f.family)
				response.Found = append(response.Found, &familyfacingv1.OpenChild{
					Sought: int32(i), Family: family, FullName: f.fullName, Reasons: f.reasons, //nolint:gosec // at most 30 are sought
				})
				names = append(names, family, personName(ctx, f.family, f.person, true))
			}
		}
		return audit.Write(ctx, tx, now, "look for open cases of children in a contact", subjects(names)...)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

// evidenceOf reads what a contact says of a child.
func evidenceOf(c *familyfacingv1.SoughtChild) evidence {
	given, surname := identifiers.Name(c.GetFullName())
	return evidence{
		nhsNumber: c.GetNhsNumber(), given: first(given), surnameKey: identifiers.NameKey(surname),
		birthDate: isoDate(c.GetBirthDate()), addressKey: addressKey(c.GetAddress(), c.GetPostcode()),
	}
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// openChild is a child of an open family that may be the one sought.
type openChild struct {
	family, person uuid.UUID
	fullName       string
	known          evidence
	reasons        []string
}

// findOpen looks by each of the three keys, so that each look is one index's, and weighs what it finds.
func findOpen(ctx context.Context, tx pgx.Tx, sought evidence) ([]openChild, error) {
	rows, err := tx.Query(ctx, `SELECT p.family, p.id, p.full_name, coalesce(p.nhs_number, ''), p.given_name, coalesce(p.surname_key, ''),
			coalesce(p.birth_date::text, ''), coalesce(p.address_key, '') FROM (
				SELECT id FROM person WHERE is_child AND nhs_number = nullif($1, '')
				UNION SELECT id FROM person WHERE is_child AND surname_key = nullif($2, '') AND birth_date = nullif($3, '')::date
				UNION SELECT id FROM person WHERE is_child AND address_key = nullif($4, '')) found
			JOIN person p ON p.id = found.id JOIN family f ON f.id = p.family
			WHERE f.state IN ('AWAITING_ALLOCATION', 'ALLOCATED') AND p.standing IN ('WITH_TEAM', 'REVISED')`,
		sought.nhsNumber, sought.surnameKey, sought.birthDate, sought.addressKey)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (openChild, error) {
		var c openChild
		err := row.Scan(&c.family, &c.person, &c.fullName, &c.known.nhsNumber, &c.known.given, &c.known.surnameKey, &c.known.birthDate, &c.known.addressKey)
		c.reasons = sameChild(sought, c.known)
		return c, err
	})
	if err != nil {
		return nil, err
	}
	likely := slices.DeleteFunc(all, func(c openChild) bool { return len(c.reasons) == 0 })
	slices.SortFunc(likely, func(a, b openChild) int {
		return cmp.Or(cmp.Compare(strength(a.reasons), strength(b.reasons)), cmp.Compare(a.person.String(), b.person.String()))
	})
	return likely[:min(len(likely), mostFound)], nil
}

// strength sorts by the strongest reason, then by how many there are; less is stronger.
func strength(reasons []string) int {
	order := []string{sameNHSNumber, sameSurnameBirth, sameAddressFirst}
	return slices.Index(order, reasons[0])*len(order) - len(reasons)
}
