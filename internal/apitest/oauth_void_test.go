package apitest

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth/oauth"
)

// TestTokensDie: whatever happens to what a token was issued for, the next
// request that offers it is refused, a read and a change, and changes nothing.
func TestTokensDie(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		const life = 8 * time.Hour
		second := latchkey.NewClientSecret()
		for name, c := range map[string]struct {
			happen func(k *key)
			alive  bool // whether the token still proves something
		}{
			"nothing": {func(*key) {}, true},
			"secret deleted": {func(k *key) {
				w.reform(k, func(a *latchkey.ServiceAccount) { a.Secrets = nil })
			}, false},
			"secret rotated": {func(k *key) {
				w.reform(k, func(a *latchkey.ServiceAccount) { a.Secrets = append(a.Secrets, w.secret(second, a.Created, life)) })
			}, true},
			"secret replaced": {func(k *key) {
				w.reform(k, func(a *latchkey.ServiceAccount) { a.Secrets[0] = w.secret(second, a.Created, life) })
			}, false},
			"secret cut short": {func(k *key) {
				w.reform(k, func(a *latchkey.ServiceAccount) { a.Secrets[0].Expires = w.clock.now().Truncate(time.Millisecond) })
			}, false},
			"account deleted": {func(k *key) {
				w.update(func(tx latchkey.Tx) error {
					return tx.DeletePrincipal(latchkey.OrgID(w.names["org"]), latchkey.PrincipalID(k.id))
				})
			}, false},
			"almost an hour": {func(*key) { w.clock.advance(time.Hour - 10*time.Second) }, true},
			"an hour":        {func(*key) { w.clock.advance(time.Hour) }, false},
			"revoked": {func(k *key) {
				if a := w.ask(k, revokeCall, "token="+k.token); a.status != 200 {
					t.Errorf("revoking: %s", a)
				}
			}, false},
			"another one revoked": {func(k *key) { w.ask(k, revokeCall, "token="+w.token(k)) }, true},
			"another epoch":       {func(k *key) { k.token = w.forge(k, func(c *oauth.Claims) { c.Epoch++ }) }, false},
			"another organization": {func(k *key) {
				k.token = w.forge(k, func(c *oauth.Claims) { c.Org = latchkey.OrgID(w.names["otherOrg"]) })
			}, false},
			"another account": {func(k *key) {
				k.token = w.forge(k, func(c *oauth.Claims) { c.Account = latchkey.NewClientID(c.Issued) })
			}, false},
			"another secret": {func(k *key) {
				k.token = w.forge(k, func(c *oauth.Claims) { c.Secret = latchkey.NewID[latchkey.SecretID](c.Issued) })
			}, false},
			"forged and right": {func(k *key) { k.token = w.forge(k, func(*oauth.Claims) {}) }, true},
		} {
			t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
				defer func(was *testing.T) { w.t = was }(w.t)
				w.t = t
				k := w.enrol("robot", life, latchkey.GroupOwner)
				w.ok("robot", "GET /api/atlas/v2/groups/{project}", "", 200)
				w.ok("robot", patchTarget, makeReader, 200)
				c.happen(k)
				for _, g := range generations() {
					read, change := g.at("GET /groups/{project}"), g.at("PATCH /groups/{project}/apiKeys/{target}")
					if c.alive {
						w.ok("robot", read, "", 200)
						w.ok("robot", change, makeOwner, 200)
						continue
					}
					w.unchanged(func() {
						w.call("robot", read, "").wantBearer()
						w.call("robot", change, makeOwner).wantBearer()
					})
				}
			})
		}
	})
}

// forge signs a token for the account with the server's own key.
func (w *world) forge(k *key, bend func(*oauth.Claims)) string {
	c := claimsOf(w, k)
	bend(&c)
	return tokenBy(w.t, w.data.Keys, c)
}

