package referral

import (
	"context"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// ConfirmReceipt records that the receiving service or authority has the child: an outcome that passes a child on is
// not finished before somebody there has said so.
func (s *Service) ConfirmReceipt(ctx context.Context, req *referralv1.ConfirmReceiptRequest) (*referralv1.ConfirmReceiptResponse, error) {
	p, err := staff(ctx, s.now())
	if err != nil {
		return nil, err
	}
	_, id, err := childID(req.GetName())
	if err != nil {
		return nil, err
	}
	how := acting{passport: p, request: req, how: "RECEIPT_CONFIRMED", child: id}
	return change(ctx, s, how, func(c *referralv1.Contact) *referralv1.ConfirmReceiptResponse {
		return &referralv1.ConfirmReceiptResponse{Contact: c}
	}, func(a *act) error {
		one := a.child(id)
		if !needsReceipt(one.outcome()) {
			return fault.Refused("NO_RECEIPT_DUE", "name", "only early help and another authority confirm a receipt")
		}
		tag, err := a.tx.Exec(ctx, `UPDATE screening SET receipt_confirmed_at = $2, receipt_confirmed_by = $3, receipt_confirmed_version = $4
			WHERE child = $1 AND superseded_at IS NULL AND receipt_confirmed_at IS NULL`, id, a.now, req.GetConfirmedBy(), a.contact.Version)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Refused("ALREADY_CONFIRMED", "name", "this receipt is confirmed already")
		}
		one.Progress = progressReceiptConfirmed
		return saveChild(ctx, a.tx, one)
	})
}
