package referral_test

import (
	"testing"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

func TestAContactIsTakenInAndShown(t *testing.T) {
	t.Parallel()
	told := policeTold()
	got := receive(t, told)
	shown := get(t, got.GetName())
	equal(t, "receipt", shown.GetReceipt(), got.GetReceipt())
	equal(t, "state", shown.GetState(), referralv1.ContactState_CONTACT_STATE_UNDECIDED)
	equal(t, "team", shown.GetChildren()[0].GetDesk().GetTeam(), north)
	shown = screen(t, screening(shown, 0))
	equal(t, "state", shown.GetState(), referralv1.ContactState_CONTACT_STATE_UNDECIDED)
	shown = screen(t, screening(shown, 1))
	equal(t, "state", shown.GetState(), referralv1.ContactState_CONTACT_STATE_DECIDED)
}
