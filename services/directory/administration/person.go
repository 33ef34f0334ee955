package administration

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/directory/description"
)

// person is somebody of the directory as the tables keep them.
type person struct {
	ID                  uuid.UUID
	Key                 string
	Title               string
	Subject             string
	Registration        string
	RegisteredUntil     *time.Time
	FullTimeThousandths int32
	Email               string
	Phone               string
	Administrator       bool
	Guardian            bool
	stamp
	qualifications []qualification
}

type qualification struct {
	Name  string
	Since time.Time
	Until *time.Time
}

// personOf reads what a page sends. The key is held against its form only where one is given.
func personOf(m *directoryv1.DirectoryPerson) (*person, error) {
	p := &person{
		Key: tidy(m.GetKey()), Title: tidy(m.GetTitle()), Subject: tidy(m.GetSubject()), Registration: tidy(m.GetRegistration()),
		FullTimeThousandths: m.GetFullTimeThousandths(), Email: tidy(m.GetEmail()), Phone: tidy(m.GetPhone()),
		Administrator: m.GetAdministrator(), Guardian: m.GetGuardian(),
	}
	err := check(
		field{name: "person.key", value: p.Key, fits: description.AKey, optional: true},
		field{name: "person.title", value: p.Title, fits: description.Words(300, false)},
		field{name: "person.subject", value: p.Subject, fits: description.ASubject},
		field{name: "person.registration", value: p.Registration, fits: description.ARegistration, optional: true},
		field{name: "person.email", value: p.Email, fits: description.AnEmail},
		field{name: "person.phone", value: p.Phone, fits: description.APhone, optional: true},
	)
	if err != nil {
		return nil, err
	}
	if p.RegisteredUntil, err = day("person.registeredUntil", tidy(m.GetRegisteredUntil())); err != nil {
		return nil, err
	}
	if p.RegisteredUntil != nil && p.Registration == "" {
		return nil, fault.Invalid("person.registeredUntil", "needs the registration that it is the end of")
	}
	p.qualifications, err = qualificationsOf(m.GetQualifications())
	return p, err
}

func qualificationsOf(list []*directoryv1.DirectoryQualification) ([]qualification, error) {
	var all []qualification
	for n, m := range list {
		here := at("person.qualifications", n)
		q := qualification{Name: tidy(m.GetTitle())}
		since := tidy(m.GetSince())
		err := check(
			field{name: here + ".title", value: q.Name, fits: description.Words(300, false)},
			field{name: here + ".since", value: since, fits: description.ADay},
		)
		if err != nil {
			return nil, err
		}
		from, err := day(here+".since", since)
		if err != nil {
			return nil, err
		}
		q.Since = *from
		if q.Until, err = day(here+".until", tidy(m.GetUntil())); err != nil {
			return nil, err
		}
		if q.Until != nil && q.Until.Before(q.Since) {
			return nil, fault.Invalid(here+".until", "is before the qualification begins")
		}
		if slices.ContainsFunc(all, func(o qualification) bool { return o.Name == q.Name && o.Since.Equal(q.Since) }) {
			return nil, fault.Invalid(here, "stands here twice")
		}
		all = append(all, q)
	}
	return all, nil
}

// message shows a person, without the name and the seats.
func (p *person) message() *directoryv1.DirectoryPerson {
	m := &directoryv1.DirectoryPerson{
		Key: p.Key, Title: p.Title, Subject: p.Subject, Registration: p.Registration, RegisteredUntil: dayText(p.RegisteredUntil),
		FullTimeThousandths: p.FullTimeThousandths, Email: p.Email, Phone: p.Phone, Administrator: p.Administrator, Guardian: p.Guardian,
		Etag: p.etag(),
	}
	for _, q := range p.qualifications {
		m.Qualifications = append(m.Qualifications, &directoryv1.DirectoryQualification{
			Title: q.Name, Since: q.Since.UTC().Format(time.DateOnly), Until: dayText(q.Until),
		})
	}
	return m
}

// longestKey leaves room for the number of a namesake.
const longestKey = 50

// keyFrom makes a key of what a person is called: Ada Łuć-O'Brien becomes ada-luc-obrien.
func keyFrom(title string) string {
	var words []string
	for _, word := range strings.FieldsFunc(title, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) }) {
		word = strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
				return r
			}
			return -1
		}, identifiers.NameKey(word))
		if word != "" {
			words = append(words, word)
		}
	}
	key := strings.Join(words, "-")
	key = strings.Trim(key[:min(len(key), longestKey)], "-")
	if description.AKey(key) != "" {
		// A name in another script, or one that begins with a digit.
		return strings.Trim("person-"+key, "-")
	}
	return key
}

// freeKey is the first of key, key-2, key-3 … that is not taken.
func freeKey(key string, taken []string) string {
	free := key
	for n := 2; slices.Contains(taken, free); n++ {
		free = fmt.Sprintf("%s-%d", key, n)
	}
	return free
}
