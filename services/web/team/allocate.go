package team

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// allocating gives a family its worker and cover: one choice and one press, since the cover is suggested.
func allocating() sheet {
	return sheet{
		path: "/families/{family}/allocate", withCrew: true,
		title:   func(v *page.Visit) string { return v.T("team.allocate_title") },
		fill:    func(t *task) { t.f.Default("cover", t.suggested(page.Last(t.h.GetCover()))) },
		missing: wantsWorker,
		send: func(v *page.Visit, f *page.Form, family string) (string, string, error) {
			worker, cover := crewIn(v, f)
			_, err := v.Families.AllocateFamily(v.Ctx(), &familyfacingv1.AllocateFamilyRequest{
				Name: family, Worker: worker, Cover: cover, Etag: f.Etag, RequestId: f.RequestID,
			})
			return page.Local(f.Get("back")), "allocated", err
		},
		body: func(t *task) templ.Component { return allocatePage(t) },
	}
}

// handingOver changes who works with a family: an exception, with its reason.
func handingOver() sheet {
	return sheet{
		path: "/families/{family}/hand-over", withCrew: true, kept: true,
		title: func(v *page.Visit) string { return v.T("team.hand_over_title") },
		fill:  func(t *task) { t.f.Default("cover", t.suggested(page.Last(t.h.GetCover()))) },
		missing: func(v *page.Visit, f *page.Form) {
			wantsWorker(v, f)
			if f.Get("childTold") == "" {
				f.Wrong("childTold", v.T("team.say_told"))
			}
			wantsReason(v, f)
		},
		send: func(v *page.Visit, f *page.Form, family string) (string, string, error) {
			worker, cover := crewIn(v, f)
			_, err := v.Families.HandOverFamily(v.Ctx(), &familyfacingv1.HandOverFamilyRequest{
				Name: family, Worker: worker, Cover: cover, Reason: f.Trimmed("reason"), ChildTold: f.Has("childTold", "yes"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return "/families/" + page.Last(family), "handed_over", err
		},
		body: func(t *task) templ.Component { return handOverPage(t) },
	}
}

func wantsWorker(v *page.Visit, f *page.Form) {
	if f.Get("worker") == "" {
		f.Wrong("worker", v.T("team.choose_worker"))
	}
}

// crewIn are the worker and cover that were chosen, by name.
func crewIn(v *page.Visit, f *page.Form) (worker, cover string) {
	people := v.Authority + "/people/"
	return people + f.Get("worker"), people + coverIn(f.Get("cover"), f.Get("worker"))
}

// coverIn reads the choice of a cover: one id, or a suggestion of two, the second for when the first is the worker. What
// stands in the form decides, not what somebody carries by now, so that pressing twice asks for the same.
func coverIn(chosen, worker string) string {
	for _, id := range strings.Fields(chosen) {
		if id != worker {
			return id
		}
	}
	return worker
}

// suggestion is a cover's choice: the first, and the next of the others. First may be nobody of them.
func suggestion(first string, others []string) string {
	ids := slices.Clone(others)
	if i := slices.Index(ids, first); i > 0 {
		ids = slices.Insert(slices.Delete(ids, i, i+1), 0, first)
	}
	return strings.Join(ids[:min(len(ids), 2)], " ")
}

// suggested is the cover that the form begins with: the present one, else who covers least.
func (t *task) suggested(now string) string { return suggestion(now, leastBusy(t.crew.GetMembers())) }

// workers are the members with what they carry, the visitor's own name marked.
func (t *task) workers() []page.Choice {
	var choices []page.Choice
	for _, m := range present(t.crew.GetMembers()) {
		c := page.Choice{Value: page.Last(m.GetPerson()), Text: m.GetTitle(), Hint: carries(t.v, m, t.crew)}
		if m.GetPerson() == t.v.Self.GetPerson() {
			c.Text = t.v.T("team.yourself", "Name", m.GetTitle())
		}
		if m.GetPerson() == t.h.GetWorker() {
			c.Hint = t.v.T("team.works_now") + " " + c.Hint
		}
		choices = append(choices, c)
	}
	return choices
}

// covers are the suggestion first, then every member.
func (t *task) covers() []page.Choice {
	suggested := t.suggested(page.Last(t.h.GetCover()))
	first, second, both := strings.Cut(suggested, " ")
	var choices []page.Choice
	if both {
		choices = append(choices, page.Choice{Value: suggested, Text: t.v.T("team.cover_in_turn", "First", t.called(first), "Second", t.called(second))})
	}
	for _, m := range present(t.crew.GetMembers()) {
		choices = append(choices, page.Choice{
			Value: page.Last(m.GetPerson()), Text: t.v.T("team.cover_choice", "Name", m.GetTitle(), "Covers", t.v.N("team.n_covers", int(m.GetCoveringFamilies()))),
		})
	}
	return choices
}

// coverHint says who is suggested.
func (t *task) coverHint() string {
	if first, _, _ := strings.Cut(t.suggested(page.Last(t.h.GetCover())), " "); first != "" && first == page.Last(t.h.GetCover()) {
		return t.v.T("team.cover_hint_now")
	}
	return t.v.T("team.cover_hint_least")
}

// chosen are the names of the worker and cover in the form, for whoever was not the first.
func (t *task) chosen() (worker, cover string) {
	return t.called(t.f.Get("worker")), t.called(coverIn(t.f.Get("cover"), t.f.Get("worker")))
}
