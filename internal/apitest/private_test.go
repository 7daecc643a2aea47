package apitest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/server"
)

// TestPrivateRows: what is outside of the generations' bases.
func TestPrivateRows(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		a := w.ok("", "GET /api/private/unauth/version", "", 200)
		if version := server.ReadBuild().Header(); string(a.body) != version || a.header.Get("Content-Type") != "text/plain" || a.header.Get("X-Mongodb-Service-Version") != version {
			t.Errorf("version: %s", a)
		}
		if a := w.ok("", "GET /api/atlas/v2/unauth/controlPlaneIPAddresses", "", 200); string(a.body) != `{"inbound":{"aws":{},"azure":{},"gcp":{}},"outbound":{"aws":{},"azure":{},"gcp":{}}}` {
			t.Errorf("control plane: %s", a)
		}
		w.call("", "GET /api/private/ipinfo", "").wantChallenge(false)
		if a := w.ok("target", "GET /api/private/ipinfo", "", 200, "Accept", "text/html"); string(a.body) != `{"currentIpv4Address":"127.0.0.1"}` || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("ipinfo: %s", a)
		}
		for _, call := range []string{
			"POST /api/public/v1.0/unauth/users", "GET /", "GET /api", "GET /api/atlas", "GET /api/atlas/v3/orgs", "GET /api/atlas/v2x/orgs",
			"GET /api/public/v1.0x", "GET /api/public/v1.5/orgs", "GET /api/atlas/v2/admin/apiKeys", "GET /metrics", "GET /debug/pprof/",
		} {
			w.refused("owner", call, "", 404, "RESOURCE_NOT_FOUND", "{path}")
		}
		// A verb that is not served is no verb: it is read as a malformed id.
		w.refused("owner", "POST /api/atlas/v2/groups/{project}:migrate", "", 405, "METHOD_NOT_ALLOWED", "POST")
		for _, path := range []string{"/healthz", "/readyz"} {
			w.ok("", "GET "+path, "", 200)
		}
	})
}

// TestStrictTransport is asked for over TLS only.
func TestStrictTransport(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		h := httptest.NewTLSServer(w.srv.Handler(w.url))
		defer h.Close()
		for _, path := range []string{"/api/atlas/v2", "/api/public/v1.0/nope"} {
			resp, err := h.Client().Get(h.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := resp.Header.Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=31536000") || resp.StatusCode == http.StatusOK {
				t.Errorf("%s: %d, Strict-Transport-Security %q", path, resp.StatusCode, got)
			}
		}
	})
}
