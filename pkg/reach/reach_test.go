package reach_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/kithcare/kith/pkg/reach"
)

// secret is a Standard Webhooks secret.
func secret() string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of thirty-two letters ok"))
}

func message(url string) reach.Message {
	return reach.Message{URL: url, Secret: secret(), ID: "msg_1", At: time.Now(), Body: []byte(`{"type":"contact.seen"}`)}
}

func TestAPartnerCanVerifyACallBack(t *testing.T) {
	t.Parallel()
	var heard atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		verifier, err := standardwebhooks.NewWebhook(secret())
		if err != nil {
			t.Error(err)
			return
		}
		if err := verifier.Verify(body, r.Header); err != nil {
			t.Errorf("the signature: %v", err)
		}
		if err := verifier.Verify(append(body, ' '), r.Header); err == nil {
			t.Error("other words have the same signature")
		}
		heard.Add(1)
	}))
	defer server.Close()
	if err := (reach.Hook{Loopback: true}).Send(t.Context(), message(server.URL)); err != nil || heard.Load() != 1 {
		t.Errorf("heard %d times, %v", heard.Load(), err)
	}
	bad := message(server.URL)
	bad.Secret = "not base64!"
	if err := (reach.Hook{Loopback: true}).Send(t.Context(), bad); err == nil || heard.Load() != 1 {
		t.Errorf("unsigned: %v", err)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.RedirectHandler(other.URL, code))
		err := (reach.Hook{Loopback: true}).Send(t.Context(), message(server.URL))
		server.Close()
		if err == nil || !strings.Contains(err.Error(), "redirects are not followed") {
			t.Errorf("%d: %v", code, err)
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("the message went elsewhere")
	}
}

// A name is looked at again when it has been resolved: this one resolves to this machine.
func TestANameThatResolvesToTheInsideIsNotCalled(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var connected atomic.Int32
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connected.Add(1)
			_ = c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	err = (reach.Hook{}).Send(t.Context(), message("https://localhost:"+port+"/"))
	if err == nil || !strings.Contains(err.Error(), "inside a network") || connected.Load() != 0 {
		t.Errorf("connected %d times: %v", connected.Load(), err)
	}
	// It would have been heard: where this machine may be called it connects, and fails for want of TLS.
	err = (reach.Hook{Loopback: true}).Send(t.Context(), message("https://localhost:"+port+"/"))
	if err == nil || connected.Load() == 0 {
		t.Errorf("connected %d times: %v", connected.Load(), err)
	}
}

func TestAnAnswersWordsAreNotRead(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		defer close(gone)
		for block := []byte(strings.Repeat("x", 1<<16)); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	if err := (reach.Hook{Loopback: true}).Send(t.Context(), message(server.URL)); err != nil {
		t.Error(err)
	}
	<-gone
}

func TestWhatACallBackFailedOfHoldsNothingOfTheAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the-servers-words", http.StatusInternalServerError)
	}))
	err := (reach.Hook{Loopback: true}).Send(t.Context(), message(server.URL))
	if err == nil || err.Error() != "the call-back address answered 500" {
		t.Errorf("%v", err)
	}
	server.Close()
	err = (reach.Hook{Loopback: true}).Send(t.Context(), message(server.URL))
	if err == nil || err.Error() != "the call-back address does not answer" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (reach.Hook{Loopback: true}).Send(ctx, message(server.URL)); err == nil {
		t.Error("it was sent though the work was given up")
	}
}

// mailbox takes mail, or refuses it with words that name the address.
type mailbox struct {
	mu     sync.Mutex
	mails  []string
	refuse bool
}

func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return m, nil }
func (m *mailbox) Mail(string, *smtp.MailOptions) error        { return nil }
func (m *mailbox) Reset()                                      {}
func (m *mailbox) Logout() error                               { return nil }
func (m *mailbox) Rcpt(to string, _ *smtp.RcptOptions) error {
	if m.refuse {
		return &smtp.SMTPError{Code: 550, Message: "nobody is called " + to}
	}
	return nil
}

func (m *mailbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, string(text))
	return err
}

func mailer(t *testing.T, box *mailbox) reach.Mailer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(box)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return reach.Means{SMTP: l.Addr().String(), From: "Kith <kith@kith.invalid>"}.Mailer()
}

func TestAMailArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	m := mailer(t, box)
	words := "Ring 020 7946 0301 – option 2.\nDiolch yn fawr: " + strings.Repeat("ŵ", 100) + "\n.a line that begins with a dot"
	for _, body := range []string{"Receipt: KRW-4A7-29X6", words} {
		if err := m.Send(t.Context(), "The Desk <desk@partner.example>", "Derbyniad ŵ", body, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if len(box.mails) != 2 || !strings.HasSuffix(box.mails[0], "\r\n\r\nReceipt: KRW-4A7-29X6\r\n") {
		t.Fatalf("came: %q", box.mails)
	}
	head, body, _ := strings.Cut(box.mails[1], "\r\n\r\n")
	read, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	if err != nil || strings.TrimSpace(strings.ReplaceAll(string(read), "\r\n", "\n")) != words {
		t.Errorf("came: %q, %v", read, err)
	}
	for _, never := range []string{"The Desk", "ŵ"} {
		if strings.Contains(head, never) {
			t.Errorf("%q stands in %q", never, head)
		}
	}
}

func TestWhyAMailFailedIsSaidWithoutItsAddress(t *testing.T) {
	t.Parallel()
	box := &mailbox{refuse: true}
	m := mailer(t, box)
	err := m.Send(t.Context(), "desk@partner.example", "x", "x", time.Now())
	if err == nil || err.Error() != "the mail server refused it with 550" {
		t.Errorf("%v", err)
	}
	for _, address := range []string{"", "none", "ask the office", "a@b@c"} {
		if err := m.Send(t.Context(), address, "x", "x", time.Now()); !errors.Is(err, reach.ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
	m.SMTP = "127.0.0.1:1"
	if err := m.Send(t.Context(), "desk@partner.example", "x", "x", time.Now()); err == nil || strings.Contains(err.Error(), "partner.example") {
		t.Errorf("%v", err)
	}
}
