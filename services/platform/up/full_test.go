package up

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
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

// A disk that is full takes nothing more and acknowledges nothing; when there is space again everything goes on by
// itself. A small disk can be had only as root, and not in every container; elsewhere the disk is as large as it is, and
// PostgreSQL says about each contact what it says on a full one.
func TestAFullDiskAcknowledgesNothingAndRecovers(t *testing.T) {
	t.Parallel()
	chance, seed := seeded(t)
	to := place(t)
	small := smallDisk(t, to)
	k := newKith(t, copied(t, to))
	k.start(t)
	l := newLoad(t, k.data, k.listen, seed)
	filler := filepath.Join(to, "filler")
	fill, release := l.sayFull, l.sayFree
	if small {
		fill = func(t *testing.T) { fillUp(t, filler); l.endLog(t) }
		release = func(t *testing.T) { require.NoError(t, os.Remove(filler)) }
	}
	refused := 0
	took := l.during(t.Context(), between(chance, 100*time.Millisecond, 400*time.Millisecond), func() {
		fill(t)
		l.sum()
		for begun := time.Now(); refused < 20 && time.Since(begun) < 20*time.Second; refused = l.noted503() {
			pause(t.Context(), 20*time.Millisecond)
		}
		release(t)
	})
	require.NotZero(t, refused, "nothing was refused on a full disk")
	l.compare(t.Context())
	t.Logf("a full disk, small: %v; refused %d times; acknowledged again %s after there was space; %d contacts; to be sent again: %s",
		small, refused, took.Round(time.Millisecond), l.count(), l.sum())
	log, err := os.ReadFile(k.log)
	require.NoError(t, err)
	t.Logf("PostgreSQL ended by itself %d times", strings.Count(string(log), "PostgreSQL has ended by itself"))
	_, err = k.stop()
	require.NoError(t, err)
	unspoken(t, marker, k.log, filepath.Join(k.data, "postgres.log"), filepath.Join(k.data, "postgres.log.1"))
}

// smallDisk puts one at the folder that has room for a data folder and a little load, if this user may.
func smallDisk(t *testing.T, at string) bool {
	t.Helper()
	m, err := first()
	require.NoError(t, err)
	if os.Geteuid() != 0 {
		return false
	}
	size, err := sizeOf(m.data)
	require.NoError(t, err)
	mount := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d,mode=0711", size+24<<20), "kith", at)
	if out, err := mount.CombinedOutput(); err != nil {
		t.Logf("no small disk: %s", out)
		return false
	}
	t.Cleanup(func() {
		if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "umount", at).CombinedOutput(); err != nil {
			t.Errorf("the small disk stays: %s", out)
		}
	})
	return true
}

func sizeOf(folder string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += (info.Size() + 4095) / 4096 * 4096
		}
		return err
	})
	return sum, err
}

// fillUp leaves no block free.
func fillUp(t *testing.T, path string) {
	file, err := os.Create(path)
	require.NoError(t, err)
	block := make([]byte, 4096)
	for err == nil {
		_, err = file.Write(block)
	}
	require.True(t, errors.Is(err, syscall.ENOSPC), err)
	require.NoError(t, file.Close())
}

// endLog lets PostgreSQL begin another file of its write-ahead log, for which there is no room: it can't write anything
// any more and ends. Kith starts it again and again until there is room.
func (l *load) endLog(t *testing.T) {
	conn, err := owner(t.Context(), l.data, "kensington-chelsea")
	require.NoError(t, err)
	for range 10 {
		if _, err = conn.Exec(t.Context(), `SELECT pg_switch_wal(), pg_logical_emit_message(true, 'kith', repeat('x', 100000))`); err != nil {
			break
		}
	}
	require.Error(t, err, "PostgreSQL still writes on a full disk")
	_ = conn.Close(t.Context())
}

// sayFull lets PostgreSQL refuse each contact with the error that it gives on a full disk (SQLSTATE 53100).
func (l *load) sayFull(t *testing.T) {
	l.own(t, `CREATE FUNCTION referral.full() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
		CREATE TRIGGER full_disk BEFORE INSERT ON referral.contact FOR EACH ROW EXECUTE FUNCTION referral.full()`)
}

func (l *load) sayFree(t *testing.T) { l.own(t, `DROP FUNCTION referral.full CASCADE`) }

func (l *load) own(t *testing.T, statement string) {
	for _, authority := range demonstrations() {
		conn, err := owner(t.Context(), l.data, authority)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), statement, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, errors.Join(err, conn.Close(t.Context())))
	}
}

// noted503 counts refusals that are to be sent again.
func (l *load) noted503() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answers[fmt.Sprint(http.StatusServiceUnavailable)]
}

// The same said by PostgreSQL alone, which needs no small disk.
func TestPostgreSQLSayingThatTheDiskIsFull(t *testing.T) {
	t.Parallel()
	_, seed := seeded(t)
	log := &heard{}
	data := copied(t, place(t))
	p := inside(t, data, log)
	l := newLoad(t, data, p.Address(), seed)
	l.sayFull(t)
	body := []byte(`{"source":{"code":"6"},"children":[{"name":"Zeb ` + marker + `1x"}],"worry":"Alone in the flat."}`)
	r := request{method: http.MethodPost, path: "/v1/authorities/kensington-chelsea/contacts", as: "met-police", key: "kill-1-met-police", body: body}
	status, answer, err := l.send(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, http.StatusServiceUnavailable, status, string(answer))
	l.inEach(t)
	l.sayFree(t)
	var now acknowledgement
	l.insist(t.Context(), http.StatusCreated, r, &now)
	l.acknowledged = append(l.acknowledged, &contact{
		authority: "kensington-chelsea", partner: "met-police", key: r.key, name: now.Name, receipt: now.Receipt,
		children: []*told{{name: "Zeb " + marker + "1x", child: now.Children[0].Name}},
	})
	l.compare(t.Context())
	require.NotContains(t, log.String(), marker)
}

// inEach looks whether the tables hold what was acknowledged and no more.
func (l *load) inEach(t *testing.T) {
	for _, authority := range demonstrations() {
		conn, err := owner(t.Context(), l.data, authority)
		require.NoError(t, err)
		l.inTables(t.Context(), conn, authority)
		require.NoError(t, conn.Close(t.Context()))
	}
}
