package guard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg/once"
	"github.com/kithcare/kith/services/familyfacing/family"
)

// glassHolds is for how long a record is opened where nobody says; the request's rules and the table hold the 4 hours that
// are the most.
const glassHolds = time.Hour

// BreakGlass opens one family to a member of a Family Facing or Referral Team, to read. Where several families hold the
// number, it is the open one, else the latest. The guardians are told by a job of the same transaction. An unknown family
// and an unknown number are one answer; the try is kept as a denial. Errors: NOT_A_MEMBER, NOT_FOUND, NOT_NEEDED.
func (s *Service) BreakGlass(ctx context.Context, req *familyfacingv1.BreakGlassRequest) (*familyfacingv1.BreakGlassResponse, error) {
	now, p := s.now(), passport.From(ctx)
	if err := family.MayBreakGlass(p, now); err != nil {
		return nil, err
	}
	person, err := uuid.Parse(p.ID)
	if err != nil {
		return nil, fault.Denied("NOT_A_MEMBER", "only a person breaks the glass")
	}
	sought, err := soughtIn(req)
	if err != nil {
		return nil, err
	}
	key, err := once.KeyOf(ctx, req, now)
	if err != nil {
		return nil, err
	}
	holds := glassHolds
	if req.GetMinutes() > 0 {
		holds = time.Duration(req.GetMinutes()) * time.Minute
	}
	work := func(tx pgx.Tx) (*familyfacingv1.BreakGlassResponse, error) {
		id, err := sought.find(ctx, tx)
		if err != nil {
			return nil, err
		}
		if seen, err := family.WorksWith(ctx, tx, id, now); err != nil {
			return nil, err
		} else if seen {
			return nil, fault.Refused("NOT_NEEDED", "", "you work with this family and see it without breaking the glass")
		}
		g := glass{id: uuid.Must(uuid.NewV7()), family: id, person: person, reason: req.GetReason(), at: now, until: now.Add(holds)}
		_, err = tx.Exec(ctx, `INSERT INTO glass (id, family, person, reason, at, until, written_at) VALUES ($1, $2, $3, $4, $5, $6, $5)`,
			g.id, g.family, g.person, g.reason, g.at, g.until)
		if err != nil {
			return nil, fmt.Errorf("break the glass: %w", err)
		}
		if err := s.jobs.Insert(ctx, tx, tellArgs{Glass: g.id}, nil); err != nil {
			return nil, err
		}
		return &familyfacingv1.BreakGlassResponse{Use: g.message(ctx)}, audit.Write(ctx, tx, now, "break the glass", g.subjects()...)
	}
	repeated := func(tx pgx.Tx, first *familyfacingv1.BreakGlassResponse) error {
		id, err := idIn(first.GetUse().GetFamily())
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, now, "break the glass, the same call again", "families/"+id.String())
	}
	return once.Do(ctx, s.db, key, &familyfacingv1.BreakGlassResponse{}, work, repeated)
}

// sought is what is known of the family: its id, or the NHS number of somebody in it.
type sought struct {
	family    uuid.UUID
	nhsNumber string
}

func soughtIn(req *familyfacingv1.BreakGlassRequest) (sought, error) {
	if (req.GetFamily() == "") == (req.GetNhsNumber() == "") {
		return sought{}, fault.Invalid("family", "say which family: its name, or the NHS number of somebody in it, and not both")
	}
	if req.GetFamily() != "" {
		id, err := idIn(req.GetFamily())
		return sought{family: id}, err
	}
	number, _ := identifiers.NHSNumber(req.GetNhsNumber())
	if number == "" {
		return sought{}, fault.Invalid("nhsNumber", "an NHS number has ten digits, the last of which checks the others")
	}
	return sought{nhsNumber: number}, nil
}

// find gives the one family. Errors: NOT_FOUND.
func (s sought) find(ctx context.Context, tx pgx.Tx) (uuid.UUID, error) {
	var id uuid.UUID
	// Two looks, so that each is one index's: children's numbers and adults'.
	err := tx.QueryRow(ctx, `SELECT f.id FROM family f JOIN (
			SELECT family, standing FROM person WHERE is_child AND nhs_number = $2
			UNION ALL SELECT family, standing FROM person WHERE NOT is_child AND nhs_number = $2
			UNION ALL SELECT $1, '') p ON p.family = f.id
		ORDER BY f.state IN ('AWAITING_ALLOCATION', 'ALLOCATED') DESC, p.standing <> 'WITHDRAWN' DESC, f.opened_at DESC, f.id LIMIT 1`,
		s.family, s.nhsNumber).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return id, fault.NotFound()
	}
	if err != nil {
		return id, fmt.Errorf("look for the family: %w", err)
	}
	return id, nil
}
