package family

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/familyfacing/likeness"
)

// PastFamily is a family's history up to now, for demonstration data and benchmarks.
type PastFamily struct {
	// ID is kept where it is set; otherwise the family gets a new one.
	ID   uuid.UUID
	Team string
	// Contact that it was opened for; none where it came from an older system.
	Contact  uuid.UUID
	OpenedAt time.Time
	People   []PastPerson
	// Worker and Cover are those of the first allocation; none while the family waits.
	Worker, Cover uuid.UUID
	AllocatedAt   time.Time
	// Handovers in order, each with the worker and the cover from then on.
	Handovers []PastHandover
	// ClosedAt is zero while the family is open.
	ClosedAt time.Time
	// Worry is what the referrer said, and ScreeningReason why it came here; kept where Contact is set.
	Worry, ScreeningReason string
}

// PastPerson is somebody of the family.
type PastPerson struct {
	Child bool
	// FullName and AlsoKnownAs are the names as told.
	FullName, AlsoKnownAs string
	// BirthDate is zero where it is not known.
	BirthDate time.Time
	// Sex is M, F or U; empty means U.
	Sex string
	// NHSNumber is ten digits, or empty; UPN has its thirteen characters.
	NHSNumber, UPN string
	// Relationship is an adult's, in words.
	Relationship             string
	Address, Postcode, Phone string
}

// PastHandover is a change of worker or cover.
type PastHandover struct {
	Worker, Cover uuid.UUID
	Reason        string
	ChildTold     bool
	At            time.Time
}

// seeded is what changed a family that was brought in.
const seeded = "operator/history"

// Seed writes histories down in bulk, in the caller's transaction, with any login that may write the tables. It appends
// no events and no audit rows. Errors: a history that the rules would not have allowed.
func Seed(ctx context.Context, tx pgx.Tx, families []PastFamily) error {
	rows := seedRows{words: map[string]bool{}}
	for i := range families {
		if err := rows.add(&families[i]); err != nil {
			return fmt.Errorf("family %d of %d: %w", i+1, len(families), err)
		}
	}
	for _, t := range []struct {
		name    string
		columns []string
		rows    [][]any
	}{
		{"family", []string{
			"id", "version", "state", "team", "contact", "opened_team", "opened_at", "worker", "cover", "allocated_at", "first_allocated_at",
			"handovers", "closed_at", "changed_by", "changed_at", "weight_tenths", "last_event", "last_event_at",
		}, rows.families},
		{"person", []string{
			"id", "family", "is_child", "full_name", "given_name", "surname_key", "birth_date", "sex", "nhs_number", "address", "postcode",
			"address_key", "relationship", "standing", "also_known_as", "upn", "phone", "names", "place", "phones", "keys", "keyed",
		}, rows.people},
		{"involvement", []string{"family", "kind", "team", "worker", "cover", "reason", "child_told", "at"}, rows.involvements},
		{"worry", []string{"family", "contact", "version", "received_at", "words", "screening_reason"}, rows.worries},
	} {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
			return fmt.Errorf("bring in %s: %w", t.name, err)
		}
	}
	return keepWords(ctx, tx, slices.Sorted(maps.Keys(rows.words)))
}

type seedRows struct {
	families, people, involvements, worries [][]any
	words                                   map[string]bool
}

func (s *seedRows) add(past *PastFamily) error {
	f, ids, err := past.live()
	if err != nil {
		return err
	}
	worker, cover := f.people()
	s.families = append(s.families, []any{
		f.ID, 1 + int64(len(past.Handovers)), f.State, f.Team, f.Contact, f.Team, f.OpenedAt, worker, cover, f.AllocatedAt, f.FirstAllocatedAt,
		f.Handovers, f.ClosedAt, seeded, f.ChangedAt, f.WeightTenths, f.LastEvent, f.LastEventAt,
	})
	for i, p := range past.People {
		row, words := p.row(ids[i], f.ID)
		s.people = append(s.people, row)
		for _, w := range words {
			s.words[w] = true
		}
	}
	s.involvements = append(s.involvements, []any{f.ID, opened, f.Team, nil, nil, past.ScreeningReason, false, past.OpenedAt})
	if past.Worker != uuid.Nil {
		s.involvements = append(s.involvements, []any{f.ID, allocatedTo, f.Team, past.Worker, past.Cover, "", false, past.AllocatedAt})
	}
	for _, h := range past.Handovers {
		s.involvements = append(s.involvements, []any{f.ID, handedOver, f.Team, h.Worker, h.Cover, h.Reason, h.ChildTold, h.At})
	}
	if f.Contact != nil && past.Worry != "" {
		s.worries = append(s.worries, []any{f.ID, past.Contact, int64(1), past.OpenedAt, past.Worry, past.ScreeningReason})
	}
	return nil
}

