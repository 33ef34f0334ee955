package administration

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/directory/description"
)

// SavePartner makes a partner agency, or changes one on the version that was read. Whether it is a front door is the
// description's to say. Errors: CHANGED, KEY_TAKEN, CLIENT_TAKEN.
func (s *Service) SavePartner(ctx context.Context, req *directoryv1.SavePartnerRequest) (*directoryv1.SavePartnerResponse, error) {
	return run(ctx, s, changing[*directoryv1.SavePartnerResponse]{
		req: req, purpose: "save a partner", answer: &directoryv1.SavePartnerResponse{},
		names: func(*directoryv1.SavePartnerResponse) []string { return []string{req.GetPartner().GetName()} },
		work: func(c change) (*directoryv1.SavePartnerResponse, error) {
			key, err := keyIn(ctx, "partners", req.GetPartner().GetName())
			if err != nil {
				return nil, err
			}
			p, err := partnerOf(req.GetPartner())
			if err != nil {
				return nil, err
			}
			p.Key = key
			if err := c.ownClient(ctx, p); err != nil {
				return nil, err
			}
			if req.GetPartner().GetEtag() == "" {
				err = c.makePartner(ctx, p)
			} else {
				err = c.changePartner(ctx, p, req.GetPartner().GetEtag())
			}
			if err != nil {
				return nil, err
			}
			saved, err := readPartner(ctx, c.tx, key)
			if err != nil {
				return nil, err
			}
			return &directoryv1.SavePartnerResponse{Partner: saved.message(ctx)}, nil
		},
	})
}

// ownClient holds that no other partner's system has the same client id.
func (c change) ownClient(ctx context.Context, p *partner) error {
	if p.ClientID == "" {
		return nil
	}
	same, err := partnersWhere(ctx, c.tx, `client_id = $1 AND key <> $2`, p.ClientID, p.Key)
	if err == nil && len(same) > 0 {
		return fault.Refused("CLIENT_TAKEN", "partner.clientId", "the system of "+same[0].Title+" has this client id; every partner has its own")
	}
	return err
}

func (c change) makePartner(ctx context.Context, p *partner) error {
	if err := check(field{name: "partner.name", value: p.Key, fits: description.AKey}); err != nil {
		return err
	}
	contacts, err := json.Marshal(p.Contacts)
	if err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	tag, err := c.tx.Exec(ctx, `INSERT INTO partner (key, title, source, client_id, scopes, front_door, call_back, public_key, contacts, removed,
			changed_at, changed_by, on_page)
		VALUES ($1, $2, $3, $4, $5, false, $6, '', $7, false, $8, $9, true) ON CONFLICT (key) DO NOTHING`,
		p.Key, p.Title, p.Source, p.ClientID, p.Scopes, p.CallBack, string(contacts), c.at, c.by)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return fault.Refused("KEY_TAKEN", "partner.name", "a partner has this key, or had it before it was removed; choose another")
	}
	return nil
}

func (c change) changePartner(ctx context.Context, p *partner, etag string) error {
	was, err := readPartner(ctx, c.tx, p.Key)
	if err != nil {
		return err
	}
	if err := was.unchanged(ctx, "this partner", etag); err != nil {
		return err
	}
	if was.FrontDoor && !slices.Contains(p.Scopes, string(description.ContactsWrite)) {
		return fault.Invalid("partner.scopes", "a front door needs contacts:write, or it can pass nothing on")
	}
	contacts, err := json.Marshal(p.Contacts)
	if err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	_, err = c.tx.Exec(ctx, `UPDATE partner SET title = $2, source = $3, client_id = $4, scopes = $5, call_back = $6, contacts = $7,
			version = version + 1, changed_at = $8, changed_by = $9, on_page = true WHERE key = $1`,
		p.Key, p.Title, p.Source, p.ClientID, p.Scopes, p.CallBack, string(contacts), c.at, c.by)
	return err
}

// RemovePartner takes a partner away: its system gets no passport any more, and it hears nothing more. Errors: CHANGED.
func (s *Service) RemovePartner(ctx context.Context, req *directoryv1.RemovePartnerRequest) (*directoryv1.RemovePartnerResponse, error) {
	return run(ctx, s, changing[*directoryv1.RemovePartnerResponse]{
		req: req, purpose: "remove a partner", answer: &directoryv1.RemovePartnerResponse{},
		names: func(*directoryv1.RemovePartnerResponse) []string { return []string{req.GetName()} },
		work: func(c change) (*directoryv1.RemovePartnerResponse, error) {
			key, err := keyIn(ctx, "partners", req.GetName())
			if err != nil {
				return nil, err
			}
			was, err := readPartner(ctx, c.tx, key)
			if err != nil {
				return nil, err
			}
			if err := was.unchanged(ctx, "this partner", req.GetEtag()); err != nil {
				return nil, err
			}
			_, err = c.tx.Exec(ctx, `UPDATE partner SET removed = true, version = version + 1, changed_at = $2, changed_by = $3, on_page = true WHERE key = $1`,
				key, c.at, c.by)
			return &directoryv1.RemovePartnerResponse{}, err
		},
	})
}
