package draft

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
)

// mostBytes is how much the names and words of one draft may hold together.
const mostBytes = 200 << 10

// SaveDraft keeps the words in place of those that the person saw last. It needs no key: the revision makes it happen
// once, and a save whose answer was lost is answered again.
//
// A draft that is new begins with a revision that no earlier draft of the form had, taken from the clock. Else a page
// that was left open before the form was sent could replace what is typed into the same form since.
func (s *Service) SaveDraft(ctx context.Context, req *draftv1.SaveDraftRequest) (*draftv1.SaveDraftResponse, error) {
	person, err := typist(ctx)
	if err != nil {
		return nil, err
	}
	fields, err := pack(req.GetFields())
	if err != nil {
		return nil, err
	}
	// PostgreSQL keeps microseconds: what is answered is what is kept.
	now := s.Now().UTC().Truncate(time.Microsecond)
	var k kept
	err = s.DB.Tx(ctx, func(tx pgx.Tx) error {
		var err error
		if k, err = save(ctx, tx, person, req.GetForm(), req.GetRevision(), kept{fields: fields, savedAt: now}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, now, "keep what is being typed", subject(req.GetForm()))
	})
	if err != nil {
		return nil, err
	}
	return &draftv1.SaveDraftResponse{SavedAt: timestamppb.New(k.savedAt), Revision: k.revision}, nil
}

// pack gives the fields as they are kept. The same fields give the same bytes.
func pack(fields []*draftv1.DraftField) ([]byte, error) {
	size := 0
	for _, f := range fields {
		size += len(f.GetName()) + len(f.GetValue())
	}
	if size > mostBytes {
		return nil, fault.Invalid("fields", "a draft holds at most 200 KB of text; what was kept before is still there")
	}
	packed, err := proto.MarshalOptions{Deterministic: true}.Marshal(&draftv1.Draft{Fields: fields})
	if err != nil {
		return nil, fmt.Errorf("keep a draft: %w", err)
	}
	// A draft without fields is a draft all the same.
	return append([]byte{}, packed...), nil
}

// save puts the words in the place of the revision seen, 0 for none, and gives what is kept then.
func save(ctx context.Context, tx pgx.Tx, person, form string, seen int64, words kept) (kept, error) {
	sql := `UPDATE draft SET fields = $3, revision = revision + 1, replaced = revision, saved_at = $4 WHERE person = $1 AND form = $2 AND revision = $5
		RETURNING revision`
	args := []any{person, form, words.fields, words.savedAt, seen}
	if seen == 0 {
		sql = `INSERT INTO draft (person, form, fields, revision, replaced, saved_at) VALUES ($1, $2, $3, $5, 0, $4) ON CONFLICT DO NOTHING RETURNING revision`
		args[4] = words.savedAt.UnixMicro()
	}
	err := tx.QueryRow(ctx, sql, args...).Scan(&words.revision)
	if err == nil || !errors.Is(err, pgx.ErrNoRows) {
		return words, err
	}
	there, err := find(ctx, tx, person, form)
	if err != nil {
		return kept{}, err
	}
	if there.revision != 0 && there.replaced == seen && bytes.Equal(there.fields, words.fields) {
		return there, nil
	}
	return kept{}, there.changed()
}

// changed says what stands where something else was expected.
func (k kept) changed() error {
	if k.revision == 0 {
		return fault.Conflict("CHANGED", "this was sent or thrown away meanwhile; save it with revision 0 to keep it all the same",
			map[string]string{"revision": "0"})
	}
	return fault.Conflict("CHANGED", "this was saved meanwhile from elsewhere; read it, and save again with its revision what is to stand",
		map[string]string{"revision": strconv.FormatInt(k.revision, 10), "savedAt": k.savedAt.UTC().Format(time.RFC3339Nano)})
}
