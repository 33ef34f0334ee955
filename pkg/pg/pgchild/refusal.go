package pgchild

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// What a [Refusal] is about, for errors.Is.
var (
	// ErrInUse means that another process holds the data folder.
	ErrInUse = errors.New("data folder in use")
	// ErrNoServer means that no usable PostgreSQL program was found: none, too
	// old, or not to be run by the user that PostgreSQL has to run as.
	ErrNoServer = errors.New("no usable PostgreSQL")
	// ErrOtherVersion means that the data was made by a major version of
	// PostgreSQL that is not installed.
	ErrOtherVersion = errors.New("data of another PostgreSQL version")
	// ErrFolder means that the data folder cannot be used as it is.
	ErrFolder = errors.New("data folder not usable")
	// ErrDiskFull means that the disk has no space left.
	ErrDiskFull = errors.New("disk full")
	// ErrNotRunning means that no server runs on the data folder.
	ErrNotRunning = errors.New("not running")
	// ErrDidNotStart means that PostgreSQL itself refused to be set up or to start.
	ErrDidNotStart = errors.New("PostgreSQL did not start")
)

// Refusal is an error that a person can act on. Error returns one plain sentence
// that names what is wrong and the remedy; print it as it is. Unwrap returns one
// of the package's Err values.
type Refusal struct {
	kind     error
	sentence string
}

// Error returns the sentence.
func (r *Refusal) Error() string { return r.sentence }

// Unwrap returns what the refusal is about.
func (r *Refusal) Unwrap() error { return r.kind }

func refuse(kind error, format string, args ...any) error {
	return &Refusal{kind: kind, sentence: fmt.Sprintf(format, args...)}
}

// refuseFolder turns the operating system's error about something in folder into
// a sentence.
func refuseFolder(folder string, err error) error {
	var already *Refusal
	switch {
	case errors.As(err, &already):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return refuseFull(folder)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return refuse(ErrFolder, "the data folder %s is not writable: make it writable for this user, or set KITH_DATA to a folder that is", folder)
	default:
		return refuse(ErrFolder, "the data folder %s cannot be used (%v): set KITH_DATA to a folder that this user can write", folder, err)
	}
}

func refuseFull(folder string) error {
	return refuse(ErrDiskFull, "the disk of %s is full: free some space (a new database takes about 50 MB) and start again", folder)
}
