package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// serveHere serves a new data directory from this process, so that the work of
// its writer can be counted.
func serveHere(t testing.TB) (url string, keys firstKeys, store *sqlstore.Store) {
	t.Helper()
	data, err := server.OpenData(context.Background(), t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(data, server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.Service.CreateOrganization(context.Background(), "init", op.SetupOptions{OrgName: "Load", ProjectName: "load"})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := data.Close(); err != nil {
			t.Error(err)
		}
	})
	keys = firstKeys{
		OrgID: string(made.Org.ID), ProjectID: string(made.Project.ID), APIKeyID: string(made.Owner.Key.ID),
		PublicKey: string(made.Owner.Key.PublicKey), PrivateKey: made.Owner.Private.Reveal(),
	}
	return "http://" + ln.Addr().String(), keys, data.Store
}

// TestFlushes counts the flushes to disk that PATCHes over HTTP need: one for
// each when one connection sends them, one for several when 64 do, on one key
// as well as on many. And it counts what each of the 64 gets: none starves.
func TestFlushes(t *testing.T) {
	const patches = 4000
	url, keys, store := serveHere(t)
	ids := populate(t, url, keys, 64)
	for _, c := range []struct{ connections, keys, patches int }{
		{1, 1, patches / 10}, {64, 1, patches}, {64, 64, patches},
	} {
		t.Run(fmt.Sprintf("connections=%d,keys=%d", c.connections, c.keys), func(t *testing.T) {
			before := store.Stats()
			seen, err := load(connect(t, url, keys, c.connections), c.patches, func(l *link, n int) error {
				target, body := patchOf(keys, ids[:c.keys], n)
				return expect(l, http.StatusOK, http.MethodPatch, target, body)
			})
			if err != nil {
				t.Fatal(err)
			}
			after := store.Stats()
			// A PATCH that finds what it asks for writes its nonce and no event, but flushes all the same.
			flushes := after.Commits - before.Commits
			t.Logf("%d PATCHes, %d flushes: %.3f each; the slowest connection got %.2f of the mean",
				c.patches, flushes, float64(flushes)/float64(c.patches), seen.slowest())
			switch {
			case c.connections == 1 && flushes != int64(c.patches):
				t.Errorf("%d flushes for %d PATCHes one after the other", flushes, c.patches)
			case c.connections > 1 && (flushes <= 0 || flushes >= int64(c.patches)):
				t.Errorf("%d flushes for %d PATCHes at once", flushes, c.patches)
			}
			if seen.slowest() < 0.25 {
				t.Errorf("the slowest of %d connections got %.2f of the mean", c.connections, seen.slowest())
			}
		})
	}
}

// BenchmarkServed is BenchmarkLoad with the server in this process, for
// profiles: -cpuprofile then shows the server, net/http and the client.
func BenchmarkServed(b *testing.B) {
	url, keys, _ := serveHere(b)
	ids := populate(b, url, keys, 64)
	links := connect(b, url, keys, 64)
	run := func(name string, request func(n int) (method, target, body string)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.ResetTimer()
			if _, err := load(links, b.N, func(l *link, n int) error {
				method, target, body := request(n)
				return expect(l, http.StatusOK, method, target, body)
			}); err != nil {
				b.Fatal(err)
			}
		})
	}
	run("W", func(n int) (string, string, string) {
		target, body := patchOf(keys, ids, n)
		return http.MethodPatch, target, body
	})
	run("R", func(n int) (string, string, string) {
		return http.MethodGet, "/api/atlas/v2/orgs/" + keys.OrgID + "/apiKeys/" + ids[n%len(ids)], ""
	})
}
