package page

import (
	"regexp"
	"strings"
	"sync"

	"github.com/kithcare/kith/pkg/fault"
)

// sentence is a refusal in the person's language, or as the service says it.
// words: fault.*
func (v *Visit) sentence(f *fault.Fault) string {
	key := "fault." + f.Reason
	if text := v.T(key); text != key {
		return text
	}
	if f.Reason == "INVALID" {
		for _, form := range forms() {
			if found := form.pattern.FindStringSubmatch(f.Message); found != nil {
				return v.T(form.key, "Number", found[len(found)-1])
			}
		}
	}
	if f.Message == "" {
		return v.T("problem.plain")
	}
	return strings.ToUpper(f.Message[:1]) + strings.TrimRight(f.Message[1:], ".") + "."
}

// form is a rule of the messages' own, which says it for programs, and the text that says it for people.
type form struct {
	pattern *regexp.Regexp
	key     string
}

var forms = sync.OnceValue(func() []form {
	return []form{
		{regexp.MustCompile(`^must (?:be at least 1 characters|contain at least 1 item|be set|not be empty)|^value is required`), "fault.missing"},
		{regexp.MustCompile(`^must be at least (\d+) characters`), "fault.too_short"},
		{regexp.MustCompile(`^must be at most (\d+) characters`), "fault.too_long"},
		{regexp.MustCompile(`^must contain no more than (\d+) item`), "fault.too_many"},
		{regexp.MustCompile(`^must (?:not )?be (?:in list|one of)|^value must not be in list`), "fault.choose"},
	}
})
