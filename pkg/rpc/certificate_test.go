package rpc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/rpc"
)

// Every method by every caller: exactly the listed cells pass.
func TestExactlyTheListedCellsPass(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	for _, caller := range callers() {
		conn := d.dial(t, d.identity(t, caller))
		ctx := d.acting(t, person(caller))
		for method, a := range access() {
			if method == healthWatch || method == healthList {
				continue
			}
			before := d.reached.Load()
			req, answer := ask(method, "alpha")
			err := conn.Invoke(ctx, method, req, answer)
			reached := d.reached.Load() > before || method == healthCheck && err == nil
			if listed := slices.Contains(a.Callers, caller); listed != (err == nil) || listed != reached {
				t.Errorf("%s by %s: listed %t, reached %t, %v", method, caller, listed, reached, err)
			}
			if err != nil && (fault.From(err).Reason != "CALLER_NOT_LISTED" || status.Code(err) != codes.PermissionDenied) {
				t.Errorf("%s by %s: %v", method, caller, err)
			}
		}
	}
}

// A stream passes by the certificate alone, so only one that needs no passport is served at all.
func TestAStreamNeedsAListedCallerAndNoPassport(t *testing.T) {
	t.Parallel()
	watch := func(d *desk, caller string) error {
		stream, err := healthv1.NewHealthClient(d.dial(t, d.identity(t, caller))).Watch(d.acting(t, person(caller)), &healthv1.HealthCheckRequest{})
		if err != nil {
			return err
		}
		_, err = stream.Recv()
		return err
	}
	d := open(t, nil)
	if err := watch(d, "directory"); err != nil {
		t.Errorf("listed: %v", err)
	}
	if err := watch(d, "web"); status.Code(err) != codes.PermissionDenied {
		t.Errorf("not listed: %v", err)
	}
	d = open(t, func(_ *desk, cfg *rpc.ServerConfig) {
		cfg.Access[healthWatch] = rpc.Access{Callers: []string{"directory"}}
	})
	if err := watch(d, "directory"); status.Code(err) != codes.NotFound {
		t.Errorf("a stream that would need a passport: %v", err)
	}
}

// cut makes a certificate as no CA of ours would.
func cut(t *testing.T, names []string, change func(*x509.Certificate)) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	if root, err = x509.ParseCertificate(rootDER); err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "gateway"}, DNSNames: names, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(leaf)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestACallerWithoutAGoodCertificateIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		names  []string
		change func(*x509.Certificate)
		pass   bool
	}{
		"one listed name":                {[]string{"gateway"}, nil, true},
		"a name not listed":              {[]string{"budget"}, nil, false},
		"two names":                      {[]string{"gateway", "web"}, nil, false},
		"the same name twice":            {[]string{"gateway", "gateway"}, nil, false},
		"a common name only":             {nil, nil, false},
		"a wildcard":                     {[]string{"*"}, nil, false},
		"the name in capitals":           {[]string{"GATEWAY"}, nil, false},
		"for servers only":               {[]string{"gateway"}, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, false},
		"expired":                        {[]string{"gateway"}, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, false},
		"not yet valid":                  {[]string{"gateway"}, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }, false},
		"of another installation's root": {[]string{"gateway"}, nil, false},
		"none":                           {[]string{"gateway"}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certificate, pool := cut(t, c.names, c.change)
			d := open(t, func(_ *desk, cfg *rpc.ServerConfig) {
				if name != "of another installation's root" {
					cfg.Identity.Roots = pool
				}
			})
			id := d.identity(t, "gateway")
			id.Certificate = func() (*tls.Certificate, error) {
				if name == "none" {
					return &tls.Certificate{}, nil
				}
				return certificate, nil
			}
			req, answer := ask(issuePassport, "alpha")
			err := d.dial(t, id).Invoke(t.Context(), issuePassport, req, answer)
			if c.pass != (err == nil) || c.pass != (d.reached.Load() == 1) {
				t.Errorf("reached %d times, %v", d.reached.Load(), err)
			}
		})
	}
}

