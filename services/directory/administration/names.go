package administration

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

func nameOf(ctx context.Context, collection, id string) string {
	return "authorities/" + passport.Authority(ctx) + "/" + collection + "/" + id
}

func personName(ctx context.Context, id uuid.UUID) string { return nameOf(ctx, "people", id.String()) }
func teamName(ctx context.Context, key string) string     { return nameOf(ctx, "teams", key) }

// keyIn reads the last part of a name of the call's authority. One of another authority names nothing.
func keyIn(ctx context.Context, collection, name string) (string, error) {
	key, ours := strings.CutPrefix(name, nameOf(ctx, collection, ""))
	if !ours || key == "" || strings.Contains(key, "/") {
		return "", fault.NotFound()
	}
	return key, nil
}

// personIn reads a person's id out of a name of the call's authority.
func personIn(ctx context.Context, name string) (uuid.UUID, error) {
	key, err := keyIn(ctx, "people", name)
	if err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.Parse(key)
	if err != nil {
		return uuid.Nil, fault.NotFound()
	}
	return id, nil
}

// actorName makes the resource name of person/{id}; empty for whoever is no person.
func actorName(ctx context.Context, actor string) string {
	kind, id, _ := strings.Cut(actor, "/")
	if kind != string(passport.Person) {
		return ""
	}
	return nameOf(ctx, "people", id)
}

// subjects are resource names as the audit trail has them: without their authority.
func subjects(names []string) []string {
	rest := make([]string, 0, len(names))
	for _, name := range names {
		_, after, _ := strings.Cut(name, "/")
		if _, after, found := strings.Cut(after, "/"); found {
			rest = append(rest, after)
		}
	}
	return rest
}
