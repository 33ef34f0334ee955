package desk

import (
	"fmt"
	"net/http"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// callKey is what a call is kept under while somebody speaks: one at a time.
const callKey = "contacts/new"

// phonePage is a worry by phone: one page, in any order, and nothing compulsory that the caller may not know.
func phonePage(v *page.Visit) error { return showPhone(v, v.NewForm(keeper, callKey)) }

func showPhone(v *page.Visit, f *page.Form) error {
	return v.Show(page.Page{Title: v.T("desk.phone"), Section: "phone", Body: phoneView(v, f), Form: f, Wide: true})
}

// takeCall takes in what the caller told, or shows one more block for another child or adult.
func takeCall(v *page.Visit) error {
	f := v.Sent(keeper, callKey)
	if anchor := more(f); anchor != "" {
		return again(v, f, func() error { return showPhone(v, f) })
	}
	t := toldOf(f, 0)
	show := func() error { return showPhone(v, f) }
	if !t.check(v, f) {
		return v.Again(f, nil, show)
	}
	answer, err := v.Referral.ReceiveContact(v.Ctx(), &referralv1.ReceiveContactRequest{Parent: v.Authority, Told: t.Told, RequestId: f.RequestID})
	if err != nil {
		return v.Again(f, t.refused(err), show)
	}
	v.Done(f)
	return v.Go(path(answer.GetContact().GetName())+"/receipt", "")
}

// again shows a form once more that nobody refused: its words are kept, and nothing is wrong.
func again(v *page.Visit, f *page.Form, show func() error) error {
	return v.Again(f, nil, func() error {
		v.Status(http.StatusOK)
		return show()
	})
}

// readOut is what the caller hears before hanging up.
type readOut struct {
	Contact   *referralv1.Contact
	Authority page.Part[*directoryv1.Authority]
}

// readOutPage gives the receipt to be read out, what happens next, and what the caller could still be asked.
func readOutPage(v *page.Visit) error {
	r := &readOut{}
	var failed error
	page.Together(
		func() { r.Contact, failed = getContact(v) },
		func() {
			answer, err := v.Directory.GetAuthority(v.Ctx(), &directoryv1.GetAuthorityRequest{Name: v.Authority})
			r.Authority = page.Of(answer.GetAuthority(), err)
		},
	)
	if failed != nil {
		return failed
	}
	return v.Show(page.Page{Title: v.T("desk.receipt_title"), Section: "phone", Body: readOutView(v, r)})
}

// amendAt leads to the field of the form where something missing is added.
func amendAt(c *referralv1.Contact, field string) string {
	return fmt.Sprintf("%s/amend#%s", path(c.GetName()), field)
}

// nextTold says how the caller hears back.
func nextTold(v *page.Visit, c *referralv1.Contact) string {
	s := c.GetTold().GetSource()
	switch {
	case s.GetEmail() == "":
		return v.T("desk.next_no_email")
	case individual(s.GetCode()):
		return v.T("desk.next_looked_at")
	default:
		return v.T("desk.next_outcome")
	}
}

// listed joins words as people list them.
func listed(v *page.Visit, all []string) string {
	switch len(all) {
	case 0:
		return ""
	case 1:
		return all[0]
	default:
		begun := all[0]
		for _, one := range all[1 : len(all)-1] {
			begun = v.T("desk.list", "Begun", begun, "Next", one)
		}
		return v.T("desk.list_last", "Begun", begun, "Last", all[len(all)-1])
	}
}
