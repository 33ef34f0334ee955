package referral

import (
	"context"
	"fmt"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// AcceptVersion makes a proposed version's text the other contact's next version, by a member of the Referral Team. It
// answers with that other contact. Children are matched by their place, new ones added undecided; immediate danger moves
// over with its alarm.
func (s *Service) AcceptVersion(ctx context.Context, req *referralv1.AcceptVersionRequest) (*referralv1.AcceptVersionResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	how := acting{passport: p, request: req, how: "ACCEPTED_AS_VERSION"}
	return change(ctx, s, how, func(c *referralv1.Contact) *referralv1.AcceptVersionResponse {
		return &referralv1.AcceptVersionResponse{Contact: c}
	}, func(a *act) error {
		if a.contact.State != proposed || a.contact.VersionOf == nil {
			return notProposed()
		}
		original, err := a.another(*a.contact.VersionOf, "VERSION_ACCEPTED")
		if err != nil {
			return err
		}
		if original.contact.closed() {
			return fault.Refused("CLOSED", "name", "the contact that this is fuller text for is closed: make this a contact of its own")
		}
		a.shown = original
		if err := a.handOver(original); err != nil {
			return err
		}
		if err := original.tell("contact_amended", map[string]string{"told": fmt.Sprint(original.contact.ToldVersion)}); err != nil {
			return err
		}
		return original.keep()
	})
}

// handOver moves the proposal's text, children and danger to the original, and closes the proposal.
func (a *act) handOver(original *act) error {
	proposal := a.contact
	tolds, err := toldsUpTo(a.ctx, a.tx, proposal.ID, proposal.Version)
	if err != nil {
		return err
	}
	var text []byte
	err = a.tx.QueryRow(a.ctx, `SELECT told FROM told_version WHERE contact = $1 AND told_version = $2`, proposal.ID, proposal.ToldVersion).Scan(&text)
	if err != nil {
		return err
	}
	if err := original.retell(retold{told: tolds[0], text: text, toldBy: proposal.ReceivedFrom, children: a.children}); err != nil {
		return err
	}
	proposal.State = accepted
	if !proposal.ImmediateDanger {
		return nil
	}
	if proposal.DangerAcknowledgedAt == nil {
		original.contact.endanger(proposal.DecisionDueBy)
		return original.alarm()
	}
	if !original.contact.ImmediateDanger {
		original.contact.endanger(proposal.DecisionDueBy)
		original.contact.DangerAcknowledgedAt, original.contact.DangerAcknowledgedBy = proposal.DangerAcknowledgedAt, proposal.DangerAcknowledgedBy
	}
	return nil
}

// MakeOwnContact makes a proposed version a contact of its own, by a member of the Referral Team, with the reason. Its
// receipt and the time by which it is to be decided stay.
func (s *Service) MakeOwnContact(ctx context.Context, req *referralv1.MakeOwnContactRequest) (*referralv1.MakeOwnContactResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	how := acting{passport: p, request: req, how: "MADE_OWN", reason: req.GetReason()}
	return change(ctx, s, how, func(c *referralv1.Contact) *referralv1.MakeOwnContactResponse {
		return &referralv1.MakeOwnContactResponse{Contact: c}
	}, func(a *act) error {
		if a.contact.State != proposed {
			return notProposed()
		}
		a.contact.State = undecided
		return a.tell("contact_received", nil)
	})
}

func notProposed() error {
	return fault.Refused("NOT_PROPOSED", "name", "this is not, or no longer, proposed as fuller text for another contact")
}
