package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

func TestAContactIsPassedOnAndAnsweredWithItsAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for range 2 {
		w := h.ask(t, http.MethodPost, contacts, short, "Grpc-Timeout", "1n", "X-Http-Method-Override", "GET", "Grpc-Metadata-Kith-Passport", "forged")
		if w.Code != http.StatusCreated {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		for name, want := range map[string]string{
			"Location": contacts + "/" + contactID, "Cache-Control": "no-store", "Content-Type": "application/json",
			"ETag": `"v1"`, "X-Content-Type-Options": "nosniff",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		var answer map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer["state"] != "CONTACT_STATE_UNDECIDED" || answer["receipt"] != "K7-M2P-4" {
			t.Errorf("answer %s: %v", w.Body, err)
		}
		if _, there := answer["decidedAt"]; there {
			t.Error("the answer holds a field that is empty")
		}
	}
	got := h.referral.contacts()
	if len(got) != 2 || got[0].GetRequestId() != "key-1" || got[0].GetParent() != "authorities/north" || got[0].GetTold().GetWorry() != "He is out alone late at night." {
		t.Errorf("the service was sent %v", got)
	}
	if h.referral.actor != "partner/police" {
		t.Errorf("the service saw %s act", h.referral.actor)
	}
}

func TestTheKeyComesFromItsHeaderWhateverTheBodySays(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	w := h.ask(t, http.MethodPost, contacts+"/"+contactID+":link",
		`{"requestId":"other","reason":"the same worry","otherContact":"authorities/north/contacts/`+contactID+`"}`, "If-Match", `W/"v1"`)
	if w.Code != http.StatusOK || w.Header().Get("ETag") != `"v2"` {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if got := h.referral.linked; got.GetRequestId() != "key-1" || got.GetEtag() != "v1" || got.GetName() != "authorities/north/contacts/"+contactID {
		t.Errorf("the service was sent %v", got)
	}
	w = h.ask(t, http.MethodPost, contacts+"/"+contactID+":link", `{"reason":"r","etag":"v9"}`, "If-Match", `"v1"`)
	if got := h.referral.linked.GetEtag(); w.Code != http.StatusOK || got != "v9" {
		t.Errorf("status %d, etag %q, want the body's own", w.Code, got)
	}
}

func TestAnEmptyBodySaysWhatHeadersSay(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	path := "/v1/authorities/north/families/" + contactID + ":acknowledgeUrgent"
	if w := h.ask(t, http.MethodPost, path, "", "If-Match", `"v7"`); w.Code != http.StatusOK {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	w := h.ask(t, http.MethodPost, path, `{"etag":"v6"}`)
	if p := problem(t, w); w.Code != http.StatusConflict || p.Reason != "CHANGED" || p.Facts["etag"] != "v7" {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestAServicesProblemsKeepTheirReasonAndNameTheCallersField(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for _, c := range []struct {
		name         string
		fail         error
		status       int
		reason, want string
	}{
		{"field", fault.Invalid("told.children[0].name", "too long"), 400, "INVALID", "children[0].name"},
		{"key", fault.Refused("KEY_REUSED", "requestId", "the key was used before with another body"), 422, "KEY_REUSED", "Idempotency-Key"},
		{"scope", fault.Denied("SCOPE_MISSING", "the token lacks the scope"), 403, "SCOPE_MISSING", ""},
		{"not seen", fault.NotFound(), 404, "NOT_FOUND", ""},
		{"passport", fault.Unauthenticated("the passport is not valid, or no longer"), 401, "UNAUTHENTICATED", ""},
		{"ours", http.ErrAbortHandler, 500, "INTERNAL", ""},
		{"slow", &fault.Fault{Code: codes.DeadlineExceeded, Reason: "TOO_SLOW", Message: "slow"}, 504, "TOO_SLOW", ""},
	} {
		h.referral.failing(c.fail)
		w := h.ask(t, http.MethodPost, contacts, short)
		if p := problem(t, w); w.Code != c.status || p.Reason != c.reason || p.Field != c.want {
			t.Errorf("%s: %d %s %q, want %d %s %q", c.name, w.Code, p.Reason, p.Field, c.status, c.reason, c.want)
		}
		if w.Header().Get("Cache-Control") != "no-store" || strings.Contains(w.Body.String(), http.ErrAbortHandler.Error()) {
			t.Errorf("%s: the answer is kept, or tells what is internal: %s", c.name, w.Body)
		}
	}
	// The service's own check of what was sent: the names are those of the body.
	h.referral.failing(nil)
	w := h.ask(t, http.MethodPost, contacts, `{"source":{"code":"9"},"children":[{"sex":"M"}],"worry":"w"}`)
	if p := problem(t, w); w.Code != 400 || p.Field != "children[0]" {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestReadingAndListing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	w := h.ask(t, http.MethodGet, contacts+"?state=CONTACT_STATE_DECIDED&overdue=true&pageSize=20&sourceCode=6&withDuty=true", "")
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if got := h.referral.listed; got.GetState() != referralv1.ContactState_CONTACT_STATE_DECIDED || !got.GetOverdue() || !got.GetWithDuty() || got.GetPageSize() != 20 || got.GetSourceCode() != "6" {
		t.Errorf("the service was sent %v", got)
	}
	if w = h.ask(t, http.MethodHead, contacts+"/"+contactID, ""); w.Code != http.StatusOK || w.Header().Get("ETag") != `"v1"` {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	server := httptest.NewServer(h)
	defer server.Close()
	r, err := http.NewRequest(http.MethodHead, server.URL+contacts+"/"+contactID, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.north.partner(t, "police", "contacts.read"))
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("ETag") == "" {
		t.Errorf("HEAD over HTTP: %d %v", answer.StatusCode, answer.Header)
	}
	// A POST that makes nothing needs no key.
	w = h.ask(t, http.MethodPost, "/v1/authorities/north/patches:cover", `{"postcode":"W8 7NX"}`, "Idempotency-Key", "")
	if w.Code != http.StatusOK {
		t.Errorf("cover: %d %s", w.Code, w.Body)
	}
}

func TestWhoHasItAndWhatWaitsIsShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for path, shown := range map[string][]string{
		contacts:                                {`"withDuty":true`, `"unseen":true`, `"undelivered":true`, `"undelivered":2`, `"asOf":"1970-01-01T00:00:00Z"`},
		contacts + "/" + contactID:              {`"seenAt":"1970-01-01T00:00:00Z"`},
		contacts + "/" + contactID + "/history": {`"how":"SEEN"`, `"by":"authorities/north/contacts/` + contactID + `"`},
	} {
		w := h.ask(t, http.MethodGet, path, "")
		for _, one := range shown {
			if text := strings.ReplaceAll(w.Body.String(), " ", ""); w.Code != http.StatusOK || !strings.Contains(text, one) {
				t.Errorf("%s: %d %s lacks %s", path, w.Code, text, one)
			}
		}
	}
}

func TestWhatIsNotThereAndWhatAPathDoesNotTake(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for _, c := range []struct {
		method, path, reason, allow string
		status                      int
	}{
		{http.MethodPut, contacts, "METHOD_NOT_ALLOWED", "GET, HEAD, POST", 405},
		{http.MethodDelete, contacts + "/" + contactID, "METHOD_NOT_ALLOWED", "GET, HEAD", 405},
		{http.MethodGet, contacts + "/" + contactID + "/children/1:screen", "METHOD_NOT_ALLOWED", "POST", 405},
		{"BREW", contacts, "METHOD_NOT_ALLOWED", "GET, HEAD, POST", 405},
		{http.MethodGet, "/v1/authorities/north/nothing", "NOT_FOUND", "", 404},
		{http.MethodPost, "/v1/", "NOT_FOUND", "", 404},
		{http.MethodGet, "/", "NOT_FOUND", "", 404},
		{http.MethodGet, "/v1/authorities/north/contacts/", "NOT_FOUND", "", 404},
		{http.MethodPost, "/openapi.json", "METHOD_NOT_ALLOWED", "GET, HEAD", 405},
	} {
		w := h.ask(t, c.method, c.path, "")
		if p := problem(t, w); w.Code != c.status || p.Reason != c.reason || p.Status != c.status || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: %d %s, allow %q", c.method, c.path, w.Code, w.Body, w.Header().Get("Allow"))
		}
	}
	// A path that is not there looks like a thing that is not there.
	h.referral.failing(fault.NotFound())
	absent, hidden := h.ask(t, http.MethodGet, "/v1/authorities/north/nothing", ""), h.ask(t, http.MethodGet, contacts+"/"+contactID, "")
	if absent.Body.String() != hidden.Body.String() {
		t.Errorf("%s differs from %s", absent.Body, hidden.Body)
	}
}

func TestEveryMethodWithAPathIsServed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(h.ask(t, http.MethodGet, "/openapi.json", "").Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Paths) < 20 {
		t.Fatalf("the document has %d paths", len(document.Paths))
	}
	for path, methods := range document.Paths {
		for method := range methods {
			// Without a token every method there is says 401.
			if w := h.ask(t, strings.ToUpper(method), path, "", "Authorization", ""); w.Code != http.StatusUnauthorized {
				t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
			}
		}
	}
}

func problem(t *testing.T, w *httptest.ResponseRecorder) fault.Problem {
	t.Helper()
	var p fault.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("no problem details: %d %q %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	return p
}
