package pgchild

import (
	"context"
	"syscall"
	"time"
)

const (
	firstPause   = 50 * time.Millisecond
	longestPause = 5 * time.Second
)

// supervise starts PostgreSQL again whenever it ends by itself, until Stop is
// called. It never gives up: what keeps it from starting (a full disk) may pass.
func (s *Server) supervise() {
	defer close(s.stopped)
	defer s.release()
	defer s.rush()
	c := s.current
	pause := firstPause
	for {
		select {
		case <-s.life.Done():
			s.finish(c)
			return
		case <-c.exited:
		}
		if s.life.Err() != nil {
			continue
		}
		s.log.Error("PostgreSQL has ended by itself and is started again", "pid", c.cmd.Process.Pid, "after", pause.String())
		next, err := s.revive(pause)
		switch {
		case next != nil && err == nil:
			pause = firstPause
			s.log.Info("PostgreSQL is ready again", "pid", next.cmd.Process.Pid)
		case s.life.Err() == nil:
			pause = min(2*pause, longestPause)
			s.log.Error("PostgreSQL could not be started again", "error", err)
		}
		if next != nil {
			c = next
		}
	}
}

// revive starts a new child in the same socket folder, so that clients' pools
// find it again. The dead postmaster's backends are ended first: it could not.
func (s *Server) revive(pause time.Duration) (*child, error) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-s.life.Done():
		return nil, s.life.Err()
	case <-timer.C:
	}
	err := s.cluster.endLeftovers(s.life)
	if err != nil {
		return nil, err
	}
	if err := s.cluster.clearStale(); err != nil {
		return nil, err
	}
	c, err := s.launch()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.current = c
	s.mu.Unlock()
	return c, c.ready(s.life, s.Address, s.log)
}

// finish ends the child and whatever of it is left.
func (s *Server) finish(c *child) {
	c.end(s.hurry)
	// Not s.life, which is over: nothing may be left when the lock is given back.
	if s.failed = s.cluster.endLeftovers(context.Background()); s.failed == nil {
		s.log.Info("PostgreSQL has stopped")
	}
}

// endLeftovers ends what a postmaster that is gone has left, which usually ends
// by itself. There is nothing to lose: what was committed is in the log on disk.
func (c cluster) endLeftovers(ctx context.Context) error {
	return endPostgres(ctx, c.path, step{syscall.SIGQUIT, 300 * time.Millisecond}, step{syscall.SIGKILL, 5 * time.Second})
}
