package page

import (
	"strings"
	"time"

	"github.com/kithcare/kith/pkg/calendar"
)

// Clock is a time of day as people say it: 4:10pm, midday, midnight.
func (v *Visit) Clock(t time.Time) string {
	local := t.In(calendar.London())
	switch {
	case local.Hour() == 12 && local.Minute() == 0:
		return v.T("time.midday")
	case local.Hour() == 0 && local.Minute() == 0:
		return v.T("time.midnight")
	case local.Minute() == 0:
		return strings.ToLower(local.Format("3PM"))
	default:
		return strings.ToLower(local.Format("3:04PM"))
	}
}

// Day is a date as people say it: today, yesterday, tomorrow, Tuesday 3 May, 3 May 2025.
func (v *Visit) Day(t time.Time) string {
	now, local := v.Now().In(calendar.London()), t.In(calendar.London())
	switch days := daysBetween(now, local); {
	case days == 0:
		return v.T("time.today")
	case days == -1:
		return v.T("time.yesterday")
	case days == 1:
		return v.T("time.tomorrow")
	case days > -7 && days < 7:
		return v.T("time.day_of_week", "Weekday", v.T("time.weekday_"+strings.ToLower(local.Weekday().String())), "Date", v.date(local, local.Year() != now.Year()))
	default:
		return v.date(local, local.Year() != now.Year())
	}
}

// Date is a date with its year.
func (v *Visit) Date(t time.Time) string { return v.date(t.In(calendar.London()), true) }

func (v *Visit) date(local time.Time, year bool) string {
	month := v.T("time.month_" + strings.ToLower(local.Month().String()))
	if !year {
		return v.T("time.date", "Day", local.Day(), "Month", month)
	}
	return v.T("time.date_and_year", "Day", local.Day(), "Month", month, "Year", local.Year())
}

// When is a day with its time: today at 2:05pm.
func (v *Visit) When(t time.Time) string {
	return v.T("time.when", "Day", v.Day(t), "Time", v.Clock(t))
}

// Due says until when something has to be done: due today by 4:10pm; overdue since yesterday at 4:10pm.
func (v *Visit) Due(t time.Time) string {
	if v.Now().Before(t) {
		return v.T("time.due", "Day", v.Day(t), "Time", v.Clock(t))
	}
	return v.T("time.overdue", "Day", v.Day(t), "Time", v.Clock(t))
}

// Ago is how many days it is since then: today, yesterday, 12 days.
func (v *Visit) Ago(t time.Time) string {
	switch days := -daysBetween(v.Now().In(calendar.London()), t.In(calendar.London())); days {
	case 0:
		return v.T("time.today")
	case 1:
		return v.T("time.yesterday")
	default:
		return v.N("time.days_ago", days)
	}
}

// Machine is a time as the element `time` wants it.
func Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// daysBetween is how many midnights of London lie between two local times.
func daysBetween(from, to time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(to).Sub(day(from)) / (24 * time.Hour))
}
