package stories_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// fields is a JSON object as a partner's system writes one.
type fields map[string]any

// call is a REST call as somebody outside makes it.
type call struct {
	// as is who calls: a person or partner of the demonstration.
	as           string
	method, path string
	query        url.Values
	// key is the Idempotency-Key; empty for none.
	key  string
	body any
}

// answer is what came back.
type answer struct {
	call   string
	status int
	header http.Header
	text   []byte
}

// send makes the call. Where the platform is too busy to take it, it is sent again with the same key, as the
// documentation asks.
func (p *place) send(ctx context.Context, c call) (answer, error) {
	var body []byte
	if c.body != nil {
		var err error
		if body, err = json.Marshal(c.body); err != nil {
			return answer{}, err
		}
	}
	token, err := p.token(ctx, c.as)
	if err != nil {
		return answer{}, err
	}
	address := p.address + "/v1/" + c.path
	if len(c.query) > 0 {
		address += "?" + c.query.Encode()
	}
	for try := 1; ; try++ {
		a, err := sendOnce(ctx, c, address, token, body)
		if err != nil || a.status != http.StatusServiceUnavailable || try == 10 {
			return a, err
		}
		if err := pass(ctx, time.Second); err != nil {
			return a, err
		}
	}
}

func sendOnce(ctx context.Context, c call, address, token string, body []byte) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, c.method, address, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		r.Header.Set("Idempotency-Key", c.key)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return answer{call: c.method + " " + c.path + " as " + c.as, status: response.StatusCode, header: response.Header, text: text}, err
}

// into reads what a call that went well answered.
func (a answer) into(m proto.Message) error {
	if a.status/100 != 2 {
		return fmt.Errorf("%s answered %d: %s", a.call, a.status, a.text)
	}
	if err := protojson.Unmarshal(a.text, m); err != nil {
		return fmt.Errorf("%s answered what can't be read: %w: %s", a.call, err, a.text)
	}
	return nil
}

// refused says whether the call was refused with that status and reason.
func (a answer) refused(status int, reason string) error {
	var problem struct{ Reason string }
	if err := json.Unmarshal(a.text, &problem); err != nil || a.status != status || problem.Reason != reason {
		return fmt.Errorf("%s answered %d: %s; it should be refused with %d and reason %s", a.call, a.status, a.text, status, reason)
	}
	return nil
}

// same says whether two answers can't be told apart.
func (a answer) same(b answer) error {
	for _, one := range []answer{a, b} {
		one.header.Del("Date")
	}
	if a.status != b.status || !bytes.Equal(a.text, b.text) || fmt.Sprint(a.header) != fmt.Sprint(b.header) {
		return fmt.Errorf("the answers differ:\n%d %v %s\n%d %v %s", a.status, a.header, a.text, b.status, b.header, b.text)
	}
	return nil
}

// get reads something.
func (p *place) get(ctx context.Context, as, path string, query url.Values, m proto.Message) error {
	a, err := p.send(ctx, call{as: as, method: http.MethodGet, path: path, query: query})
	if err != nil {
		return err
	}
	return a.into(m)
}

// post asks for a change under a key of its own.
func (p *place) post(ctx context.Context, as, path string, body any) (answer, error) {
	return p.send(ctx, call{as: as, method: http.MethodPost, path: path, key: rand.Text(), body: body})
}
