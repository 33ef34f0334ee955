package pgchild

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// What lies in a data folder.
const (
	lockName     = "lock"           // held (flock) for the life of the server
	passwordName = "owner.password" // the password of [Owner]
	socketName   = "socket.path"    // the folder of the running server's socket
	elsewhere    = "database.path"  // where the cluster is, if not in the data folder
	clusterName  = "postgres"       // the cluster
	logName      = "postgres.log"   // the server's log
)

// folder is a data folder that this process holds the lock of.
type folder struct {
	path  string // absolute
	locks []*os.File
}

// openFolder makes the folder if need be and takes its lock.
func openFolder(path string) (*folder, error) {
	if path == "" {
		return nil, refuse(ErrFolder, "no data folder was named: set KITH_DATA to one")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, refuseFolder(path, err)
	}
	if err := makeFolder(path); err != nil {
		return nil, refuseFolder(path, err)
	}
	f := &folder{path: path}
	if err := f.lock(f.file(lockName)); err != nil {
		return nil, err
	}
	return f, nil
}

// makeFolder makes a folder that is private except that, for root, the user that
// PostgreSQL runs as can pass through it to what belongs to that user.
func makeFolder(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	return os.Chmod(path, mode) // whatever the umask
}

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

// lock takes a lock that the operating system drops when this process ends. The
// child does not inherit it, because Go opens files close-on-exec.
func (f *folder) lock(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return refuseFolder(f.path, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer file.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return refuseFolder(f.path, err)
		}
		holder := ""
		if pid, err := os.ReadFile(path); err == nil && len(pid) > 0 {
			holder = fmt.Sprintf(" (process %s)", strings.TrimSpace(string(pid)))
		}
		return refuse(ErrInUse, "another kith%s is already running on the data folder %s: stop it first, or set KITH_DATA to another folder", holder, f.path)
	}
	f.locks = append(f.locks, file)
	// The process id is for people, and marks the lock as taken.
	if err := file.Truncate(0); err != nil {
		return refuseFolder(f.path, err)
	}
	if _, err := file.WriteAt(fmt.Appendln(nil, os.Getpid()), 0); err != nil {
		return refuseFolder(f.path, err)
	}
	return nil
}

// close gives the locks back, last of all.
func (f *folder) close() {
	for _, file := range f.locks {
		file.Close()
	}
}

// password reads the owner's password, making one before there is a cluster.
func (f *folder) password(clusterExists bool) (string, error) {
	path := f.file(passwordName)
	password, err := os.ReadFile(path)
	switch {
	case err == nil && len(password) > 0:
		return string(password), nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", refuseFolder(f.path, err)
	case clusterExists:
		return "", refuse(ErrFolder, "the file %s with the database owner's password is missing: restore it from a backup, or set KITH_DATA to another folder", path)
	}
	fresh := rand.Text()
	return fresh, f.write(passwordName, fresh)
}

// write puts a small private file into the folder, whole or not at all, and on
// the disk when it returns.
func (f *folder) write(name, content string) error {
	file, err := os.CreateTemp(f.path, name+".*.new") // mode 0600
	if err != nil {
		return refuseFolder(f.path, err)
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), f.file(name))
	}
	if err == nil {
		err = syncFolder(f.path)
	}
	if err != nil {
		return refuseFolder(f.path, err)
	}
	return nil
}

// syncFolder brings renames in a folder to the disk.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// key names the folder among the clusters that lie elsewhere.
func (f *folder) key() string {
	sum := sha256.Sum256([]byte(f.path))
	return hex.EncodeToString(sum[:8])
}
