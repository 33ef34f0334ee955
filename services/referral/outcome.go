package referral

import (
	"github.com/google/uuid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// How the outcome of a child goes on. Empty where nothing more is due.
const (
	progressOnItsWay         = "ON_ITS_WAY"
	progressWithTeam         = "WITH_TEAM"
	progressAllocated        = "ALLOCATED"
	progressWithdrawn        = "WITHDRAWN"
	progressReceiptDue       = "RECEIPT_DUE"
	progressReceiptConfirmed = "RECEIPT_CONFIRMED"
	progressPassedOn         = "PASSED_TO_WORKER"
)

// toTeam tells the two outcomes that are a referral to the patch's team.
func toTeam(o referralv1.Outcome) bool {
	return o == referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM || o == referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW
}

// needsReceipt tells the outcomes where the receiver has to say that it has the child.
func needsReceipt(o referralv1.Outcome) bool {
	return o == referralv1.Outcome_OUTCOME_EARLY_HELP || o == referralv1.Outcome_OUTCOME_ANOTHER_AUTHORITY
}

// needsReceiver tells the outcomes that name who receives the child.
func needsReceiver(o referralv1.Outcome) bool {
	return needsReceipt(o) || o == referralv1.Outcome_OUTCOME_OUT_OF_SCOPE
}

// firstProgress is where a fresh outcome stands.
func firstProgress(o referralv1.Outcome) string {
	switch {
	case toTeam(o):
		return progressOnItsWay
	case needsReceipt(o):
		return progressReceiptDue
	case o == referralv1.Outcome_OUTCOME_ALREADY_OPEN:
		return progressPassedOn
	default:
		return ""
	}
}

// decision is an outcome that a screener wants to give, with what the child's record already says.
type decision struct {
	Outcome           referralv1.Outcome
	ReasonForReferrer string
	Receiver          string
	FamilyAgrees      referralv1.YesNo
	// Source is the contact's source code, which decides what the referrer is told.
	Source string
	// Team is the child's team; empty where neither patch nor person gave one.
	Team string
	// Family is the chosen open family, or the one the case seems to be open in.
	Family    *uuid.UUID
	OwnFamily bool
}

// check says what the outcome lacks. Errors: INVALID with the field; NEEDS_PATCH where a team outcome has no team.
func (d decision) check() error {
	if disclose(d.Outcome, d.Source).Reason && d.ReasonForReferrer == "" {
		return fault.Invalid("reasonForReferrer", "write the reason for the referrer in plain words: they are told this outcome")
	}
	if needsReceiver(d.Outcome) && d.Receiver == "" {
		return fault.Invalid("receiver", "name the service or authority that receives the child")
	}
	if d.Outcome == referralv1.Outcome_OUTCOME_EARLY_HELP && d.FamilyAgrees != referralv1.YesNo_YES_NO_YES {
		return fault.Invalid("familyAgrees", "early help is a service that the family agrees to; where it does not, choose another outcome: a refusal never lowers the priority of a concern")
	}
	if d.Outcome == referralv1.Outcome_OUTCOME_ALREADY_OPEN && d.Family == nil {
		return fault.Invalid("family", "name the open family whose worker gets this")
	}
	if d.OwnFamily && !toTeam(d.Outcome) {
		return fault.Invalid("ownFamily", "only a team outcome opens a family")
	}
	if d.OwnFamily && d.Family != nil {
		return fault.Invalid("ownFamily", "either choose an open family or open one of its own")
	}
	if toTeam(d.Outcome) && d.Team == "" {
		return fault.Refused("NEEDS_PATCH", "outcome", "this child has no team yet: choose the patch first")
	}
	return nil
}
