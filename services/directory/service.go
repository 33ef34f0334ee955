package directory

import (
	"context"
	"crypto/ed25519"
	"embed"
	"time"

	"google.golang.org/grpc"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/once"
	"github.com/kithcare/kith/services/directory/administration"
)

//go:embed migrations/*.sql
var files embed.FS

// Schema is the directory's tables.
func Schema() pg.Schema {
	return pg.Schema{Service: "directory", Sets: []pg.Set{
		once.Migrations(), audit.Migrations(), eventlog.Migrations(), pg.Folder("directory", files, "migrations"),
	}}
}

// Deps is what the directory needs.
type Deps struct {
	DB *pg.DB
	// Issuers are the OIDC issuers that each authority trusts, by authority.
	Issuers map[string][]string
	// Key signs passports; every replica of the directory has the same.
	Key ed25519.PrivateKey
	// Earlier are public keys of passports still on their way after a change of key.
	Earlier []ed25519.PublicKey
	Now     func() time.Time
}

// Service is the directory.
type Service struct {
	directoryv1.UnimplementedDirectoryServiceServer
	directoryv1.UnimplementedSessionServiceServer
	db      *pg.DB
	issuers map[string][]string
	signer  *passport.Signer
	now     func() time.Time
}

// New makes the directory.
func New(d Deps) (*Service, error) {
	signer, err := passport.NewSigner(d.Key, d.Earlier, d.Now)
	if err != nil {
		return nil, err
	}
	return &Service{db: d.DB, issuers: d.Issuers, signer: signer, now: d.Now}, nil
}

// Register serves it.
func (s *Service) Register(r grpc.ServiceRegistrar) {
	directoryv1.RegisterDirectoryServiceServer(r, s)
	directoryv1.RegisterSessionServiceServer(r, s)
	administration.New(administration.Deps{DB: s.db, Now: s.now}).Register(r)
}

// Keys gives the public keys of passports, for a process that verifies its own.
func (s *Service) Keys(context.Context) (string, error) { return s.signer.Keys(), nil }
