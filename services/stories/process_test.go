package stories_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a program that a test has started.
type process struct {
	name   string
	cmd    *exec.Cmd
	log    *log
	exited chan struct{}
	err    error
}

// begin starts a program with these variables and no other of Kith's. What still runs when the test ends is killed.
func begin(t testing.TB, name string, variables []string, program string, args ...string) *process {
	t.Helper()
	p := &process{name: name, log: &log{}, exited: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	p.cmd.Env = append(plainEnvironment(), variables...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		select {
		case <-p.exited:
		default:
			_ = p.cmd.Process.Kill()
			<-p.exited
		}
		if t.Failed() {
			t.Logf("%s wrote:\n%s", p.name, p.log.warnings())
		}
	})
	return p
}

// plainEnvironment is this process's own without Kith's variables.
func plainEnvironment() []string {
	var kept []string
	for _, one := range os.Environ() {
		if !strings.HasPrefix(one, "KITH_") {
			kept = append(kept, one)
		}
	}
	return kept
}

// end asks the process to stop and waits for it. Errors: it takes longer than ten seconds, or ends with a status that is
// not 0.
func (p *process) end() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	select {
	case <-p.exited:
	case <-late.C:
		return fmt.Errorf("%s does not stop within ten seconds", p.name)
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w", p.name, p.err)
	}
	return nil
}

// ran is what a command answered.
type ran struct {
	status      int
	out, errors string
}

// kith runs a command to its end.
func kith(t testing.TB, variables []string, args ...string) ran {
	t.Helper()
	built := program(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, built, args...)
	cmd.Env = append(plainEnvironment(), variables...)
	cmd.Dir = scratch
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// done fails the test where the command did not end well.
func (r ran) done(t testing.TB) ran {
	t.Helper()
	if r.status != 0 {
		t.Fatalf("exit status %d\n%s%s", r.status, r.out, r.errors)
	}
	return r
}

// freeAddress finds an address to listen on, below the ports that the system itself gives to connections on their way
// out, so that nothing takes it meanwhile.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000))
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return address
	}
	t.Fatal("there is no free port")
	return ""
}
