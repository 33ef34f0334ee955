package match

import (
	"time"

	"google.golang.org/grpc"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/pg"
)

// Deps is what the room needs.
type Deps struct {
	DB  *pg.DB
	Now func() time.Time
}

// Service is the room.
type Service struct {
	familyfacingv1.UnimplementedMatchServiceServer
	db  *pg.DB
	now func() time.Time
}

// New makes the room.
func New(d Deps) *Service { return &Service{db: d.DB, now: d.Now} }

// Register serves it.
func (s *Service) Register(r grpc.ServiceRegistrar) { familyfacingv1.RegisterMatchServiceServer(r, s) }
