// Package passport is who acts: a token signed by the directory service that every call carries, from the entry point
// to the last service. It is valid for 15 seconds and for one entry point only.
package passport

import (
	"context"
	"slices"
	"time"
)

// Lifetime is how long a passport is valid.
const Lifetime = 15 * time.Second

// Kind says what sort of actor a passport is for.
type Kind string

// The kinds of actor.
const (
	Person  Kind = "person"
	Partner Kind = "partner"
	Service Kind = "service"
)

// TeamKind is one of the five kinds of team [blueprint: Summary of the proposed model].
type TeamKind string

// The kinds of team.
const (
	FamilyFacing TeamKind = "family_facing"
	Referral     TeamKind = "referral"
	Insight      TeamKind = "insight"
	Enabler      TeamKind = "enabler"
	Strategy     TeamKind = "strategy"
)

// Membership is a seat in a team that is held when the passport is issued.
type Membership struct {
	// Team is the team's key.
	Team string   `json:"team"`
	Kind TeamKind `json:"kind"`
	// Until is when the seat ends; zero where no end is set. It counts to the second, also within a passport's life.
	Until time.Time `json:"until,omitzero"`
}

// Qualification is a fact about a person, with its dates.
type Qualification struct {
	Key   string    `json:"key"`
	Until time.Time `json:"until,omitzero"`
}

// Passport is one actor in one authority.
type Passport struct {
	Authority string `json:"authority"`
	Kind      Kind   `json:"kind"`
	// ID is the person's or partner's id in the directory, or the service's name.
	ID string `json:"sub"`
	// Entry is the certificate name of whoever asked for the passport.
	Entry string `json:"entry"`
	// Memberships are a person's present seats.
	Memberships []Membership `json:"memberships,omitempty"`
	// Administrator of the authority's installation. It gives no right over a case.
	Administrator bool `json:"administrator,omitempty"`
	// Guardian marks the Caldicott guardian.
	Guardian bool `json:"guardian,omitempty"`
	// Registered says whether a Social Work England registration is in force.
	Registered     bool            `json:"registered,omitempty"`
	Qualifications []Qualification `json:"qualifications,omitempty"`
	// Source is a partner's kind, as the children in need census counts referral sources.
	Source string `json:"source,omitempty"`
	// Scopes are a partner's, already cut to what its token and the directory both allow.
	Scopes []string `json:"scopes,omitempty"`
	// Cause is, for a service, the event or timer it acts on; CausedBy is who caused that.
	Cause    string `json:"cause,omitempty"`
	CausedBy string `json:"caused_by,omitempty"`
	// Issued and Expires are set by the signer. They are exact, where the standard claims beside them count whole seconds.
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
}

// Actor names who acts, as events and audit rows do: `person/{id}`, `partner/{id}`, `service/{name}`.
func (p *Passport) Actor() string { return string(p.Kind) + "/" + p.ID }

// MemberOf says whether the person has a seat in the team at that moment.
func (p *Passport) MemberOf(team string, at time.Time) bool {
	return slices.ContainsFunc(p.Memberships, func(m Membership) bool { return m.Team == team && m.holds(at) })
}

// MemberOfKind says whether the person has a seat in any team of the kind at that moment.
func (p *Passport) MemberOfKind(kind TeamKind, at time.Time) bool {
	return slices.ContainsFunc(p.Memberships, func(m Membership) bool { return m.Kind == kind && m.holds(at) })
}

func (m Membership) holds(at time.Time) bool { return m.Until.IsZero() || at.Before(m.Until) }

// HasScope says whether a partner's token has the scope.
func (p *Passport) HasScope(scope string) bool { return slices.Contains(p.Scopes, scope) }

type key struct{}

type carried struct {
	passport  *Passport
	token     string
	authority string
}

// With puts a passport and the token it was read from on the way down.
func With(ctx context.Context, p *Passport, token string) context.Context {
	return context.WithValue(ctx, key{}, carried{passport: p, token: token, authority: p.Authority})
}

// WithToken carries a token that this process passes on without reading it.
func WithToken(ctx context.Context, authority, token string) context.Context {
	return context.WithValue(ctx, key{}, carried{token: token, authority: authority})
}

// WithAuthority names the authority for work that no passport starts: a pull of events, a timer, the operator.
func WithAuthority(ctx context.Context, authority string) context.Context {
	return context.WithValue(ctx, key{}, carried{authority: authority})
}

// From gives the acting passport; nil where none was carried.
func From(ctx context.Context) *Passport { c, _ := ctx.Value(key{}).(carried); return c.passport }

// Token gives the token to pass on; empty where none was carried.
func Token(ctx context.Context) string { c, _ := ctx.Value(key{}).(carried); return c.token }

// Authority gives the authority that the call is in; empty where none is named.
func Authority(ctx context.Context) string { c, _ := ctx.Value(key{}).(carried); return c.authority }
