package family

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// onChildPassedOn passes a contact to the worker of the family that a screener confirmed the child to be open in. A
// family that does not exist is an error: the event is then parked for a person.
func (s *Service) onChildPassedOn(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	n, err := s.fetch(ctx, e)
	if err != nil {
		return nil, err
	}
	child, err := n.child()
	if err != nil {
		return nil, err
	}
	family, err := uuid.Parse(n.facts["family"])
	if err != nil {
		return nil, fault.Refused("EVENT_UNREADABLE", "", "the event names no family")
	}
	return func(tx pgx.Tx) error {
		known, err := childrenOf(ctx, tx, family)
		if err != nil {
			return err
		}
		return s.notify(ctx, tx, n, child, openCase{family: family, person: likeliest(known, child.asPerson(n.contact).evidence())}, s.now())
	}, nil
}

// likeliest is the one child of the family that there is any reason to take for the one told of; nil where there is none
// or more than one.
func likeliest(known []familyChild, told evidence) *uuid.UUID {
	var found *uuid.UUID
	for _, k := range known {
		if len(sameChild(told, k.known)) == 0 {
			continue
		}
		if k.certainlyIs(told) {
			return &k.id
		}
		if found != nil {
			return nil
		}
		found = &k.id
	}
	return found
}
