package desk

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// ownFamily in the field of the family opens one for this child alone.
const ownFamily = "own"

// prefix begins the names of a child's fields: a page holds several children's.
func prefix(child string) string { return "child-" + page.Last(child) + "." }

// screenKey is what a child's screening is kept under while it is written. It is its page's address as well.
func screenKey(child string) string { return afterAuthority(child) + "/screen" }

// prepare fills a form in that nobody refused. Words that were left unfinished stand beside what somebody else decided
// meanwhile; where nobody did, they are as good as on the day.
func (s *sheet) prepare(c *childSheet) {
	f, p, desk := c.Screen, prefix(c.Child.GetName()), c.Child.GetDesk()
	version := strconv.Itoa(int(desk.GetScreening().GetVersion()))
	if f.Restored && f.Get(p+"screening") != version {
		f.Changed = &page.Changed{By: s.Names[desk.GetScreening().GetScreenedBy()], Etag: s.Contact.GetEtag()}
		if at := desk.GetScreening().GetScreenedAt(); at != nil {
			f.Changed.At = at.AsTime()
		}
	}
	f.Etag = s.Contact.GetEtag()
	f.Set(p+"screening", version)
	f.Default(p+"family", desk.GetAlreadyOpenFamily())
	f.Default(p+"primaryNeed", orElse(desk.GetScreening().GetPrimaryNeed(), "N0"))
}

// screenPage leads to the child on its contact's page, with the form open.
func screenPage(v *page.Visit) error {
	contact, child, err := childName(v)
	if err != nil {
		return err
	}
	return v.Go(path(contact)+"?decide="+page.Last(child)+"#decide-"+page.Last(child), "")
}

// screen gives a child its outcome, and where the screener says so every other child that waits.
func screen(v *page.Visit) error {
	contact, child, err := childName(v)
	if err != nil {
		return err
	}
	f, p := v.Sent(keeper, screenKey(child)), prefix(child)
	show := func() error {
		changedMeanwhile(v, f, "decide-"+page.Last(child))
		return showContact(v, refused{Form: f, Child: child})
	}
	req := screening(v, f, child)
	if req.GetOutcome() == 0 {
		f.Wrong(p+"outcome", v.T("desk.outcome_missing"))
	}
	if req.GetReason() == "" {
		f.Wrong(p+"reason", v.T("desk.reason_missing"))
	}
	if f.Trimmed(p+"otherFamily") != "" && !strings.Contains(req.GetFamily(), "/families/") {
		f.Wrong(p+"otherFamily", v.T("desk.family_unknown"))
	}
	if len(f.Problems) > 0 {
		return v.Again(f, nil, show)
	}
	answer, err := v.Referral.ScreenChild(v.Ctx(), req)
	if err != nil {
		return v.Again(f, within(err, p), show)
	}
	v.Done(f)
	c, all := answer.GetContact(), true
	if f.Has(p+"all", "yes") {
		if c, all, err = screenOthers(v, f, req, c); err != nil {
			return err
		}
	}
	return afterScreening(v, c, contact, all)
}

// afterScreening leads on: to the next contact where nothing is left to do here.
func afterScreening(v *page.Visit, c *referralv1.Contact, contact string, all bool) error {
	if !all {
		return v.Go(path(contact), "screened_some")
	}
	if c.GetState() != referralv1.ContactState_CONTACT_STATE_DECIDED {
		return v.Go(path(contact)+"#children", "screened")
	}
	for _, one := range c.GetChildren() {
		if one.GetDesk().GetProgress() == "RECEIPT_DUE" {
			return v.Go(path(contact)+"#children", "screened_receipt_due")
		}
	}
	return v.Go("/contacts", "screened_all")
}

// screening reads a child's outcome from its form: of what the page offers, what this outcome needs.
func screening(v *page.Visit, f *page.Form, child string) *referralv1.ScreenChildRequest {
	p := prefix(child)
	req := &referralv1.ScreenChildRequest{
		Name: child, Outcome: numbered[referralv1.Outcome](f.Get(p + "outcome")), Reason: text(f, p+"reason"), Etag: f.Etag, RequestId: f.RequestID,
	}
	if req.GetOutcome() != referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW {
		req.ReasonForReferrer = text(f, p+"reasonForReferrer")
		if f.Has(p+"sameWords", "yes") {
			req.ReasonForReferrer = req.GetReason()
		}
	}
	switch req.GetOutcome() {
	case referralv1.Outcome_OUTCOME_EARLY_HELP:
		if f.Has(p+"familyAgrees", "yes") {
			req.FamilyAgrees = referralv1.YesNo_YES_NO_YES
		}
		req.Receiver = text(f, p+"receiver")
	case referralv1.Outcome_OUTCOME_OUT_OF_SCOPE, referralv1.Outcome_OUTCOME_ANOTHER_AUTHORITY:
		req.Receiver = text(f, p+"receiver")
	case referralv1.Outcome_OUTCOME_ALREADY_OPEN, referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM, referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW:
		req.PrimaryNeed = f.Get(p + "primaryNeed")
		req.Family = f.Get(p + "family")
		if req.GetFamily() == ownFamily {
			req.Family, req.OwnFamily = "", true
		}
		if other := f.Trimmed(p + "otherFamily"); other != "" {
			req.Family, req.OwnFamily = familyAt(v.Authority, other), false
		}
	default:
	}
	return req
}

