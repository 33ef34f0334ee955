package up

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// limit is how long a stop may take.
const limit = 10 * time.Second

func TestCtrlCUnderLoadEndsEverythingAndLosesNothing(t *testing.T) {
	t.Parallel()
	chance, seed := seeded(t)
	k := newKith(t, copied(t, place(t)))
	k.start(t)
	l := newLoad(t, k.data, k.listen, seed)
	var took time.Duration
	for range 2 {
		l.during(t.Context(), between(chance, 100*time.Millisecond, 600*time.Millisecond), func() {
			var err error
			took, err = k.stop()
			require.NoError(t, err)
			require.Less(t, took, limit)
			require.NoFileExists(t, filepath.Join(k.data, "socket.path"))
			k.start(t)
		})
		t.Logf("Ctrl-C under load took %s; to be sent again: %s", took.Round(time.Millisecond), l.sum())
	}
	l.compare(t.Context())
	_, err := k.stop()
	require.NoError(t, err)
	unspoken(t, marker, k.log, filepath.Join(k.data, "postgres.log"))
}

func TestCtrlCDuringAFirstStartEndsEverything(t *testing.T) {
	t.Parallel()
	m, err := first()
	require.NoError(t, err)
	chance, _ := seeded(t)
	k := newKith(t, filepath.Join(place(t), "data"))
	for range 4 {
		require.NoError(t, k.begin())
		after := between(chance, 50*time.Millisecond, m.took)
		pause(t.Context(), after)
		took, err := k.stop()
		require.NoError(t, err, "Ctrl-C %s after the first start", after)
		require.Less(t, took, limit)
		t.Logf("Ctrl-C %s after the start took %s", after.Round(time.Millisecond), took.Round(time.Millisecond))
	}
	k.start(t)
	requireModel(t, k.data)
}

// A first start that is killed at any moment is begun again and ends as if nothing had happened: both authorities are
// described and have their past once.
func TestAFirstStartThatIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	m, err := first()
	require.NoError(t, err)
	chance, _ := seeded(t)
	k := newKith(t, filepath.Join(place(t), "data"))
	for _, moment := range []string{
		"", "PostgreSQL is ready", "tables of directory for kensington-chelsea", "tables of familyfacing for kensington-chelsea",
		"demonstration of kensington-chelsea", "tables of referral for hammersmith-fulham", "demonstration of hammersmith-fulham", "directory …",
	} {
		k.killAt(t, chance, moment, m.took)
	}
	k.start(t)
	requireModel(t, k.data)
	_, err = k.stop()
	require.NoError(t, err)
}

// killAt starts it, waits until it says that it has come to the moment, or is ready, and a little, and kills it.
func (k *kith) killAt(t *testing.T, chance *rand.Rand, moment string, patience time.Duration) {
	t.Helper()
	var before int64
	if info, err := os.Stat(k.log); err == nil {
		before = info.Size()
	}
	require.NoError(t, k.begin())
	begun := time.Now()
	for time.Since(begun) < 2*patience && !ready(t.Context(), k.listen) {
		text, err := os.ReadFile(k.log)
		require.NoError(t, err)
		if strings.Contains(string(text[before:]), moment) {
			break
		}
		pause(t.Context(), 2*time.Millisecond)
	}
	later := between(chance, 0, 120*time.Millisecond)
	if moment == "" {
		later = between(chance, 0, patience/3)
	}
	pause(t.Context(), later)
	t.Logf("killed %s after the start, %s after %q", time.Since(begun).Round(time.Millisecond), later.Round(time.Millisecond), moment)
	k.kill(t)
}

// requireModel compares what is there with an undisturbed first start.
func requireModel(t *testing.T, data string) {
	t.Helper()
	m, err := first()
	require.NoError(t, err)
	have, err := holdings(data)
	require.NoError(t, err)
	require.Equal(t, m.holds, have)
	require.FileExists(t, filepath.Join(demonstration(data), "demonstration"))
	described := 0
	for table, holds := range have {
		if strings.HasSuffix(table, " directory.authority") && strings.HasPrefix(holds, "1 rows") {
			described++
		}
	}
	require.Equal(t, len(demonstrations()), described)
}

func TestAnOrdinaryUserRunsIt(t *testing.T) {
	t.Parallel()
	to := place(t)
	k := newKith(t, filepath.Join(to, "data"))
	if os.Geteuid() == 0 {
		nobody, err := user.Lookup("nobody")
		require.NoError(t, err)
		uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
		require.NoError(t, err)
		gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
		require.NoError(t, err)
		k.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		require.NoError(t, os.Chown(to, int(uid), int(gid)))
	}
	k.start(t)
	info, err := os.Stat(filepath.Join(k.data, "postgres"))
	require.NoError(t, err)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && k.as != nil {
		require.Equal(t, k.as.Uid, stat.Uid)
	}
	requireModel(t, k.data)
	tellOnce(t, k.data, k.listen, "ordinary")
	took, err := k.stop()
	require.NoError(t, err)
	require.Less(t, took, limit)
	k.start(t)
	_, err = k.stop()
	require.NoError(t, err)
}

// tellOnce tells of one worry and gives its receipt.
func tellOnce(t *testing.T, data, address, key string) string {
	t.Helper()
	l := newLoad(t, data, address, 0)
	var answer acknowledgement
	l.insist(t.Context(), http.StatusCreated, request{
		method: http.MethodPost, path: "/v1/authorities/kensington-chelsea/contacts", as: "met-police", key: key,
		body: fmt.Appendf(nil, `{"source":{"code":"6"},"children":[{"name":"Zeb %s"}],"worry":"Alone in the flat."}`, marker),
	}, &answer)
	require.NotEmpty(t, answer.Receipt)
	return answer.Receipt
}
