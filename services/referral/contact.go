package referral

import (
	"slices"
	"time"

	"github.com/google/uuid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// The ranks of the queue: what lies lower is looked at first.
const (
	rankDanger   = 0
	rankWaits    = 1
	rankFinished = 9
)

// The states of a contact, as its row keeps them.
const (
	undecided   = int16(referralv1.ContactState_CONTACT_STATE_UNDECIDED)
	decided     = int16(referralv1.ContactState_CONTACT_STATE_DECIDED)
	proposed    = int16(referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION)
	accepted    = int16(referralv1.ContactState_CONTACT_STATE_ACCEPTED_AS_VERSION)
	sentInError = int16(referralv1.ContactState_CONTACT_STATE_SENT_IN_ERROR)
)

// contact is everything that arrived at once, as it stands.
type contact struct {
	ID                   uuid.UUID
	Receipt              string
	Version              int32
	ToldVersion          int32
	State                int16
	Rank                 int16
	SourceCode           string
	PartnerID            *string
	ReceivedFrom         string
	TheirReference       string
	TextDigest           []byte
	VersionOf            *uuid.UUID
	ReceivedAt           time.Time
	WrittenAt            time.Time
	DecisionDueBy        time.Time
	DecidedAt            *time.Time
	ImmediateDanger      bool
	DangerAcknowledgedAt *time.Time
	DangerAcknowledgedBy string
	DeliveryFailed       bool
	NeedsPerson          []int16
	TakenBackAt          *time.Time
	TakenBackReason      string
	OverLimit            bool
	ChildrenUndecided    int16
	ChildNames           []string
	Teams                []string
	ChangedAt            time.Time
	ChangedBy            string
	ChangedHow           string
	// SeenAt is when a person of the Referral Team first had it before them, and SeenBy who.
	SeenAt *time.Time
	SeenBy string
	// WithDutySince is since when the Emergency Duty Team looks after it.
	WithDutySince *time.Time
	// Undelivered is read only: something for the referrer could not be delivered.
	Undelivered bool
}

// child is one child of a contact, as it stands.
type child struct {
	ID                uuid.UUID
	Contact           uuid.UUID
	Place             int16
	SinceVersion      int32
	Name              string
	NHSNumber         string `db:"nhs_number"`
	BirthDate         string
	SurnameKey        string
	Postcode          string
	AddressKey        string
	PostcodeUnknown   bool
	Needs             int16
	FirstTeam         string
	Team              string
	TeamReason        string
	AlreadyOpenFamily *uuid.UUID
	Family            *uuid.UUID
	Outcome           int16
	Progress          string
}

func (c *child) outcome() referralv1.Outcome { return referralv1.Outcome(c.Outcome) }

// closed tells a contact that can't be decided any more.
func (c *contact) closed() bool { return c.State == accepted || c.State == sentInError }

// dangerOpen tells immediate danger that nobody has taken note of.
func (c *contact) dangerOpen() bool {
	return c.ImmediateDanger && c.DangerAcknowledgedAt == nil && !c.closed()
}

// isVersion tells text that is proposed, or was accepted, as another contact's next version.
func (c *contact) isVersion() bool {
	return c.VersionOf != nil && (c.State == proposed || c.State == accepted)
}

// waits tells a contact whose decision is due.
func (c *contact) waits() bool { return c.State == undecided || c.State == proposed }

// overdue tells a contact that waits past its time.
func (c *contact) overdue(now time.Time) bool { return c.waits() && now.After(c.DecisionDueBy) }

// derive brings the contact's state and everything else that follows from its children up to date. A contact is decided
// when every child has an outcome; a proposed version is decided by accepting it or by making it one of its own.
func (c *contact) derive(children []*child, now time.Time) {
	c.ChildrenUndecided, c.ChildNames, c.Teams, c.NeedsPerson = 0, []string{}, []string{}, []int16{}
	for _, one := range children {
		c.ChildNames = append(c.ChildNames, nameOr(one.Name))
		if one.Team != "" && !slices.Contains(c.Teams, one.Team) {
			c.Teams = append(c.Teams, one.Team)
		}
		if one.Outcome != 0 {
			continue
		}
		c.ChildrenUndecided++
		if one.Needs != 0 && one.Team == "" && !slices.Contains(c.NeedsPerson, one.Needs) {
			c.NeedsPerson = append(c.NeedsPerson, one.Needs)
		}
	}
	if c.State == undecided || c.State == decided {
		c.State = decided
		if c.ChildrenUndecided > 0 {
			c.State = undecided
		}
	}
	switch {
	case c.State == decided && c.DecidedAt == nil:
		c.DecidedAt = &now
	case c.State == undecided || c.State == proposed:
		c.DecidedAt = nil
	}
	if c.closed() {
		c.NeedsPerson = []int16{}
	}
	if !c.waits() {
		c.WithDutySince = nil
	}
	if c.DeliveryFailed && c.dangerOpen() {
		c.NeedsPerson = append(c.NeedsPerson, int16(referralv1.NeedsPerson_NEEDS_PERSON_DELIVERY_FAILED))
	}
	slices.Sort(c.NeedsPerson)
	c.Rank = c.rank()
}

func (c *contact) rank() int16 {
	switch {
	case c.dangerOpen(), c.ImmediateDanger && c.waits():
		return rankDanger
	case c.waits():
		return rankWaits
	default:
		return rankFinished
	}
}

// nameOr is a child's name in a list.
func nameOr(told string) string {
	if told == "" {
		return "a child"
	}
	return told
}
