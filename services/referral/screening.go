package referral

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// screening is an outcome of a child with its reason, as somebody gave it.
type screening struct {
	Child                   uuid.UUID
	Version                 int32
	Contact                 uuid.UUID
	ContactVersion          int32
	Outcome                 int16
	Reason                  string
	ReasonForReferrer       string
	Receiver                string
	FamilyAgrees            int16
	PrimaryNeed             string
	Team                    string
	Family                  *uuid.UUID
	OwnFamily               bool
	By                      string
	At                      time.Time
	ReceiptConfirmedAt      *time.Time
	ReceiptConfirmedBy      string
	ReceiptConfirmedVersion int32
	SupersededAt            *time.Time
	SupersededVersion       int32
}

const screeningColumns = `child, version, contact, contact_version, outcome, reason, reason_for_referrer, receiver, family_agrees, primary_need,
	team, family, own_family, by, at, receipt_confirmed_at, receipt_confirmed_by, receipt_confirmed_version, superseded_at, superseded_version`

func (s *screening) outcome() referralv1.Outcome { return referralv1.Outcome(s.Outcome) }

func (s *screening) message(authority string) *referralv1.Screening {
	return &referralv1.Screening{
		Outcome: s.outcome(), Reason: s.Reason, ReasonForReferrer: s.ReasonForReferrer, ScreenedBy: inAuthority(authority, s.By),
		ScreenedAt: timestamppb.New(s.At), Version: s.Version, Receiver: s.Receiver, FamilyAgrees: referralv1.YesNo(s.FamilyAgrees),
		ReceiptConfirmedAt: stamp(s.ReceiptConfirmedAt), PrimaryNeed: s.PrimaryNeed,
	}
}

// screeningsOf reads every screening of a contact by child, newest first.
func screeningsOf(ctx context.Context, tx pgx.Tx, contact uuid.UUID) (map[uuid.UUID][]*screening, error) {
	rows, err := tx.Query(ctx, `SELECT `+screeningColumns+` FROM screening WHERE contact = $1 ORDER BY child, version DESC`, contact)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[screening])
	if err != nil {
		return nil, err
	}
	by := map[uuid.UUID][]*screening{}
	for _, one := range all {
		by[one.Child] = append(by[one.Child], one)
	}
	return by, nil
}

// currentOf is the outcome that stands; nil while undecided.
func currentOf(screenings []*screening) *screening {
	for _, one := range screenings {
		if one.SupersededAt == nil {
			return one
		}
	}
	return nil
}
