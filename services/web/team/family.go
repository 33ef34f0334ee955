package team

import (
	"slices"
	"strings"
	"time"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// family shows one family: its people, what led here, and what was decided since.
func family(v *page.Visit) error { return showFamily(v, nil) }

// showFamily shows it, with what was wrong with a form that was sent from it.
func showFamily(v *page.Visit, f *page.Form) error {
	h, err := load(v)
	if err != nil {
		return err
	}
	return v.Show(page.Page{Title: v.T("team.family_title"), Section: h.section(), Back: h.back(), Body: familyPage(v, h, f), Form: f, Wide: true})
}

// numberInThrees writes an NHS number as people read it out: 999 123 4567. What has not ten digits stays as it is.
func numberInThrees(number string) string {
	if len(number) != 10 {
		return number
	}
	return number[:3] + " " + number[3:6] + " " + number[6:]
}

// bornText is somebody's age with the birth date, or what is not known of them.
func bornText(v *page.Visit, p *familyfacingv1.Person) string {
	born, err := time.Parse(time.DateOnly, p.GetBirthDate())
	switch {
	case err != nil && p.GetAgeYears() >= 0:
		return v.N("team.age", int(p.GetAgeYears()))
	case err != nil:
		return v.T("team.age_not_known")
	case p.GetAgeYears() < 0:
		return v.T("team.expected", "Date", v.Date(born))
	case p.GetAgeYears() == 0:
		return v.T("team.under_one", "Date", v.Date(born))
	default:
		return v.N("team.age_and_born", int(p.GetAgeYears()), "Date", v.Date(born))
	}
}

// sexText is a person's sex in a word; empty where it is not known.
func sexText(v *page.Visit, p *familyfacingv1.Person) string {
	switch {
	case p.GetSex() == "M" && p.GetChild():
		return v.T("team.boy")
	case p.GetSex() == "F" && p.GetChild():
		return v.T("team.girl")
	case p.GetSex() == "M":
		return v.T("team.man")
	case p.GetSex() == "F":
		return v.T("team.woman")
	default:
		return ""
	}
}

// place is where somebody lives, in one text.
func place(p *familyfacingv1.Person) string {
	at := strings.TrimSpace(p.GetAddress())
	code := strings.TrimSpace(p.GetPostcode())
	if code == "" || strings.Contains(strings.ToUpper(at), strings.ToUpper(code)) {
		return at
	}
	return strings.TrimPrefix(at+", "+code, ", ")
}

// personPath is the page of an act on somebody of the family.
func (h *household) personPath(p *familyfacingv1.Person, act string) string {
	return h.path("/people/" + page.Last(p.GetName()) + "/" + act)
}

// latestFirst are the contacts that led here, the latest first: that is what the worker has to know today.
func (h *household) latestFirst() []*familyfacingv1.ReferredWorry {
	worries := slices.Clone(h.GetWorries())
	slices.Reverse(worries)
	return worries
}

// happened says what an involvement was.
func (h *household) happened(v *page.Visit, i *familyfacingv1.Involvement) string {
	worker, cover := h.called(i.GetWorker()), h.called(i.GetCover())
	switch i.GetKind() {
	case "OPENED":
		return v.T("team.was_opened", "Team", h.team(i.GetTeam()))
	case "ALLOCATED":
		return v.T("team.was_allocated", "Worker", worker, "Cover", cover)
	case "HANDED_OVER":
		return v.T("team.was_handed_over", "Worker", worker, "Cover", cover)
	case "DEFERRED":
		return v.T("team.was_deferred", "Team", h.team(i.GetTeam()))
	default:
		return v.T("team.event_unknown")
	}
}

// writtenLater says whether something was written down noticeably later than it happened.
func writtenLater(i *familyfacingv1.Involvement) bool {
	return i.GetWrittenAt() != nil && i.GetWrittenAt().AsTime().Sub(i.GetAt().AsTime()) > time.Minute
}
