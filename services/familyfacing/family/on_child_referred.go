package family

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/fault"
)

// onChildReferred takes in a child whom a screener passed to a Family Facing Team: into the open family that the screener
// chose, else with the contact's other children of that team unless the screener split it off, else into a family of
// its own. A chosen family that is unknown or closed loses nobody: a new one is opened, and a person is told. A
// strategy discussion now makes the family urgent. What was taken in before changes nothing.
func (s *Service) onChildReferred(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	n, err := s.fetch(ctx, e)
	if err != nil {
		return nil, err
	}
	child, err := n.child()
	if err != nil {
		return nil, err
	}
	if n.facts["team"] == "" || n.screening < 1 {
		return nil, fault.Refused("EVENT_UNREADABLE", "", "the event names no team or no screening")
	}
	return func(tx pgx.Tx) error { return s.takeInChild(ctx, tx, n, child) }, nil
}

func (s *Service) takeInChild(ctx context.Context, tx pgx.Tx, n news, child toldChild) error {
	now := s.now()
	was, err := referralOf(ctx, tx, child.id)
	if err != nil {
		return err
	}
	if was != nil && was.screening >= n.screening {
		return nil
	}
	if was != nil && !was.withdrawn {
		there, err := s.stays(ctx, tx, was, n, child, now)
		if err != nil || there {
			return err
		}
		if err := s.withdraw(ctx, tx, was, n, "referred elsewhere: "+child.reason(), now); err != nil {
			return err
		}
	}
	f, event, err := s.familyFor(ctx, tx, n, child, now)
	if err != nil {
		return err
	}
	person, added, err := joinFamily(ctx, tx, f, n, child, now)
	if err != nil {
		return err
	}
	switch {
	case event == "family_opened":
	case added:
		f.happened(childAdded, n.at)
	default:
		f.happened(worryAdded, n.at)
	}
	if err := s.urge(ctx, tx, f, n); err != nil {
		return err
	}
	if err := save(ctx, tx, f, now); err != nil {
		return err
	}
	is := referredChild{child: child.id, contact: n.contact, family: f.ID, person: person, added: added, screening: n.screening}
	if err := keepReferral(ctx, tx, is); err != nil {
		return err
	}
	facts := f.facts()
	facts["contact"], facts["child"], facts["state"] = n.contact.String(), child.id.String(), string(f.State)
	if err := eventlog.Append(ctx, tx, f.event(event, facts, now)); err != nil {
		return err
	}
	return audit.Write(ctx, tx, now, "take in a referred child", "families/"+f.ID.String(), "contacts/"+n.contact.String(),
		subject(personName(ctx, f.ID, person, true)))
}

// stays says whether the child is already where this referral sends it; then only the reason and the urgency are news.
func (s *Service) stays(ctx context.Context, tx pgx.Tx, was *referredChild, n news, child toldChild, now time.Time) (bool, error) {
	f, err := lock(ctx, tx, was.family)
	if err != nil {
		return false, err
	}
	var openedTeam string
	if err := tx.QueryRow(ctx, `SELECT opened_team FROM family WHERE id = $1`, f.ID).Scan(&openedTeam); err != nil {
		return false, fmt.Errorf("read family: %w", err)
	}
	chosen, team := n.facts["family"], n.facts["team"]
	there := chosen == f.ID.String() || chosen == "" && (f.Team == team || openedTeam == team)
	if !there || !f.State.open() {
		return false, nil
	}
	if err := addWorry(ctx, tx, f.ID, n, child.reason(), now); err != nil {
		return false, err
	}
	f.happened(worryAdded, n.at)
	if err := s.urge(ctx, tx, f, n); err != nil {
		return false, err
	}
	if err := save(ctx, tx, f, now); err != nil {
		return false, err
	}
	was.screening = n.screening
	if err := keepReferral(ctx, tx, *was); err != nil {
		return false, err
	}
	return true, audit.Write(ctx, tx, now, "take in a referral again", "families/"+f.ID.String(), "contacts/"+n.contact.String())
}

// urge begins the alarm where a strategy discussion is asked for now.
func (s *Service) urge(ctx context.Context, tx pgx.Tx, f *family, n news) error {
	if n.facts["urgent"] != "1" || !f.raise(n.at.UTC().Truncate(time.Microsecond)) {
		return nil
	}
	return s.alarm(ctx, tx, urgentAlarm(f))
}

