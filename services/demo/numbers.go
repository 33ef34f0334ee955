package demo

import (
	"fmt"
	"math/rand/v2"
)

// firstNeverIssued is where the NHS numbers begin that are never given to a real person.
const firstNeverIssued = 9990000000

// nhsNumbers hands out valid NHS numbers, each once. next is the first nine digits of the next one.
type nhsNumbers struct{ next int64 }

// take answers the next number whose check digit exists: eleven less the weighted sum modulo eleven, where ten is no
// digit (NHS Data Dictionary, NHS NUMBER).
func (n *nhsNumbers) take() string {
	for {
		nine := fmt.Sprintf("%09d", n.next)
		n.next++
		sum := 0
		for i, digit := range nine {
			sum += int(digit-'0') * (10 - i)
		}
		if check := (11 - sum%11) % 11; check != 10 {
			return fmt.Sprintf("%s%d", nine, check)
		}
	}
}

const upnLetters = "ABCDEFGHJKLMNPQRTUVWXYZ"

// upns hands out valid Unique Pupil Numbers, each once.
type upns struct {
	education string
	seen      map[string]bool
	rand      *rand.Rand
}

// take answers a number of a child who came to school in that year: check letter, authority, school, year, serial. The
// letter is the digits weighted by their place, modulo 23 (Department for Education, UPN guide).
func (u *upns) take(year int) string {
	for {
		digits := fmt.Sprintf("%s%04d%02d%03d", u.education, 9000+u.rand.IntN(12), year%100, u.rand.IntN(1000))
		sum := 0
		for i, digit := range digits {
			sum += int(digit-'0') * (i + 2)
		}
		if upn := string(upnLetters[sum%23]) + digits; !u.seen[upn] {
			u.seen[upn] = true
			return upn
		}
	}
}
