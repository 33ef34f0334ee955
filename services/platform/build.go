package platform

import (
	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/directory"
	"github.com/kithcare/kith/services/familyfacing"
	"github.com/kithcare/kith/services/gateway"
	"github.com/kithcare/kith/services/referral"
	"github.com/kithcare/kith/services/web"
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
		Families: familyfacingv1.NewFamilyServiceClient(k.Conn("familyfacing")),
		Act:      k.Act, Ring: k.Ring, Reach: k.Reach, Now: k.Now, Log: k.Log,
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
		Now:      k.Now, Log: k.Log,
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
	})
	if err != nil {
		return Room{}, err
	}
	return Room{HTTP: g}, nil
}

func buildWeb(k Kit) (Room, error) {
	return Room{HTTP: web.New(web.Deps{Version: k.Version})}, nil
}
