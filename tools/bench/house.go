package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"syscall"
	"time"

	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgchild"
	"github.com/kithcare/kith/services/platform/up"
)

const (
	// authority is the one that contacts are sent to; other is the demonstration's second one.
	authority = "kensington-chelsea"
	other     = "hammersmith-fulham"
	// unlimited keeps the partners' rate limit out of what is measured. Over it contacts are taken too, with an alarm each.
	unlimited = 1_000_000_000
	// startTime is how long a start may take before it counts as failed.
	startTime = 2 * time.Minute
)

// child is a server that runs as a process of its own.
type child struct {
	cmd     *exec.Cmd
	address string
	out     bytes.Buffer
	ended   chan error
}

// launch starts a server; it is asked to stop when ctx ends.
func launch(ctx context.Context, cmd func(context.Context, string) *exec.Cmd) (*child, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	c := &child{cmd: cmd(ctx, address), address: address, ended: make(chan error, 1)}
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.out
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(syscall.SIGTERM) }
	c.cmd.WaitDelay = 15 * time.Second
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.cmd.Path, err)
	}
	go func() { c.ended <- c.cmd.Wait() }()
	return c, nil
}

func freeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// ready waits until the server answers the path with 200.
func (c *child) ready(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if answers(ctx, "http://"+c.address+path) {
			return nil
		}
		select {
		case err := <-c.ended:
			c.ended <- err
			return fmt.Errorf("%s ended: %w\n%s", c.cmd.Path, err, c.out.Bytes())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", c.cmd.Path, ctx.Err())
		case <-tick.C:
		}
	}
}

func answers(ctx context.Context, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}

// stop ends the server as Ctrl-C does.
func (c *child) stop() error {
	// One that has ended already can't be signalled.
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-c.ended:
		c.ended <- err
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.Exited() && exit.ExitCode() != 0 {
			return fmt.Errorf("%s ended with %w\n%s", c.cmd.Path, err, c.out.Bytes())
		}
		return nil
	case <-time.After(20 * time.Second):
		return errors.Join(fmt.Errorf("%s did not stop", c.cmd.Path), c.cmd.Process.Kill())
	}
}

// house is a running `kith up`.
type house struct {
	*child
	data string
}

// open runs `kith up` on a data folder and waits until it is ready.
func (b *bench) open(ctx context.Context, data string) (*house, error) {
	c, err := launch(ctx, func(ctx context.Context, address string) *exec.Cmd {
		cmd := command(ctx, b.program, "up")
		cmd.Env = append(cmd.Env, "KITH_DATA="+data, "KITH_LISTEN="+address, fmt.Sprintf("KITH_RATE_PER_MINUTE=%d", unlimited))
		return cmd
	})
	if err != nil {
		return nil, err
	}
	if err := c.ready(ctx, "/readyz"); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return &house{c, data}, nil
}

// ownerURL is the owner's URL of a database on the house's PostgreSQL.
func ownerURL(data, database string) (string, error) {
	at, err := pgchild.Running(data)
	if err != nil {
		return "", err
	}
	return at.OwnerURL(database), nil
}

// ownerOf is the owner's URL of an authority's database.
func ownerOf(data, authority string) (string, error) { return ownerURL(data, pg.Database(authority)) }

// token is an access token for somebody of the demonstration.
func (h *house) token(ctx context.Context, name string) (string, error) {
	return up.Token(ctx, h.data, h.address, name)
}
