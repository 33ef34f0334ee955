package find

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

const (
	// shortestReason is how much has to be written at least before a record is opened against the rule, in letters.
	shortestReason = 10
	// oneHour is for how long it is opened unless somebody chooses, in minutes.
	oneHour = "60"
)

func askByNumber(v *page.Visit) error { return askToBreak(v) }

func breakByNumber(v *page.Visit) error { return breakGlass(v, "") }

// askByFamily asks why a family is opened. Whether there is such a family it does not say.
func askByFamily(v *page.Visit) error {
	if _, ok := familyIn(v); !ok {
		return page.ErrNoPage
	}
	return askToBreak(v)
}

func breakByFamily(v *page.Visit) error {
	family, ok := familyIn(v)
	if !ok {
		return page.ErrNoPage
	}
	return breakGlass(v, family)
}

// familyIn is the family of the address; false for what is no id.
func familyIn(v *page.Visit) (string, bool) {
	id := v.R.PathValue("family")
	parsed, err := uuid.Parse(id)
	return v.Authority + "/families/" + id, err == nil && parsed.String() == id
}

// key is where the form's words are kept while they are typed: under its own address.
func key(v *page.Visit) (string, string) {
	return "familyfacing", strings.TrimPrefix(v.R.URL.Path, "/")
}

func askToBreak(v *page.Visit) error {
	if !mayBreakGlass(v) {
		return fault.Denied("NOT_A_MEMBER", v.T("find.glass_not_yours"))
	}
	f := v.NewForm(key(v))
	f.Default("minutes", oneHour)
	return showGlass(v, f)
}

func showGlass(v *page.Visit, f *page.Form) error {
	return v.Show(page.Page{Title: v.T("find.glass_title"), Section: "find", Back: "/find", Body: glassPage(v, f, v.R.PathValue("family") == ""), Form: f})
}

// breakGlass opens a family against the rule, and shows it. The family is empty where an NHS number says which.
func breakGlass(v *page.Visit, family string) error {
	f := v.Sent(key(v))
	again := func() error { return showGlass(v, f) }
	number := f.Trimmed("nhsNumber")
	if family == "" && number == "" {
		f.Wrong("nhsNumber", v.T("find.say_number"))
	}
	if utf8.RuneCountInString(f.Trimmed("reason")) < shortestReason {
		f.Wrong("reason", v.T("find.say_why", "Least", shortestReason))
	}
	// Minutes that were not offered are refused by the service.
	minutes, err := strconv.ParseInt(f.Get("minutes"), 10, 32)
	if err != nil {
		f.Wrong("minutes", v.T("find.choose_minutes"))
	}
	if len(f.Problems) > 0 {
		return v.Again(f, nil, again)
	}
	req := &familyfacingv1.BreakGlassRequest{Parent: v.Authority, Family: family, Reason: f.Trimmed("reason"), Minutes: int32(minutes), RequestId: f.RequestID}
	if family == "" {
		req.NhsNumber = number
	}
	answer, err := v.Guard.BreakGlass(v.Ctx(), req)
	switch refused := fault.From(err); {
	case err == nil:
		v.Done(f)
		return v.Go("/families/"+page.Last(answer.GetUse().GetFamily()), "glass_broken")
	case refused.Code == codes.NotFound && family == "":
		return v.Again(f, fault.Invalid("nhsNumber", v.T("find.number_unknown")), again)
	case refused.Reason == "NOT_NEEDED" && family != "":
		v.Done(f)
		return v.Go("/families/"+page.Last(family), "glass_not_needed")
	default:
		return v.Again(f, err, again)
	}
}

// holds are for how long a record can be opened.
func holds(v *page.Visit) []page.Choice {
	return []page.Choice{
		{Value: "15", Text: v.T("find.minutes_15")}, {Value: oneHour, Text: v.T("find.minutes_60")}, {Value: "240", Text: v.T("find.minutes_240")},
	}
}
