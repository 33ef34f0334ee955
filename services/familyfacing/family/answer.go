package family

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
)

// answer is the family as its team knows it, whole.
func answer(ctx context.Context, tx pgx.Tx, f *family, now time.Time) (*familyfacingv1.Family, error) {
	worker, cover := f.people()
	m := &familyfacingv1.Family{
		Name: named(ctx, "families", &f.ID), Team: teamName(ctx, f.Team), State: stateOf(f.State), OpenedAt: timestamppb.New(f.OpenedAt),
		Contact: named(ctx, "contacts", f.Contact), Worker: named(ctx, "people", worker), Cover: named(ctx, "people", cover),
		AllocatedAt: instant(f.AllocatedAt), Handovers: int32(f.Handovers), //nolint:gosec // nobody hands over two billion times
		Urgent: f.UrgentSince != nil, UrgentAcknowledgedBy: named(ctx, "people", f.AcknowledgedBy), Etag: f.etag(),
		WeightTenths: int32(f.WeightTenths), Restricted: f.Restricted, GlassBrokenUntil: instant(f.GlassUntil), //nolint:gosec // at most 100
	}
	var err error
	if m.People, err = peopleOf(ctx, tx, f.ID, now); err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	if m.Involvements, err = involvementsOf(ctx, tx, f.ID); err != nil {
		return nil, fmt.Errorf("read involvements: %w", err)
	}
	if m.Worries, err = worriesOf(ctx, tx, f.ID); err != nil {
		return nil, fmt.Errorf("read worries: %w", err)
	}
	return m, nil
}

// peopleOf gives the family's people, children first. A protected address is left out, with the phone.
func peopleOf(ctx context.Context, tx pgx.Tx, family uuid.UUID, now time.Time) ([]*familyfacingv1.Person, error) {
	rows, err := tx.Query(ctx, `SELECT id, full_name, is_child, coalesce(birth_date::text, ''), sex, coalesce(nhs_number, ''), relationship,
		address, postcode, standing, standing_reason, address_protected, also_known_as, phone, coalesce(upn, '') FROM person WHERE family = $1 ORDER BY is_child DESC, id`, family)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*familyfacingv1.Person, error) {
		var id uuid.UUID
		p := &familyfacingv1.Person{}
		err := row.Scan(&id, &p.FullName, &p.Child, &p.BirthDate, &p.Sex, &p.NhsNumber, &p.Relationship, &p.Address, &p.Postcode,
			&p.Standing, &p.StandingReason, &p.AddressProtected, &p.AlsoKnownAs, &p.Phone, &p.Upn)
		p.Name, p.AgeYears = personName(ctx, family, id, p.GetChild()), ageOf(p.GetBirthDate(), now)
		if p.GetAddressProtected() {
			withoutAddress(p)
		}
		return p, err
	})
}

func involvementsOf(ctx context.Context, tx pgx.Tx, family uuid.UUID) ([]*familyfacingv1.Involvement, error) {
	rows, err := tx.Query(ctx, `SELECT kind, team, worker, cover, reason, child_told, decided_by, at, written_at FROM involvement
		WHERE family = $1 ORDER BY id DESC`, family)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*familyfacingv1.Involvement, error) {
		var worker, cover, by *uuid.UUID
		var at, written time.Time
		i := &familyfacingv1.Involvement{}
		err := row.Scan(&i.Kind, &i.Team, &worker, &cover, &i.Reason, &i.ChildTold, &by, &at, &written)
		i.Team, i.Worker, i.Cover = teamName(ctx, i.GetTeam()), named(ctx, "people", worker), named(ctx, "people", cover)
		i.DecidedBy, i.At, i.WrittenAt = named(ctx, "people", by), timestamppb.New(at), timestamppb.New(written)
		return i, err
	})
}

// worriesOf gives each contact's latest words, with every reason that its screening gave for sending a child here.
func worriesOf(ctx context.Context, tx pgx.Tx, family uuid.UUID) ([]*familyfacingv1.ReferredWorry, error) {
	rows, err := tx.Query(ctx, `SELECT contact, received_at, words, screening_reason FROM worry
		WHERE family = $1 ORDER BY received_at, contact, version`, family)
	if err != nil {
		return nil, err
	}
	var worries []*familyfacingv1.ReferredWorry
	var reasons []string
	var contact uuid.UUID
	var received time.Time
	var words, reason string
	_, err = pgx.ForEachRow(rows, []any{&contact, &received, &words, &reason}, func() error {
		name := named(ctx, "contacts", &contact)
		if len(worries) == 0 || worries[len(worries)-1].GetContact() != name {
			worries, reasons = append(worries, &familyfacingv1.ReferredWorry{Contact: name, ReceivedAt: timestamppb.New(received)}), nil
		}
		w := worries[len(worries)-1]
		w.Worry = words
		if reason != "" && !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
			w.ScreeningReason = strings.Join(reasons, "\n")
		}
		return nil
	})
	return worries, err
}

// shown are the subjects of a look at the whole family: every id in it.
func shown(m *familyfacingv1.Family) []string {
	names := []string{m.GetName(), m.GetTeam(), m.GetContact(), m.GetWorker(), m.GetCover(), m.GetUrgentAcknowledgedBy()}
	for _, p := range m.GetPeople() {
		names = append(names, p.GetName())
	}
	for _, i := range m.GetInvolvements() {
		names = append(names, i.GetTeam(), i.GetWorker(), i.GetCover(), i.GetDecidedBy())
	}
	for _, w := range m.GetWorries() {
		names = append(names, w.GetContact())
	}
	return subjects(names)
}

// subjects are the names without their authority, each once, without the empty ones.
func subjects(names []string) []string {
	var found []string
	for _, name := range names {
		if s := subject(name); s != "" && !slices.Contains(found, s) {
			found = append(found, s)
		}
	}
	return found
}

func stateOf(s state) familyfacingv1.FamilyState {
	return familyfacingv1.FamilyState(familyfacingv1.FamilyState_value["FAMILY_STATE_"+string(s)])
}

func instant(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}
