package referral

import (
	"context"
	"strings"

	"github.com/google/uuid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// LinkContact links two contacts, in both directions, or says that a child is the one of an open family, by a member of
// the Referral Team, with the reason. The latter tells the family's worker. Nothing is merged.
func (s *Service) LinkContact(ctx context.Context, req *referralv1.LinkContactRequest) (*referralv1.LinkContactResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	l, err := readLink(p.Authority, req)
	if err != nil {
		return nil, err
	}
	how := acting{passport: p, request: req, how: "LINKED", reason: req.GetReason(), child: l.child}
	return change(ctx, s, how, func(c *referralv1.Contact) *referralv1.LinkContactResponse {
		return &referralv1.LinkContactResponse{Contact: c}
	}, func(a *act) error {
		if l.other != uuid.Nil {
			if err := a.link(l.other, req.GetReason()); err != nil {
				return err
			}
		}
		if l.child == uuid.Nil {
			return nil
		}
		one := a.child(l.child)
		one.AlreadyOpenFamily = l.family
		if err := saveChild(ctx, a.tx, one); err != nil {
			return err
		}
		return a.tell("child_passed_on", map[string]string{"child": one.ID.String(), "family": l.family.String()})
	})
}

// wantedLink is what a request links.
type wantedLink struct {
	other, child uuid.UUID
	family       *uuid.UUID
}

func readLink(authority string, req *referralv1.LinkContactRequest) (l wantedLink, err error) {
	if req.GetOtherContact() == "" && req.GetChild() == "" {
		return l, fault.Invalid("otherContact", "name another contact, or a child and its open family")
	}
	if (req.GetChild() == "") != (req.GetFamily() == "") {
		return l, fault.Invalid("family", "a child and its open family are named together")
	}
	if req.GetOtherContact() != "" {
		if err := sameAuthority(authority, req.GetOtherContact()); err != nil {
			return l, err
		}
		if l.other, err = contactID(req.GetOtherContact()); err != nil {
			return l, err
		}
		if strings.EqualFold(req.GetOtherContact(), req.GetName()) {
			return l, fault.Invalid("otherContact", "name another contact than this one")
		}
	}
	if req.GetChild() != "" {
		if !strings.HasPrefix(req.GetChild(), req.GetName()+"/") {
			return l, fault.Invalid("child", "name a child of this contact")
		}
		if _, l.child, err = childID(req.GetChild()); err != nil {
			return l, err
		}
	}
	l.family, err = familyID(authority, "family", req.GetFamily())
	return l, err
}

// link keeps that two contacts belong together, seen from either.
func (a *act) link(other uuid.UUID, reason string) error {
	if _, err := contactOf(a.ctx, a.tx, other, false); err != nil {
		return err
	}
	_, err := a.tx.Exec(a.ctx, `INSERT INTO link (contact, other, reason, by, at) VALUES ($1, $2, $3, $4, $5), ($2, $1, $3, $4, $5)
		ON CONFLICT (contact, other) DO UPDATE SET reason = excluded.reason, by = excluded.by, at = excluded.at`,
		a.contact.ID, other, reason, who(a.by), a.now)
	return err
}
