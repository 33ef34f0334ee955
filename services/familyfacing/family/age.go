package family

import (
	"time"

	"github.com/kithcare/kith/pkg/calendar"
)

// ageOf is how many birthdays somebody has had, in London; -1 where the birth date is not known or still to come.
// Who is born on 29 February has a birthday on 1 March in other years.
func ageOf(birthDate string, now time.Time) int32 {
	born, err := time.Parse(time.DateOnly, birthDate)
	if err != nil {
		return -1
	}
	today := now.In(calendar.London())
	years := today.Year() - born.Year()
	if today.Month() < born.Month() || today.Month() == born.Month() && today.Day() < born.Day() {
		years--
	}
	return int32(max(years, -1)) //nolint:gosec // no date is two billion years away
}
