package browser

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Person uses the pages by plain HTTP, as a browser without scripts and style sheets does: fast, for tests that look at
// what is answered.
type Person struct {
	k      *Kith
	t      testing.TB
	client *http.Client
	jar    *jar
	// last is the page that is shown; its forms can be sent.
	last *Page
}

// Page is what was answered.
type Page struct {
	Status int
	// URL is where it came from, after redirects.
	URL    *url.URL
	Header http.Header
	Body   string
	t      testing.TB
	doc    *node
}

// Visitor is somebody who is not signed in.
func (k *Kith) Visitor(t testing.TB) *Person {
	t.Helper()
	j := &jar{now: k.Clock.Now, cookies: map[string]*http.Cookie{}}
	return &Person{k: k, t: t, jar: j, client: &http.Client{Jar: j, Timeout: 30 * time.Second}}
}

// Person is somebody signed in, by the same way over the issuer that a browser goes.
func (k *Kith) Person(t testing.TB, name string, authority ...string) *Person {
	t.Helper()
	p := k.Visitor(t)
	p.SignIn(name, authority...)
	return p
}

// SignIn signs the person in, from wherever they are.
func (p *Person) SignIn(name string, authority ...string) *Page {
	p.t.Helper()
	return p.Continue(p.Get("/sign-in?to=%2F"), name, authority...)
}

// Continue chooses the person at the issuer's page, and an authority where there are several.
func (p *Person) Continue(at *Page, name string, authority ...string) *Page {
	p.t.Helper()
	if !strings.HasPrefix(at.URL.Path, "/demonstration/") {
		p.t.Fatalf("%s (%d) is not the issuer's page", at.URL, at.Status)
	}
	page := p.Post("/demonstration/issuer/sign-in", url.Values{"subject": {subject(p.t, name)}})
	if page.URL.Path == "/signed-in" && page.Status == http.StatusOK {
		chosen := Kensington
		if len(authority) > 0 {
			chosen = authority[0]
		}
		page = p.Post("/signed-in", url.Values{"authority": {strings.TrimPrefix(chosen, "authorities/")}})
	}
	if page.Status != http.StatusOK || page.URL.Path == "/signed-in" {
		p.t.Fatalf("%s is not signed in: %d at %s: %s", name, page.Status, page.URL.Path, page.Text())
	}
	return page
}

// Get opens a page and follows where it leads.
func (p *Person) Get(path string) *Page {
	p.t.Helper()
	return p.Send(http.MethodGet, path, nil, nil)
}

// Post sends the form of the shown page that goes to this path: as it stands, with these fields put in. A field without
// values is left out.
func (p *Person) Post(path string, fields url.Values) *Page {
	p.t.Helper()
	if p.last == nil {
		p.t.Fatal("there is no page with a form yet")
	}
	form, ok := p.last.Form(path)
	if !ok {
		p.t.Fatalf("the page at %s (%d) has no form to %s: %s", p.last.URL.Path, p.last.Status, path, p.last.Text())
	}
	maps.Copy(form, fields)
	return p.Send(http.MethodPost, path, form, nil)
}

// Send makes any call, and follows where it leads.
func (p *Person) Send(method, path string, form url.Values, header http.Header) *Page {
	p.t.Helper()
	page, err := p.send(p.t.Context(), method, path, form, header, p.client)
	if err != nil {
		p.t.Fatal(err)
	}
	p.last = page
	return page
}

// Once makes a call and does not follow where it leads; it may be made by several at once.
func (p *Person) Once(method, path string, form url.Values, header http.Header) (*Page, error) {
	still := *p.client
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return p.send(p.t.Context(), method, path, form, header, &still)
}

func (p *Person) send(ctx context.Context, method, path string, form url.Values, header http.Header, client *http.Client) (*Page, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, p.k.URL+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", "en-GB,en;q=0.9")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", p.k.URL)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	maps.Copy(r.Header, header)
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	page := &Page{Status: answer.StatusCode, URL: answer.Request.URL, Header: answer.Header, Body: string(text), t: p.t, doc: &node{}}
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		page.doc, err = read(page.Body)
	}
	return page, err
}

// Cookie is one that the person's browser holds, as it was set; nil for none.
func (p *Person) Cookie(name string) *http.Cookie { return p.jar.get(name) }

// SetCookie puts one into the person's browser.
func (p *Person) SetCookie(c *http.Cookie) { p.jar.SetCookies(nil, []*http.Cookie{c}) }

// jar keeps the cookies of one host, Secure ones too: browsers send those over http to a loopback address, Go's own jar
// does not.
type jar struct {
	now     func() time.Time
	mu      sync.Mutex
	cookies map[string]*http.Cookie
}

// SetCookies keeps what an answer sets.
func (j *jar) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(j.cookies, c.Name)
			continue
		}
		if c.MaxAge > 0 {
			c.Expires = j.now().Add(time.Duration(c.MaxAge) * time.Second)
		}
		j.cookies[c.Name] = c
	}
}

// Cookies are those to send.
func (j *jar) Cookies(*url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	var sent []*http.Cookie
	for _, c := range j.cookies {
		if c.Expires.IsZero() || j.now().Before(c.Expires) {
			sent = append(sent, &http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	return sent
}

func (j *jar) get(name string) *http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cookies[name]
}
