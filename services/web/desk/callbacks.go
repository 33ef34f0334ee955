package desk

import (
	"net/url"
	"time"

	"github.com/google/uuid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// undelivered is the page of what referrers could not be told.
type undelivered struct {
	List  *referralv1.ListCallBacksResponse
	Names page.Names
	// Refused is a form that was not taken, about the call-back of that name; nil for none.
	Refused     *page.Form
	About       string
	First, Next string
}

func undeliveredPage(v *page.Visit) error { return showUndelivered(v, nil, "") }

func showUndelivered(v *page.Visit, f *page.Form, about string) error {
	token := v.R.URL.Query().Get("page")
	u := &undelivered{Refused: f, About: about}
	answer, err := v.Referral.ListCallBacks(v.Ctx(), &referralv1.ListCallBacksRequest{Parent: v.Authority, Undelivered: true, PageToken: token})
	if err != nil {
		return err
	}
	u.List = answer
	var partners []string
	for _, b := range answer.GetCallBacks() {
		partners = append(partners, b.GetPartner())
	}
	u.Names = v.NamesOf(partners...)
	if token != "" {
		u.First = "/contacts/undelivered"
	}
	if next := answer.GetNextPageToken(); next != "" {
		u.Next = "/contacts/undelivered?" + url.Values{"page": {next}}.Encode()
	}
	return v.Show(page.Page{Title: v.T("desk.undelivered"), Section: section, Back: "/contacts", Body: undeliveredView(v, u), Form: f})
}

// whom a call-back is for.
func (u *undelivered) whom(v *page.Visit, b *referralv1.CallBack) string {
	if b.GetPartner() == "" {
		return v.T("desk.individual")
	}
	return u.Names[b.GetPartner()]
}

// form settles a call-back: the one that was refused, or a fresh one.
func (u *undelivered) form(v *page.Visit, b *referralv1.CallBack) *page.Form {
	if u.Refused != nil && b.GetName() == u.About {
		return u.Refused
	}
	return v.NewForm("", "")
}

// settleField is the field of how a referrer was told: a page holds several.
func settleField(callBack string) string { return "how-" + page.Last(callBack) }

func callBackName(v *page.Visit) (string, error) {
	id, err := uuid.Parse(v.R.PathValue("callback"))
	if err != nil {
		return "", page.ErrNoPage
	}
	return v.Authority + "/callBacks/" + id.String(), nil
}

// retry lets a call-back be tried again now.
func retry(v *page.Visit) error {
	name, err := callBackName(v)
	if err != nil {
		return err
	}
	f := v.Sent("", "")
	_, err = v.Referral.RetryCallBack(v.Ctx(), &referralv1.RetryCallBackRequest{Name: name, RequestId: f.RequestID})
	if err != nil {
		return v.Again(f, err, func() error { return showUndelivered(v, f, "") })
	}
	return v.Go(page.Local(f.Get("back")), "call_back_retried")
}

// settle says that a person told the referrer instead, and how.
func settle(v *page.Visit) error {
	name, err := callBackName(v)
	if err != nil {
		return err
	}
	f := v.Sent("", "")
	show := func() error { return showUndelivered(v, f, name) }
	how := text(f, settleField(name))
	if how == "" {
		f.Wrong(settleField(name), v.T("desk.settle_missing"))
		return v.Again(f, nil, show)
	}
	_, err = v.Referral.SettleCallBack(v.Ctx(), &referralv1.SettleCallBackRequest{Name: name, How: how, RequestId: f.RequestID})
	if err != nil {
		return v.Again(f, err, show)
	}
	return v.Go(page.Local(f.Get("back")), "call_back_settled")
}

// stuck tells a call-back that failed and that nobody has settled, also while it is tried again.
func stuck(b *referralv1.CallBack) bool {
	return b.GetFailure() != "" && b.GetDeliveredAt() == nil && b.GetSettledAt() == nil
}

// delivery says how a call-back stands.
func delivery(v *page.Visit, names page.Names, b *referralv1.CallBack) string {
	when := func(t interface{ AsTime() time.Time }) string { return v.When(t.AsTime()) }
	switch {
	case b.GetDeliveredAt() != nil && b.GetChannel() == "EMAIL":
		return v.T("desk.told_by_email", "When", when(b.GetDeliveredAt()))
	case b.GetDeliveredAt() != nil:
		return v.T("desk.told_by_call", "Name", orElse(names[b.GetPartner()], v.T("desk.individual")), "When", when(b.GetDeliveredAt()))
	case b.GetSettledAt() != nil:
		return v.T("desk.told_by_person", "Name", names[b.GetSettledBy()], "When", when(b.GetSettledAt()), "How", b.GetSettled())
	case b.GetNextAttemptAt() != nil && b.GetAttempts() > 0:
		return v.T("desk.tried_next", "When", when(b.GetNextAttemptAt()))
	case b.GetNextAttemptAt() != nil:
		return v.T("desk.on_its_way")
	default:
		return v.T("desk.given_up")
	}
}

// nobodyTold says why a referrer has heard nothing yet, and what to do.
func nobodyTold(v *page.Visit, c *referralv1.Contact) string {
	s := c.GetTold().GetSource()
	switch {
	case isPartner(c.GetDesk().GetReceivedFrom()):
		return v.T("desk.nobody_told_yet")
	case s.GetEmail() != "":
		return v.T("desk.nobody_told_yet")
	case s.GetPhone() != "":
		return v.T("desk.ring_them", "Phone", s.GetPhone())
	default:
		return v.T("desk.can_not_be_told")
	}
}
