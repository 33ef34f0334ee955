package desk

import (
	"strings"

	"github.com/google/uuid"

	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

// keeper is the service that keeps what is typed here.
const keeper = "referral"

// section is the pages' place in the menu.
const section = "contacts"

// Add registers the pages.
func Add(s *page.Site) {
	s.Read("/contacts", queuePage)
	s.Act("/contacts/find", findReceipt)
	s.Glance("/contacts/news", news)
	s.Act("/contacts/hand-over", handOver)
	s.Act("/contacts/take-back", takeBack)
	s.Read("/contacts/hand-over", toQueue)
	s.Read("/contacts/take-back", toQueue)

	s.Read("/contacts/new", phonePage)
	s.Act("/contacts/new", takeCall)
	s.Read("/contacts/{id}/receipt", readOutPage)

	s.Read("/contacts/undelivered", undeliveredPage)
	s.Act("/contacts/undelivered/{callback}/retry", retry)
	s.Act("/contacts/undelivered/{callback}/settle", settle)

	s.Read("/contacts/{id}", contactPage)
	s.Act("/contacts/{id}/danger", acknowledgeDanger)
	s.Act("/contacts/{id}/same", same)
	s.Act("/contacts/{id}/accept", acceptVersion)
	s.Read("/contacts/{id}/amend", amendPage)
	s.Act("/contacts/{id}/amend", amend)
	s.Read("/contacts/{id}/children/{child}/screen", screenPage)
	s.Act("/contacts/{id}/children/{child}/screen", screen)
	addActs(s)
}

// contactName is the contact that the address names. An address with anything but an id has no page.
func contactName(v *page.Visit) (string, error) {
	id, err := uuid.Parse(v.R.PathValue("id"))
	if err != nil {
		return "", page.ErrNoPage
	}
	return v.Authority + "/contacts/" + id.String(), nil
}

// childName is the child that the address names.
func childName(v *page.Visit) (contact, child string, err error) {
	contact, err = contactName(v)
	if err != nil {
		return "", "", err
	}
	id, err := uuid.Parse(v.R.PathValue("child"))
	if err != nil {
		return "", "", page.ErrNoPage
	}
	return contact, contact + "/children/" + id.String(), nil
}

// afterAuthority is a resource's name without its authority's: contacts/1/children/2.
func afterAuthority(name string) string {
	parts := strings.SplitN(name, "/", 3)
	return parts[len(parts)-1]
}

// unknownReceipt refuses a receipt that no contact has.
func unknownReceipt(v *page.Visit) error {
	return fault.Invalid("receipt", v.T("desk.receipt_unknown"))
}

// path is a contact's page.
func path(contact string) string { return "/contacts/" + page.Last(contact) }

// getContact reads the contact that the address names.
func getContact(v *page.Visit) (*referralv1.Contact, error) {
	name, err := contactName(v)
	if err != nil {
		return nil, err
	}
	answer, err := v.Referral.GetContact(v.Ctx(), &referralv1.GetContactRequest{Name: name})
	return answer.GetContact(), err
}

// unfinished are the forms that the person has left. One question serves a page of many forms; where the keeper does not
// answer they are as if there were none, and what is kept stays kept.
func unfinished(v *page.Visit) map[string]bool {
	left := map[string]bool{}
	drafts := v.Drafts[keeper]
	if drafts == nil {
		return left
	}
	answer, err := drafts.ListDrafts(v.Ctx(), &draftv1.ListDraftsRequest{Parent: v.Authority})
	if err != nil {
		v.Log.WarnContext(v.Ctx(), "drafts can't be listed", "keeper", keeper, "error", err)
		return left
	}
	for _, d := range answer.GetDrafts() {
		left[d.GetForm()] = true
	}
	return left
}

// formOf is a form of a page of many: with its words where the person left it unfinished.
func formOf(v *page.Visit, left map[string]bool, key string) *page.Form {
	if left[key] {
		return v.NewForm(keeper, key)
	}
	f := v.NewForm("", "")
	f.Keeper, f.Key = keeper, key
	return f
}

// within moves a refusal to the field of a form that has several of a name: each name there begins with the prefix.
func within(err error, prefix string) error {
	refused := *fault.From(err)
	if refused.Field == "" {
		return &refused
	}
	refused.Field = prefix + refused.Field
	return &refused
}
