package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/web/page"
)

// filter is what the queue is narrowed to. It lives in the page's address, and holds nothing about a child.
type filter struct {
	State, Source, Team string
	Overdue, Duty       bool
	// Token is where a later page begins; empty on the first.
	Token string
}

func filterOf(q url.Values) filter {
	f := filter{
		State: q.Get("state"), Source: q.Get("source"), Team: q.Get("team"),
		Overdue: q.Get("overdue") != "", Duty: q.Get("duty") != "", Token: q.Get("page"),
	}
	if f.state() == 0 {
		f.State = ""
	}
	if !slices.Contains(sourceCodes(), f.Source) {
		f.Source = ""
	}
	return f
}

// states are the states that the queue can be narrowed to, by their name in the address.
func states() []string { return []string{"undecided", "proposed", "decided", "accepted", "error"} }

func (f filter) state() referralv1.ContactState {
	return referralv1.ContactState(slices.Index(states(), f.State) + 1)
}

// any says whether the queue is narrowed.
func (f filter) any() bool {
	f.Token = ""
	return f != (filter{})
}

// address is the queue narrowed like this, from the token's page on.
func (f filter) address(token string) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("state", f.State)
	set("source", f.Source)
	set("team", f.Team)
	if f.Overdue {
		q.Set("overdue", "yes")
	}
	if f.Duty {
		q.Set("duty", "yes")
	}
	set("page", token)
	if len(q) == 0 {
		return "/contacts"
	}
	return "/contacts?" + q.Encode()
}

func (f filter) request(authority string) *referralv1.ListContactsRequest {
	req := &referralv1.ListContactsRequest{
		Parent: authority, State: f.state(), Overdue: f.Overdue, SourceCode: f.Source, WithDuty: f.Duty, PageToken: f.Token,
	}
	if f.Team != "" {
		req.Team = authority + "/teams/" + f.Team
	}
	return req
}

// queue is the page of what waits.
type queue struct {
	Filter  filter
	List    *referralv1.ListContactsResponse
	Waiting *referralv1.Waiting
	Teams   map[string]*directoryv1.Team
	// Find looks a receipt up; HandOver and TakeBack are the end of the day and the morning.
	Find, HandOver, TakeBack *page.Form
}

func queuePage(v *page.Visit) error {
	return showQueue(v, filterOf(v.R.URL.Query()), &queue{})
}

// toQueue leads whoever comes back to an unfinished note to the place where it is written.
func toQueue(v *page.Visit) error { return v.Go("/contacts#day", "") }

// showQueue shows the queue; q may hold a form that was refused.
func showQueue(v *page.Visit, f filter, q *queue) error {
	q.Filter = f
	var failed, unsaid error
	left := map[string]bool{}
	page.Together(
		func() { q.List, failed = v.Referral.ListContacts(v.Ctx(), f.request(v.Authority)) },
		func() { q.Teams = v.Teams() },
		func() { left = unfinished(v) },
		func() {
			if f.Token == "" {
				return
			}
			// Only a first page is counted. This one is always empty, and names no contact in the trail but the oldest.
			var answer *referralv1.ListContactsResponse
			answer, unsaid = v.Referral.ListContacts(v.Ctx(), &referralv1.ListContactsRequest{
				Parent: v.Authority, State: referralv1.ContactState_CONTACT_STATE_DECIDED, WithDuty: true, PageSize: 1,
			})
			q.Waiting = answer.GetWaiting()
		},
	)
	if failed != nil {
		return failed
	}
	if unsaid != nil {
		v.Log.WarnContext(v.Ctx(), "what waits can't be counted", "error", unsaid)
	}
	if f.Token == "" {
		q.Waiting = q.List.GetWaiting()
	}
	shown := q.shown()
	if q.Find == nil {
		q.Find = v.NewForm("", "")
	}
	if q.HandOver == nil {
		q.HandOver = formOf(v, left, handOverKey)
	}
	if q.TakeBack == nil {
		q.TakeBack = formOf(v, left, takeBackKey)
	}
	return v.Show(page.Page{Title: v.T("desk.queue"), Section: section, Wide: true, Body: queueView(v, q), Form: shown})
}

// shown is the form with something to put right; nil for none.
func (q *queue) shown() *page.Form {
	for _, f := range []*page.Form{q.Find, q.HandOver, q.TakeBack} {
		if f != nil && len(f.Problems) > 0 {
			return f
		}
	}
	return nil
}

// findReceipt leads to the contact whose receipt somebody reads out. The receipt comes in a form's body: no address
// holds what somebody searched for.
func findReceipt(v *page.Visit) error {
	f := v.Sent("", "")
	again := func() error { return showQueue(v, filter{}, &queue{Find: f}) }
	if f.Trimmed("receipt") == "" {
		f.Wrong("receipt", v.T("desk.receipt_missing"))
		return v.Again(f, nil, again)
	}
	answer, err := v.Referral.ListContacts(v.Ctx(), &referralv1.ListContactsRequest{Parent: v.Authority, Receipt: f.Trimmed("receipt")})
	if err != nil {
		return v.Again(f, err, again)
	}
	if len(answer.GetContacts()) == 0 {
		f.Wrong("receipt", v.T("desk.receipt_unknown"))
		return v.Again(f, nil, again)
	}
	return v.Go(path(answer.GetContacts()[0].GetName()), "")
}

