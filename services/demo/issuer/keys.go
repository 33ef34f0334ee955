package issuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// MarkerFile is the name of the file that says a data folder was created as a demonstration. It is made with the
// folder, never later: its absence is what keeps this issuer away from an authority's real data.
const MarkerFile = "demonstration"

var fileSafe = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// PartnerKey returns the private key of a demonstration partner and its public key as PEM (PKIX). The key, on P-256,
// is kept in dataFolder/partners/<clientID>.pem, readable by its owner only, and made on first use. The folder must
// hold [MarkerFile]; clientID is letters, digits, dots, hyphens and underscores, at most 100.
func PartnerKey(dataFolder, clientID string) (crypto.Signer, string, error) {
	if err := checkMarker(dataFolder); err != nil {
		return nil, "", err
	}
	if !fileSafe.MatchString(clientID) {
		return nil, "", fmt.Errorf("%q can't name a demonstration partner's key: use letters, digits, dots, hyphens and underscores", clientID)
	}
	key, err := loadOrCreateKey(filepath.Join(dataFolder, "partners", clientID+".pem"))
	if err != nil {
		return nil, "", err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, "", fmt.Errorf("write the public key of %q: %w", clientID, err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

func checkMarker(dataFolder string) error {
	info, err := os.Lstat(filepath.Join(dataFolder, MarkerFile))
	if err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("the data folder %q was not created as a demonstration, so the demonstration issuer will not use it", dataFolder)
	}
	return nil
}

func loadOrCreateKey(file string) (*ecdsa.PrivateKey, error) {
	key, err := loadKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createKey(file); err != nil {
		return nil, fmt.Errorf("make the key %s: %w", file, err)
	}
	return loadKey(file)
}

func loadKey(file string) (*ecdsa.PrivateKey, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the key %s can be read by others: allow its owner alone (chmod 600)", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("the key %s is not PEM: remove it and a new one is made", file)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the key %s can't be read: %w", file, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("the key %s is not on the curve P-256: remove it and a new one is made", file)
	}
	return key, nil
}

// createKey writes a new key whole or not at all. A key that another process made in the meantime is left as it is.
func createKey(file string) error {
	folder := filepath.Dir(file)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(folder, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	err = errors.Join(
		pem.Encode(draft, &pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		draft.Sync(),
		draft.Close(),
	)
	if err != nil {
		return err
	}
	if err := os.Link(draft.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// publicKey reads a partner's key and refuses the kinds that assertions can't be checked with.
func publicKey(given crypto.PublicKey) (crypto.PublicKey, error) {
	if text, ok := given.(string); ok {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil, errors.New("its public key is not PEM")
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("its public key can't be read: %w", err)
		}
		given = parsed
	}
	switch key := given.(type) {
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return key, nil
		}
	case ed25519.PublicKey:
		if len(key) == ed25519.PublicKeySize {
			return key, nil
		}
	case *rsa.PublicKey:
		if key.N.BitLen() >= 2048 {
			return key, nil
		}
	}
	return nil, errors.New("its public key must be on P-256, Ed25519, or RSA of at least 2,048 bits")
}
