package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// desk is somebody of the demonstration who works with Kith over REST.
type desk struct {
	address, token string
	client         *http.Client
}

func newDesk(address, token string) *desk {
	return &desk{address, token, &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// get reads the answer into a struct.
func (d *desk) get(ctx context.Context, path string, query url.Values, into any) error {
	return d.call(ctx, http.MethodGet, path+"?"+query.Encode(), "", nil, into)
}

// post sends a body under a key and reads the answer.
func (d *desk) post(ctx context.Context, path, key string, body []byte, into any) error {
	return d.call(ctx, http.MethodPost, path, key, body, into)
}

func (d *desk) call(ctx context.Context, method, path, key string, body []byte, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+d.address+"/v1/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := d.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: answered %d: %s", method, path, answer.StatusCode, text)
	}
	return json.Unmarshal(text, into)
}

// listed is a page of a queue or of a team's list.
type listed struct {
	Contacts, Families []struct {
		Name, Etag string
		Children   []string
	}
	NextPageToken string
}

// follower looks at the end of a list again and again, as a page that is kept open does.
type follower struct {
	desk  *desk
	path  string
	query url.Values
	// found is told of everything in the list, again at each look.
	found func(name, etag string, children []string, at time.Time)
	// from and before are the tokens of the last page and of the one before it.
	from, before string
}

// pause is how long a follower waits between two looks.
const pause = 15 * time.Millisecond

// follow looks until ctx ends. Each look begins one page before the end, since what comes at the same moment may take its
// place a little before what was there first.
func (f *follower) follow(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := f.look(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

func (f *follower) look(ctx context.Context) error {
	token := f.before
	for {
		f.query.Set("pageSize", "100")
		f.query.Set("pageToken", token)
		var page listed
		if err := f.desk.get(ctx, f.path, f.query, &page); err != nil {
			return err
		}
		at := time.Now()
		for _, c := range append(page.Contacts, page.Families...) {
			f.found(c.Name, c.Etag, c.Children, at)
		}
		if page.NextPageToken == "" {
			return nil
		}
		if token == f.from {
			f.before, f.from = f.from, page.NextPageToken
		}
		token = page.NextPageToken
	}
}
