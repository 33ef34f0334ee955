package guardian

import (
	"slices"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

const section = "guardian"

// mostShown is how many uses and restrictions a page shows.
const mostShown = 50

// Add serves the pages.
func Add(s *page.Site) {
	s.Read("/guardian", only(home))
	s.Read("/guardian/glass", only(glass))
	s.Act("/guardian/glass/{use}/review", only(review))
	s.Read("/guardian/restrictions", only(restrictions))
	s.Read("/guardian/families/{family}", only(record))
	s.Act("/guardian/families/{family}/restrict", only(restrict))
	s.Act("/guardian/families/{family}/lift", only(lift))
	s.Act("/guardian/families/{family}/keep", only(keep))
	s.Read("/guardian/families/{family}/looks", only(looksAtFamily))
	s.Read("/guardian/families/{family}/people/{person}/looks", only(looksAtPerson))
	s.Read("/guardian/people", only(people))
	s.Read("/guardian/people/{person}/looks", only(looksBy))
}

// only shows the page to guardians; the services refuse everybody else by themselves.
func only(h page.Handler) page.Handler {
	return func(v *page.Visit) error {
		if !v.Self.GetGuardian() {
			return fault.NotFound()
		}
		return h(v)
	}
}

// home shows what waits, and the ways in.
func home(v *page.Visit) error {
	var uses page.Part[[]*familyfacingv1.GlassBroken]
	var kept page.Part[[]*familyfacingv1.Restriction]
	page.Together(func() {
		answer, err := v.Guard.ListBreakGlass(v.Ctx(), &familyfacingv1.ListBreakGlassRequest{Parent: v.Authority, Unreviewed: true, PageSize: mostShown})
		uses = page.Of(answer.GetUses(), err)
	}, func() {
		answer, err := v.Guard.ListRestrictions(v.Ctx(), &familyfacingv1.ListRestrictionsRequest{Parent: v.Authority, PageSize: mostShown})
		kept = page.Of(answer.GetRestrictions(), err)
	})
	names := namesIn(v, uses.Value, kept.Value)
	return v.Show(page.Page{Title: v.T("guardian.title"), Section: section, Body: homePage(v, uses, kept, names)})
}

// namesIn looks up everybody who stands in the lists.
func namesIn(v *page.Visit, uses []*familyfacingv1.GlassBroken, kept []*familyfacingv1.Restriction) page.Names {
	var all []string
	for _, u := range uses {
		all = append(all, u.GetPerson(), u.GetReviewedBy())
	}
	for _, r := range kept {
		all = append(append(all, r.GetRestrictedBy()), r.GetPeople()...)
	}
	return v.NamesOf(all...)
}

// glass lists every use of break-glass.
func glass(v *page.Visit) error {
	answer, err := v.Guard.ListBreakGlass(v.Ctx(), &familyfacingv1.ListBreakGlassRequest{
		Parent: v.Authority, PageSize: mostShown, PageToken: v.R.URL.Query().Get("page"),
	})
	if err != nil {
		return err
	}
	return showGlass(v, answer, nil)
}

func showGlass(v *page.Visit, answer *familyfacingv1.ListBreakGlassResponse, f *page.Form) error {
	if f == nil {
		f = v.NewForm("", "")
	}
	return v.Show(page.Page{
		Title: v.T("guardian.glass_title"), Section: section, Back: "/guardian", Form: f,
		Body: glassPage(v, f, answer, namesIn(v, answer.GetUses(), nil)),
	})
}

// review keeps the guardian's finding about one use.
func review(v *page.Visit) error {
	f := v.Sent("", "")
	use := v.R.PathValue("use")
	_, err := v.Guard.ReviewBreakGlass(v.Ctx(), &familyfacingv1.ReviewBreakGlassRequest{
		Name: v.Authority + "/breakGlass/" + use, Finding: f.Trimmed("finding-" + use), RequestId: f.RequestID,
	})
	if err == nil {
		return v.Go("/guardian", "glass_reviewed")
	}
	return v.Again(f, at(err, "finding", "finding-"+use), func() error {
		answer, err := v.Guard.ListBreakGlass(v.Ctx(), &familyfacingv1.ListBreakGlassRequest{Parent: v.Authority, PageSize: mostShown})
		if err != nil {
			return err
		}
		return showGlass(v, answer, f)
	})
}

// at moves a refusal to the field that it has on this page, which may show one many times.
func at(err error, field, here string) error {
	f := fault.From(err)
	if f.Field == field {
		moved := *f
		moved.Field = here
		return &moved
	}
	return err
}

// restrictions lists what is hidden, what is due for review first.
func restrictions(v *page.Visit) error {
	answer, err := v.Guard.ListRestrictions(v.Ctx(), &familyfacingv1.ListRestrictionsRequest{
		Parent: v.Authority, PageSize: mostShown, PageToken: v.R.URL.Query().Get("page"),
	})
	if err != nil {
		return err
	}
	return v.Show(page.Page{
		Title: v.T("guardian.restrictions_title"), Section: section, Back: "/guardian",
		Body: restrictionsPage(v, answer, namesIn(v, nil, answer.GetRestrictions())),
	})
}

// people offers everybody with a seat, by team, to see what they looked at.
func people(v *page.Visit) error {
	teams, err := v.Directory.ListTeams(v.Ctx(), &directoryv1.ListTeamsRequest{Parent: v.Authority})
	if err != nil {
		return err
	}
	chosen := v.R.URL.Query().Get("team")
	var members page.Part[[]*directoryv1.Member]
	if slices.ContainsFunc(teams.GetTeams(), func(t *directoryv1.Team) bool { return page.Last(t.GetName()) == chosen }) {
		answer, err := v.Directory.ListMembers(v.Ctx(), &directoryv1.ListMembersRequest{Parent: v.Authority + "/teams/" + chosen})
		members = page.Of(answer.GetMembers(), err)
	} else {
		chosen = ""
	}
	return v.Show(page.Page{
		Title: v.T("guardian.people_title"), Section: section, Back: "/guardian", Body: peoplePage(v, teams.GetTeams(), chosen, members),
	})
}
