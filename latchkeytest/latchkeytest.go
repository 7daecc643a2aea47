// Package latchkeytest gives other people's tests a Latchkey server in their
// own process: real storage, real authentication, a base URL and the
// credentials of an owner. Each server has its own data and ends with its test.
package latchkeytest

import (
	"context"
	"log/slog"
	"net"
	"testing"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/server"
)

// Key is an API key with its secret.
type Key struct {
	ID         string
	PublicKey  string
	PrivateKey string
}

// Server is a running server.
type Server struct {
	URL       string // the base URL, such as http://127.0.0.1:40123
	OrgID     string
	ProjectID string
	Owner     Key // holds ORG_OWNER
	Example   Key // holds ORG_MEMBER, and GROUP_READ_ONLY in the project
}

// Option changes how a server is made.
type Option func(*server.Config)

// AtlasGranting lets callers grant roles that their own do not imply, as the
// hosted service does.
func AtlasGranting() Option {
	return func(c *server.Config) { c.Granting = policy.AtlasGranting }
}

// MaxKeysPerOrg sets how many keys an organization may have.
func MaxKeysPerOrg(n int) Option {
	return func(c *server.Config) { c.MaxKeysPerOrg = n }
}

// OfferSHA256 lets the server offer digest authentication with SHA-256 too.
func OfferSHA256() Option {
	return func(c *server.Config) { c.OfferSHA256 = true }
}

// Log makes the server log to l.
func Log(l *slog.Logger) Option {
	return func(c *server.Config) { c.Log = l }
}

// NewServer starts a server on a loopback port with an organization, a
// project, an owner key and an example key. It ends when the test does, and
// fails the test if it cannot start.
func NewServer(t testing.TB, options ...Option) *Server {
	t.Helper()
	var config server.Config
	for _, o := range options {
		o(&config)
	}
	data, err := server.OpenData(context.Background(), t.TempDir(), "")
	if err != nil {
		t.Fatalf("latchkeytest: opening the data: %v", err)
	}
	s, err := server.New(data, config)
	if err != nil {
		t.Fatalf("latchkeytest: making the server: %v", err)
	}
	setup, err := s.Service.CreateOrganization(context.Background(), "init", op.SetupOptions{
		OrgName: "Latchkey test", ProjectName: "test", Example: true,
	})
	if err != nil {
		t.Fatalf("latchkeytest: setting up: %v", err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("latchkeytest: listening: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("latchkeytest: serving: %v", err)
		}
		if err := data.Close(); err != nil {
			t.Errorf("latchkeytest: closing the data: %v", err)
		}
	})
	return &Server{
		URL:   "http://" + ln.Addr().String(),
		OrgID: string(setup.Org.ID), ProjectID: string(setup.Project.ID),
		Owner: reveal(setup.Owner), Example: reveal(*setup.Example),
	}
}

func reveal(k op.CreatedKey) Key {
	return Key{string(k.Key.ID), string(k.Key.PublicKey), k.Private.Reveal()}
}
