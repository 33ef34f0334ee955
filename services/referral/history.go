package referral

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/passport"
)

// mostHistory is how much of a contact's history is shown at once.
const mostHistory = 200

// ListContactHistory shows a member of the Referral Team everything that happened to a contact, and who looked at it.
func (s *Service) ListContactHistory(ctx context.Context, req *referralv1.ListContactHistoryRequest) (*referralv1.ListContactHistoryResponse, error) {
	now := s.now()
	p, err := staff(ctx, now)
	if err != nil {
		return nil, err
	}
	id, err := contactID(req.GetParent())
	if err != nil {
		return nil, err
	}
	answer := &referralv1.ListContactHistoryResponse{}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := contactOf(ctx, tx, id, false); err != nil {
			return err
		}
		if answer.Events, err = eventsOf(ctx, tx, p.Authority, id); err != nil {
			return err
		}
		if answer.Looks, err = looksAt(ctx, tx, p.Authority, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, now, "read a contact's history", "contacts/"+id.String())
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// eventsOf gathers what happened, from the rows that each act left. What came in from an older system has no changes,
// only its screenings.
func eventsOf(ctx context.Context, tx pgx.Tx, authority string, id uuid.UUID) ([]*referralv1.ContactEvent, error) {
	rows, err := tx.Query(ctx, `SELECT how, by, at, written_at, reason FROM (
			SELECT 'RECEIVED' AS how, received_from AS by, received_at AS at, written_at, '' AS reason, 0 AS step FROM contact WHERE id = $1
			UNION ALL SELECT 'SEEN', seen_by, seen_at, seen_at, '', 1 FROM contact WHERE id = $1 AND seen_at IS NOT NULL
			UNION ALL SELECT how, by, at, at, reason, 1 + version FROM change WHERE contact = $1
			UNION ALL SELECT 'SCREENED', by, at, at, reason, 1 + contact_version FROM screening s WHERE contact = $1
				AND NOT EXISTS (SELECT FROM change c WHERE c.contact = s.contact AND c.version = s.contact_version)
			UNION ALL SELECT 'PATCH_FOUND', t.by, t.at, t.at, '', 1 + t.contact_version FROM child c JOIN team_choice t ON t.child = c.id
				WHERE c.contact = $1 AND t.by LIKE 'services/%'
			UNION ALL SELECT 'VERSION_PROPOSED', received_from, received_at, written_at, '', 0 FROM contact
				WHERE version_of = $1 AND version_of IS NOT NULL
			UNION ALL SELECT h.how, h.by, h.at, h.at, h.note, 0 FROM duty_contact d JOIN duty_handover h ON h.id = d.handover WHERE d.contact = $1
			UNION ALL SELECT CASE WHEN delivered THEN 'DANGER_CALLED_OUT' ELSE 'DANGER_NOT_DELIVERED' END, '', at, at, channel, 0 FROM alarm
				WHERE contact = $1 AND channel <> 'DESK'
			UNION ALL SELECT 'REFERRER_TOLD', '', delivered_at, delivered_at, kind, 0 FROM call_back WHERE contact = $1 AND delivered_at IS NOT NULL
			UNION ALL SELECT 'REFERRER_TOLD_BY_PERSON', settled_by, settled_at, settled_at, settled, 0 FROM call_back
				WHERE contact = $1 AND settled_at IS NOT NULL
		) events ORDER BY at DESC, step DESC, how LIMIT $2`, id, mostHistory)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*referralv1.ContactEvent, error) {
		e := &referralv1.ContactEvent{}
		var by string
		var at, written time.Time
		err := row.Scan(&e.How, &by, &at, &written, &e.Reason)
		e.By, e.At, e.WrittenAt = actorName(authority, by), timestamppb.New(at), timestamppb.New(written)
		return e, err
	})
}

// actorName names who acted; empty for a service, which nobody can ask.
func actorName(authority, by string) string {
	if by == "" || strings.HasPrefix(by, "services/") {
		return ""
	}
	return inAuthority(authority, by)
}

// looksAt gathers who had the contact open. Lists that it stood in are in the audit trail and not here: each of them
// shows everything that waits.
func looksAt(ctx context.Context, tx pgx.Tx, authority string, id uuid.UUID) ([]*referralv1.ContactLook, error) {
	rows, _, err := audit.List(ctx, tx, audit.Filter{Subjects: []string{"contacts/" + id.String()}, Allowed: true, Methods: []string{
		referralv1.ReferralService_GetContact_FullMethodName, referralv1.ReferralService_SuggestLinks_FullMethodName,
		referralv1.ReferralService_ListContactHistory_FullMethodName,
	}}, "", mostHistory)
	if err != nil {
		return nil, err
	}
	looks := make([]*referralv1.ContactLook, 0, len(rows))
	for _, r := range rows {
		by := "people/" + r.Actor
		if r.ActorKind == string(passport.Partner) {
			by = "partners/" + r.Actor
		}
		looks = append(looks, &referralv1.ContactLook{By: inAuthority(authority, by), At: timestamppb.New(r.At), Why: r.Reason})
	}
	return looks, nil
}
