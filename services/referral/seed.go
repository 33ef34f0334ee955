package referral

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// PastContact is a contact of the past, such as one of an older system or of a demonstration.
type PastContact struct {
	// ID is the contact's; a zero one is replaced by a new one.
	ID   uuid.UUID
	Told *referralv1.Told
	// PartnerID is the sender in the directory; empty where a person wrote it down.
	PartnerID string
	// PersonID wrote it down where no partner sent it.
	PersonID   string
	ReceivedAt time.Time
	// DecisionDueBy may be zero: one working day after receipt by usual hours.
	DecisionDueBy time.Time
	// Children by the place of the child told; those left out are undecided and without a team.
	Children []PastChild
}

// PastChild is what became of one child of a past contact.
type PastChild struct {
	// ID is the child's; a zero one is replaced by a new one.
	ID uuid.UUID
	// Team is the key of the patch's team; empty where none is known.
	Team string
	// Outcome 0 is undecided; the rest then says nothing.
	Outcome           referralv1.Outcome
	Reason            string
	ReasonForReferrer string
	Receiver          string
	PrimaryNeed       string
	// PersonID screened it, at DecidedAt.
	PersonID  string
	DecidedAt time.Time
	// Family is the one that was opened for the child, or is open already; nil for none.
	Family *uuid.UUID
	// Allocated says that the family has its worker.
	Allocated bool
}

// Seed copies past contacts in, many at once, with the owner's login or the service's own. No event tells of them, no
// alarm is raised, and their audit row is the operator's who brings them. Contacts of one sender need references of
// their own. It fails as a whole.
func Seed(ctx context.Context, tx pgx.Tx, contacts []PastContact) error {
	receipts, err := freshReceipts(ctx, tx, len(contacts))
	if err != nil {
		return err
	}
	var rows seeded
	for i, past := range contacts {
		if err := rows.add(past, receipts[i]); err != nil {
			return err
		}
	}
	for _, t := range rows.tables() {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"referral", t.name}, columnsOf(t.columns), pgx.CopyFromRows(t.rows)); err != nil {
			return fmt.Errorf("bring in past contacts, %s: %w", t.name, err)
		}
	}
	return nil
}

// freshReceipts makes receipts that no contact has. Of a million by chance a few are alike.
func freshReceipts(ctx context.Context, tx pgx.Tx, n int) ([]string, error) {
	taken, receipts := map[string]bool{}, make([]string, 0, n)
	for len(receipts) < n {
		drawn := make([]string, n-len(receipts))
		for i := range drawn {
			drawn[i] = newReceipt()
		}
		rows, err := tx.Query(ctx, `SELECT receipt FROM referral.contact WHERE receipt = ANY($1)`, drawn)
		if err != nil {
			return nil, fmt.Errorf("look for receipts: %w", err)
		}
		used, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("look for receipts: %w", err)
		}
		for _, r := range used {
			taken[r] = true
		}
		for _, r := range drawn {
			if !taken[r] {
				taken[r] = true
				receipts = append(receipts, r)
			}
		}
	}
	return receipts, nil
}

type seededTable struct {
	name, columns string
	rows          [][]any
}

// seeded are the rows of each table. It takes statements as the use cases make them, so that both write the same.
type seeded struct {
	contact, told, child, screening, finished [][]any
}

func (s *seeded) tables() []seededTable {
	return []seededTable{
		{"contact", contactColumns, s.contact},
		{"told_version", "contact, told_version, contact_version, told, reason, told_by, written_by, at", s.told},
		{"child", childColumns, s.child},
		{"screening", screeningColumns, s.screening},
		{"finished_by_team", "contact, team, state, source_code, received_at", s.finished},
	}
}

func columnsOf(list string) []string {
	columns := strings.Split(list, ",")
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
	}
	return columns
}

// into collects the values of a statement as a row.
type into struct{ rows *[][]any }

func (i into) exec(_ string, args ...any) error {
	*i.rows = append(*i.rows, args)
	return nil
}

func (s *seeded) add(past PastContact, receipt string) error {
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(past.Told)
	if err != nil {
		return fmt.Errorf("keep what was told: %w", err)
	}
	c := past.contact(text)
	c.Receipt = receipt
	var children []*child
	for place, told := range past.Told.GetChildren() {
		var became PastChild
		if place < len(past.Children) {
			became = past.Children[place]
		}
		one := became.child(c, told, place)
		children = append(children, one)
		if became.Outcome == 0 {
			continue
		}
		if c.DecidedAt == nil || c.DecidedAt.Before(became.DecidedAt) {
			c.DecidedAt = &became.DecidedAt
			c.ChangedAt, c.ChangedBy, c.ChangedHow = became.DecidedAt, "people/"+became.PersonID, "SCREENED"
		}
		if c.SeenAt == nil || became.DecidedAt.Before(*c.SeenAt) {
			c.SeenAt, c.SeenBy = &became.DecidedAt, "people/"+became.PersonID
		}
		c.Version++
		if err := insertScreening(into{&s.screening}, became.screening(one, c.Version)); err != nil {
			return err
		}
	}
	c.derive(children, past.ReceivedAt)
	return s.write(c, children, text)
}

