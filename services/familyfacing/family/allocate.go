package family

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
)

// AllocateFamily gives a waiting family its named worker and cover, by a member of its team. Where it is restricted the two
// are named with those who see it. Errors: NOT_A_MEMBER,
// NOT_FOUND outside the team, CHANGED, NOT_AWAITING_ALLOCATION, NOT_A_PRESENT_MEMBER, SAME_PERSON.
func (s *Service) AllocateFamily(ctx context.Context, req *familyfacingv1.AllocateFamilyRequest) (*familyfacingv1.AllocateFamilyResponse, error) {
	var present map[uuid.UUID]string
	return change(ctx, s, changing[*familyfacingv1.AllocateFamilyResponse]{
		req: req, purpose: "allocate the family", event: "family_allocated",
		wrap: func(m *familyfacingv1.Family) *familyfacingv1.AllocateFamilyResponse {
			return &familyfacingv1.AllocateFamilyResponse{Family: m}
		},
		before: func(ctx context.Context, f *family) (err error) {
			present, err = s.presentMembers(ctx, f.Team)
			return err
		},
		apply: func(ctx context.Context, tx pgx.Tx, f *family, now time.Time) error {
			if f.State != awaiting {
				return f.allocate(assignment{}, nil, now)
			}
			a, err := assign(colleagueIn(req.GetWorker()), colleagueIn(req.GetCover()), present)
			if err != nil {
				return err
			}
			last, err := lastWorker(ctx, tx, f.ID)
			if err != nil {
				return err
			}
			if err := f.allocate(a, last, now); err != nil {
				return err
			}
			if err := remember(ctx, tx, a, present); err != nil {
				return err
			}
			if err := nameThem(ctx, tx, f, a, now); err != nil {
				return err
			}
			return involve(ctx, tx, f, involvement{kind: allocatedTo, at: now, written: now})
		},
	})
}

// presentMembers asks the directory who has a seat in the team at this moment, by id, with how each is called.
func (s *Service) presentMembers(ctx context.Context, team string) (map[uuid.UUID]string, error) {
	members, err := s.directory.ListMembers(ctx, &directoryv1.ListMembersRequest{Parent: teamName(ctx, team)})
	if err != nil {
		return nil, err
	}
	present := make(map[uuid.UUID]string, len(members.GetMembers()))
	for _, m := range members.GetMembers() {
		present[colleagueIn(m.GetPerson())] = m.GetTitle()
	}
	delete(present, uuid.Nil)
	return present, nil
}

// lastWorker is who worked with the family before; nil where nobody has.
func lastWorker(ctx context.Context, tx pgx.Tx, family uuid.UUID) (*uuid.UUID, error) {
	var last *uuid.UUID
	err := tx.QueryRow(ctx, `SELECT worker FROM involvement WHERE family = $1 AND worker IS NOT NULL ORDER BY id DESC LIMIT 1`, family).Scan(&last)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for the last worker: %w", err)
	}
	return last, nil
}

// remember keeps how worker and cover are called, for the day when they have left and still hold the family.
func remember(ctx context.Context, tx pgx.Tx, a assignment, titles map[uuid.UUID]string) error {
	for _, id := range []uuid.UUID{a.worker, a.cover} {
		_, err := tx.Exec(ctx, `INSERT INTO colleague (person, title) VALUES ($1, $2)
			ON CONFLICT (person) DO UPDATE SET title = excluded.title WHERE colleague.title <> excluded.title`, id, titles[id])
		if err != nil {
			return fmt.Errorf("remember a colleague: %w", err)
		}
	}
	return nil
}
