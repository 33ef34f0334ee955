package up

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Invariant 1: an acknowledged write is never lost and never doubled, whatever is killed. KITH_TEST_KILL_ROUNDS is how
// often each is killed.
func TestNothingAcknowledgedIsLostOrDoubledWhateverIsKilled(t *testing.T) {
	t.Parallel()
	rounds := 2
	if text := os.Getenv("KITH_TEST_KILL_ROUNDS"); text != "" {
		var err error
		rounds, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	chance, seed := seeded(t)
	k := newKith(t, copied(t, place(t)))
	k.start(t)
	l := newLoad(t, k.data, k.listen, seed)
	kills := []struct {
		what string
		kill func()
	}{
		{"kith", func() {
			k.kill(t)
			t.Logf("ready %s after the start", k.start(t).Round(time.Millisecond))
		}},
		{"PostgreSQL's postmaster", func() {
			pid, err := postmaster(k.data)
			require.NoError(t, err)
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		}},
		{"a backend of PostgreSQL", func() {
			p, err := backend(k.data, chance)
			require.NoError(t, err)
			require.NoError(t, p.Kill())
		}},
		{"kith and PostgreSQL", func() {
			k.kill(t)
			pid, err := postmaster(k.data)
			require.NoError(t, err)
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
			t.Logf("ready %s after the start", k.start(t).Round(time.Millisecond))
		}},
	}
	for range rounds {
		chance.Shuffle(len(kills), func(i, j int) { kills[i], kills[j] = kills[j], kills[i] })
		for _, one := range kills {
			took := l.during(t.Context(), between(chance, 100*time.Millisecond, 900*time.Millisecond), one.kill)
			l.compare(t.Context())
			t.Logf("killed %s: acknowledged again after %s; %d contacts and %d decisions in all; to be sent again: %s",
				one.what, took.Round(time.Millisecond), l.count(), l.passed(), l.sum())
			if t.Failed() {
				t.Logf("%s", k.said())
				return
			}
		}
	}
	_, err := k.stop()
	require.NoError(t, err)
	unspoken(t, marker, k.log, filepath.Join(k.data, "postgres.log"), filepath.Join(k.data, "postgres.log.1"))
}
