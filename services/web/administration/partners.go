package administration

import (
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

func addPartners(s *page.Site) {
	s.Read(home+"/partners", only(partners))
	s.Read(home+"/partners/new", only(newPartner))
	s.Act(home+"/partners/new", only(savePartner))
	s.Read(home+"/partners/{partner}", only(onePartner))
	s.Act(home+"/partners/{partner}", only(savePartner))
	s.Act(home+"/partners/{partner}/remove", only(removePartner))
	s.Act(home+"/partners/{partner}/secret", only(secret))
}

func partners(v *page.Visit) error {
	answer, err := v.Administration.ListPartners(v.Ctx(), &directoryv1.ListPartnersRequest{Parent: v.Authority})
	if err != nil {
		return err
	}
	return v.Show(page.Page{Title: v.T("admin.partners"), Section: section, Back: home, Body: partnersPage(v, answer.GetPartners())})
}

func newPartner(v *page.Visit) error { return showPartner(v, v.NewForm("", ""), nil, "") }

func readPartner(v *page.Visit) (*directoryv1.DirectoryPartner, error) {
	answer, err := v.Administration.GetPartner(v.Ctx(), &directoryv1.GetPartnerRequest{Name: partner(v, v.R.PathValue("partner"))})
	return answer.GetPartner(), err
}

func onePartner(v *page.Visit) error {
	p, err := readPartner(v)
	if err != nil {
		return err
	}
	return showPartner(v, partnerForm(v, p), p, "")
}

func partnerForm(v *page.Visit, p *directoryv1.DirectoryPartner) *page.Form {
	f := v.NewForm("", "")
	f.Etag = p.GetEtag()
	for field, value := range map[string]string{
		"partner.title": p.GetTitle(), "partner.sourceCode": p.GetSourceCode(), "partner.clientId": p.GetClientId(), "partner.callBack": p.GetCallBack(),
	} {
		f.Set(field, value)
	}
	f.Values["partner.scopes"] = p.GetScopes()
	if contacts := p.GetContacts(); len(contacts) > 0 {
		f.Set("partner.contacts[0].title", contacts[0].GetTitle())
		f.Set("partner.contacts[0].role", contacts[0].GetRole())
		f.Set("partner.contacts[0].phone", contacts[0].GetPhone())
		f.Set("partner.contacts[0].email", contacts[0].GetEmail())
	}
	return f
}

func showPartner(v *page.Visit, f *page.Form, p *directoryv1.DirectoryPartner, secret string) error {
	title := v.T("admin.new_partner")
	if p != nil {
		title = v.T("admin.partner")
	}
	return v.Show(page.Page{Title: title, Section: section, Back: home + "/partners", Form: f, Body: partnerPage(v, f, p, secret)})
}

// savePartner makes a partner or changes one. Contacts beyond the first stay as they are.
func savePartner(v *page.Visit) error {
	f := v.Sent("", "")
	var now *directoryv1.DirectoryPartner
	key := v.R.PathValue("partner")
	if key == "" {
		key = keyOf(f.Trimmed("partner.title"))
	} else {
		var err error
		if now, err = readPartner(v); err != nil {
			return err
		}
	}
	again := func() error { return showPartner(v, f, now, "") }
	if key == "" {
		f.Wrong("partner.title", v.T("admin.partner_title_missing"))
		return v.Again(f, nil, again)
	}
	saved := &directoryv1.DirectoryPartner{
		Name: partner(v, key), Title: f.Trimmed("partner.title"), SourceCode: f.Get("partner.sourceCode"), ClientId: f.Trimmed("partner.clientId"),
		Scopes: f.Values["partner.scopes"], CallBack: f.Trimmed("partner.callBack"), Etag: f.Etag,
	}
	first := &directoryv1.PartnerContact{
		Title: f.Trimmed("partner.contacts[0].title"), Role: f.Trimmed("partner.contacts[0].role"),
		Phone: f.Trimmed("partner.contacts[0].phone"), Email: f.Trimmed("partner.contacts[0].email"),
	}
	if first.GetTitle()+first.GetRole()+first.GetPhone()+first.GetEmail() != "" {
		saved.Contacts = append(saved.Contacts, first)
	}
	if more := now.GetContacts(); len(more) > 1 {
		saved.Contacts = append(saved.Contacts, more[1:]...)
	}
	answer, err := v.Administration.SavePartner(v.Ctx(), &directoryv1.SavePartnerRequest{Partner: saved, RequestId: f.RequestID})
	if err != nil {
		return v.Again(f, err, again)
	}
	return v.Go(home+"/partners/"+page.Last(answer.GetPartner().GetName()), "partner_saved")
}

func removePartner(v *page.Visit) error {
	f := v.Sent("", "")
	_, err := v.Administration.RemovePartner(v.Ctx(), &directoryv1.RemovePartnerRequest{
		Name: partner(v, v.R.PathValue("partner")), Etag: f.Etag, RequestId: f.RequestID,
	})
	if err != nil {
		return v.Again(f, err, func() error { return partnerAgain(v, f, "") })
	}
	return v.Go(home+"/partners", "partner_removed")
}

// partnerAgain shows the partner as it stands.
func partnerAgain(v *page.Visit, f *page.Form, secret string) error {
	p, err := readPartner(v)
	if err != nil {
		return err
	}
	shown := partnerForm(v, p)
	shown.Problems = f.Problems
	return showPartner(v, shown, p, secret)
}

// secret shows what the partner checks call-backs with, once, on the page that answers.
func secret(v *page.Visit) error {
	f := v.Sent("", "")
	answer, err := v.Referral.GetCallBackSecret(v.Ctx(), &referralv1.GetCallBackSecretRequest{Name: partner(v, v.R.PathValue("partner"))})
	if err != nil {
		return v.Again(f, err, func() error { return partnerAgain(v, f, "") })
	}
	return partnerAgain(v, f, answer.GetSecret())
}

// sources are the kinds of partner, as the children in need census counts them.
// words: desk.source_*
func sources(v *page.Visit) []page.Choice {
	choices := []page.Choice{{Value: "", Text: v.T("admin.choose")}}
	for _, code := range []string{"2A", "2B", "3A", "3B", "3C", "3D", "3E", "3F", "4", "5A", "5B", "5C", "5D", "6", "7", "8"} {
		choices = append(choices, page.Choice{Value: code, Text: v.T("desk.source_" + strings.ToLower(code))})
	}
	return choices
}

// partnerPath is where a partner's form is sent.
func partnerPath(p *directoryv1.DirectoryPartner) string {
	if p == nil {
		return home + "/partners/new"
	}
	return home + "/partners/" + page.Last(p.GetName())
}
