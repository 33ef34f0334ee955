package referral

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/passport"
)

// stamp is a time for a message; absent for none.
func stamp(at *time.Time) *timestamppb.Timestamp {
	if at == nil {
		return nil
	}
	return timestamppb.New(*at)
}

// look gathers a contact for an answer.
type look struct {
	authority string
	now       time.Time
	office    office
	contact   *contact
	children  []*child
}

// open reads a contact and its children, locked where it will be changed.
func (s *Service) open(ctx context.Context, tx pgx.Tx, authority string, id uuid.UUID, lock bool) (*look, error) {
	c, err := contactOf(ctx, tx, id, lock)
	if err != nil {
		return nil, err
	}
	children, err := childrenOf(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return &look{authority: authority, now: s.now(), contact: c, children: children}, nil
}

// common is what both staff and partner see.
func (l *look) common(told *referralv1.Told) *referralv1.Contact {
	c := l.contact
	shown := &referralv1.Contact{
		Name: contactName(l.authority, c.ID), Receipt: c.Receipt, State: referralv1.ContactState(c.State), ReceivedAt: timestamppb.New(c.ReceivedAt),
		DecisionDueBy: timestamppb.New(c.DecisionDueBy), DecidedAt: stamp(c.DecidedAt), Told: told, StillNeeded: stillNeeded(told),
		TakenBackAt: stamp(c.TakenBackAt), Etag: c.etag(), SeenAt: stamp(c.SeenAt),
	}
	if c.isVersion() {
		shown.ProposedVersionOf = contactName(l.authority, *c.VersionOf)
	}
	return shown
}

// forStaff is a contact as the Referral Team sees it.
func (l *look) forStaff(ctx context.Context, tx pgx.Tx) (*referralv1.Contact, error) {
	c := l.contact
	tolds, err := toldsUpTo(ctx, tx, c.ID, c.Version)
	if err != nil {
		return nil, err
	}
	screenings, err := screeningsOf(ctx, tx, c.ID)
	if err != nil {
		return nil, err
	}
	shown := l.common(tolds[0])
	shown.HowToEscalate, shown.ContactPhone = l.office.howToEscalate, l.office.contactPhone
	if shown.Desk, err = l.desk(ctx, tx); err != nil {
		return nil, err
	}
	for _, one := range l.children {
		shown.Children = append(shown.Children, l.childForStaff(one, tolds, screenings[one.ID]))
	}
	return shown, nil
}

func (l *look) desk(ctx context.Context, tx pgx.Tx) (*referralv1.ContactDesk, error) {
	c := l.contact
	desk := &referralv1.ContactDesk{
		Version: c.ToldVersion, Overdue: c.overdue(l.now), DangerAcknowledgedAt: stamp(c.DangerAcknowledgedAt), TakenBackReason: c.TakenBackReason,
		ReceivedFrom: inAuthority(l.authority, c.ReceivedFrom), OverLimit: c.OverLimit, NeedsPerson: needs(c), WithDutySince: stamp(c.WithDutySince),
	}
	if c.SeenBy != "" {
		desk.SeenBy = inAuthority(l.authority, c.SeenBy)
	}
	if c.DangerAcknowledgedBy != "" {
		desk.DangerAcknowledgedBy = inAuthority(l.authority, c.DangerAcknowledgedBy)
	}
	rows, err := tx.Query(ctx, `SELECT id FROM contact WHERE version_of = $1 AND version_of IS NOT NULL AND state = 3 ORDER BY received_at`, c.ID)
	if err != nil {
		return nil, err
	}
	waiting, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, err
	}
	for _, id := range waiting {
		desk.ProposedVersions = append(desk.ProposedVersions, contactName(l.authority, id))
	}
	rows, err = tx.Query(ctx, `SELECT other, reason FROM link WHERE contact = $1 ORDER BY at, other`, c.ID)
	if err != nil {
		return nil, err
	}
	desk.Links, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*referralv1.ContactLink, error) {
		var other uuid.UUID
		link := &referralv1.ContactLink{}
		err := row.Scan(&other, &link.Reason)
		link.Contact = contactName(l.authority, other)
		return link, err
	})
	if err != nil {
		return nil, err
	}
	told, err := callBacksOf(ctx, tx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, b := range told {
		desk.CallBacks = append(desk.CallBacks, b.message(l.authority))
	}
	return desk, nil
}

