package browser

import (
	"fmt"
	"io"
	"path"
	"slices"
	"sync"
	"testing"

	"github.com/kithcare/kith/services/demo"
	"github.com/kithcare/kith/services/directory/description"
)

// The demonstration's authorities, as resource names.
const (
	Kensington  = "authorities/kensington-chelsea"
	Hammersmith = "authorities/hammersmith-fulham"
)

var described = sync.OnceValues(func() ([]*description.Authority, error) {
	folder := demo.Authorities()
	var all []*description.Authority
	for _, name := range []string{"kensington-chelsea", "hammersmith-fulham"} {
		file, err := folder.Open(name + ".yaml")
		if err != nil {
			return nil, err
		}
		a, problems := description.Read(file, name+".yaml", func(p string) (io.ReadCloser, error) { return folder.Open(path.Clean(p)) })
		if len(problems) > 0 {
			return nil, fmt.Errorf("the demonstration's description: %s", problems[0])
		}
		all = append(all, a)
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// subject is what the issuer calls a person of the demonstration.
func subject(t testing.TB, key string) string {
	t.Helper()
	return persona(t, key).Subject
}

// NameOf is a person's name.
func NameOf(t testing.TB, key string) string {
	t.Helper()
	return persona(t, key).Name
}

func persona(t testing.TB, key string) description.Person {
	t.Helper()
	all, err := described()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if i := slices.IndexFunc(a.People, func(p description.Person) bool { return p.Key == key }); i >= 0 {
			return a.People[i]
		}
	}
	t.Fatalf("nobody of the demonstration is called %s", key)
	return description.Person{}
}

// MemberOf is a member of a team of Kensington and Chelsea who has no other.
func MemberOf(t testing.TB, team string) string {
	t.Helper()
	member, ok := map[string]string{
		"north-kensington": "amina-yusuf", "holland-park": "grace-mensah-hart", "south-kensington": "samuel-okonjo", "chelsea": "ngozi-chukwuma-reid",
		"referral": "winston-garrick",
	}[team]
	if !ok {
		t.Fatalf("the tests know nobody of the team %s", team)
	}
	return member
}
