package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Certificate is a certificate and key in files that may change while they
// are served: each connection gets the newest pair that was whole.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu   sync.Mutex
	pair *tls.Certificate
	seen [2]fileStamp // of the files as they were last read, whole or not
}

// fileStamp tells a file from what is later under the same name.
type fileStamp struct {
	info os.FileInfo // nil when there was no file
	size int64
	time time.Time
}

// LoadCertificate reads the pair. It returns an error that names the files
// when they cannot be read or do not belong together.
func LoadCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	c.seen = c.stamps()
	pair, err := c.read()
	if err != nil {
		return nil, err
	}
	c.pair = pair
	return c, nil
}

// Config returns what a TLS listener needs to serve the pair.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
}

// get is asked for each new connection. When a file changed it reads the pair
// again; a pair that is broken is logged once, and the old one stays.
func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.stamps() // before the files are read, so that no later change is missed
	if now[0].same(c.seen[0]) && now[1].same(c.seen[1]) {
		return c.pair, nil
	}
	c.seen = now
	pair, err := c.read()
	if err != nil {
		c.log.Error("the changed TLS certificate is not usable; the old one stays in use", slog.Any("error", err))
		return c.pair, nil
	}
	c.pair = pair
	c.log.Info("the TLS certificate was read again", slog.String("file", c.certFile), slog.Time("notAfter", pair.Leaf.NotAfter))
	return c.pair, nil
}

func (c *Certificate) read() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return nil, fmt.Errorf("certificate %s and key %s: %w", c.certFile, c.keyFile, err)
	}
	return &pair, nil
}

func (c *Certificate) stamps() [2]fileStamp {
	return [2]fileStamp{stampOf(c.certFile), stampOf(c.keyFile)}
}

func stampOf(path string) fileStamp {
	info, err := os.Stat(path)
	if err != nil {
		return fileStamp{}
	}
	return fileStamp{info, info.Size(), info.ModTime()}
}

func (s fileStamp) same(other fileStamp) bool {
	if s.info == nil || other.info == nil {
		return s.info == other.info
	}
	return os.SameFile(s.info, other.info) && s.size == other.size && s.time.Equal(other.time)
}
