package referral

import (
	"context"

	"github.com/jackc/pgx/v5"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// GetContact shows one contact: the whole to the Referral Team, and to a partner with contacts:read its own, as far as
// it may know. Another partner's contact is answered exactly like one that does not exist. The first time a member of
// the team has it before them the referrer hears of it.
func (s *Service) GetContact(ctx context.Context, req *referralv1.GetContactRequest) (*referralv1.GetContactResponse, error) {
	p, err := staffOrPartner(ctx, s.now(), scopeRead)
	if err != nil {
		return nil, err
	}
	id, err := contactID(req.GetName())
	if err != nil {
		return nil, err
	}
	office := s.office(ctx, p.Authority)
	answer := &referralv1.GetContactResponse{}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		l, err := s.open(ctx, tx, p.Authority, id, false)
		if err != nil {
			return err
		}
		l.office = office
		if p.Kind == passport.Person {
			if err := s.seen(ctx, tx, l.contact, who(p), l.now); err != nil {
				return err
			}
		}
		if answer.Contact, err = l.show(ctx, tx, p); err != nil {
			return err
		}
		return audit.Write(ctx, tx, l.now, "look at a contact", namedIn(answer.GetContact())...)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// show gives the contact as the actor may see it.
func (l *look) show(ctx context.Context, tx pgx.Tx, p *passport.Passport) (*referralv1.Contact, error) {
	if p.Kind == passport.Partner {
		if !l.contact.own(p) {
			return nil, fault.NotFound()
		}
		return l.forPartner(ctx, tx, p)
	}
	return l.forStaff(ctx, tx)
}
