package family

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg/once"
)

// request is what every change of a family sends.
type request interface {
	once.Request
	GetName() string
	GetEtag() string
}

// response is what every change of a family answers.
type response interface {
	proto.Message
	GetFamily() *familyfacingv1.Family
}

// changing is one use case that changes one family.
type changing[R response] struct {
	req request
	// purpose is the audit row's reason.
	purpose string
	wrap    func(*familyfacingv1.Family) R
	// before gathers what neighbours know, outside the transaction; nil where nothing is needed. It is not called for
	// somebody who may not work with the family.
	before func(ctx context.Context, f *family) error
	// apply holds the rules and writes whatever is not the family's own row. It changes f; change saves it.
	apply func(ctx context.Context, tx pgx.Tx, f *family, now time.Time) error
	// event is the event's type, empty where no neighbour is told; facts are added to the family's own.
	event string
	facts func(f *family) map[string]string
}

// change brings a use case to its effect: key first, then the row's lock, the right, the version, the rules, the new
// row, the event and the audit row, in one transaction. The same call again gets the first answer, as long as the person
// still works with families and no restriction has come between; addresses protected since are left out.
func change[R response](ctx context.Context, s *Service, c changing[R]) (R, error) {
	var none R
	now := s.now()
	if err := mayWorkWithFamilies(passport.From(ctx), now); err != nil {
		return none, err
	}
	id, err := familyIn(c.req.GetName())
	if err != nil {
		return none, err
	}
	key, err := once.KeyOf(ctx, c.req, now)
	if err != nil {
		return none, err
	}
	if err := s.prepare(ctx, id, now, c.before); err != nil {
		return none, err
	}
	work := func(tx pgx.Tx) (R, error) {
		f, err := find(ctx, tx, id, now)
		if err != nil {
			return none, err
		}
		if err := f.unchanged(ctx, c.req.GetEtag()); err != nil {
			return none, err
		}
		if err := c.apply(ctx, tx, f, now); err != nil {
			return none, err
		}
		if err := save(ctx, tx, f, now); err != nil {
			return none, err
		}
		if c.event != "" {
			if err := eventlog.Append(ctx, tx, c.told(f, now)); err != nil {
				return none, err
			}
		}
		m, err := answer(ctx, tx, f, now)
		if err != nil {
			return none, err
		}
		return c.wrap(m), audit.Write(ctx, tx, now, c.purpose, shown(m)...)
	}
	repeated := func(tx pgx.Tx, first R) error {
		if err := stillSeen(ctx, tx, id, now); err != nil {
			return err
		}
		if err := hideProtected(ctx, tx, id, first.GetFamily()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, now, c.purpose+", the same call again", shown(first.GetFamily())...)
	}
	return once.Do(ctx, s.db, key, c.wrap(nil), work, repeated)
}

// prepare asks neighbours, for somebody who may work with the family. What it finds is held against the locked row later.
func (s *Service) prepare(ctx context.Context, id uuid.UUID, now time.Time, before func(context.Context, *family) error) error {
	if before == nil {
		return nil
	}
	pool, err := s.db.Pool(ctx)
	if err != nil {
		return err
	}
	f, err := seek(ctx, pool, "", id, now)
	if missing := (*fault.Fault)(nil); errors.As(err, &missing) {
		return nil
	}
	if err != nil {
		return err
	}
	return before(ctx, f)
}

// told is the event of a change.
func (c changing[R]) told(f *family, now time.Time) eventlog.Event {
	facts := f.facts()
	if c.facts != nil {
		for k, v := range c.facts(f) {
			facts[k] = v
		}
	}
	return f.event(c.event, facts, now)
}

// facts are what every event of a family says.
func (f *family) facts() map[string]string {
	facts := map[string]string{"family": f.ID.String(), "team": f.Team, "contact": ""}
	if f.Contact != nil {
		facts["contact"] = f.Contact.String()
	}
	return facts
}

func (f *family) event(kind string, facts map[string]string, at time.Time) eventlog.Event {
	return eventlog.Event{Type: kind, Entity: "family/" + f.ID.String(), Version: f.Version, Facts: facts, At: at}
}