// familyFor finds or opens the family that the child belongs to, locked, and says what that is as an event.
func (s *Service) familyFor(ctx context.Context, tx pgx.Tx, n news, child toldChild, now time.Time) (*family, string, error) {
	chosen, err := chosenFamily(ctx, tx, n.facts["family"])
	if err != nil {
		return nil, "", err
	}
	if chosen != nil {
		return chosen, "child_added", nil
	}
	var own *uuid.UUID
	if n.facts["own_family"] == "1" {
		own = &child.id
	}
	f, err := familyOf(ctx, tx, n.contact, n.facts["team"], own)
	if err != nil {
		return nil, "", err
	}
	event := "child_added"
	if f == nil {
		if f, err = openFamily(ctx, tx, n, own, now); err != nil {
			return nil, "", err
		}
		event = "family_opened"
	}
	if f.State == withdrawn || event == "family_opened" {
		f.joined(n.facts["team"])
		if err := involve(ctx, tx, f, involvement{kind: opened, reason: child.reason(), at: n.at, written: now}); err != nil {
			return nil, "", err
		}
	}
	if n.facts["family"] != "" {
		err = s.alarm(ctx, tx, alarmArgs{Name: chosenNotOpen, Family: f.ID, Contact: &n.contact})
	}
	return f, event, err
}

// chosenFamily locks the family that a screener chose; nil where none was chosen, or the chosen one is unknown or no
// longer open.
func chosenFamily(ctx context.Context, tx pgx.Tx, chosen string) (*family, error) {
	if chosen == "" {
		return nil, nil
	}
	id, err := uuid.Parse(chosen)
	if err != nil {
		return nil, nil //nolint:nilerr // what is no id is no family of ours
	}
	f, err := lock(ctx, tx, id)
	if missing := (*fault.Fault)(nil); errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil || !f.State.open() {
		return nil, err
	}
	return f, nil
}

// familyOf locks the family of a contact's children with a team; nil where there is none that is not closed.
func familyOf(ctx context.Context, tx pgx.Tx, contact uuid.UUID, team string, own *uuid.UUID) (*family, error) {
	f, err := scanFamily(tx.QueryRow(ctx, `SELECT `+familyColumns+` FROM family f WHERE f.contact = $1 AND f.opened_team = $2
		AND f.own_for IS NOT DISTINCT FROM $3 AND f.state <> 'CLOSED' FOR UPDATE`, contact, team, own))
	if missing := (*fault.Fault)(nil); errors.As(err, &missing) {
		return nil, nil
	}
	return f, err
}

// openFamily makes a family that waits for allocation in the team that the child was referred to.
func openFamily(ctx context.Context, tx pgx.Tx, n news, own *uuid.UUID, now time.Time) (*family, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("new id: %w", err)
	}
	f := &family{ID: id, State: awaiting, Team: n.facts["team"], Contact: &n.contact, OpenedAt: n.at, WeightTenths: ordinary}
	_, err = tx.Exec(ctx, `INSERT INTO family (id, version, state, team, contact, opened_team, own_for, opened_at, changed_by, changed_at, written_at,
		last_event_at) VALUES ($1, 0, $2, $3, $4, $3, $5, $6, $7, $8, $8, $6)`, f.ID, f.State, f.Team, f.Contact, own, f.OpenedAt, actor(ctx), now)
	if err != nil {
		return nil, fmt.Errorf("open a family: %w", err)
	}
	return f, nil
}

// joinFamily adds the child with the adults around it and the referrer's words. A child whom the family knows without a
// doubt is not added again; added says whether its place in the family hangs on this referral.
func joinFamily(ctx context.Context, tx pgx.Tx, f *family, n news, child toldChild, now time.Time) (id uuid.UUID, added bool, err error) {
	known, err := childrenOf(ctx, tx, f.ID)
	if err != nil {
		return uuid.Nil, false, err
	}
	told := child.asPerson(n.contact)
	here := []toldChild{child}
	added = true
	for _, k := range known {
		same := k.contactChild != nil && *k.contactChild == child.id
		for _, c := range n.children() {
			if !same && k.contactChild != nil && *k.contactChild == c.id {
				here = append(here, c)
			}
		}
		if id != uuid.Nil || !same && !k.certainlyIs(told.evidence()) {
			continue
		}
		id, added = k.id, same || k.stands != withTeam
		if k.stands == withTeam {
			continue
		}
		if err := setStanding(ctx, tx, k.id, stand{as: withTeam, reason: child.reason(), at: n.at, written: now}); err != nil {
			return uuid.Nil, false, err
		}
	}
	if id == uuid.Nil {
		if id, err = addPerson(ctx, tx, f.ID, told, now); err != nil {
			return uuid.Nil, false, err
		}
	}
	for _, a := range n.adults(here) {
		if _, err := addPerson(ctx, tx, f.ID, a, now); err != nil {
			return uuid.Nil, false, err
		}
	}
	if err := protectAlike(ctx, tx, f.ID); err != nil {
		return uuid.Nil, false, err
	}
	return id, added, addWorry(ctx, tx, f.ID, n, child.reason(), now)
}
