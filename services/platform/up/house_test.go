package up

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shirou/gopsutil/v4/process"
	"github.com/stretchr/testify/require"

	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgchild"
)

// house is the folder of everything that these tests leave on the disk.
var house string

func TestMain(m *testing.M) {
	var err error
	if house, err = os.MkdirTemp("", "kith-up-test-"); err == nil {
		// PostgreSQL's user has to reach what root's temporary folder holds.
		err = os.Chmod(house, 0o711)
	}
	if err != nil {
		fmt.Println("no folder for the tests:", err)
		return
	}
	m.Run()
	if err := os.RemoveAll(house); err != nil {
		fmt.Println("the tests' folder is left behind:", err)
	}
}

// program builds kith once.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(house, "kith")
	build := exec.Command("go", "build", "-o", path, "github.com/kithcare/kith/services/kith")
	build.Env = append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build kith: %w: %s", err, out)
	}
	return path, os.Chmod(path, 0o755)
})

// model is a data folder after an undisturbed first start.
type model struct {
	data string
	// took is how long the first start took until it was ready.
	took time.Duration
	// holds is what the demonstration put into it.
	holds map[string]string
}

// first makes the model once; the tests take copies.
var first = sync.OnceValues(func() (model, error) {
	m := model{data: filepath.Join(house, "model", "data")}
	k := &kith{data: m.data, log: filepath.Join(house, "model.log")}
	if err := os.Mkdir(filepath.Dir(m.data), 0o711); err != nil {
		return m, err
	}
	if err := k.begin(); err != nil {
		return m, err
	}
	defer k.end()
	var err error
	if m.took, err = k.untilReady(time.Minute); err != nil {
		return m, err
	}
	if m.holds, err = holdings(m.data); err != nil {
		return m, err
	}
	_, err = k.stop()
	return m, err
})

// place makes a folder that PostgreSQL's user can pass through.
func place(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(house, "place-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711))
	return dir
}

// copied is a data folder like the model's.
func copied(t *testing.T, to string) string {
	t.Helper()
	m, err := first()
	require.NoError(t, err)
	data := filepath.Join(to, "data")
	// Owners and modes are part of a data folder.
	out, err := exec.CommandContext(t.Context(), "cp", "-a", m.data, data).CombinedOutput()
	require.NoError(t, err, string(out))
	return data
}

// kith is `kith up` as a process of the operating system, started and ended as often as a test likes.
type kith struct {
	data, listen, log string
	// as is the user; nil means the present one.
	as *syscall.Credential

	cmd *exec.Cmd
	// ended is closed when the process has ended, with status.
	ended  chan struct{}
	status error
}

// newKith gives one on a data folder, which need not exist. It is ended with the test.
func newKith(t *testing.T, data string) *kith {
	t.Helper()
	k := &kith{data: data, log: filepath.Join(place(t), "kith.log")}
	t.Cleanup(k.end)
	return k
}

// begin starts the process and does not wait for anything.
func (k *kith) begin() error {
	path, err := program()
	if err != nil {
		return err
	}
	if k.listen == "" {
		if k.listen, err = freeAddress(); err != nil {
			return err
		}
	}
	out, err := os.OpenFile(k.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	k.cmd = exec.Command(path, "up")
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "KITH_") {
			k.cmd.Env = append(k.cmd.Env, line)
		}
	}
	k.cmd.Env = append(k.cmd.Env, "KITH_DATA="+k.data, "KITH_LISTEN="+k.listen, "KITH_RATE_PER_MINUTE=1000000", "HOME="+filepath.Dir(k.data))
	k.cmd.Dir = filepath.Dir(k.data)
	k.cmd.Stdout, k.cmd.Stderr = out, out
	// A terminal's Ctrl-C is for the test, which then ends it.
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: k.as}
	if err := k.cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	k.ended = ended
	go func() { k.status = k.cmd.Wait(); close(ended) }()
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// untilReady says how long it took from now until it may be given work.
func (k *kith) untilReady(patience time.Duration) (time.Duration, error) {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if ready(ctx, k.listen) {
			return time.Since(begun), nil
		}
		select {
		case <-k.ended:
			return 0, fmt.Errorf("kith ended before it was ready (%s)\n%s", fmt.Sprint(k.status), k.said())
		case <-ctx.Done():
			return 0, fmt.Errorf("kith is not ready after %s\n%s", patience, k.said())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func ready(ctx context.Context, address string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}

// start starts it and waits until it may be given work.
func (k *kith) start(t *testing.T) time.Duration {
	t.Helper()
	begun := time.Now()
	require.NoError(t, k.begin())
	_, err := k.untilReady(time.Minute)
	require.NoError(t, err)
	return time.Since(begun)
}

// kill is kill -9. PostgreSQL stays behind.
func (k *kith) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, k.cmd.Process.Kill())
	<-k.ended
}

