package up

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/reach"
	"github.com/kithcare/kith/services/demo"
	"github.com/kithcare/kith/services/demo/issuer"
	"github.com/kithcare/kith/services/directory/description"
	"github.com/kithcare/kith/services/platform"
)

// audience is what a token must be meant for.
const audience = "kith"

// webClient is the pages' client id at the demonstration's issuer.
const webClient = "kith-web"

// demonstrations are the authorities of the demonstration, the one to show first.
func demonstrations() []string { return []string{"kensington-chelsea", "hammersmith-fulham"} }

// describe reads a demonstration authority's description.
func describe(name string) (*description.Authority, error) {
	folder := demo.Authorities()
	file, err := folder.Open(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("the demonstration's description: %w", err)
	}
	defer func() { _ = file.Close() }()
	a, problems := description.Read(file, name+".yaml", func(p string) (io.ReadCloser, error) { return folder.Open(path.Clean(p)) })
	if len(problems) > 0 {
		return nil, fmt.Errorf("the demonstration's description: %s", problems[0])
	}
	return a, nil
}

// prepare brings the databases up to date, and on the first start fills them with the demonstration.
func (p *Platform) prepare(ctx context.Context) error {
	owner, err := pgx.Connect(ctx, p.children.OwnerURL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { _ = owner.Close(ctx) }()
	for _, name := range demonstrations() {
		if err := pg.CreateDatabase(ctx, owner, pg.Database(name)); err != nil {
			return err
		}
		if err := p.migrate(ctx, name); err != nil {
			return err
		}
		if err := p.fill(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// migrate makes logins and tables where they are missing or old.
func (p *Platform) migrate(ctx context.Context, authority string) error {
	for _, s := range platform.Map() {
		if s.Schema == nil {
			continue
		}
		password, isNew := p.secrets.login(pg.Role(authority, s.Name))
		// A new login can't have looked yet.
		if isNew {
			if err := p.secrets.save(); err != nil {
				return err
			}
		} else if err := pg.CheckSchema(ctx, p.url(authority, s.Name), s.Schema()); err == nil {
			continue
		} else if errors.Is(err, pg.ErrAhead) {
			return fmt.Errorf("the data in %s is from a newer program: %w", p.config.Data, err)
		}
		p.say("tables of " + s.Name + " for " + authority + " …")
		if _, err := platform.MigrateService(ctx, p.children.OwnerURL(pg.Database(authority)), authority, password, s); err != nil {
			return err
		}
	}
	return nil
}

func (p *Platform) url(authority, service string) string {
	role := pg.Role(authority, service)
	return p.children.URL(pg.Database(authority), role, p.secrets.Logins[role])
}

// fill imports the description and the invented past into an empty database.
func (p *Platform) fill(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, p.children.OwnerURL(pg.Database(name)))
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var filled bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM directory.authority)`).Scan(&filled); err != nil {
		return fmt.Errorf("look into the database: %w", err)
	}
	if filled {
		return p.callBack(ctx, conn)
	}
	// First, since a database that is filled is not looked at again: a run killed between the two would leave a
	// demonstration that its issuer takes for real data.
	if err := p.mark(); err != nil {
		return err
	}
	p.say("demonstration of " + name + " …")
	a, err := describe(name)
	if err != nil {
		return err
	}
	a.OutOfHours.CallBack = "http://" + p.address + nightPath
	if err := seed(ctx, conn, a, p.config.Now()); err != nil {
		return fmt.Errorf("the demonstration of %s: %w", name, err)
	}
	return nil
}

// callBack brings the out-of-hours contact to the present address, which KITH_LISTEN may have changed. One that an
// import has put in its place stays.
func (p *Platform) callBack(ctx context.Context, owner *pgx.Conn) error {
	_, err := owner.Exec(ctx, `UPDATE directory.authority SET out_of_hours_call_back = $1
		WHERE out_of_hours_call_back LIKE '%' || $2 AND out_of_hours_call_back <> $1`, "http://"+p.address+nightPath, nightPath)
	if err != nil {
		return fmt.Errorf("the out-of-hours contact's address: %w", err)
	}
	return nil
}

// mark says that this data folder was created as a demonstration.
func (p *Platform) mark() error {
	folder := demonstration(p.config.Data)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("the demonstration's folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, issuer.MarkerFile), []byte("This data folder was created as a demonstration.\n"), 0o600); err != nil {
		return fmt.Errorf("the demonstration's folder: %w", err)
	}
	return nil
}

// settings are the installation's, as another operator would configure them.
func (p *Platform) settings() platform.Settings {
	s := platform.Settings{
		PassportKey: ed25519.NewKeyFromSeed(p.secrets.Passport), Audience: audience, Version: p.config.Version,
		Web:           platform.Web{URL: "http://" + p.address, ClientID: webClient},
		Sandbox:       issuerPath + issuer.SandboxPath,
		RatePerMinute: p.config.RatePerMinute, InFlight: p.config.InFlight,
		Reach: reach.Means{SMTP: p.night.address, From: "kith@localhost", CallBackSecret: p.secrets.callBackSecret(), Loopback: true},
	}
	for _, name := range demonstrations() {
		s.Authorities = append(s.Authorities, platform.Authority{
			Name: name, Issuers: []string{p.issuerURL()}, URL: func(service string) string { return p.url(name, service) },
		})
	}
	return s
}
