package referral

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
)

// ListCallBacks shows members of the Referral Team what the referrers were told, newest first, or what could not be
// delivered and waits for a person.
func (s *Service) ListCallBacks(ctx context.Context, req *referralv1.ListCallBacksRequest) (*referralv1.ListCallBacksResponse, error) {
	now := s.now()
	p, err := staff(ctx, now)
	if err != nil {
		return nil, err
	}
	after, err := readPlace(req.GetPageToken(), true)
	if err != nil {
		return nil, err
	}
	which, size := callBackShown, audit.PageSize(req.GetPageSize())
	if req.GetUndelivered() {
		which = `b.undelivered`
	}
	answer := &referralv1.ListCallBacksResponse{}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+callBackColumns+callBackTables+`WHERE (b.due_at, b.id) < ($1, $2) AND `+which+`
			ORDER BY b.due_at DESC, b.id DESC LIMIT `+fmt.Sprint(size+1), after.At, after.ID)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[callBack])
		if err != nil {
			return err
		}
		answer.Reset()
		if len(found) > size {
			found = found[:size]
			answer.NextPageToken = writeCallBackPlace(found[size-1])
		}
		var shown []string
		for _, b := range found {
			answer.CallBacks = append(answer.CallBacks, b.message(p.Authority))
			shown = append(shown, "contacts/"+b.Contact.String())
		}
		return audit.Write(ctx, tx, now, "list what referrers were told", distinct(shown)...)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

func writeCallBackPlace(b *callBack) string {
	// A struct of a number, a time and an id always becomes JSON.
	text, _ := json.Marshal(place{Rank: rankFinished, At: b.DueAt.UTC(), ID: b.ID})
	return base64.RawURLEncoding.EncodeToString(text)
}

// distinct leaves each out that was there before.
func distinct(all []string) []string {
	var once []string
	seen := map[string]bool{}
	for _, one := range all {
		if !seen[one] {
			seen[one] = true
			once = append(once, one)
		}
	}
	return once
}

// errToldAlready is a call-back that there is nothing left to do about.
func errToldAlready() error {
	return fault.Refused("NOTHING_CHANGES", "name", "the referrer has been told of this already")
}
