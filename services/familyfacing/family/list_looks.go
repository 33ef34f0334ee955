package family

import (
	"context"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/passport"
)

// ListLooks shows who looked at a family or changed it, and why, newest first, to whoever may see the family. Tries that
// were refused are the guardian's to see. Errors: NOT_FOUND where GetFamily finds none.
func (s *Service) ListLooks(ctx context.Context, req *familyfacingv1.ListLooksRequest) (*familyfacingv1.ListLooksResponse, error) {
	id, err := familyIn(req.GetParent())
	if err != nil {
		return nil, err
	}
	now := s.now()
	response := &familyfacingv1.ListLooksResponse{}
	err = s.db.Tx(ctx, func(tx pgx.Tx) error {
		if _, err := look(ctx, tx, id, now); err != nil {
			return err
		}
		family := "families/" + id.String()
		rows, next, err := audit.List(ctx, tx, audit.Filter{Subjects: []string{family}, Allowed: true}, req.GetPageToken(), audit.PageSize(req.GetPageSize()))
		if err != nil {
			return err
		}
		response.Looks, response.NextPageToken = nil, next
		for _, r := range rows {
			response.Looks = append(response.Looks, &familyfacingv1.Look{Actor: actorOf(r.Row), At: timestamppb.New(r.At), Reason: r.Reason})
		}
		return audit.Write(ctx, tx, now, "see who looked at the family", family)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

// actorOf names who acted: people/0192…, partners/0192…, services/referral.
func actorOf(r audit.Row) string {
	if r.ActorKind == string(passport.Person) {
		return "people/" + r.Actor
	}
	return r.ActorKind + "s/" + r.Actor
}
