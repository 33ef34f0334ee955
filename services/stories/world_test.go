package stories_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// Who appears in the stories: people and partners of the demonstration.
const (
	kensington  = "authorities/kensington-chelsea"
	hammersmith = "authorities/hammersmith-fulham"

	police     = "met-police"
	school     = "primary-school"
	screener   = "winston-garrick"
	neighbour  = "marlon-bissette" // a screener of Hammersmith and Fulham
	inBoth     = "noor-haddad"
	nearlyGone = "siobhan-carrick" // of North Kensington; nobody else's story needs her
)

// seated are members of the teams that stories reach, by team.
func seated(team string) (string, error) {
	member, ok := map[string]string{
		"north-kensington": "amina-yusuf", "holland-park": "grace-mensah-hart", "south-kensington": "samuel-okonjo", "chelsea": "ngozi-chukwuma-reid",
	}[team]
	if !ok {
		return "", fmt.Errorf("the stories know nobody of the team %q", team)
	}
	return member, nil
}

// told is something that a partner told.
type told struct {
	by     string
	key    string
	body   fields
	answer answer
	// contact is what the first answer said.
	contact *referralv1.Contact
}

// world is one telling of one story. Every name in it is new, so that stories share a platform.
type world struct {
	*place
	mark string
	// last is what was told last, first what was told first; fuller is the text that came after.
	first, last *told
	fuller      *told
	// answer is the last that somebody got, answers are those to calls made at once.
	answer  answer
	answers []answer
	family  string
	// alarms is how often the alarm was raised when the story last looked.
	alarms int
}

func newWorld(p *place) *world {
	return &world{place: p, mark: rand.Text()[:8]}
}

// ours makes a name or reference of a story this telling's own.
func (w *world) ours(name string) string { return name + " " + w.mark }

// worry is a body with what the police usually know.
func (w *world) worry(words string, children ...fields) fields {
	return fields{
		"source": fields{
			"code": "6", "organisation": "Metropolitan Police", "person": "PC Una Invented", "role": "response officer", "phone": "020 7946 0000",
		},
		"children": children, "worry": words, "lawfulBasis": "LAWFUL_BASIS_PUBLIC_TASK",
	}
}

// tell tells Kensington and Chelsea of a worry.
func (w *world) tell(ctx context.Context, by, key string, body fields) (*told, error) {
	t := &told{by: by, key: key, body: body, contact: &referralv1.Contact{}}
	var err error
	t.answer, err = w.send(ctx, call{as: by, method: http.MethodPost, path: kensington + "/contacts", key: key, body: body})
	if err != nil {
		return nil, err
	}
	w.answer, w.last = t.answer, t
	if t.answer.status/100 != 2 {
		return t, nil
	}
	if t.answer.status != http.StatusCreated {
		return nil, fmt.Errorf("a contact should be answered with 201, not %d", t.answer.status)
	}
	if w.first == nil {
		w.first = t
	}
	return t, t.answer.into(t.contact)
}

// tellNew tells under a new key, and it has to be taken in.
func (w *world) tellNew(ctx context.Context, by string, body fields) error {
	t, err := w.tell(ctx, by, rand.Text(), body)
	if err != nil {
		return err
	}
	return t.answer.into(t.contact)
}

// contact is the contact as somebody reads it now.
func (w *world) contact(ctx context.Context, as, name string) (*referralv1.Contact, error) {
	c := &referralv1.Contact{}
	return c, w.get(ctx, as, name, nil, c)
}

// change posts to something with the etag as it is now, and once more where somebody else was faster.
func (w *world) change(ctx context.Context, as, path string, body fields, etag func(context.Context) (string, error)) (answer, error) {
	for {
		var err error
		if body["etag"], err = etag(ctx); err != nil {
			return answer{}, err
		}
		a, err := w.post(ctx, as, path, body)
		if err != nil || a.refused(http.StatusConflict, "CHANGED") != nil {
			return a, err
		}
	}
}

func (w *world) changeContact(ctx context.Context, contact, path string, body fields) (answer, error) {
	return w.change(ctx, screener, path, body, func(ctx context.Context) (string, error) {
		c, err := w.contact(ctx, screener, contact)
		return c.GetEtag(), err
	})
}

// waiting gives the whole queue as the Referral Team sees it.
func (w *world) waiting(ctx context.Context) ([]*referralv1.ContactSummary, error) {
	var all []*referralv1.ContactSummary
	query := url.Values{"pageSize": {"200"}}
	for {
		page := &referralv1.ListContactsResponse{}
		if err := w.get(ctx, screener, kensington+"/contacts", query, page); err != nil {
			return nil, err
		}
		all = append(all, page.GetContacts()...)
		if page.GetNextPageToken() == "" {
			return all, nil
		}
		query.Set("pageToken", page.GetNextPageToken())
	}
}

// families gives a team's open families as a member sees them.
func (w *world) families(ctx context.Context, team string) ([]*familyfacingv1.FamilySummary, error) {
	member, err := seated(team)
	if err != nil {
		return nil, err
	}
	var all []*familyfacingv1.FamilySummary
	query := url.Values{"pageSize": {"200"}}
	for {
		page := &familyfacingv1.ListFamiliesResponse{}
		if err := w.get(ctx, member, kensington+"/teams/"+team+"/families", query, page); err != nil {
			return nil, err
		}
		all = append(all, page.GetFamilies()...)
		if page.GetNextPageToken() == "" {
			return all, nil
		}
		query.Set("pageToken", page.GetNextPageToken())
	}
}

// familyWith waits for a family with exactly these children to be with the team.
func (w *world) familyWith(ctx context.Context, team string, children ...string) (*familyfacingv1.FamilySummary, error) {
	var found *familyfacingv1.FamilySummary
	slices.Sort(children)
	err := until(ctx, fmt.Sprintf("%v are one family with %s", children, team), func() (bool, error) {
		families, err := w.families(ctx, team)
		for _, f := range families {
			names := slices.Sorted(slices.Values(f.GetChildren()))
			if slices.Equal(names, children) {
				found = f
			}
		}
		return found != nil, err
	})
	return found, err
}

// id is the last part of a resource's name.
func id(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// check makes an error of what is not so.
func check(so bool, format string, args ...any) error {
	if so {
		return nil
	}
	return fmt.Errorf(format, args...)
}
