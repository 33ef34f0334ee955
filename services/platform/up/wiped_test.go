package up

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// heard is what a platform in this process logged.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// inside starts the platform in the test's own process.
func inside(t *testing.T, data string, log io.Writer) *Platform {
	t.Helper()
	address, err := freeAddress()
	require.NoError(t, err)
	p, err := Start(t.Context(), Config{
		Data: data, Listen: address, Version: "test", RatePerMinute: 1_000_000, Now: time.Now, Wall: time.Now,
		Out: io.Discard, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		stop, cancel := StopTime(context.WithoutCancel(t.Context()))
		defer cancel()
		if err := p.Stop(stop); err != nil {
			t.Errorf("the platform does not stop: %v", err)
		}
	})
	return p
}

// Redis rings the bell and counts calls. It keeps nothing, so wiping it and losing it loses nothing.
func TestRedisWipedAndGoneLosesNothing(t *testing.T) {
	t.Parallel()
	chance, seed := seeded(t)
	log := &heard{}
	data := copied(t, place(t))
	p := inside(t, data, log)
	l := newLoad(t, data, p.Address(), seed)
	soon := func() time.Duration { return between(chance, 100*time.Millisecond, 500*time.Millisecond) }

	l.during(t.Context(), soon(), p.redis.FlushAll)
	l.compare(t.Context())
	t.Logf("wiped: %d contacts and %d decisions; to be sent again: %s", l.count(), l.passed(), l.sum())

	l.during(t.Context(), soon(), p.redis.Close)
	l.compare(t.Context())
	t.Logf("gone: %d contacts and %d decisions; to be sent again: %s", l.count(), l.passed(), l.sum())

	l.during(t.Context(), soon(), func() { require.NoError(t, p.redis.Restart()) })
	l.compare(t.Context())
	t.Logf("empty again: %d contacts and %d decisions; to be sent again: %s", l.count(), l.passed(), l.sum())
	require.NotContains(t, log.String(), marker)
}
