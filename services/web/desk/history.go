package desk

import (
	"strings"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// eventReason is what was said with an event: a person's words, or what a code stands for.
func eventReason(v *page.Visit, e *referralv1.ContactEvent) string {
	switch {
	case e.GetHow() == "REFERRER_TOLD":
		return kindText(v, e.GetReason())
	case strings.HasPrefix(e.GetHow(), "DANGER_"):
		return strings.ToLower(strings.ReplaceAll(e.GetReason(), "_", " "))
	default:
		return e.GetReason()
	}
}

// lookTimes says when somebody looked: once, or from when until when.
func lookTimes(v *page.Visit, l lookedAt) string {
	if v.Clock(l.First) == v.Clock(l.Last) {
		return v.When(l.Last)
	}
	return v.T("desk.look_times", "Day", v.Day(l.Last), "From", v.Clock(l.First), "Until", v.Clock(l.Last))
}

// linkTitle is what a linked contact is called: by its receipt where a suggestion tells it.
func linkTitle(v *page.Visit, s *sheet, contact string) string {
	for _, one := range s.Suggestions.Value {
		if one.GetContact() == contact {
			return earlierTitle(v, one)
		}
	}
	return v.T("desk.linked_contact")
}

// earlierTitle is what an earlier contact is called.
func earlierTitle(v *page.Visit, one *referralv1.Suggestion) string {
	if one.GetReceipt() == "" || one.GetReceivedAt() == nil {
		return v.T("desk.earlier_contact")
	}
	return v.T("desk.earlier_contact_of", "Receipt", one.GetReceipt(), "When", v.Day(one.GetReceivedAt().AsTime()))
}

// isLinked says whether a person has already said that a suggestion is right.
func isLinked(s *sheet, one *referralv1.Suggestion) bool {
	if one.GetLinked() {
		return true
	}
	for _, l := range s.Contact.GetDesk().GetLinks() {
		if one.GetContact() != "" && l.GetContact() == one.GetContact() {
			return true
		}
	}
	return false
}

// undecidableText says why a child can't be given an outcome here.
func undecidableText(v *page.Visit, c *referralv1.Contact) string {
	if closed(c) {
		return v.T("desk.not_decided_here")
	}
	return v.T("desk.decide_after")
}

// workerTold says whether the child's case is taken to be open in the suggested family: the worker there was told, and a
// decision about the child begins with that family.
func workerTold(c *childSheet, one *referralv1.Suggestion) bool {
	return one.GetFamily() != "" && one.GetFamily() == c.Child.GetDesk().GetAlreadyOpenFamily()
}

// isPartner tells a partner's resource name.
func isPartner(name string) bool { return strings.Contains(name, "/partners/") }

// withEtag ties a form to the contact as it is shown.
func withEtag(f *page.Form, c *referralv1.Contact) *page.Form {
	f.Etag = c.GetEtag()
	return f
}

// stateColour is a tag's colour; it says nothing by itself.
func stateColour(c *referralv1.Contact) string {
	switch c.GetState() {
	case referralv1.ContactState_CONTACT_STATE_UNDECIDED:
		return "blue"
	case referralv1.ContactState_CONTACT_STATE_DECIDED:
		return "green"
	case referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION:
		return "turquoise"
	default:
		return "grey"
	}
}
