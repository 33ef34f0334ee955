package referral

import (
	"context"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// TakeBackContact records that the referrer takes it back: by the partner that sent it, with contacts:write, or by a
// member of the Referral Team who was told. The decision stays due, since a worry does not end by being withdrawn.
func (s *Service) TakeBackContact(ctx context.Context, req *referralv1.TakeBackContactRequest) (*referralv1.TakeBackContactResponse, error) {
	p, err := staffOrPartner(ctx, s.now(), scopeWrite)
	if err != nil {
		return nil, err
	}
	how := acting{passport: p, request: req, how: "TAKEN_BACK", reason: req.GetReason()}
	return change(ctx, s, how, func(c *referralv1.Contact) *referralv1.TakeBackContactResponse {
		return &referralv1.TakeBackContactResponse{Contact: c}
	}, func(a *act) error {
		if err := a.notClosed(); err != nil {
			return err
		}
		if a.contact.TakenBackAt != nil {
			return fault.Refused("ALREADY_TAKEN_BACK", "name", "it is recorded already that the referrer takes this back")
		}
		a.contact.TakenBackAt, a.contact.TakenBackReason = &a.now, req.GetReason()
		return a.tell("contact_taken_back", nil)
	})
}

// MarkSentInError closes a contact as sent in error, by a member of the Referral Team, with the reason. A child who was
// referred to a team is withdrawn from it. Nothing is deleted.
func (s *Service) MarkSentInError(ctx context.Context, req *referralv1.MarkSentInErrorRequest) (*referralv1.MarkSentInErrorResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	how := acting{passport: p, request: req, how: "SENT_IN_ERROR", reason: req.GetReason()}
	return change(ctx, s, how, func(c *referralv1.Contact) *referralv1.MarkSentInErrorResponse {
		return &referralv1.MarkSentInErrorResponse{Contact: c}
	}, func(a *act) error {
		if err := a.notClosed(); err != nil {
			return err
		}
		a.contact.State = sentInError
		if err := a.withdrawAll(); err != nil {
			return err
		}
		return a.tell("contact_sent_in_error", nil)
	})
}

// withdrawAll takes every child back from the team that it was referred to.
func (a *act) withdrawAll() error {
	screenings, err := screeningsOf(a.ctx, a.tx, a.contact.ID)
	if err != nil {
		return err
	}
	for _, one := range a.children {
		current := currentOf(screenings[one.ID])
		if current == nil || !toTeam(current.outcome()) {
			continue
		}
		one.Progress = progressWithdrawn
		if err := saveChild(a.ctx, a.tx, one); err != nil {
			return err
		}
		if err := a.tellWithdrawn(current); err != nil {
			return err
		}
	}
	return nil
}

// AcknowledgeDanger takes note of immediate danger, by a member of the Referral Team: the alarm stops. Deciding does not
// acknowledge, so that nobody switches an alarm off without having meant to.
func (s *Service) AcknowledgeDanger(ctx context.Context, req *referralv1.AcknowledgeDangerRequest) (*referralv1.AcknowledgeDangerResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	how := acting{passport: p, request: req, how: "DANGER_ACKNOWLEDGED"}
	return change(ctx, s, how, func(c *referralv1.Contact) *referralv1.AcknowledgeDangerResponse {
		return &referralv1.AcknowledgeDangerResponse{Contact: c}
	}, func(a *act) error {
		if !a.contact.dangerOpen() {
			return fault.Refused("NO_DANGER_OPEN", "name", "no immediate danger waits to be acknowledged here")
		}
		a.contact.DangerAcknowledgedAt, a.contact.DangerAcknowledgedBy = &a.now, who(p)
		a.contact.DeliveryFailed = false
		return nil
	})
}
