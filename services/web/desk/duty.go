package desk

import (
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// The notes to and from the Emergency Duty Team are kept under these while they are typed.
const (
	handOverKey = "contacts/hand-over"
	takeBackKey = "contacts/take-back"
)

// handOver gives everything undecided to the Emergency Duty Team, at the end of the day.
func handOver(v *page.Visit) error {
	f := v.Sent(keeper, handOverKey)
	_, err := v.Referral.HandOverToDuty(v.Ctx(), &referralv1.HandOverToDutyRequest{
		Parent: v.Authority, Note: text(f, "note"), RequestId: f.RequestID,
	})
	if err != nil {
		return v.Again(f, err, func() error { return showQueue(v, filter{}, &queue{HandOver: f}) })
	}
	v.Done(f)
	return v.Go("/contacts", "handed_to_duty")
}

// takeBack takes back what the Emergency Duty Team has, in the morning.
func takeBack(v *page.Visit) error {
	f := v.Sent(keeper, takeBackKey)
	_, err := v.Referral.TakeBackFromDuty(v.Ctx(), &referralv1.TakeBackFromDutyRequest{
		Parent: v.Authority, Note: text(f, "duty-note"), RequestId: f.RequestID,
	})
	if err != nil {
		return v.Again(f, err, func() error { return showQueue(v, filter{}, &queue{TakeBack: f}) })
	}
	v.Done(f)
	return v.Go("/contacts", "taken_back_from_duty")
}