// live lets the history happen by the rules, and gives the family with an id for each of its people.
func (past *PastFamily) live() (*family, []uuid.UUID, error) {
	ids := make([]uuid.UUID, len(past.People)+1)
	for i := range ids {
		var err error
		if ids[i], err = uuid.NewV7(); err != nil {
			return nil, nil, fmt.Errorf("new id: %w", err)
		}
	}
	f := &family{ID: past.ID, State: awaiting, Team: past.Team, OpenedAt: past.OpenedAt, ChangedAt: past.OpenedAt, WeightTenths: ordinary}
	f.happened(opened, past.OpenedAt)
	if f.ID == uuid.Nil {
		f.ID = ids[len(past.People)]
	}
	if past.Contact != uuid.Nil {
		f.Contact = &past.Contact
	}
	if past.Worker != uuid.Nil {
		a, err := assign(past.Worker, past.Cover, present(past.Worker, past.Cover))
		if err != nil {
			return nil, nil, err
		}
		if err := f.allocate(a, nil, past.AllocatedAt); err != nil {
			return nil, nil, err
		}
		f.ChangedAt = past.AllocatedAt
		f.happened(allocatedTo, past.AllocatedAt)
	}
	for _, h := range past.Handovers {
		a, err := assign(h.Worker, h.Cover, present(h.Worker, h.Cover))
		if err != nil {
			return nil, nil, err
		}
		if err := f.handOver(a); err != nil {
			return nil, nil, err
		}
		f.ChangedAt = h.At
		f.happened(handedOver, h.At)
	}
	if !past.ClosedAt.IsZero() {
		f.State, f.ClosedAt, f.ChangedAt = closed, &past.ClosedAt, past.ClosedAt
	}
	return f, ids, nil
}

// present were those who were chosen: only their being two different people is checked for the past.
func present(people ...uuid.UUID) map[uuid.UUID]string {
	there := map[uuid.UUID]string{}
	for _, p := range people {
		if p != uuid.Nil {
			there[p] = ""
		}
	}
	return there
}

// row is the person as a row, with the words that find them.
func (p PastPerson) row(id, family uuid.UUID) (row []any, words []string) {
	given, surname := identifiers.Name(p.FullName)
	sex, stands := p.Sex, ""
	if sex == "" {
		sex = "U"
	}
	if p.Child {
		stands = string(withTeam)
	}
	var born *time.Time
	date := ""
	if !p.BirthDate.IsZero() {
		born, date = &p.BirthDate, p.BirthDate.Format(time.DateOnly)
	}
	t := likeness.Of(likeness.Person{
		FullName: p.FullName, AlsoKnownAs: p.AlsoKnownAs, BirthDate: date, NHSNumber: p.NHSNumber, UPN: p.UPN,
		Phone: p.Phone, Address: p.Address, Postcode: p.Postcode,
	})
	return []any{
		id, family, p.Child, p.FullName, first(given), orNone(identifiers.NameKey(surname)), born, sex, orNone(p.NHSNumber), p.Address, p.Postcode,
		orNone(addressKey(p.Address, p.Postcode)), p.Relationship, stands, p.AlsoKnownAs, orNone(p.UPN), p.Phone,
		likeness.FormatNames(t.Names), t.Place.String(), strings.Join(t.Phones, " "), t.Keys, likeness.Version,
	}, t.Words
}

// orNone is nothing for an empty text.
func orNone(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
