package pgchild

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const temporaryPrefix = "kith-temporary-"

// StartTemporary runs a server for tests in a folder of its own that [Server.Stop]
// removes: durability is off, everything else is as in [Start]. What killed test
// runs left behind, servers and folders, is cleared first. One server is shared
// cheaply by all tests of a package, each with a database of its own.
func StartTemporary(ctx context.Context) (*Server, error) {
	if err := sweep(ctx); err != nil {
		return nil, err
	}
	data, err := os.MkdirTemp("", temporaryPrefix)
	if err != nil {
		return nil, refuseFolder(os.TempDir(), err)
	}
	if os.Geteuid() == 0 {
		err = os.Chmod(data, 0o711) // see makeFolder
	}
	if err != nil {
		return nil, refuseFolder(data, err)
	}
	return Start(ctx, Config{Data: data, discard: data, Params: map[string]string{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
	}})
}

// sweep removes the temporary folders whose lock was taken once and is free now.
func sweep(ctx context.Context) error {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), temporaryPrefix+"*"))
	if err != nil {
		return err
	}
	for _, data := range left {
		info, err := os.Stat(filepath.Join(data, lockName))
		if err != nil || info.Size() == 0 {
			continue // not locked yet, or not ours to look into
		}
		f, err := openFolder(data)
		if err != nil {
			continue // in use, or another user's
		}
		err = f.drop(ctx)
		f.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// drop ends what still runs in the folder and removes it.
func (f *folder) drop(ctx context.Context) error {
	path, err := f.locate()
	if err != nil || (path != "" && !strings.HasPrefix(path, f.path)) {
		return err
	}
	for _, dir := range []string{f.file(clusterName), f.file(clusterName + ".new"), f.file(clusterName + ".new/data")} {
		if err := endPostgres(ctx, dir, step{syscall.SIGKILL, 5 * time.Second}); err != nil {
			return err
		}
	}
	f.closeSocket()
	return os.RemoveAll(f.path)
}
