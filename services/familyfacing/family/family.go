package family

import (
	"time"

	"github.com/google/uuid"

	"github.com/kithcare/kith/pkg/fault"
)

// What a social worker of a Family Facing Team carries, at most: a guide and never a refusal [blueprint: Family Facing
// Team, about 14 children or 10 families each].
const (
	GuideChildren = 14
	GuideFamilies = 10
)

// state is where a family is on its way, in the words of the proto and of the table.
type state string

const (
	awaiting  state = "AWAITING_ALLOCATION"
	allocated state = "ALLOCATED"
	withdrawn state = "WITHDRAWN"
	closed    state = "CLOSED"
)

// open says whether a team works with the family, or is about to.
func (s state) open() bool { return s == awaiting || s == allocated }

// standing is a child's with the team.
type standing string

const (
	withTeam     standing = "WITH_TEAM"
	revised      standing = "REVISED"
	hasWithdrawn standing = "WITHDRAWN"
)

// assignment is a named worker with a named cover, two different present members of the team; only assign makes one.
type assignment struct{ worker, cover uuid.UUID }

// assign names who works with a family. Present are the members of the team at this moment.
func assign(worker, cover uuid.UUID, present map[uuid.UUID]string) (assignment, error) {
	if _, there := present[worker]; !there {
		return assignment{}, fault.Refused("NOT_A_PRESENT_MEMBER", "worker", "the worker has no seat in the family's team now; choose a present member")
	}
	if _, there := present[cover]; !there {
		return assignment{}, fault.Refused("NOT_A_PRESENT_MEMBER", "cover", "the cover has no seat in the family's team now; choose a present member")
	}
	if worker == cover {
		return assignment{}, fault.Refused("SAME_PERSON", "cover", "the cover stands in for the worker; choose two different members")
	}
	return assignment{worker: worker, cover: cover}, nil
}

// family is one family. Its methods are the only way from one state to another.
type family struct {
	ID      uuid.UUID
	Version int64
	State   state
	Team    string
	// Contact is the one it was opened for; nil where it came from an older system.
	Contact  *uuid.UUID
	OpenedAt time.Time
	// With is set exactly while the family is allocated, and kept when it is closed.
	With        *assignment
	AllocatedAt *time.Time
	// FirstAllocatedAt stays when the family is deferred: from then on the team decides about a screener's revision.
	FirstAllocatedAt *time.Time
	Handovers        int
	UrgentSince      *time.Time
	AcknowledgedBy   *uuid.UUID
	AcknowledgedAt   *time.Time
	ClosedAt         *time.Time
	ChangedBy        string
	ChangedAt        time.Time
	// WeightTenths is how heavy the team finds it; 10 is an ordinary family.
	WeightTenths int
	// LastEvent is what happened last, for the team's list.
	LastEvent   string
	LastEventAt time.Time

	// Restricted and GlassUntil are not of its row: that a guardian hides it, and until when whoever asks sees it by
	// break-glass alone.
	Restricted bool
	GlassUntil *time.Time
}

// The last events that are no involvement.
const (
	childAdded    = "CHILD_ADDED"
	worryAdded    = "WORRY_ADDED"
	childRevised  = "REVISED"
	childSettled  = "SETTLED"
	familyWeighed = "WEIGHED"
)

// ordinary is the weight of a family that nobody has weighed.
const ordinary = 10

// happened keeps what happened last; older news that comes late is not it.
func (f *family) happened(event string, at time.Time) {
	if !at.Before(f.LastEventAt) {
		f.LastEvent, f.LastEventAt = event, at
	}
}

// alarming says whether a strategy discussion can't wait and nobody of the team took note of it yet.
func (f *family) alarming() bool {
	return f.State.open() && f.UrgentSince != nil && f.AcknowledgedBy == nil
}

// allocate gives a waiting family its worker and cover. Last is who worked with it before it was deferred, if anybody:
// another worker than that is counted as a handover.
func (f *family) allocate(a assignment, last *uuid.UUID, at time.Time) error {
	if f.State != awaiting {
		return fault.Refused("NOT_AWAITING_ALLOCATION", "", "the family does not wait for allocation; to change its worker, hand it over")
	}
	if last != nil && *last != a.worker {
		f.Handovers++
	}
	f.State, f.With, f.AllocatedAt = allocated, &a, &at
	if f.FirstAllocatedAt == nil {
		f.FirstAllocatedAt = &at
	}
	return nil
}

// handOver changes the worker, which is counted, or only the cover, which is not.
func (f *family) handOver(a assignment) error {
	switch {
	case f.State != allocated:
		return fault.Refused("NOT_ALLOCATED", "", "nobody is allocated to the family; only an allocated family is handed over")
	case *f.With == a:
		return fault.Refused("NOTHING_CHANGES", "worker", "these two work with the family already; choose another worker or another cover")
	}
	if f.With.worker != a.worker {
		f.Handovers++
	}
	f.With = &a
	return nil
}

// deferTo moves an open family to another Family Facing Team, where it waits for allocation; an unsettled urgency is the
// receiving team's to take note of.
func (f *family) deferTo(team string, familyFacing bool) error {
	switch {
	case !f.State.open():
		return notOpen()
	case !familyFacing:
		return fault.Refused("NOT_A_FAMILY_FACING_TEAM", "team", "only another Family Facing Team of the authority can receive a family")
	case team == f.Team:
		return fault.Refused("SAME_TEAM", "team", "the family is with this team already; choose another receiver")
	}
	f.Team, f.State, f.With, f.AllocatedAt = team, awaiting, nil, nil
	f.AcknowledgedBy, f.AcknowledgedAt = nil, nil
	return nil
}

func notOpen() error {
	return fault.Refused("NOT_OPEN", "", "the family is no longer open")
}

// raise makes the family urgent: a strategy discussion now. It says whether an alarm begins.
func (f *family) raise(at time.Time) bool {
	if f.alarming() {
		return false
	}
	f.UrgentSince, f.AcknowledgedBy, f.AcknowledgedAt = &at, nil, nil
	return true
}

// acknowledge takes note of the urgency: the alarm ends.
func (f *family) acknowledge(by uuid.UUID, at time.Time) error {
	switch {
	case !f.State.open():
		return notOpen()
	case f.UrgentSince == nil:
		return fault.Refused("NOT_URGENT", "", "no strategy discussion is asked for; there is nothing to acknowledge")
	case f.AcknowledgedBy != nil:
		return fault.Refused("ALREADY_ACKNOWLEDGED", "", "a member of the team took note of it already")
	}
	f.AcknowledgedBy, f.AcknowledgedAt = &by, &at
	return nil
}

// afterRevision is where a child stands when a screener revises its outcome: gone while nobody has worked with the
// family, otherwise the team's to settle.
func (f *family) afterRevision() standing {
	if f.FirstAllocatedAt == nil {
		return hasWithdrawn
	}
	return revised
}

// emptied ends a family that no child is left in: withdrawn before anybody was allocated, closed after.
func (f *family) emptied(at time.Time) {
	if !f.State.open() {
		return
	}
	if f.FirstAllocatedAt == nil {
		f.State = withdrawn
		return
	}
	f.State, f.ClosedAt = closed, &at
}

// joined is called for a child who comes to the family: a withdrawn one waits for allocation again, with the team that
// the child was referred to.
func (f *family) joined(team string) {
	if f.State == withdrawn {
		f.State, f.Team = awaiting, team
	}
}
