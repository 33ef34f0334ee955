package stories_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgchild"
	"github.com/kithcare/kith/services/platform"
	"github.com/kithcare/kith/services/platform/up"
)

// place is a platform that stories happen in.
type place struct {
	// address is where it takes REST calls, such as http://127.0.0.1:8080.
	address string
	// fresh gives an access token as its bearer gets it from the issuer.
	fresh func(ctx context.Context, name string) (string, error)
	// ownerURL is the operator's way into an authority's database.
	ownerURL func(authority string) (string, error)
	log      *log

	mu     sync.Mutex
	tokens map[string]bearer
}

type bearer struct {
	token string
	until time.Time
}

// token gives an access token, new every minute: a partner's lives five.
func (p *place) token(ctx context.Context, name string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if held, ok := p.tokens[name]; ok && time.Now().Before(held.until) {
		return held.token, nil
	}
	token, err := p.fresh(ctx, name)
	if err != nil {
		return "", fmt.Errorf("a token for %s: %w", name, err)
	}
	if p.tokens == nil {
		p.tokens = map[string]bearer{}
	}
	p.tokens[name] = bearer{token, time.Now().Add(time.Minute)}
	return token, nil
}

// importDirectory does what `kith import directory` does beside a running platform.
func (p *place) importDirectory(ctx context.Context, path string) (string, error) {
	var said bytes.Buffer
	err := platform.ImportDirectory(ctx, path, p.ownerURL, platform.Operator{Name: "operator", Now: time.Now(), Out: &said})
	return said.String(), err
}

// oneProcess is the whole platform in this process.
type oneProcess struct {
	*place
	running *up.Platform
}

// startOneProcess starts the platform on a fresh data folder, with a clock that rules read.
func startOneProcess(ctx context.Context, data string, now func() time.Time) (*oneProcess, error) {
	written := &log{}
	running, err := up.Start(ctx, up.Config{
		Data: data, Listen: "127.0.0.1:0", Version: "stories", Now: now, Wall: time.Now, Out: io.Discard, RatePerMinute: 6000,
		Log: obs.Logger(written, false, slog.LevelInfo),
	})
	if err != nil {
		return nil, err
	}
	return &oneProcess{running: running, place: &place{
		address: "http://" + running.Address(), log: written,
		fresh: func(ctx context.Context, name string) (string, error) {
			return up.Token(ctx, data, running.Address(), name)
		},
		ownerURL: func(authority string) (string, error) {
			at, err := pgchild.Running(data)
			return at.OwnerURL(pg.Database(authority)), err
		},
	}}, nil
}

func (p *oneProcess) stop() error {
	stop, cancel := up.StopTime(context.Background())
	defer cancel()
	return p.running.Stop(stop)
}

// shared is a platform that is started when the first test needs it and stopped after the last.
type shared struct {
	once    sync.Once
	started *oneProcess
	err     error
}

var house shared

func (s *shared) get(t testing.TB) *oneProcess {
	t.Helper()
	s.once.Do(func() {
		data := filepath.Join(scratch, "house")
		if s.err = os.Mkdir(data, 0o711); s.err == nil {
			s.started, s.err = startOneProcess(context.Background(), data, time.Now)
		}
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.started
}

func (s *shared) stop() error {
	if s.started == nil {
		return nil
	}
	return s.started.stop()
}

// log is what a platform or a process wrote.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps a line.
func (l *log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// count gives the number of lines that hold every one of the words.
func (l *log) count(words ...string) int {
	n := 0
	for line := range strings.Lines(l.String()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			n++
		}
	}
	return n
}

// warnings are the lines for somebody who looks for a fault.
func (l *log) warnings() string {
	var all strings.Builder
	for line := range strings.Lines(l.String()) {
		if !strings.Contains(line, "level=INFO") {
			all.WriteString(line)
		}
	}
	return all.String()
}

// patience is how long a story waits for what must happen.
const patience = 30 * time.Second

// until looks again and again until done is true.
func until(ctx context.Context, what string, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		yes, err := done()
		if err != nil && ctx.Err() == nil {
			return err
		}
		if yes {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s still not: %s (%w)", patience, what, errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// pass lets real time pass, where a story is about it.
func pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
