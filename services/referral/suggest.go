package referral

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

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

// What speaks against two children's being one: twins share a surname and a birth date.
const (
	otherNumber = "another NHS number"
	otherFirst  = "another first name"
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
	// weight is in hundredths of a bit, as MatchPeople weighs, so that contacts and families stand in one order.
	weight int32
}

// What each reason and doubt counts for an earlier contact: about what familyfacing's table has for the things in it.
func weigh(reasons, doubts []string) int32 {
	weight := int32(0)
	for _, r := range slices.Concat(reasons, doubts) {
		switch r {
		case sameNumber:
			weight += 2000
		case sameBirth:
			weight += 2000
		case sameAddress:
			weight += 1700
		case otherNumber:
			weight -= 600
		default:
			weight -= 1500
		}
	}
	return weight
}

// openFamilies asks which open families may hold the children.
func (s *Service) openFamilies(ctx context.Context, l *look, tolds []*referralv1.Told) ([]suggestion, error) {
	req := &familyfacingv1.MatchPeopleRequest{Parent: "authorities/" + l.authority, OpenChildrenOnly: true}
	var sought []*child
	for _, c := range l.children {
		told := toldAt(tolds, int(c.Place))
		if told == nil || len(req.GetSought()) == 30 {
			continue
		}
		one := &familyfacingv1.Sought{
			Name: told.GetName(), AlsoKnownAs: told.GetAlsoKnownAs(), BirthDate: c.BirthDate, Age: told.GetAge(), Sex: told.GetSex(),
			NhsNumber: c.NHSNumber, Upn: told.GetUpn(), Address: told.GetAddress(), Postcode: c.Postcode,
		}
		if proto.Size(one) == 0 {
			// Of a boy above the chip shop there is nothing to look for.
			continue
		}
		sought = append(sought, c)
		req.Sought = append(req.Sought, one)
	}
	if len(sought) == 0 {
		return nil, nil
	}
	answer, err := s.match.MatchPeople(ctx, req)
	if err != nil {
		return nil, err
	}
	var found []suggestion
	for _, m := range answer.GetMatches() {
		if int(m.GetSought()) >= len(sought) || m.GetSought() < 0 {
			continue
		}
		found = append(found, suggestion{&referralv1.Suggestion{
			Child:  childName(l.authority, l.contact.ID, sought[m.GetSought()].ID),
			Family: m.GetFamily(), Person: m.GetFullName(), Reasons: m.GetReasons(), Doubts: m.GetDoubts(), Team: m.GetTeam(),
			Linked: linkedTo(sought[m.GetSought()], l.authority, m.GetFamily()),
		}, m.GetWeightHundredths()})
	}
	return found, nil
}

// linkedTo says whether a person already said that the child is of that family.
func linkedTo(c *child, authority, family string) bool {
	return family != "" && (familyName(authority, c.AlreadyOpenFamily) == family || familyName(authority, c.Family) == family)
}

// earlierChild is a child of an earlier contact.
type earlierChild struct {
	child
	receipt    string
	receivedAt time.Time
	linked     bool
}

// earlier finds contacts with a child that shares a sign with one of this contact's.
func (l *look) earlier(ctx context.Context, tx pgx.Tx) ([]suggestion, error) {
	var found []suggestion
	for _, mine := range l.children {
		rows, err := tx.Query(ctx, `SELECT c.id, c.contact, c.name, c.nhs_number, c.birth_date, c.surname_key, c.address_key, contact.receipt,
				contact.received_at, EXISTS (SELECT FROM link WHERE link.contact = $5 AND link.other = contact.id) FROM (
				(SELECT * FROM child WHERE nhs_number = $1 AND nhs_number <> '' AND $1 <> '' LIMIT 200)
				UNION (SELECT * FROM child WHERE surname_key = $2 AND birth_date = $3 AND surname_key <> '' AND birth_date <> '' AND $2 <> '' AND $3 <> '' LIMIT 200)
				UNION (SELECT * FROM child WHERE address_key = $4 AND address_key <> '' AND $4 <> '' LIMIT 200)) c
			JOIN contact ON contact.id = c.contact
			WHERE c.contact <> $5 AND contact.state <> 4 ORDER BY contact.received_at DESC, c.id LIMIT 200`,
			mine.NHSNumber, mine.SurnameKey, mine.BirthDate, mine.AddressKey, l.contact.ID)
		if err != nil {
			return nil, err
		}
		others, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*earlierChild, error) {
			c := &earlierChild{}
			err := row.Scan(&c.ID, &c.Contact, &c.Name, &c.NHSNumber, &c.BirthDate, &c.SurnameKey, &c.AddressKey, &c.receipt, &c.receivedAt, &c.linked)
			return c, err
		})
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			reasons, doubts := alike(mine, &other.child)
			if len(reasons) == 0 {
				continue
			}
			found = append(found, suggestion{&referralv1.Suggestion{
				Child: childName(l.authority, l.contact.ID, mine.ID), Contact: contactName(l.authority, other.Contact),
				Person: nameOr(other.Name), Reasons: reasons, Doubts: doubts, Receipt: other.receipt,
				ReceivedAt: timestamppb.New(other.receivedAt), Linked: other.linked,
			}, weigh(reasons, doubts)})
		}
	}
	return found, nil
}

// alike gives the reasons for which two children may be one, and what speaks against it. An address alone is no reason:
// siblings share it.
func alike(a, b *child) (reasons, doubts []string) {
	if a.NHSNumber != "" && a.NHSNumber == b.NHSNumber {
		reasons = append(reasons, sameNumber)
	}
	if a.SurnameKey != "" && a.SurnameKey == b.SurnameKey && a.BirthDate != "" && a.BirthDate == b.BirthDate {
		reasons = append(reasons, sameBirth)
	}
	first, other := firstName(a.Name), firstName(b.Name)
	similar, _ := identifiers.FirstNamesAlike(first, other)
	if a.AddressKey != "" && a.AddressKey == b.AddressKey && similar {
		reasons = append(reasons, sameAddress)
	}
	if a.NHSNumber != "" && b.NHSNumber != "" && a.NHSNumber != b.NHSNumber {
		doubts = append(doubts, otherNumber)
	}
	if given, others := givenNames(a.Name), givenNames(b.Name); !similar && given && others {
		doubts = append(doubts, otherFirst)
	}
	return reasons, doubts
}

// givenNames says whether a first name is told: of "Mrs Khan" it is not.
func givenNames(told string) bool {
	given, _ := identifiers.Name(told)
	return len(given) > 0 && identifiers.NameKey(given[0]) != ""
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
	slices.SortStableFunc(found, func(a, b suggestion) int { return cmp.Compare(b.weight, a.weight) })
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
