package stories_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
	"golang.org/x/sync/errgroup"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/kithcare/kith/pkg/pg/pgtest"
	"github.com/kithcare/kith/pkg/rpc"
	"github.com/kithcare/kith/services/demo"
	"github.com/kithcare/kith/services/platform"
)

// installation is Kith as an operator installs it: files of configuration, and every service as a process of its own.
type installation struct {
	folder, certificates, authorities string
	issuers                           string
	// ownerURL gives the owner's URL of a database.
	ownerURL func(database string) string
	// databases by authority.
	databases map[string]string
	redis     string
	grpc      map[string]string
	health    map[string]string
	listen    map[string]string
	running   []*process
}

// password is every login's; other tests may share the server, and a login's password is the server's.
const password = "kith-test"

// install writes what an operator writes: certificates, the file of authorities, the logins' passwords.
func install(t *testing.T, issuers string, ownerURL func(database string) string) *installation {
	t.Helper()
	i := &installation{
		folder: folder(t), issuers: issuers, ownerURL: ownerURL, databases: map[string]string{}, redis: freeAddress(t),
		grpc: map[string]string{}, health: map[string]string{}, listen: map[string]string{},
	}
	for _, name := range platform.Names() {
		i.grpc[name], i.health[name], i.listen[name] = freeAddress(t), freeAddress(t), freeAddress(t)
	}
	i.certificates = filepath.Join(i.folder, "certificates")
	kith(t, nil, "certs", i.certificates).done(t)
	i.writeAuthorities(t)
	return i
}

func startDatabase(t *testing.T) *pgtest.Server {
	t.Helper()
	database, err := pgtest.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return database
}

// startRedis starts the machine's own redis-server, or one in a container where KITH_TEST_CONTAINERS=1.
func (i *installation) startRedis(t *testing.T) {
	t.Helper()
	if os.Getenv("KITH_TEST_CONTAINERS") == "1" {
		i.containRedis(t)
		return
	}
	server, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("these tests need redis-server on this machine: `make test` installs it, or install Redis (on Debian or Ubuntu: apt-get install redis-server)")
	}
	host, port, _ := strings.Cut(i.redis, ":")
	begin(t, "redis", nil, server, "--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", i.folder)
	client := redis.NewClient(&redis.Options{Addr: i.redis})
	defer func() { _ = client.Close() }()
	if err := until(t.Context(), "Redis answers", func() (bool, error) { return client.Ping(t.Context()).Err() == nil, nil }); err != nil {
		t.Fatal(err)
	}
}

func (i *installation) containRedis(t *testing.T) {
	t.Helper()
	image := os.Getenv("KITH_TEST_REDIS_IMAGE")
	if image == "" {
		image = "redis:7-alpine"
	}
	box, err := testcontainers.Run(t.Context(), image, testcontainers.WithExposedPorts("6379/tcp"), testcontainers.WithWaitStrategy(wait.ForListeningPort("6379/tcp")))
	testcontainers.CleanupContainer(t, box)
	if err != nil {
		t.Fatal(err)
	}
	if i.redis, err = box.PortEndpoint(t.Context(), "6379/tcp", ""); err != nil {
		t.Fatal(err)
	}
}

