package team

import (
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// longestPurpose is how long a reason to see an address may be; it is kept with the look.
const longestPurpose = 500

// askToReveal asks what a protected address is needed for.
func askToReveal(v *page.Visit) error { return showReveal(v, v.NewForm("", "")) }

func showReveal(v *page.Visit, f *page.Form) error {
	h, err := load(v)
	if err != nil {
		return err
	}
	p := h.person(v)
	if p == nil {
		return page.ErrNoPage
	}
	return v.Show(page.Page{Title: v.T("team.reveal_title"), Section: h.section(), Back: h.path(""), Body: revealPage(v, h, f, p), Form: f})
}

// reveal shows a protected address on the answer to the form, and nowhere else: no address of a page leads to it.
func reveal(v *page.Visit) error {
	f := v.Sent("", "")
	again := func() error { return showReveal(v, f) }
	purpose := purposeIn(v, f)
	switch {
	case purpose == "" && f.Get("purpose") == "other":
		f.Wrong("reason", v.T("team.say_purpose"))
	case purpose == "":
		f.Wrong("purpose", v.T("team.choose_purpose"))
	case len([]rune(purpose)) > longestPurpose:
		f.Wrong("reason", v.T("team.purpose_long", "Most", longestPurpose))
	}
	if len(f.Problems) > 0 {
		return v.Again(f, nil, again)
	}
	h, err := load(v)
	if err != nil {
		return err
	}
	p := h.person(v)
	if p == nil {
		return page.ErrNoPage
	}
	answer, err := v.Families.RevealAddress(v.Ctx(), &familyfacingv1.RevealAddressRequest{Name: h.GetName() + "/people/" + page.Last(p.GetName()), Reason: purpose})
	if err != nil {
		return v.Again(f, err, again)
	}
	shown := &familyfacingv1.Person{Name: p.GetName(), FullName: p.GetFullName(), Child: p.GetChild(), Address: answer.GetAddress(), Postcode: answer.GetPostcode(), Phone: answer.GetPhone()}
	return v.Show(page.Page{Title: v.T("team.reveal_title"), Section: h.section(), Back: h.path(""), Body: revealedPage(v, h, shown)})
}

// purposes are what an address is commonly needed for: one press on a phone instead of a sentence.
// words: team.purpose_*
func purposes(v *page.Visit) []page.Choice {
	var choices []page.Choice
	for _, p := range []string{"visit", "post", "police", "check", "other"} {
		choices = append(choices, page.Choice{Value: p, Text: v.T("team.purpose_" + p)})
	}
	return choices
}

// purposeIn is the reason that the audit trail keeps; empty where none is given.
func purposeIn(v *page.Visit, f *page.Form) string {
	switch p := f.Get("purpose"); p {
	case "visit", "post", "police", "check":
		return v.T("team.purpose_" + p)
	case "other":
		return f.Trimmed("reason")
	default:
		return ""
	}
}
