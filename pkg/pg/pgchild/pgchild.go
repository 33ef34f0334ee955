// Package pgchild runs real PostgreSQL as a supervised child process: set up on
// first use, locked to one parent, reachable only over a private unix socket,
// started again when it dies, and stopped in order. It needs PostgreSQL's
// programs on the machine and nothing prepared (blueprint: one process runs the
// production path).
package pgchild

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

// Config says where and how to run PostgreSQL.
type Config struct {
	// Data is the folder that holds the cluster, the owner's password, the log and
	// the lock. It is made if missing. A relative path is taken from the working
	// directory.
	Data string
	// Bin is the folder of PostgreSQL's programs; "" searches, see [Find].
	Bin string
	// Log receives progress and supervision; nil discards it. It never receives
	// anything from inside the database.
	Log *slog.Logger
	// Params are further server settings, such as fsync; they win over this
	// package's own.
	Params map[string]string

	away    string // see defaultAway
	discard string // a folder to remove after the stop
}

// Server is a running PostgreSQL. It is safe for concurrent use.
type Server struct {
	Address

	folder  *folder
	cluster cluster
	params  map[string]string
	log     *slog.Logger
	discard string // see Config

	life    context.Context // done when Stop is called
	leave   context.CancelFunc
	hurry   context.Context // done when Stop's patience is over
	rush    context.CancelFunc
	stopped chan struct{}
	failed  error // why the stop was not complete, once stopped

	mu      sync.Mutex
	current *child
}

// Start runs PostgreSQL on a data folder and returns when it answers queries. It
// sets up the cluster on first use and first stops a server that a killed run
// left behind. ctx limits the start only; the server runs until [Server.Stop].
// Errors that a person can act on are a [Refusal].
func Start(ctx context.Context, cfg Config) (*Server, error) {
	s := &Server{params: cfg.Params, log: cfg.Log, discard: cfg.discard, stopped: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if cfg.away == "" {
		cfg.away = defaultAway
	}
	s.life, s.leave = context.WithCancel(context.Background())
	s.hurry, s.rush = context.WithCancel(context.Background())
	var err error
	s.folder, err = openFolder(cfg.Data)
	if err == nil {
		err = s.prepare(ctx, cfg)
	}
	if err == nil {
		err = s.first(ctx)
	}
	if err != nil {
		s.leave()
		s.rush()
		s.release()
		return nil, err
	}
	go s.supervise()
	return s, nil
}

// prepare finds or makes the cluster and sees to it that nobody else runs on it.
func (s *Server) prepare(ctx context.Context, cfg Config) error {
	path, err := s.folder.locate()
	if err != nil {
		return err
	}
	if s.password, err = s.folder.password(path != ""); err != nil {
		return err
	}
	if path == "" {
		s.log.Info("setting up PostgreSQL, which takes a few seconds", "folder", s.folder.path)
		s.cluster, err = plan{
			folder: s.folder, bin: cfg.Bin, away: cfg.away, password: s.password, sync: cfg.Params["fsync"] != "off",
		}.make(ctx)
	} else {
		s.cluster, err = existing(ctx, path, cfg.Bin)
	}
	if err != nil {
		return err
	}
	if s.cluster.path != s.folder.file(clusterName) {
		// A copied data folder names the same cluster.
		if err := s.folder.lock(s.cluster.path + ".lock"); err != nil {
			return err
		}
	}
	if len(postgresIn(s.cluster.path)) > 0 {
		s.log.Warn("stopping the PostgreSQL that an earlier run left behind", "folder", s.folder.path)
	}
	err = endPostgres(ctx, s.cluster.path,
		step{syscall.SIGINT, 6 * time.Second}, step{syscall.SIGQUIT, 2 * time.Second}, step{syscall.SIGKILL, 5 * time.Second})
	if err != nil {
		return err
	}
	s.socket, err = s.folder.openSocket(s.cluster.as)
	return err
}

func (s *Server) first(ctx context.Context) error {
	if err := s.cluster.clearStale(); err != nil {
		return refuseFolder(s.folder.path, err)
	}
	c, err := s.launch()
	if err != nil {
		return err
	}
	if err := c.ready(ctx, s.Address, s.log); err != nil {
		s.finish(c)
		return err
	}
	s.current = c
	s.log.Info("PostgreSQL is ready", "version", s.cluster.bin.version, "pid", c.cmd.Process.Pid)
	return nil
}

// PID is the process id of the current postmaster.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.cmd.Process.Pid
}

// Stop shuts the server down (clients are disconnected, open transactions rolled
// back) and returns when no process is left, usually within a second. When ctx
// ends first the shutdown is forced, which loses nothing but makes the next start
// recover. It may be called more than once. An error means that a process could not
// be ended even by force.
func (s *Server) Stop(ctx context.Context) error {
	s.leave()
	select {
	case <-s.stopped:
	case <-ctx.Done():
		s.rush()
		<-s.stopped
	}
	return s.failed
}

// release gives back what Start took, the lock last.
func (s *Server) release() {
	if s.folder == nil {
		return
	}
	if s.socket != "" {
		s.folder.closeSocket()
	}
	if s.discard != "" {
		if err := os.RemoveAll(s.discard); err != nil {
			s.log.Warn("the temporary database could not be removed", "folder", s.discard, "error", err)
		}
	}
	s.folder.close()
}
