package reach

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/google/uuid"
)

// within is how long one attempt may take.
const within = 15 * time.Second

// ErrAddress is an e-mail address that no mail can be sent to, however often it is tried.
var ErrAddress = errors.New("this is no e-mail address")

// Mailer sends e-mail through one mail server.
type Mailer struct {
	// SMTP is the server's host:port. STARTTLS is used where it is offered.
	SMTP string
	// From is the sender's address.
	From string
	// User and Password are for a server that wants them. A password is never sent in the clear to another machine.
	User, Password string
}

// Can says whether there is a mail server to send by.
func (m Mailer) Can() bool { return m.SMTP != "" }

// Send sends plain words to one address, at most 15 seconds long. Errors hold neither the address nor what the server
// said about it, so that they may be shown and kept; ErrAddress will not get better by trying again.
func (m Mailer) Send(ctx context.Context, to, subject, body string, at time.Time) error {
	sender, err := mail.ParseAddress(m.From)
	if err != nil {
		return errors.New("the sender's address can't be read")
	}
	recipient, err := mail.ParseAddress(strings.TrimSpace(to))
	if err != nil {
		return ErrAddress
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.SMTP)
	if err != nil {
		return errors.New("the mail server does not answer")
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return fmt.Errorf("mail: %w", err)
		}
	}
	return m.refused(m.deliver(conn, sender, recipient, letter(sender, recipient, subject, body, at)))
}

// deliver speaks SMTP (RFC 5321).
func (m Mailer) deliver(conn net.Conn, from, to *mail.Address, text []byte) error {
	host, _, _ := net.SplitHostPort(m.SMTP)
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if offered, _ := client.Extension("STARTTLS"); offered {
		if err := client.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
			return fmt.Errorf("%w: %w", errTLS, err)
		}
	}
	if m.User != "" {
		// It refuses to send a password in the clear to any other machine.
		if err := client.Auth(smtp.PlainAuth("", m.User, m.Password, host)); err != nil {
			return fmt.Errorf("%w: %w", errLogin, err)
		}
	}
	if err := client.Mail(from.Address); err != nil {
		return err
	}
	if err := client.Rcpt(to.Address); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	// The mail is taken. A server that hangs up instead of saying goodbye has it all the same.
	_ = client.Quit()
	return nil
}

var (
	errTLS   = errors.New("the mail server's certificate is not trusted")
	errLogin = errors.New("the mail server does not take the login")
)

// refused says why in words of its own: a mail server's answer often repeats the address.
func (m Mailer) refused(err error) error {
	var said *textproto.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTLS):
		return errTLS
	case errors.Is(err, errLogin):
		return errLogin
	case errors.As(err, &said):
		return fmt.Errorf("the mail server refused it with %d", said.Code)
	default:
		return errors.New("the mail server broke off")
	}
}

// letter is the e-mail (RFC 5322). Words in plain ASCII go as they are, all others as quoted-printable UTF-8.
func letter(from, to *mail.Address, subject, body string, at time.Time) []byte {
	lines := []string{
		// The name beside an address is left out: it may be a person's.
		"From: " + from.String(), "To: " + (&mail.Address{Address: to.Address}).String(),
		"Subject: " + mime.QEncoding.Encode("utf-8", oneLine(subject)), "Date: " + at.Format(time.RFC1123Z),
		"Message-ID: <" + uuid.NewString() + "@kith.invalid>", "MIME-Version: 1.0", "Auto-Submitted: auto-generated",
	}
	body = strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\n", "\r\n") + "\r\n"
	if ascii(body) {
		lines = append(lines, "Content-Type: text/plain; charset=us-ascii", "", body)
		return []byte(strings.Join(lines, "\r\n"))
	}
	var encoded bytes.Buffer
	// Writing to memory does not fail.
	w := quotedprintable.NewWriter(&encoded)
	_, _ = w.Write([]byte(body))
	_ = w.Close()
	lines = append(lines, "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", encoded.String())
	return []byte(strings.Join(lines, "\r\n"))
}

// oneLine keeps words from becoming a header of their own.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func ascii(text string) bool {
	for _, r := range text {
		if r > 126 {
			return false
		}
	}
	return true
}
