package pgchild

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// logLimit is the size in bytes above which the log is set aside at a start.
const logLimit = 10 << 20

// child is one postmaster.
type child struct {
	cmd     *exec.Cmd
	exited  chan struct{} // closed when it has ended and was reaped
	logFrom int64         // where its part of the log begins
	logPath string
}

func (s *Server) launch() (*child, error) {
	path := s.folder.file(logName)
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, refuseFolder(s.folder.path, err)
		}
	}
	out, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, refuseFolder(s.folder.path, err)
	}
	defer out.Close()
	info, err := out.Stat()
	if err != nil {
		return nil, refuseFolder(s.folder.path, err)
	}
	// Its life is not a context's: it is stopped in order, see end.
	args := append([]string{"-D", s.cluster.path}, settings(s.socket, s.params)...)
	cmd := s.cluster.as.command(context.Background(), s.cluster.path, filepath.Join(s.cluster.bin.dir, "postgres"), args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return nil, refuse(ErrDidNotStart, "PostgreSQL in %s could not be run (%v): %s", s.cluster.bin.dir, err, installHint)
	}
	c := &child{cmd: cmd, exited: make(chan struct{}), logFrom: info.Size(), logPath: path}
	go func() {
		defer close(c.exited)
		_ = cmd.Wait() // its log says why
	}()
	return c, nil
}

// ready waits until a query is answered. A recovery after a kill may take its
// time, so only ctx and the child's own end limit the wait.
func (c *child) ready(ctx context.Context, address Address, log *slog.Logger) error {
	slow := time.NewTicker(5 * time.Second)
	defer slow.Stop()
	// Asking ever more rarely: on a full disk each refused connection costs
	// PostgreSQL a line in the log and a file.
	next := time.NewTimer(0)
	defer next.Stop()
	var reason error
	for pause := pollEvery; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.exited:
			return explain("start", c.said(), filepath.Dir(c.logPath))
		case <-slow.C:
			log.Info("PostgreSQL is not ready yet, it may be recovering", "reason", reason)
		case <-next.C:
			if reason = answers(ctx, address); reason == nil {
				return nil
			}
			next.Reset(pause)
			pause = min(pause*5/4, time.Second)
		}
	}
}

func answers(ctx context.Context, address Address) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, address.OwnerURL("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "select 1")
	return errors.Join(err, conn.Close(ctx))
}

// said is what this child wrote to the log.
func (c *child) said() string {
	file, err := os.Open(c.logPath)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, c.logFrom, 1<<16))
	if err != nil || len(text) == 0 {
		return "it ended without a word"
	}
	return string(text)
}

// end stops the child: in order (fast shutdown), else at once, else by force.
// When hurry is done it does not wait for order. Every way is safe for the data.
func (c *child) end(hurry context.Context) {
	inOrder, cancel := context.WithTimeout(hurry, 6*time.Second)
	defer cancel()
	atOnce, cancel := context.WithTimeout(context.WithoutCancel(hurry), 8*time.Second)
	defer cancel()
	for _, stage := range []struct {
		signal os.Signal
		over   <-chan struct{}
	}{{syscall.SIGINT, inOrder.Done()}, {syscall.SIGQUIT, atOnce.Done()}, {syscall.SIGKILL, nil}} {
		_ = c.cmd.Process.Signal(stage.signal) // already gone is as well
		select {
		case <-c.exited:
			return
		case <-stage.over:
		}
	}
}
