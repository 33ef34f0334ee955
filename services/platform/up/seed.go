package up

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/demo"
	"github.com/kithcare/kith/services/directory"
	"github.com/kithcare/kith/services/directory/description"
	"github.com/kithcare/kith/services/familyfacing/family"
	"github.com/kithcare/kith/services/referral"
)

// seed fills an authority's empty database with its description and its invented past, all of it or nothing.
func seed(ctx context.Context, owner *pgx.Conn, a *description.Authority, now time.Time) error {
	return pgx.BeginFunc(ctx, owner, func(tx pgx.Tx) error {
		if _, err := directory.Import(ctx, tx, a, "kith up", now); err != nil {
			return err
		}
		p := past{families: demo.Families(demo.HistoryOf(a, now))}
		if err := p.find(ctx, tx); err != nil {
			return err
		}
		contacts, families := p.rows()
		if err := referral.Seed(ctx, tx, contacts); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SET LOCAL search_path = familyfacing`); err != nil {
			return fmt.Errorf("the families' tables: %w", err)
		}
		return family.Seed(ctx, tx, families)
	})
}

// past turns the invented families into what each service keeps of them.
type past struct {
	families []demo.Family
	// people by key.
	people map[string]uuid.UUID
	// screener is who decided the contacts of the past.
	screener string
}

// find looks up the people that the description has just brought in.
func (p *past) find(ctx context.Context, tx pgx.Tx) error {
	p.people = map[string]uuid.UUID{}
	rows, err := tx.Query(ctx, `SELECT key, id FROM directory.person`)
	if err != nil {
		return fmt.Errorf("the people described: %w", err)
	}
	var key string
	var id uuid.UUID
	if _, err := pgx.ForEachRow(rows, []any{&key, &id}, func() error { p.people[key] = id; return nil }); err != nil {
		return fmt.Errorf("the people described: %w", err)
	}
	err = tx.QueryRow(ctx, `SELECT min(person::text) FROM directory.membership m JOIN directory.team t ON t.key = m.team WHERE t.kind = 'referral' AND m.until IS NULL`).Scan(&p.screener)
	if err != nil {
		return fmt.Errorf("the Referral Team: %w", err)
	}
	return nil
}

func (p *past) rows() ([]referral.PastContact, []family.PastFamily) {
	contacts := make([]referral.PastContact, 0, len(p.families))
	families := make([]family.PastFamily, 0, len(p.families))
	for _, f := range p.families {
		contact, home := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
		contacts = append(contacts, p.contact(f, contact, home))
		families = append(families, p.family(f, contact, home))
	}
	return contacts, families
}

func (p *past) contact(f demo.Family, id, home uuid.UUID) referral.PastContact {
	c := f.Contact
	told := &referralv1.Told{
		Source:          &referralv1.Source{Code: c.Source, Organisation: c.Organisation, Person: c.Name, Role: c.Role},
		Worry:           c.Concern,
		ImmediateDanger: c.DangerAtFirst,
	}
	if c.ParentsTold {
		told.Telling = &referralv1.Telling{ParentsTold: referralv1.YesNo_YES_NO_YES}
	}
	outcome := referralv1.Outcome_OUTCOME_FAMILY_FACING_TEAM
	if c.Outcome == demo.OutcomeStrategyDiscussionNow {
		outcome = referralv1.Outcome_OUTCOME_STRATEGY_DISCUSSION_NOW
	}
	past := referral.PastContact{ID: id, Told: told, PersonID: p.screener, ReceivedAt: c.ReceivedAt}
	for _, child := range f.Children {
		told.Children = append(told.Children, &referralv1.ToldChild{
			Name: child.NameTold, BirthDate: child.BirthDate.Format("02/01/2006"), Sex: child.Sex, NhsNumber: child.NHSNumber, Upn: child.UPN,
			Address: f.Address.Line + ", " + f.Address.Town, Postcode: f.Address.Postcode,
		})
		past.Children = append(past.Children, referral.PastChild{
			Team: f.Team, Outcome: outcome, Reason: c.Reason, ReasonForReferrer: "Passed to the Family Facing Team of the patch.", PrimaryNeed: child.PrimaryNeed,
			PersonID: p.screener, DecidedAt: c.DecidedAt, Family: &home, Allocated: f.Allocation != nil,
		})
	}
	for _, adult := range f.Adults {
		one := &referralv1.ToldAdult{Name: fullName(adult.GivenName, adult.FamilyName)}
		for _, r := range adult.Relations {
			one.Relationships = append(one.Relationships, &referralv1.Relationship{Child: int32(r.Child), Relationship: r.Is})
		}
		told.Adults = append(told.Adults, one)
	}
	return past
}

func (p *past) family(f demo.Family, contact, id uuid.UUID) family.PastFamily {
	past := family.PastFamily{ID: id, Team: f.Team, Contact: contact, OpenedAt: f.OpenedAt, Worry: f.Contact.Concern, ScreeningReason: f.Contact.Reason}
	address := f.Address.Line + ", " + f.Address.Town
	for _, child := range f.Children {
		past.People = append(past.People, family.PastPerson{
			Child: true, FullName: fullName(child.GivenName, child.FamilyName), BirthDate: child.BirthDate, Sex: child.Sex,
			NHSNumber: child.NHSNumber, Address: address, Postcode: f.Address.Postcode,
		})
	}
	for _, adult := range f.Adults {
		one := family.PastPerson{FullName: fullName(adult.GivenName, adult.FamilyName)}
		if len(adult.Relations) > 0 {
			one.Relationship = adult.Relations[0].Is
		}
		if adult.AtAddress {
			one.Address, one.Postcode = address, f.Address.Postcode
		}
		past.People = append(past.People, one)
	}
	if f.Allocation != nil {
		past.Worker, past.Cover, past.AllocatedAt = p.people[f.Allocation.Worker], p.people[f.Allocation.Cover], f.Allocation.At
	}
	cover := past.Cover
	for _, h := range f.Handovers {
		worker := p.people[h.To]
		if worker == cover {
			// The one who covered takes over, and the former worker covers.
			cover = p.people[h.From]
		}
		past.Handovers = append(past.Handovers, family.PastHandover{Worker: worker, Cover: cover, Reason: h.Reason, ChildTold: true, At: h.Given})
	}
	if f.Closure != nil {
		past.ClosedAt = f.Closure.At
	}
	return past
}

func fullName(given, surname string) string { return strings.TrimSpace(given + " " + surname) }