// writeAuthorities writes the file of authorities and every login's password.
func (i *installation) writeAuthorities(t *testing.T) {
	t.Helper()
	text := "authorities:\n"
	for _, name := range authorities() {
		database := "kith_stories_" + strings.ReplaceAll(uuid.NewString(), "-", "")
		i.databases[name] = database
		owner, err := url.Parse(i.ownerURL(database))
		if err != nil {
			t.Fatal(err)
		}
		secrets := filepath.Join(i.folder, "secrets", name)
		if err := os.MkdirAll(secrets, 0o700); err != nil {
			t.Fatal(err)
		}
		ownPassword, _ := owner.User.Password()
		for login, secret := range map[string]string{"owner": ownPassword, "directory": password, "referral": password, "familyfacing": password} {
			if err := os.WriteFile(filepath.Join(secrets, login), []byte(secret+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		login := owner.User.Username()
		owner.User = nil
		text += fmt.Sprintf("  - name: %s\n    database: %q\n    secrets: %s\n    owner: %s\n    issuers: [%s]\n", name, owner, secrets, login, i.issuers)
	}
	i.authorities = filepath.Join(i.folder, "authorities.yaml")
	if err := os.WriteFile(i.authorities, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// variables configure a service, or with an empty name a command.
func (i *installation) variables(service string) []string {
	var addresses []string
	for _, name := range platform.Names() {
		addresses = append(addresses, name+"="+i.grpc[name])
	}
	all := []string{
		"KITH_AUTHORITIES=" + i.authorities, "KITH_CERTIFICATES=" + i.certificates, "KITH_ADDRESSES=" + strings.Join(addresses, ","),
		"KITH_REDIS=redis://" + i.redis, "KITH_PASSPORT_KEY=" + filepath.Join(i.certificates, "passport.key"), "KITH_RATE_PER_MINUTE=6000", "KITH_WEB_URL=http://" + i.listen["web"],
	}
	if service == "" {
		return all
	}
	return append(all, "KITH_GRPC_LISTEN="+i.grpc[service], "KITH_HEALTH_LISTEN="+i.health[service], "KITH_LISTEN="+i.listen[service])
}

func (i *installation) serve(t *testing.T, service string) *process {
	t.Helper()
	p := begin(t, service, i.variables(service), program(t), "serve", service)
	i.running = append(i.running, p)
	return p
}

// ready asks a service whether it may be given work.
func (i *installation) ready(ctx context.Context, service string) (int, string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+i.health[service]+"/readyz", nil)
	if err != nil {
		return 0, err.Error()
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

// awaitReady waits until the processes may be given work. One that ends will never be.
func (i *installation) awaitReady(t *testing.T) {
	t.Helper()
	for _, p := range i.running {
		err := until(t.Context(), p.name+" is ready", func() (bool, error) {
			select {
			case <-p.exited:
				return false, fmt.Errorf("%s ended: %w", p.name, p.err)
			default:
			}
			status, _ := i.ready(t.Context(), p.name)
			return status == http.StatusOK, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryServiceAsItsOwnProcess follows an operator: configure, start too early, migrate, import, start everything; then
// the stories are told, and everything is stopped.
func TestEveryServiceAsItsOwnProcess(t *testing.T) {
	t.Parallel()
	issuer, database := startIssuer(t), startDatabase(t)
	i := install(t, issuer.url, database.OwnerURL)
	i.startRedis(t)
	early := i.serve(t, "referral")
	i.waitsForItsTables(t, early)
	kith(t, i.variables(""), "check").done(t)
	kith(t, i.variables(""), "migrate").done(t)
	i.importDirectories(t)
	i.keepsWhatTheOperatorDid(t)
	for _, name := range platform.Names() {
		if name != early.name {
			i.serve(t, name)
		}
	}
	i.awaitReady(t)
	i.refusesStrangers(t)

	tell(t, &place{
		address: "http://" + i.listen["gateway"], fresh: issuer.token, log: &log{},
		ownerURL: func(authority string) (string, error) { return i.ownerURL(i.databases[authority]), nil },
	}, "~@night")

	i.stop(t)
}

// waitsForItsTables shows that a service without its tables waits, not ready, and names the command that mends that.
func (i *installation) waitsForItsTables(t *testing.T, early *process) {
	t.Helper()
	err := until(t.Context(), early.name+" says what it waits for", func() (bool, error) { return early.log.count("waiting", "kith migrate") > 0, nil })
	if err != nil {
		t.Fatal(err)
	}
	if status, text := i.ready(t.Context(), early.name); status != http.StatusServiceUnavailable || !strings.Contains(text, "kith migrate") {
		t.Errorf("before `kith migrate` /readyz answers %d %s", status, text)
	}
}

func (i *installation) importDirectories(t *testing.T) {
	t.Helper()
	descriptions := filepath.Join(i.folder, "descriptions")
	if err := os.CopyFS(descriptions, demo.Authorities()); err != nil {
		t.Fatal(err)
	}
	for _, name := range authorities() {
		said := kith(t, i.variables(""), "import", "directory", filepath.Join(descriptions, name+".yaml")).done(t).out
		if !strings.Contains(said, "people: ") || strings.Contains(said, "people: 0 added") {
			t.Errorf("the import of %s said %s", name, said)
		}
	}
}

// refusesStrangers calls a service with the installation's certificate, with one of another installation, and with none.
func (i *installation) refusesStrangers(t *testing.T) {
	t.Helper()
	other := filepath.Join(i.folder, "others-certificates")
	kith(t, nil, "certs", other).done(t)
	own, theirs := identity(t, i.certificates), identity(t, other)
	theirs.Roots = own.Roots
	none := own
	none.Certificate = func() (*tls.Certificate, error) { return &tls.Certificate{}, nil }
	network := rpc.Network{Target: func(string) string { return "dns:///" + i.grpc["referral"] }}
	for who, id := range map[string]rpc.Identity{"own": own, "theirs": theirs, "none": none} {
		conn, err := rpc.Dial(id, network, "referral")
		if err != nil {
			t.Fatal(err)
		}
		answer, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{})
		if (err == nil && answer.GetStatus() == healthv1.HealthCheckResponse_SERVING) != (who == "own") {
			t.Errorf("with certificate %q: %v %v", who, answer, err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}

func identity(t *testing.T, certificates string) rpc.Identity {
	t.Helper()
	id, err := rpc.LoadIdentity(certificates, "gateway")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// stop ends every process at once, as an orchestrator does.
func (i *installation) stop(t *testing.T) {
	t.Helper()
	var ends errgroup.Group
	for _, p := range i.running {
		ends.Go(p.end)
	}
	if err := ends.Wait(); err != nil {
		t.Error(err)
	}
}

// keepsWhatTheOperatorDid looks for each command in the audit trail of what it changed.
func (i *installation) keepsWhatTheOperatorDid(t *testing.T) {
	t.Helper()
	for _, name := range authorities() {
		conn, err := pgx.Connect(t.Context(), i.ownerURL(i.databases[name]))
		if err != nil {
			t.Fatal(err)
		}
		for _, kept := range []string{
			`SELECT count(*) FROM directory.audit WHERE actor_kind = 'operator' AND method = 'import directory'`,
			`SELECT count(*) FROM directory.audit WHERE actor_kind = 'operator' AND method = 'migrate'`,
			`SELECT count(*) FROM referral.audit WHERE actor_kind = 'operator' AND method = 'migrate'`,
			`SELECT count(*) FROM familyfacing.audit WHERE actor_kind = 'operator' AND method = 'migrate'`,
		} {
			var n int
			if err := conn.QueryRow(t.Context(), kept).Scan(&n); err != nil || n != 1 {
				t.Errorf("%s, %s: %d, want 1 (%v)", name, kept, n, err)
			}
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
