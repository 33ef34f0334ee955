package family

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// part gives the n-th part of a resource name, from 0; empty where it has fewer.
func part(name string, n int) string {
	parts := strings.Split(name, "/")
	if n >= len(parts) {
		return ""
	}
	return parts[n]
}

// familyIn reads the family's id out of its name, or out of the name of one of its people.
func familyIn(name string) (uuid.UUID, error) {
	id, err := uuid.Parse(part(name, 3))
	if err != nil {
		return uuid.Nil, fault.NotFound()
	}
	return id, nil
}

// personIn reads the id out of the name of a family's child.
func personIn(name string) (uuid.UUID, error) {
	id, err := uuid.Parse(part(name, 5))
	if err != nil {
		return uuid.Nil, fault.NotFound()
	}
	return id, nil
}

// colleagueIn reads a staff member's id; nobody has the id that stands for none.
func colleagueIn(name string) uuid.UUID {
	id, err := uuid.Parse(part(name, 3))
	if err != nil {
		return uuid.Nil
	}
	return id
}

// teamIn reads the team's key.
func teamIn(name string) string { return part(name, 3) }

// named makes a resource name of the call's authority; empty for no id.
func named(ctx context.Context, collection string, id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return "authorities/" + passport.Authority(ctx) + "/" + collection + "/" + id.String()
}

func teamName(ctx context.Context, team string) string {
	return "authorities/" + passport.Authority(ctx) + "/teams/" + team
}

// personName names somebody of a family.
func personName(ctx context.Context, family, person uuid.UUID, child bool) string {
	kind := "/adults/"
	if child {
		kind = "/children/"
	}
	return named(ctx, "families", &family) + kind + person.String()
}

// subject is a resource name as the audit trail has it: without its authority.
func subject(name string) string {
	_, rest, _ := strings.Cut(name, "/")
	_, rest, _ = strings.Cut(rest, "/")
	return rest
}

// actorName makes the resource name of an actor, `person/{id}`; empty for anyone but a person.
func actorName(ctx context.Context, actor string) string {
	kind, id, _ := strings.Cut(actor, "/")
	if kind != string(passport.Person) {
		return ""
	}
	return "authorities/" + passport.Authority(ctx) + "/people/" + id
}

// decider is the id of the person who acts, or on whose act the service acts; nil where it was no person.
func decider(ctx context.Context) *uuid.UUID {
	kind, id, _ := strings.Cut(actor(ctx), "/")
	if kind != string(passport.Person) {
		return nil
	}
	parsed, err := uuid.Parse(id)
	if err != nil {
		return nil
	}
	return &parsed
}

// actor is who acts, or on whose act the service acts.
func actor(ctx context.Context) string {
	p := passport.From(ctx)
	if p == nil {
		return ""
	}
	if p.CausedBy != "" {
		return p.CausedBy
	}
	return p.Actor()
}

func authorityName(ctx context.Context) string { return "authorities/" + passport.Authority(ctx) }
