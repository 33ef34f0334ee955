package platform_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kithcare/kith/services/platform"
)

func TestTheEnvironment(t *testing.T) {
	t.Parallel()
	c, err := platform.ReadConfig([]string{"PATH=/bin", "KITH_TEST_ANYTHING=1", "KITH_DATA=/tmp/x", "KITH_ADDRESSES=directory=127.0.0.1:1,referral=127.0.0.1:2", "KITH_IN_FLIGHT=7"})
	if err != nil || c.Data != "/tmp/x" || c.Addresses["referral"] != "127.0.0.1:2" || c.InFlight != 7 || c.Listen != "127.0.0.1:8080" {
		t.Errorf("%+v, %v", c, err)
	}
	for line, name := range map[string]string{
		"KITH_DATTA=x":           "KITH_DATTA",
		"KITH_IN_FLIGHT=many":    "KITH_IN_FLIGHT",
		"KITH_LOG=loud":          "KITH_LOG",
		"KITH_SMTP_PASSWORD=/no": "KITH_SMTP_PASSWORD",
	} {
		if _, err := platform.ReadConfig([]string{line}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestTheListOfAuthorities(t *testing.T) {
	t.Parallel()
	good := `authorities:
  - name: my-council
    database: postgres://db:5432/kith_my_council?sslmode=verify-full
    secrets: /etc/kith/my-council
    issuers: [https://login.example]
`
	load := func(text string) error {
		path := filepath.Join(t.TempDir(), "authorities.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := platform.Load(platform.Config{Authorities: path})
		return err
	}
	if err := load(good); err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"name":            strings.Replace(good, "my-council", "My Council", 1),
		"listed twice":    good + strings.TrimPrefix(good, "authorities:\n"),
		"database should": strings.Replace(good, "postgres://", "postgres://me:secret@", 1),
		"secrets":         strings.Replace(good, "secrets: /etc/kith/my-council", "", 1),
		"issuers":         strings.Replace(good, "[https://login.example]", "[]", 1),
		"https":           strings.Replace(good, "https://login", "http://login", 1),
		"unknown field":   good + "    colour: red\n",
		"no authorities":  "authorities: []\n",
	} {
		if err := load(text); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		} else if strings.Contains(err.Error(), "secret@") {
			t.Errorf("a password came out: %v", err)
		}
	}
}
