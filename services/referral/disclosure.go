package referral

import referralv1 "github.com/kithcare/kith/api/kith/referral/v1"

// disclosure is what the referrer is told of one child's decision.
type disclosure struct {
	// Outcome is the sentence; empty while undecided.
	Outcome string
	// Reason says whether the reason written for the referrer goes with it.
	Reason bool
}

// professional tells the sources that act for a body with duties towards children: 2A to 7 of the children in need
// census' referral sources. 1A to 1D are individuals, 8 other, 9 anonymous, 10 unknown.
func professional(sourceCode string) bool {
	switch sourceCode {
	case "2A", "2B", "3A", "3B", "3C", "3D", "3E", "3F", "4", "5A", "5B", "5C", "5D", "6", "7":
		return true
	default:
		return false
	}
}

// disclose is the table of what a referrer is told, by outcome and kind of source. A professional learns every outcome
// with the reason written for them, but of a strategy discussion only that it is being acted on: what police, health
// and social work are about to do must not travel. Everybody else learns that somebody looked.
func disclose(outcome referralv1.Outcome, sourceCode string) disclosure {
	if outcome == referralv1.Outcome_OUTCOME_UNSPECIFIED {
		return disclosure{}
	}
	if !professional(sourceCode) {
		return disclosure{Outcome: "Looked at"}
	}
	switch outcome {
	case referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION:
		return disclosure{"No further action", true}
	case referralv1.Outcome_OUTCOME_ADVICE_OR_SIGNPOSTING:
		return disclosure{"Advice or signposting", true}
	case referralv1.Outcome_OUTCOME_EARLY_HELP:
		return disclosure{"Early help", true}
	case referralv1.Outcome_OUTCOME_OUT_OF_SCOPE:
		return disclosure{"Passed to the service that is responsible", true}
	case referralv1.Outcome_OUTCOME_ANOTHER_AUTHORITY:
		return disclosure{"Passed to another authority", true}
	case referralv1.Outcome_OUTCOME_ALREADY_OPEN:
		return disclosure{"Already open: passed to the worker", true}
	case referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM:
		return disclosure{"Referred to a Family Facing Team", true}
	case referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW:
		return disclosure{"Being acted on, you will be called", false}
	default:
		return disclosure{Outcome: "Looked at"}
	}
}

// disclosesToWhom says whether that source is told whom to ring and how to disagree.
func disclosesToWhom(sourceCode string) bool { return professional(sourceCode) }

// narrower gives the source code by which a partner is told: the contact's own, unless the partner itself is of a kind
// that is told less. What a sender writes about itself never widens what it sees.
func narrower(contactSource, partnerKind string) string {
	if partnerKind != "" && !professional(partnerKind) {
		return partnerKind
	}
	return contactSource
}
