package stories_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// kitMessage is one of the messages that partners try their systems with.
type kitMessage struct {
	Name   string          `json:"name"`
	Key    string          `json:"key"`
	Body   json.RawMessage `json:"body"`
	BodyOf string          `json:"bodyOf"`
	Raw    string          `json:"raw"`
	Expect struct {
		Status    int    `json:"status"`
		Body      any    `json:"body"`
		SameAs    string `json:"sameAs"`
		VersionOf string `json:"versionOf"`
	} `json:"expect"`
}

// The kit that partners download is answered as it says, message by message.
func TestTheKitIsAnsweredAsItSays(t *testing.T) {
	t.Parallel()
	p := house.get(t).place
	var kit struct{ Messages []kitMessage }
	get(t, p.address+"/docs/kit.json", &kit)
	if len(kit.Messages) != 20 {
		t.Fatalf("%d messages, want 20", len(kit.Messages))
	}
	token, err := p.token(t.Context(), "met-police")
	if err != nil {
		t.Fatal(err)
	}
	run, answers, bodies := uuid.NewString()[:13], map[string]map[string]any{}, map[string]json.RawMessage{}
	for _, m := range kit.Messages {
		body := m.Body
		if m.BodyOf != "" {
			body = bodies[m.BodyOf]
		}
		bodies[m.Name] = body
		if m.Raw != "" {
			body = []byte(m.Raw)
		}
		body = bytes.ReplaceAll(body, []byte("CAD-RUN"), []byte("CAD-"+run))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.address+"/v1/authorities/kensington-chelsea/contacts", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		if m.Key != "" {
			req.Header.Set("Idempotency-Key", strings.ReplaceAll(m.Key, "RUN", run))
		}
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		answers[m.Name] = got
		switch e := m.Expect; {
		case answer.StatusCode != e.Status:
			t.Errorf("%s: %d, want %d: %v", m.Name, answer.StatusCode, e.Status, got)
		case e.SameAs != "" && !reflect.DeepEqual(got, answers[e.SameAs]):
			t.Errorf("%s: another answer than the first time", m.Name)
		case e.VersionOf != "" && got["proposedVersionOf"] != answers[e.VersionOf]["name"]:
			t.Errorf("%s: a proposed version of %v", m.Name, got["proposedVersionOf"])
		case e.Body != nil && !fits(e.Body, got):
			t.Errorf("%s: the answer %v does not hold %v", m.Name, got, e.Body)
		}
	}
}

// fits says whether an answer holds all that is wanted of it.
func fits(wanted, got any) bool {
	switch w := wanted.(type) {
	case map[string]any:
		if w["any"] == true {
			return got != nil
		}
		g, ok := got.(map[string]any)
		for name, value := range w {
			ok = ok && fits(value, g[name])
		}
		return ok
	case []any:
		g, ok := got.([]any)
		ok = ok && len(g) == len(w)
		for i := range w {
			ok = ok && fits(w[i], g[i])
		}
		return ok
	default:
		return reflect.DeepEqual(wanted, got)
	}
}

func get(t testing.TB, url string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
