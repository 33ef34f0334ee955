package pgchild

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// victimVariable makes the test binary a process that runs a server on the folder
// it names (or a temporary one) until it is killed or its input ends.
const (
	victimVariable = "PGCHILD_TEST_VICTIM"
	temporary      = "temporary"
)

func TestMain(m *testing.M) {
	if data := os.Getenv(victimVariable); data != "" {
		if err := runVictim(data); err != nil {
			fmt.Println("failed:", err)
		}
		return
	}
	m.Run()
}

func runVictim(data string) error {
	ctx := context.Background()
	var s *Server
	var err error
	if data == temporary {
		s, err = StartTemporary(ctx)
	} else {
		s, err = Start(ctx, Config{Data: data})
	}
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.OwnerURL("postgres"))
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "create table kept (n int); insert into kept select generate_series(1, 1000)"); err != nil {
		return err
	}
	fmt.Println("ready", s.PID(), s.cluster.path)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return s.Stop(ctx)
}

// victim starts such a process.
func victim(t *testing.T, data string) (cmd *exec.Cmd, out *bufio.Reader) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimVariable+"="+data)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { in.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewReader(pipe)
}

// readied waits for its word and returns its postmaster and cluster.
func readied(t *testing.T, out *bufio.Reader) (pid int, cluster string) {
	t.Helper()
	line, err := out.ReadString('\n')
	require.NoError(t, err, line)
	_, err = fmt.Sscanf(line, "ready %d %s", &pid, &cluster)
	require.NoError(t, err, line)
	return pid, cluster
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
}

func TestAKilledRunsOrphanIsStopped(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "data")
	run, out := victim(t, data)
	pid, cluster := readied(t, out)
	socket, err := os.ReadFile(filepath.Join(data, socketName))
	require.NoError(t, err)
	kill(t, run)
	require.NoError(t, syscall.Kill(pid, 0), "the orphan runs on")

	s := start(t, Config{Data: data})
	require.NotEqual(t, pid, s.PID())
	require.Equal(t, 1000, rows(t, s))
	require.NoDirExists(t, strings.TrimSpace(string(socket)))
	for _, w := range postgresIn(cluster) {
		require.NotEqual(t, pid, w.handle.Pid)
	}
}

func TestAnOrphanThatDoesNotListenIsStopped(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "data")
	run, out := victim(t, data)
	pid, _ := readied(t, out)
	kill(t, run)
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	require.Equal(t, 1000, rows(t, start(t, Config{Data: data})))
}

func TestAFirstStartThatIsKilledIsHarmless(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "data")
	run, _ := victim(t, data)
	eventually(t, "initdb has begun", func() bool {
		_, err := os.Stat(filepath.Join(data, clusterName+".new", "data", "PG_VERSION"))
		return err == nil
	})
	kill(t, run)
	require.NoDirExists(t, filepath.Join(data, clusterName))
	execute(t, start(t, Config{Data: data}), "create table kept (n int)")
	require.NoDirExists(t, filepath.Join(data, clusterName+".new"))
}

func TestAKilledPostmasterComesBack(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Data: filepath.Join(place(t), "data")})
	execute(t, s, "create table kept (n int)")
	for round := range 3 {
		execute(t, s, "insert into kept values (1)")
		// A backend that cannot notice the death of its postmaster holds the
		// shared memory.
		stuck := connect(t, s)
		require.NoError(t, syscall.Kill(int(stuck.PgConn().PID()), syscall.SIGSTOP))
		pid := s.PID()
		begun := time.Now()
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		eventually(t, "PostgreSQL answers again", func() bool {
			return s.PID() != pid && answers(t.Context(), s.Address) == nil
		})
		t.Logf("back after %v", time.Since(begun))
		require.Equal(t, round+1, rows(t, s))
	}
}

func TestStopWhilePostgreSQLIsDown(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Data: filepath.Join(place(t), "data"), Params: quick()})
	require.NoError(t, syscall.Kill(s.PID(), syscall.SIGKILL))
	stop(t, s)
	require.Empty(t, postgresIn(s.cluster.path))
}

// The note of a dead postmaster may name a process that has its number now.
func TestAStrangerWithTheNotedNumberIsLeftAlone(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "data")
	s := start(t, Config{Data: data, Params: quick()})
	stop(t, s)
	stranger := s.cluster.as.command(t.Context(), s.cluster.path, "/bin/sleep", "600")
	require.NoError(t, stranger.Start())
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	note := filepath.Join(s.cluster.path, "postmaster.pid")
	require.NoError(t, os.WriteFile(note, fmt.Appendf(nil, "%d\n%s\n1\n5432\n\n\n", stranger.Process.Pid, s.cluster.path), 0o600))
	require.NoError(t, s.cluster.as.own(note))

	execute(t, start(t, Config{Data: data, Params: quick()}), "select 1")
	require.NoError(t, syscall.Kill(stranger.Process.Pid, 0))
}

func TestTemporaryServersLeaveNothing(t *testing.T) {
	t.Parallel()
	run, out := victim(t, temporary)
	pid, cluster := readied(t, out)
	kill(t, run)

	s, err := StartTemporary(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { stop(t, s) })
	execute(t, s, "create table kept (n int)")
	eventually(t, "the killed run's server is gone", func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH })
	require.NoDirExists(t, filepath.Dir(cluster))
	stop(t, s)
	require.NoDirExists(t, s.folder.path)
}
