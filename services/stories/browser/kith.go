package browser

import (
	"context"
	"crypto/rand"
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

	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/obs"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgchild"
	"github.com/kithcare/kith/services/platform/up"
)

// Patience is how long a test waits for what a page has to do.
const Patience = 20 * time.Second

// atOnce is how many tests may have a browser tab at the same time.
const atOnce = 3

// Kith is a running platform with everybody who may use it.
type Kith struct {
	// URL is where people come in, such as http://127.0.0.1:41234.
	URL   string
	Clock *Clock
	Log   *Log
	// Platform runs in this process; nil for one that runs as a process of its own.
	Platform *up.Platform

	data     string
	house    *house
	callers  callers
	stop     func() error
	listened string
}

// house is what all platforms of a test binary share.
type house struct {
	scratch  string
	chromium chromium
	rooms    chan struct{}

	mu sync.Mutex
	// inside are the tests that have a tab, with how many.
	inside map[string]int
	// program builds kith once.
	program func() (string, error)
}

// Main runs a package's tests with a platform on a fresh data folder, and gives the exit status.
func Main(m *testing.M, k **Kith) int {
	code, err := run(m, k)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func run(m *testing.M, k **Kith) (code int, err error) {
	scratch, err := os.MkdirTemp("", "kith-pages-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	// PostgreSQL's own user has to pass through it.
	if err := os.Chmod(scratch, 0o711); err != nil {
		return 1, err
	}
	h := &house{scratch: scratch, rooms: make(chan struct{}, atOnce), inside: map[string]int{}}
	h.program = sync.OnceValues(h.build)
	defer h.chromium.close()
	first, err := h.start(context.Background(), &Clock{})
	if err != nil {
		return 1, err
	}
	*k = first
	code = m.Run()
	return code, first.stop()
}

// folder makes a folder for a platform's data.
func (h *house) folder() (string, error) {
	path, err := os.MkdirTemp(h.scratch, "data-")
	if err != nil {
		return "", err
	}
	return path, os.Chmod(path, 0o711)
}

// start starts a platform in this process.
func (h *house) start(ctx context.Context, clock *Clock) (*Kith, error) {
	data, err := h.folder()
	if err != nil {
		return nil, err
	}
	k := &Kith{Clock: clock, Log: &Log{}, data: filepath.Join(data, "kith"), house: h, listened: "127.0.0.1:0"}
	return k, k.begin(ctx)
}

// begin starts the platform on its data, where it was before.
func (k *Kith) begin(ctx context.Context) error {
	running, err := up.Start(ctx, up.Config{
		Data: k.data, Listen: k.listened, Version: "test", RatePerMinute: 100_000, Now: k.Clock.Now, Wall: time.Now,
		Out: io.Discard, Log: obs.Logger(k.Log, false, slog.LevelInfo),
	})
	if err != nil {
		return fmt.Errorf("the platform does not start: %w\n%s", err, k.Log.warnings(0))
	}
	k.Platform, k.listened, k.URL = running, running.Address(), "http://"+running.Address()
	k.stop = func() error {
		ctx, cancel := up.StopTime(context.Background())
		defer cancel()
		return running.Stop(ctx)
	}
	return nil
}

// Apart is a platform of the test's own, whose clock it may move and which it may stop and start.
func (k *Kith) Apart(t testing.TB) *Kith {
	t.Helper()
	return k.apart(t, &Clock{})
}

// ApartAt is one whose clock begins at a time, so that what it shows is the same on every day.
func (k *Kith) ApartAt(t testing.TB, begins time.Time) *Kith {
	t.Helper()
	clock := &Clock{}
	clock.set(begins)
	return k.apart(t, clock)
}

func (k *Kith) apart(t testing.TB, clock *Clock) *Kith {
	t.Helper()
	own, err := k.house.start(context.WithoutCancel(t.Context()), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.stop(); err != nil {
			t.Errorf("the platform does not stop: %v", err)
		}
	})
	return own
}

// Restart stops the platform and starts it again on the same data and address.
func (k *Kith) Restart(t testing.TB) {
	t.Helper()
	if err := k.stop(); err != nil {
		t.Fatal(err)
	}
	if err := k.begin(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// Down ends one service; only [Kith.Restart] brings it back.
func (k *Kith) Down(service string) { k.Platform.StopService(service) }

// Owner connects to an authority's database with the owner's login, for what no page does yet.
func (k *Kith) Owner(t testing.TB, authority string) *pgx.Conn {
	t.Helper()
	at, err := pgchild.Running(k.data)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), at.OwnerURL(pg.Database(strings.TrimPrefix(authority, "authorities/"))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// Ours makes a name this test's own, so that tests share a platform: "Sam" becomes "Sam Kqzvbnwx".
func Ours(name string) string {
	mark := []byte(rand.Text()[:8])
	for i := range mark {
		// Letters alone, as names have: the text's digits are 2 to 7.
		if mark[i] < 'A' {
			mark[i] += 'G' - '2'
		}
		if i > 0 {
			mark[i] += 'a' - 'A'
		}
	}
	return name + " " + string(mark)
}

// enter waits until the test may have a tab: two cores are slow for many pages at once. A test that has one may have more.
func (h *house) enter(t testing.TB) {
	t.Helper()
	h.mu.Lock()
	h.inside[t.Name()]++
	first := h.inside[t.Name()] == 1
	h.mu.Unlock()
	if first {
		h.rooms <- struct{}{}
	}
	t.Cleanup(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.inside[t.Name()]--
		if h.inside[t.Name()] == 0 {
			<-h.rooms
		}
	})
}
