package referral

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/reach"
)

// errNobody is an out-of-hours contact that no channel leads to.
var errNobody = errors.New("no out-of-hours contact can be reached: an e-mail address and mail server, or a call-back address and secret, are needed")

// word is what the out-of-hours contact is told, by either channel. It holds nothing of a child.
type word struct {
	// Kind is the call-back's type.
	Kind string
	// Subject and Lines are the e-mail.
	Subject string
	Lines   []string
	// Data goes with the call-back.
	Data map[string]any
}

// inDangerWord says that there is danger, and under which receipt.
func inDangerWord(receipt string) word {
	const danger = "A contact says that a child is in immediate danger. Sign in to see it."
	return word{
		Kind: "contact.immediate_danger", Subject: "Immediate danger: " + receipt, Lines: []string{danger, "Receipt: " + receipt},
		Data: map[string]any{"receipt": receipt, "message": danger},
	}
}

// tell reaches the out-of-hours contact by every channel there is.
func (s *Service) tell(ctx context.Context, to *directoryv1.OutOfHours, w word, at time.Time) []attempt {
	var tries []attempt
	tried := func(channel string, err error) {
		done := attempt{channel: channel, delivered: err == nil}
		if err != nil {
			done.failure = err.Error()
		}
		tries = append(tries, done)
	}
	mailer := s.reach.Mailer()
	if to.GetEmail() != "" && mailer.Can() {
		tried(channelEmail, mailer.Send(ctx, to.GetEmail(), w.Subject, strings.Join(w.Lines, "\n"), at))
	}
	if to.GetCallBackUrl() != "" && s.reach.CallBackSecret != "" {
		tried(channelCallBack, s.reach.Hook().Send(ctx, reach.Message{
			URL: to.GetCallBackUrl(), Secret: s.reach.CallBackSecret, ID: messageID(uuid.New()), At: at, Body: payload(w.Kind, at, w.Data),
		}))
	}
	if len(tries) == 0 {
		tried("NONE", errNobody)
	}
	return tries
}

// The channels that lead outside.
const (
	channelEmail    = "EMAIL"
	channelCallBack = "CALL_BACK"
)

// messageID is how a receiver knows a call-back again.
func messageID(id uuid.UUID) string { return "msg_" + strings.ReplaceAll(id.String(), "-", "") }

// payload is a call-back's body as Standard Webhooks advise: type, time, data.
func payload(kind string, at time.Time, data map[string]any) []byte {
	// Texts and numbers always become JSON.
	body, _ := json.Marshal(map[string]any{"type": kind, "timestamp": at.UTC().Format(time.RFC3339), "data": data})
	return body
}