// stop is Ctrl-C. It says how long the process took, and fails unless it ended with status 0 and left nothing running.
func (k *kith) stop() (time.Duration, error) {
	begun := time.Now()
	if err := k.cmd.Process.Signal(os.Interrupt); err != nil {
		return 0, fmt.Errorf("interrupt kith: %w\n%s", err, k.said())
	}
	select {
	case <-k.ended:
		took := time.Since(begun)
		if k.status != nil {
			return took, fmt.Errorf("kith ended with %w\n%s", k.status, k.said())
		}
		if left := postgresOf(k.data); len(left) > 0 {
			return took, fmt.Errorf("%d processes of PostgreSQL are left", len(left))
		}
		return took, nil
	case <-time.After(30 * time.Second):
		return 0, fmt.Errorf("kith does not end\n%s", k.said())
	}
}

// end leaves nothing behind, whatever happened.
func (k *kith) end() {
	if k.cmd == nil || k.cmd.Process == nil {
		return
	}
	if k.cmd.Process.Signal(os.Interrupt) == nil {
		select {
		case <-k.ended:
		case <-time.After(15 * time.Second):
			_ = k.cmd.Process.Kill()
			<-k.ended
		}
	}
	for _, p := range postgresOf(k.data) {
		_ = p.Kill()
	}
}

// said is the end of what it printed and logged.
func (k *kith) said() string {
	text, err := os.ReadFile(k.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}

// clusterOf is where the data folder's PostgreSQL works.
func clusterOf(data string) string {
	if elsewhere, err := os.ReadFile(filepath.Join(data, "database.path")); err == nil {
		return strings.TrimSpace(string(elsewhere))
	}
	return filepath.Join(data, "postgres")
}

// postgresOf are the processes of the data folder's PostgreSQL, also those that set it up.
func postgresOf(data string) []*process.Process {
	all, err := process.Processes()
	if err != nil {
		return nil
	}
	var found []*process.Process
	for _, p := range all {
		name, err := p.Name()
		if err != nil || name != "postgres" && name != "initdb" {
			continue
		}
		if cwd, err := p.Cwd(); err == nil && (strings.HasPrefix(cwd, data+"/") || cwd == clusterOf(data)) {
			found = append(found, p)
		}
	}
	return found
}

// postmaster is the process that the cluster's own note names.
func postmaster(data string) (int, error) {
	note, err := os.ReadFile(filepath.Join(clusterOf(data), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(note), "\n")
	return strconv.Atoi(line)
}

// backend is a connection of one of the services, by chance.
func backend(data string, chance *rand.Rand) (*process.Process, error) {
	var serving []*process.Process
	for _, p := range postgresOf(data) {
		if line, err := p.Cmdline(); err == nil && strings.Contains(line, "[local]") && !strings.Contains(line, pgchild.Owner) {
			serving = append(serving, p)
		}
	}
	if len(serving) == 0 {
		return nil, errors.New("no service is connected to PostgreSQL")
	}
	return serving[chance.IntN(len(serving))], nil
}

// owner connects to an authority's database of a running platform, with the owner's login.
func owner(ctx context.Context, data, authority string) (*pgx.Conn, error) {
	at, err := pgchild.Running(data)
	if err != nil {
		return nil, err
	}
	return pgx.Connect(ctx, at.OwnerURL(pg.Database(authority)))
}

// holdings are how many rows each table of both authorities holds, and who may do what with it. What changes by itself
// while the platform runs is left out.
func holdings(data string) (map[string]string, error) {
	ctx := context.Background()
	held := map[string]string{}
	for _, authority := range demonstrations() {
		conn, err := owner(ctx, data, authority)
		if err != nil {
			return nil, err
		}
		defer func() { _ = conn.Close(ctx) }()
		rows, err := conn.Query(ctx, `SELECT table_schema || '.' || table_name,
				(xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', table_schema, table_name), false, true, '')))[1]::text
					|| ' rows; ' || (SELECT coalesce(string_agg(grantee || ' ' || privilege_type, ', ' ORDER BY grantee, privilege_type), 'no grants')
						FROM information_schema.role_table_grants g WHERE g.table_schema = t.table_schema AND g.table_name = t.table_name)
			FROM information_schema.tables t
			WHERE table_schema IN ('directory', 'referral', 'familyfacing') AND table_name NOT IN ('cursor', 'river_leader', 'river_queue')`)
		if err != nil {
			return nil, err
		}
		var table, holds string
		if _, err := pgx.ForEachRow(rows, []any{&table, &holds}, func() error { held[authority+" "+table] = holds; return nil }); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// eventually looks again and again until nothing is wrong any more.
func eventually(t testing.TB, patience time.Duration, wrong func() string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		reason := wrong()
		if reason == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("after %s still: %s", patience, reason)
			return
		}
		pause(context.Background(), 50*time.Millisecond)
	}
}

// unspoken fails where what is never to be written down outside the database is in a log.
func unspoken(t *testing.T, secret string, logs ...string) {
	t.Helper()
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		if i := bytes.Index(text, []byte(secret)); i >= 0 {
			t.Errorf("%s holds a child's name: …%s…", filepath.Base(path), text[max(0, i-200):min(len(text), i+200)])
		}
	}
}

// seeded gives chance that can be had again: the seed is printed, and KITH_TEST_KILL_SEED sets it.
func seeded(t *testing.T) (*rand.Rand, uint64) {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("KITH_TEST_KILL_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("KITH_TEST_KILL_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0)), seed
}

// between is a time by chance.
func between(chance *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(chance.Int64N(int64(most-least)+1))
}
