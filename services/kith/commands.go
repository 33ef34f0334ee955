package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"github.com/kithcare/kith/pkg/calendar"
	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgchild"
	"github.com/kithcare/kith/pkg/rpc"
	"github.com/kithcare/kith/services/platform"
	"github.com/kithcare/kith/services/platform/up"
)

// command is the whole command line.
func command() *cobra.Command {
	root := &cobra.Command{
		Use: "kith", Short: "The open platform for relationship-first children's social care",
		Version: version, SilenceUsage: true, SilenceErrors: true,
	}
	importing := &cobra.Command{Use: "import", Short: "Bring in what the council describes"}
	importing.AddCommand(importDirectory())
	root.AddCommand(
		&cobra.Command{Use: "up", Short: "Run the whole platform in one process, with demonstration authorities", Args: cobra.NoArgs, RunE: runUp},
		&cobra.Command{Use: "serve SERVICE", Short: "Run one service as its own process", Args: cobra.ExactArgs(1), ValidArgs: platform.Names(), RunE: serve},
		&cobra.Command{Use: "migrate", Short: "Make the databases, or bring them up to date", Args: cobra.NoArgs, RunE: migrate},
		&cobra.Command{Use: "check [SERVICE]", Short: "Validate the configuration without starting anything", Args: cobra.MaximumNArgs(1), ValidArgs: platform.Names(), RunE: check},
		&cobra.Command{Use: "certs FOLDER", Short: "Make a set of certificates and a passport key for trying out", Args: cobra.ExactArgs(1), RunE: certs},
		&cobra.Command{Use: "token NAME", Short: "Print an access token for a demonstration person or partner", Args: cobra.ExactArgs(1), RunE: token},
		importing, holding(),
	)
	return root
}

func config() (platform.Config, *slog.Logger, error) {
	c, err := platform.ReadConfig(os.Environ())
	if err != nil {
		return c, nil, err
	}
	if err := calendar.Check(); err != nil {
		return c, nil, err
	}
	log := obs.Logger(os.Stderr, c.Log == "json", slog.LevelInfo)
	redis.SetLogger(redisNotes{log})
	return c, log, nil
}

// installation is what the environment and the files that it names say.
func installation() (*platform.Installation, *slog.Logger, error) {
	c, log, err := config()
	if err != nil {
		return nil, nil, err
	}
	i, err := platform.Load(c)
	return i, log, err
}

func runUp(cmd *cobra.Command, _ []string) error {
	c, log, err := config()
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	end, err := obs.Export(ctx, "kith", version)
	if err != nil {
		return err
	}
	defer func() { _ = end(context.WithoutCancel(ctx)) }()
	p, err := up.Start(ctx, up.Config{
		Data: c.Data, Listen: c.Listen, Version: version, Program: spoken(c), RatePerMinute: c.RatePerMinute, InFlight: c.InFlight,
		Now: time.Now, Wall: time.Now, Out: cmd.OutOrStdout(), Log: log,
	})
	if err != nil {
		return err
	}
	lost := p.Wait(ctx)
	_, _ = fmt.Fprintln(cmd.OutOrStdout(), "stopping …")
	stop, cancel := up.StopTime(ctx)
	defer cancel()
	return errors.Join(lost, p.Stop(stop))
}

// spoken is how this program is called in the lines to paste, with the variables that another terminal would lack.
func spoken(c platform.Config) string {
	text := os.Args[0]
	for _, v := range []struct{ name, value, usual string }{{"KITH_LISTEN", c.Listen, "127.0.0.1:8080"}, {"KITH_DATA", c.Data, ".kith"}} {
		if v.value != v.usual {
			text = fmt.Sprintf("%s=%q %s", v.name, v.value, text)
		}
	}
	return text
}

func serve(cmd *cobra.Command, args []string) error {
	i, log, err := installation()
	if err != nil {
		return err
	}
	return platform.Process{Installation: i, Service: args[0], Version: version, Now: time.Now, Wall: time.Now, Log: log}.Serve(cmd.Context())
}

func migrate(cmd *cobra.Command, _ []string) error {
	i, _, err := installation()
	if err != nil {
		return err
	}
	return i.Migrate(cmd.Context(), operator(cmd))
}

// operator is the operating system's user, as the audit trail names them.
func operator(cmd *cobra.Command) platform.Operator {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return platform.Operator{Name: name, Now: time.Now(), Out: cmd.OutOrStdout()}
}

func check(cmd *cobra.Command, args []string) error {
	i, _, err := installation()
	if err != nil {
		return err
	}
	services := platform.Names()
	if len(args) == 1 {
		services = args
	}
	for _, name := range services {
		if err := i.Check(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), "the configuration is valid")
	return err
}

// ownerURLs gives the owner's URL of an authority's database: of the configured installation, or of the running
// `kith up` on the data folder.
func ownerURLs(c platform.Config) (func(authority string) (string, error), error) {
	if c.Authorities != "" {
		i, err := platform.Load(c)
		if err != nil {
			return nil, err
		}
		return i.OwnerURL, nil
	}
	return func(authority string) (string, error) {
		at, err := pgchild.Running(c.Data)
		if err != nil {
			return "", err
		}
		return at.OwnerURL(pg.Database(authority)), nil
	}, nil
}

// importDirectory works on the configured installation, or beside a running `kith up`.
func importDirectory() *cobra.Command {
	replace := false
	cmd := &cobra.Command{
		Use: "directory FILE.yaml", Short: "Create or update an authority: teams, people, patches, partners", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := config()
			if err != nil {
				return err
			}
			urls, err := ownerURLs(c)
			if err != nil {
				return err
			}
			o := operator(cmd)
			o.ReplacePageChanges = replace
			return platform.ImportDirectory(cmd.Context(), args[0], urls, o)
		},
	}
	cmd.Flags().BoolVar(&replace, "replace-page-changes", false, "undo what administrators changed on the pages where the file says otherwise")
	return cmd
}

// holding lists the events that a service could not take in.
func holding() *cobra.Command {
	h := platform.Held{}
	cmd := &cobra.Command{
		Use: "held AUTHORITY", Short: "List events that could not be taken in, or let them be tried again", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := config()
			if err != nil {
				return err
			}
			urls, err := ownerURLs(c)
			if err != nil {
				return err
			}
			h.Authority = args[0]
			if h.OwnerURL, err = urls(args[0]); err != nil {
				return err
			}
			return h.Run(cmd.Context(), operator(cmd))
		},
	}
	cmd.Flags().BoolVar(&h.Retry, "retry", false, "let all of them be tried again")
	return cmd
}

func certs(cmd *cobra.Command, args []string) error {
	ca, err := rpc.NewCA(time.Now)
	if err != nil {
		return err
	}
	if err := ca.WriteSet(args[0], platform.Names(), 90*24*time.Hour); err != nil {
		return err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("passport key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("passport key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(filepath.Join(args[0], "passport.key"), text, 0o600); err != nil {
		return fmt.Errorf("passport key: %w", err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "written to %s, valid for 90 days: set KITH_CERTIFICATES=%s and, for the directory, KITH_PASSPORT_KEY=%s\n",
		args[0], args[0], filepath.Join(args[0], "passport.key"))
	return err
}

func token(cmd *cobra.Command, args []string) error {
	c, _, err := config()
	if err != nil {
		return err
	}
	text, err := up.Token(cmd.Context(), c.Data, c.Listen, args[0])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
	return err
}