// TestRevoke: the answer is always the same; only the client's own tokens are
// affected, and the note goes when the token would have expired.
func TestRevoke(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		mine, theirs := w.enrol("mine", 24*time.Hour), w.enrol("theirs", 24*time.Hour)
		foreign := w.store("foreign", "otherOrg", "otherProject", 24*time.Hour)
		revoke := func(k *key, token string) {
			t.Helper()
			form := "token_type_hint=refresh_token&token=" + token
			a := w.ask(k, revokeCall, form)
			if a.status != 200 || len(a.body) != 0 || a.header.Get("Content-Length") != "0" || a.header["Content-Type"] != nil {
				a.fail("want 200 and nothing else")
			}
			a.wantNotKept()
		}
		before := w.dump()
		for _, k := range []*key{theirs, foreign} {
			for _, form := range []string{mine.token, mine.token + "x", "x", "a.b.c", strings.Repeat("A", 60_000)} {
				revoke(k, form)
				revoke(k, form)
			}
		}
		w.ok("mine", "GET /api/atlas/v2/orgs/{org}", "", 200)
		revoke(mine, mine.token)
		w.call("mine", "GET /api/atlas/v2/orgs/{org}", "").wantBearer()
		ran := w.data.Store.Stats().Callers
		for range 10 {
			revoke(mine, mine.token)
		}
		if got := w.data.Store.Stats().Callers; got > ran+1 { // one may sign what came before
			t.Errorf("the writer ran %d times to revoke what is revoked", got-ran)
		}
		w.ok("theirs", "GET /api/atlas/v2/orgs/{org}", "", 200)
		if after := w.dump(); after != before {
			t.Errorf("the data changed:\n%s\n%s", before, after)
		}

		claims := claimsOf(w, mine)
		if n := w.forgotten(claims.Expires.Add(-time.Minute)); n != 0 {
			t.Errorf("%d notes of tokens are forgotten too early", n)
		}
		revoked := mine.token
		mine.token = w.token(mine)
		w.ok("mine", "GET /api/atlas/v2/orgs/{org}", "", 200)
		w.clock.advance(time.Hour + 2*time.Minute)
		w.srv.Maintain(context.Background())
		if n := w.forgotten(w.clock.now()); n != 0 {
			t.Errorf("maintenance left %d notes of tokens that expired", n)
		}
		mine.token = revoked
		w.call("mine", "GET /api/atlas/v2/orgs/{org}", "").wantBearer()
		revoke(mine, revoked)
		if n := w.forgotten(w.clock.now().Add(24 * time.Hour)); n != 0 {
			t.Error("an expired token was noted")
		}
	})
}

// forgotten forgets the notes of tokens that expired before the time and
// returns how many those were.
func (w *world) forgotten(before time.Time) (n int) {
	w.t.Helper()
	w.update(func(tx latchkey.Tx) (err error) {
		n, err = tx.ForgetTokens(before, 100)
		return err
	})
	return n
}

// TestAccessListIsAskedAtUse: not when a token is issued or revoked.
func TestAccessListIsAskedAtUse(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		k := w.enrol("robot", 24*time.Hour)
		const read = "GET /api/atlas/v2/orgs/{org}"
		w.ok("robot", read, "", 200)
		w.ok("owner", "POST /api/atlas/v2/orgs/{org}/apiKeys/{owner}/accessList", `[{"ipAddress":"127.0.0.1"}]`, 200)
		w.ok("owner", "PATCH /api/atlas/v2/orgs/{org}/settings", `{"apiAccessListRequired":true}`, 200)
		w.refused("robot", read, "", 403, "ORG_REQUIRES_ACCESS_LIST", "127.0.0.1")
		list := func(prefix string) {
			w.reform(k, func(a *latchkey.ServiceAccount) {
				a.AccessList = latchkey.AccessList{{Prefix: netip.MustParsePrefix(prefix), Created: a.Created}}
			})
		}
		list("192.0.2.0/24")
		w.refused("robot", read, "", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
		k.token = w.token(k)
		w.refused("robot", read, "", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
		old := k.token
		list("127.0.0.0/8")
		w.ok("robot", read, "", 200)
		list("192.0.2.0/24")
		if a := w.ask(k, revokeCall, "token="+old); a.status != 200 {
			a.fail("revoking from an address that is not listed")
		}
		list("127.0.0.0/8")
		w.call("robot", read, "").wantBearer()
	})
}
