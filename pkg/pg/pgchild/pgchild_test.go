package pgchild

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// quick are settings for tests that do not pull the plug.
func quick() map[string]string { return map[string]string{"fsync": "off"} }

// place makes a folder that PostgreSQL's user can reach, which t.TempDir is not.
func place(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kith-pgchild-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	require.NoError(t, s.Stop(context.Background()))
}

func connect(t *testing.T, s *Server) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.OwnerURL("postgres"))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, s *Server, statement string) {
	t.Helper()
	conn := connect(t, s)
	_, err := conn.Exec(t.Context(), statement)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}

func rows(t *testing.T, s *Server) int {
	t.Helper()
	conn := connect(t, s)
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), "select count(*) from kept").Scan(&n))
	require.NoError(t, conn.Close(t.Context()))
	return n
}

// eventually waits until what holds, which has to be within half a minute.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	require.Eventually(t, holds, 30*time.Second, 20*time.Millisecond, what)
}

func TestDataSurvivesAStop(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "new", "data")
	begun := time.Now()
	first := start(t, Config{Data: data}) // durable, as in production
	t.Logf("first start: %v", time.Since(begun))
	execute(t, first, "create table kept (n int); insert into kept values (1)")
	stop(t, first)

	begun = time.Now()
	second := start(t, Config{Data: data})
	t.Logf("start on existing data: %v", time.Since(begun))
	require.Equal(t, 1, rows(t, second))
	begun = time.Now()
	stop(t, second)
	t.Logf("stop: %v", time.Since(begun))
}

func TestTheServerIsSetUpAsPromised(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "data")
	s := start(t, Config{Data: data})
	conn := connect(t, s)
	for setting, want := range map[string]string{
		"listen_addresses": "", "fsync": "on", "data_checksums": "on", "server_encoding": "UTF8",
		"max_connections": "200", "password_encryption": "scram-sha-256", "TimeZone": "UTC",
	} {
		var got string
		require.NoError(t, conn.QueryRow(t.Context(), "select current_setting($1)", setting).Scan(&got))
		require.Equal(t, want, got, setting)
	}
	var trusted int
	require.NoError(t, conn.QueryRow(t.Context(), "select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'").Scan(&trusted))
	require.Zero(t, trusted)
	var lower string
	require.NoError(t, conn.QueryRow(t.Context(), "select lower('ÉŁ')").Scan(&lower))
	require.Equal(t, "éł", lower)

	_, err := pgx.Connect(t.Context(), s.URL("postgres", Owner, "a guess"))
	require.ErrorContains(t, err, "28P01")
	for name, mode := range map[string]os.FileMode{passwordName: 0o600, lockName: 0o600, logName: 0o600} {
		info, err := os.Stat(filepath.Join(data, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
	info, err := os.Stat(s.socket)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestTheChildHasAProcessGroupOfItsOwn(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Data: filepath.Join(place(t), "data"), Params: quick()})
	group, err := syscall.Getpgid(s.PID())
	require.NoError(t, err)
	require.Equal(t, s.PID(), group)
	require.NotEqual(t, syscall.Getpgrp(), group)
}

func TestStopLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Data: filepath.Join(place(t), "data"), Params: quick()})
	busy := connect(t, s)
	_, err := busy.Exec(t.Context(), "begin; create table half ()")
	require.NoError(t, err)
	pid := s.PID()
	require.NotEmpty(t, postgresIn(s.cluster.path))

	stop(t, s)
	require.Empty(t, postgresIn(s.cluster.path))
	require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	require.NoDirExists(t, s.socket)
	require.NoFileExists(t, s.cluster.path+"/postmaster.pid")
	stop(t, s) // a second time is harmless
}

func TestAHurriedStopEndsAtOnceAndLosesNothing(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "data")
	s := start(t, Config{Data: data, Params: quick()})
	execute(t, s, "create table kept (n int); insert into kept values (1)")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.Stop(over))
	require.Empty(t, postgresIn(s.cluster.path))
	require.Equal(t, 1, rows(t, start(t, Config{Data: data, Params: quick()})))
}

