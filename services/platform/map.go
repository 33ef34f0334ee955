// Package platform knows every service and starts them: one in a process of its own, or all of them in one. Read this
// file first: it is the system's map, as data.
package platform

import (
	"maps"
	"slices"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/rpc"
	"github.com/kithcare/kith/services/directory"
	"github.com/kithcare/kith/services/familyfacing"
	"github.com/kithcare/kith/services/referral"
)

// Service is one service of the platform. Its name is its folder, package, schema, login, certificate and telemetry name.
type Service struct {
	Name string
	// Does is what it is for, in a line.
	Does string
	// Needs are the neighbours it calls.
	Needs []string
	// Calls are its methods, each with the services that may call it. A call to a method that is not here is refused.
	Calls map[string][]string
	// Open are those of its methods that carry no passport.
	Open []string
	// Emits are the types of its events.
	Emits []string
	// Takes are the types of events it takes in, by the neighbour whose log they come from.
	Takes map[string][]string
	// Schema is its tables; nil for a service that holds no records.
	Schema func() pg.Schema
	// Drafts says that it keeps what people are typing (kith.draft.v1).
	Drafts bool
	// HTTP says that it serves people or partners as well.
	HTTP bool

	build func(Kit) (Room, error)
}

// Map is the platform.
func Map() []Service {
	return []Service{
		theDirectory(),
		theReferral(),
		theFamilyFacing(),
		{Name: "insightbooking", Does: "the Insight Team's specialists; health only, so far"},
		{Name: "enablerreporting", Does: "the Enabler Team's support and returns; health only, so far"},
		{Name: "strategyapprovals", Does: "agreements and what is reserved to the Strategy Team; health only, so far"},
		{Name: "budget", Does: "the teams' money; health only, so far"},
		{Name: "gateway", Does: "REST for partner systems", Needs: []string{"directory", "referral", "familyfacing"}, HTTP: true, build: buildGateway},
		{Name: "web", Does: "pages for people", Needs: []string{"directory", "referral", "familyfacing"}, HTTP: true, build: buildWeb},
	}
}

func theDirectory() Service {
	return Service{
		Name: "directory", Does: "who there is and who covers where; signs passports",
		Schema: directory.Schema, build: buildDirectory,
		Calls: with(administration(), map[string][]string{
			directoryv1.DirectoryService_IssuePassport_FullMethodName:   {"gateway", "web", "referral", "familyfacing"},
			directoryv1.DirectoryService_GetPassportKeys_FullMethodName: {"referral", "familyfacing"},
			directoryv1.DirectoryService_RecordDenial_FullMethodName:    {"gateway", "web"},
			directoryv1.DirectoryService_GetAuthority_FullMethodName:    {"gateway", "web", "referral"},
			directoryv1.DirectoryService_ListTeams_FullMethodName:       {"gateway", "web", "referral", "familyfacing"},
			directoryv1.DirectoryService_ListMembers_FullMethodName:     {"gateway", "web", "familyfacing"},
			directoryv1.DirectoryService_CoverPostcode_FullMethodName:   {"gateway", "web", "referral"},
			directoryv1.DirectoryService_NameActors_FullMethodName:      {"web"},
			directoryv1.DirectoryService_GetPartnerReach_FullMethodName: {"referral"},
			directoryv1.DirectoryService_ListGuardians_FullMethodName:   {"familyfacing"},
			directoryv1.SessionService_FindSignIn_FullMethodName:        {"web"},
			directoryv1.SessionService_BeginSession_FullMethodName:      {"web"},
			directoryv1.SessionService_ListSessions_FullMethodName:      {"web"},
			directoryv1.SessionService_EndSession_FullMethodName:        {"web"},
		}),
		Open: []string{
			directoryv1.DirectoryService_IssuePassport_FullMethodName,
			directoryv1.DirectoryService_GetPassportKeys_FullMethodName,
			directoryv1.SessionService_FindSignIn_FullMethodName,
			directoryv1.SessionService_BeginSession_FullMethodName,
			directoryv1.SessionService_ListSessions_FullMethodName,
			directoryv1.SessionService_EndSession_FullMethodName,
		},
	}
}

