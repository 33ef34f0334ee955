package referral

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/rpc"
)

// arrival is a contact on its way in: everything about it is known before the transaction begins.
type arrival struct {
	authority string
	now       time.Time
	passport  *passport.Passport
	office    office
	told      *referralv1.Told
	text      []byte
	contact   *contact
	children  []*child
}

// arrive gathers what a contact needs. The directory is asked here; where it does not answer the contact is taken in
// all the same.
func (s *Service) arrive(ctx context.Context, p *passport.Passport, told *referralv1.Told, now time.Time) (*arrival, error) {
	a := &arrival{authority: p.Authority, now: now, passport: p, told: told}
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(told)
	if err != nil {
		return nil, fmt.Errorf("keep what was told: %w", err)
	}
	a.text = text
	a.office = s.office(ctx, a.authority)
	digest := sha256.Sum256(text)
	a.contact = &contact{
		Version: 1, ToldVersion: 1, State: undecided, SourceCode: told.GetSource().GetCode(), ReceivedFrom: who(p),
		TextDigest: digest[:], ReceivedAt: now, WrittenAt: now, DecisionDueBy: decisionDueBy(now, told.GetImmediateDanger(), a.office),
		ImmediateDanger: told.GetImmediateDanger(), OverLimit: rpc.OverLimit(ctx), ChangedAt: now, ChangedBy: who(p), ChangedHow: "RECEIVED",
	}
	a.contact.SeenAt, a.contact.SeenBy = seenAtOnce(p, now)
	if p.Kind == passport.Partner {
		a.contact.PartnerID = &p.ID
		a.contact.TheirReference = strings.TrimSpace(told.GetSource().GetReference())
	}
	for place, one := range told.GetChildren() {
		a.children = append(a.children, s.newChild(ctx, a.authority, one, place, 1, now))
	}
	a.renew()
	return a, nil
}

// newChild reads a child as told and finds its team.
func (s *Service) newChild(ctx context.Context, authority string, told *referralv1.ToldChild, place int, since int32, now time.Time) *child {
	c := &child{Place: int16(place), SinceVersion: since}
	s.readInto(ctx, authority, c, told, now)
	c.FirstTeam = c.Team
	return c
}

// readInto keeps what is read in a child's present text, for finding it again, and the team that its address gives.
func (s *Service) readInto(ctx context.Context, authority string, c *child, told *referralv1.ToldChild, now time.Time) {
	r := readChild(told, now)
	c.Name, c.NHSNumber, c.BirthDate = told.GetName(), r.ReadAs.GetNhsNumber(), r.ReadAs.GetBirthDate()
	c.SurnameKey, c.Postcode, c.AddressKey = r.SurnameKey, r.ReadAs.GetPostcode(), r.AddressKey
	found := s.patches.find(ctx, authority, r.Postcodes)
	c.Team, c.Needs, c.PostcodeUnknown, c.TeamReason = found.team, int16(found.needs), found.unknown, ""
}

// renew gives the contact and its children fresh ids and a fresh receipt.
func (a *arrival) renew() {
	a.contact.ID, a.contact.Receipt = uuid.Must(uuid.NewV7()), newReceipt()
	for _, c := range a.children {
		c.ID, c.Contact = uuid.Must(uuid.NewV7()), a.contact.ID
	}
	a.contact.derive(a.children, a.now)
}

// insert writes the contact down with its text and children.
func (a *arrival) insert(to executor) error {
	if err := insertContact(to, a.contact); err != nil {
		return err
	}
	err := insertTold(to, wording{
		Contact: a.contact.ID, ToldVersion: 1, Version: 1, Told: a.text,
		ToldBy: a.contact.ReceivedFrom, WrittenBy: a.contact.ReceivedFrom, At: a.now,
	})
	if err != nil {
		return err
	}
	for _, c := range a.children {
		if err := insertChild(to, c); err != nil {
			return err
		}
	}
	return nil
}

// laterWork says whether the contact leaves jobs behind: an alarm, a patch to be looked up again, or a word to whoever
// rang.
func (s *Service) laterWork(a *arrival) bool {
	return a.contact.ImmediateDanger || a.patchUnknown() || s.heardAtOnce(a)
}

func (a *arrival) patchUnknown() bool {
	for _, c := range a.children {
		if c.patchUnknown() {
			return true
		}
	}
	return false
}

// answer is what the sender gets: enough to follow the contact up, without repeating what was told.
func (a *arrival) answer() *referralv1.ReceiveContactResponse {
	return acknowledgement(a.authority, a.passport, a.contact, a.children, a.told, a.office)
}

func acknowledgement(authority string, p *passport.Passport, c *contact, children []*child, told *referralv1.Told, o office) *referralv1.ReceiveContactResponse {
	contact := &referralv1.Contact{
		Name: contactName(authority, c.ID), Receipt: c.Receipt, State: referralv1.ContactState(c.State),
		ReceivedAt: timestamppb.New(c.ReceivedAt), DecisionDueBy: timestamppb.New(c.DecisionDueBy),
		StillNeeded: stillNeeded(told), ContactPhone: o.contactPhone, Etag: c.etag(), SeenAt: stamp(c.SeenAt),
	}
	if c.isVersion() {
		contact.ProposedVersionOf = contactName(authority, *c.VersionOf)
	}
	for i, one := range children {
		shown := &referralv1.ContactChild{Name: childName(authority, c.ID, one.ID)}
		if p.Kind == passport.Person && i < len(told.GetChildren()) {
			shown.Desk = &referralv1.ChildDesk{Doubts: doubts(one, told.GetChildren()[i], c.ReceivedAt), Team: teamName(authority, one.Team)}
		}
		contact.Children = append(contact.Children, shown)
	}
	return &referralv1.ReceiveContactResponse{Contact: contact}
}

// doubts are what is doubtful in what was told of a child, by itself and by what the directory knows.
func doubts(c *child, told *referralv1.ToldChild, at time.Time) []*referralv1.Doubt {
	all := readChild(told, at).Doubts
	if c.PostcodeUnknown {
		all = append(all, &referralv1.Doubt{Field: "postcode", Why: "this is not one of the authority's postcodes, as far as its postcode file knows"})
	}
	return all
}

// subjects are the ids that an answer about a contact shows, as the audit keeps them.
func subjects(c *contact, children []*child) []string {
	all := []string{"contacts/" + c.ID.String()}
	for _, one := range children {
		all = append(all, "children/"+one.ID.String())
	}
	return all
}
