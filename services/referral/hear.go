package referral

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// payload is all that a call-back carries: what kind of change, and on which contact. Whoever wants to know more asks,
// with a token, and learns what disclosure.go allows.
func (b *callBack) payload(authority string) []byte {
	kind := "contact.seen"
	if b.Kind == kindDecided {
		kind = "contact.child_decided"
	}
	return payload(kind, b.DueAt, map[string]any{"contact": contactName(authority, b.Contact), "receipt": b.Receipt})
}

// letter is the e-mail to a referrer who has no such address. It names nobody, and never the outcome. A professional
// hears that something changed and whom to ring; everybody else, by the table of disclosure.go, only that somebody
// looked. The subject says no more than the receipt: other people read over a shoulder.
func (b *callBack) letter(source, phone string) (subject, body string) {
	lines := []string{"What you told us has been looked at."}
	if disclosesToWhom(source) {
		lines = []string{"A person has what you told us before them."}
		if b.Kind == kindDecided {
			lines = []string{"Something has changed about what you told us."}
		}
		if phone != "" {
			lines = append(lines, "To hear more, or to add something, ring "+phone+".")
		}
	}
	lines = append(lines, "Receipt: "+b.Receipt, "", "Please do not answer this e-mail: nobody reads what comes back.")
	return "Receipt " + b.Receipt, strings.Join(lines, "\n")
}

var errNoSecret = errors.New("this installation has no secret to sign call-backs with")

// partnerSecret is the secret that one partner checks its call-backs with. It follows from the installation's own, so
// that no partner can sign as another, and none is stored.
func partnerSecret(installation, authority, partner string) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(installation, "whsec_"))
	if err != nil || len(key) == 0 {
		return "", errNoSecret
	}
	mac := hmac.New(sha256.New, key)
	// A hash takes whatever is written.
	_, _ = mac.Write([]byte("call-backs of " + authority + "/partners/" + partner))
	return "whsec_" + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// GetCallBackSecret shows an administrator the secret that a partner checks call-backs with.
func (s *Service) GetCallBackSecret(ctx context.Context, req *referralv1.GetCallBackSecretRequest) (*referralv1.GetCallBackSecretResponse, error) {
	p := passport.From(ctx)
	if p == nil || p.Kind != passport.Person || !p.Administrator {
		return nil, fault.Denied("NOT_ADMINISTRATOR", "only administrators of the authority's installation see a partner's secret")
	}
	partner := strings.TrimPrefix(req.GetName(), inAuthority(p.Authority, "partners/"))
	secret, err := partnerSecret(s.reach.CallBackSecret, p.Authority, partner)
	if err != nil {
		return nil, fault.Refused("NO_CALL_BACK_SECRET", "", "this installation has no secret to sign call-backs with; the operator sets one")
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		return audit.Write(ctx, tx, s.now(), "show a partner's call-back secret", "partners/"+partner)
	})
	if err != nil {
		return nil, err
	}
	return &referralv1.GetCallBackSecretResponse{Secret: secret}, nil
}

// heardAtOnce says whether somebody who rings can be written to: what a person wrote down on the phone was seen by them.
func (s *Service) heardAtOnce(a *arrival) bool {
	return a.passport.Kind == passport.Person && a.told.GetSource().GetEmail() != "" && s.reach.Mailer().Can()
}

// seenAtOnce is when somebody on the phone was heard by a person; nil for what came in by itself.
func seenAtOnce(p *passport.Passport, now time.Time) (at *time.Time, by string) {
	if p.Kind != passport.Person {
		return nil, ""
	}
	return &now, who(p)
}