// administration is what an authority's administrators do on the pages.
func administration() map[string][]string {
	return pages(
		directoryv1.AdministrationService_ListPeople_FullMethodName,
		directoryv1.AdministrationService_GetPerson_FullMethodName,
		directoryv1.AdministrationService_SavePerson_FullMethodName,
		directoryv1.AdministrationService_RemovePerson_FullMethodName,
		directoryv1.AdministrationService_GetTeam_FullMethodName,
		directoryv1.AdministrationService_SaveTeam_FullMethodName,
		directoryv1.AdministrationService_RemoveTeam_FullMethodName,
		directoryv1.AdministrationService_SeatPeople_FullMethodName,
		directoryv1.AdministrationService_EndSeat_FullMethodName,
		directoryv1.AdministrationService_ListWards_FullMethodName,
		directoryv1.AdministrationService_PreviewPatch_FullMethodName,
		directoryv1.AdministrationService_SavePatch_FullMethodName,
		directoryv1.AdministrationService_ListPartners_FullMethodName,
		directoryv1.AdministrationService_GetPartner_FullMethodName,
		directoryv1.AdministrationService_SavePartner_FullMethodName,
		directoryv1.AdministrationService_RemovePartner_FullMethodName,
		directoryv1.AdministrationService_GetSettings_FullMethodName,
		directoryv1.AdministrationService_SaveSettings_FullMethodName,
	)
}

func theReferral() Service {
	return Service{
		Name: "referral", Does: "contacts and referrals: receive, screen, pass on, answer the referrer",
		Needs: []string{"directory", "familyfacing"}, Schema: referral.Schema, build: buildReferral, Drafts: true,
		Calls: with(with(pages(
			referralv1.ReferralService_CountArrivals_FullMethodName,
			referralv1.ReferralService_HandOverToDuty_FullMethodName,
			referralv1.ReferralService_TakeBackFromDuty_FullMethodName,
			referralv1.ReferralService_ListCallBacks_FullMethodName,
			referralv1.ReferralService_RetryCallBack_FullMethodName,
			referralv1.ReferralService_SettleCallBack_FullMethodName,
			referralv1.ReferralService_GetCallBackSecret_FullMethodName,
		), entry(
			referralv1.ReferralService_ListContactHistory_FullMethodName,
			referralv1.ReferralService_ReceiveContact_FullMethodName,
			referralv1.ReferralService_GetContact_FullMethodName,
			referralv1.ReferralService_ListContacts_FullMethodName,
			referralv1.ReferralService_ListOverdueContacts_FullMethodName,
			referralv1.ReferralService_ScreenChild_FullMethodName,
			referralv1.ReferralService_ConfirmReceipt_FullMethodName,
			referralv1.ReferralService_ChoosePatch_FullMethodName,
			referralv1.ReferralService_SuggestLinks_FullMethodName,
			referralv1.ReferralService_LinkContact_FullMethodName,
			referralv1.ReferralService_AmendContact_FullMethodName,
			referralv1.ReferralService_AcceptVersion_FullMethodName,
			referralv1.ReferralService_MakeOwnContact_FullMethodName,
			referralv1.ReferralService_TakeBackContact_FullMethodName,
			referralv1.ReferralService_MarkSentInError_FullMethodName,
			referralv1.ReferralService_AcknowledgeDanger_FullMethodName,
		)), map[string][]string{
			referralv1.ReferralService_FetchReferral_FullMethodName: {"familyfacing"},
		}),
		Emits: []string{
			"contact_received", "version_proposed", "contact_amended", "contact_decided", "contact_taken_back", "contact_sent_in_error",
			"child_referred", "child_withdrawn", "child_passed_on",
		},
		Takes: map[string][]string{"familyfacing": {"family_opened", "child_added", "family_allocated", "child_known_open", "child_left"}},
	}
}

