package audit

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/fault"
)

// Filter says which rows are read; its zero value means all.
type Filter struct {
	// Subjects: only rows that show any of them, as rows have them: families/0192….
	Subjects []string
	// Actor: only what this actor did, by id.
	Actor string
	// Methods: only these calls, by full name.
	Methods []string
	// Since and Until bound the time: from then on, and before then. Zero is no bound.
	Since, Until time.Time
	// Allowed leaves denials out.
	Allowed bool
}

// Kept is a row as it stands in the trail.
type Kept struct {
	Row
	Digest []byte
}

// position is where a page ended. Rows are never changed, and new ones come before the first page.
type position struct {
	at time.Time
	id uuid.UUID
}

// List reads a page of the trail, newest first, and the token of the next one, empty on the last. It writes no row of its
// own: whoever shows the rows writes down that they were shown. Errors: INVALID for a page token that is none.
//
// Rows of a subject are found by the index of subjects, put in order afterwards: by itself PostgreSQL would rather go
// through the trail from its end until the page is full, which for a family that few have looked at is the whole of it.
func List(ctx context.Context, tx pgx.Tx, f Filter, token string, size int) (rows []Kept, next string, err error) {
	before, err := readToken(token)
	if err != nil {
		return nil, "", err
	}
	where, args := f.where(before)
	args = append(args, size+1)
	limit := "$" + strconv.Itoa(len(args))
	sql := `SELECT id, at, actor_kind, actor, entry, method, reason, subjects, allowed, denial, digest FROM audit WHERE ` + where +
		` ORDER BY at DESC, id DESC LIMIT ` + limit
	if len(f.Subjects) > 0 {
		sql = `WITH found AS MATERIALIZED (SELECT id AS row, at AS moment FROM audit WHERE ` + where + `),
			page AS (SELECT row FROM found ORDER BY moment DESC, row DESC LIMIT ` + limit + `)
			SELECT id, at, actor_kind, actor, entry, method, reason, subjects, allowed, denial, digest FROM audit JOIN page ON page.row = audit.id
			ORDER BY at DESC, id DESC`
	}
	found, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, "", fmt.Errorf("read the audit trail: %w", err)
	}
	rows, err = pgx.CollectRows(found, func(row pgx.CollectableRow) (Kept, error) {
		var k Kept
		err := row.Scan(&k.ID, &k.At, &k.ActorKind, &k.Actor, &k.Entry, &k.Method, &k.Reason, &k.Subjects, &k.Allowed, &k.Denial, &k.Digest)
		return k, err
	})
	if err != nil {
		return nil, "", fmt.Errorf("read the audit trail: %w", err)
	}
	if len(rows) > size {
		rows = rows[:size]
		next = position{rows[size-1].At, rows[size-1].ID}.token()
	}
	return rows, next, nil
}

// where is the filter as SQL, only of what is asked for, so that each question is planned for itself.
func (f Filter) where(before *position) (sql string, args []any) {
	var parts []string
	add := func(part string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			part = strings.Replace(part, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		parts = append(parts, part)
	}
	add("true")
	if len(f.Subjects) > 0 {
		add("subjects && ?::text[]", f.Subjects)
	}
	if f.Actor != "" {
		add("actor = ?", f.Actor)
	}
	if len(f.Methods) > 0 {
		add("method = ANY(?::text[])", f.Methods)
	}
	if !f.Since.IsZero() {
		add("at >= ?", f.Since)
	}
	if !f.Until.IsZero() {
		add("at < ?", f.Until)
	}
	if f.Allowed {
		add("allowed")
	}
	if before != nil {
		add("(at, id) < (?, ?)", before.at, before.id)
	}
	return strings.Join(parts, " AND "), args
}

// token is the position as it is carried to the next page.
func (p position) token() string {
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint64(nil, uint64(p.at.UnixMicro())), p.id[:]...)) //nolint:gosec // read back the same way
}

// readToken is nil for the first page.
func readToken(token string) (*position, error) {
	if token == "" {
		return nil, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(text) != 8+len(uuid.UUID{}) {
		return nil, fault.Invalid("pageToken", "take it from the answer before")
	}
	return &position{at: time.UnixMicro(int64(binary.BigEndian.Uint64(text))), id: uuid.UUID(text[8:])}, nil //nolint:gosec // as it was written
}
