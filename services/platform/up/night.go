package up

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/emersion/go-smtp"
)

// nightPath is where the demonstration's out-of-hours contact takes call-backs.
const nightPath = "/demonstration/out-of-hours"

// night stands in for the out-of-hours contact of the demonstration authorities: a mail server and a web call-back,
// which say in the log that they were reached, and nothing of what they were told.
type night struct {
	server  *smtp.Server
	address string
	log     *slog.Logger
}

func startNight(ctx context.Context, log *slog.Logger) (*night, error) {
	n := &night{log: log}
	n.server = smtp.NewServer(n)
	n.server.Domain, n.server.ReadTimeout, n.server.WriteTimeout = "localhost", 10*time.Second, 10*time.Second
	n.server.MaxMessageBytes = 1 << 20
	n.server.ErrorLog = silent{}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the out-of-hours mail server does not start: %w", err)
	}
	n.address = l.Addr().String()
	go func() {
		// It ends when stop closes the listener.
		_ = n.server.Serve(l)
	}()
	return n, nil
}

func (n *night) stop() error {
	if err := n.server.Close(); err != nil {
		return fmt.Errorf("stop the out-of-hours mail server: %w", err)
	}
	return nil
}

// ServeHTTP takes a call-back.
func (n *night) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 1<<20)); err != nil {
		return
	}
	signed := r.Header.Get("webhook-signature") != ""
	n.log.WarnContext(r.Context(), "the out-of-hours contact was called back", "signed", signed)
	w.WriteHeader(http.StatusNoContent)
}

// NewSession begins an e-mail.
func (n *night) NewSession(*smtp.Conn) (smtp.Session, error) { return &mail{night: n}, nil }

type mail struct {
	night *night
	to    string
}

// Mail takes the sender.
func (m *mail) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt takes the receiver.
func (m *mail) Rcpt(to string, _ *smtp.RcptOptions) error { m.to = to; return nil }

// Data takes the e-mail and keeps nothing of it.
func (m *mail) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	m.night.log.Warn("an e-mail went to the out-of-hours contact", "to", m.to)
	return nil
}

// Reset forgets the e-mail.
func (m *mail) Reset() { m.to = "" }

// Logout ends the session.
func (m *mail) Logout() error { return nil }

type silent struct{}

// Printf drops the mail server's own notes.
func (silent) Printf(string, ...any) {}

// Println drops the mail server's own notes.
func (silent) Println(...any) {}