func (s *seeded) write(c *contact, children []*child, text []byte) error {
	if err := insertContact(into{&s.contact}, c); err != nil {
		return err
	}
	w := wording{Contact: c.ID, ToldVersion: 1, Version: 1, Told: text, ToldBy: c.ReceivedFrom, WrittenBy: c.ReceivedFrom, At: c.ReceivedAt}
	if err := insertTold(into{&s.told}, w); err != nil {
		return err
	}
	for _, one := range children {
		if err := insertChild(into{&s.child}, one); err != nil {
			return err
		}
	}
	if c.waits() {
		return nil
	}
	for _, team := range c.Teams {
		s.finished = append(s.finished, []any{c.ID, team, c.State, c.SourceCode, c.ReceivedAt})
	}
	return nil
}

func (past PastContact) contact(text []byte) *contact {
	digest := sha256.Sum256(text)
	c := &contact{
		ID: orNew(past.ID), Version: 1, ToldVersion: 1, State: undecided, SourceCode: past.Told.GetSource().GetCode(),
		ReceivedFrom: "people/" + past.PersonID, TextDigest: digest[:], ReceivedAt: past.ReceivedAt, WrittenAt: past.ReceivedAt,
		DecisionDueBy: past.DecisionDueBy, ChangedAt: past.ReceivedAt, ChangedHow: "RECEIVED",
	}
	if past.PartnerID != "" {
		c.PartnerID, c.ReceivedFrom = &past.PartnerID, "partners/"+past.PartnerID
		c.TheirReference = strings.TrimSpace(past.Told.GetSource().GetReference())
	} else {
		c.SeenAt, c.SeenBy = &past.ReceivedAt, c.ReceivedFrom
	}
	c.ChangedBy = c.ReceivedFrom
	if c.DecisionDueBy.IsZero() {
		c.DecisionDueBy = decisionDueBy(past.ReceivedAt, false, unknownOffice())
	}
	return c
}

func (became PastChild) child(c *contact, told *referralv1.ToldChild, place int) *child {
	r := readChild(told, c.ReceivedAt)
	one := &child{
		ID: orNew(became.ID), Contact: c.ID, Place: int16(place), SinceVersion: 1, Name: told.GetName(), NHSNumber: r.ReadAs.GetNhsNumber(),
		BirthDate: r.ReadAs.GetBirthDate(), SurnameKey: r.SurnameKey, Postcode: r.ReadAs.GetPostcode(), AddressKey: r.AddressKey,
		FirstTeam: became.Team, Team: became.Team, Outcome: int16(became.Outcome), Progress: firstProgress(became.Outcome),
	}
	switch {
	case became.Team == "" && len(r.Postcodes) == 0:
		one.Needs = int16(referralv1.NeedsPerson_NEEDS_PERSON_NO_ADDRESS)
	case became.Team == "":
		one.Needs = int16(referralv1.NeedsPerson_NEEDS_PERSON_NO_PATCH)
	}
	if became.Outcome == referralv1.Outcome_OUTCOME_ALREADY_OPEN {
		one.AlreadyOpenFamily = became.Family
	}
	if toTeam(became.Outcome) && became.Family != nil {
		one.Family, one.Progress = became.Family, progressWithTeam
		if became.Allocated {
			one.Progress = progressAllocated
		}
	}
	return one
}

func (became PastChild) screening(one *child, version int32) *screening {
	now := &screening{
		Child: one.ID, Version: 1, Contact: one.Contact, ContactVersion: version, Outcome: int16(became.Outcome), Reason: became.Reason,
		ReasonForReferrer: became.ReasonForReferrer, Receiver: became.Receiver, PrimaryNeed: needOr(became.PrimaryNeed),
		By: "people/" + became.PersonID, At: became.DecidedAt,
	}
	if became.Outcome == referralv1.Outcome_OUTCOME_EARLY_HELP {
		now.FamilyAgrees = int16(referralv1.YesNo_YES_NO_YES)
	}
	if toTeam(became.Outcome) {
		now.Team = one.Team
	}
	return now
}

func orNew(id uuid.UUID) uuid.UUID {
	if id == uuid.Nil {
		return uuid.Must(uuid.NewV7())
	}
	return id
}
