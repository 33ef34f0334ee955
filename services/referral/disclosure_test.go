package referral

import (
	"testing"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// The table as domain.md says it, written down a second time: what each kind of source reads of each outcome, and
// whether the reason written for the referrer goes with it (+).
func TestEveryCellOfWhatAReferrerIsTold(t *testing.T) {
	t.Parallel()
	outcomes := []string{"NO_FURTHER_ACTION", "ADVICE_OR_SIGNPOSTING", "EARLY_HELP", "OUT_OF_SCOPE", "ANOTHER_AUTHORITY", "ALREADY_OPEN", "FAMILY_FACING_TEAM", "STRATEGY_DISCUSSION_NOW"}
	const none = "Looked at"
	full := []string{
		"+No further action", "+Advice or signposting", "+Early help", "+Passed to the service that is responsible", "+Passed to another authority",
		"+Already open: passed to the worker", "+Referred to a Family Facing Team", "Being acted on, you will be called",
	}
	little := []string{none, none, none, none, none, none, none, none}
	table := map[string][]string{
		"1A": little, "1B": little, "1C": little, "1D": little,
		"2A": full, "2B": full,
		"3A": full, "3B": full, "3C": full, "3D": full, "3E": full, "3F": full,
		"4":  full,
		"5A": full, "5B": full, "5C": full, "5D": full,
		"6": full, "7": full,
		"8": little, "9": little, "10": little,
	}
	if len(table) != 22 || len(referralv1.Outcome_name) != len(outcomes)+1 {
		t.Fatal("the table misses a source or an outcome")
	}
	for source, cells := range table {
		for i, cell := range cells {
			outcome := referralv1.Outcome(referralv1.Outcome_value["OUTCOME_"+outcomes[i]])
			told := disclose(outcome, source)
			got := told.Outcome
			if told.Reason {
				got = "+" + got
			}
			if got != cell {
				t.Errorf("source %s, outcome %s: told %q, want %q", source, outcomes[i], got, cell)
			}
		}
		if told := disclose(referralv1.Outcome_OUTCOME_UNSPECIFIED, source); told != (disclosure{}) {
			t.Errorf("source %s is told %q while undecided", source, told.Outcome)
		}
		if got, want := disclosesToWhom(source), cells[0] != none; got != want {
			t.Errorf("source %s: told whom to ring %v, want %v", source, got, want)
		}
	}
	if told := disclose(referralv1.Outcome_OUTCOME_EARLY_HELP, "77"); told.Outcome != none || told.Reason {
		t.Error("an unknown source is told more than that somebody looked")
	}
}

func TestWhatASenderSaysOfItselfNeverWidensWhatItSees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ contact, partner, want string }{
		{"6", "6", "6"}, {"6", "9", "9"}, {"9", "6", "9"}, {"1A", "1B", "1B"}, {"2A", "", "2A"}, {"8", "", "8"},
	} {
		if got := narrower(c.contact, c.partner); professional(got) != professional(c.want) {
			t.Errorf("contact %s from partner %s is told as %s, want as %s", c.contact, c.partner, got, c.want)
		}
	}
}
