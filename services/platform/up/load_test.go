package up

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// marker is in every child's name and in no other text of the platform.
const marker = "Quillserial"

// told is a child as a partner told of it.
type told struct {
	name string
	// team is the one whose patch the child lives in; empty where nobody told the address.
	team string
	// child is its resource name.
	child string
	// passed says that a screener's decision for the team was acknowledged.
	passed bool
}

// contact is one that was acknowledged.
type contact struct {
	authority, partner, key string
	children                []*told
	name, receipt, etag     string
}

// sender is a partner's system.
type sender struct{ authority, partner string }

func senders() []sender {
	return []sender{
		{"kensington-chelsea", "met-police"},
		{"kensington-chelsea", "nhs-trust"},
		{"kensington-chelsea", "primary-school"},
		{"kensington-chelsea", "mash"},
		{"hammersmith-fulham", "secondary-school"},
	}
}

// screeners are members of the Referral Teams.
func screeners() []sender {
	return []sender{{"kensington-chelsea", "winston-garrick"}, {"kensington-chelsea", "aoife-brannigan"}, {"hammersmith-fulham", "ewa-kowalczuk"}}
}

// member is somebody of each team.
func member(team string) string {
	return map[string]string{
		"north-kensington": "amina-yusuf", "holland-park": "farid-nazari", "south-kensington": "samuel-okonjo", "chelsea": "ngozi-chukwuma-reid",
		"shepherds-bush": "oksana-hrytsenko", "fulham": "chidinma-ezekwe",
	}[team]
}

// home is an address in a team's patch.
type home struct{ postcode, team string }

func homes(authority string) []home {
	if authority == "hammersmith-fulham" {
		return []home{{"W14 0NQ", "shepherds-bush"}, {"SW6 5LH", "fulham"}}
	}
	return []home{{"W10 5AA", "north-kensington"}, {"W8 4WT", "holland-park"}, {"SW5 9QU", "south-kensington"}, {"SW3 3PD", "chelsea"}}
}

// load is partners who tell of worries and screeners who decide, all at once, each of whom sends the same again until it
// is acknowledged; and what was acknowledged.
type load struct {
	t             testing.TB
	data, address string
	seed          uint64
	client        *http.Client

	mu           sync.Mutex
	serial       int
	acknowledged []*contact
	undecided    []*contact
	// answers counts what was answered to those who have to send again.
	answers map[string]int
	// turns counts each sender's acknowledged contacts.
	turns  []int
	tokens map[string]token
}

type token struct {
	text string
	at   time.Time
}

func newLoad(t testing.TB, data, address string, seed uint64) *load {
	l := &load{
		t: t, data: data, address: address, seed: seed, answers: map[string]int{}, tokens: map[string]token{}, turns: make([]int, len(senders())),
		client: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
	}
	t.Cleanup(l.client.CloseIdleConnections)
	return l
}

// during lets everybody work, does something to the platform in the middle, and waits until each partner has got its
// acknowledgements again. Nobody but that does anything. It says how long the first took.
func (l *load) during(ctx context.Context, after time.Duration, what func()) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var work sync.WaitGroup
	enough := make(chan struct{})
	for i, s := range senders() {
		chance := rand.New(rand.NewPCG(l.seed, uint64(i+1+100*l.count())))
		work.Go(func() {
			for !closed(enough) && ctx.Err() == nil {
				l.tell(ctx, i, s, chance)
			}
		})
	}
	for _, s := range screeners() {
		work.Go(func() {
			for !closed(enough) && ctx.Err() == nil {
				l.screen(ctx, s)
			}
		})
	}
	pause(ctx, after)
	what()
	done, before := time.Now(), l.state()
	var took time.Duration
	for ctx.Err() == nil {
		now := l.state()
		if took == 0 && now.sum() > before.sum() {
			took = time.Since(done)
		}
		if now.past(before, 3) {
			break
		}
		pause(ctx, 10*time.Millisecond)
	}
	close(enough)
	work.Wait()
	if ctx.Err() != nil {
		l.t.Fatal("the platform did not come back by itself")
	}
	return took
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

