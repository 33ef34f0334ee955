package guard

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
)

// Deps is what the room needs.
type Deps struct {
	DB        *pg.DB
	Directory directoryv1.DirectoryServiceClient
	// Jobs is the service's queue, with this room's Messenger added.
	Jobs *pg.Jobs
	Now  func() time.Time
}

// Service is the room.
type Service struct {
	familyfacingv1.UnimplementedGuardServiceServer
	db        *pg.DB
	directory directoryv1.DirectoryServiceClient
	jobs      *pg.Jobs
	now       func() time.Time
}

// New makes the room.
func New(d Deps) *Service {
	return &Service{
		db: d.DB, directory: d.Directory, jobs: d.Jobs,
		// PostgreSQL keeps microseconds: what is answered is what is kept.
		now: func() time.Time { return d.Now().UTC().Truncate(time.Microsecond) },
	}
}

// Register serves it.
func (s *Service) Register(r grpc.ServiceRegistrar) { familyfacingv1.RegisterGuardServiceServer(r, s) }

// guardian is the id of the Caldicott guardian who asks. Errors: NOT_GUARDIAN for anybody else.
func guardian(ctx context.Context) (uuid.UUID, error) {
	p := passport.From(ctx)
	if p.Kind == passport.Person && p.Guardian {
		if id, err := uuid.Parse(p.ID); err == nil {
			return id, nil
		}
	}
	return uuid.Nil, fault.Denied("NOT_GUARDIAN", "only a Caldicott guardian does this")
}

// idIn reads the id at the end of a resource name such as authorities/{authority}/families/{family}.
func idIn(name string) (uuid.UUID, error) {
	parts := strings.Split(name, "/")
	if len(parts) == 4 {
		if id, err := uuid.Parse(parts[3]); err == nil {
			return id, nil
		}
	}
	return uuid.Nil, fault.NotFound()
}

// named makes a resource name of the call's authority.
func named(ctx context.Context, collection string, id uuid.UUID) string {
	return "authorities/" + passport.Authority(ctx) + "/" + collection + "/" + id.String()
}
