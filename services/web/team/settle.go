package team

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// deferring passes a family on to another team. It is with that team at once, so the page goes on with the list.
func deferring() sheet {
	return sheet{
		path: "/families/{family}/defer", kept: true,
		title: func(v *page.Visit) string { return v.T("team.defer_title") },
		missing: func(v *page.Visit, f *page.Form) {
			if f.Get("team") == "" {
				f.Wrong("team", v.T("team.choose_team"))
			}
			wantsReason(v, f)
		},
		send: func(v *page.Visit, f *page.Form, family string) (string, string, error) {
			_, err := v.Families.DeferFamily(v.Ctx(), &familyfacingv1.DeferFamilyRequest{
				Name: family, Team: v.Authority + "/teams/" + f.Get("team"), Reason: f.Trimmed("reason"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return page.Local(f.Get("back")), "deferred", err
		},
		body: func(t *task) templ.Component { return deferPage(t) },
	}
}

// weighing says how heavy the team finds a family.
func weighing() sheet {
	return sheet{
		path: "/families/{family}/weigh", kept: true,
		title: func(v *page.Visit) string { return v.T("team.weigh_title") },
		fill:  func(t *task) { t.f.Default("weightTenths", strconv.Itoa(int(t.h.GetWeightTenths()))) },
		missing: func(v *page.Visit, f *page.Form) {
			if n, err := strconv.Atoi(f.Get("weightTenths")); err != nil || n < 1 || n > 100 {
				f.Wrong("weightTenths", v.T("team.choose_weight"))
			}
		},
		send: func(v *page.Visit, f *page.Form, family string) (string, string, error) {
			// It was read a moment ago: what can't be read is refused as missing.
			weight, _ := strconv.ParseInt(f.Get("weightTenths"), 10, 32)
			_, err := v.Families.WeighFamily(v.Ctx(), &familyfacingv1.WeighFamilyRequest{
				Name: family, WeightTenths: int32(weight), Reason: f.Trimmed("reason"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return "/families/" + page.Last(family), "weighed", err
		},
		body: func(t *task) templ.Component { return weighPage(t) },
	}
}

// settling is the team's answer to a screener's revision of a child: the child stays or leaves.
func settling() sheet {
	return sheet{
		path: "/families/{family}/children/{person}/settle", kept: true,
		title: func(v *page.Visit) string { return v.T("team.settle_title") },
		missing: func(v *page.Visit, f *page.Form) {
			if f.Get("stays") == "" {
				f.Wrong("stays", v.T("team.choose_stays"))
			}
			wantsReason(v, f)
		},
		send: func(v *page.Visit, f *page.Form, family string) (string, string, error) {
			_, err := v.Families.SettleRevision(v.Ctx(), &familyfacingv1.SettleRevisionRequest{
				Name: family + "/children/" + v.R.PathValue("person"), Stays: f.Has("stays", "yes"), Reason: f.Trimmed("reason"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return "/families/" + page.Last(family), "settled", err
		},
		body: func(t *task) templ.Component { return settlePage(t) },
	}
}

// protecting hides somebody's address, or shows it again.
func protecting() sheet {
	return sheet{
		path: "/families/{family}/people/{person}/protect", kept: true,
		title: func(v *page.Visit) string { return v.T("team.protect_title") },
		fill: func(t *task) {
			t.f.Default("protected", map[bool]string{false: "yes", true: "no"}[t.person.GetAddressProtected()])
		},
		missing: wantsReason,
		send: func(v *page.Visit, f *page.Form, family string) (string, string, error) {
			protect := f.Has("protected", "yes")
			_, err := v.Families.ProtectAddress(v.Ctx(), &familyfacingv1.ProtectAddressRequest{
				Name: family + "/people/" + v.R.PathValue("person"), Protected: protect, Reason: f.Trimmed("reason"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return "/families/" + page.Last(family), map[bool]string{true: "protected", false: "unprotected"}[protect], err
		},
		body: func(t *task) templ.Component { return protectPage(t) },
	}
}

// weights are the ones that a team chooses from, in tenths, and the present one.
func weights(now int32) []int32 {
	some := []int32{5, 10, 15, 20, 30}
	if now > 0 && !slices.Contains(some, now) {
		some = append(some, now)
		slices.SortFunc(some, cmp.Compare[int32])
	}
	return some
}

// weightChoices are the weights with what they mean.
// words: team.weight_*
func weightChoices(t *task) []page.Choice {
	var choices []page.Choice
	for _, n := range weights(t.h.GetWeightTenths()) {
		c := page.Choice{Value: strconv.Itoa(int(n)), Text: tenths(n)}
		key := "team.weight_" + c.Value
		if hint := t.v.T(key); hint != key {
			c.Hint = hint
		}
		choices = append(choices, c)
	}
	return choices
}

func yesOrNo(v *page.Visit) []page.Choice {
	return []page.Choice{{Value: "yes", Text: v.T("team.yes")}, {Value: "no", Text: v.T("team.no")}}
}

// stateWord is where a family is on its way.
// words: team.state_*
func stateWord(v *page.Visit, s familyfacingv1.FamilyState) string {
	return v.T("team.state_" + strings.ToLower(strings.TrimPrefix(s.String(), "FAMILY_STATE_")))
}
