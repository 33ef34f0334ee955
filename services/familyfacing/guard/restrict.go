package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg/once"
)

// RestrictFamily hides a family, by a Caldicott guardian. An open family is never left without somebody who can work with
// it: at least one of those named has a seat in its team now. Errors: NOT_GUARDIAN, NOT_FOUND, NOBODY_LEFT.
func (s *Service) RestrictFamily(ctx context.Context, req *familyfacingv1.RestrictFamilyRequest) (*familyfacingv1.RestrictFamilyResponse, error) {
	by, err := guardian(ctx)
	if err != nil {
		return nil, err
	}
	id, err := idIn(req.GetName())
	if err != nil {
		return nil, err
	}
	people, err := peopleIn(ctx, req.GetPeople())
	if err != nil {
		return nil, err
	}
	now := s.now()
	key, err := once.KeyOf(ctx, req, now)
	if err != nil {
		return nil, err
	}
	team, present, err := s.present(ctx, id)
	if err != nil {
		return nil, err
	}
	work := func(tx pgx.Tx) (*familyfacingv1.RestrictFamilyResponse, error) {
		f, err := lockFamily(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if f.team != team {
			return nil, fault.Conflict("CHANGED", "the family went to another team at this moment; look again, then restrict it", nil)
		}
		r := restriction{
			family: id, kind: strings.TrimPrefix(req.GetKind().String(), "RESTRICTION_KIND_"), reason: req.GetReason(),
			people: people, by: by, at: now, dueBy: now.AddDate(0, 0, reviewWithin),
		}
		if len(people) == 0 {
			r.people = f.workers
		}
		if f.open && !slices.ContainsFunc(r.people, func(p uuid.UUID) bool { return slices.Contains(present, p) }) {
			return nil, nobodyLeft(ctx, f)
		}
		if err := r.make(ctx, tx); err != nil {
			return nil, err
		}
		return &familyfacingv1.RestrictFamilyResponse{Restriction: r.message(ctx, now)}, audit.Write(ctx, tx, now, "restrict a family", r.subjects()...)
	}
	repeated := func(tx pgx.Tx, _ *familyfacingv1.RestrictFamilyResponse) error {
		return audit.Write(ctx, tx, now, "restrict a family, the same call again", "families/"+id.String())
	}
	return once.Do(ctx, s.db, key, &familyfacingv1.RestrictFamilyResponse{}, work, repeated)
}

// nobodyLeft says whom to name.
func nobodyLeft(ctx context.Context, f locked) error {
	refused := fault.Refused("NOBODY_LEFT", "people", "nobody who can work with the family would be left; name at least one present member of its team")
	refused.Facts = map[string]string{"team": "authorities/" + passport.Authority(ctx) + "/teams/" + f.team}
	return refused
}

// peopleIn reads who is named, each once, in one order.
func peopleIn(ctx context.Context, names []string) ([]uuid.UUID, error) {
	var people []uuid.UUID
	for _, name := range names {
		id, err := idIn(name)
		if err != nil || name != named(ctx, "people", id) {
			return nil, fault.Invalid("people", "name people of this authority: authorities/{authority}/people/{person}")
		}
		people = append(people, id)
	}
	slices.SortFunc(people, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(people), nil
}

// present asks who has a seat in the family's team at this moment.
func (s *Service) present(ctx context.Context, family uuid.UUID) (team string, people []uuid.UUID, err error) {
	pool, err := s.db.Pool(ctx)
	if err != nil {
		return "", nil, err
	}
	err = pool.QueryRow(ctx, `SELECT team FROM family WHERE id = $1`, family).Scan(&team)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil, fault.NotFound()
	}
	if err != nil {
		return "", nil, fmt.Errorf("read family: %w", err)
	}
	members, err := s.directory.ListMembers(ctx, &directoryv1.ListMembersRequest{Parent: "authorities/" + passport.Authority(ctx) + "/teams/" + team})
	if err != nil {
		return "", nil, err
	}
	for _, m := range members.GetMembers() {
		if id, err := idIn(m.GetPerson()); err == nil {
			people = append(people, id)
		}
	}
	return team, people, nil
}

// locked is what a restriction asks of a family.
type locked struct {
	team    string
	open    bool
	workers []uuid.UUID
}

// lockFamily keeps the family as it is until the transaction ends.
func lockFamily(ctx context.Context, tx pgx.Tx, id uuid.UUID) (locked, error) {
	var f locked
	err := tx.QueryRow(ctx, `SELECT team, state IN ('AWAITING_ALLOCATION', 'ALLOCATED'), array_remove(ARRAY[worker, cover], NULL) FROM family
		WHERE id = $1 FOR UPDATE`, id).Scan(&f.team, &f.open, &f.workers)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, fault.NotFound()
	}
	if err != nil {
		return f, fmt.Errorf("read family: %w", err)
	}
	return f, nil
}

