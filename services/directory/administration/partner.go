package administration

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/directory/description"
)

// partner is a partner agency as the tables keep it, but for what only a description says.
type partner struct {
	Key       string
	Title     string
	Source    string
	ClientID  string
	Scopes    []string
	FrontDoor bool
	CallBack  string
	Contacts  []description.PartnerContact
	stamp
}

// partnerOf reads what a page sends, but for the key.
func partnerOf(m *directoryv1.DirectoryPartner) (*partner, error) {
	p := &partner{
		Title: tidy(m.GetTitle()), Source: tidy(m.GetSourceCode()), ClientID: tidy(m.GetClientId()), CallBack: tidy(m.GetCallBack()),
		Scopes: []string{}, Contacts: []description.PartnerContact{},
	}
	err := check(
		field{name: "partner.title", value: p.Title, fits: description.Words(300, false)},
		field{name: "partner.sourceCode", value: p.Source, fits: description.ASourceCode},
		field{name: "partner.clientId", value: p.ClientID, fits: description.ASubject, optional: true},
		field{name: "partner.callBack", value: p.CallBack, fits: description.ACallBack, optional: true},
	)
	if err != nil {
		return nil, err
	}
	for n, scope := range m.GetScopes() {
		if want := description.AScope(scope); want != "" {
			return nil, mustBe(at("partner.scopes", n), want)
		}
		if !slices.Contains(p.Scopes, scope) {
			p.Scopes = append(p.Scopes, scope)
		}
	}
	if p.ClientID == "" && len(p.Scopes) > 0 {
		return nil, fault.Invalid("partner.clientId", "is needed: the scopes are of the partner's system, which its client id names")
	}
	if p.ClientID != "" && len(p.Scopes) == 0 {
		return nil, fault.Invalid("partner.scopes", "choose what the partner's system may do: contacts:write, contacts:read or both")
	}
	for n, c := range m.GetContacts() {
		if err := p.addContact(at("partner.contacts", n), c); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *partner) addContact(here string, m *directoryv1.PartnerContact) error {
	c := description.PartnerContact{Name: tidy(m.GetTitle()), Role: tidy(m.GetRole()), Phone: tidy(m.GetPhone()), Email: tidy(m.GetEmail())}
	p.Contacts = append(p.Contacts, c)
	err := check(
		field{name: here + ".title", value: c.Name, fits: description.Words(300, false)},
		field{name: here + ".role", value: c.Role, fits: description.Words(300, false), optional: true},
		field{name: here + ".phone", value: c.Phone, fits: description.APhone, optional: true},
		field{name: here + ".email", value: c.Email, fits: description.AnEmail, optional: true},
	)
	if err == nil && c.Phone == "" && c.Email == "" {
		return fault.Invalid(here, "needs a telephone number or an e-mail address")
	}
	return err
}

func (p *partner) message(ctx context.Context) *directoryv1.DirectoryPartner {
	m := &directoryv1.DirectoryPartner{
		Name: nameOf(ctx, "partners", p.Key), Title: p.Title, SourceCode: p.Source, ClientId: p.ClientID, Scopes: p.Scopes, CallBack: p.CallBack,
		Etag: p.etag(),
	}
	for _, c := range p.Contacts {
		m.Contacts = append(m.Contacts, &directoryv1.PartnerContact{Title: c.Name, Role: c.Role, Phone: c.Phone, Email: c.Email})
	}
	return m
}

// ListPartners shows the partner agencies, by name.
func (s *Service) ListPartners(ctx context.Context, _ *directoryv1.ListPartnersRequest) (*directoryv1.ListPartnersResponse, error) {
	answer := &directoryv1.ListPartnersResponse{}
	err := s.look(ctx, "look at the partners", func(tx pgx.Tx) ([]string, error) {
		all, err := partnersWhere(ctx, tx, `true`)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, p := range all {
			m := p.message(ctx)
			answer.Partners, names = append(answer.Partners, m), append(names, m.GetName())
		}
		return names, nil
	})
	return answer, err
}

// GetPartner shows a partner agency.
func (s *Service) GetPartner(ctx context.Context, req *directoryv1.GetPartnerRequest) (*directoryv1.GetPartnerResponse, error) {
	answer := &directoryv1.GetPartnerResponse{}
	err := s.look(ctx, "look at a partner", func(tx pgx.Tx) ([]string, error) {
		key, err := keyIn(ctx, "partners", req.GetName())
		if err != nil {
			return nil, err
		}
		p, err := readPartner(ctx, tx, key)
		if err != nil {
			return nil, err
		}
		answer.Partner = p.message(ctx)
		return []string{req.GetName()}, nil
	})
	return answer, err
}

// partnersWhere gives the partners that are not removed for which a condition holds.
func partnersWhere(ctx context.Context, tx pgx.Tx, condition string, args ...any) ([]*partner, error) {
	rows, err := tx.Query(ctx, `SELECT key, title, source, client_id, scopes, front_door, call_back, contacts, version, changed_at, changed_by
		FROM partner WHERE NOT removed AND `+condition+` ORDER BY title, key`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*partner, error) {
		p := &partner{}
		err := row.Scan(&p.Key, &p.Title, &p.Source, &p.ClientID, &p.Scopes, &p.FrontDoor, &p.CallBack, &p.Contacts, &p.Version, &p.At, &p.By)
		return p, err
	})
}

// readPartner gives a partner that is not removed. Errors: NOT_FOUND.
func readPartner(ctx context.Context, tx pgx.Tx, key string) (*partner, error) {
	found, err := partnersWhere(ctx, tx, `key = $1`, key)
	if err == nil && len(found) == 0 {
		return nil, fault.NotFound()
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}
