package match

import (
	"strings"
	"testing"
	"time"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
)

// noon is when these tests are.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func TestTheBoxIsRead(t *testing.T) {
	t.Parallel()
	for told, want := range map[string]string{
		"Okafor":                           "name Okafor",
		"Chidi Okafor":                     "first name Chidi, surname Okafor",
		"OKAFOR, Chidi":                    "first name Chidi, surname OKAFOR",
		"chidi okafor about 8":             "first name chidi, surname okafor, 7 to 9 years old",
		"Chidi Okafor 8":                   "first name Chidi, surname Okafor, 8 years old",
		"Chidi Okafor 8yo":                 "first name Chidi, surname Okafor, 8 years old",
		"a boy of about eight, Okafor":     "name Okafor, male, 7 to 9 years old",
		"Okafor 7-9":                       "name Okafor, 7 to 9 years old",
		"Okafor 2018":                      "name Okafor, born in 2018",
		"Okafor March 2018":                "name Okafor, born in March 2018",
		"Chidi Okafor 3/3/2019":            "first name Chidi, surname Okafor, born on 3 March 2019",
		"Chidi Okafor born 3rd March 2019": "first name Chidi, surname Okafor, born on 3 March 2019",
		"3.3.19":                           "born on 3 March 2019",
		"999 000 0018":                     "NHS number 999 000 0018",
		"nhs 9990000018":                   "NHS number 999 000 0018",
		"999 000 0019":                     "an NHS number with a mistake in it",
		"A801202016123":                    "",
		"020 7946 0301":                    "a phone number",
		"+44 7700 900123":                  "a phone number",
		"Okafor 07700 900123":              "name Okafor, a phone number",
		"W10 5AA":                          "postcode W10 5AA",
		"okafor w105aa":                    "name okafor, postcode W10 5AA",
		"Golborne Road":                    "street Golborne Road",
		"12 Golborne Road":                 "house 12, street Golborne Road",
		"Okafor Golborne Road":             "name Okafor, street Golborne Road",
		"Okafor, 12 Great Western Rd, London W10 5AA": "name Okafor, house 12, street Great Western Road, postcode W10 5AA",
		"Okafor, Flat 3, 12 Golborne Rd":              "name Okafor, house 12, 3, street Golborne Road",
		"Okafor flat 3 12 Golborne Rd":                "name Okafor, house 12, 3, street Golborne Road",
		"Sarah Green":                                 "first name Sarah, surname Green; or the street Sarah Green",
		"Lois Lane":                                   "first name Lois, surname Lane; or the street Lois Lane",
		"Chidi aka Zed Okafor":                        "name Chidi, also known as Zed Okafor",
		"Chidi (Zed) Okafor":                          "first name Chidi, surname Okafor, also known as Zed",
		"Ana Silva née Costa":                         "first name Ana, surname Silva, also known as Costa",
		"girl Silva 18 months":                        "name Silva, female, 1 years old",
		"Zoë O’Brien":                                 "first name Zoë, surname O’Brien",
		"محمد":                                        "name محمد",
	} {
		s, err := read(&familyfacingv1.Sought{Anything: told}, 0, noon)
		if want == "" {
			continue
		}
		if err != nil || s.says != want {
			t.Errorf("%q is read as %q, want %q (%v)", told, s.says, want, err)
		}
	}
}

func TestWhatCantBeLookedForIsSaid(t *testing.T) {
	t.Parallel()
	for _, told := range []string{"about 8", "girl", "the child", "?", " . ", "W10"} {
		_, err := read(&familyfacingv1.Sought{Anything: told}, 3, noon)
		if err == nil || !strings.Contains(err.Error(), "say a name") {
			t.Errorf("%q: %v", told, err)
		}
	}
	if _, err := read(&familyfacingv1.Sought{Age: "about 8"}, 0, noon); err != nil {
		t.Errorf("a child of whom nothing but the age is told: %v", err)
	}
}
