package administration

import (
	"net/url"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

const (
	section = "administration"
	home    = "/administration"
)

// Add serves the pages.
func Add(s *page.Site) {
	s.Read(home, only(func(v *page.Visit) error {
		return v.Show(page.Page{Title: v.T("admin.title"), Section: section, Body: homePage(v)})
	}))
	addPeople(s)
	addTeams(s)
	addPatch(s)
	addPartners(s)
	addSettings(s)
}

// only shows the pages to administrators; the directory refuses everybody else by itself.
func only(h page.Handler) page.Handler {
	return func(v *page.Visit) error {
		if !v.Self.GetAdministrator() {
			return fault.NotFound()
		}
		return h(v)
	}
}

// next is the address of a list's next page; empty on the last.
func next(path, token string, query url.Values) string {
	if token == "" {
		return ""
	}
	query.Set("page", token)
	return path + "?" + query.Encode()
}

func person(v *page.Visit, id string) string { return v.Authority + "/people/" + id }

func team(v *page.Visit, key string) string { return v.Authority + "/teams/" + key }

func partner(v *page.Visit, key string) string { return v.Authority + "/partners/" + key }

// kinds are the kinds of team, as the form has them.
func kinds(v *page.Visit) []page.Choice {
	return []page.Choice{
		{Value: directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING.String(), Text: v.T("admin.kind_family_facing"), Hint: v.T("admin.kind_family_facing_hint")},
		{Value: directoryv1.TeamKind_TEAM_KIND_REFERRAL.String(), Text: v.T("admin.kind_referral")},
		{Value: directoryv1.TeamKind_TEAM_KIND_INSIGHT.String(), Text: v.T("admin.kind_insight")},
		{Value: directoryv1.TeamKind_TEAM_KIND_ENABLER.String(), Text: v.T("admin.kind_enabler")},
		{Value: directoryv1.TeamKind_TEAM_KIND_STRATEGY.String(), Text: v.T("admin.kind_strategy")},
	}
}

// kind is a kind of team in words.
func kind(v *page.Visit, k directoryv1.TeamKind) string {
	for _, c := range kinds(v) {
		if c.Value == k.String() {
			return c.Text
		}
	}
	return ""
}

func kindOf(text string) directoryv1.TeamKind {
	return directoryv1.TeamKind(directoryv1.TeamKind_value[text])
}
