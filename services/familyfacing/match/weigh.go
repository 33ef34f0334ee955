package match

import (
	"cmp"
	"math"
	"slices"
	"time"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/familyfacing/likeness"
)

// evidence is what is told or known of somebody, read. What is empty is not known.
type evidence struct {
	// names are the name and the others that somebody goes by; for somebody known spelt may stand for them, as
	// likeness.FormatNames has it.
	names []likeness.Name
	spelt string
	born  time.Time
	// age is for somebody sought whose birth date is not told.
	age *ageRange
	sex string
	// number is a valid NHS number; mistyped is one of ten digits whose check digit does not fit.
	number, mistyped string
	upn              string
	phones           []string
	place            likeness.Place
	// perhapsStreet are words told before a street, which may be a part of its name or somebody's.
	perhapsStreet []string
}

// ageRange is when somebody of an age that was told was born.
type ageRange struct {
	// from and to are the days that the age itself means.
	from, to time.Time
	years    int
}

// finding is a level that holds, with what it counts.
type finding struct {
	level
	bits float64
	// by is added to what the level says.
	by string
}

// verdict is what speaks for and against somebody's being the one sought.
type verdict struct {
	bits            float64
	reasons, doubts []finding
	// given says how the first names agree; none where one of them is not known.
	given level
	// identified says that a number agrees, which no other person should have.
	identified bool
	confidence familyfacingv1.Confidence
}

// weigher weighs people against one who is sought. Few names come up again and again among those who are found, so it
// keeps how each agrees.
type weigher struct {
	weights [levels]weight
	sought  evidence
	given   map[[2]string]level
	surname map[[2]string]level
	names   map[string]namesFound
}

func newWeigher(sought evidence) *weigher {
	return &weigher{
		weights: weights(), sought: sought, given: map[[2]string]level{}, surname: map[[2]string]level{}, names: map[string]namesFound{},
	}
}

// none is the level of what one side does not know.
const none = levels

// weigh sums up the evidence. Things that a family shares count together for little where the first name is clearly
// another: so twins and siblings at one address are told apart, and yet more that agrees never lowers the sum.
func (w *weigher) weigh(known evidence) verdict {
	sought, names := w.sought, w.compareNames(known)
	v := verdict{given: names.given}
	household, birth := 0.0, 0.0
	for _, f := range slices.Concat(names.all, w.home(sought, known), w.phone(sought, known)) {
		v.add(f)
		if f.bits > 0 && !ofFirstName(f.level) {
			household += f.bits
		}
	}
	for _, f := range w.birth(sought, known) {
		v.add(f)
		birth += max(0, f.bits)
	}
	numbers := w.numbers(sought, known)
	for _, f := range slices.Concat(w.sexes(sought, known), numbers) {
		v.add(f)
	}
	v.identified = slices.ContainsFunc(numbers, func(f finding) bool { return f.level == numberSame || f.level == upnSame })
	if v.given == givenOther && !v.identified {
		v.bits -= max(0, household-mostOfHousehold) + max(0, birth-mostOfBirth)
		v.relative(household, birth)
	}
	strongest := func(a, b finding) int { return cmp.Compare(math.Abs(b.bits), math.Abs(a.bits)) }
	slices.SortStableFunc(v.reasons, strongest)
	slices.SortStableFunc(v.doubts, strongest)
	v.confidence = v.sure()
	return v
}

func ofFirstName(l level) bool {
	return givenSame <= l && l <= middleOther || l == byAlias || l == swappedNames
}

// relative says who somebody may be whose first name is another.
func (v *verdict) relative(household, birth float64) {
	for i, d := range v.doubts {
		switch {
		case d.level != givenOther || household < mostOfHousehold:
		case birth > mostOfBirth:
			v.doubts[i].by = ": perhaps a twin"
		default:
			v.doubts[i].by = ": perhaps a brother or sister"
		}
	}
}

func (v *verdict) add(f finding) {
	v.bits += f.bits
	switch {
	case f.level == byAlias, f.level == swappedNames, f.bits > 0:
		v.reasons = append(v.reasons, f)
	default:
		v.doubts = append(v.doubts, f)
	}
}

func (v *verdict) has(all ...level) bool {
	return slices.ContainsFunc(slices.Concat(v.reasons, v.doubts), func(f finding) bool { return slices.Contains(all, f.level) })
}

