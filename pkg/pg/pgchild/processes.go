package pgchild

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

const pollEvery = 15 * time.Millisecond

// step is one way of ending processes and how long it may take.
type step struct {
	signal   syscall.Signal
	patience time.Duration
}

// endPostgres ends every PostgreSQL process that works in folder: the postmaster
// of a killed run, or the backends of a killed postmaster, which hold its shared
// memory and would keep a new one from starting. It goes on to the next step when
// one did not suffice.
func endPostgres(ctx context.Context, folder string, steps ...step) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for _, step := range steps {
		left := postgresIn(folder)
		signalAll(left, step.signal)
		patience := time.NewTimer(step.patience)
		for waiting := true; waiting && len(left) > 0; {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-patience.C:
				waiting = false
			case <-tick.C:
				left = postgresIn(folder)
			}
		}
		patience.Stop()
		if len(left) == 0 {
			return nil
		}
	}
	if left := postgresIn(folder); len(left) > 0 {
		return refuse(ErrDidNotStart, "PostgreSQL's process %d still works in %s and cannot be stopped: stop it and start again", left[0].handle.Pid, folder)
	}
	return nil
}

// signalAll signals the processes. A request to end in order goes only to those
// at the top: a postmaster tells its own children, in its own order.
func signalAll(all []worker, signal syscall.Signal) {
	pids := map[int]bool{}
	for _, w := range all {
		pids[w.handle.Pid] = true
	}
	for _, w := range all {
		if signal == syscall.SIGKILL || !pids[w.parent] {
			_ = w.handle.Signal(signal) // already gone is as well
		}
	}
}

// worker is a PostgreSQL process. The handle stays with that process even if its
// number is given to another.
type worker struct {
	handle *os.Process
	parent int
}

// postgresIn lists the PostgreSQL processes whose working directory is folder:
// the server and all its children work in their data directory.
func postgresIn(folder string) []worker {
	info, err := os.Stat(folder)
	if err != nil {
		return nil
	}
	pids, err := process.Pids()
	if err != nil {
		return nil
	}
	var found []worker
	for _, pid := range pids {
		if !worksIn(pid, info) {
			continue
		}
		handle, err := os.FindProcess(int(pid))
		if err != nil {
			continue
		}
		// Looked at again now that the handle holds it.
		parent, ok := parentOf(pid)
		if !ok || !worksIn(pid, info) {
			_ = handle.Release()
			continue
		}
		found = append(found, worker{handle, parent})
	}
	return found
}

func worksIn(pid int32, folder os.FileInfo) bool {
	p := &process.Process{Pid: pid}
	name, err := p.Name()
	if err != nil || (name != "postgres" && name != "initdb") {
		return false
	}
	// Linux's own link is exact, also for a process that sees other mounts.
	link := "/proc/" + strconv.Itoa(int(pid)) + "/cwd"
	if _, err := os.Stat("/proc/self/cwd"); err != nil {
		if link, err = p.Cwd(); err != nil {
			return false
		}
	}
	cwd, err := os.Stat(link)
	return err == nil && os.SameFile(cwd, folder)
}

func parentOf(pid int32) (int, bool) {
	parent, err := (&process.Process{Pid: pid}).Ppid()
	return int(parent), err == nil
}

// clearStale removes the note of a postmaster that is gone. PostgreSQL does so
// itself unless the number has since been given to another process of its user.
func (c cluster) clearStale() error {
	err := os.Remove(c.path + "/postmaster.pid")
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove the stale postmaster.pid: %w", err)
	}
	return nil
}
