package family

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
)

// ListNotices shows a team's present members the contacts about children whose case was open, newest first. What the
// referrer said is among the family's worries. Errors: as ListFamilies.
func (s *Service) ListNotices(ctx context.Context, req *familyfacingv1.ListNoticesRequest) (*familyfacingv1.ListNoticesResponse, error) {
	team, now := teamIn(req.GetParent()), s.now()
	if err := s.mayLook(ctx, team, now); err != nil {
		return nil, err
	}
	const filter = "notices"
	before, err := ReadPlace(req.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	size := audit.PageSize(req.GetPageSize())
	response := &familyfacingv1.ListNoticesResponse{}
	err = s.db.Tx(ctx, func(tx pgx.Tx) error {
		listed, err := listNotices(ctx, tx, team, before, size+1, now)
		if err != nil {
			return fmt.Errorf("list notices: %w", err)
		}
		if len(listed) > size {
			listed = listed[:size]
			response.NextPageToken = listed[size-1].at.Token(filter)
		}
		names := []string{req.GetParent()}
		for _, l := range listed {
			n := l.notice
			response.Notices = append(response.Notices, n)
			names = append(names, n.GetFamily(), n.GetChild(), n.GetContact(), n.GetWorker())
		}
		return audit.Write(ctx, tx, now, "look at the team's notices", subjects(names)...)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

type placedNotice struct {
	at     Place
	notice *familyfacingv1.Notice
}

// listNotices names the worker who was told, or, where nobody was allocated then, who works with the family now.
func listNotices(ctx context.Context, tx pgx.Tx, team string, before Place, limit int, now time.Time) ([]placedNotice, error) {
	args := Asking(ctx, now)
	args["team"], args["first"], args["at"], args["id"], args["limit"] = team, before.ID == uuid.Nil, before.At, before.ID, limit
	rows, err := tx.Query(ctx, `SELECT n.id, n.family, n.contact, n.contact_child, n.person, coalesce(n.worker, f.worker), n.at
		FROM notice n JOIN family f ON f.id = n.family
		WHERE n.team = @team AND (@first::boolean OR (n.at, n.id) < (@at, @id)) AND `+unrestricted+` ORDER BY n.at DESC, n.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (placedNotice, error) {
		var id, family, contact, contactChild uuid.UUID
		var person, worker *uuid.UUID
		var at time.Time
		err := row.Scan(&id, &family, &contact, &contactChild, &person, &worker, &at)
		n := &familyfacingv1.Notice{
			Family: named(ctx, "families", &family), Contact: named(ctx, "contacts", &contact),
			Child: named(ctx, "contacts", &contact) + "/children/" + contactChild.String(), Worker: named(ctx, "people", worker), At: timestamppb.New(at),
		}
		if person != nil {
			n.Child = personName(ctx, family, *person, true)
		}
		return placedNotice{at: Place{At: at, ID: id}, notice: n}, err
	})
}
