package referral

import (
	"context"
	"sort"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/identifiers"
)

// The reasons for which two children may be one, the strongest first.
const (
	sameNumber  = "the same NHS number"
	sameBirth   = "the same surname and birth date"
	sameAddress = "the same address and a similar first name"
)

// mostSuggestions is how many a person can weigh.
const mostSuggestions = 50

// SuggestLinks shows a member of the Referral Team earlier contacts and open families that may be about the same child,
// each with its reasons. It links nothing: twins, siblings at one address and a changed surname are where a matcher does
// harm. Where families can't be asked it fails, since an answer without them would look like nothing open.
func (s *Service) SuggestLinks(ctx context.Context, req *referralv1.SuggestLinksRequest) (*referralv1.SuggestLinksResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	id, err := contactID(req.GetName())
	if err != nil {
		return nil, err
	}
	var l *look
	var tolds []*referralv1.Told
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if l, err = s.open(ctx, tx, p.Authority, id, false); err != nil {
			return err
		}
		tolds, err = toldsUpTo(ctx, tx, id, l.contact.Version)
		return err
	})
	if err != nil {
		return nil, err
	}
	open, err := s.openFamilies(ctx, l, tolds)
	if err != nil {
		return nil, err
	}
	answer := &referralv1.SuggestLinksResponse{}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		found, err := l.earlier(ctx, tx)
		if err != nil {
			return err
		}
		answer.Suggestions = strongest(append(append([]suggestion{}, open...), found...))
		return audit.Write(ctx, tx, l.now, "look for the same children elsewhere", shownBy(l, answer)...)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// suggestion is something that may be about the same child, with its weight for the order.
type suggestion struct {
	message *referralv1.Suggestion
	weight  int
}

func weigh(reasons []string) int {
	weight := 0
	for _, r := range reasons {
		switch r {
		case sameNumber:
			weight += 4
		case sameBirth:
			weight += 2
		default:
			weight++
		}
	}
	return weight
}

// openFamilies asks which open families may hold the children.
func (s *Service) openFamilies(ctx context.Context, l *look, tolds []*referralv1.Told) ([]suggestion, error) {
	req := &familyfacingv1.FindOpenChildrenRequest{Parent: "authorities/" + l.authority}
	var sought []*child
	for _, c := range l.children {
		told := toldAt(tolds, int(c.Place))
		if told == nil || len(req.GetChildren()) == 30 {
			continue
		}
		sought = append(sought, c)
		req.Children = append(req.Children, &familyfacingv1.SoughtChild{
			NhsNumber: c.NHSNumber, FullName: told.GetName(), BirthDate: c.BirthDate, Address: told.GetAddress(), Postcode: c.Postcode,
		})
	}
	if len(sought) == 0 {
		return nil, nil
	}
	answer, err := s.families.FindOpenChildren(ctx, req)
	if err != nil {
		return nil, err
	}
	var found []suggestion
	for _, f := range answer.GetFound() {
		if int(f.GetSought()) >= len(sought) || f.GetSought() < 0 {
			continue
		}
		found = append(found, suggestion{&referralv1.Suggestion{
			Child:  childName(l.authority, l.contact.ID, sought[f.GetSought()].ID),
			Family: f.GetFamily(), Person: f.GetFullName(), Reasons: f.GetReasons(),
		}, weigh(f.GetReasons())})
	}
	return found, nil
}

// earlier finds contacts with a child that shares a sign with one of this contact's.
func (l *look) earlier(ctx context.Context, tx pgx.Tx) ([]suggestion, error) {
	var found []suggestion
	for _, mine := range l.children {
		rows, err := tx.Query(ctx, `SELECT c.id, c.contact, c.name, c.nhs_number, c.birth_date, c.surname_key, c.address_key FROM (
				(SELECT * FROM child WHERE nhs_number = $1 AND nhs_number <> '' AND $1 <> '' LIMIT 200)
				UNION (SELECT * FROM child WHERE surname_key = $2 AND birth_date = $3 AND surname_key <> '' AND birth_date <> '' AND $2 <> '' AND $3 <> '' LIMIT 200)
				UNION (SELECT * FROM child WHERE address_key = $4 AND address_key <> '' AND $4 <> '' LIMIT 200)) c
			JOIN contact ON contact.id = c.contact
			WHERE c.contact <> $5 AND contact.state <> 4 ORDER BY contact.received_at DESC, c.id LIMIT 200`,
			mine.NHSNumber, mine.SurnameKey, mine.BirthDate, mine.AddressKey, l.contact.ID)
		if err != nil {
			return nil, err
		}
		others, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*child, error) {
			c := &child{}
			err := row.Scan(&c.ID, &c.Contact, &c.Name, &c.NHSNumber, &c.BirthDate, &c.SurnameKey, &c.AddressKey)
			return c, err
		})
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			if reasons := alike(mine, other); len(reasons) > 0 {
				found = append(found, suggestion{&referralv1.Suggestion{
					Child: childName(l.authority, l.contact.ID, mine.ID), Contact: contactName(l.authority, other.Contact),
					Person: nameOr(other.Name), Reasons: reasons,
				}, weigh(reasons)})
			}
		}
	}
	return found, nil
}

// alike gives the reasons for which two children may be one. An address alone is none: siblings share it.
func alike(a, b *child) []string {
	var reasons []string
	if a.NHSNumber != "" && a.NHSNumber == b.NHSNumber {
		reasons = append(reasons, sameNumber)
	}
	if a.SurnameKey != "" && a.SurnameKey == b.SurnameKey && a.BirthDate != "" && a.BirthDate == b.BirthDate {
		reasons = append(reasons, sameBirth)
	}
	if a.AddressKey != "" && a.AddressKey == b.AddressKey {
		if similar, _ := identifiers.FirstNamesAlike(firstName(a.Name), firstName(b.Name)); similar {
			reasons = append(reasons, sameAddress)
		}
	}
	return reasons
}

func firstName(told string) string {
	given, family := identifiers.Name(told)
	if len(given) > 0 {
		return given[0]
	}
	return family
}

// strongest puts the strongest reasons first and leaves out what no person could weigh.
func strongest(found []suggestion) []*referralv1.Suggestion {
	sort.SliceStable(found, func(i, j int) bool { return found[i].weight > found[j].weight })
	var all []*referralv1.Suggestion
	for _, f := range found[:min(len(found), mostSuggestions)] {
		all = append(all, f.message)
	}
	return all
}

// shownBy lists the ids that the suggestions show.
func shownBy(l *look, answer *referralv1.SuggestLinksResponse) []string {
	all, seen := subjects(l.contact, l.children), map[string]bool{}
	add := func(kind, name string) {
		for i := len(name) - 1; i >= 0; i-- {
			if name[i] != '/' {
				continue
			}
			id := kind + name[i+1:]
			if _, err := uuid.Parse(name[i+1:]); err == nil && !seen[id] {
				seen[id] = true
				all = append(all, id)
			}
			return
		}
	}
	for _, s := range answer.GetSuggestions() {
		add("contacts/", s.GetContact())
		add("families/", s.GetFamily())
	}
	return all
}
