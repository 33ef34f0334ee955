package referral

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
)

// wanted is what a list is asked for. State 0 means everything that waits for a person.
type wanted struct {
	State   int16
	Overdue bool
	Source  string
	Team    string
	// WithDuty is only what the Emergency Duty Team looks after.
	WithDuty bool
	// ByTime orders by the time that has run out alone, whatever the danger.
	ByTime bool
	// Counted asks for what waits at the desk as well.
	Counted bool
	Size    int
	After   place
}

// place is where a page ended.
type place struct {
	Rank int16     `json:"r"`
	At   time.Time `json:"t"`
	ID   uuid.UUID `json:"i"`
}

// ListContacts is the queue for members of the Referral Team: immediate danger on top, then by the time left. Finished
// contacts are listed newest first. No filter costs more with ten years of history than with one.
func (s *Service) ListContacts(ctx context.Context, req *referralv1.ListContactsRequest) (*referralv1.ListContactsResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	if req.GetReceipt() != "" {
		return s.findReceipt(ctx, p.Authority, req.GetReceipt())
	}
	w := wanted{State: int16(req.GetState()), Overdue: req.GetOverdue(), Source: req.GetSourceCode(), WithDuty: req.GetWithDuty(), Size: audit.PageSize(req.GetPageSize()), Counted: req.GetPageToken() == ""}
	if w.Team, err = teamKey(p.Authority, "team", req.GetTeam()); err != nil {
		return nil, err
	}
	if w.After, err = readPlace(req.GetPageToken(), w.finished()); err != nil {
		return nil, err
	}
	return s.list(ctx, p.Authority, w)
}

// ListOverdueContacts shows members of the Referral Team what waits past its time, oldest first.
func (s *Service) ListOverdueContacts(ctx context.Context, req *referralv1.ListOverdueContactsRequest) (*referralv1.ListOverdueContactsResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	w := wanted{Overdue: true, ByTime: true, Size: audit.PageSize(req.GetPageSize())}
	if w.After, err = readPlace(req.GetPageToken(), false); err != nil {
		return nil, err
	}
	found, err := s.list(ctx, p.Authority, w)
	if err != nil {
		return nil, err
	}
	return &referralv1.ListOverdueContactsResponse{Contacts: found.GetContacts(), NextPageToken: found.GetNextPageToken()}, nil
}

// finished tells the states that are history and not in the queue.
func (w wanted) finished() bool {
	return w.State == decided || w.State == accepted || w.State == sentInError
}

// sql gives the query, each with an index of its own order: see the migration.
func (w wanted) sql(now time.Time) (string, []any) {
	columns, limit := `SELECT `+contactSelect+` FROM contact `, ` LIMIT `+fmt.Sprint(w.Size+1)
	switch {
	case w.ByTime:
		return columns + `WHERE state IN (1, 3) AND decision_due_by < $1 AND (decision_due_by, id) > ($2, $3) ORDER BY decision_due_by, id` + limit,
			[]any{now, w.After.At, w.After.ID}
	case !w.finished():
		return columns + `WHERE rank < 9 AND (rank, decision_due_by, id) > ($1, $2, $3) AND ($4::smallint = 0 OR state = $4)
			AND (NOT $5 OR (decision_due_by < $6 AND state IN (1, 3))) AND ($7 = '' OR source_code = $7) AND ($8 = '' OR teams @> ARRAY[$8::text])
			AND (NOT $9 OR with_duty_since IS NOT NULL)
			ORDER BY rank, decision_due_by, id` + limit, []any{w.After.Rank, w.After.At, w.After.ID, w.State, w.Overdue, now, w.Source, w.Team, w.WithDuty}
	case w.Team != "" && w.Source != "":
		return columns + `JOIN (SELECT contact AS id, received_at AS newest FROM finished_by_team
			WHERE team = $1 AND state = $2 AND source_code = $3 AND (received_at, contact) < ($4, $5)
			ORDER BY received_at DESC, contact DESC` + limit + `) page USING (id) ORDER BY newest DESC, id DESC`,
			[]any{w.Team, w.State, w.Source, w.After.At, w.After.ID}
	case w.Team != "":
		return columns + `JOIN (SELECT contact AS id, received_at AS newest FROM finished_by_team
			WHERE team = $1 AND state = $2 AND (received_at, contact) < ($3, $4)
			ORDER BY received_at DESC, contact DESC` + limit + `) page USING (id) ORDER BY newest DESC, id DESC`,
			[]any{w.Team, w.State, w.After.At, w.After.ID}
	case w.Source != "":
		return columns + `WHERE state IN (2, 4, 5) AND state = $1 AND source_code = $2 AND (received_at, id) < ($3, $4)
			ORDER BY received_at DESC, id DESC` + limit, []any{w.State, w.Source, w.After.At, w.After.ID}
	default:
		return columns + `WHERE state IN (2, 4, 5) AND state = $1 AND (received_at, id) < ($2, $3)
			ORDER BY received_at DESC, id DESC` + limit, []any{w.State, w.After.At, w.After.ID}
	}
}

