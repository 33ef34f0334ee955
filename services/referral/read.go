package referral

import (
	"slices"
	"strings"
	"time"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/calendar"
	"github.com/kithcare/kith/pkg/identifiers"
)

// keyLength bounds what is kept of a text for finding it: a name of a thousand letters can't stand in an index.
const keyLength = 60

// reading is what the system reads in what was told of a child. What was told is kept elsewhere, word for word.
type reading struct {
	ReadAs *referralv1.ReadAs
	Doubts []*referralv1.Doubt
	// Postcodes are all that were told, each once.
	Postcodes []string
	// SurnameKey and AddressKey find the same surname and address in other spellings; empty where there is none.
	SurnameKey, AddressKey string
}

// readChild reads a child as told at a moment. It drops and corrects nothing: what can't be read is doubted.
func readChild(told *referralv1.ToldChild, at time.Time) reading {
	r := reading{ReadAs: &referralv1.ReadAs{}}
	as := r.ReadAs
	as.GivenNames, as.FamilyName = identifiers.Name(told.GetName())
	as.BirthDate = r.doubted("birthDate")(identifiers.BirthDate(told.GetBirthDate(), at))
	as.Sex = r.doubted("sex")(identifiers.SexCode(told.GetSex()))
	as.NhsNumber = r.doubted("nhsNumber")(identifiers.NHSNumber(told.GetNhsNumber()))
	as.Upn = r.doubted("upn")(identifiers.UPN(told.GetUpn()))
	as.Postcode = r.doubted("postcode")(identifiers.Postcode(told.GetPostcode()))
	r.age(told.GetAge(), at)
	r.expected(told.GetExpectedDate(), at)
	inAddress := postcodeIn(told.GetAddress())
	for _, p := range []string{as.Postcode, inAddress} {
		if p != "" && !slices.Contains(r.Postcodes, p) {
			r.Postcodes = append(r.Postcodes, p)
		}
	}
	if len(r.Postcodes) == 2 {
		r.doubt("postcode", "the address ends in another postcode")
	}
	if as.Postcode == "" {
		as.Postcode = inAddress
	}
	r.SurnameKey = cut(identifiers.NameKey(as.FamilyName))
	r.AddressKey = addressKey(told.GetAddress(), as.Postcode)
	return r
}

func (r *reading) doubt(field, why string) {
	r.Doubts = append(r.Doubts, &referralv1.Doubt{Field: field, Why: why})
}

// doubted keeps the doubt of a reader beside its reading.
func (r *reading) doubted(field string) func(reading, doubt string) string {
	return func(reading, doubt string) string {
		if doubt != "" {
			r.doubt(field, doubt)
		}
		return reading
	}
}

// age doubts an age that can't be read, an adult's, and one that the birth date contradicts.
func (r *reading) age(told string, at time.Time) {
	if strings.TrimSpace(told) == "" {
		return
	}
	least, greatest, ok := identifiers.Age(told)
	switch {
	case !ok:
		r.doubt("age", "this can't be read as an age")
	case least >= 18:
		r.doubt("age", "18 or older")
	case r.ReadAs.GetBirthDate() != "":
		if years, ok := yearsOld(r.ReadAs.GetBirthDate(), at); ok && (years < least || years > greatest) {
			r.doubt("age", "this does not agree with the birth date")
		}
	}
}

func yearsOld(birthDate string, at time.Time) (int, bool) {
	born, err := time.Parse(time.DateOnly, birthDate)
	if err != nil {
		return 0, false
	}
	at = at.In(calendar.London())
	years := at.Year() - born.Year()
	if at.Month() < born.Month() || at.Month() == born.Month() && at.Day() < born.Day() {
		years--
	}
	return years, years >= 0
}

// expected reads the date on which an unborn child is expected. It lies ahead, by ten months at most, or just behind.
func (r *reading) expected(told string, at time.Time) {
	if strings.TrimSpace(told) == "" {
		return
	}
	date, doubt := identifiers.BirthDate(told, at.AddDate(2, 0, 0))
	r.ReadAs.ExpectedDate = date
	day, err := time.Parse(time.DateOnly, date)
	switch {
	case err != nil && doubt == "":
		r.doubt("expectedDate", "this can't be read as a date")
	case doubt != "":
		r.doubt("expectedDate", doubt)
	case day.Before(at.AddDate(0, -2, 0)):
		r.doubt("expectedDate", "this is more than two months ago")
	case day.After(at.AddDate(0, 10, 0)):
		r.doubt("expectedDate", "this is more than ten months away")
	}
}

// postcodeIn reads the postcode that an address ends in; empty where there is none.
func postcodeIn(address string) string {
	words := strings.FieldsFunc(address, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' || r == '\r' || r == '.' })
	for n := 1; n <= 2 && n <= len(words); n++ {
		if p, doubt := identifiers.Postcode(strings.Join(words[len(words)-n:], " ")); p != "" && doubt == "" {
			return p
		}
	}
	return ""
}

// addressKey is what two spellings of one address have in common: the postcode with the numbers of house and flat, or
// without a postcode all letters and digits. A postcode alone is a whole street's, and no address.
func addressKey(address, postcode string) string {
	rest := strings.ToUpper(address)
	if postcode == "" {
		key := identifiers.NameKey(rest)
		if len(key) < 8 {
			return ""
		}
		return cut(key)
	}
	outward, inward, _ := strings.Cut(postcode, " ")
	rest = strings.ReplaceAll(strings.ReplaceAll(rest, postcode, " "), outward+inward, " ")
	numbers := strings.FieldsFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	slices.Sort(numbers)
	if len(numbers) == 0 {
		key := identifiers.NameKey(rest)
		if key == "" {
			return ""
		}
		return cut(postcode + "/" + key)
	}
	return cut(postcode + "/" + strings.Join(numbers, ","))
}

func cut(key string) string {
	runes := []rune(key)
	return string(runes[:min(len(runes), keyLength)])
}
