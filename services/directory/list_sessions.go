package directory

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/passport"
)

// ListSessions shows a person where they are signed in.
func (s *Service) ListSessions(ctx context.Context, req *directoryv1.ListSessionsRequest) (*directoryv1.ListSessionsResponse, error) {
	answer := &directoryv1.ListSessionsResponse{}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		now := s.now()
		o, err := s.open(ctx, tx, req.GetSecret(), now)
		if err != nil {
			return err
		}
		answer.Sessions = nil
		subjects := []string{"people/" + o.id.String()}
		all, err := sessionsOf(ctx, tx, o.id, o.ID)
		if err != nil {
			return err
		}
		for _, one := range all {
			// As open judges each of them.
			if !one.live(now, o.idle) || !slices.Contains(s.issuers[passport.Authority(ctx)], one.Issuer) {
				continue
			}
			answer.Sessions = append(answer.Sessions, &directoryv1.Session{
				Device: one.Device, BeganAt: timestamppb.New(one.BeganAt), LastActAt: timestamppb.New(one.LastActAt), ThisOne: one.ID == o.ID,
			})
			subjects = append(subjects, "sessions/"+one.ID.String())
		}
		return audit.Write(acting(ctx, o.id), tx, now, "look at one's own sessions", subjects...)
	})
	return answer, err
}

// sessionsOf are a person's sessions that nobody has ended: the one that asks, then the others, latest act first.
func sessionsOf(ctx context.Context, tx pgx.Tx, person, asking uuid.UUID) ([]session, error) {
	rows, err := tx.Query(ctx, `SELECT s.id, s.issuer, s.device, s.began_at, s.last_act_at FROM session s JOIN person p ON p.id = s.person AND p.subject = s.subject
		WHERE s.person = $1 AND s.ended_at IS NULL ORDER BY s.id <> $2, s.last_act_at DESC, s.id`, person, asking)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[session])
}
