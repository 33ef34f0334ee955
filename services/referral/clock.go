package referral

import (
	"time"

	"github.com/kithcare/kith/pkg/calendar"
)

// decisionDueBy is when a contact has to be decided and its referrer answered: one working day after receipt (Working
// Together to Safeguard Children), and where a child is in immediate danger the authority's urgent limit, which counts
// elapsed time, day and night.
func decisionDueBy(received time.Time, danger bool, office office) time.Time {
	if danger {
		return received.Add(office.urgent)
	}
	return calendar.OneWorkingDay(received, office.hours).UTC()
}

// workingAge is how long something has waited, in working hours.
func workingAge(received, now time.Time, hours calendar.Hours) time.Duration {
	return calendar.WorkingTime(received, now, hours)
}
