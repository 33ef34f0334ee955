package desk

import (
	"github.com/a-h/templ"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// act is something rare that is done to a contact: a small page of its own, so that the contact's stays short.
type act struct {
	Title, Explain, Press string
	// Warning colours the press of what can't be taken back.
	Warning bool
	// Action is where the form goes.
	Action string
	Fields func(f *page.Form) templ.Component
	// Wrong finds what is missing before the service is asked.
	Wrong func(f *page.Form)
	Do    func(f *page.Form) error
	// Child is the one that it is about; empty for the contact.
	Child string
	// Field begins the names of the form's fields, where the contact's page holds the form as well.
	Field  string
	Notice string
}

func addActs(s *page.Site) {
	for address, make := range map[string]func(*page.Visit, *referralv1.Contact) (*act, error){
		"/contacts/{id}/taken-back":               takenBack,
		"/contacts/{id}/sent-in-error":            sentInError,
		"/contacts/{id}/own":                      ownContact,
		"/contacts/{id}/link":                     link,
		"/contacts/{id}/children/{child}/patch":   choosePatch,
		"/contacts/{id}/children/{child}/receipt": confirmReceipt,
	} {
		s.Read(address, func(v *page.Visit) error { return actPage(v, make, v.NewForm("", "")) })
		s.Act(address, func(v *page.Visit) error { return doAct(v, make) })
	}
}

// actPage shows an act's page, with the contact as it stands.
func actPage(v *page.Visit, of func(*page.Visit, *referralv1.Contact) (*act, error), f *page.Form) error {
	c, err := getContact(v)
	if err != nil {
		return err
	}
	a, err := of(v, c)
	if err != nil {
		return err
	}
	if f.Etag == "" {
		f.Etag = c.GetEtag()
	}
	return v.Show(page.Page{Title: a.Title, Section: section, Back: path(c.GetName()), Body: actView(v, a, c, f), Form: f})
}

func doAct(v *page.Visit, of func(*page.Visit, *referralv1.Contact) (*act, error)) error {
	name, err := contactName(v)
	if err != nil {
		return err
	}
	a, err := of(v, &referralv1.Contact{Name: name})
	if err != nil {
		return err
	}
	f := v.Sent("", "")
	show := func() error {
		changedMeanwhile(v, f, "")
		return actPage(v, of, f)
	}
	if a.Wrong(f); len(f.Problems) > 0 {
		return v.Again(f, nil, show)
	}
	if err := a.Do(f); err != nil {
		return v.Again(f, within(err, a.Field), show)
	}
	return v.Go(path(name), a.Notice)
}

// needsReason is what is wrong with an act without its reason.
func needsReason(v *page.Visit, field string) func(*page.Form) {
	return func(f *page.Form) {
		if text(f, field) == "" {
			f.Wrong(field, v.T("desk.reason_missing"))
		}
	}
}

func reasonField(v *page.Visit, label string) func(*page.Form) templ.Component {
	return func(f *page.Form) templ.Component { return page.Input(v, f, page.Field{Name: "reason", Label: label}) }
}

// takenBack records that the referrer takes it back. The decision is still due.
func takenBack(v *page.Visit, c *referralv1.Contact) (*act, error) {
	return &act{
		Title: v.T("desk.taken_back"), Explain: v.T("desk.taken_back_how"), Press: v.T("desk.taken_back_press"), Action: path(c.GetName()) + "/taken-back",
		Fields: reasonField(v, v.T("desk.taken_back_reason")), Wrong: needsReason(v, "reason"), Notice: "contact_taken_back",
		Do: func(f *page.Form) error {
			_, err := v.Referral.TakeBackContact(v.Ctx(), &referralv1.TakeBackContactRequest{
				Name: c.GetName(), Reason: text(f, "reason"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return err
		},
	}, nil
}

// sentInError closes a contact. Only staff do.
func sentInError(v *page.Visit, c *referralv1.Contact) (*act, error) {
	return &act{
		Title: v.T("desk.sent_in_error"), Explain: v.T("desk.sent_in_error_how"), Press: v.T("desk.sent_in_error_press"), Warning: true,
		Action: path(c.GetName()) + "/sent-in-error", Fields: reasonField(v, v.T("desk.why")), Wrong: needsReason(v, "reason"), Notice: "contact_sent_in_error",
		Do: func(f *page.Form) error {
			_, err := v.Referral.MarkSentInError(v.Ctx(), &referralv1.MarkSentInErrorRequest{
				Name: c.GetName(), Reason: text(f, "reason"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return err
		},
	}, nil
}

// ownContact makes fuller text a contact of its own.
func ownContact(v *page.Visit, c *referralv1.Contact) (*act, error) {
	return &act{
		Title: v.T("desk.own_contact"), Explain: v.T("desk.own_contact_how"), Press: v.T("desk.own_contact_press"), Action: path(c.GetName()) + "/own",
		Fields: reasonField(v, v.T("desk.why")), Wrong: needsReason(v, "reason"), Notice: "own_contact",
		Do: func(f *page.Form) error {
			_, err := v.Referral.MakeOwnContact(v.Ctx(), &referralv1.MakeOwnContactRequest{
				Name: c.GetName(), Reason: text(f, "reason"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return err
		},
	}, nil
}

// link joins this contact with another one, by that one's receipt.
func link(v *page.Visit, c *referralv1.Contact) (*act, error) {
	return &act{
		Title: v.T("desk.link"), Explain: v.T("desk.link_how"), Press: v.T("desk.link_press"), Action: path(c.GetName()) + "/link", Notice: "linked",
		Fields: func(f *page.Form) templ.Component {
			return templ.Join(
				page.Input(v, f, page.Field{Name: "receipt", Label: v.T("desk.link_receipt"), Width: 20}),
				page.Input(v, f, page.Field{Name: "reason", Label: v.T("desk.why")}),
			)
		},
		Wrong: func(f *page.Form) {
			if f.Trimmed("receipt") == "" {
				f.Wrong("receipt", v.T("desk.receipt_missing"))
			}
			needsReason(v, "reason")(f)
		},
		Do: func(f *page.Form) error {
			found, err := v.Referral.ListContacts(v.Ctx(), &referralv1.ListContactsRequest{Parent: v.Authority, Receipt: f.Trimmed("receipt")})
			if err != nil {
				return err
			}
			if len(found.GetContacts()) == 0 {
				return unknownReceipt(v)
			}
			_, err = v.Referral.LinkContact(v.Ctx(), &referralv1.LinkContactRequest{
				Name: c.GetName(), OtherContact: found.GetContacts()[0].GetName(), Reason: text(f, "reason"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return err
		},
	}, nil
}

// choosePatch chooses the team for a child where the address does not.
func choosePatch(v *page.Visit, c *referralv1.Contact) (*act, error) {
	_, child, err := childName(v)
	if err != nil {
		return nil, err
	}
	p := patchPrefix(child)
	return &act{
		Title: v.T("desk.patch"), Explain: v.T("desk.patch_how"), Press: v.T("desk.patch_press"), Action: childAct(child, "patch"), Child: child, Field: p, Notice: "patch_chosen",
		Fields: func(f *page.Form) templ.Component { return patchFields(v, f, p, v.Teams()) },
		Wrong: func(f *page.Form) {
			if f.Get(p+"team") == "" {
				f.Wrong(p+"team", v.T("desk.team_missing"))
			}
			needsReason(v, p+"reason")(f)
		},
		Do: func(f *page.Form) error {
			_, err := v.Referral.ChoosePatch(v.Ctx(), &referralv1.ChoosePatchRequest{
				Name: child, Team: v.Authority + "/teams/" + f.Get(p+"team"), Reason: text(f, p+"reason"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return err
		},
	}, nil
}

// confirmReceipt records that the receiving service or authority has the child.
func confirmReceipt(v *page.Visit, c *referralv1.Contact) (*act, error) {
	_, child, err := childName(v)
	if err != nil {
		return nil, err
	}
	p := receiptPrefix(child)
	return &act{
		Title: v.T("desk.confirm"), Explain: v.T("desk.confirm_how"), Press: v.T("desk.confirm_press"), Action: childAct(child, "receipt"), Child: child, Field: p, Notice: "receipt_confirmed",
		Fields: func(f *page.Form) templ.Component { return confirmFields(v, f, p) },
		Wrong: func(f *page.Form) {
			if text(f, p+"confirmedBy") == "" {
				f.Wrong(p+"confirmedBy", v.T("desk.confirmed_by_missing"))
			}
		},
		Do: func(f *page.Form) error {
			_, err := v.Referral.ConfirmReceipt(v.Ctx(), &referralv1.ConfirmReceiptRequest{
				Name: child, ConfirmedBy: text(f, p+"confirmedBy"), Etag: f.Etag, RequestId: f.RequestID,
			})
			return err
		},
	}, nil
}

func patchPrefix(child string) string { return "patch-" + page.Last(child) + "." }

func receiptPrefix(child string) string { return "receipt-" + page.Last(child) + "." }

// childAct is the address of an act on a child.
func childAct(child, what string) string { return "/" + afterAuthority(child) + "/" + what }
