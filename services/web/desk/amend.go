package desk

import (
	"slices"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// amendPage holds the whole of what was told, to be put right or added to. Nobody types it a second time.
func amendPage(v *page.Visit) error {
	c, err := getContact(v)
	if err != nil {
		return err
	}
	f := v.NewForm(keeper, amendKey(c))
	if !f.Restored {
		fill(f, c.GetTold())
		f.Etag = c.GetEtag()
	}
	return showAmend(v, c, f)
}

// amendKey is what an amendment is kept under while it is typed.
func amendKey(c *referralv1.Contact) string { return path(c.GetName())[1:] + "/amend" }

func showAmend(v *page.Visit, c *referralv1.Contact, f *page.Form) error {
	return v.Show(page.Page{
		Title: v.T("desk.amend"), Section: section, Back: path(c.GetName()), Body: amendView(v, c, f), Form: f, Wide: true,
	})
}

// amend writes down fuller or corrected facts as the contact's next version.
func amend(v *page.Visit) error {
	c, err := getContact(v)
	if err != nil {
		return err
	}
	f := v.Sent(keeper, amendKey(c))
	show := func() error { return showAmend(v, c, f) }
	if more(f) != "" {
		return again(v, f, show)
	}
	t := toldOf(f, len(c.GetTold().GetChildren()))
	right := t.check(v, f)
	if text(f, "reason") == "" {
		f.Wrong("reason", v.T("desk.reason_missing"))
		right = false
	}
	if !right {
		return v.Again(f, nil, show)
	}
	_, err = v.Referral.AmendContact(v.Ctx(), &referralv1.AmendContactRequest{
		Name: c.GetName(), Told: t.Told, Reason: text(f, "reason"), Etag: f.Etag, RequestId: f.RequestID,
	})
	if err != nil {
		return v.Again(f, t.refused(err), show)
	}
	v.Done(f)
	return v.Go(path(c.GetName()), "contact_amended")
}

// otherwise are the facts that the form tells otherwise than they stand now.
func otherwise(v *page.Visit, c *referralv1.Contact, f *page.Form) []pair {
	mine := toldOf(f, len(c.GetTold().GetChildren())).Told
	return slices.DeleteFunc(beside(allFacts(v, c.GetTold()), allFacts(v, mine)), func(p pair) bool { return !p.differs() })
}

// sideOf is one side of two texts, each fact with whose it is.
func sideOf(v *page.Visit, pairs []pair, after bool) []fact {
	var all []fact
	for _, p := range pairs {
		one := fact{Label: p.Label, Value: p.Before}
		if after {
			one.Value = p.After
		}
		if p.Group != "" {
			one.Label = v.T("desk.whose_field", "Whose", p.Group, "Field", p.Label)
		}
		one.Value = orElse(one.Value, v.T("desk.not_told"))
		all = append(all, one)
	}
	return all
}
