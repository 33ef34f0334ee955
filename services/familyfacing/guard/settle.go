package guard

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/pg/once"
)

// settling is a guardian's word on a restriction in force.
type settling interface {
	once.Request
	GetName() string
}

// settle brings it to its effect, once.
func settle[R proto.Message](ctx context.Context, s *Service, req settling, purpose string, empty R,
	work func(context.Context, pgx.Tx, restriction, time.Time) (R, error),
) (R, error) {
	var none R
	if _, err := guardian(ctx); err != nil {
		return none, err
	}
	id, err := idIn(req.GetName())
	if err != nil {
		return none, err
	}
	now := s.now()
	key, err := once.KeyOf(ctx, req, now)
	if err != nil {
		return none, err
	}
	return once.Do(ctx, s.db, key, empty, func(tx pgx.Tx) (R, error) {
		r, err := inForce(ctx, tx, id)
		if err != nil {
			return none, err
		}
		answer, err := work(ctx, tx, r, now)
		if err != nil {
			return none, err
		}
		return answer, audit.Write(ctx, tx, now, purpose, r.subjects()...)
	}, func(tx pgx.Tx, _ R) error {
		return audit.Write(ctx, tx, now, purpose+", the same call again", "families/"+id.String())
	})
}
