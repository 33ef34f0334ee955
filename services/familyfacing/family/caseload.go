package family

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/audit"
)

// GetCaseload shows a team's present members who carries what, beside the guide: every present member, by name, then
// former members who still hold a family. A family counts once it is allocated; a child as long as it is with the
// team or its revision is not settled. What is restricted counts only for those who see it. Errors: as ListFamilies.
func (s *Service) GetCaseload(ctx context.Context, req *familyfacingv1.GetCaseloadRequest) (*familyfacingv1.GetCaseloadResponse, error) {
	team, now := teamIn(req.GetParent()), s.now()
	if err := s.mayLook(ctx, team, now); err != nil {
		return nil, err
	}
	present, err := s.directory.ListMembers(ctx, &directoryv1.ListMembersRequest{Parent: req.GetParent()})
	if err != nil {
		return nil, err
	}
	response := &familyfacingv1.GetCaseloadResponse{GuideChildren: GuideChildren, GuideFamilies: GuideFamilies}
	err = s.db.Tx(ctx, func(tx pgx.Tx) error {
		held, err := heldBy(ctx, tx, team, now)
		if err != nil {
			return fmt.Errorf("count what is held: %w", err)
		}
		response.Members = caseloads(present.GetMembers(), held)
		args := Asking(ctx, now)
		args["team"] = team
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM family f WHERE f.team = @team AND f.place IN (1, 2) AND f.state = 'AWAITING_ALLOCATION' AND `+unrestricted, args).
			Scan(&response.FamiliesWaiting); err != nil {
			return fmt.Errorf("count what waits: %w", err)
		}
		names := []string{req.GetParent()}
		for _, m := range response.GetMembers() {
			names = append(names, m.GetPerson())
		}
		return audit.Write(ctx, tx, now, "look at the team's caseload", subjects(names)...)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

// caseloads puts what is held beside the members: those present in the order given, then the others by name.
func caseloads(present []*directoryv1.Member, held map[string]*familyfacingv1.Caseload) []*familyfacingv1.Caseload {
	var all, former []*familyfacingv1.Caseload
	here := map[string]bool{}
	for _, m := range present {
		if here[m.GetPerson()] {
			continue
		}
		here[m.GetPerson()] = true
		c, ok := held[m.GetPerson()]
		if !ok {
			c = &familyfacingv1.Caseload{Person: m.GetPerson()}
		}
		c.Title, c.FullTimeThousandths = m.GetTitle(), m.GetFullTimeThousandths()
		all = append(all, c)
	}
	for name, c := range held {
		if !here[name] {
			former = append(former, c)
		}
	}
	slices.SortFunc(former, func(a, b *familyfacingv1.Caseload) int {
		return cmp.Or(cmp.Compare(a.GetTitle(), b.GetTitle()), cmp.Compare(a.GetPerson(), b.GetPerson()))
	})
	return append(all, former...)
}

// heldBy counts what each worker and cover of the team's allocated families holds, by the person's name, as far as whoever
// asks may see the families.
func heldBy(ctx context.Context, tx pgx.Tx, team string, now time.Time) (map[string]*familyfacingv1.Caseload, error) {
	args := Asking(ctx, now)
	args["team"] = team
	rows, err := tx.Query(ctx, `SELECT h.person, coalesce(c.title, 'former member'), sum(h.children), sum(h.families), sum(h.covering), sum(h.weight) FROM (
			SELECT worker AS person, (SELECT count(*) FROM person p WHERE p.family = f.id AND p.standing IN ('WITH_TEAM', 'REVISED')) AS children,
				1 AS families, 0 AS covering, f.weight_tenths AS weight FROM family f WHERE team = @team AND state = 'ALLOCATED' AND `+unrestricted+`
			UNION ALL
			SELECT cover, 0, 0, 1, 0 FROM family f WHERE team = @team AND state = 'ALLOCATED' AND `+unrestricted+`) h
		LEFT JOIN colleague c ON c.person = h.person GROUP BY h.person, c.title`, args)
	if err != nil {
		return nil, err
	}
	held := map[string]*familyfacingv1.Caseload{}
	var person uuid.UUID
	var title string
	var children, families, covering, weight int32
	_, err = pgx.ForEachRow(rows, []any{&person, &title, &children, &families, &covering, &weight}, func() error {
		name := named(ctx, "people", &person)
		held[name] = &familyfacingv1.Caseload{Person: name, Title: title, Children: children, Families: families, CoveringFamilies: covering, WeightTenths: weight}
		return nil
	})
	return held, err
}
