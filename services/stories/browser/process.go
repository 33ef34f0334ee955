package browser

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Process is a platform that runs as `kith up` does, as a process of its own, so that it can be killed.
type Process struct {
	*Kith
	cmd    *exec.Cmd
	exited chan struct{}
}

// Process starts one on a fresh data folder.
func (k *Kith) Process(t testing.TB) *Process {
	t.Helper()
	data, err := k.house.folder()
	if err != nil {
		t.Fatal(err)
	}
	address, err := freeAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{Kith: &Kith{
		URL: "http://" + address, Clock: &Clock{}, Log: &Log{}, data: filepath.Join(data, "kith"), house: k.house, listened: address,
	}}
	t.Cleanup(p.end)
	p.Begin(t)
	return p
}

// Begin starts the program on its data and waits until it takes calls.
func (p *Process) Begin(t testing.TB) {
	t.Helper()
	program, err := p.house.program()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), program, "up")
	for _, one := range os.Environ() {
		if !strings.HasPrefix(one, "KITH_") {
			p.cmd.Env = append(p.cmd.Env, one)
		}
	}
	p.cmd.Env = append(p.cmd.Env, "KITH_DATA="+p.data, "KITH_LISTEN="+p.listened, "KITH_RATE_PER_MINUTE=100000")
	p.cmd.Stdout, p.cmd.Stderr = p.Log, p.Log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	p.exited = exited
	go func() {
		// How it ended is in its log.
		_ = p.cmd.Wait()
		close(exited)
	}()
	Until(t, "kith up takes calls", func() bool {
		select {
		case <-exited:
			t.Fatalf("kith up ended: %s", p.Log)
		default:
		}
		answer, err := http.Get(p.URL + "/readyz")
		return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	})
}

// Kill is kill -9. PostgreSQL stays behind, and the next start stops it.
func (p *Process) Kill(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.exited
}

// end stops it in good order, so that its PostgreSQL goes with it.
func (p *Process) end() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	late := time.NewTimer(15 * time.Second)
	defer late.Stop()
	if p.cmd.Process.Signal(syscall.SIGTERM) != nil {
		return
	}
	select {
	case <-p.exited:
	case <-late.C:
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// build builds the program.
func (h *house) build() (string, error) {
	program := filepath.Join(h.scratch, "kith")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", program, "github.com/kithcare/kith/services/kith")
	build.Env = append(os.Environ(), "GOWORK=off")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build kith: %w\n%s", err, text)
	}
	return program, nil
}

// freeAddress finds one below the ports that the system gives to connections on their way out, so that nothing takes it
// meanwhile.
func freeAddress(ctx context.Context) (string, error) {
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000))
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err != nil {
			continue
		}
		return address, l.Close()
	}
	return "", errors.New("there is no free port")
}
