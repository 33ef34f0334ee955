package gateway_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kithcare/kith/pkg/fault"
)

// secret is what somebody told: it must be in no answer and in no line of the log.
const secret = "Zebedee"

func TestBadBodies(t *testing.T) {
	t.Parallel()
	contact := func(child string) string {
		return `{"source":{"code":"6","person":"` + secret + `"},"worry":"` + secret + `","children":[{"name":"` + secret + `"},` + child + `]}`
	}
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	h := newHouse(t, nil)
	for _, c := range []struct {
		name, body, reason, field string
		status                    int
	}{
		{"unknown field", contact(`{"nam":"Zebedee"}`), "UNKNOWN_FIELD", "children[1].nam", 400},
		{"unknown field on top", `{"childs":[{"name":"Zebedee"}]}`, "UNKNOWN_FIELD", "childs", 400},
		{"the proto's own name", contact(`{"birth_date":"Zebedee"}`), "UNKNOWN_FIELD", "children[1].birth_date", 400},
		{"a field from elsewhere", `{"parent":"authorities/south"}`, "UNKNOWN_FIELD", "parent", 400},
		{"a number for a text", contact(`{"name":12345678901}`), "WRONG_TYPE", "children[1].name", 400},
		{"a text for a list", `{"children":"Zebedee"}`, "WRONG_TYPE", "children", 400},
		{"an object for a list", `{"children":{"name":"Zebedee"}}`, "WRONG_TYPE", "children", 400},
		{"a text for an object", `{"source":"Zebedee"}`, "WRONG_TYPE", "source", 400},
		{"a list for a text", `{"worry":["Zebedee"]}`, "WRONG_TYPE", "worry", 400},
		{"null in a list", contact(`null`), "WRONG_TYPE", "children[1]", 400},
		{"a text for a truth", `{"immediateDanger":"Zebedee"}`, "WRONG_TYPE", "immediateDanger", 400},
		{"no such code", `{"lawfulBasis":"Zebedee"}`, "WRONG_TYPE", "lawfulBasis", 400},
		{"a code by number", `{"lawfulBasis":1}`, "WRONG_TYPE", "lawfulBasis", 400},
		{"a broken number", `{"adults":[{"relationships":[{"child":1.5}]}]}`, "WRONG_TYPE", "adults[0].relationships[0].child", 400},
		{"a number too large", `{"adults":[{"relationships":[{"child":99999999999}]}]}`, "WRONG_TYPE", "adults[0].relationships[0].child", 400},
		{"duplicate key", contact(`{"name":"a","name":"Zebedee"}`), "DUPLICATE_KEY", "children[1].name", 400},
		{"duplicate key, escaped", contact(`{"name":"a","n\u0061me":"Zebedee"}`), "DUPLICATE_KEY", "children[1].name", 400},
		{"duplicate object", `{"source":{"code":"6"},"source":{"code":"9"}}`, "DUPLICATE_KEY", "source", 400},
		{"NUL, escaped", contact(`{"name":"a\u0000Zebedee"}`), "NUL", "children[1].name", 400},
		{"NUL, raw", contact("{\"name\":\"a\x00Zebedee\"}"), "NUL", "children[1].name", 400},
		{"NUL between", "{\"worry\":\"w\",\x00}", "NUL", "", 400},
		{"invalid UTF-8", contact("{\"name\":\"\xff\xfe\"}"), "NOT_UTF8", "", 400},
		{"an overlong encoding", contact("{\"name\":\"\xc0\x80\"}"), "NOT_UTF8", "", 400},
		{"half a surrogate pair", contact(`{"name":"\ud83dZebedee"}`), "NOT_UTF8", "children[1].name", 400},
		{"the wrong half after a real U+FFFD", contact(`{"name":"� \uFFFD \ude00"}`), "NOT_UTF8", "children[1].name", 400},
		{"10,000 deep", `{"children":` + deep(10_000) + `}`, "TOO_DEEP", "", 400},
		{"10,000 objects deep", strings.Repeat(`{"source":`, 10_000), "TOO_DEEP", "", 400},
		{"10 MB", `{"worry":"` + strings.Repeat("Zebedee ", 10<<20/8) + `"}`, "TOO_LARGE", "", 413},
		{"one byte too many", strings.Repeat(" ", 1<<20-len(short)+1) + short, "TOO_LARGE", "", 413},
		{"trailing garbage", short + `{}`, "NOT_JSON", "", 400},
		{"trailing word", short + ` Zebedee`, "NOT_JSON", "", 400},
		{"a list", `[` + short + `]`, "WRONG_TYPE", "", 400},
		{"null", `null`, "WRONG_TYPE", "", 400},
		{"a text", `"Zebedee"`, "WRONG_TYPE", "", 400},
		{"broken off in a text", short[:60], "NOT_JSON", "children[0].description", 400},
		{"broken off in a key", short[:40], "NOT_JSON", "children[0]", 400},
		{"a comma too many", `{"children":[{"name":"Zebedee"},]}`, "NOT_JSON", "children[1]", 400},
		{"a key without quotes", `{worry:"Zebedee"}`, "NOT_JSON", "", 400},
		{"a line break in a text", "{\"worry\":\"Zebedee\n\"}", "NOT_JSON", "worry", 400},
		{"spaces alone", "   ", "NOT_JSON", "", 400},
	} {
		w := h.ask(t, http.MethodPost, contacts, c.body)
		p := problem(t, w)
		if w.Code != c.status || p.Reason != c.reason || p.Field != c.field {
			t.Errorf("%s: %d %s %q (%s), want %d %s %q", c.name, w.Code, p.Reason, p.Field, p.Detail, c.status, c.reason, c.field)
		}
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("%s: the answer repeats what was told: %s", c.name, w.Body)
		}
		kept := h.directory.kept()
		if len(kept) == 0 || kept[len(kept)-1] != "partner/police /kith.referral.v1.ReferralService/ReceiveContact "+c.reason {
			t.Errorf("%s: the last denial kept is %v", c.name, kept)
		}
	}
	if got := h.referral.contacts(); len(got) > 0 {
		t.Errorf("%d bad bodies reached the service", len(got))
	}
	checkLog(t, h)
}

