package referral

import (
	"context"
	"strconv"
	"time"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// A partner's scopes.
const (
	scopeWrite = "contacts:write"
	scopeRead  = "contacts:read"
)

// staff lets members of the Referral Team pass, who hold their seat at this second.
func staff(ctx context.Context, now time.Time) (*passport.Passport, error) {
	p := passport.From(ctx)
	if p == nil {
		return nil, fault.Unauthenticated("the call carries no passport")
	}
	if p.Kind != passport.Person || !p.MemberOfKind(passport.Referral, now) {
		return nil, fault.Denied("NOT_REFERRAL_TEAM", "only members of the Referral Team may do this")
	}
	return p, nil
}

// staffOrPartner lets members of the Referral Team pass, and partners whose token has the scope.
func staffOrPartner(ctx context.Context, now time.Time, scope string) (*passport.Passport, error) {
	p := passport.From(ctx)
	if p == nil || p.Kind != passport.Partner {
		return staff(ctx, now)
	}
	if !p.HasScope(scope) {
		return nil, fault.Denied("SCOPE_MISSING", "the token lacks the scope "+scope)
	}
	return p, nil
}

// who names the actor as records do: people/{person} or partners/{partner}.
func who(p *passport.Passport) string {
	switch p.Kind {
	case passport.Partner:
		return "partners/" + p.ID
	case passport.Person:
		return "people/" + p.ID
	default:
		return "services/" + p.ID
	}
}

// own tells a partner's own contact.
func (c *contact) own(p *passport.Passport) bool {
	return p.Kind == passport.Partner && c.PartnerID != nil && *c.PartnerID == p.ID
}

func (c *contact) etag() string { return strconv.Itoa(int(c.Version)) }

// unchanged refuses a change on an old etag, naming who changed it and when.
func (c *contact) unchanged(authority, etag string) error {
	if etag == c.etag() {
		return nil
	}
	return fault.Conflict("CHANGED", "this contact was changed at "+c.ChangedAt.UTC().Format(time.RFC3339)+"; look again", c.changeFacts(authority))
}

func (c *contact) changeFacts(authority string) map[string]string {
	return map[string]string{
		"etag": c.etag(), "changedBy": inAuthority(authority, c.ChangedBy), "changedAt": c.ChangedAt.UTC().Format(time.RFC3339), "changedHow": c.ChangedHow,
	}
}
