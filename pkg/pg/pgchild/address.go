package pgchild

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Owner is the login that owns every database of the cluster (a superuser). It
// creates databases and logins and runs migrations; services never use it.
const Owner = "kith_owner"

const (
	socketPort = "5432"
	socketFile = ".s.PGSQL." + socketPort
	// socketLimit is the longest path of a socket on every supported system
	// (Linux takes 107 bytes, macOS 103).
	socketLimit = 103
)

// Address is where a running server listens, with the owner's password.
type Address struct {
	socket   string // folder
	password string
}

// URL is the address of a database for pgx, over the unix socket. It stays the
// same for as long as the server runs, also when PostgreSQL is restarted.
func (a Address) URL(database, user, password string) string {
	query := url.Values{"host": {a.socket}, "port": {socketPort}, "sslmode": {"disable"}}
	address := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Path: "/" + database, RawQuery: query.Encode()}
	return address.String()
}

// OwnerURL is the address of a database for the login [Owner].
func (a Address) OwnerURL(database string) string { return a.URL(database, Owner, a.password) }

// Running is the address of the server that another process runs on a data
// folder, for commands that work beside it. Without one it returns a [Refusal] of
// kind [ErrNotRunning].
func Running(data string) (Address, error) {
	stopped := refuse(ErrNotRunning, "kith is not running on the data folder %s: start it with kith up, or set KITH_DATA to its folder", data)
	socket, err := os.ReadFile(filepath.Join(data, socketName))
	if errors.Is(err, fs.ErrNotExist) {
		return Address{}, stopped
	}
	if err != nil {
		return Address{}, refuseFolder(data, err)
	}
	password, err := os.ReadFile(filepath.Join(data, passwordName))
	if err != nil {
		return Address{}, refuseFolder(data, err)
	}
	found := Address{socket: strings.TrimSpace(string(socket)), password: string(password)}
	conn, err := net.DialTimeout("unix", filepath.Join(found.socket, socketFile), time.Second)
	if err != nil {
		return Address{}, stopped
	}
	return found, conn.Close()
}

// openSocket makes a private folder for the socket, short enough for a socket's
// path, and notes it in the data folder. What a killed run left is removed.
func (f *folder) openSocket(as account) (string, error) {
	f.closeSocket()
	var dir string
	var err error
	for _, parent := range []string{"/tmp", os.TempDir(), f.path} {
		dir, err = os.MkdirTemp(parent, "kith-socket-")
		if err == nil && len(filepath.Join(dir, socketFile)) <= socketLimit {
			break
		}
		if err == nil {
			os.Remove(dir)
			err = refuse(ErrFolder, "the path %s is too long for a socket: set TMPDIR to a writable folder with a short path", dir)
		}
	}
	if err != nil {
		return "", refuseFolder(f.path, err)
	}
	if err := as.own(dir); err != nil {
		os.Remove(dir)
		return "", refuseFolder(dir, err)
	}
	return dir, f.write(socketName, dir+"\n")
}

// closeSocket removes the noted socket folder and nothing else: files by name,
// then the folder if it is empty.
func (f *folder) closeSocket() {
	noted, err := os.ReadFile(f.file(socketName))
	if err != nil {
		return
	}
	dir := strings.TrimSpace(string(noted))
	if strings.HasPrefix(filepath.Base(dir), "kith-socket-") {
		os.Remove(filepath.Join(dir, socketFile))
		os.Remove(filepath.Join(dir, socketFile+".lock"))
		os.Remove(dir)
	}
	os.Remove(f.file(socketName))
}
