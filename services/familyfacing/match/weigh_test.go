package match

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/familyfacing/likeness"
)

const (
	possible      = familyfacingv1.Confidence_CONFIDENCE_POSSIBLE
	isLikely      = familyfacingv1.Confidence_CONFIDENCE_LIKELY
	nearlyCertain = familyfacingv1.Confidence_CONFIDENCE_NEARLY_CERTAIN
)

// somebody is a person in one line: name | aliases | born | sex | NHS number | UPN | phone | address | postcode.
func somebody(line string) evidence {
	f := strings.Split(line+"||||||||", "|")
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	e := evidence{names: named(f[0], f[1]), sex: f[3], number: f[4], upn: f[5], phones: likeness.Phones(f[6]), place: likeness.ReadPlace(f[7], f[8])}
	e.born, _ = time.Parse(time.DateOnly, f[2])
	return e
}

func weighed(sought, known evidence) verdict { return newWeigher(sought).weigh(known) }

func says(found []finding) string {
	var all []string
	for _, f := range found {
		all = append(all, f.text())
	}
	return strings.Join(all, "; ")
}

func TestTheWeightsOfOneThingAreAllThatCanHoldOfIt(t *testing.T) {
	t.Parallel()
	w := weights()
	for name, all := range map[string][]level{
		"NHS number": {numberSame, numberOther}, "UPN": {upnSame, upnOther}, "first name": {givenSame, givenShort, givenNear, givenSounds, givenInitial, givenMiddle, givenOther},
		"surname": {surnameSame, surnameNear, surnameSounds, surnamePart, surnameOther}, "birth date": {bornSame, bornSwapped, bornDigit, bornWithinYear, bornOther},
		"age": {ageSame, ageWithinYear, ageOther}, "sex": {sexSame, sexOther}, "home": {homeSame, homeBuilding, homePostcode, homeStreet, homeOther},
		"postcode": {postcodeSame, postcodeOther}, "street": {streetSame, streetNear, streetOther},
	} {
		m, u := 0.0, 0.0
		for _, l := range all {
			m, u = m+w[l].m, u+w[l].u
		}
		if math.Abs(m-1) > 1e-9 || math.Abs(u-1) > 1e-9 {
			t.Errorf("%s: the m add up to %v, the u to %v", name, m, u)
		}
	}
	for l := range levels {
		if w[l].says == "" || w[l].m <= 0 || w[l].u <= 0 {
			t.Errorf("level %d says %q and weighs %v/%v", l, w[l].says, w[l].m, w[l].u)
		}
	}
}

func TestWhatSpeaksForAndAgainst(t *testing.T) {
	t.Parallel()
	const ella = "Ella O'Brien || 2018-05-01 | F | 9990000042 | | 07700 900123 | Flat 3, 12 Acklam Road | W10 5AA"
	for sought, want := range map[string]string{
		"Ella OBRIEN || 2018-05-01":                                       "LIKELY: the same birth date; the same surname; the same first name",
		"O'Brien Ella":                                                    "POSSIBLE: the same surname; the same first name; first name and surname the other way round",
		"|||| 9990000042":                                                 "NEARLY_CERTAIN: the same NHS number",
		"Ella O'Brien |||| 9990000050":                                    "POSSIBLE: the same surname; the same first name, but another NHS number",
		"Jack O'Brien |||| 9990000042":                                    "LIKELY: the same NHS number; the same surname, but another first name",
		"Elle O'Brian || 2018-01-05":                                      "POSSIBLE: birth date with day and month swapped; surname spelt almost the same; the first name is spelt almost the same",
		"Ella O'Brien || 2018-05-02 ||||| 12 Acklam Rd | W105AA":          "LIKELY: the same surname; the same first name; the same building; birth date differs by one digit",
		"Ella O'Brien || 2018-05-01 ||||| Flat 3, 12 Acklam Rd | W10 5AA": "NEARLY_CERTAIN: the same birth date; the same address; the same surname; the same first name",
		"Jack O'Brien || 2018-05-01 ||||| Flat 3, 12 Acklam Rd | W10 5AA": "POSSIBLE: the same birth date; the same address; the same surname, but another first name: perhaps a twin",
		"Jack O'Brien || 2015-02-11 ||||| Flat 3, 12 Acklam Rd | W10 5AA": "POSSIBLE: the same address; the same surname, but another birth date; another first name: perhaps a brother or sister",
		"Mrs O'Brien |||||| 07700 900123":                                 "POSSIBLE: the same phone number; the same surname",
		"Ella Jones-O'Brien":                                              "POSSIBLE: the same first name; a part of the surname",
		"||||||| Golborne Road":                                           "POSSIBLE: , but another street",
		"||||||| Acklam Road":                                             "POSSIBLE: the same street",
		"||||||| Aclam Road":                                              "POSSIBLE: street spelt almost the same",
		"|||||||| W10 5AA":                                                "POSSIBLE: the same postcode",
	} {
		v := weighed(somebody(sought), somebody(ella))
		got := strings.TrimPrefix(v.confidence.String(), "CONFIDENCE_") + ": " + says(v.reasons)
		if len(v.doubts) > 0 {
			got += ", but " + says(v.doubts)
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", sought, got, want)
		}
	}
}

