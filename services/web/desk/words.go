package desk

import (
	"strconv"
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// outcomes are what a contact can come to for a child, in the order in which they are offered.
func outcomes() []referralv1.Outcome {
	return []referralv1.Outcome{
		referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION, referralv1.Outcome_OUTCOME_ADVICE_OR_SIGNPOSTING, referralv1.Outcome_OUTCOME_EARLY_HELP,
		referralv1.Outcome_OUTCOME_OUT_OF_SCOPE, referralv1.Outcome_OUTCOME_ANOTHER_AUTHORITY, referralv1.Outcome_OUTCOME_ALREADY_OPEN,
		referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM, referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW,
	}
}

// number is an enum's value as a form holds it.
func number[E ~int32](e E) string { return strconv.Itoa(int(e)) }

// numbered reads an enum's value; anything else is 0.
func numbered[E ~int32](text string) E {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0
	}
	return E(n)
}

// words: desk.outcome_*
func outcomeText(v *page.Visit, o referralv1.Outcome) string {
	return v.T("desk.outcome_" + strings.ToLower(strings.TrimPrefix(o.String(), "OUTCOME_")))
}

// toTeam tells the outcomes that are a referral to the patch's team.
func toTeam(o referralv1.Outcome) bool {
	return o == referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM || o == referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW
}

// sourceCodes are the kinds of source of the children in need census. Those who ring without a computer come first.
func sourceCodes() []string {
	return []string{
		"1A", "1B", "1C", "1D", "9", "2A", "2B", "3A", "3B", "3C", "3D", "3E", "3F", "6", "7", "4", "5A", "5B", "5C", "5D", "8", "10",
	}
}

// words: desk.source_*
func sourceText(v *page.Visit, code string) string {
	if code == "" {
		return v.T("desk.source_10")
	}
	return v.T("desk.source_" + strings.ToLower(code))
}

// individual tells the sources that hear only that somebody looked, whatever was decided: the referral service holds the
// rule, and this only chooses what the page asks for.
func individual(code string) bool {
	switch code {
	case "1A", "1B", "1C", "1D", "8", "9", "10", "":
		return true
	default:
		return false
	}
}

// words: desk.state_*
func stateText(v *page.Visit, s referralv1.ContactState) string {
	return v.T("desk.state_" + strings.ToLower(strings.TrimPrefix(s.String(), "CONTACT_STATE_")))
}

// words: desk.needs_*
func needsText(v *page.Visit, n referralv1.NeedsPerson) string {
	return v.T("desk.needs_" + strings.ToLower(strings.TrimPrefix(n.String(), "NEEDS_PERSON_")))
}

// words: desk.need_n*
func needText(v *page.Visit, code string) string { return v.T("desk.need_" + strings.ToLower(code)) }

// progressText is how an outcome goes on; empty where nothing more is due.
// words: desk.progress_*
func progressText(v *page.Visit, progress string) string {
	if progress == "" {
		return ""
	}
	return v.T("desk.progress_" + strings.ToLower(progress))
}

// basisText is a lawful basis.
// words: desk.basis_*
func basisText(v *page.Visit, b referralv1.LawfulBasis) string {
	return v.T("desk.basis_" + strings.ToLower(strings.TrimPrefix(b.String(), "LAWFUL_BASIS_")))
}

func yesNoText(v *page.Visit, y referralv1.YesNo) string {
	switch y {
	case referralv1.YesNo_YES_NO_YES:
		return v.T("desk.yes")
	case referralv1.YesNo_YES_NO_NO:
		return v.T("desk.no")
	default:
		return v.T("desk.not_known")
	}
}

// fieldText is what a field is called, by the last part of its name in the API.
// words: desk.field_*
func fieldText(v *page.Visit, field string) string { return v.T("desk.field_" + snake(field)) }

// snake turns birthDate into birth_date.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// eventText is what happened to a contact, by its code; a code that is not known yet is shown as it is.
// words: desk.event_*
func eventText(v *page.Visit, how string) string {
	key := "desk.event_" + strings.ToLower(how)
	if text := v.T(key); text != key {
		return text
	}
	return how
}

// kindText is what a referrer was told of.
func kindText(v *page.Visit, kind string) string {
	if kind == "CHILD_DECIDED" {
		return v.T("desk.told_of_decision")
	}
	return v.T("desk.told_of_seen")
}

// teamTitle is how a team is called; its key where the directory does not answer.
func teamTitle(teams map[string]*directoryv1.Team, name string) string {
	if t := teams[name]; t != nil {
		return t.GetTitle()
	}
	return page.Last(name)
}

// familyTeams are the Family Facing Teams, by title.
func familyTeams(teams map[string]*directoryv1.Team) []*directoryv1.Team {
	var all []*directoryv1.Team
	for _, t := range teams {
		if t.GetKind() == directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING {
			all = append(all, t)
		}
	}
	sortTeams(all)
	return all
}
