package guardian

import (
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// kinds are why a record may be hidden, as the form names them.
func kinds() map[string]familyfacingv1.RestrictionKind {
	return map[string]familyfacingv1.RestrictionKind{
		"staff":     familyfacingv1.RestrictionKind_RESTRICTION_KIND_STAFF,
		"adoption":  familyfacingv1.RestrictionKind_RESTRICTION_KIND_ADOPTION,
		"high_risk": familyfacingv1.RestrictionKind_RESTRICTION_KIND_HIGH_RISK,
		"other":     familyfacingv1.RestrictionKind_RESTRICTION_KIND_OTHER,
	}
}

// kindText is a kind in words.
// words: guardian.kind_*
func kindText(v *page.Visit, kind familyfacingv1.RestrictionKind) string {
	for key, k := range kinds() {
		if k == kind {
			return v.T("guardian.kind_" + key)
		}
	}
	return v.T("guardian.kind_other")
}

func family(v *page.Visit) string { return v.Authority + "/families/" + v.R.PathValue("family") }

// record is one family as the guardian handles it: hidden or not, and who looked.
func record(v *page.Visit) error {
	f := v.NewForm("familyfacing", draftKey(v))
	f.Default("kind", "staff")
	return showRecord(v, f)
}

// draftKey keeps the reason while it is typed.
func draftKey(v *page.Visit) string { return "guardian/families/" + v.R.PathValue("family") }

func showRecord(v *page.Visit, f *page.Form) error {
	now, err := restrictionOf(v)
	var names page.Names
	if now != nil {
		names = namesIn(v, nil, []*familyfacingv1.Restriction{now})
	}
	return v.Show(page.Page{
		Title: v.T("guardian.record_title"), Section: section, Back: "/guardian", Form: f,
		Body: recordPage(v, f, page.Of(now, err), names),
	})
}

// restrictionOf finds the restriction in force on this family; nil for none.
func restrictionOf(v *page.Visit) (*familyfacingv1.Restriction, error) {
	token := ""
	for {
		answer, err := v.Guard.ListRestrictions(v.Ctx(), &familyfacingv1.ListRestrictionsRequest{Parent: v.Authority, PageSize: 200, PageToken: token})
		if err != nil {
			return nil, err
		}
		for _, r := range answer.GetRestrictions() {
			if r.GetFamily() == family(v) {
				return r, nil
			}
		}
		if token = answer.GetNextPageToken(); token == "" {
			return nil, nil //nolint:nilnil // there is none, and that is no error
		}
	}
}

func restrict(v *page.Visit) error {
	f := v.Sent("familyfacing", draftKey(v))
	_, err := v.Guard.RestrictFamily(v.Ctx(), &familyfacingv1.RestrictFamilyRequest{
		Name: family(v), Kind: kinds()[f.Get("kind")], Reason: f.Trimmed("reason"), RequestId: f.RequestID,
	})
	return answered(v, f, err, "restricted")
}

func lift(v *page.Visit) error {
	f := v.Sent("familyfacing", draftKey(v))
	_, err := v.Guard.LiftRestriction(v.Ctx(), &familyfacingv1.LiftRestrictionRequest{Name: family(v), Reason: f.Trimmed("reason"), RequestId: f.RequestID})
	return answered(v, f, err, "restriction_lifted")
}

func keep(v *page.Visit) error {
	f := v.Sent("familyfacing", draftKey(v))
	_, err := v.Guard.ReviewRestriction(v.Ctx(), &familyfacingv1.ReviewRestrictionRequest{Name: family(v), Reason: f.Trimmed("reason"), RequestId: f.RequestID})
	return answered(v, f, err, "restriction_kept")
}

func answered(v *page.Visit, f *page.Form, err error, notice string) error {
	if err != nil {
		return v.Again(f, err, func() error { return showRecord(v, f) })
	}
	v.Done(f)
	return v.Go("/guardian/families/"+v.R.PathValue("family"), notice)
}
