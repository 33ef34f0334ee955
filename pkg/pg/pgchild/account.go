package pgchild

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// account is the operating-system user that PostgreSQL's programs run as. Without
// a credential it is the current one. PostgreSQL refuses to run as root.
type account struct {
	name       string
	credential *syscall.Credential
}

// currentAccount is the account for a cluster that does not exist yet.
func currentAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(found.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(found.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return account{name, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
		}
	}
	return account{}, refuse(ErrNoServer, "PostgreSQL does not run as root and there is no user postgres or nobody to run it: create one, or start kith as an ordinary user")
}

// accountOf is the account for an existing cluster: root runs it as its owner,
// because PostgreSQL refuses a folder that belongs to somebody else.
func accountOf(cluster string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	info, err := os.Stat(cluster)
	if err != nil {
		return account{}, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return account{}, refuse(ErrFolder, "the database folder %s belongs to root, and PostgreSQL does not run as root: give it back to the user it belonged to", cluster)
	}
	name := strconv.FormatUint(uint64(owner.Uid), 10)
	if found, err := user.LookupId(name); err == nil {
		name = found.Username
	}
	return account{name, &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}, nil
}

// command prepares a program that runs as the account, in a process group of its
// own (a terminal's Ctrl-C must reach only the parent), in folder dir, without
// the parent's environment: PG* variables would change PostgreSQL's behaviour and
// the parent's secrets are none of its business.
func (a account) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: a.credential}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

func environment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// own makes a file or folder the account's.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// reaches says whether the account can enter dir. It tries, rather than reading
// permission bits, so that access lists and mounts are taken into account; found
// has run before, so only dir can be the cause of a refusal.
func (a account) reaches(ctx context.Context, found binaries, dir string) (bool, error) {
	err := a.command(ctx, dir, filepath.Join(found.dir, "postgres"), "--version").Run()
	if errors.Is(err, os.ErrPermission) {
		return false, nil
	}
	return err == nil, err
}
