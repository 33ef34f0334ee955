package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
)

// Service serves kith.audit.v1 over a service's audit table.
type Service struct {
	auditv1.UnimplementedAuditServiceServer
	DB  *pg.DB
	Now func() time.Time
}

// ListAuditRows shows the trail to the Caldicott guardian and administrators; the look itself is a row.
func (s *Service) ListAuditRows(ctx context.Context, req *auditv1.ListAuditRowsRequest) (*auditv1.ListAuditRowsResponse, error) {
	p := passport.From(ctx)
	if !p.Guardian && !p.Administrator {
		return nil, fault.Denied("NOT_GUARDIAN", "only the Caldicott guardian and administrators read the audit trail")
	}
	before := uuid.Max
	if req.GetPageToken() != "" {
		var err error
		if before, err = uuid.Parse(req.GetPageToken()); err != nil {
			return nil, fault.Invalid("pageToken", "take it from the answer before")
		}
	}
	size := PageSize(req.GetPageSize())
	answer := &auditv1.ListAuditRowsResponse{}
	err := s.DB.Tx(ctx, func(tx pgx.Tx) error {
		rows, err := list(ctx, tx, req.GetSubject(), before, size+1)
		if err != nil {
			return err
		}
		answer.Rows = rows
		if len(rows) > size {
			answer.Rows = rows[:size]
			answer.NextPageToken = rows[size-1].GetId()
		}
		return Write(ctx, tx, s.Now(), "read the audit trail", "audit")
	})
	return answer, err
}

func list(ctx context.Context, tx pgx.Tx, subject string, before uuid.UUID, limit int) ([]*auditv1.AuditRow, error) {
	rows, err := tx.Query(ctx, `SELECT id, at, actor_kind, actor, entry, method, reason, subjects, allowed, denial, digest FROM audit
		WHERE id < $1 AND ($2 = '' OR subjects @> ARRAY[$2]) ORDER BY id DESC LIMIT $3`, before, subject, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*auditv1.AuditRow, error) {
		var id uuid.UUID
		var at time.Time
		var digest []byte
		r := &auditv1.AuditRow{}
		err := row.Scan(&id, &at, &r.ActorKind, &r.Actor, &r.Entry, &r.Method, &r.Reason, &r.Subjects, &r.Allowed, &r.Denial, &digest)
		r.Id, r.At, r.Digest = id.String(), timestamppb.New(at), hex.EncodeToString(digest)
		return r, err
	})
}

// PageSize reads a list's page size: 0 means 50, more than 200 means 200.
func PageSize(asked int32) int {
	switch {
	case asked == 0:
		return 50
	case asked > 200:
		return 200
	}
	return int(asked)
}

// Verify computes every row's digest again and gives the ids of those that were changed after they were written.
func Verify(ctx context.Context, tx pgx.Tx) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, `SELECT id, at, actor_kind, actor, entry, method, reason, subjects, allowed, denial, salt, digest FROM audit ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read the audit trail: %w", err)
	}
	var changed []uuid.UUID
	var r Row
	var salt, digest []byte
	_, err = pgx.ForEachRow(rows, []any{&r.ID, &r.At, &r.ActorKind, &r.Actor, &r.Entry, &r.Method, &r.Reason, &r.Subjects, &r.Allowed, &r.Denial, &salt, &digest}, func() error {
		r.At = r.At.UTC()
		if !bytes.Equal(r.digest(salt), digest) {
			changed = append(changed, r.ID)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit trail: %w", err)
	}
	return changed, nil
}
