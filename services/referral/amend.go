package referral

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// AmendContact writes down fuller or corrected facts as a new version, by a member of the Referral Team, with the
// reason. What was told before is kept for ever. Text that now tells of immediate danger raises the alarm.
func (s *Service) AmendContact(ctx context.Context, req *referralv1.AmendContactRequest) (*referralv1.AmendContactResponse, error) {
	now := s.now()
	p, err := staff(ctx, now)
	if err != nil {
		return nil, err
	}
	r := retold{told: req.GetTold(), toldBy: who(p)}
	if r.text, err = (proto.MarshalOptions{Deterministic: true}).Marshal(req.GetTold()); err != nil {
		return nil, fmt.Errorf("keep what was told: %w", err)
	}
	// The directory is asked before the contact is locked.
	for place, told := range req.GetTold().GetChildren() {
		r.children = append(r.children, s.newChild(ctx, p.Authority, told, place, 1, now))
	}
	how := acting{passport: p, request: req, how: "AMENDED", reason: req.GetReason()}
	return change(ctx, s, how, func(c *referralv1.Contact) *referralv1.AmendContactResponse {
		return &referralv1.AmendContactResponse{Contact: c}
	}, func(a *act) error {
		if err := a.decidable(); err != nil {
			return err
		}
		if len(r.children) < len(a.children) {
			return fault.Invalid("told.children", "children keep their place and none is left out; describe each again, in the same order")
		}
		if err := a.retell(r); err != nil {
			return err
		}
		if err := a.lookUpLater(); err != nil {
			return err
		}
		if req.GetTold().GetImmediateDanger() && !a.contact.ImmediateDanger {
			a.contact.endanger(decisionDueBy(a.now, true, a.office))
			if err := a.alarm(); err != nil {
				return err
			}
		}
		return a.tell("contact_amended", map[string]string{"told": fmt.Sprint(a.contact.ToldVersion)})
	})
}

// alarm starts the alarm for the contact, in its transaction.
func (a *act) alarm() error {
	return a.service.jobs.Insert(a.ctx, a.tx, dangerAlarm{Contact: a.contact.ID.String()}, nil)
}

// lookUpLater puts the look for a patch aside where the directory did not answer.
func (a *act) lookUpLater() error {
	for _, c := range a.children {
		if c.patchUnknown() {
			return a.service.jobs.Insert(a.ctx, a.tx, patchLookup{Contact: a.contact.ID.String()}, nil)
		}
	}
	return nil
}