// familyAt reads a family from its page's address or its id, as somebody copies it; empty where it is none.
func familyAt(authority, told string) string {
	told, _, _ = strings.Cut(strings.TrimSpace(told), "#")
	told, _, _ = strings.Cut(told, "?")
	id, err := uuid.Parse(page.Last(strings.TrimRight(told, "/")))
	if err != nil {
		return ""
	}
	return authority + "/families/" + id.String()
}

// screenOthers gives every other undecided child of the contact the same outcome, one after another, each on the version
// that the one before left. Each has a key of its own that follows from the press, so that a second press repeats
// nothing. A child that can't have this outcome stays undecided, and all is then false.
func screenOthers(v *page.Visit, f *page.Form, like *referralv1.ScreenChildRequest, c *referralv1.Contact) (left *referralv1.Contact, all bool, err error) {
	all = true
	for _, one := range c.GetChildren() {
		if one.GetDesk().GetScreening() != nil || one.GetName() == like.GetName() {
			continue
		}
		if toTeam(like.GetOutcome()) && one.GetDesk().GetTeam() == "" {
			all = false
			continue
		}
		answer, err := v.Referral.ScreenChild(v.Ctx(), &referralv1.ScreenChildRequest{
			Name: one.GetName(), Outcome: like.GetOutcome(), Reason: like.GetReason(), ReasonForReferrer: like.GetReasonForReferrer(),
			Receiver: like.GetReceiver(), FamilyAgrees: like.GetFamilyAgrees(), PrimaryNeed: like.GetPrimaryNeed(), Family: like.GetFamily(),
			OwnFamily: like.GetOwnFamily(), Etag: c.GetEtag(), RequestId: f.RequestID + "/" + page.Last(one.GetName()),
		})
		if err != nil {
			// The first is decided; who was in between is seen on the page.
			v.Log.WarnContext(v.Ctx(), "another child could not be given the same outcome", "error", err)
			return c, false, nil
		}
		c = answer.GetContact()
	}
	return c, all, nil
}

// familyChoices are the families that a child may belong to.
func familyChoices(v *page.Visit, s *sheet, c *childSheet) []page.Choice {
	all := []page.Choice{
		{Text: v.T("desk.family_new"), Hint: v.T("desk.family_new_hint")},
		{Value: ownFamily, Text: v.T("desk.family_own")},
	}
	open := c.Child.GetDesk().GetAlreadyOpenFamily()
	for _, one := range c.Suggestions {
		if one.GetFamily() == "" || hasChoice(all, one.GetFamily()) {
			continue
		}
		all = append(all, page.Choice{
			Value: one.GetFamily(), Text: v.T("desk.family_of", "Person", one.GetPerson(), "Team", teamTitle(s.Teams, one.GetTeam())),
			Hint: listed(v, one.GetReasons()),
		})
	}
	if open != "" && !hasChoice(all, open) {
		all = append(all, page.Choice{Value: open, Text: v.T("desk.family_linked")})
	}
	return all
}

func hasChoice(all []page.Choice, value string) bool {
	for _, c := range all {
		if c.Value == value {
			return true
		}
	}
	return false
}

func outcomeChoices(v *page.Visit) []page.Choice {
	var all []page.Choice
	for _, o := range outcomes() {
		all = append(all, page.Choice{Value: number(o), Text: outcomeText(v, o)})
	}
	return all
}

func needChoices(v *page.Visit) []page.Choice {
	all := []page.Choice{{Value: "N0", Text: needText(v, "N0")}}
	for i := 1; i <= 9; i++ {
		code := "N" + strconv.Itoa(i)
		all = append(all, page.Choice{Value: code, Text: needText(v, code)})
	}
	return all
}

// written is what somebody wrote in a form that decides.
func written(v *page.Visit, c *childSheet) []fact {
	f, p := c.Screen, prefix(c.Child.GetName())
	var all []fact
	add := func(key, value string) {
		if value != "" {
			all = append(all, fact{Label: key, Value: value})
		}
	}
	if o := numbered[referralv1.Outcome](f.Get(p + "outcome")); o != 0 {
		add(v.T("desk.outcome"), outcomeText(v, o))
	}
	add(v.T("desk.reason"), text(f, p+"reason"))
	add(v.T("desk.reason_for_referrer"), text(f, p+"reasonForReferrer"))
	add(v.T("desk.receiver"), text(f, p+"receiver"))
	return all
}

// decided are an outcome's reasons and what else was said with it.
func decided(v *page.Visit, o *referralv1.Screening) []fact {
	var all []fact
	add := func(key, value string) {
		if value != "" {
			all = append(all, fact{Label: key, Value: value})
		}
	}
	add(v.T("desk.reason"), o.GetReason())
	add(v.T("desk.reason_for_referrer"), o.GetReasonForReferrer())
	add(v.T("desk.receiver"), o.GetReceiver())
	if need := o.GetPrimaryNeed(); need != "" && need != "N0" {
		add(v.T("desk.primary_need"), needText(v, need))
	}
	if at := o.GetReceiptConfirmedAt(); at != nil {
		add(v.T("desk.receipt_confirmed"), v.When(at.AsTime()))
	}
	return all
}
