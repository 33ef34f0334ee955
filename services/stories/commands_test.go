package stories_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kithcare/kith/services/demo"
)

// sentence fails the test unless the command ended with an error status and one sentence on one line that holds these
// words.
func (r ran) sentence(t testing.TB, words ...string) {
	t.Helper()
	line, more, _ := strings.Cut(strings.TrimSpace(r.errors), "\n")
	if r.status != 1 || more != "" || !strings.HasPrefix(line, "kith: ") {
		t.Errorf("exit status %d, and not one sentence:\n%s", r.status, r.errors)
		return
	}
	for _, word := range words {
		if !strings.Contains(line, word) {
			t.Errorf("%q does not say %q", line, word)
		}
	}
}

// TestUpRefuses shows what somebody reads whose `kith up` can't start.
func TestUpRefuses(t *testing.T) {
	t.Parallel()
	taken := freeAddress(t)
	listener := http.Server{Addr: taken, Handler: http.NotFoundHandler()}
	go func() { _ = listener.ListenAndServe() }() // ends with Close
	t.Cleanup(func() { _ = listener.Close() })
	if err := until(t.Context(), taken+" is taken", func() (bool, error) {
		r, err := http.Get("http://" + taken)
		return err == nil && r.Body.Close() == nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		variables []string
		words     []string
	}{
		"port taken":          {[]string{"KITH_LISTEN=" + taken}, []string{taken, "taken", "KITH_LISTEN="}},
		"folder not writable": {[]string{"KITH_DATA=" + notWritable(t)}, []string{"data folder", "KITH_DATA"}},
		"open to everybody":   {[]string{"KITH_LISTEN=0.0.0.0:8080"}, []string{"KITH_LISTEN", "loopback", "127.0.0.1:8080"}},
		"no address":          {[]string{"KITH_LISTEN=8080"}, []string{"KITH_LISTEN", "host and a port"}},
		"unknown variable":    {[]string{"KITH_DATTA=x"}, []string{"KITH_DATTA", "KITH_DATA"}},
		"malformed variable":  {[]string{"KITH_IN_FLIGHT=many"}, []string{"KITH_IN_FLIGHT", "int"}},
		"unknown log":         {[]string{"KITH_LOG=loud"}, []string{"KITH_LOG", "text or json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kith(t, append([]string{"KITH_DATA=" + folder(t), "KITH_LISTEN=" + freeAddress(t)}, c.variables...), "up").sentence(t, c.words...)
		})
	}
}

// notWritable is a data folder that can't be made. Root may write everywhere, but not below a file.
func notWritable(t testing.TB) string {
	t.Helper()
	path := filepath.Join(folder(t), "in-its-place")
	if os.Geteuid() != 0 {
		if err := os.Mkdir(path, 0o500); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(path, "data")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBesideARunningPlatform shows what an operator does while `kith up` runs, and how it stops.
func TestBesideARunningPlatform(t *testing.T) {
	t.Parallel()
	data, address := folder(t), freeAddress(t)
	variables := []string{"KITH_DATA=" + data, "KITH_LISTEN=" + address}
	kith(t, variables, "token", "met-police").sentence(t, "kith up", "KITH_DATA")
	kith(t, variables, "token", "amina-yusuf").sentence(t, "kith up", address)
	descriptions := filepath.Join(folder(t), "descriptions")
	if err := os.CopyFS(descriptions, demo.Authorities()); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(descriptions, "kensington-chelsea.yaml")
	kith(t, variables, "import", "directory", good).sentence(t, "kith up", "KITH_DATA")

	running := begin(t, "up", variables, program(t), "up")
	awaitUp(t, running, address)
	kith(t, []string{"KITH_DATA=" + data, "KITH_LISTEN=" + freeAddress(t)}, "up").sentence(t, "already running", data, "KITH_DATA")
	importsBeside(t, variables, good)
	tokensBeside(t, variables, address)
	if err := running.end(); err != nil {
		t.Error(err)
	}
}

func awaitUp(t *testing.T, running *process, address string) {
	t.Helper()
	err := until(t.Context(), "the platform is ready", func() (bool, error) {
		r, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			return false, nil //nolint:nilerr // it does not listen yet
		}
		return r.StatusCode == http.StatusOK && running.log.count("A token for anybody named above") > 0, r.Body.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"http://" + address, "North Kensington Family Facing Team", "amina-yusuf", "met-police", "curl -sS"} {
		if running.log.count(words) == 0 {
			t.Errorf("it does not say %q", words)
		}
	}
}

// importsBeside imports what is there already, then a bad file, and shows that it changed nothing.
func importsBeside(t *testing.T, variables []string, good string) {
	t.Helper()
	kith(t, variables, "import", "directory", good).done(t)
	unchanged := func() {
		if said := kith(t, variables, "import", "directory", good).done(t).out; !strings.HasPrefix(said, "nothing changed\n") {
			t.Errorf("imported again: %s", said)
		}
	}
	unchanged()
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(filepath.Dir(good), "bad.yaml")
	worse := strings.NewReplacer("name: Chelsea Family Facing Team", "name: Another Name", "kind: strategy", "kind: strategic", "from: 2024-09-02", "from: 2024-09-32").Replace(string(text))
	if err := os.WriteFile(bad, []byte(worse), 0o600); err != nil {
		t.Fatal(err)
	}
	refused := kith(t, variables, "import", "directory", bad)
	if refused.status != 1 || !strings.Contains(refused.errors, "nothing changed") {
		t.Errorf("exit status %d: %s", refused.status, refused.errors)
	}
	for number, line := range strings.Split(worse, "\n") {
		if !strings.Contains(line, "strategic") && !strings.Contains(line, "2024-09-32") {
			continue
		}
		if where := "bad.yaml:" + strconv.Itoa(number+1); !strings.Contains(refused.errors, where) {
			t.Errorf("the problem at %s is not told: %s", where, refused.errors)
		}
	}
	unchanged()
}

// tokensBeside takes tokens and uses one.
func tokensBeside(t *testing.T, variables []string, address string) {
	t.Helper()
	kith(t, variables, "token", "nobody").sentence(t, "nobody", "primary-school", "hf-met-police", "kith up")
	p := &place{address: "http://" + address, fresh: func(_ context.Context, name string) (string, error) {
		return strings.TrimSpace(kith(t, variables, "token", name).done(t).out), nil
	}}
	w := newWorld(p)
	if err := w.tellOf(t.Context(), "Oz Invent"); err != nil {
		t.Error(err)
	}
	if err := w.waits(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestCheck shows what `kith check` says of configurations that are broken in one place each.
func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		breaks func(t *testing.T, i *installation)
		// variable goes over the installation's own.
		variable string
		words    []string
	}{
		"unknown variable": {variable: "KITH_AUTHORITY=x", words: []string{"KITH_AUTHORITY ", "KITH_AUTHORITIES"}},
		"no authorities":   {variable: "KITH_AUTHORITIES=", words: []string{"KITH_AUTHORITIES", "not set"}},
		"no such file":     {variable: "KITH_AUTHORITIES=/nowhere.yaml", words: []string{"KITH_AUTHORITIES", "/nowhere.yaml"}},
		"no neighbour":     {variable: "KITH_ADDRESSES=referal=localhost:1", words: []string{"KITH_ADDRESSES", `"referal"`, "referral"}},
		"no Redis":         {variable: "KITH_REDIS=localhost", words: []string{"KITH_REDIS", "redis://"}},
		"no passport key":  {variable: "KITH_PASSPORT_KEY=", words: []string{"directory", "KITH_PASSPORT_KEY", "kith certs"}},
		"unknown field": {words: []string{"authorities.yaml", "secret"}, breaks: func(t *testing.T, i *installation) {
			i.edit(t, i.authorities, "secrets:", "secret:")
		}},
		"login in the URL": {words: []string{"authorities[0]", "without a login"}, breaks: func(t *testing.T, i *installation) {
			i.edit(t, i.authorities, "postgres://", "postgres://somebody:secret@")
		}},
		"no password": {words: []string{"referral", "password", "hammersmith-fulham"}, breaks: func(t *testing.T, i *installation) {
			i.remove(t, "secrets/hammersmith-fulham/referral")
		}},
		"no certificate": {words: []string{"web", "certificates", "web.pem"}, breaks: func(t *testing.T, i *installation) {
			i.remove(t, "certificates/web.pem")
		}},
		"certificate of another": {words: []string{"budget", "KITH_CERTIFICATES", "budget.pem"}, breaks: func(t *testing.T, i *installation) {
			i.copy(t, i.certificates, "gateway.pem", "budget.pem")
			i.copy(t, i.certificates, "gateway.key", "budget.key")
		}},
		"certificates of two sets": {words: []string{"KITH_CERTIFICATES", "ca.pem"}, breaks: func(t *testing.T, i *installation) {
			other := filepath.Join(i.folder, "other")
			kith(t, nil, "certs", other).done(t)
			i.copy(t, i.certificates, "../other/ca.pem", "ca.pem")
		}},
		"key of another": {words: []string{"gateway", "certificates"}, breaks: func(t *testing.T, i *installation) {
			i.copy(t, i.certificates, "web.key", "gateway.key")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := install(t, "https://issuer.example", nowhere)
			if c.breaks != nil {
				c.breaks(t, i)
			} else if said := kith(t, i.variables(""), "check").done(t).out; !strings.Contains(said, "valid") {
				t.Errorf("a whole configuration: %s", said)
			}
			kith(t, append(i.variables(""), c.variable), "check").sentence(t, c.words...)
		})
	}
}

// nowhere is the URL of a database that nobody asks.
func nowhere(database string) string {
	return (&url.URL{Scheme: "postgres", User: url.UserPassword("owner", "secret"), Host: "db.example:5432", Path: "/" + database}).String()
}

func (i *installation) edit(t *testing.T, path, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, replacement)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (i *installation) remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(filepath.Join(i.folder, path)); err != nil {
		t.Fatal(err)
	}
}

func (i *installation) copy(t *testing.T, folder, from, to string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, from))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, to), text, 0o600); err != nil {
		t.Fatal(err)
	}
}
