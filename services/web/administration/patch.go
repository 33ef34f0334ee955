package administration

import (
	"regexp"
	"strings"
	"sync"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/services/web/page"
)

func addPatch(s *page.Site) {
	s.Read(home+"/teams/{team}/patch", only(patch))
	s.Act(home+"/teams/{team}/patch/preview", only(previewPatch))
	s.Act(home+"/teams/{team}/patch", only(savePatch))
}

// patch is the form of a team's patch: its wards, and finer rules as they are written on envelopes.
func patch(v *page.Visit) error {
	t, err := readTeam(v)
	if err != nil {
		return err
	}
	f := v.NewForm("", "")
	f.Etag = t.GetEtag()
	var finer []string
	for _, r := range t.GetPatch() {
		if r.GetKind() == directoryv1.PatchRuleKind_PATCH_RULE_KIND_WARD {
			f.Values.Add("wards", r.GetValue())
		} else {
			finer = append(finer, r.GetValue())
		}
	}
	f.Set("places", strings.Join(finer, "\n"))
	return showPatch(v, f, t, nil)
}

func showPatch(v *page.Visit, f *page.Form, t *directoryv1.DirectoryTeam, preview *directoryv1.PreviewPatchResponse) error {
	answer, err := v.Administration.ListWards(v.Ctx(), &directoryv1.ListWardsRequest{Parent: v.Authority})
	return v.Show(page.Page{
		Title: v.T("admin.patch"), Section: section, Back: home + "/teams/" + v.R.PathValue("team"), Form: f,
		Body: patchPage(v, f, t, page.Of(answer.GetWards(), err), preview, v.Teams()),
	})
}

// rules reads the form's: each ward that is ticked, and each line that names a postcode, a sector or a district.
func rules(f *page.Form) []*directoryv1.PatchRule {
	var all []*directoryv1.PatchRule
	for _, w := range f.Values["wards"] {
		all = append(all, &directoryv1.PatchRule{Kind: directoryv1.PatchRuleKind_PATCH_RULE_KIND_WARD, Value: w})
	}
	for line := range strings.FieldsFuncSeq(f.Get("places"), func(r rune) bool { return r == '\n' || r == '\r' || r == ',' || r == ';' }) {
		if line = strings.ToUpper(strings.Join(strings.Fields(line), " ")); line != "" {
			all = append(all, &directoryv1.PatchRule{Kind: kindOfPlace(line), Value: line})
		}
	}
	return all
}

// place are the forms of a place on an envelope.
type place struct{ district, sector *regexp.Regexp }

var places = sync.OnceValue(func() place {
	return place{regexp.MustCompile(`^[A-Z]{1,2}[0-9][A-Z0-9]?$`), regexp.MustCompile(`^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9]$`)}
})

// kindOfPlace tells a district (W10) and a sector (W10 5) from a postcode, which the directory reads.
func kindOfPlace(text string) directoryv1.PatchRuleKind {
	switch {
	case places().district.MatchString(text):
		return directoryv1.PatchRuleKind_PATCH_RULE_KIND_DISTRICT
	case places().sector.MatchString(text):
		return directoryv1.PatchRuleKind_PATCH_RULE_KIND_SECTOR
	default:
		return directoryv1.PatchRuleKind_PATCH_RULE_KIND_POSTCODE
	}
}

// previewPatch shows what the patch would cover, and leave open, before anything is changed.
func previewPatch(v *page.Visit) error {
	f := v.Sent("", "")
	t, err := readTeam(v)
	if err != nil {
		return err
	}
	answer, err := v.Administration.PreviewPatch(v.Ctx(), &directoryv1.PreviewPatchRequest{Team: t.GetName(), Rules: rules(f)})
	if err != nil {
		return v.Again(f, rulesProblem(err), func() error { return showPatch(v, f, t, nil) })
	}
	return showPatch(v, f, t, answer)
}

func savePatch(v *page.Visit) error {
	f := v.Sent("", "")
	_, err := v.Administration.SavePatch(v.Ctx(), &directoryv1.SavePatchRequest{
		Team: team(v, v.R.PathValue("team")), Rules: rules(f), Etag: f.Etag, RequestId: f.RequestID,
	})
	if err == nil {
		return v.Go(home+"/teams/"+v.R.PathValue("team"), "patch_saved")
	}
	return v.Again(f, rulesProblem(err), func() error {
		t, err := readTeam(v)
		if err != nil {
			return err
		}
		return showPatch(v, f, t, nil)
	})
}