// make puts the restriction in force, in place of an earlier one.
func (r restriction) make(ctx context.Context, tx pgx.Tx) error {
	if r.people == nil {
		r.people = []uuid.UUID{}
	}
	_, err := tx.Exec(ctx, `INSERT INTO restriction (family, kind, reason, people, restricted_by, restricted_at, review_due_by, written_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $6) ON CONFLICT (family) DO UPDATE SET kind = excluded.kind, reason = excluded.reason,
		people = excluded.people, restricted_by = excluded.restricted_by, restricted_at = excluded.restricted_at,
		review_due_by = excluded.review_due_by, lifted_at = NULL, written_at = excluded.written_at`,
		r.family, r.kind, r.reason, r.people, r.by, r.at, r.dueBy)
	if err != nil {
		return fmt.Errorf("restrict: %w", err)
	}
	return r.keep(ctx, tx, made, r.reason, r.at)
}

// LiftRestriction ends a restriction, by a Caldicott guardian. Errors: NOT_GUARDIAN, NOT_FOUND, NOT_RESTRICTED.
func (s *Service) LiftRestriction(ctx context.Context, req *familyfacingv1.LiftRestrictionRequest) (*familyfacingv1.LiftRestrictionResponse, error) {
	work := func(ctx context.Context, tx pgx.Tx, r restriction, now time.Time) (*familyfacingv1.LiftRestrictionResponse, error) {
		if _, err := tx.Exec(ctx, `UPDATE restriction SET lifted_at = $2 WHERE family = $1`, r.family, now); err != nil {
			return nil, fmt.Errorf("lift: %w", err)
		}
		return &familyfacingv1.LiftRestrictionResponse{}, r.keep(ctx, tx, lifted, req.GetReason(), now)
	}
	return settle(ctx, s, req, "lift a restriction", &familyfacingv1.LiftRestrictionResponse{}, work)
}

// ReviewRestriction keeps a restriction for another 90 days, by a Caldicott guardian. Errors: as LiftRestriction.
func (s *Service) ReviewRestriction(ctx context.Context, req *familyfacingv1.ReviewRestrictionRequest) (*familyfacingv1.ReviewRestrictionResponse, error) {
	work := func(ctx context.Context, tx pgx.Tx, r restriction, now time.Time) (*familyfacingv1.ReviewRestrictionResponse, error) {
		r.dueBy = now.AddDate(0, 0, reviewWithin)
		if _, err := tx.Exec(ctx, `UPDATE restriction SET review_due_by = $2 WHERE family = $1`, r.family, r.dueBy); err != nil {
			return nil, fmt.Errorf("review: %w", err)
		}
		return &familyfacingv1.ReviewRestrictionResponse{Restriction: r.message(ctx, now)}, r.keep(ctx, tx, reviewed, req.GetReason(), now)
	}
	return settle(ctx, s, req, "review a restriction", &familyfacingv1.ReviewRestrictionResponse{}, work)
}
