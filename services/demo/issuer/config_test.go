package issuer_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kithcare/kith/services/demo/issuer"
)

func TestNewStandsOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	folder := demoFolder(t)
	for address, allowed := range map[string]bool{
		"http://127.0.0.1:8080/demo-issuer":     true,
		"http://127.9.8.7/demo-issuer":          true,
		"http://[::1]:8080/demo-issuer":         true,
		"http://localhost:8080":                 true,
		"https://localhost:8443/demo-issuer":    true,
		"http://0.0.0.0:8080/demo-issuer":       false,
		"http://[::]:8080/demo-issuer":          false,
		"http://10.0.0.1:8080/demo-issuer":      false,
		"http://kith.example.org/demo-issuer":   false,
		"http://127.0.0.1.example.org/x":        false,
		"http://localhost.example.org/x":        false,
		"http://127.0.0.1@example.org/x":        false,
		"http://someone@127.0.0.1/x":            false,
		"http://127.0.0.1:8080/demo-issuer/":    false,
		"http://127.0.0.1:8080/demo-issuer?x=1": false,
		"http://127.0.0.1:8080/a/../b":          false,
		"ftp://127.0.0.1/x":                     false,
		"/demo-issuer":                          false,
		"":                                      false,
	} {
		config, _ := demoConfig(t, folder, address, time.Now)
		_, err := issuer.New(config)
		assert.Equal(t, allowed, err == nil, "%q: %v", address, err)
	}
}

func TestNewWantsAFolderMadeAsADemonstration(t *testing.T) {
	t.Parallel()
	config, _ := demoConfig(t, demoFolder(t), "http://127.0.0.1:8080/demo-issuer", time.Now)
	config.DataFolder = t.TempDir()
	_, err := issuer.New(config)
	require.ErrorContains(t, err, "was not created as a demonstration")
	_, _, partnerErr := issuer.PartnerKey(config.DataFolder, police)
	require.ErrorContains(t, partnerErr, "was not created as a demonstration")
	left, err := os.ReadDir(config.DataFolder)
	require.NoError(t, err)
	assert.Empty(t, left, "a refused folder is left as it was")
	require.NoError(t, os.Mkdir(filepath.Join(config.DataFolder, issuer.MarkerFile), 0o700))
	_, err = issuer.New(config)
	require.ErrorContains(t, err, "was not created as a demonstration", "a folder is no marker")
}

func TestNewRefusesNamesAndKeysThatCouldBeMistaken(t *testing.T) {
	t.Parallel()
	folder := demoFolder(t)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	wide, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	for name, spoil := range map[string]func(*issuer.Config){
		"no clock":                      func(c *issuer.Config) { c.Now = nil },
		"no audience":                   func(c *issuer.Config) { c.Audience = "" },
		"a client named the audience":   func(c *issuer.Config) { c.Clients[0].ID = c.Audience },
		"a partner named a client":      func(c *issuer.Config) { c.Partners[0].ClientID = "kith-web" },
		"a person named a partner":      func(c *issuer.Config) { c.People[0].Subject = police },
		"one subject, two names":        func(c *issuer.Config) { c.People[0].Subject = c.People[1].Subject },
		"no subject":                    func(c *issuer.Config) { c.People[0].Subject = "" },
		"a line break in a subject":     func(c *issuer.Config) { c.People[0].Subject = "a\nb" },
		"a client without redirect":     func(c *issuer.Config) { c.Clients[0].RedirectPrefixes = nil },
		"a redirect off this machine":   func(c *issuer.Config) { c.Clients[0].RedirectPrefixes = []string{"http://example.org/"} },
		"a redirect that is no URL":     func(c *issuer.Config) { c.Clients[0].RedirectPrefixes = []string{"http://127.0.0.1:x/"} },
		"a partner without key":         func(c *issuer.Config) { c.Partners[0].PublicKey = nil },
		"a key that is not PEM":         func(c *issuer.Config) { c.Partners[0].PublicKey = "key" },
		"a key too small":               func(c *issuer.Config) { c.Partners[0].PublicKey = &small.PublicKey },
		"a key on another curve":        func(c *issuer.Config) { c.Partners[0].PublicKey = &wide.PublicKey },
		"a private key for a public":    func(c *issuer.Config) { c.Partners[0].PublicKey = wide },
		"an address of the whole world": func(c *issuer.Config) { c.URL = "http://0.0.0.0/x" },
	} {
		config, _ := demoConfig(t, folder, "http://127.0.0.1:8080/demo-issuer", time.Now)
		spoil(&config)
		_, err := issuer.New(config)
		assert.Error(t, err, name)
	}
	config, _ := demoConfig(t, folder, "http://127.0.0.1:8080/demo-issuer", time.Now)
	config.People = append(config.People, config.People[0])
	_, err = issuer.New(config)
	assert.NoError(t, err, "one person in two teams")
}

func TestKeysAreKeptForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	folder := demoFolder(t)
	config, key := demoConfig(t, folder, "http://127.0.0.1:8080/demo-issuer", time.Now)
	_, err := issuer.New(config)
	require.NoError(t, err)
	for _, file := range []string{"issuer.pem", "partners/" + police + ".pem"} {
		info, err := os.Stat(filepath.Join(folder, file))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
	}
	again, _, err := issuer.PartnerKey(folder, police)
	require.NoError(t, err)
	assert.Equal(t, key, again)
	other, _, err := issuer.PartnerKey(folder, "demo-school")
	require.NoError(t, err)
	assert.NotEqual(t, key, other)
	for _, name := range []string{"", "..", "../issuer", "a/b", ".hidden", "a\x00b"} {
		_, _, err := issuer.PartnerKey(folder, name)
		assert.ErrorContains(t, err, "can't name", name)
	}
	left, err := filepath.Glob(filepath.Join(folder, "partners", ".key-*"))
	require.NoError(t, err)
	assert.Empty(t, left)

	require.NoError(t, os.Chmod(filepath.Join(folder, "issuer.pem"), 0o644))
	_, err = issuer.New(config)
	require.ErrorContains(t, err, "can be read by others")
	require.NoError(t, os.Chmod(filepath.Join(folder, "issuer.pem"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "issuer.pem"), []byte("spoilt"), 0o600))
	_, err = issuer.New(config)
	require.ErrorContains(t, err, "is not PEM")
}

func TestItAnswersThisMachineOnly(t *testing.T) {
	t.Parallel()
	config, _ := demoConfig(t, demoFolder(t), "http://127.0.0.1:8080/demo-issuer", time.Now)
	handler, err := issuer.New(config)
	require.NoError(t, err)
	for _, c := range []struct {
		peer, host string
		status     int
	}{
		{"127.0.0.1:40000", "127.0.0.1:8080", http.StatusOK},
		{"[::1]:40000", "[::1]:8080", http.StatusOK},
		{"[::ffff:127.0.0.1]:40000", "localhost", http.StatusOK},
		{"192.0.2.7:40000", "127.0.0.1:8080", http.StatusForbidden},
		{"127.0.0.1:40000", "rebound.example.org:8080", http.StatusForbidden},
		{"127.0.0.1:40000", "", http.StatusForbidden},
		{"pipe", "127.0.0.1:8080", http.StatusForbidden},
	} {
		request := httptest.NewRequest(http.MethodGet, "/demo-issuer/.well-known/openid-configuration", nil)
		request.RemoteAddr, request.Host = c.peer, c.host
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		assert.Equal(t, c.status, answer.Code, "%s to %s", c.peer, c.host)
	}
}
