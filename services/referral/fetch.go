package referral

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// FetchReferral gives a service that took in an event the contact as it was at the version that the event names: the
// text that stood then, the children there were, their teams and outcomes. Only services may call it.
func (s *Service) FetchReferral(ctx context.Context, req *referralv1.FetchReferralRequest) (*referralv1.FetchReferralResponse, error) {
	p := passport.From(ctx)
	if p == nil || p.Kind != passport.Service {
		return nil, fault.Denied("NOT_A_SERVICE", "only services fetch referrals")
	}
	id, err := contactID(req.GetName())
	if err != nil {
		return nil, err
	}
	var answer *referralv1.FetchReferralResponse
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		l, err := s.open(ctx, tx, p.Authority, id, false)
		if err != nil {
			return err
		}
		if req.GetVersion() > l.contact.Version {
			return fault.NotFound()
		}
		if answer, err = l.asAt(ctx, tx, req.GetVersion()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, l.now, "fetch what an event told of: "+p.Cause, subjects(l.contact, l.children)...)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// asAt is the contact at a version.
func (l *look) asAt(ctx context.Context, tx pgx.Tx, version int32) (*referralv1.FetchReferralResponse, error) {
	tolds, err := toldsUpTo(ctx, tx, l.contact.ID, version)
	if err != nil {
		return nil, err
	}
	screenings, err := screeningsOf(ctx, tx, l.contact.ID)
	if err != nil {
		return nil, err
	}
	teams, err := teamsAt(ctx, tx, l.contact.ID, version)
	if err != nil {
		return nil, err
	}
	answer := &referralv1.FetchReferralResponse{
		Contact: contactName(l.authority, l.contact.ID), Version: version, ReceivedAt: timestamppb.New(l.contact.ReceivedAt), Told: tolds[0],
	}
	for _, c := range l.children {
		if c.SinceVersion > version {
			continue
		}
		shown := &referralv1.ContactChild{Name: childName(l.authority, c.Contact, c.ID), Desk: &referralv1.ChildDesk{
			Team: teamName(l.authority, teams[c.ID]), AlreadyOpenFamily: familyName(l.authority, c.AlreadyOpenFamily),
		}}
		if shown.Told = toldAt(tolds, int(c.Place)); shown.Told != nil {
			shown.Desk.ReadAs = readChild(shown.Told, l.contact.ReceivedAt).ReadAs
		}
		for _, one := range screenings[c.ID] {
			one.addAsAt(shown, l.authority, version)
		}
		answer.Children = append(answer.Children, shown)
	}
	return answer, nil
}

// addAsAt puts the screening where it stood at the version: current, earlier, or not there yet.
func (s *screening) addAsAt(shown *referralv1.ContactChild, authority string, version int32) {
	if s.ContactVersion > version {
		return
	}
	m := s.message(authority)
	if s.ReceiptConfirmedVersion > version {
		m.ReceiptConfirmedAt = nil
	}
	if s.SupersededAt != nil && s.SupersededVersion <= version {
		shown.Desk.EarlierScreenings = append(shown.Desk.EarlierScreenings, m)
		return
	}
	shown.Desk.Screening, shown.DecidedAt = m, m.GetScreenedAt()
	if s.Team != "" {
		shown.Desk.Team = teamName(authority, s.Team)
	}
}

// toldsUpTo reads what stood at a version of the contact and everything told before, newest first.
func toldsUpTo(ctx context.Context, tx pgx.Tx, contact uuid.UUID, version int32) ([]*referralv1.Told, error) {
	rows, err := tx.Query(ctx, `SELECT told FROM told_version WHERE contact = $1 AND contact_version <= $2 ORDER BY told_version DESC`, contact, version)
	if err != nil {
		return nil, err
	}
	tolds, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*referralv1.Told, error) {
		var text []byte
		if err := row.Scan(&text); err != nil {
			return nil, err
		}
		return readTold(text)
	})
	if err == nil && len(tolds) == 0 {
		return nil, fault.NotFound()
	}
	return tolds, err
}

// toldAt is the child at that place in the newest text that has one there: later text may tell of fewer children, and
// none is forgotten for it.
func toldAt(tolds []*referralv1.Told, place int) *referralv1.ToldChild {
	for _, told := range tolds {
		if place < len(told.GetChildren()) {
			return told.GetChildren()[place]
		}
	}
	return nil
}

// teamsAt gives each child's team at a version of the contact.
func teamsAt(ctx context.Context, tx pgx.Tx, contact uuid.UUID, version int32) (map[uuid.UUID]string, error) {
	rows, err := tx.Query(ctx, `SELECT c.id, coalesce((SELECT t.team FROM team_choice t WHERE t.child = c.id AND t.contact_version <= $2
		ORDER BY t.contact_version DESC, t.at DESC LIMIT 1), c.first_team) FROM child c WHERE c.contact = $1`, contact, version)
	if err != nil {
		return nil, err
	}
	teams := map[uuid.UUID]string{}
	var id uuid.UUID
	var team string
	_, err = pgx.ForEachRow(rows, []any{&id, &team}, func() error {
		teams[id] = team
		return nil
	})
	return teams, err
}