type turns []int

func (l *load) state() turns {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.turns)
}

func (s turns) sum() int {
	n := 0
	for _, one := range s {
		n += one
	}
	return n
}

func (s turns) past(before turns, by int) bool {
	for i := range s {
		if s[i] < before[i]+by {
			return false
		}
	}
	return true
}

func (l *load) count() int { l.mu.Lock(); defer l.mu.Unlock(); return len(l.acknowledged) }

// acknowledgement is what a partner and a screener read in an answer.
type acknowledgement struct {
	Name, Receipt, Etag string
	Children            []struct{ Name string }
}

// tell tells of one worry until it is acknowledged.
func (l *load) tell(ctx context.Context, i int, s sender, chance *rand.Rand) {
	c := &contact{authority: s.authority, partner: s.partner}
	body := l.write(c, chance)
	r := request{method: http.MethodPost, path: "/v1/authorities/" + s.authority + "/contacts", as: s.partner, key: c.key, body: body}
	answers := make([]acknowledgement, 1, 3)
	if chance.IntN(8) == 0 {
		// The same at the same moment.
		answers = answers[:2]
	}
	var both sync.WaitGroup
	for j := range answers {
		both.Go(func() { l.insist(ctx, http.StatusCreated, r, &answers[j]) })
	}
	both.Wait()
	if chance.IntN(4) == 0 {
		answers = append(answers, acknowledgement{})
		l.insist(ctx, http.StatusCreated, r, &answers[len(answers)-1])
	}
	if answers[0].Name == "" {
		return
	}
	for _, again := range answers[1:] {
		if again.Name != "" && (again.Name != answers[0].Name || again.Receipt != answers[0].Receipt) {
			l.t.Errorf("%s was answered with %s and with %s", c.key, answers[0].Receipt, again.Receipt)
		}
	}
	if len(answers[0].Children) != len(c.children) || answers[0].Receipt == "" {
		l.t.Errorf("%s: the acknowledgement has %d children, told were %d; the receipt is %q", c.key, len(answers[0].Children), len(c.children), answers[0].Receipt)
		return
	}
	c.name, c.receipt, c.etag = answers[0].Name, answers[0].Receipt, answers[0].Etag
	for j, child := range answers[0].Children {
		c.children[j].child = child.Name
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged = append(l.acknowledged, c)
	l.undecided = append(l.undecided, c)
	l.turns[i]++
}

// write makes up a worry.
func (l *load) write(c *contact, chance *rand.Rand) []byte {
	type child struct {
		Name      string `json:"name"`
		Age       string `json:"age"`
		NHSNumber string `json:"nhsNumber,omitempty"`
		Postcode  string `json:"postcode,omitempty"`
	}
	var children []child
	for range 1 + chance.IntN(3) {
		l.mu.Lock()
		l.serial++
		n := l.serial
		l.mu.Unlock()
		one := child{Name: fmt.Sprintf("Zeb %s%dx", marker, n), Age: fmt.Sprintf("about %d", chance.IntN(17))}
		t := &told{name: one.Name}
		if chance.IntN(10) > 0 {
			h := homes(c.authority)[chance.IntN(len(homes(c.authority)))]
			one.Postcode, t.team = h.postcode, h.team
		}
		if chance.IntN(2) == 0 {
			one.NHSNumber = neverIssued(n)
		}
		children, c.children = append(children, one), append(c.children, t)
	}
	source := map[string]string{"code": "6", "organisation": "An invented sender", "person": "PC Ada Invented"}
	c.key = fmt.Sprintf("kill-%d-%s", c.children[0].serial(), c.partner)
	if chance.IntN(3) == 0 {
		source["reference"] = "ref-" + c.key
	}
	body, err := json.Marshal(map[string]any{
		"source": source, "children": children, "worry": "Alone in the flat at half past nine in the evening.", "immediateDanger": chance.IntN(12) == 0,
	})
	if err != nil {
		l.t.Error(err)
	}
	return body
}

func (t *told) serial() int {
	var n int
	// The name was made of it.
	_, _ = fmt.Sscanf(t.name, "Zeb "+marker+"%dx", &n)
	return n
}

// neverIssued is a valid NHS number of the range that is kept for tests: 999 000 0000 and up.
func neverIssued(n int) string {
	for n += 100_000; ; n += 100_000 {
		digits := fmt.Sprintf("999%06d", n%1_000_000)
		sum := 0
		for i, d := range digits {
			sum += int(d-'0') * (10 - i)
		}
		if check := (11 - sum%11) % 11; check < 10 {
			return digits + fmt.Sprint(check)
		}
	}
}

// screen passes the children of one contact to their teams.
func (l *load) screen(ctx context.Context, s sender) {
	l.mu.Lock()
	i := slices.IndexFunc(l.undecided, func(c *contact) bool { return c.authority == s.authority })
	if i < 0 {
		l.mu.Unlock()
		pause(ctx, 5*time.Millisecond)
		return
	}
	c := l.undecided[i]
	l.undecided = slices.Delete(l.undecided, i, i+1)
	l.mu.Unlock()
	for _, child := range c.children {
		if child.team == "" {
			continue
		}
		outcome := "OUTCOME_FAMILY_FACING_TEAM"
		if child.serial()%7 == 0 {
			outcome = "OUTCOME_STRATEGY_DISCUSSION_NOW"
		}
		body, err := json.Marshal(map[string]string{"outcome": outcome, "reason": "as told", "reasonForReferrer": "passed on", "etag": c.etag})
		if err != nil {
			l.t.Error(err)
		}
		var now acknowledgement
		l.insist(ctx, http.StatusOK, request{method: http.MethodPost, path: "/v1/" + child.child + ":screen", as: s.partner, key: "screen-" + child.child, body: body}, &now)
		if now.Name == "" {
			return
		}
		c.etag, child.passed = now.Etag, true
	}
}

type request struct {
	method, path, as, key string
	body                  []byte
}

// insist sends the same until it is taken. An answer that says otherwise for good fails the test.
func (l *load) insist(ctx context.Context, want int, r request, into any) {
	for ctx.Err() == nil {
		status, answer, err := l.send(ctx, r)
		switch {
		case err != nil:
			l.noted("no answer")
		case status == want:
			if err := json.Unmarshal(answer, into); err != nil {
				l.t.Errorf("%s %s: %v", r.method, r.path, err)
			}
			return
		case status == http.StatusUnauthorized:
			l.mu.Lock()
			delete(l.tokens, r.as)
			l.mu.Unlock()
			l.noted("401")
		case status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout, status == 499,
			status == http.StatusConflict && bytes.Contains(answer, []byte("TRY_AGAIN")):
			l.noted(fmt.Sprint(status))
		default:
			l.t.Errorf("%s %s was answered with %d: %s", r.method, r.path, status, answer)
			return
		}
		pause(ctx, 20*time.Millisecond)
	}
}

func (l *load) noted(answer string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers[answer]++
}

// sum gives the answers since the last call.
func (l *load) sum() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := fmt.Sprint(l.answers)
	clear(l.answers)
	return text
}

func (l *load) send(ctx context.Context, r request) (int, []byte, error) {
	bearer, err := l.token(ctx, r.as)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, "http://"+l.address+r.path, bytes.NewReader(r.body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
		req.Header.Set("Content-Type", "application/json")
	}
	answer, err := l.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// token is kept for four minutes of its five.
func (l *load) token(ctx context.Context, name string) (string, error) {
	l.mu.Lock()
	kept, ok := l.tokens[name]
	l.mu.Unlock()
	if ok && time.Since(kept.at) < 4*time.Minute {
		return kept.text, nil
	}
	text, err := Token(ctx, l.data, l.address, name)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens[name] = token{text, time.Now()}
	return text, nil
}