// news says how many contacts came since the page was made. It answers with nothing while the number is the same, so
// that nothing moves and no screen reader says it twice.
func news(v *page.Visit) error {
	query := v.R.URL.Query()
	since, err := time.Parse(time.RFC3339Nano, query.Get("since"))
	if err != nil {
		return page.ErrNoPage
	}
	answer, err := v.Referral.CountArrivals(v.Ctx(), &referralv1.CountArrivalsRequest{Parent: v.Authority, Since: timestamppb.New(since)})
	if err != nil {
		return err
	}
	if strconv.Itoa(int(answer.GetArrived())) == query.Get("known") {
		v.W.Header().Set("Cache-Control", "no-store")
		v.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	return v.ShowPart(newsView(v, filterOf(query), since, answer))
}

// newsAddress is where the page asks for news.
func newsAddress(f filter, since time.Time, known int32) string {
	address := f.address("")
	q := url.Values{"since": {since.UTC().Format(time.RFC3339Nano)}, "known": {strconv.Itoa(int(known))}}
	if at := strings.IndexByte(address, '?'); at >= 0 {
		return "/contacts/news?" + address[at+1:] + "&" + q.Encode()
	}
	return "/contacts/news?" + q.Encode()
}

// mark is a state of a contact in a word, with a colour that says nothing by itself.
type mark struct{ Text, Colour string }

// marksOf are what a person should know of a contact before opening it, the most urgent first.
func marksOf(v *page.Visit, c *referralv1.ContactSummary) []mark {
	var all []mark
	add := func(is bool, key, colour string) {
		if is {
			all = append(all, mark{v.T(key), colour})
		}
	}
	add(c.GetDangerUnacknowledged(), "desk.mark_danger", "red")
	add(c.GetImmediateDanger() && !c.GetDangerUnacknowledged(), "desk.mark_danger_noted", "pink")
	add(c.GetOverdue(), "desk.mark_overdue", "orange")
	add(c.GetState() == referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION, "desk.mark_version", "turquoise")
	for _, n := range c.GetNeedsPerson() {
		all = append(all, mark{needsText(v, n), "yellow"})
	}
	add(c.GetUndelivered(), "desk.mark_undelivered", "orange")
	add(c.GetWithDuty(), "desk.mark_duty", "purple")
	add(c.GetTakenBackAt() != nil, "desk.mark_taken_back", "grey")
	add(c.GetUnseen() && waits(c.GetState()), "desk.mark_unseen", "blue")
	return all
}

// waits tells a contact whose decision is due.
func waits(s referralv1.ContactState) bool {
	return s == referralv1.ContactState_CONTACT_STATE_UNDECIDED || s == referralv1.ContactState_CONTACT_STATE_PROPOSED_VERSION
}

func sortTeams(all []*directoryv1.Team) {
	slices.SortFunc(all, func(a, b *directoryv1.Team) int { return strings.Compare(a.GetTitle(), b.GetTitle()) })
}

// form is the filter as a form holds it.
func (f filter) form() *page.Form {
	values := url.Values{"state": {f.State}, "source": {f.Source}, "team": {f.Team}}
	if f.Overdue {
		values.Set("overdue", "yes")
	}
	if f.Duty {
		values.Set("duty", "yes")
	}
	return &page.Form{Values: values}
}

func stateChoices(v *page.Visit) []page.Choice {
	all := []page.Choice{{Text: v.T("desk.filter_waiting")}}
	for i, s := range states() {
		all = append(all, page.Choice{Value: s, Text: stateText(v, referralv1.ContactState(i+1))})
	}
	return all
}

func sourceChoices(v *page.Visit, none string) []page.Choice {
	all := []page.Choice{{Text: none}}
	for _, code := range sourceCodes() {
		all = append(all, page.Choice{Value: code, Text: sourceText(v, code)})
	}
	return all
}

// teamChoices are the Family Facing Teams by key.
func teamChoices(teams map[string]*directoryv1.Team, none string) []page.Choice {
	all := []page.Choice{{Text: none}}
	for _, t := range familyTeams(teams) {
		all = append(all, page.Choice{Value: page.Last(t.GetName()), Text: t.GetTitle()})
	}
	return all
}

// mostNames is how many children of a contact a list names.
const mostNames = 4

func firstFew(names []string) []string { return names[:min(len(names), mostNames)] }

// firstPage is the way back to the first page; empty on it.
func firstPage(q *queue) string {
	if q.Filter.Token == "" {
		return ""
	}
	return q.Filter.address("")
}

// nextPage is the way to the next page; empty on the last.
func nextPage(q *queue) string {
	if q.List.GetNextPageToken() == "" {
		return ""
	}
	return q.Filter.address(q.List.GetNextPageToken())
}
