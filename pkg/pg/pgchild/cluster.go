package pgchild

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// defaultAway is where root's clusters lie whose data folder PostgreSQL's user
// cannot reach.
const defaultAway = "/var/lib/kith"

// cluster is a PostgreSQL data directory and what it takes to run it.
type cluster struct {
	path string
	as   account
	bin  binaries
}

// locate says where the folder's cluster is, "" if there is none yet.
func (f *folder) locate() (string, error) {
	content, err := os.ReadFile(f.file(elsewhere))
	if errors.Is(err, fs.ErrNotExist) {
		inside := f.file(clusterName)
		if _, err := os.Stat(inside); errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		return inside, nil
	}
	if err != nil {
		return "", refuseFolder(f.path, err)
	}
	path := strings.TrimSpace(string(content))
	if _, err := os.Stat(path); err != nil {
		return "", refuse(ErrFolder, "the database of %s should be in %s but cannot be read there: restore it from a backup, or set KITH_DATA to another folder", f.path, path)
	}
	return path, nil
}

// existing is the cluster at path with programs of the version that made it.
func existing(ctx context.Context, path, bin string) (cluster, error) {
	as, err := accountOf(path)
	if err != nil {
		return cluster{}, err
	}
	content, err := os.ReadFile(filepath.Join(path, "PG_VERSION"))
	if err != nil {
		return cluster{}, refuse(ErrFolder, "the folder %s is not a PostgreSQL database that this user can read: restore it from a backup, or set KITH_DATA to another folder", path)
	}
	made, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return cluster{}, refuse(ErrFolder, "the file %s/PG_VERSION is damaged: restore the database from a backup", path)
	}
	found, err := search{bin: bin, as: as, prefers: made}.run(ctx)
	if err != nil {
		return cluster{}, err
	}
	if found.version != made {
		return cluster{}, refuse(ErrOtherVersion, "the database in %s was made by PostgreSQL %d but only PostgreSQL %d was found: install PostgreSQL %d, or move the data over with pg_dump or pg_upgrade", path, made, found.version, made)
	}
	return cluster{path: path, as: as, bin: found}, nil
}

// plan is the making of a first cluster.
type plan struct {
	folder   *folder
	bin      string // the folder of the programs, "" to search
	away     string // the folder for clusters that cannot lie in the data folder
	password string
	sync     bool // bring it to the disk
}

// make creates the cluster under another name and renames it into place, so that
// a first start that is killed leaves nothing that looks like a database.
func (p plan) make(ctx context.Context) (cluster, error) {
	as, err := currentAccount()
	if err != nil {
		return cluster{}, err
	}
	found, err := search{bin: p.bin, as: as}.run(ctx)
	if err != nil {
		return cluster{}, err
	}
	made := cluster{path: p.folder.file(clusterName), as: as, bin: found}
	staging := made.path + ".new"
	near, err := as.reaches(ctx, found, p.folder.path)
	if err != nil {
		return cluster{}, refuseFolder(p.folder.path, err)
	}
	if !near {
		if err := makeFolder(p.away); err != nil {
			return cluster{}, refuseFolder(p.away, err)
		}
		// Not the key alone: an earlier data folder of the same path may have left
		// its database there, which is not to be taken for the new one's.
		staging = filepath.Join(p.away, p.folder.key()+".new")
		made.path = filepath.Join(p.away, p.folder.key()+"-"+strings.ToLower(rand.Text()[:8]))
	}
	if err := p.stage(ctx, made, staging); err != nil {
		return cluster{}, err
	}
	if !near {
		return made, p.folder.write(elsewhere, made.path+"\n")
	}
	return made, nil
}

func (p plan) stage(ctx context.Context, made cluster, staging string) error {
	fresh := filepath.Join(staging, "data")
	// An initdb may still run whose parent was killed.
	for _, left := range []string{staging, fresh} {
		if err := endPostgres(ctx, left, step{syscall.SIGKILL, 5 * time.Second}); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(staging); err != nil {
		return refuseFolder(p.folder.path, err)
	}
	defer os.RemoveAll(staging)
	passwordFile := filepath.Join(staging, "password")
	err := os.Mkdir(staging, 0o700)
	if err == nil {
		err = os.WriteFile(passwordFile, []byte(p.password+"\n"), 0o600)
	}
	if err == nil {
		err = errors.Join(made.as.own(passwordFile), made.as.own(staging))
	}
	if err != nil {
		return refuseFolder(filepath.Dir(staging), err)
	}
	if err := p.initdb(ctx, made, fresh, passwordFile); err != nil {
		return err
	}
	err = os.Rename(fresh, made.path)
	if err == nil && p.sync {
		err = syncFolder(filepath.Dir(made.path))
	}
	if err != nil {
		return refuseFolder(filepath.Dir(made.path), err)
	}
	return nil
}

// initdb tries the locale C.UTF-8 (letters of all alphabets, an order that never
// changes with the operating system) and, where the system has none, C.
func (p plan) initdb(ctx context.Context, made cluster, fresh, passwordFile string) error {
	locales := [][]string{{"--locale=C.UTF-8"}, {"--locale=C"}}
	if made.bin.version >= 17 {
		locales = [][]string{{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}}
	}
	args := []string{
		"--pgdata=" + fresh, "--username=" + Owner, "--pwfile=" + passwordFile,
		"--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8", "--data-checksums",
	}
	if !p.sync {
		args = append(args, "--no-sync")
	}
	var output string
	for _, locale := range locales {
		cmd := made.as.command(ctx, filepath.Dir(fresh), filepath.Join(made.bin.dir, "initdb"), append(args, locale...)...)
		out, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		output = string(out) + err.Error()
		if !strings.Contains(output, "invalid locale") {
			break
		}
	}
	return explain("set up its database", output, p.folder.path)
}

// explain turns what PostgreSQL printed into a sentence.
func explain(failed, output, place string) error {
	if strings.Contains(output, syscall.ENOSPC.Error()) || strings.Contains(output, "No space left on device") {
		return refuseFull(place)
	}
	lines := strings.Split(strings.TrimSpace(output), "\n")
	reason := lines[len(lines)-1]
	for _, line := range lines {
		if _, after, ok := strings.Cut(line, "FATAL:"); ok {
			reason = strings.TrimSpace(after)
		} else if _, after, ok := strings.Cut(line, "error: "); ok {
			reason = after
		}
	}
	return refuse(ErrDidNotStart, "PostgreSQL could not %s in the data folder %s (%s): put that right and start again", failed, place, reason)
}