func TestWhatIsOddButWhole(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	names := []string{`O'Brien-Ó Súilleabháin`, `محمد`, `Nguyễn`, strings.Repeat("x", 300), "Cher", "� \U0001F600", `\ " {[`}
	for n, name := range names {
		body := fmt.Sprintf(`{"source":{"code":"9","person":null},"adults":null,"children":[{"name":%q,"birthDate":"31/02/2019"}],"worry":"w \\ud800 \ud83d\ude00 \ufffd"}`, name)
		if w := h.ask(t, http.MethodPost, contacts, body, "Content-Type", `application/json; charset="UTF-8"`, "Idempotency-Key", fmt.Sprint("key ", n)); w.Code != http.StatusCreated {
			t.Errorf("%q: %d %s", name, w.Code, w.Body)
			continue
		}
		got := h.referral.contacts()[n].GetTold()
		if got.GetChildren()[0].GetName() != name || got.GetWorry() != `w \ud800 😀 �` {
			t.Errorf("%q was passed on as %q, %q", name, got.GetChildren()[0].GetName(), got.GetWorry())
		}
	}
	// The largest body that is taken.
	worry := strings.Repeat("a", 19_000)
	body := strings.Replace(short, "He is out alone late at night.", worry, 1)
	body += strings.Repeat(" ", 1<<20-len(body))
	if w := h.ask(t, http.MethodPost, contacts, body); w.Code != http.StatusCreated {
		t.Errorf("1 MiB: %d %s", w.Code, w.Body)
	}
}

