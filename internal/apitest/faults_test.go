package apitest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth"
	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
)

// faultyStore fails after the work was done and before it is kept.
type faultyStore struct {
	latchkey.Store
	fail atomic.Pointer[func() error]
}

func (s *faultyStore) View(ctx context.Context, f func(latchkey.Reader) error) error {
	return s.Store.View(ctx, func(r latchkey.Reader) error { return errors.Join(f(r), (*s.fail.Load())()) })
}

func (s *faultyStore) Update(ctx context.Context, f func(latchkey.Tx) error) error {
	return s.Store.Update(ctx, func(tx latchkey.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return (*s.fail.Load())()
	})
}

// faultyWorld is a world whose store can be made to fail.
func faultyWorld(t *testing.T, b backend) (*world, func(func() error)) {
	w := newWorld(t, b, options{})
	s := &faultyStore{Store: w.data.Store}
	set := func(f func() error) { s.fail.Store(&f) }
	set(func() error { return nil })
	authenticator, err := auth.New(w.data.Keys, []digest.Algorithm{digest.MD5}, w.clock.now)
	if err != nil {
		t.Fatal(err)
	}
	rows := server.Rows(server.ReadBuild())
	h := httptest.NewServer(wire.NewServer(wire.Config{
		Service: op.NewService(op.Config{Store: s, Seal: authenticator.Seal, MaxKeysPerOrg: 500}),
		Auth:    authenticator, Rows: rows, PublicURL: w.url, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}))
	t.Cleanup(h.Close)
	w.hangUp()
	w.addr = strings.TrimPrefix(h.URL, "http://")
	return w, set
}

// someCalls are a read and changes that would succeed.
func someCalls() []struct{ call, body string } {
	return []struct{ call, body string }{
		{"GET /orgs/{org}", ""}, {"PATCH /groups/{project}/apiKeys/{target}", makeOwner}, {"POST /orgs/{org}/apiKeys", `{"desc":"x","roles":["ORG_MEMBER"]}`},
	}
}

// TestInternalFault: the caller learns an id for the operator, and no more.
func TestInternalFault(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w, set := faultyWorld(t, b)
		requestID := regexp.MustCompile(`^[0-9a-f]{16}$`)
		for _, fail := range []func() error{
			func() error { return errors.New("secret detail") }, func() error { return latchkey.ErrCorrupt }, func() error { panic("secret detail") },
		} {
			for _, g := range generations() {
				for _, c := range someCalls() {
					set(fail)
					var a answer
					w.unchanged(func() { a = w.call("owner", g.at(c.call), c.body) })
					a.want(500, "UNEXPECTED_ERROR")
					if id := a.header.Get("X-Request-Id"); !requestID.MatchString(id) || strings.Contains(a.String(), "secret") || strings.Contains(a.String(), "goroutine") {
						t.Errorf("request id %q: %s", id, a)
					}
					set(func() error { return nil })
				}
			}
			w.ok("owner", "GET /api/atlas/v2/orgs", "", 200)
		}
	})
}

// TestUnavailable: what could not be kept is said so, and may be tried again
// on the same nonce.
func TestUnavailable(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w, set := faultyWorld(t, b)
		for _, g := range generations() {
			for _, c := range someCalls() {
				r := w.signed("owner", g.at(c.call), c.body, w.challenge(), 1)
				set(func() error { return errors.Join(latchkey.ErrUnavailable, errors.New("secret detail")) })
				w.unchanged(func() {
					a := w.send(r)
					a.want(503, "SERVICE_UNAVAILABLE")
					if a.header.Get("Retry-After") == "" || strings.Contains(a.String(), "secret") {
						t.Errorf("got %s", a)
					}
				})
				set(func() error { return nil })
				if a := w.send(r); a.status != 200 {
					t.Errorf("again: %s", a)
				}
			}
		}
	})
}

// TestGuardRefusesNobody: an address that sent many wrong responses still
// gets in with a right one.
func TestGuardRefusesNobody(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{guard: true})
		w.keys["nobody"] = &key{public: "zzzzzzzz", private: "x"}
		nonce := w.challenge()
		for range 40 {
			w.send(w.signed("nobody", patchTarget, makeOwner, nonce, 1)).wantChallenge(false)
		}
		began := time.Now()
		w.ok("owner", patchTarget, makeOwner, 200)
		w.ok("owner", "GET /api/atlas/v2/orgs", "", 200)
		t.Logf("two good calls took %s", time.Since(began))
	})
}
