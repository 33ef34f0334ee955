package platform

import (
	"net/http"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/directory"
	"github.com/kithcare/kith/services/familyfacing"
	"github.com/kithcare/kith/services/gateway"
	"github.com/kithcare/kith/services/referral"
	"github.com/kithcare/kith/services/web"
	"github.com/kithcare/kith/services/web/page"
)

func buildDirectory(k Kit) (Room, error) {
	issuers := map[string][]string{}
	for _, a := range k.Authorities {
		issuers[a.Name] = a.Issuers
	}
	s, err := directory.New(directory.Deps{DB: k.DB, Issuers: issuers, Key: k.PassportKey, Earlier: k.Earlier, Now: k.Now})
	if err != nil {
		return Room{}, err
	}
	return Room{Register: s.Register, Keys: s.Keys}, nil
}

func buildReferral(k Kit) (Room, error) {
	s, err := referral.New(referral.Deps{
		DB: k.DB, Directory: directoryv1.NewDirectoryServiceClient(k.Conn("directory")),
		Match: familyfacingv1.NewMatchServiceClient(k.Conn("familyfacing")),
		Act:   k.Act, Ring: k.Ring, Reach: k.Reach, Now: k.Now, Log: k.Log,
	})
	if err != nil {
		return Room{}, err
	}
	return Room{Register: s.Register, Handlers: s.Handlers(), Run: s.Run, Oldest: s.OldestUndecided}, nil
}

func buildFamilyFacing(k Kit) (Room, error) {
	s, err := familyfacing.New(familyfacing.Deps{
		DB: k.DB, Directory: directoryv1.NewDirectoryServiceClient(k.Conn("directory")),
		Referral: referralv1.NewReferralServiceClient(k.Conn("referral")),
		Act:      k.Act, Mail: k.Reach.Mailer(), Now: k.Now, Log: k.Log,
	})
	if err != nil {
		return Room{}, err
	}
	return Room{Register: s.Register, Handlers: s.Handlers(), Run: s.Run}, nil
}

func buildGateway(k Kit) (Room, error) {
	authorities := make([]gateway.Authority, 0, len(k.Authorities))
	for _, a := range k.Authorities {
		authorities = append(authorities, gateway.Authority{Name: a.Name, Issuers: a.Issuers})
	}
	g, err := gateway.New(gateway.Deps{
		Authorities: authorities, Audience: k.Audience, Directory: directoryv1.NewDirectoryServiceClient(k.Conn("directory")),
		Conns: k.Conn, Redis: k.Redis, RatePerMinute: k.RatePerMinute, InFlight: k.InFlight, Now: k.Now, Log: k.Log, Version: k.Version,
		URL: k.Web.URL, Sandbox: k.Sandbox,
	})
	if err != nil {
		return Room{}, err
	}
	return Room{HTTP: g}, nil
}

func buildWeb(k Kit) (Room, error) {
	d := web.Deps{
		Neighbours: page.Neighbours{
			Directory:      directoryv1.NewDirectoryServiceClient(k.Conn("directory")),
			Sessions:       directoryv1.NewSessionServiceClient(k.Conn("directory")),
			Administration: directoryv1.NewAdministrationServiceClient(k.Conn("directory")),
			Referral:       referralv1.NewReferralServiceClient(k.Conn("referral")),
			Families:       familyfacingv1.NewFamilyServiceClient(k.Conn("familyfacing")),
			Match:          familyfacingv1.NewMatchServiceClient(k.Conn("familyfacing")),
			Guard:          familyfacingv1.NewGuardServiceClient(k.Conn("familyfacing")),
			Drafts:         map[string]draftv1.DraftServiceClient{},
			Audits:         map[string]auditv1.AuditServiceClient{},
		},
		URL: k.Web.URL, ClientID: k.Web.ClientID, ClientSecret: k.Web.ClientSecret, IssuerClient: &http.Client{},
		Version: k.Version, Now: k.Now, Log: k.Log,
	}
	for _, s := range Map() {
		if s.Drafts {
			d.Drafts[s.Name] = draftv1.NewDraftServiceClient(k.Conn(s.Name))
		}
		if s.Schema != nil {
			d.Audits[s.Name] = auditv1.NewAuditServiceClient(k.Conn(s.Name))
		}
	}
	for _, a := range k.Authorities {
		d.Authorities = append(d.Authorities, web.Authority{Name: a.Name, Issuers: a.Issuers})
	}
	pages, err := web.New(d)
	if err != nil {
		return Room{}, err
	}
	return Room{HTTP: pages}, nil
}
