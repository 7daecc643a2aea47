package server

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// pemPair makes a self-signed certificate with that serial number.
func pemPair(t *testing.T, serial int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

// replace puts content under the name in one step, as those who renew
// certificates do.
func replace(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// lockedBuffer is a buffer that a server and a test can use at once.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cert1, key1 := pemPair(t, 1)
	cert2, key2 := pemPair(t, 2)
	replace(t, certFile, cert1)
	replace(t, keyFile, key1)
	var log lockedBuffer
	certificate, err := LoadCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", certificate.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { _ = conn.(*tls.Conn).Handshake(); conn.Close() }()
		}
	}()
	want := func(serial int64, refusals int, when string) {
		t.Helper()
		for range 2 { // what is broken is told once, not for each connection
			conn, err := tls.Dial("tcp", ln.Addr().String(), &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			if got := conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != serial {
				t.Errorf("%s: served certificate %d, want %d", when, got, serial)
			}
			conn.Close()
		}
		if got := strings.Count(log.String(), "is not usable"); got != refusals {
			t.Errorf("%s: %d pairs were refused, want %d:\n%s", when, got, refusals, log.String())
		}
	}
	want(1, 0, "at first")
	replace(t, certFile, cert2)
	want(1, 1, "with the certificate changed and the key not yet")
	replace(t, keyFile, key2)
	want(2, 1, "with both changed")
	replace(t, certFile, []byte("-----BEGIN CERTIFICATE-----\n"))
	want(2, 2, "with half a certificate")
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	want(2, 3, "without a key")
	replace(t, certFile, cert1)
	replace(t, keyFile, key1)
	want(1, 3, "with a whole pair again")
	if strings.Contains(log.String(), "PRIVATE KEY") {
		t.Error("there is a key in the log")
	}
}

func TestLoadCertificateFails(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cert, _ := pemPair(t, 1)
	_, otherKey := pemPair(t, 2)
	replace(t, certFile, cert)
	for _, key := range [][]byte{nil, otherKey, []byte("x")} {
		if key != nil {
			replace(t, keyFile, key)
		}
		_, err := LoadCertificate(certFile, keyFile, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), certFile) || !strings.Contains(err.Error(), keyFile) {
			t.Errorf("got %v, want an error that names both files", err)
		}
	}
}