func needs(c *contact) []referralv1.NeedsPerson {
	var all []referralv1.NeedsPerson
	for _, n := range c.NeedsPerson {
		all = append(all, referralv1.NeedsPerson(n))
	}
	return all
}

// childForStaff shows a child with what is read in its text, and every outcome that it had.
func (l *look) childForStaff(c *child, tolds []*referralv1.Told, screenings []*screening) *referralv1.ContactChild {
	shown := &referralv1.ContactChild{Name: childName(l.authority, c.Contact, c.ID), Desk: &referralv1.ChildDesk{
		Team: teamName(l.authority, c.Team), TeamReason: c.TeamReason, AlreadyOpenFamily: familyName(l.authority, c.AlreadyOpenFamily),
		Progress: c.Progress, Family: familyName(l.authority, c.Family),
	}}
	if shown.Told = toldAt(tolds, int(c.Place)); shown.Told != nil {
		shown.Desk.ReadAs = readChild(shown.Told, l.contact.ReceivedAt).ReadAs
		shown.Desk.Doubts = doubts(c, shown.Told, l.contact.ReceivedAt)
	}
	for _, one := range screenings {
		if one.SupersededAt != nil {
			shown.Desk.EarlierScreenings = append(shown.Desk.EarlierScreenings, one.message(l.authority))
			continue
		}
		shown.Desk.Screening = one.message(l.authority)
		told := disclose(referralv1.Outcome(one.Outcome), l.contact.SourceCode)
		shown.OutcomeForReferrer, shown.ReasonForReferrer, shown.DecidedAt = told.Outcome, one.ReasonForReferrer, timestamppb.New(one.At)
	}
	return shown
}

// forPartner is a contact as its sender sees it: its own words, and of the decision what disclosure.go allows.
func (l *look) forPartner(ctx context.Context, tx pgx.Tx, p *passport.Passport) (*referralv1.Contact, error) {
	var text []byte
	err := tx.QueryRow(ctx, `SELECT told FROM told_version WHERE contact = $1 AND told_by = $2 ORDER BY told_version DESC LIMIT 1`, l.contact.ID, who(p)).Scan(&text)
	if err != nil {
		return nil, err
	}
	told, err := readTold(text)
	if err != nil {
		return nil, err
	}
	screenings, err := screeningsOf(ctx, tx, l.contact.ID)
	if err != nil {
		return nil, err
	}
	shown, source := l.common(told), narrower(l.contact.SourceCode, p.Source)
	if disclosesToWhom(source) {
		shown.HowToEscalate, shown.ContactPhone = l.office.howToEscalate, l.office.contactPhone
	}
	for _, c := range l.children {
		// A child that somebody else told of is not the sender's to see.
		if int(c.Place) >= len(told.GetChildren()) {
			continue
		}
		one := &referralv1.ContactChild{Name: childName(l.authority, c.Contact, c.ID), Told: told.GetChildren()[c.Place]}
		if current := currentOf(screenings[c.ID]); current != nil {
			allowed := disclose(referralv1.Outcome(current.Outcome), source)
			one.OutcomeForReferrer, one.DecidedAt = allowed.Outcome, timestamppb.New(current.At)
			if allowed.Reason {
				one.ReasonForReferrer = current.ReasonForReferrer
			}
		}
		shown.Children = append(shown.Children, one)
	}
	return shown, nil
}

// namedIn lists the ids that an answer shows, as the audit keeps them.
func namedIn(c *referralv1.Contact) []string {
	var all []string
	add := func(name string) {
		parts := strings.Split(name, "/")
		if len(parts) >= 4 {
			all = append(all, strings.Join(parts[len(parts)-2:], "/"))
		}
	}
	add(c.GetName())
	add(c.GetProposedVersionOf())
	for _, one := range c.GetChildren() {
		add(one.GetName())
		add(one.GetDesk().GetFamily())
		add(one.GetDesk().GetAlreadyOpenFamily())
	}
	for _, other := range c.GetDesk().GetLinks() {
		add(other.GetContact())
	}
	for _, name := range c.GetDesk().GetProposedVersions() {
		add(name)
	}
	return all
}
