package up

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDataFolderMayBeMoved(t *testing.T) {
	t.Parallel()
	k := newKith(t, copied(t, place(t)))
	k.start(t)
	receipt := tellOnce(t, k.data, k.listen, "moved")
	_, err := k.stop()
	require.NoError(t, err)

	moved := filepath.Join(place(t), "elsewhere")
	require.NoError(t, os.Rename(k.data, moved))
	k.data, k.listen = moved, ""
	k.start(t)
	require.Equal(t, receipt, tellOnce(t, k.data, k.listen, "moved"), "the same call again, at another place and address")
	conn, err := owner(t.Context(), k.data, "kensington-chelsea")
	require.NoError(t, err)
	var callBack string
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT out_of_hours_call_back FROM directory.authority`).Scan(&callBack))
	require.NoError(t, conn.Close(t.Context()))
	require.Equal(t, "http://"+k.listen+nightPath, callBack)
	_, err = k.stop()
	require.NoError(t, err)
}

func TestOnlyItsUserReadsTheDataFolder(t *testing.T) {
	t.Parallel()
	m, err := first()
	require.NoError(t, err)
	info, err := os.Stat(m.data)
	require.NoError(t, err)
	allowed := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		// PostgreSQL's user passes through to its own folder and can list nothing.
		allowed = 0o711
	}
	require.Equal(t, allowed, info.Mode().Perm())
	for _, name := range []string{"secrets.json", "owner.password", "postgres.log", "lock"} {
		info, err := os.Stat(filepath.Join(m.data, name))
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), name)
	}
	err = filepath.WalkDir(m.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == m.data {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may reach %s: %s", path, info.Mode())
		}
		return err
	})
	require.NoError(t, err)
}

func TestASecondOneOnTheFolderIsRefused(t *testing.T) {
	t.Parallel()
	k := newKith(t, copied(t, place(t)))
	k.start(t)
	second := newKith(t, k.data)
	require.NoError(t, second.begin())
	<-second.ended
	var status *exec.ExitError
	require.ErrorAs(t, second.status, &status)
	require.Equal(t, 1, status.ExitCode())
	require.Contains(t, second.said(), "is already running on the data folder")
	third := newKith(t, filepath.Join(place(t), "data"))
	third.listen = k.listen
	require.NoError(t, third.begin())
	<-third.ended
	require.ErrorAs(t, third.status, &status)
	require.Equal(t, 1, status.ExitCode())
	require.Contains(t, third.said(), "is taken by another program")
	require.NoDirExists(t, third.data, "a refused start leaves nothing")

	tellOnce(t, k.data, k.listen, "undisturbed")
	_, err := k.stop()
	require.NoError(t, err)
}
