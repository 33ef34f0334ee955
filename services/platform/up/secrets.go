package up

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/kithcare/kith/pkg/pg"
)

// secrets are what the installation made up for itself, kept in one file that only its user reads.
type secrets struct {
	path string
	// Logins are the passwords of the services' logins, by login.
	Logins map[string]string `json:"logins"`
	// Passport is the seed of the key that signs passports.
	Passport []byte `json:"passport"`
	Redis    string `json:"redis"`
	// CallBack signs web call-backs.
	CallBack []byte `json:"callBack"`
}

func loadSecrets(path string) (*secrets, error) {
	s := &secrets{path: path, Logins: map[string]string{}}
	text, err := os.ReadFile(path)
	if err == nil {
		if err := json.Unmarshal(text, s); err != nil || len(s.Passport) != ed25519.SeedSize {
			return nil, fmt.Errorf("%s can't be read; put it back from a copy of the data folder", path)
		}
		return s, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the secrets can't be read: %w", err)
	}
	s.Passport, s.CallBack, s.Redis = make([]byte, ed25519.SeedSize), make([]byte, 24), rand.Text()
	// crypto/rand.Read never fails: it ends the process where the system has no randomness.
	_, _ = rand.Read(s.Passport)
	_, _ = rand.Read(s.CallBack)
	return s, s.save()
}

// login gives a login's password, made up on first use.
func (s *secrets) login(role string) (password string, isNew bool) {
	if p, ok := s.Logins[role]; ok {
		return p, false
	}
	s.Logins[role] = pg.Password()
	return s.Logins[role], true
}

// callBackSecret is the secret in the form that Standard Webhooks gives it.
func (s *secrets) callBackSecret() string { return base64.StdEncoding.EncodeToString(s.CallBack) }

// save replaces the file in one step, so that a stop in the middle leaves the old one.
func (s *secrets) save() error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("the secrets can't be kept: %w", err)
	}
	if err := os.WriteFile(s.path+".new", text, 0o600); err != nil {
		return fmt.Errorf("the secrets can't be kept: %w", err)
	}
	if err := os.Rename(s.path+".new", s.path); err != nil {
		return fmt.Errorf("the secrets can't be kept: %w", err)
	}
	return nil
}