// sure says what the sum is worth. A number that differs, or a first name that does, is never more than possible without
// another number that agrees. Nothing but a number, or first name, surname, birth date and home together, makes it nearly
// certain; and no doubt may be left.
func (v *verdict) sure() familyfacingv1.Confidence {
	const possible, isLikely, nearly = familyfacingv1.Confidence_CONFIDENCE_POSSIBLE, familyfacingv1.Confidence_CONFIDENCE_LIKELY, familyfacingv1.Confidence_CONFIDENCE_NEARLY_CERTAIN
	switch {
	case v.has(numberOther), v.given == givenOther && !v.identified:
		return possible
	case v.identified && len(v.doubts) == 0:
		return nearly
	case v.bits < likely, !v.identified && v.given == none && !v.has(bornSame):
		return possible
	case v.bits >= almostSure && len(v.doubts) == 0 && v.has(givenSame) && v.has(surnameSame) && v.has(bornSame) && v.has(homeSame, phoneSame):
		return nearly
	}
	return isLikely
}

func (w *weigher) found(l level) finding { return finding{level: l, bits: w.weights[l].bits()} }

func (w *weigher) numbers(sought, known evidence) []finding {
	var all []finding
	switch {
	case known.number == "":
	case sought.number == known.number:
		all = append(all, w.found(numberSame))
	case sought.number != "":
		all = append(all, w.found(numberOther))
	case sought.mistyped != "" && oneDigitApart(sought.mistyped, known.number):
		all = append(all, w.found(numberSlip))
	}
	switch {
	case sought.upn == "" || known.upn == "":
	case sought.upn == known.upn:
		all = append(all, w.found(upnSame))
	case identifiers.TemporaryUPN(sought.upn) || identifiers.TemporaryUPN(known.upn):
	default:
		all = append(all, w.found(upnOther))
	}
	return all
}

// oneDigitApart tells two texts of one length of which one letter differs, or two neighbours are swapped.
func oneDigitApart(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	var differ []int
	for i := range len(a) {
		if a[i] != b[i] {
			differ = append(differ, i)
		}
	}
	switch len(differ) {
	case 1:
		return true
	case 2:
		i, j := differ[0], differ[1]
		return j == i+1 && a[i] == b[j] && a[j] == b[i]
	}
	return false
}

func (w *weigher) sexes(sought, known evidence) []finding {
	if sought.sex != "M" && sought.sex != "F" || known.sex != "M" && known.sex != "F" {
		return nil
	}
	if sought.sex == known.sex {
		return []finding{w.found(sexSame)}
	}
	return []finding{w.found(sexOther)}
}

func (w *weigher) phone(sought, known evidence) []finding {
	for _, a := range sought.phones {
		for _, b := range known.phones {
			if likeness.SamePhone(a, b) {
				return []finding{w.found(phoneSame)}
			}
		}
	}
	return nil
}

func (w *weigher) birth(sought, known evidence) []finding {
	switch {
	case known.born.IsZero():
		return nil
	case !sought.born.IsZero():
		return []finding{w.found(dates(sought.born, known.born))}
	case sought.age == nil:
		return nil
	}
	from, to := sought.age.from, sought.age.to
	switch {
	case !known.born.Before(from) && !known.born.After(to):
		f := w.found(ageSame)
		// The more years are meant, the less it says.
		f.bits = max(0.1, f.bits-math.Log2(float64(sought.age.years)))
		return []finding{f}
	case !known.born.Before(from.AddDate(-1, 0, 0)) && !known.born.After(to.AddDate(1, 0, 0)):
		return []finding{w.found(ageWithinYear)}
	}
	return []finding{w.found(ageOther)}
}

// dates compares two birth dates.
func dates(a, b time.Time) level {
	apart := a.Sub(b).Abs()
	switch {
	case apart == 0:
		return bornSame
	case a.Year() == b.Year() && int(a.Month()) == b.Day() && int(b.Month()) == a.Day():
		return bornSwapped
	case oneDigitApart(a.Format("02012006"), b.Format("02012006")):
		return bornDigit
	case apart < 366*24*time.Hour:
		return bornWithinYear
	}
	return bornOther
}
