package up

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kithcare/kith/services/directory/description"
)

// announce tells whoever started it how to go on.
func (p *Platform) announce(context.Context) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nKith runs at http://%s  (data in %s)\n\n", p.address, p.config.Data)
	var taken []string
	for i, name := range demonstrations() {
		a, err := describe(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s\n", a.Title)
		for _, t := range a.Teams {
			if members := membersOf(a, t.Key, p.config.Now()); len(members) > 0 {
				fmt.Fprintf(&b, "  %-38s %s\n", t.Name, strings.Join(members, ", "))
			}
		}
		var partners []string
		for _, partner := range a.Partners {
			partners = append(partners, callName(taken, partner))
		}
		taken = append(taken, partners...)
		fmt.Fprintf(&b, "  %-38s %s\n\n", "Partners", strings.Join(partners, ", "))
		if i == 0 && len(a.Partners) > 0 {
			defer p.sayCurl(a.Key, a.Partners[0].Key)
		}
	}
	p.say(b.String())
	return nil
}

// membersOf are the people who have a seat in the team now.
func membersOf(a *description.Authority, team string, now time.Time) []string {
	var members []string
	for _, m := range a.Memberships {
		if m.Team == team && !now.Before(m.From) && (m.Until == nil || now.Before(*m.Until)) {
			members = append(members, m.Person)
		}
	}
	return members
}

// sayCurl prints a call that works when pasted and answers with a receipt.
func (p *Platform) sayCurl(authority, partner string) {
	program := "bin/kith"
	if p.config.Program != "" {
		program = p.config.Program
	}
	p.say(fmt.Sprintf(`Tell of a worry as a partner (paste this into another terminal):

  curl -sS http://%s/v1/authorities/%s/contacts \
    -H "Authorization: Bearer $(%s token %s)" \
    -H "Idempotency-Key: $(date +%%s)-$$" -H "Content-Type: application/json" \
    -d '{"source":{"code":"6","organisation":"Metropolitan Police","person":"PC Ada Invented","phone":"020 7946 0000"},
         "children":[{"name":"Sam Example","age":"about 8","postcode":"W10 5AA"}],
         "worry":"Sam was alone in the flat when we called at half past nine in the evening."}'

A token for anybody named above: %s token NAME. Stop with Ctrl-C.
`, p.address, authority, program, partner, program))
}
