package stories_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/cucumber/godog"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/demo"
)

// working are the Family Facing Teams' steps.
func (w *world) working(s *godog.ScenarioContext) {
	s.Step(`^"([^"]*)" and "([^"]*)" are one family with the team "([^"]*)"$`, w.siblings)
	s.Step(`^"([^"]*)" is another family with the team "([^"]*)"$`, w.another)
	s.Step(`^the family is with the team "([^"]*)"$`, w.withTeam)
	s.Step(`^the team "([^"]*)" allocates the family of "([^"]*)"$`, w.allocateOf)
	s.Step(`^a family waits for allocation in the team "([^"]*)"$`, w.familyWaits)
	s.Step(`^a member of that team sees it waiting$`, w.memberSees)
	s.Step(`^their membership ended a second ago$`, w.membershipEnded)
	s.Step(`^they allocate the family$`, func(ctx context.Context) error { return w.allocate(ctx, nearlyGone) })
	s.Step(`^they are refused, because they are not a member of the team$`, func() error { return w.answer.refused(http.StatusForbidden, "NOT_A_MEMBER") })
	s.Step(`^the family still waits for allocation$`, w.stillWaits)
}

func (w *world) siblings(ctx context.Context, one, other, team string) error {
	f, err := w.familyWith(ctx, team, w.ours(one), w.ours(other))
	w.family = f.GetName()
	return err
}

func (w *world) another(ctx context.Context, name, team string) error {
	f, err := w.familyWith(ctx, team, w.ours(name))
	return errors.Join(err, check(f.GetName() != w.family, "it is the same family"))
}

// withTeam finds the family by the contact that it was opened for: its child has no name.
func (w *world) withTeam(ctx context.Context, team string) error {
	member, err := seated(team)
	if err != nil {
		return err
	}
	return until(ctx, "the family is with "+team, func() (bool, error) {
		c, err := w.contact(ctx, screener, w.last.contact.GetName())
		family := c.GetChildren()[0].GetDesk().GetFamily()
		if err != nil || family == "" {
			return false, err
		}
		f := &familyfacingv1.Family{}
		if err := w.get(ctx, member, family, nil, f); err != nil {
			return false, err
		}
		return true, check(f.GetTeam() == kensington+"/teams/"+team && f.GetContact() == c.GetName(), "the family is %s", f)
	})
}

func (w *world) allocateOf(ctx context.Context, team, name string) error {
	member, err := seated(team)
	if err != nil {
		return err
	}
	if err := w.allocate(ctx, member); err != nil {
		return err
	}
	f := &familyfacingv1.Family{}
	if err := w.answer.into(f); err != nil {
		return err
	}
	if f.GetState() != familyfacingv1.FamilyState_FAMILY_STATE_ALLOCATED || f.GetWorker() == "" || f.GetCover() == "" {
		return fmt.Errorf("the family is %s", f)
	}
	for _, person := range f.GetPeople() {
		if person.GetFullName() == w.ours(name) {
			return nil
		}
	}
	return fmt.Errorf("%s is not of the family", name)
}

// allocate gives the story's family to the first two members of North Kensington, by whoever tries.
func (w *world) allocate(ctx context.Context, by string) error {
	member, err := seated("north-kensington")
	if err != nil {
		return err
	}
	members := &directoryv1.ListMembersResponse{}
	if err := w.get(ctx, member, kensington+"/teams/north-kensington/members", nil, members); err != nil {
		return err
	}
	if len(members.GetMembers()) < 2 {
		return errors.New("the team has no two members")
	}
	w.answer, err = w.change(ctx, by, w.family+":allocate", fields{
		"worker": members.GetMembers()[0].GetPerson(), "cover": members.GetMembers()[1].GetPerson(),
	}, func(ctx context.Context) (string, error) {
		// Whoever has left can't read it: the etag is what they remember.
		f := &familyfacingv1.Family{}
		err := w.get(ctx, member, w.family, nil, f)
		return f.GetEtag(), err
	})
	return err
}

func (w *world) familyWaits(ctx context.Context, team string) error {
	if err := w.tellOf(ctx, "Lou Invent"); err != nil {
		return err
	}
	if err := w.passOn(ctx); err != nil {
		return err
	}
	f, err := w.familyWith(ctx, team, w.ours("Lou Invent"))
	w.family = f.GetName()
	return err
}

// memberSees brings the directory to what it was first, so that the story can be told twice in one place.
func (w *world) memberSees(ctx context.Context) error {
	if err := w.describe(ctx, ""); err != nil {
		return err
	}
	return until(ctx, "the member sees the family waiting", func() (bool, error) {
		a, err := w.send(ctx, call{
			as: nearlyGone, method: http.MethodGet, path: kensington + "/teams/north-kensington/families",
			query: url.Values{"state": {"FAMILY_STATE_AWAITING_ALLOCATION"}, "pageSize": {"200"}},
		})
		if err != nil || a.status == http.StatusForbidden {
			return false, err
		}
		list := &familyfacingv1.ListFamiliesResponse{}
		if err := a.into(list); err != nil {
			return false, err
		}
		for _, f := range list.GetFamilies() {
			if f.GetName() == w.family {
				return true, nil
			}
		}
		return false, nil
	})
}

// membershipEnded imports the directory with an end to the membership, and lets one second pass: as long as it may take
// until an ended membership ends everything.
func (w *world) membershipEnded(ctx context.Context) error {
	if err := w.describe(ctx, time.Now().UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	return pass(ctx, time.Second)
}

var herSeat = regexp.MustCompile(`(?s)(key: siobhan-carrick\n.*?team: north-kensington, from: 2024-04-01)( })`)

// describe imports Kensington and Chelsea's description, with an end to the leaver's membership or as it is.
func (w *world) describe(ctx context.Context, until string) error {
	folder := filepath.Join(scratch, "described-"+w.mark)
	path := filepath.Join(folder, "kensington-chelsea.yaml")
	if _, err := os.Stat(folder); err != nil {
		if err := os.CopyFS(folder, demo.Authorities()); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if until != "" {
		text = herSeat.ReplaceAll(text, []byte("${1}, until: "+until+"$2"))
		if !strings.Contains(string(text), until) {
			return errors.New("the description has no such membership")
		}
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	said, err := w.importDirectory(ctx, path)
	if err != nil {
		return err
	}
	return check(until == "" || strings.Contains(said, "memberships: 0 added, 1 changed"), "the import said %s", said)
}

func (w *world) stillWaits(ctx context.Context) error {
	member, err := seated("north-kensington")
	if err != nil {
		return err
	}
	f := &familyfacingv1.Family{}
	if err := w.get(ctx, member, w.family, nil, f); err != nil {
		return err
	}
	return check(f.GetState() == familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION && f.GetWorker() == "", "the family is %s", f)
}
