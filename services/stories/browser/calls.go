package browser

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/platform/up"
)

// Fields is a JSON object.
type Fields map[string]any

// callers hold their access tokens for a minute: a partner's lives five.
type callers struct {
	mu     sync.Mutex
	tokens map[string]bearer
}

type bearer struct {
	token string
	until time.Time
}

// token gives an access token of a person or partner of the demonstration.
func (k *Kith) token(ctx context.Context, name string) (string, error) {
	k.callers.mu.Lock()
	defer k.callers.mu.Unlock()
	if held, ok := k.callers.tokens[name]; ok && k.Clock.Now().Before(held.until) {
		return held.token, nil
	}
	token, err := up.Token(ctx, k.data, strings.TrimPrefix(k.URL, "http://"), name)
	if err != nil {
		return "", fmt.Errorf("a token for %s: %w", name, err)
	}
	if k.callers.tokens == nil {
		k.callers.tokens = map[string]bearer{}
	}
	k.callers.tokens[name] = bearer{token, k.Clock.Now().Add(time.Minute)}
	return token, nil
}

// API is the REST interface as a partner's system, or anybody's tool, uses it.
type API struct {
	k  *Kith
	t  testing.TB
	as string
}

// API is the interface for a person or partner of the demonstration.
func (k *Kith) API(t testing.TB, as string) *API { return &API{k: k, t: t, as: as} }

// Get reads something; path is what comes after /v1/.
func (a *API) Get(path string, into proto.Message) {
	a.t.Helper()
	a.must(http.MethodGet, path, nil, into)
}

// Post makes a change, under a key of its own.
func (a *API) Post(path string, body Fields, into proto.Message) {
	a.t.Helper()
	a.must(http.MethodPost, path, body, into)
}

func (a *API) must(method, path string, body Fields, into proto.Message) {
	a.t.Helper()
	status, text := a.Call(method, path, body)
	if status/100 != 2 {
		a.t.Fatalf("%s %s as %s answered %d: %s", method, path, a.as, status, text)
	}
	if into == nil {
		return
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, into); err != nil {
		a.t.Fatalf("%s %s answered what can't be read: %v: %s", method, path, err, text)
	}
}

// Call makes a call and gives what came back.
func (a *API) Call(method, path string, body Fields) (int, []byte) {
	a.t.Helper()
	status, text, err := a.call(method, path, body)
	if err != nil {
		a.t.Fatal(err)
	}
	return status, text
}

func (a *API) call(method, path string, body Fields) (int, []byte, error) {
	token, err := a.k.token(a.t.Context(), a.as)
	if err != nil {
		return 0, nil, err
	}
	var sent []byte
	if body != nil {
		if sent, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
	}
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.k.URL+"/v1/"+path, bytes.NewReader(sent))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", rand.Text())
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// Child is a child as a partner tells of one, of a name that no other test has; more is put in.
func Child(name string, more ...Fields) Fields {
	child := Fields{"name": name, "postcode": "W10 5AA"}
	for _, m := range more {
		maps.Copy(child, m)
	}
	return child
}

// Worry is what the police tell of, about these children.
func Worry(children ...Fields) Fields {
	return Fields{
		"source": Fields{
			"code": "6", "organisation": "Metropolitan Police", "person": "PC Una Invented", "role": "response officer", "phone": "020 7946 0000",
		},
		"children": children, "worry": "Alone in the flat when we called at half past nine in the evening.", "lawfulBasis": "LAWFUL_BASIS_PUBLIC_TASK",
	}
}

// With is the object with more put in, or other things in their place.
func (f Fields) With(more Fields) Fields {
	all := maps.Clone(f)
	maps.Copy(all, more)
	return all
}

// Receive is a contact that came from the police by the API at Kensington and Chelsea; it gives the id that pages'
// addresses hold.
func (k *Kith) Receive(t testing.TB, worry Fields) string {
	t.Helper()
	var c referralv1.Contact
	k.API(t, "met-police").Post(Kensington+"/contacts", worry, &c)
	return Last(c.GetName())
}

// Screen gives every child of a contact the same outcome, by the API.
func (k *Kith) Screen(t testing.TB, contact string, outcome referralv1.Outcome) {
	t.Helper()
	screener := k.API(t, "winston-garrick")
	name := Kensington + "/contacts/" + contact
	var c referralv1.Contact
	screener.Get(name, &c)
	for _, child := range c.GetChildren() {
		screener.Post(child.GetName()+":screen", Fields{
			"outcome": outcome.String(), "reason": "Alone for whole evenings, more than once.", "reasonForReferrer": "A social worker will visit the family.",
			"primaryNeed": "N1", "etag": c.GetEtag(),
		}, nil)
		screener.Get(name, &c)
	}
}

// Family is a family that waits for allocation with the team of its postcode, North Kensington unless a child says
// another: received, screened and passed on. It gives the id that pages' addresses hold, and its contact's.
func (k *Kith) Family(t testing.TB, children ...Fields) (family, contact string) {
	t.Helper()
	contact = k.Receive(t, Worry(children...))
	k.Screen(t, contact, referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM)
	screener := k.API(t, "winston-garrick")
	Until(t, "the family is opened", func() bool {
		var c referralv1.Contact
		screener.Get(Kensington+"/contacts/"+contact, &c)
		for _, child := range c.GetChildren() {
			if child.GetDesk().GetFamily() == "" {
				return false
			}
			family = Last(child.GetDesk().GetFamily())
		}
		return true
	})
	return family, contact
}

// Allocate gives a family of North Kensington to the first two members of its team.
func (k *Kith) Allocate(t testing.TB, family string) {
	t.Helper()
	member := k.API(t, MemberOf(t, "north-kensington"))
	var members directoryv1.ListMembersResponse
	member.Get(Kensington+"/teams/north-kensington/members", &members)
	var f familyfacingv1.Family
	member.Get(Kensington+"/families/"+family, &f)
	member.Post(f.GetName()+":allocate", Fields{
		"worker": members.GetMembers()[0].GetPerson(), "cover": members.GetMembers()[1].GetPerson(), "etag": f.GetEtag(),
	}, &f)
}

// Last is the last part of a resource's name.
func Last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// Until looks again and again until done is true, for as long as a test waits.
func Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	late := time.NewTimer(2 * Patience)
	defer late.Stop()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-late.C:
			t.Fatalf("after %s still not: %s", 2*Patience, what)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-tick.C:
		}
	}
}