// list reads a page with its audit row, and says where the next one begins.
func (s *Service) list(ctx context.Context, authority string, w wanted) (*referralv1.ListContactsResponse, error) {
	now := s.now()
	answer := &referralv1.ListContactsResponse{}
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		answer.Reset()
		contacts, err := page(ctx, tx, w, now)
		if err != nil {
			return err
		}
		if len(contacts) > w.Size {
			contacts = contacts[:w.Size]
			answer.NextPageToken = writePlace(contacts[w.Size-1], w.finished())
		}
		var shown []string
		for _, c := range contacts {
			answer.Contacts = append(answer.Contacts, c.summary(authority, now))
			shown = append(shown, "contacts/"+c.ID.String())
		}
		return s.counted(ctx, tx, authority, answer, w.Counted, "list contacts", shown)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// counted puts what waits at the desk into a first page, and keeps what the page shows.
func (s *Service) counted(ctx context.Context, tx pgx.Tx, authority string, answer *referralv1.ListContactsResponse, first bool, why string, shown []string) error {
	now := s.now()
	if first {
		w, oldest, err := s.waiting(ctx, tx, authority, now)
		if err != nil {
			return err
		}
		answer.Waiting = w
		if oldest != nil {
			shown = append(shown, "contacts/"+oldest.ID.String())
		}
	}
	return audit.Write(ctx, tx, now, why, distinct(shown)...)
}

func page(ctx context.Context, tx pgx.Tx, w wanted, now time.Time) ([]*contact, error) {
	if w.finished() && (w.Overdue || w.WithDuty) {
		// What is finished waits no more.
		return nil, nil
	}
	sql, args := w.sql(now)
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[contact])
}

// findReceipt finds the contact of a receipt that somebody reads out.
func (s *Service) findReceipt(ctx context.Context, authority, told string) (*referralv1.ListContactsResponse, error) {
	receipt, ok := readReceipt(told)
	if !ok {
		return nil, fault.Invalid("receipt", "this is no receipt: one of its letters or digits is wrong, or two are swapped; ask again")
	}
	answer := &referralv1.ListContactsResponse{}
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		answer.Reset()
		rows, err := tx.Query(ctx, `SELECT `+contactSelect+` FROM contact WHERE receipt = $1`, receipt)
		if err != nil {
			return err
		}
		contacts, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[contact])
		if err != nil {
			return err
		}
		var shown []string
		for _, c := range contacts {
			answer.Contacts = append(answer.Contacts, c.summary(authority, s.now()))
			shown = append(shown, "contacts/"+c.ID.String())
		}
		return s.counted(ctx, tx, authority, answer, true, "find a contact by its receipt", shown)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// summary is a contact in a list, without protected fields.
func (c *contact) summary(authority string, now time.Time) *referralv1.ContactSummary {
	shown := &referralv1.ContactSummary{
		Name: contactName(authority, c.ID), Receipt: c.Receipt, State: referralv1.ContactState(c.State), ReceivedAt: timestamppb.New(c.ReceivedAt),
		DecisionDueBy: timestamppb.New(c.DecisionDueBy), Overdue: c.overdue(now), SourceCode: c.SourceCode, Children: c.ChildNames,
		ChildrenUndecided: int32(c.ChildrenUndecided), DangerUnacknowledged: c.dangerOpen(), ImmediateDanger: c.ImmediateDanger,
		NeedsPerson: needs(c), TakenBackAt: stamp(c.TakenBackAt), Etag: c.etag(), WithDuty: c.WithDutySince != nil, Unseen: c.SeenAt == nil,
		Undelivered: c.Undelivered,
	}
	for _, team := range c.Teams {
		shown.Teams = append(shown.Teams, teamName(authority, team))
	}
	if c.isVersion() {
		shown.ProposedVersionOf = contactName(authority, *c.VersionOf)
	}
	return shown
}

// firstPlace lies before everything: below every rank, or after every time.
func firstPlace(finished bool) place {
	if finished {
		return place{At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), ID: uuid.Max}
	}
	return place{Rank: -1, At: time.Unix(0, 0).UTC()}
}

func writePlace(c *contact, finished bool) string {
	at := place{Rank: c.Rank, At: c.DecisionDueBy.UTC(), ID: c.ID}
	if finished {
		at = place{Rank: rankFinished, At: c.ReceivedAt.UTC(), ID: c.ID}
	}
	// A struct of a number, a time and an id always becomes JSON.
	text, _ := json.Marshal(at)
	return base64.RawURLEncoding.EncodeToString(text)
}

func readPlace(token string, finished bool) (place, error) {
	if token == "" {
		return firstPlace(finished), nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	var at place
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	if err != nil || at.At.Year() < 1900 || at.At.Year() > 9999 || (at.Rank == rankFinished) != finished {
		return place{}, fault.Invalid("pageToken", "take it from the answer before, with the same filters")
	}
	return at, nil
}