func TestAnAliasCounts(t *testing.T) {
	t.Parallel()
	known := somebody("Zara Okafor | Zara Balogun; Zizi | 1990-01-02")
	for _, sought := range []string{"Zara Balogun", "Zizi Okafor", "Mary Smith | Zara Okafor"} {
		if v := weighed(somebody(sought), known); v.bits < 10 || !strings.Contains(says(v.reasons), "also known by that name") {
			t.Errorf("%s: %.1f bits, %s; %s", sought, v.bits, says(v.reasons), says(v.doubts))
		}
	}
}

func TestTwinsOfOneFirstNameAreToldApartByTheOthers(t *testing.T) {
	t.Parallel()
	twin := somebody("Mohammed Ali Khan || 2018-05-01 | M |||| 12 Acklam Road | W10 5AA")
	if v := weighed(somebody("Mohammed Amin Khan || 2018-05-01 | M |||| 12 Acklam Road | W10 5AA"), twin); v.confidence == nearlyCertain || says(v.doubts) != "another middle name" {
		t.Errorf("%s: %s", v.confidence, says(v.doubts))
	}
	if v := weighed(somebody("Mohammed Khan || 2018-05-01 | M |||| 12 Acklam Road | W10 5AA"), twin); v.confidence != nearlyCertain {
		t.Errorf("without the others: %s", v.confidence)
	}
	one := match{candidate: candidate{known: twin}, verdict: verdict{confidence: nearlyCertain}}
	other := match{candidate: candidate{known: twin}, verdict: verdict{confidence: nearlyCertain}}
	found := []match{one, other}
	besideTwins(found)
	if found[0].confidence != isLikely || found[1].confidence != isLikely || says(found[0].doubts) != "a twin fits as well" {
		t.Errorf("two of one family: %s and %s", found[0].confidence, found[1].confidence)
	}
}

func TestAnAgeIsAGuess(t *testing.T) {
	t.Parallel()
	bits := map[string]float64{}
	for age, wants := range map[string][3]string{
		"8":       {"born within a year", "of that age", "another age"},
		"about 8": {"born within a year", "of that age", "another age"},
	} {
		least, greatest := 8, 8
		if age != "8" {
			least, greatest = 7, 9
		}
		for i, years := range []int{7, 8, 12} {
			v := weighed(evidence{age: aged(least, greatest, noon)}, evidence{born: noon.AddDate(-years, -1, 0)})
			if got := says(v.reasons) + says(v.doubts); got != wants[i] {
				t.Errorf("%s, and %d: %s, want %s", age, years, got, wants[i])
			}
			bits[wants[i]] = v.bits
		}
	}
	if bits["of that age"] <= bits["born within a year"] || bits["born within a year"] <= 0 || bits["another age"] >= 0 {
		t.Errorf("ages weigh %v", bits)
	}
}

