package family

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/familyfacing/likeness"
)

// news is an event of the referral service with what its contact said at that version.
type news struct {
	contact uuid.UUID
	version int64
	// at is when it happened there.
	at time.Time
	// screening numbers the outcomes of one child, from 1.
	screening int
	facts     map[string]string
	told      *referralv1.FetchReferralResponse
}

// fetch gets from the referral service what an event is about, at the version that it names.
func (s *Service) fetch(ctx context.Context, e *eventlogv1.Event) (news, error) {
	n := news{version: e.GetVersion(), at: e.GetAt().AsTime(), facts: e.GetFacts()}
	contact, err := uuid.Parse(n.facts["contact"])
	if err != nil || n.version < 1 || n.version > math.MaxInt32 {
		return n, fault.Refused("EVENT_UNREADABLE", "", "the event names no contact and version")
	}
	n.contact = contact
	if text := n.facts["screening"]; text != "" {
		if n.screening, err = strconv.Atoi(text); err != nil {
			return n, fault.Refused("EVENT_UNREADABLE", "", "the event's screening is no number")
		}
	}
	n.told, err = s.referral.FetchReferral(ctx, &referralv1.FetchReferralRequest{Name: named(ctx, "contacts", &contact), Version: int32(n.version)})
	return n, err
}

// child gives the child that the event is about.
func (n news) child() (toldChild, error) {
	id, err := uuid.Parse(n.facts["child"])
	if err != nil {
		return toldChild{}, fault.Refused("EVENT_UNREADABLE", "", "the event names no child")
	}
	for _, c := range n.children() {
		if c.id == id {
			return c, nil
		}
	}
	return toldChild{}, fault.Refused("CHILD_NOT_IN_CONTACT", "", "the contact has no such child at this version")
}

// toldChild is a child of a contact.
type toldChild struct {
	id uuid.UUID
	// place is where it stands among the children told.
	place int
	*referralv1.ContactChild
}

func (n news) children() []toldChild {
	var children []toldChild
	for i, c := range n.told.GetChildren() {
		if id, err := uuid.Parse(part(c.GetName(), 5)); err == nil {
			children = append(children, toldChild{id: id, place: i, ContactChild: c})
		}
	}
	return children
}

// reason is why the screener gave the child its present outcome.
func (c toldChild) reason() string { return c.GetDesk().GetScreening().GetReason() }

// person is somebody of a family as a contact told of them.
type person struct {
	child        bool
	contact      uuid.UUID
	contactChild *uuid.UUID
	// place is an adult's in what the contact told.
	place                                   int
	fullName, alsoKnownAs                   string
	sex, relationship                       string
	address, postcode, phone                string
	nhsNumber, given, surnameKey, birthDate string
	upn                                     string
}

// traces are what the person is found by.
func (p person) traces() likeness.Traces {
	return likeness.Of(likeness.Person{
		FullName: p.fullName, AlsoKnownAs: p.alsoKnownAs, BirthDate: p.birthDate, NHSNumber: p.nhsNumber, UPN: p.upn,
		Phone: p.phone, Address: p.address, Postcode: p.postcode,
	})
}

// evidence is what the person is known by.
func (p person) evidence() evidence {
	return evidence{nhsNumber: p.nhsNumber, given: p.given, surnameKey: p.surnameKey, birthDate: p.birthDate, addressKey: addressKey(p.address, p.postcode)}
}

// asPerson is the child with what the referral service read in what was told.
func (c toldChild) asPerson(contact uuid.UUID) person {
	told, read := c.GetTold(), c.GetDesk().GetReadAs()
	p := person{
		child: true, contact: contact, contactChild: &c.id, fullName: told.GetName(), alsoKnownAs: told.GetAlsoKnownAs(), sex: read.GetSex(),
		address: told.GetAddress(), postcode: read.GetPostcode(), nhsNumber: read.GetNhsNumber(), upn: read.GetUpn(),
		given: first(read.GetGivenNames()), surnameKey: identifiers.NameKey(read.GetFamilyName()), birthDate: isoDate(read.GetBirthDate()),
	}
	if p.postcode == "" {
		p.postcode = told.GetPostcode()
	}
	if p.sex == "" {
		p.sex = "U"
	}
	return p
}

// adults are those told to be related to one of the children, or to none at all.
func (n news) adults(children []toldChild) []person {
	var found []person
	for place, a := range n.told.GetTold().GetAdults() {
		relationship, about := relationshipTo(a, children)
		if !about {
			continue
		}
		given, surname := identifiers.Name(a.GetName())
		found = append(found, person{
			contact: n.contact, place: place, fullName: a.GetName(), sex: "U", relationship: relationship,
			address: a.GetAddress(), postcode: a.GetPostcode(), phone: a.GetPhone(), given: first(given), surnameKey: identifiers.NameKey(surname),
			birthDate: adultBirthDate(a.GetBirthDate(), n.told.GetReceivedAt().AsTime()),
		})
	}
	return found
}

// relationshipTo says in the referrer's words how an adult is related to the children, naming each child where that
// differs, and whether the adult has to do with them at all.
func relationshipTo(a *referralv1.ToldAdult, children []toldChild) (words string, about bool) {
	if len(a.GetRelationships()) == 0 {
		return "", true
	}
	var each []string
	same := true
	for _, r := range a.GetRelationships() {
		for _, c := range children {
			if c.place != int(r.GetChild()) {
				continue
			}
			same = same && (words == "" || words == r.GetRelationship())
			words, about = r.GetRelationship(), true
			each = append(each, r.GetRelationship()+" of "+calledChild(c))
		}
	}
	if same {
		return words, about
	}
	return strings.Join(each, "; "), about
}

func calledChild(c toldChild) string {
	if name := c.GetTold().GetName(); name != "" {
		return name
	}
	return "child " + strconv.Itoa(c.place+1)
}

// adultBirthDate reads an adult's date of birth. The reader's only doubt must be that this is no child.
func adultBirthDate(told string, now time.Time) string {
	date, doubt := identifiers.BirthDate(told, now)
	if doubt == "" || strings.HasPrefix(doubt, "makes the child") {
		return date
	}
	return ""
}

// isoDate is the date where there is such a day, else empty.
func isoDate(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return ""
	}
	return text
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}
