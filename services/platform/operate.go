package platform

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/services/directory"
	"github.com/kithcare/kith/services/directory/description"
)

// Operator says who works on the installation, and when.
type Operator struct {
	// Name is the operating system's user.
	Name string
	Now  time.Time
	Out  io.Writer
	// ReplacePageChanges lets an import undo what administrators did on the pages.
	ReplacePageChanges bool
}

// Migrate makes every authority's database, logins and tables, or brings them up to date. It is audited as operator.
func (i *Installation) Migrate(ctx context.Context, o Operator) error {
	for _, a := range i.listed {
		maintenance, err := a.ownerURL("postgres")
		if err != nil {
			return err
		}
		url, err := a.ownerURL("")
		if err != nil {
			return err
		}
		cfg, err := pgx.ParseConfig(url)
		if err != nil {
			return fmt.Errorf("database of %s: the URL can't be read", a.Name)
		}
		if err := makeDatabase(ctx, maintenance, cfg.Database); err != nil {
			return err
		}
		for _, s := range Map() {
			if s.Schema == nil {
				continue
			}
			password, err := a.secret(s.Name)
			if err != nil {
				return err
			}
			applied, err := MigrateService(ctx, url, a.Name, password, s)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(o.Out, "%s: %s: %d steps\n", a.Name, s.Name, applied); err != nil {
				return fmt.Errorf("report: %w", err)
			}
			if err := auditMigration(ctx, url, s.Name, o); err != nil {
				return err
			}
		}
	}
	return nil
}

func makeDatabase(ctx context.Context, maintenance, name string) error {
	conn, err := pgx.Connect(ctx, maintenance)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	return pg.CreateDatabase(ctx, conn, name)
}

// MigrateService makes a service's login and tables in one authority's database, with the owner's URL.
func MigrateService(ctx context.Context, ownerURL, authority, password string, s Service) (int, error) {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return 0, fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := pg.Provision(ctx, conn, authority, s.Name, password); err != nil {
		return 0, err
	}
	return pg.Migrate(ctx, ownerURL, authority, s.Schema())
}

func auditMigration(ctx context.Context, ownerURL, service string, o Operator) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL search_path = `+pgx.Identifier{service}.Sanitize()); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		return audit.Operate(ctx, tx, o.Now, o.Name, "migrate")
	})
}

// ImportDirectory brings the directory of the authority that a file describes to what the file says. OwnerURL gives the
// owner's URL of that authority's database. A bad file changes nothing; every problem is listed with its line. Nor does a
// file that would undo what was done on the pages, unless that is asked for.
func ImportDirectory(ctx context.Context, path string, ownerURL func(authority string) (string, error), o Operator) error {
	a, err := ReadDescription(path)
	if err != nil {
		return err
	}
	url, err := ownerURL(a.Key)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	bring := directory.Import
	if o.ReplacePageChanges {
		bring = directory.ImportOverPages
	}
	changes, err := bring(ctx, conn, a, o.Name, o.Now)
	if err != nil {
		return err
	}
	lines := append(changes.Lines, a.Report.Lines()...)
	if !changes.Any {
		lines = append([]string{"nothing changed"}, a.Report.Lines()...)
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(o.Out, line); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

// Problems are what keeps a description from being imported.
type Problems []description.Problem

// Error lists them, one a line.
func (p Problems) Error() string {
	text := "the file was not imported and nothing changed:"
	for _, one := range p {
		text += "\n  " + one.String()
	}
	return text
}

// ReadDescription reads and checks an authority's description.
func ReadDescription(path string) (*description.Authority, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the description: %w", err)
	}
	defer func() { _ = file.Close() }()
	folder := filepath.Dir(path)
	a, problems := description.Read(file, path, func(p string) (io.ReadCloser, error) {
		return os.OpenInRoot(folder, filepath.FromSlash(p))
	})
	if len(problems) > 0 {
		return nil, Problems(problems)
	}
	return a, nil
}

// OwnerURL gives the owner's URL of a listed authority's database.
func (i *Installation) OwnerURL(authority string) (string, error) {
	for _, a := range i.listed {
		if a.Name == authority {
			return a.ownerURL("")
		}
	}
	return "", fmt.Errorf("%s is not in %s", authority, i.Config.Authorities)
}