func TestACancelledStartLeavesNothing(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "data")
	stop(t, start(t, Config{Data: data, Params: quick()}))
	ctx, cancel := context.WithCancel(t.Context())
	log := slog.New(slog.NewTextHandler(writer(func(p []byte) {
		if bytes.Contains(p, []byte("set up")) || bytes.Contains(p, []byte("setting up")) {
			cancel()
		}
	}), nil))
	_, err := Start(ctx, Config{Data: filepath.Join(place(t), "other"), Params: quick(), Log: log})
	require.ErrorIs(t, err, context.Canceled)

	_, err = Start(ctx, Config{Data: data, Params: quick()})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, postgresIn(filepath.Join(data, clusterName)))
	start(t, Config{Data: data, Params: quick()}) // the lock is free again
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

func TestASecondStartIsRefused(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "data")
	s := start(t, Config{Data: data, Params: quick()})
	pid := s.PID()
	_, err := Start(t.Context(), Config{Data: data, Params: quick()})
	require.ErrorIs(t, err, ErrInUse)
	requireSentence(t, err, data, "stop it first")
	require.Equal(t, pid, s.PID())
	execute(t, s, "select 1")
}

func TestAnotherProcessFindsTheServer(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "data")
	_, err := Running(data)
	require.ErrorIs(t, err, ErrNotRunning)
	s := start(t, Config{Data: data, Params: quick()})
	found, err := Running(data)
	require.NoError(t, err)
	require.Equal(t, s.OwnerURL("postgres"), found.OwnerURL("postgres"))
	stop(t, s)
	_, err = Running(data)
	require.ErrorIs(t, err, ErrNotRunning)
	requireSentence(t, err, data, "kith up")
}

// The owner's password and children's data must not be told by the log, whatever
// goes wrong in a statement.
func TestTheLogHoldsNothingFromStatements(t *testing.T) {
	t.Parallel()
	const secret = "Ottoline-Invented"
	var own bytes.Buffer
	data := filepath.Join(place(t), "data")
	s := start(t, Config{Data: data, Params: quick(), Log: slog.New(slog.NewTextHandler(&own, nil))})
	conn := connect(t, s)
	for _, bad := range []string{
		"create table once (name text primary key); insert into once values ('" + secret + "')",
		"insert into once values ('" + secret + "')",
		"select '" + secret + "'::int",
		"select no_such_column as \"" + secret + "\"",
		"do $$ begin raise warning '" + secret + "'; end $$",
		"do $$ begin raise exception '" + secret + "'; end $$",
	} {
		_, err := conn.Exec(t.Context(), bad)
		var refused *pgconn.PgError
		require.True(t, err == nil || errors.As(err, &refused), bad)
	}
	_, err := conn.Exec(t.Context(), "select $1::text::int", secret)
	require.Error(t, err)
	// A killed backend makes PostgreSQL tell what it was doing.
	victim := connect(t, s)
	asleep := make(chan error, 1)
	go func() {
		_, err := victim.Exec(t.Context(), "select pg_sleep(60), '"+secret+"'")
		asleep <- err
	}()
	eventually(t, "the backend works", func() bool {
		var active int
		err := conn.QueryRow(t.Context(), "select count(*) from pg_stat_activity where pid = $1 and state = 'active'", victim.PgConn().PID()).Scan(&active)
		return err == nil && active == 1
	})
	require.NoError(t, syscall.Kill(int(victim.PgConn().PID()), syscall.SIGKILL))
	require.Error(t, <-asleep)
	eventually(t, "PostgreSQL recovers by itself", func() bool { return answers(t.Context(), s.Address) == nil })
	stop(t, s)

	text, err := os.ReadFile(filepath.Join(data, logName))
	require.NoError(t, err)
	require.Contains(t, string(text), "terminated by signal 9")
	for _, log := range []string{string(text), own.String()} {
		require.NotContains(t, log, secret)
		require.NotContains(t, log, s.password)
	}
}

// requireSentence holds errors for people to their form.
func requireSentence(t *testing.T, err error, parts ...string) {
	t.Helper()
	var refusal *Refusal
	require.ErrorAs(t, err, &refusal)
	require.NotContains(t, err.Error(), "\n")
	require.False(t, strings.HasSuffix(err.Error(), "."))
	for _, part := range parts {
		require.Contains(t, err.Error(), part)
	}
}
