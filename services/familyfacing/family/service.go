package family

import (
	"time"

	"google.golang.org/grpc"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/pg"
)

// Deps is what this room needs.
type Deps struct {
	DB        *pg.DB
	Directory directoryv1.DirectoryServiceClient
	Referral  referralv1.ReferralServiceClient
	// Jobs is the service's queue, with this room's Alarms added.
	Jobs *pg.Jobs
	Now  func() time.Time
}

// Service is this room.
type Service struct {
	familyfacingv1.UnimplementedFamilyServiceServer
	db        *pg.DB
	directory directoryv1.DirectoryServiceClient
	referral  referralv1.ReferralServiceClient
	jobs      *pg.Jobs
	now       func() time.Time
}

// New makes this room.
func New(d Deps) *Service {
	return &Service{db: d.DB, directory: d.Directory, referral: d.Referral, jobs: d.Jobs, now: d.Now}
}

// Register serves kith.familyfacing.v1.FamilyService.
func (s *Service) Register(r grpc.ServiceRegistrar) { familyfacingv1.RegisterFamilyServiceServer(r, s) }

// Handlers are the neighbours' events that this room takes in, by log and type.
func (s *Service) Handlers() map[string]map[string]eventlog.Handler {
	return map[string]map[string]eventlog.Handler{"referral": {
		"contact_received": s.onContactReceived,
		"contact_amended":  s.onContactAmended,
		"child_referred":   s.onChildReferred,
		"child_withdrawn":  s.onChildWithdrawn,
		"child_passed_on":  s.onChildPassedOn,
	}}
}