// drawn is an invented person, with any of the things unknown.
func drawn(t *rapid.T, label string) evidence {
	one := func(what string, of ...string) string {
		return rapid.SampledFrom(append(of, "")).Draw(t, label+" "+what)
	}
	line := []string{
		strings.TrimSpace(one("first name", "Ella", "Elle", "Jack", "Mohammed Ali", "Mohammed Amin") + " " + one("surname", "O'Brien", "Obrian", "Khan", "Jones-Khan")),
		one("alias", "Zara Balogun", "Ella Khan"), one("born", "2018-05-01", "2018-01-05", "2018-05-02", "2015-07-09"), one("sex", "M", "F"),
		one("number", "9990000042", "9990000018"), "", one("phone", "07700 900123"),
		one("address", "Flat 3, 12 Acklam Road", "12 Acklam Road", "7 Golborne Road"), one("postcode", "W10 5AA", "SW3 4JF"),
	}
	return somebody(strings.Join(line, "|"))
}

func TestWeighingIsTheSameBothWaysRound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawn(t, "a"), drawn(t, "b")
		there, back := weighed(a, b), weighed(b, a)
		if math.Abs(there.bits-back.bits) > 1e-9 || there.confidence != back.confidence {
			t.Fatalf("%.3f bits, %s: %s; %s\nthe other way round %.3f bits, %s: %s; %s", there.bits, there.confidence, says(there.reasons), says(there.doubts),
				back.bits, back.confidence, says(back.reasons), says(back.doubts))
		}
	})
}

func TestMoreThatAgreesNeverLowers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sought, known := drawn(t, "sought"), drawn(t, "known")
		before := weighed(sought, known)
		switch what := rapid.SampledFrom([]string{"born", "sex", "number", "upn", "phone", "home", "postcode"}).Draw(t, "what agrees from now on"); what {
		case "born":
			sought.born, sought.age, known.born = noon.AddDate(-9, 0, 0), nil, noon.AddDate(-9, 0, 0)
		case "sex":
			sought.sex, known.sex = "F", "F"
		case "number":
			sought.number, known.number = "9990000026", "9990000026"
		case "upn":
			sought.upn, known.upn = "A801202016123", "A801202016123"
		case "phone":
			sought.phones, known.phones = []string{"2079460301"}, []string{"2079460301"}
		case "home":
			sought.place = likeness.ReadPlace("9 Bramley Road", "W10 6SZ")
			known.place = sought.place
		case "postcode":
			sought.place, known.place = likeness.Place{Postcode: "W10 6SZ"}, likeness.Place{Postcode: "W10 6SZ"}
			if len(before.reasons) > 0 && before.has(homeSame, homeBuilding, streetSame, streetNear) {
				return // they agreed on more before
			}
		}
		if after := weighed(sought, known); after.bits < before.bits-1e-9 {
			t.Fatalf("%.3f bits became %.3f: %s; %s", before.bits, after.bits, says(after.reasons), says(after.doubts))
		}
	})
}

func TestNumbersAndFirstNamesThatDifferLeaveItOpen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sought, known := drawn(t, "sought"), drawn(t, "known")
		v := weighed(sought, known)
		if sought.number != "" && known.number != "" && sought.number != known.number && v.confidence != possible {
			t.Fatalf("two NHS numbers are %s", v.confidence)
		}
		if v.given == givenOther && !v.identified && (v.confidence != possible || v.bits >= likely) {
			t.Fatalf("two first names are %s with %.1f bits", v.confidence, v.bits)
		}
		if v.confidence == nearlyCertain && len(v.doubts) > 0 {
			t.Fatalf("nearly certain in spite of %s", says(v.doubts))
		}
		if !slices.IsSortedFunc(v.reasons, func(a, b finding) int { return int(math.Copysign(1, math.Abs(b.bits)-math.Abs(a.bits))) }) && !v.has(byAlias, swappedNames) {
			t.Fatalf("the strongest is not first: %s", says(v.reasons))
		}
	})
}
