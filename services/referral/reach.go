package referral

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/mail"
	"net/smtp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
)

// reachWithin is how long one channel may take.
const reachWithin = 15 * time.Second

// danger is all that leaves the house: that there is danger, and under which receipt. Nothing of a child.
const danger = "A contact says that a child is in immediate danger. Sign in to see it."

// tell reaches the out-of-hours contact by every channel there is.
func (r Reach) tell(ctx context.Context, to *directoryv1.OutOfHours, receipt string, at time.Time) []attempt {
	var tries []attempt
	try := func(channel string, send func(context.Context) error) {
		ctx, cancel := context.WithTimeout(ctx, reachWithin)
		defer cancel()
		done := attempt{channel: channel, delivered: true}
		if err := send(ctx); err != nil {
			done.delivered, done.failure = false, short(err)
		}
		tries = append(tries, done)
	}
	if to.GetEmail() != "" && r.SMTP != "" {
		try("EMAIL", func(ctx context.Context) error { return r.email(ctx, to.GetEmail(), receipt, at) })
	}
	if to.GetCallBackUrl() != "" && r.CallBackSecret != "" {
		try("CALL_BACK", func(ctx context.Context) error { return r.callBack(ctx, to.GetCallBackUrl(), receipt, at) })
	}
	if len(tries) == 0 {
		tries = append(tries, attempt{channel: "NONE", failure: "no out-of-hours contact can be reached: an e-mail address and mail server, or a call-back address and secret, are needed"})
	}
	return tries
}

// short bounds what a server said.
func short(err error) string {
	text := []rune(strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\x00", ""), ""))
	return string(text[:min(len(text), 300)])
}

// email sends the words by SMTP.
func (r Reach) email(ctx context.Context, to, receipt string, at time.Time) error {
	sender, err := mail.ParseAddress(r.From)
	if err != nil {
		return fmt.Errorf("sender's address: %w", err)
	}
	recipient, err := mail.ParseAddress(to)
	if err != nil {
		return fmt.Errorf("out-of-hours address: %w", err)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", r.SMTP)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	host, _, _ := net.SplitHostPort(r.SMTP)
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if offered, _ := client.Extension("STARTTLS"); offered {
		if err := client.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
			return err
		}
	}
	if r.User != "" {
		// It refuses to send a password in the clear to any other machine.
		if err := client.Auth(smtp.PlainAuth("", r.User, r.Password, host)); err != nil {
			return err
		}
	}
	if err := client.Mail(sender.Address); err != nil {
		return err
	}
	if err := client.Rcpt(recipient.Address); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(letter(sender, recipient, receipt, at)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return client.Quit()
}

func letter(from, to *mail.Address, receipt string, at time.Time) []byte {
	lines := []string{
		"From: " + from.String(), "To: " + to.String(), "Subject: Immediate danger: " + receipt, "Date: " + at.Format(time.RFC1123Z),
		"Message-ID: <" + uuid.NewString() + "@kith.invalid>", "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii",
		"Auto-Submitted: auto-generated", "", danger, "Receipt: " + receipt, "",
	}
	return []byte(strings.Join(lines, "\r\n"))
}

// callBack posts the words, signed by Standard Webhooks.
func (r Reach) callBack(ctx context.Context, url, receipt string, at time.Time) error {
	signer, err := standardwebhooks.NewWebhook(r.CallBackSecret)
	if err != nil {
		return errors.New("the call-back secret is not base64")
	}
	body, err := json.Marshal(map[string]any{
		"type": "contact.immediate_danger", "timestamp": at.UTC().Format(time.RFC3339), "data": map[string]string{"receipt": receipt, "message": danger},
	})
	if err != nil {
		return err
	}
	id := "msg_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	signature, err := signer.Sign(id, at, body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return errors.New("the call-back address can't be read")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	client := http.Client{}
	if r.HTTPClient != nil {
		client = *r.HTTPClient
	}
	// A signed message goes where it was addressed, and nowhere else.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Do(req)
	if err != nil {
		return errors.New("the call-back address does not answer")
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the call-back address answered %d", answer.StatusCode)
	}
	return nil
}
