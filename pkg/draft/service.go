package draft

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations makes the table of drafts.
func Migrations() pg.Set { return pg.Folder("draft", files, "migrations") }

// Service serves the drafts of one service's people.
type Service struct {
	draftv1.UnimplementedDraftServiceServer
	DB  *pg.DB
	Now func() time.Time
}

// GetDraft gives the draft of a form, with its words.
func (s *Service) GetDraft(ctx context.Context, req *draftv1.GetDraftRequest) (*draftv1.GetDraftResponse, error) {
	person, err := typist(ctx)
	if err != nil {
		return nil, err
	}
	answer := &draftv1.GetDraftResponse{}
	err = s.DB.Tx(ctx, func(tx pgx.Tx) error {
		d, err := find(ctx, tx, person, req.GetForm())
		if err != nil {
			return err
		}
		if answer.Draft, err = d.message(req.GetForm()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.Now(), "go on with what was typed", subject(req.GetForm()))
	})
	return answer, err
}

// ListDrafts says which forms the person left unfinished.
func (s *Service) ListDrafts(ctx context.Context, _ *draftv1.ListDraftsRequest) (*draftv1.ListDraftsResponse, error) {
	person, err := typist(ctx)
	if err != nil {
		return nil, err
	}
	answer := &draftv1.ListDraftsResponse{}
	err = s.DB.Tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT form, saved_at FROM draft WHERE person = $1 ORDER BY saved_at DESC, form LIMIT 100`, person)
		if err != nil {
			return err
		}
		var subjects []string
		answer.Drafts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*draftv1.DraftSummary, error) {
			d := &draftv1.DraftSummary{}
			var savedAt time.Time
			err := row.Scan(&d.Form, &savedAt)
			d.SavedAt = timestamppb.New(savedAt)
			subjects = append(subjects, subject(d.GetForm()))
			return d, err
		})
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.Now(), "look for what was left unfinished", subjects...)
	})
	return answer, err
}

// DeleteDraft throws the words away: they were sent, or are not wanted.
func (s *Service) DeleteDraft(ctx context.Context, req *draftv1.DeleteDraftRequest) (*draftv1.DeleteDraftResponse, error) {
	person, err := typist(ctx)
	if err != nil {
		return nil, err
	}
	err = s.DB.Tx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM draft WHERE person = $1 AND form = $2`, person, req.GetForm()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.Now(), "delete what was typed", subject(req.GetForm()))
	})
	return &draftv1.DeleteDraftResponse{}, err
}

// typist is the id of the person who types. Partners and services type nothing.
func typist(ctx context.Context) (string, error) {
	p := passport.From(ctx)
	if p == nil || p.Kind != passport.Person {
		return "", fault.Denied("NOT_STAFF", "drafts are for the authority's own people")
	}
	return p.ID, nil
}

// subject names a draft in the audit trail. A form's name holds ids and no words.
func subject(form string) string { return "drafts/" + form }

// kept is a draft as it is in its table; its zero value is none.
type kept struct {
	fields             []byte
	revision, replaced int64
	savedAt            time.Time
}

func find(ctx context.Context, tx pgx.Tx, person, form string) (kept, error) {
	var k kept
	err := tx.QueryRow(ctx, `SELECT fields, revision, replaced, saved_at FROM draft WHERE person = $1 AND form = $2`, person, form).
		Scan(&k.fields, &k.revision, &k.replaced, &k.savedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return kept{}, nil
	}
	return k, err
}

// message is nil for no draft.
func (k kept) message(form string) (*draftv1.Draft, error) {
	if k.revision == 0 {
		return nil, nil
	}
	d := &draftv1.Draft{}
	if err := proto.Unmarshal(k.fields, d); err != nil {
		return nil, fmt.Errorf("read a draft: %w", err)
	}
	d.Form, d.Revision, d.SavedAt = form, k.revision, timestamppb.New(k.savedAt)
	return d, nil
}
