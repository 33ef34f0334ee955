// Package rpc is how the services talk: gRPC over mutual TLS with one interceptor chain. Certificates name services;
// which service may call which method is a list, and what is not listed is refused.
package rpc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Identity is a service's certificate and the authority it trusts.
type Identity struct {
	// Name is the service's name, the certificate's only DNS name.
	Name string
	// Roots are the certificate authorities whose certificates are accepted.
	Roots *x509.CertPool
	// Certificate gives the current certificate with its key.
	Certificate func() (*tls.Certificate, error)
}

// CA is a certificate authority of an installation: in memory for one process, or the maker of a set for trying out.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	now  func() time.Time
}

// NewCA makes a certificate authority that is valid for a year.
func NewCA(now func() time.Time) (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("certificate authority key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now().UnixNano()), Subject: pkix.Name{CommonName: "Kith installation"},
		NotBefore: now().Add(-time.Hour), NotAfter: now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	return &CA{cert: cert, key: key, now: now}, nil
}

// Issue makes a certificate for a service, valid for the duration.
func (ca *CA) Issue(name string, valid time.Duration) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", name, err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: ca.now().Add(-time.Hour), NotAfter: ca.now().Add(valid),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("certificate of %s: %w", name, err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// Identity makes a service's identity in memory.
func (ca *CA) Identity(name string) (Identity, error) {
	cert, err := ca.Issue(name, 365*24*time.Hour)
	if err != nil {
		return Identity{}, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	return Identity{Name: name, Roots: roots, Certificate: func() (*tls.Certificate, error) { return cert, nil }}, nil
}

// WriteSet writes ca.pem and, for each service, NAME.pem and NAME.key into the folder.
func (ca *CA) WriteSet(folder string, names []string, valid time.Duration) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	if err := writePEM(filepath.Join(folder, "ca.pem"), "CERTIFICATE", ca.cert.Raw, 0o644); err != nil {
		return err
	}
	for _, name := range names {
		cert, err := ca.Issue(name, valid)
		if err != nil {
			return err
		}
		key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
		if err != nil {
			return fmt.Errorf("key of %s: %w", name, err)
		}
		if err := writePEM(filepath.Join(folder, name+".pem"), "CERTIFICATE", cert.Certificate[0], 0o644); err != nil {
			return err
		}
		if err := writePEM(filepath.Join(folder, name+".key"), "PRIVATE KEY", key, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path, text, mode); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// LoadIdentity reads a service's identity from a folder and reads it again when the file changes, so that certificates
// are renewed without a restart.
func LoadIdentity(folder, name string) (Identity, error) {
	ca, err := os.ReadFile(filepath.Join(folder, "ca.pem"))
	if err != nil {
		return Identity{}, fmt.Errorf("certificates: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return Identity{}, errors.New("certificates: ca.pem holds no certificate")
	}
	f := &certificateFile{pem: filepath.Join(folder, name+".pem"), key: filepath.Join(folder, name+".key")}
	if _, err := f.current(); err != nil {
		return Identity{}, err
	}
	return Identity{Name: name, Roots: roots, Certificate: f.current}, nil
}

type certificateFile struct {
	pem, key string
	mu       sync.Mutex
	read     time.Time
	cert     *tls.Certificate
}

func (f *certificateFile) current() (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.pem)
	if err == nil && f.cert != nil && info.ModTime().Equal(f.read) {
		return f.cert, nil
	}
	if err == nil {
		var cert tls.Certificate
		if cert, err = tls.LoadX509KeyPair(f.pem, f.key); err == nil {
			f.cert, f.read = &cert, info.ModTime()
		}
	}
	if f.cert != nil {
		return f.cert, nil
	}
	return nil, fmt.Errorf("certificates: %w", err)
}

// serverTLS asks every caller for a certificate of the installation.
func (id Identity) serverTLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: id.Roots,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return id.Certificate() },
	}
}

// clientTLS accepts only the certificate that bears the callee's name.
func (id Identity) clientTLS(callee string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: id.Roots, ServerName: callee,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return id.Certificate() },
	}
}