func TestACallerRefusesAServerOfAnotherName(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	// The network leads to the directory, whatever was asked for.
	misled := d.memory.Network()
	misled.Connect = func(ctx context.Context, _ string) (net.Conn, error) {
		return d.memory.Network().Connect(ctx, "directory")
	}
	call := func(id rpc.Identity, service string) error {
		conn, err := rpc.Dial(id, misled, service)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		req, answer := ask(issuePassport, "alpha")
		return conn.Invoke(t.Context(), issuePassport, req, answer)
	}
	id := d.identity(t, "gateway")
	if err := call(id, "directory"); err != nil {
		t.Fatal(err)
	}
	if err := call(id, "referral"); status.Code(err) != codes.Unavailable {
		t.Errorf("a server that shows another name: %v", err)
	}
	other, err := rpc.NewCA(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := other.Identity("gateway")
	if err != nil {
		t.Fatal(err)
	}
	id.Roots = stranger.Roots
	if err := call(id, "directory"); status.Code(err) != codes.Unavailable {
		t.Errorf("a server of another installation: %v", err)
	}
	if d.reached.Load() != 1 {
		t.Errorf("reached %d times, want 1", d.reached.Load())
	}
}

func TestTheMapMustFitWhatIsServed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(map[string]rpc.Access)
		says   string
	}{
		"fits":                           {func(map[string]rpc.Access) {}, ""},
		"a method that is not listed":    {func(a map[string]rpc.Access) { delete(a, listTeams) }, listTeams + " is served but not listed"},
		"a stream that is not listed":    {func(a map[string]rpc.Access) { delete(a, healthWatch) }, healthWatch + " is served but not listed"},
		"an entry that names nothing":    {func(a map[string]rpc.Access) { a["/kith.x/Y"] = rpc.Access{Callers: []string{"web"}} }, "/kith.x/Y is listed but not served"},
		"no callers":                     {func(a map[string]rpc.Access) { a[listTeams] = rpc.Access{} }, listTeams + " lists no callers"},
		"an empty caller":                {func(a map[string]rpc.Access) { a[listTeams] = rpc.Access{Callers: []string{"web", ""}} }, listTeams + " lists no callers"},
		"without passport but no caller": {func(a map[string]rpc.Access) { a[getKeys] = rpc.Access{WithoutPassport: true} }, getKeys + " lists no callers"},
	} {
		list := access()
		delete(list, healthCheck)
		delete(list, healthList)
		for method := range list {
			if strings.Contains(method, "Directory") && method != listTeams && method != getKeys {
				delete(list, method)
			}
		}
		c.change(list)
		err := rpc.CheckAccess(served(listTeams, getKeys, healthWatch), list)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// served is a server with those methods, which are never called.
func served(methods ...string) *grpc.Server {
	s := grpc.NewServer()
	for _, m := range methods {
		service, method, _ := strings.Cut(strings.TrimPrefix(m, "/"), "/")
		desc := &grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil)}
		if method == "Watch" {
			desc.Streams = []grpc.StreamDesc{{StreamName: method}}
		} else if _, known := s.GetServiceInfo()[service]; !known {
			desc.Methods = []grpc.MethodDesc{{MethodName: "ListTeams"}, {MethodName: "GetPassportKeys"}}
		} else {
			continue
		}
		s.RegisterService(desc, nil)
	}
	return s
}

func serial(t *testing.T, id rpc.Identity) string {
	t.Helper()
	cert, err := id.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf.SerialNumber.String()
}

func TestARenewedCertificateIsPickedUp(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	folder := filepath.Join(t.TempDir(), "certificates")
	if err := d.ca.WriteSet(folder, []string{"gateway", "web"}, time.Hour); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"gateway.key": 0o600, "gateway.pem": 0o644, "ca.pem": 0o644} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	id, err := rpc.LoadIdentity(folder, "gateway")
	if err != nil {
		t.Fatal(err)
	}
	call := func() {
		t.Helper()
		conn, err := rpc.Dial(id, d.memory.Network(), "directory")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		req, answer := ask(issuePassport, "alpha")
		if err := conn.Invoke(t.Context(), issuePassport, req, answer); err != nil {
			t.Error(err)
		}
	}
	call()
	first := serial(t, id)
	if serial(t, id) != first {
		t.Error("another certificate without a change")
	}
	stamp := func(name string, at time.Time) {
		if err := os.Chtimes(filepath.Join(folder, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	// Half a renewal: the new certificate without its key. The old pair serves on.
	key, err := os.ReadFile(filepath.Join(folder, "gateway.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.ca.WriteSet(folder, []string{"gateway"}, time.Hour); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.ReadFile(filepath.Join(folder, "gateway.key"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("gateway.key", key)
	stamp("gateway.pem", time.Now().Add(time.Minute))
	if serial(t, id) != first {
		t.Error("a certificate without its key was taken")
	}
	// The other half: it is taken although the certificate's file is as it was.
	write("gateway.key", fresh)
	if serial(t, id) == first {
		t.Error("the renewed certificate was not picked up")
	}
	call()
	// The files go away: what is there serves on.
	if err := os.Remove(filepath.Join(folder, "gateway.pem")); err != nil {
		t.Fatal(err)
	}
	call()
	if _, err := rpc.LoadIdentity(folder, "gateway"); err == nil {
		t.Error("an identity without a certificate")
	}
	write("ca.pem", []byte("nothing"))
	if _, err := rpc.LoadIdentity(folder, "web"); err == nil {
		t.Error("an identity without a root")
	}
}
