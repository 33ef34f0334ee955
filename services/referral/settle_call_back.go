package referral

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/pg/once"
)

// callBackRequest is a request that changes one call-back.
type callBackRequest interface {
	once.Request
	GetName() string
}

// callBackAnswer is an answer that holds the call-back as it stands after the change.
type callBackAnswer interface {
	proto.Message
	GetCallBack() *referralv1.CallBack
}

// RetryCallBack lets a call-back be tried again at once, by a member of the Referral Team, and then over another day.
func (s *Service) RetryCallBack(ctx context.Context, req *referralv1.RetryCallBackRequest) (*referralv1.RetryCallBackResponse, error) {
	return onCallBack(ctx, s, req, "RETRY_CALL_BACK", func(b *referralv1.CallBack) *referralv1.RetryCallBackResponse {
		return &referralv1.RetryCallBackResponse{CallBack: b}
	}, func(tx pgx.Tx, b *callBack, _ string, now time.Time) error {
		b.Round, b.Tries, b.NextAt, b.GaveUpAt = b.Round+1, 0, &now, nil
		return s.jobs.Insert(ctx, tx, callBackJob{CallBack: b.ID.String(), Round: b.Round}, nil)
	})
}

// SettleCallBack keeps how a member of the Referral Team told the referrer instead. It is not tried any more.
func (s *Service) SettleCallBack(ctx context.Context, req *referralv1.SettleCallBackRequest) (*referralv1.SettleCallBackResponse, error) {
	return onCallBack(ctx, s, req, "SETTLE_CALL_BACK", func(b *referralv1.CallBack) *referralv1.SettleCallBackResponse {
		return &referralv1.SettleCallBackResponse{CallBack: b}
	}, func(_ pgx.Tx, b *callBack, by string, now time.Time) error {
		b.Settled, b.SettledBy, b.SettledAt, b.NextAt = req.GetHow(), by, &now, nil
		return nil
	})
}

// onCallBack runs an act on a call-back that the referrer has not been told by yet.
func onCallBack[R callBackAnswer](ctx context.Context, s *Service, req callBackRequest, how string, wrap func(*referralv1.CallBack) R,
	work func(tx pgx.Tx, b *callBack, by string, now time.Time) error,
) (R, error) {
	var none R
	now := s.now()
	p, err := staff(ctx, now)
	if err != nil {
		return none, err
	}
	id, err := callBackID(req.GetName())
	if err != nil {
		return none, err
	}
	key, err := once.KeyOf(ctx, req, now)
	if err != nil {
		return none, err
	}
	return once.Do(ctx, s.db, key, wrap(nil), func(tx pgx.Tx) (R, error) {
		b, err := callBackOf(ctx, tx, id)
		if err != nil {
			return none, err
		}
		if b.DeliveredAt != nil || b.SettledAt != nil {
			return none, errToldAlready()
		}
		if err := work(tx, b, who(p), now); err != nil {
			return none, err
		}
		if err := saveCallBack(ctx, tx, b); err != nil {
			return none, err
		}
		return wrap(b.message(p.Authority)), audit.Write(ctx, tx, now, how, "contacts/"+b.Contact.String(), "callBacks/"+b.ID.String())
	}, func(tx pgx.Tx, answer R) error {
		return audit.Write(ctx, tx, now, "give the same answer again", namedCallBack(answer.GetCallBack())...)
	})
}
