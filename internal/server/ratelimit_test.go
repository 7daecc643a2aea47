package server

import (
	"net/http"
	"testing"

	"github.com/latchkey/latchkey/internal/ratelimit"
)

// TestEveryRowHasItsEndpointSet holds that the limit of each row was thought of:
// all its paths belong to one set, or to none on purpose.
func TestEveryRowHasItsEndpointSet(t *testing.T) {
	r := newRig(t)
	used := map[string]bool{ratelimit.TokenSet: true}
	rows := append(r.server.rows, r.server.ownRows()...)
	for i := range rows {
		row := &rows[i]
		set, known := row.EndpointSet()
		if !known {
			t.Errorf("%s %s (%s): no endpoint set, and not left out either", row.Method, row.Patterns[0], row.Op.Name)
		}
		used[set.ID] = true
		for _, pattern := range row.Patterns {
			if other, _ := ratelimit.Find(pattern); other != set {
				t.Errorf("%s: %s belongs to %q, %s to %q", row.Op.Name, row.Patterns[0], set.ID, pattern, other.ID)
			}
		}
	}
	for _, s := range ratelimit.Sets() {
		if !used[s.ID] {
			t.Errorf("%s has no endpoint", s.ID)
		}
	}
}

// BenchmarkLimited is a read and a change without limits and with them. A limit
// makes a change look at its caller once before it waits for the writer.
func BenchmarkLimited(b *testing.B) {
	limits := ratelimit.Limits{}
	for _, s := range ratelimit.Sets() {
		limits[s.ID] = ratelimit.Limit{Capacity: 1_000_000, Refill: 1_000_000}
	}
	for _, call := range []string{http.MethodGet, http.MethodPatch} {
		for _, name := range []string{"off", "on"} {
			b.Run(call+"/limits="+name, func(b *testing.B) {
				r := newRig(b)
				if name == "on" {
					r.server.config.RateLimits = limits
					r.handler = r.server.Handler("http://127.0.0.1:8080")
				}
				list, _ := r.keys(100, member, readOnly, r.setup.Project.ID)
				r.share(b, 64, r.owner, func(c *caller, n int) {
					if call == http.MethodGet {
						c.do(call, "/api/atlas/v2/orgs/"+string(r.setup.Org.ID)+"/apiKeys/"+string(list[n%100].ID), "", 200)
					} else {
						c.do(call, keyTarget("/api/atlas/v2", r.setup.Project.ID, list[n%100].ID), patchBody[n/100%2], 200)
					}
				})
			})
		}
	}
}