func theFamilyFacing() Service {
	return Service{
		Name: "familyfacing", Does: "families and who works with them",
		Needs: []string{"directory", "referral"}, Schema: familyfacing.Schema, build: buildFamilyFacing, Drafts: true,
		Calls: with(with(pages(
			familyfacingv1.GuardService_RestrictFamily_FullMethodName,
			familyfacingv1.GuardService_LiftRestriction_FullMethodName,
			familyfacingv1.GuardService_ReviewRestriction_FullMethodName,
			familyfacingv1.GuardService_ListRestrictions_FullMethodName,
			familyfacingv1.GuardService_BreakGlass_FullMethodName,
			familyfacingv1.GuardService_ListBreakGlass_FullMethodName,
			familyfacingv1.GuardService_ReviewBreakGlass_FullMethodName,
		), entry(
			familyfacingv1.FamilyService_ListFamilies_FullMethodName,
			familyfacingv1.FamilyService_GetFamily_FullMethodName,
			familyfacingv1.FamilyService_AllocateFamily_FullMethodName,
			familyfacingv1.FamilyService_HandOverFamily_FullMethodName,
			familyfacingv1.FamilyService_DeferFamily_FullMethodName,
			familyfacingv1.FamilyService_AcknowledgeUrgent_FullMethodName,
			familyfacingv1.FamilyService_SettleRevision_FullMethodName,
			familyfacingv1.FamilyService_GetCaseload_FullMethodName,
			familyfacingv1.FamilyService_ListNotices_FullMethodName,
			familyfacingv1.FamilyService_WeighFamily_FullMethodName,
			familyfacingv1.FamilyService_ProtectAddress_FullMethodName,
			familyfacingv1.FamilyService_RevealAddress_FullMethodName,
			familyfacingv1.FamilyService_ListLooks_FullMethodName,
		)), map[string][]string{
			familyfacingv1.MatchService_MatchPeople_FullMethodName: {"web", "referral"},
		}),
		Emits: []string{
			"family_opened", "child_added", "family_allocated", "family_handed_over", "family_deferred", "urgent_acknowledged",
			"child_known_open", "revision_due", "revision_settled", "child_left",
		},
		Takes: map[string][]string{"referral": {"contact_received", "contact_amended", "child_referred", "child_withdrawn", "child_passed_on"}},
	}
}

// entry lists methods that people and partners reach by an entry point.
func entry(methods ...string) map[string][]string {
	calls := make(map[string][]string, len(methods))
	for _, m := range methods {
		calls[m] = []string{"gateway", "web"}
	}
	return calls
}

// pages lists methods that only the pages call.
func pages(methods ...string) map[string][]string {
	calls := make(map[string][]string, len(methods))
	for _, m := range methods {
		calls[m] = []string{"web"}
	}
	return calls
}

func with(a, b map[string][]string) map[string][]string {
	maps.Copy(a, b)
	return a
}

// Names are the services' names.
func Names() []string {
	var names []string
	for _, s := range Map() {
		names = append(names, s.Name)
	}
	return names
}

// Find gives a service of the map.
func Find(name string) (Service, bool) {
	services := Map()
	i := slices.IndexFunc(services, func(s Service) bool { return s.Name == name })
	if i < 0 {
		return Service{}, false
	}
	return services[i], true
}

// Followers are the services that take in events of the named one.
func Followers(name string) []string {
	var followers []string
	for _, s := range Map() {
		if _, ok := s.Takes[name]; ok {
			followers = append(followers, s.Name)
		}
	}
	return followers
}

// Access is everything that may be called on a service: its own methods, health, and what every service with records
// serves.
func (s Service) Access() map[string]rpc.Access {
	access := map[string]rpc.Access{}
	for method, callers := range s.Calls {
		access[method] = rpc.Access{Callers: callers, WithoutPassport: slices.Contains(s.Open, method)}
	}
	for _, method := range []string{"Check", "Watch", "List"} {
		access["/grpc.health.v1.Health/"+method] = rpc.Access{Callers: Names(), WithoutPassport: true}
	}
	if s.Schema != nil {
		access[auditv1.AuditService_ListAuditRows_FullMethodName] = rpc.Access{Callers: []string{"web"}}
	}
	if s.Drafts {
		for _, method := range []string{
			draftv1.DraftService_SaveDraft_FullMethodName, draftv1.DraftService_GetDraft_FullMethodName,
			draftv1.DraftService_ListDrafts_FullMethodName, draftv1.DraftService_DeleteDraft_FullMethodName,
		} {
			access[method] = rpc.Access{Callers: []string{"web"}}
		}
	}
	if len(s.Emits) > 0 {
		access[eventlogv1.EventLogService_PullEvents_FullMethodName] = rpc.Access{Callers: Followers(s.Name), WithoutPassport: true}
		access[eventlogv1.EventLogService_ListHeldEvents_FullMethodName] = rpc.Access{Callers: []string{"web"}}
		access[eventlogv1.EventLogService_RetryHeldEvent_FullMethodName] = rpc.Access{Callers: []string{"web"}}
	}
	return access
}
