package family

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// ListFamilies shows a team's families to its present members: urgent ones that nobody took note of on top, then those
// that wait for allocation, then the others, each the longest open first. Errors: NOT_A_MEMBER for another Family Facing
// Team, NOT_FOUND for whatever is none.
func (s *Service) ListFamilies(ctx context.Context, req *familyfacingv1.ListFamiliesRequest) (*familyfacingv1.ListFamiliesResponse, error) {
	team, now := teamIn(req.GetParent()), s.now()
	if err := s.mayLook(ctx, team, now); err != nil {
		return nil, err
	}
	filter := strconv.Itoa(int(req.GetState()))
	if req.GetWorker() != "" {
		filter += " " + colleagueIn(req.GetWorker()).String()
	}
	after, err := ReadPlace(req.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	size := audit.PageSize(req.GetPageSize())
	response := &familyfacingv1.ListFamiliesResponse{}
	err = s.db.Tx(ctx, func(tx pgx.Tx) error {
		listed, err := listFamilies(ctx, tx, wanted{team: team, state: req.GetState(), worker: req.GetWorker(), after: after, limit: size + 1, now: now})
		if err != nil {
			return fmt.Errorf("list families: %w", err)
		}
		if len(listed) > size {
			listed = listed[:size]
			response.NextPageToken = listed[size-1].at.Token(filter)
		}
		names := []string{req.GetParent()}
		for _, l := range listed {
			response.Families = append(response.Families, l.summary)
			names = append(names, l.summary.GetName(), l.summary.GetWorker(), l.summary.GetCover())
		}
		return audit.Write(ctx, tx, now, "look at the team's families", subjects(names)...)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

// mayLook says whether the team's lists are open to whoever asks. What is no Family Facing Team does not exist here.
func (s *Service) mayLook(ctx context.Context, team string, now time.Time) error {
	p := passport.From(ctx)
	denied := mayLookAt(p, team, now)
	if denied == nil || p.Kind != passport.Person {
		return denied
	}
	familyFacing, err := s.isFamilyFacing(ctx, team)
	if err != nil {
		return err
	}
	if !familyFacing {
		return fault.NotFound()
	}
	return denied
}

// placed is a family with its place in the list.
type placed struct {
	at      Place
	summary *familyfacingv1.FamilySummary
}

// places are the range of places in the list in which families of a state stand.
func places(s familyfacingv1.FamilyState) (first, last int) {
	switch s {
	case familyfacingv1.FamilyState_FAMILY_STATE_WITHDRAWN:
		return 4, 4
	case familyfacingv1.FamilyState_FAMILY_STATE_CLOSED:
		return 5, 5
	default:
		return 1, 3
	}
}

// wanted says which of a team's families are listed.
type wanted struct {
	team  string
	state familyfacingv1.FamilyState
	// worker is the named worker's name; empty for all.
	worker string
	after  Place
	limit  int
	now    time.Time
}

func listFamilies(ctx context.Context, tx pgx.Tx, w wanted) ([]placed, error) {
	args := Asking(ctx, w.now)
	args["first"], args["last"] = places(w.state)
	args["team"], args["state"], args["worker"], args["limit"] = w.team, "", (*uuid.UUID)(nil), w.limit
	args["rank"], args["at"], args["id"] = w.after.Rank, w.after.At, w.after.ID
	if w.state != familyfacingv1.FamilyState_FAMILY_STATE_UNSPECIFIED {
		args["state"] = w.state.String()[len("FAMILY_STATE_"):]
	}
	if w.worker != "" {
		worker := colleagueIn(w.worker)
		args["worker"] = &worker
	}
	rows, err := tx.Query(ctx, `SELECT f.id, f.version, f.state, f.worker, f.cover, f.opened_at, f.allocated_at, f.place,
		c.names, coalesce(c.revised, false), f.last_event, f.last_event_at, f.weight_tenths FROM family f
		CROSS JOIN LATERAL (SELECT array_agg(CASE full_name WHEN '' THEN 'a child' ELSE full_name END ORDER BY id)
			FILTER (WHERE standing <> 'WITHDRAWN' OR f.state = 'WITHDRAWN') AS names, bool_or(standing = 'REVISED') AS revised
			FROM person WHERE family = f.id AND is_child) c
		WHERE f.team = @team AND f.place BETWEEN @first AND @last AND (@state::text = '' OR f.state = @state)
		AND (@worker::uuid IS NULL OR f.worker = @worker) AND (f.place, f.opened_at, f.id) > (@rank, @at, @id) AND `+unrestricted+`
		ORDER BY f.place, f.opened_at, f.id LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (placed, error) {
		var id uuid.UUID
		var version int64
		var now state
		var worker, cover *uuid.UUID
		var openedAt, lastAt time.Time
		var allocatedAt *time.Time
		var rank int
		m := &familyfacingv1.FamilySummary{}
		err := row.Scan(&id, &version, &now, &worker, &cover, &openedAt, &allocatedAt, &rank, &m.Children, &m.Revised, &m.LastEvent, &lastAt, &m.WeightTenths)
		m.Name, m.State, m.Etag = named(ctx, "families", &id), stateOf(now), (&family{Version: version}).etag()
		m.Worker, m.Cover = named(ctx, "people", worker), named(ctx, "people", cover)
		m.OpenedAt, m.AllocatedAt, m.LastEventAt = timestamppb.New(openedAt), instant(allocatedAt), timestamppb.New(lastAt)
		m.UrgentUnacknowledged = rank == 1
		return placed{at: Place{Rank: rank, At: openedAt, ID: id}, summary: m}, err
	})
}