func TestBadHeadersAndQueries(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	link := contacts + "/" + contactID + ":link"
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		reason, field            string
		status                   int
	}{
		{"no key", "POST", contacts, short, []string{"Idempotency-Key", ""}, "KEY_MISSING", "Idempotency-Key", 400},
		{"a key too long", "POST", contacts, short, []string{"Idempotency-Key", strings.Repeat("é", 201)}, "HEADER_MALFORMED", "Idempotency-Key", 400},
		{"a key with a control character", "POST", contacts, short, []string{"Idempotency-Key", "a\tb"}, "HEADER_MALFORMED", "Idempotency-Key", 400},
		{"a key that is not UTF-8", "POST", contacts, short, []string{"Idempotency-Key", "a\xff"}, "HEADER_MALFORMED", "Idempotency-Key", 400},
		{"an etag with a control character", "POST", link, `{"reason":"r"}`, []string{"If-Match", "\"a\tb\""}, "HEADER_MALFORMED", "If-Match", 400},
		{"a form", "POST", contacts, "a=b", []string{"Content-Type", "application/x-www-form-urlencoded"}, "UNSUPPORTED_MEDIA_TYPE", "Content-Type", 415},
		{"no type", "POST", contacts, short, []string{"Content-Type", ""}, "UNSUPPORTED_MEDIA_TYPE", "Content-Type", 415},
		{"UTF-16", "POST", contacts, short, []string{"Content-Type", "application/json; charset=utf-16"}, "UNSUPPORTED_MEDIA_TYPE", "Content-Type", 415},
		{"compressed", "POST", contacts, short, []string{"Content-Encoding", "gzip"}, "UNSUPPORTED_MEDIA_TYPE", "Content-Type", 415},
		{"the key in the query", "POST", contacts + "?requestId=Zebedee", short, nil, "UNKNOWN_FIELD", "requestId", 400},
		{"unknown parameter", "GET", contacts + "?stat=Zebedee", "", nil, "UNKNOWN_FIELD", "stat", 400},
		{"not a number", "GET", contacts + "?pageSize=Zebedee", "", nil, "WRONG_TYPE", "pageSize", 400},
		{"not a truth", "GET", contacts + "?overdue=Zebedee", "", nil, "WRONG_TYPE", "overdue", 400},
		{"not a state", "GET", contacts + "?state=Zebedee", "", nil, "WRONG_TYPE", "state", 400},
		{"twice", "GET", contacts + "?pageSize=1&pageSize=2", "", nil, "DUPLICATE_KEY", "pageSize", 400},
		{"NUL", "GET", contacts + "?pageToken=%00", "", nil, "NUL", "pageToken", 400},
		{"not UTF-8", "GET", contacts + "?pageToken=%ff", "", nil, "NOT_UTF8", "pageToken", 400},
		{"half an escape", "GET", contacts + "?pageToken=%z", "", nil, "NOT_JSON", "", 400},
		{"negative", "GET", contacts + "?pageSize=-1", "", nil, "INVALID", "pageSize", 400},
		{"an id that can't be one", "GET", contacts + "/Zebedee", "", nil, "NOT_FOUND", "", 404},
		{"another authority's thing", "POST", link, `{"reason":"r","etag":"v1","otherContact":"authorities/south/contacts/` + contactID + `"}`, nil, "NOT_FOUND", "", 404},
	} {
		w := h.ask(t, c.method, c.path, c.body, c.headers...)
		if p := problem(t, w); w.Code != c.status || p.Reason != c.reason || p.Field != c.field || p.Status != c.status {
			t.Errorf("%s: %d %s, want %d %s %q", c.name, w.Code, w.Body, c.status, c.reason, c.field)
		}
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("%s: the answer repeats what was told: %s", c.name, w.Body)
		}
	}
	if got := h.referral.contacts(); len(got) > 0 {
		t.Errorf("%d bad calls reached the service", len(got))
	}
	checkLog(t, h)
}

// checkLog holds the log against what must never be in it.
func checkLog(t *testing.T, h *house) {
	t.Helper()
	log := h.log.String()
	for _, never := range []string{secret, contactID, "eyJ", "key-1", "pageToken"} {
		if strings.Contains(log, never) {
			t.Errorf("the log holds %q:\n%s", never, log)
		}
	}
}

func TestALargeBodyOverHTTPGetsItsAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	server := httptest.NewServer(h)
	defer server.Close()
	for _, known := range []bool{true, false} {
		body := io.Reader(strings.NewReader(`{"worry":"` + strings.Repeat("a", 10<<20) + `"}`))
		if !known {
			// Without a length it comes in chunks.
			body = io.MultiReader(body)
		}
		r, err := http.NewRequest(http.MethodPost, server.URL+contacts, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+h.north.partner(t, "police", "contacts.write"))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "key-1")
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("length known %t: status %d", known, answer.StatusCode)
		}
	}
}

func TestABodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	r := httptest.NewRequest(http.MethodPost, contacts, io.MultiReader(strings.NewReader(short[:30]), broken{}))
	r.Header.Set("Authorization", "Bearer "+h.north.partner(t, "police", "contacts.write"))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if p := problem(t, w); w.Code != 400 || p.Reason != "NOT_JSON" {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestADenialThatCannotBeKeptIsLoggedAndAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.ask(t, http.MethodGet, contacts, "")
	h.directory.mu.Lock()
	h.directory.refuseDenials = errors.New("disk full")
	h.directory.mu.Unlock()
	for n := range 2 {
		started := time.Now()
		w := h.ask(t, http.MethodPost, contacts, `{`)
		if p := problem(t, w); w.Code != 400 || p.Reason != "NOT_JSON" || time.Since(started) > 10*time.Second {
			t.Errorf("status %d after %s: %s", w.Code, time.Since(started), w.Body)
		}
		if got := strings.Count(h.log.String(), "a denial could not be kept"); got != n+1 {
			t.Errorf("the log says %d times that it was not kept, want %d", got, n+1)
		}
		h.directory.mu.Lock()
		h.directory.hangOnDenials = true
		h.directory.mu.Unlock()
	}
}

func TestAServiceThatIsDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.directory.mu.Lock()
	h.directory.refuse = fault.Unavailable(errors.New("no database"))
	h.directory.mu.Unlock()
	w := h.ask(t, http.MethodPost, contacts, short)
	if p := problem(t, w); w.Code != http.StatusServiceUnavailable || p.Reason != "UNAVAILABLE" || w.Header().Get("Retry-After") != "1" {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}
