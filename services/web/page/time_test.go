package page

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kithcare/kith/pkg/calendar"
)

// at is a moment as a clock on a wall in London shows it.
func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.ParseInLocation("2006-01-02 15:04", text, calendar.London())
	require.NoError(t, err)
	return moment
}

func visitAt(t *testing.T, now time.Time) *Visit {
	t.Helper()
	words, err := newCatalogue()
	require.NoError(t, err)
	return &Visit{Site: &Site{Config: Config{Now: func() time.Time { return now }}}, Text: words.In("en-GB")}
}

func TestTimesAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ now, moment, when, due, ago string }{
		{"2026-05-05 09:00", "2026-05-05 16:10", "today at 4:10pm", "due today by 4:10pm", "today"},
		{"2026-05-05 16:10", "2026-05-05 16:10", "today at 4:10pm", "overdue since today at 4:10pm", "today"},
		{"2026-05-05 23:59", "2026-05-06 00:00", "tomorrow at midnight", "due tomorrow by midnight", ""},
		{"2026-05-06 00:00", "2026-05-05 23:59", "yesterday at 11:59pm", "overdue since yesterday at 11:59pm", "yesterday"},
		{"2026-05-05 09:00", "2026-05-05 12:00", "today at midday", "due today by midday", "today"},
		{"2026-05-05 09:00", "2026-05-08 10:00", "Friday 8 May at 10am", "due Friday 8 May by 10am", ""},
		{"2026-05-05 09:00", "2026-05-11 10:00", "Monday 11 May at 10am", "due Monday 11 May by 10am", ""},
		{"2026-05-05 09:00", "2026-05-12 10:00", "12 May at 10am", "due 12 May by 10am", ""},
		{"2026-05-05 09:00", "2026-04-29 00:05", "Wednesday 29 April at 12:05am", "overdue since Wednesday 29 April at 12:05am", "6 days"},
		{"2026-05-05 09:00", "2026-04-28 12:05", "28 April at 12:05pm", "overdue since 28 April at 12:05pm", "7 days"},
		// A year ends in between.
		{"2026-01-02 09:00", "2025-12-31 09:00", "Wednesday 31 December 2025 at 9am", "overdue since Wednesday 31 December 2025 at 9am", "2 days"},
		{"2025-12-31 23:30", "2026-01-01 00:30", "tomorrow at 12:30am", "due tomorrow by 12:30am", ""},
		{"2026-01-02 09:00", "2025-11-02 09:00", "2 November 2025 at 9am", "overdue since 2 November 2025 at 9am", "61 days"},
		{"2028-02-28 09:00", "2028-03-01 09:00", "Wednesday 1 March at 9am", "due Wednesday 1 March by 9am", ""},
		// The clocks change in between: 23 and 25 hours are a day.
		{"2026-03-28 12:30", "2026-03-29 12:30", "tomorrow at 12:30pm", "due tomorrow by 12:30pm", ""},
		{"2026-03-30 00:10", "2026-03-28 23:50", "Saturday 28 March at 11:50pm", "overdue since Saturday 28 March at 11:50pm", "2 days"},
		{"2026-10-24 23:50", "2026-10-26 00:10", "Monday 26 October at 12:10am", "due Monday 26 October by 12:10am", ""},
		{"2026-10-26 00:10", "2026-10-25 23:50", "yesterday at 11:50pm", "overdue since yesterday at 11:50pm", "yesterday"},
	} {
		v := visitAt(t, at(t, c.now))
		moment := at(t, c.moment)
		// Services say times in UTC.
		for _, m := range []time.Time{moment, moment.UTC()} {
			assert.Equal(t, c.when, v.When(m), c)
			assert.Equal(t, c.due, v.Due(m), c)
			if c.ago != "" {
				assert.Equal(t, c.ago, v.Ago(m), c)
			}
		}
	}
}

func TestTheHourThatComesTwiceIsTheSameDay(t *testing.T) {
	t.Parallel()
	v := visitAt(t, time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)) // 1:30am, the first time
	assert.Equal(t, "today at 1:30am", v.When(time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)))
	assert.Equal(t, "due today by 1:30am", v.Due(time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)))
}

func TestADateWithItsYear(t *testing.T) {
	t.Parallel()
	v := visitAt(t, at(t, "2026-05-05 09:00"))
	assert.Equal(t, "5 May 2026", v.Date(at(t, "2026-05-05 00:00")))
	assert.Equal(t, "5 May 2026", v.Date(time.Date(2026, 5, 4, 23, 30, 0, 0, time.UTC)), "London is ahead of UTC")
	assert.Equal(t, "2026-05-04T23:30:00Z", Machine(at(t, "2026-05-05 00:30")))
}

func TestWhateverABrowserReadsItIsToldSomething(t *testing.T) {
	t.Parallel()
	words, err := newCatalogue()
	require.NoError(t, err)
	for _, reads := range []string{"", "en", "en-GB", "en-GB,en;q=0.9", "en-US,en;q=0.5", "cy", "cy-GB,en;q=0.1", "pl-PL,pl;q=0.9", "*", "zz;;q=x", strings.Repeat("en,", 2000)} {
		assert.Equal(t, "You are signed out.", words.In(reads).T("notice.signed_out"), "%.40s", reads)
		assert.Equal(t, "1 day", words.In(reads).N("time.days_ago", 1), "%.40s", reads)
		assert.Equal(t, "12 days", words.In(reads).N("time.days_ago", 12), "%.40s", reads)
	}
}
