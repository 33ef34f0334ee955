package pgchild

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// programs makes a folder that looks like PostgreSQL's.
func programs(t *testing.T, version, initdb string) string {
	t.Helper()
	dir := place(t)
	for name, script := range map[string]string{
		"postgres": "echo 'postgres (PostgreSQL) " + version + "'",
		"initdb":   initdb,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	}
	return dir
}

func TestFindTakesTheNamedFolder(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{"15.14 (Debian 15.14-0+deb12u1)": 15, "18devel": 18, "17beta1": 17} {
		bin := programs(t, line, "")
		dir, version, err := Find(t.Context(), bin)
		require.NoError(t, err)
		require.Equal(t, bin, dir)
		require.Equal(t, want, version)
	}
}

func TestFindSearchesTheMachine(t *testing.T) {
	t.Parallel()
	dir, version, err := Find(t.Context(), "")
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(dir, "postgres"))
	require.GreaterOrEqual(t, version, OldestVersion)
}

func TestUnusableProgramsAreRefused(t *testing.T) {
	t.Parallel()
	empty := place(t)
	for name, c := range map[string]struct {
		bin, says string
	}{
		"too old":       {programs(t, "13.22", ""), "PostgreSQL 13 in "},
		"none":          {empty, empty},
		"no such place": {filepath.Join(empty, "nowhere"), "nowhere"},
		"no PostgreSQL": {programs(t, ") something else", "exit 1"), "no PostgreSQL server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Find(t.Context(), c.bin)
			require.ErrorIs(t, err, ErrNoServer)
			requireSentence(t, err, c.says, "apt-get install postgresql")
			_, err = Start(t.Context(), Config{Data: filepath.Join(place(t), "data"), Bin: c.bin})
			require.ErrorIs(t, err, ErrNoServer)
		})
	}
}

func TestUnusableFoldersAreRefused(t *testing.T) {
	t.Parallel()
	readOnly := "/proc/kith" // nobody can write there, not even root
	if os.Geteuid() != 0 {
		readOnly = filepath.Join(place(t), "read-only")
		require.NoError(t, os.Mkdir(readOnly, 0o500))
	}
	file := filepath.Join(place(t), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, data := range map[string]string{
		"read-only": readOnly, "a file": file, "below a file": filepath.Join(file, "data"), "none": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Start(t.Context(), Config{Data: data, Params: quick()})
			require.ErrorIs(t, err, ErrFolder)
			requireSentence(t, err, data, "KITH_DATA")
		})
	}
}

// foreign puts something with a PG_VERSION where the cluster should be.
func foreign(t *testing.T, version string) string {
	t.Helper()
	data := filepath.Join(place(t), "data")
	cluster := filepath.Join(data, clusterName)
	require.NoError(t, os.MkdirAll(cluster, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(cluster, "PG_VERSION"), []byte(version), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(data, passwordName), []byte("invented"), 0o600))
	as, err := currentAccount()
	require.NoError(t, err)
	require.NoError(t, as.own(cluster))
	return data
}

func TestDataOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	data := foreign(t, "16\n")
	_, err := Start(t.Context(), Config{Data: data, Bin: programs(t, "15.1", "")})
	require.ErrorIs(t, err, ErrOtherVersion)
	requireSentence(t, err, data, "made by PostgreSQL 16", "install PostgreSQL 16")
}

func TestADamagedDataFolderIsRefused(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(data string) error{
		"version": func(data string) error {
			return os.WriteFile(filepath.Join(data, clusterName, "PG_VERSION"), nil, 0o600)
		},
		"database": func(data string) error { return os.Remove(filepath.Join(data, clusterName, "PG_VERSION")) },
		"password": func(data string) error { return os.Remove(filepath.Join(data, passwordName)) },
		"elsewhere": func(data string) error {
			return os.WriteFile(filepath.Join(data, elsewhere), []byte("/nowhere/at/all\n"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := foreign(t, "15")
			require.NoError(t, damage(data))
			_, err := Start(t.Context(), Config{Data: data})
			require.ErrorIs(t, err, ErrFolder)
			requireSentence(t, err, data, "restore")
		})
	}
}

func TestInitdbsFailureIsExplained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		kind   error
		says   string
	}{
		"disk full": {"echo 'initdb: error: could not write to file \"base/1/16\": No space left on device' >&2; exit 1", ErrDiskFull, "is full"},
		"no reason": {"exit 1", ErrDidNotStart, "exit status 1"},
		"reason":    {"echo creating; echo 'initdb: error: it is Sunday' >&2; echo 'initdb: removing contents' >&2; exit 1", ErrDidNotStart, "it is Sunday"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(place(t), "data")
			_, err := Start(t.Context(), Config{Data: data, Bin: programs(t, "15.1", c.script)})
			require.ErrorIs(t, err, c.kind)
			requireSentence(t, err, data, c.says)
			require.NoDirExists(t, filepath.Join(data, clusterName))
			require.NoDirExists(t, filepath.Join(data, clusterName+".new"))
		})
	}
}

func TestAServerThatDoesNotStartIsExplained(t *testing.T) {
	t.Parallel()
	data := filepath.Join(place(t), "data")
	stop(t, start(t, Config{Data: data, Params: quick()}))
	_, err := Start(t.Context(), Config{Data: data, Params: map[string]string{"no_such_setting": "on"}})
	require.ErrorIs(t, err, ErrDidNotStart)
	requireSentence(t, err, data, "no_such_setting")
}

// A folder below a private one is out of reach for the user as which root runs
// PostgreSQL. An ordinary user's own folders are not.
func TestAFolderOutOfReachPutsTheClusterElsewhere(t *testing.T) {
	t.Parallel()
	private := place(t)
	require.NoError(t, os.Chmod(private, 0o700))
	data, away := filepath.Join(private, "data"), filepath.Join(place(t), "away")
	cfg := Config{Data: data, Params: quick(), away: away}
	s := start(t, cfg)
	execute(t, s, "create table kept (n int); insert into kept values (1)")
	stop(t, s)
	if os.Geteuid() != 0 {
		require.DirExists(t, filepath.Join(data, clusterName))
		require.NoDirExists(t, away)
		return
	}
	require.Equal(t, away, filepath.Dir(s.cluster.path))
	noted, err := os.ReadFile(filepath.Join(data, elsewhere))
	require.NoError(t, err)
	require.Equal(t, s.cluster.path+"\n", string(noted))

	s = start(t, cfg)
	require.Equal(t, 1, rows(t, s))
	// A copy of the folder names the same cluster and must not touch it.
	copied := filepath.Join(place(t), "copy")
	require.NoError(t, os.CopyFS(copied, os.DirFS(data)))
	_, err = Start(t.Context(), Config{Data: copied, Params: quick(), away: away})
	require.ErrorIs(t, err, ErrInUse)
	require.Equal(t, 1, rows(t, s))
	stop(t, s)

	// A new data folder of the same path does not get the old one's database.
	require.NoError(t, os.RemoveAll(data))
	s = start(t, cfg)
	execute(t, s, "create table kept (n int)")
	require.Zero(t, rows(t, s))
	stop(t, s)
	left, err := filepath.Glob(filepath.Join(away, "*.new"))
	require.NoError(t, err)
	require.Empty(t, left, fmt.Sprint(left))
}
