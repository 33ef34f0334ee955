package administration

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/directory/description"
)

// Each field has the form that a description's has, so that whatever a page takes a file can say.

// field is a text that was sent and the form that it must have.
type field struct {
	name, value string
	fits        description.Form
	// optional says that the text may be empty.
	optional bool
}

// check refuses the first field that has not its form.
func check(fields ...field) error {
	for _, f := range fields {
		if f.optional && f.value == "" {
			continue
		}
		if want := f.fits(f.value); want != "" {
			return mustBe(f.name, want)
		}
	}
	return nil
}

func mustBe(field, want string) error { return fault.Invalid(field, "must be "+want) }

// tidy is a text as a file would have it: browsers end lines with two characters, and people leave spaces behind.
func tidy(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// at names an item of a list, as in people[2].
func at(list string, n int) string { return fmt.Sprintf("%s[%d]", list, n) }

// day reads a day that may be left out.
func day(name, value string) (*time.Time, error) {
	if value == "" {
		return nil, nil
	}
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return nil, mustBe(name, description.ADay(value))
	}
	return &t, nil
}

// dayText is a day for a message; empty for none.
func dayText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// instant is a time for a message; nil for none.
func instant(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}

// moment reads a time as the tables keep it; nil for none.
func moment(name string, t *timestamppb.Timestamp) (*time.Time, error) {
	if t == nil {
		return nil, nil
	}
	if !t.IsValid() || t.AsTime().Year() < 1900 || t.AsTime().Year() > 2200 {
		return nil, fault.Invalid(name, "must be a time between 1900 and 2200")
	}
	read := t.AsTime().Truncate(time.Microsecond)
	return &read, nil
}
