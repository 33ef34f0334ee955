package desk

import (
	"slices"
	"time"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/calendar"
	"github.com/kithcare/kith/services/web/page"
)

// sheet is a contact's page: the whole of it.
type sheet struct {
	Contact *referralv1.Contact
	Teams   map[string]*directoryv1.Team
	Names   page.Names
	// Suggestions and History may be missing while the rest is there.
	Suggestions page.Part[[]*referralv1.Suggestion]
	History     page.Part[*referralv1.ListContactHistoryResponse]
	// Original is the contact that this is fuller text for; nil where it is none.
	Original *page.Part[*referralv1.Contact]
	Children []*childSheet
	// Act is a press on the contact itself; it holds what was wrong with it, if anything.
	Act *page.Form
}

// childSheet is a child on a contact's page.
type childSheet struct {
	Place       int
	Child       *referralv1.ContactChild
	Title       string
	Suggestions []*referralv1.Suggestion
	// Screen gives the child its outcome; nil where nothing can be decided, or not just now.
	Screen *page.Form
}

// refused is a form of the page that was not taken, and the child it is about; no child for the contact itself.
type refused struct {
	Form  *page.Form
	Child string
}

func contactPage(v *page.Visit) error { return showContact(v, refused{}) }

// showContact shows the contact that the address names, with a form that was refused if there is one.
func showContact(v *page.Visit, r refused) error {
	name, err := contactName(v)
	if err != nil {
		return err
	}
	s := &sheet{}
	var failed error
	left := map[string]bool{}
	page.Together(
		func() { s.Contact, failed = getContact(v) },
		func() {
			answer, err := v.Referral.SuggestLinks(v.Ctx(), &referralv1.SuggestLinksRequest{Name: name})
			s.Suggestions = page.Of(answer.GetSuggestions(), err)
		},
		func() {
			s.History = page.Of(v.Referral.ListContactHistory(v.Ctx(), &referralv1.ListContactHistoryRequest{Parent: name}))
		},
		func() { s.Teams = v.Teams() },
		func() { left = unfinished(v) },
	)
	if failed != nil {
		return failed
	}
	s.more(v)
	s.addChildren(v, r, left)
	s.Act = r.Form
	if r.Form == nil || r.Child != "" {
		s.Act = v.NewForm("", "")
		s.Act.Etag = s.Contact.GetEtag()
	}
	return v.Show(page.Page{
		Title: v.T("desk.contact_title", "Receipt", s.Contact.GetReceipt()), Section: section, Back: "/contacts", Wide: true, Body: contactView(v, s, r.Form), Form: r.Form,
	})
}

// more asks for what follows from the contact: names, and the contact that it is fuller text for.
func (s *sheet) more(v *page.Visit) {
	page.Together(
		func() { s.Names = v.NamesOf(s.actors()...) },
		func() {
			original := s.Contact.GetProposedVersionOf()
			if original == "" {
				return
			}
			answer, err := v.Referral.GetContact(v.Ctx(), &referralv1.GetContactRequest{Name: original})
			part := page.Of(answer.GetContact(), err)
			s.Original = &part
		},
	)
}

// actors are everybody whom the page names.
func (s *sheet) actors() []string {
	d := s.Contact.GetDesk()
	all := []string{d.GetReceivedFrom(), d.GetSeenBy(), d.GetDangerAcknowledgedBy()}
	for _, c := range s.Contact.GetChildren() {
		all = append(all, c.GetDesk().GetScreening().GetScreenedBy())
		for _, earlier := range c.GetDesk().GetEarlierScreenings() {
			all = append(all, earlier.GetScreenedBy())
		}
	}
	for _, b := range d.GetCallBacks() {
		all = append(all, b.GetPartner(), b.GetSettledBy())
	}
	for _, e := range s.History.Value.GetEvents() {
		all = append(all, e.GetBy())
	}
	for _, l := range s.History.Value.GetLooks() {
		all = append(all, l.GetBy())
	}
	return all
}

// decidable tells a contact whose children can be given outcomes.
func decidable(c *referralv1.Contact) bool {
	return c.GetState() == referralv1.ContactState_CONTACT_STATE_UNDECIDED || c.GetState() == referralv1.ContactState_CONTACT_STATE_DECIDED
}

// closed tells a contact that nothing more is done with.
func closed(c *referralv1.Contact) bool {
	return c.GetState() == referralv1.ContactState_CONTACT_STATE_ACCEPTED_AS_VERSION || c.GetState() == referralv1.ContactState_CONTACT_STATE_SENT_IN_ERROR
}

