package referral

import (
	"fmt"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// stillNeeded lists what would help and was not told, each by its name in JSON. Nothing is refused for lacking it.
func stillNeeded(told *referralv1.Told) []string {
	var needed []string
	ask := func(missing bool, field string) {
		if missing {
			needed = append(needed, field)
		}
	}
	source, telling := told.GetSource(), told.GetTelling()
	agency := professional(source.GetCode())
	if source.GetCode() != "9" {
		ask(source.GetPerson() == "", "source.person")
		ask(source.GetPhone() == "" && source.GetEmail() == "", "source.phone")
	}
	ask(agency && source.GetOrganisation() == "", "source.organisation")
	for i, child := range told.GetChildren() {
		at := fmt.Sprintf("children[%d].", i)
		unborn := child.GetExpectedDate() != ""
		ask(child.GetName() == "" && !unborn, at+"name")
		ask(child.GetBirthDate() == "" && !unborn, at+"birthDate")
		ask(child.GetSex() == "" && !unborn, at+"sex")
		ask(child.GetAddress() == "", at+"address")
		ask(child.GetPostcode() == "" && postcodeIn(child.GetAddress()) == "", at+"postcode")
	}
	ask(len(told.GetAdults()) == 0, "adults")
	for i, adult := range told.GetAdults() {
		ask(len(adult.GetRelationships()) == 0, fmt.Sprintf("adults[%d].relationships", i))
	}
	ask(told.GetWhen() == "", "when")
	ask(told.GetDoneSoFar() == "", "doneSoFar")
	ask(telling.GetParentsTold() == referralv1.YesNo_YES_NO_UNSPECIFIED, "telling.parentsTold")
	ask(telling.GetParentsTold() == referralv1.YesNo_YES_NO_YES && telling.GetParentsViews() == "", "telling.parentsViews")
	ask(telling.GetChildTold() == referralv1.YesNo_YES_NO_UNSPECIFIED, "telling.childTold")
	ask(telling.GetChildTold() == referralv1.YesNo_YES_NO_YES && telling.GetChildViews() == "", "telling.childViews")
	notTold := telling.GetParentsTold() == referralv1.YesNo_YES_NO_NO || telling.GetChildTold() == referralv1.YesNo_YES_NO_NO
	ask(notTold && telling.GetWhyNot() == "", "telling.whyNot")
	// A neighbour or a parent shares on no lawful basis that they would know of; an agency has to have one.
	ask(agency && told.GetLawfulBasis() == referralv1.LawfulBasis_LAWFUL_BASIS_UNSPECIFIED, "lawfulBasis")
	return needed
}
