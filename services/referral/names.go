package referral

import (
	"strings"

	"github.com/google/uuid"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
)

func inAuthority(authority, rest string) string { return "authorities/" + authority + "/" + rest }

func contactName(authority string, id uuid.UUID) string {
	return inAuthority(authority, "contacts/"+id.String())
}

func callBackName(authority string, id uuid.UUID) string {
	return inAuthority(authority, "callBacks/"+id.String())
}

func childName(authority string, contact, child uuid.UUID) string {
	return contactName(authority, contact) + "/children/" + child.String()
}

func teamName(authority, team string) string {
	if team == "" {
		return ""
	}
	return inAuthority(authority, "teams/"+team)
}

func familyName(authority string, family *uuid.UUID) string {
	if family == nil {
		return ""
	}
	return inAuthority(authority, "families/"+family.String())
}

// contactID reads a contact's name. One that is no id names nothing.
func contactID(name string) (uuid.UUID, error) {
	parts := strings.Split(name, "/")
	if len(parts) < 4 || parts[2] != "contacts" {
		return uuid.Nil, fault.NotFound()
	}
	id, err := uuid.Parse(parts[3])
	if err != nil {
		return uuid.Nil, fault.NotFound()
	}
	return id, nil
}

// callBackID reads a call-back's name.
func callBackID(name string) (uuid.UUID, error) {
	parts := strings.Split(name, "/")
	if len(parts) != 4 || parts[2] != "callBacks" {
		return uuid.Nil, fault.NotFound()
	}
	id, err := uuid.Parse(parts[3])
	if err != nil {
		return uuid.Nil, fault.NotFound()
	}
	return id, nil
}

// childID reads a child's name.
func childID(name string) (contact, child uuid.UUID, err error) {
	if contact, err = contactID(name); err != nil {
		return uuid.Nil, uuid.Nil, err
	}
	parts := strings.Split(name, "/")
	if len(parts) != 6 || parts[4] != "children" {
		return uuid.Nil, uuid.Nil, fault.NotFound()
	}
	if child, err = uuid.Parse(parts[5]); err != nil {
		return uuid.Nil, uuid.Nil, fault.NotFound()
	}
	return contact, child, nil
}

// teamKey reads a team's name of this authority; empty for empty.
func teamKey(authority, field, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	key, ok := strings.CutPrefix(name, inAuthority(authority, "teams/"))
	if !ok || key == "" || strings.Contains(key, "/") {
		return "", fault.Invalid(field, "name a team as authorities/{authority}/teams/{team}")
	}
	return key, nil
}

// familyID reads a family's name of this authority; nil for empty.
func familyID(authority, field, name string) (*uuid.UUID, error) {
	if name == "" {
		return nil, nil
	}
	text, ok := strings.CutPrefix(name, inAuthority(authority, "families/"))
	id, err := uuid.Parse(text)
	if !ok || err != nil || len(text) != 36 {
		return nil, fault.Invalid(field, "name a family as authorities/{authority}/families/{family}")
	}
	return &id, nil
}

// sameAuthority refuses an optional name of another authority; it is answered like one that does not exist.
func sameAuthority(authority, name string) error {
	if name != "" && !strings.HasPrefix(name, "authorities/"+authority+"/") {
		return fault.NotFound()
	}
	return nil
}

// idOf is the plain id in a text that an event carried; nil where there is none.
func idOf(text string) *uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		return nil
	}
	return &id
}

// namedCallBack lists the ids that an answer about a call-back shows, as the audit keeps them.
func namedCallBack(b *referralv1.CallBack) []string {
	var all []string
	for _, name := range []string{b.GetContact(), b.GetName()} {
		parts := strings.Split(name, "/")
		if len(parts) == 4 {
			all = append(all, parts[2]+"/"+parts[3])
		}
	}
	return all
}
