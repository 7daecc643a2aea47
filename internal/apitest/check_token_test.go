package apitest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// TestCheckByToken is TestCheck for service accounts.
func TestCheckByToken(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, behindProxy(t))
		w.cast()
		w.enrol("robot", 8*time.Hour, latchkey.GroupClusterManager)
		w.enrol("chief", 8*time.Hour, latchkey.OrgOwner)
		for _, c := range []struct {
			by, query string
			status    int
			error     string
		}{
			{"robot", "groupId={project}&role=GROUP_READ_ONLY", 204, ""},
			{"robot", "groupId={project}&role=GROUP_OWNER", 403, "ACCESS_DENIED"},
			{"robot", "groupId={second}&role=GROUP_READ_ONLY", 403, "ACCESS_DENIED"},
			{"robot", "orgId={org}&role=ORG_MEMBER", 204, ""},
			{"chief", "groupId={second}&role=GROUP_OWNER", 204, ""},
			{"chief", "groupId={otherProject}&role=GROUP_READ_ONLY", 403, "ACCESS_DENIED"},
			{"chief", "orgId={otherOrg}&role=ORG_MEMBER", 403, "ACCESS_DENIED"},
			{"chief", "groupId={project}&role=ORG_MEMBER", 400, "INVALID_QUERY_PARAMETER"},
		} {
			for _, original := range []string{"GET /orders?page=2", "POST /orders", "POST /orders"} { // a token may be used again
				a := w.check(c.by, original, c.query)
				switch {
				case c.status == 204:
					a.wantAccess(c.by, "serviceAccount")
				case a.status != c.status || a.header.Get("X-Error-Code") != c.error:
					a.fail("want %d %s", c.status, c.error)
				}
			}
		}
		wrong := *w.key("robot")
		wrong.token += "x"
		w.keys["wrong"] = &wrong
		w.check("wrong", "GET /", "groupId=x&role=nonsense").wantBearer()
		w.check("wrong", "POST /", "groupId={project}&role=GROUP_READ_ONLY").wantBearer()
	})
}

// voidings are all that makes a token of {robot} worth nothing.
func voidings() map[string]func(w *world, k *key) {
	return map[string]func(w *world, k *key){
		"revoked": func(w *world, k *key) {
			if a := w.ask(k, revokeCall, "token="+k.token); a.status != 200 {
				w.t.Fatal(a)
			}
		},
		"secret gone": func(w *world, k *key) { w.reform(k, func(a *latchkey.ServiceAccount) { a.Secrets = nil }) },
		"secret expired": func(w *world, k *key) {
			w.reform(k, func(a *latchkey.ServiceAccount) { a.Secrets[0].Expires = a.Secrets[0].Created })
		},
		"token expired": func(w *world, k *key) { w.clock.advance(time.Hour) },
		"account gone": func(w *world, k *key) {
			w.update(func(tx latchkey.Tx) error {
				return tx.DeletePrincipal(latchkey.OrgID(w.names["org"]), latchkey.PrincipalID(k.id))
			})
		},
	}
}

// TestVoidTokens: whatever makes a token worth nothing, the next check and the
// next introspection say so, all in the same words.
func TestVoidTokens(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, behindProxy(t))
		const query = "groupId={project}&role=GROUP_READ_ONLY"
		for name, void := range voidings() {
			k := w.enrol("robot", 8*time.Hour, latchkey.GroupReadOnly)
			w.check("robot", "GET /", query).wantAccess("robot", "serviceAccount")
			if a := w.introspect("owner", k.token); a.status != 200 || len(a.members()) == 1 {
				a.fail("%s: not active before", name)
			}
			void(w, k)
			w.check("robot", "GET /", query).wantBearer()
			w.introspect("owner", k.token).wantInactive()
		}
	})
}

// TestCheckOfAListedAccount: the list of a service account is compared with
// the client of the proxy.
func TestCheckOfAListedAccount(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, behindProxy(t))
		k := w.enrol("robot", 8*time.Hour, latchkey.GroupReadOnly)
		w.reform(k, func(a *latchkey.ServiceAccount) {
			a.AccessList = latchkey.AccessList{{Prefix: netip.MustParsePrefix("192.0.2.1/32"), Created: a.Created.Truncate(time.Second)}}
		})
		const query = "groupId={project}&role=GROUP_READ_ONLY"
		w.check("robot", "GET /", query, "X-Forwarded-For", "192.0.2.1").wantAccess("robot", "serviceAccount")
		w.check("robot", "GET /", query, "X-Forwarded-For", "192.0.2.2").want(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "192.0.2.2")
	})
}
