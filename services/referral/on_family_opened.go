package referral

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	"github.com/kithcare/kith/pkg/audit"
)

// onFamilyOpened keeps which family was opened for a child, or which one the child was added to.
func (s *Service) onFamilyOpened(ctx context.Context, e *eventlogv1.Event) (func(pgx.Tx) error, error) {
	progress := progressWithTeam
	if e.GetFacts()["state"] == progressAllocated {
		progress = progressAllocated
	}
	return s.onChild(ctx, e, func(c *child, family uuid.UUID) {
		c.Family = &family
		// A revision may have come meanwhile; then the child is on its way out again.
		if toTeam(c.outcome()) {
			c.Progress = progress
		}
	})
}

// onChild is the effect of an event about one child of one contact. An event about a child that is not here, as after a
// restore, changes nothing.
func (s *Service) onChild(ctx context.Context, e *eventlogv1.Event, change func(c *child, family uuid.UUID)) (func(pgx.Tx) error, error) {
	contact, id, family := idOf(e.GetFacts()["contact"]), idOf(e.GetFacts()["child"]), idOf(e.GetFacts()["family"])
	if contact == nil || id == nil || family == nil {
		return func(pgx.Tx) error { return nil }, nil
	}
	return func(tx pgx.Tx) error {
		if err := lockContact(ctx, tx, *contact); err != nil {
			return err
		}
		children, err := childrenOf(ctx, tx, *contact)
		if err != nil {
			return err
		}
		one := (&look{children: children}).child(*id)
		if one == nil {
			return nil
		}
		change(one, *family)
		if err := saveChild(ctx, tx, one); err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), "take in "+e.GetType(), "contacts/"+contact.String(), "children/"+id.String(), "families/"+family.String())
	}, nil
}

// lockContact keeps people's acts on a contact apart from what events bring.
func lockContact(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	_, err := tx.Exec(ctx, `SELECT FROM contact WHERE id = $1 FOR NO KEY UPDATE`, id)
	return err
}
