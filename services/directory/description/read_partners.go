package description

import "slices"

func (x *reading) readPartner(e *entry) {
	partner := Partner{
		Key:       e.text("key", AKey),
		Name:      e.text("name", Words(300, false)),
		Kind:      e.text("kind", ASourceCode),
		ClientID:  e.text("client_id", ASubject),
		Scopes:    x.readScopes(e),
		Contacts:  x.readPartnerContacts(e),
		FrontDoor: e.flag("front_door"),
		CallBack:  e.optional("call_back", ACallBack),
		PublicKey: e.optional("public_key", aPublicKey),
	}
	e.finish()
	x.unique(e, "key", "partner", partner.Key)
	x.unique(e, "client_id", "client_id", partner.ClientID)
	if partner.FrontDoor && len(partner.Scopes) > 0 && !slices.Contains(partner.Scopes, ContactsWrite) {
		x.doc.problem(e.at("front_door"), "A front door needs the scope contacts:write, or it can pass nothing on.")
	}
	x.authority.Partners = append(x.authority.Partners, partner)
}

func (x *reading) readScopes(e *entry) []Scope {
	before := len(x.doc.problems)
	var scopes []Scope
	for _, scope := range e.texts("scopes", func(s string) (string, string) { return s, AScope(s) }) {
		scopes = append(scopes, Scope(scope.text))
	}
	if len(scopes) == 0 && len(x.doc.problems) == before {
		e.missing("scopes")
	}
	return scopes
}

func (x *reading) readPartnerContacts(partner *entry) []PartnerContact {
	var list []PartnerContact
	for _, e := range partner.entries("contacts", "contact") {
		c := PartnerContact{
			Name:  e.text("name", Words(300, false)),
			Role:  e.optional("role", Words(300, false)),
			Phone: e.optional("phone", APhone),
			Email: e.optional("email", AnEmail),
		}
		if !e.absent && e.find("phone") == nil && e.find("email") == nil {
			x.doc.problem(e.line, "The contact needs a `phone` or an `email`.")
		}
		e.finish()
		list = append(list, c)
	}
	return list
}
