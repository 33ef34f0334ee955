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

// ListAuditRows shows the trail to the Caldicott guardian and administrators; the look itself is a row. A page token
// belongs to the question that it was answered to.
func (s *Service) ListAuditRows(ctx context.Context, req *auditv1.ListAuditRowsRequest) (*auditv1.ListAuditRowsResponse, error) {
	p := passport.From(ctx)
	if !p.Guardian && !p.Administrator {
		return nil, fault.Denied("NOT_GUARDIAN", "only the Caldicott guardian and administrators read the audit trail")
	}
	f := Filter{Subjects: req.GetSubjects(), Actor: req.GetActor()}
	if req.GetSubject() != "" {
		f.Subjects = append([]string{req.GetSubject()}, f.Subjects...)
	}
	for field, bound := range map[string]struct {
		told *timestamppb.Timestamp
		to   *time.Time
	}{"since": {req.GetSince(), &f.Since}, "until": {req.GetUntil(), &f.Until}} {
		if bound.told == nil {
			continue
		}
		if err := bound.told.CheckValid(); err != nil {
			return nil, fault.Invalid(field, "there is no such time")
		}
		*bound.to = bound.told.AsTime()
	}
	answer := &auditv1.ListAuditRowsResponse{}
	err := s.DB.Tx(ctx, func(tx pgx.Tx) error {
		rows, next, err := List(ctx, tx, f, req.GetPageToken(), PageSize(req.GetPageSize()))
		if err != nil {
			return err
		}
		answer.Rows, answer.NextPageToken = nil, next
		for _, r := range rows {
			answer.Rows = append(answer.Rows, &auditv1.AuditRow{
				Id: r.ID.String(), At: timestamppb.New(r.At), ActorKind: r.ActorKind, Actor: r.Actor, Entry: r.Entry, Method: r.Method, Reason: r.Reason,
				Subjects: r.Subjects, Allowed: r.Allowed, Denial: r.Denial, Digest: hex.EncodeToString(r.Digest),
			})
		}
		return Write(ctx, tx, s.Now(), "read the audit trail", "audit")
	})
	return answer, err
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
