package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// visitor is somebody of the demonstration who is signed in to the pages.
type visitor struct {
	address string
	client  *http.Client

	mu      sync.Mutex
	cookies map[string]string
}

// marks are what is looked for in a page: hidden fields, the people to sign in as, contacts, and what it loads.
type marks struct{ hidden, subject, contact, asset *regexp.Regexp }

var in = sync.OnceValue(func() marks {
	return marks{
		hidden:  regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`),
		subject: regexp.MustCompile(`name="subject" value="([^"]+)"`),
		contact: regexp.MustCompile(`href="/contacts/([0-9a-f-]{36})"`),
		asset:   regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`),
	}
})

// signIn goes the way of a browser: to the issuer, choosing a person there, and back.
func signIn(ctx context.Context, address, person string) (*visitor, error) {
	v := &visitor{address: "http://" + address, cookies: map[string]string{}, client: &http.Client{
		Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 2, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	page, err := v.follow(ctx, http.MethodGet, "/sign-in?to=/account", nil)
	if err != nil {
		return nil, err
	}
	form := url.Values{}
	for _, field := range in().hidden.FindAllStringSubmatch(page, -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	for _, subject := range in().subject.FindAllStringSubmatch(page, -1) {
		if strings.HasSuffix(subject[1], ":"+person) {
			form.Set("subject", subject[1])
		}
	}
	if form.Get("subject") == "" {
		return nil, fmt.Errorf("nobody called %s can sign in", person)
	}
	if page, err = v.follow(ctx, http.MethodPost, "/demonstration/issuer/sign-in", form); err != nil {
		return nil, err
	}
	if !strings.Contains(page, "sign-out-everywhere") {
		return nil, errors.New("the sign-in did not lead to the account")
	}
	return v, nil
}

// follow goes on until an answer is no redirect, and gives its text.
func (v *visitor) follow(ctx context.Context, method, path string, form url.Values) (string, error) {
	for range 8 {
		text, _, next, err := v.ask(ctx, method, path, form)
		if err != nil || next == "" {
			return text, err
		}
		method, path, form = http.MethodGet, strings.TrimPrefix(next, v.address), nil
	}
	return "", errors.New("too many redirects")
}

// ask makes one request. It gives the text, how many bytes of it went over the wire, and where it leads.
func (v *visitor) ask(ctx context.Context, method, path string, form url.Values) (text string, wire int, next string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, v.address+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, "", err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", v.address)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("Accept", "text/html")
	v.mu.Lock()
	for name, value := range v.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	v.mu.Unlock()
	answer, err := v.client.Do(req)
	if err != nil {
		return "", 0, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", 0, "", err
	}
	v.mu.Lock()
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		} else {
			v.cookies[c.Name] = c.Value
		}
	}
	v.mu.Unlock()
	wire = len(body)
	if answer.Header.Get("Content-Encoding") == "gzip" {
		if body, err = unpacked(body); err != nil {
			return "", 0, "", err
		}
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return "", 0, "", fmt.Errorf("%s: answered %d: %.300s", path, answer.StatusCode, body)
	}
	return string(body), wire, answer.Header.Get("Location"), nil
}

func unpacked(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// look is how long a page takes until all of it is there.
func (v *visitor) look(ctx context.Context, path string, form url.Values) (time.Duration, error) {
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	asked := time.Now()
	_, _, _, err := v.ask(ctx, method, path, form)
	return time.Since(asked), err
}