// addChildren gives each child its place and its suggestions, and one of them the form that decides: whom somebody asks
// for, else the first that is undecided. Whatever was left unfinished or was refused has its form as well.
func (s *sheet) addChildren(v *page.Visit, r refused, left map[string]bool) {
	ask, first := v.R.URL.Query().Get("decide"), true
	for i, c := range s.Contact.GetChildren() {
		child := &childSheet{Place: i, Child: c, Title: childTitle(v, 0, []*referralv1.ToldChild{c.GetTold()})}
		if c.GetTold().GetName() == "" {
			child.Title = v.T("desk.child_number", "Number", i+1)
		}
		for _, one := range s.Suggestions.Value {
			if one.GetChild() == c.GetName() {
				child.Suggestions = append(child.Suggestions, one)
			}
		}
		s.Children = append(s.Children, child)
		undecided, key := c.GetDesk().GetScreening() == nil, screenKey(c.GetName())
		asked := ask == page.Last(c.GetName()) || left[key] || r.Child == c.GetName()
		if !decidable(s.Contact) || !asked && (ask != "" || !undecided || !first) {
			continue
		}
		first = first && !undecided
		child.Screen = r.Form
		if r.Child != c.GetName() {
			child.Screen = formOf(v, left, key)
			s.prepare(child)
		}
	}
}

// undecidedBeside is how many other children wait for an outcome.
func (s *sheet) undecidedBeside(c *childSheet) int {
	n := 0
	for _, other := range s.Children {
		if other != c && other.Child.GetDesk().GetScreening() == nil {
			n++
		}
	}
	return n
}

// lookedAt is somebody's looks at a contact on one day, one after another.
type lookedAt struct {
	By          string
	First, Last time.Time
	Times       int
	Why         []string
}

// gathered joins the looks that one person made in a row on a day: opening the page once is several of them. They come
// and stay newest first.
func gathered(looks []*referralv1.ContactLook) []lookedAt {
	var all []lookedAt
	for _, l := range looks {
		at := l.GetAt().AsTime()
		if n := len(all); n > 0 && all[n-1].By == l.GetBy() && sameDay(all[n-1].First, at) {
			last := &all[n-1]
			last.First, last.Times = at, last.Times+1
			if !slices.Contains(last.Why, l.GetWhy()) {
				last.Why = append(last.Why, l.GetWhy())
			}
			continue
		}
		all = append(all, lookedAt{By: l.GetBy(), First: at, Last: at, Times: 1, Why: []string{l.GetWhy()}})
	}
	return all
}

func sameDay(a, b time.Time) bool {
	a, b = a.In(calendar.London()), b.In(calendar.London())
	return a.YearDay() == b.YearDay() && a.Year() == b.Year()
}

// acknowledgeDanger takes note of immediate danger: the alarm stops.
func acknowledgeDanger(v *page.Visit) error {
	name, err := contactName(v)
	if err != nil {
		return err
	}
	f := v.Sent("", "")
	_, err = v.Referral.AcknowledgeDanger(v.Ctx(), &referralv1.AcknowledgeDangerRequest{Name: name, Etag: f.Etag, RequestId: f.RequestID})
	return done(v, f, err, name, "danger_noted")
}

// done leads back to the contact after a press on its page, or shows the page again with what stood in the way.
func done(v *page.Visit, f *page.Form, err error, contact, notice string) error {
	if err != nil {
		return v.Again(f, err, func() error {
			changedMeanwhile(v, f, "")
			return showContact(v, refused{Form: f})
		})
	}
	return v.Go(path(contact), notice)
}

// changedMeanwhile says what to do where somebody else changed the contact before a press came: at the place of the page
// that shows it, if there is one.
func changedMeanwhile(v *page.Visit, f *page.Form, place string) {
	switch {
	case f.Changed == nil || len(f.Problems) == 0:
	case place == "":
		f.Problems = []page.Problem{{Text: v.T("desk.changed_press")}}
	default:
		f.Problems[len(f.Problems)-1].Field = place
	}
}

// same says that a suggestion is right: the child is the one of an open family, or the two contacts belong together. The
// reasons that were shown are kept as the person's own.
func same(v *page.Visit) error {
	name, err := contactName(v)
	if err != nil {
		return err
	}
	f := v.Sent("", "")
	_, err = v.Referral.LinkContact(v.Ctx(), &referralv1.LinkContactRequest{
		Name: name, OtherContact: f.Get("otherContact"), Child: f.Get("child"), Family: f.Get("family"), Reason: f.Get("reason"),
		Etag: f.Etag, RequestId: f.RequestID,
	})
	return done(v, f, err, name, "linked")
}

// acceptVersion makes fuller text the next version of the contact that it is for, and leads there.
func acceptVersion(v *page.Visit) error {
	name, err := contactName(v)
	if err != nil {
		return err
	}
	f := v.Sent("", "")
	answer, err := v.Referral.AcceptVersion(v.Ctx(), &referralv1.AcceptVersionRequest{Name: name, Etag: f.Etag, RequestId: f.RequestID})
	return done(v, f, err, answer.GetContact().GetName(), "version_accepted")
}
