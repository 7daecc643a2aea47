package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/wire"
)

// BenchmarkCheck asks about an original request as a trusted proxy does. A
// change by digest is noted durably; with a token it is as a read.
func BenchmarkCheck(b *testing.B) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for _, n := range goroutines {
			b.Run(fmt.Sprintf("by=digest/method=%s/goroutines=%d", method, n), func(b *testing.B) {
				r := newProxiedRig(b)
				_, key := r.keys(1, member, readOnly, r.setup.Project.ID)
				r.share(b, n, key, func(c *caller, _ int) { c.check(r.checkTarget(), method) })
			})
		}
	}
	for _, n := range goroutines {
		b.Run(fmt.Sprintf("by=token/method=POST/goroutines=%d", n), func(b *testing.B) {
			r := newProxiedRig(b)
			bearer := "Bearer " + r.token(b)
			r.share(b, n, r.owner, func(c *caller, _ int) {
				c.header["Authorization"] = []string{bearer}
				c.ask(r.checkTarget(), http.MethodPost)
			})
		})
	}
}

// BenchmarkIntrospect tells a key what a token is worth.
func BenchmarkIntrospect(b *testing.B) {
	for _, n := range goroutines {
		b.Run(fmt.Sprintf("goroutines=%d", n), func(b *testing.B) {
			r := newRig(b)
			form := "token=" + url.QueryEscape(r.token(b))
			r.share(b, n, r.owner, func(c *caller, _ int) {
				c.header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
				c.do(http.MethodPost, "/api/oauth/introspect", form, 200)
			})
		})
	}
}

// newProxiedRig is a rig that trusts who asks.
func newProxiedRig(tb testing.TB) *rig {
	tb.Helper()
	r := newRig(tb)
	proxies, err := wire.ParseProxies("127.0.0.1")
	if err != nil {
		tb.Fatal(err)
	}
	if r.server, err = New(r.data, Config{MaxKeysPerOrg: 1 << 20, Proxies: proxies}); err != nil {
		tb.Fatal(err)
	}
	r.handler = r.server.Handler("http://127.0.0.1:8080")
	return r
}

func (r *rig) checkTarget() string {
	return "/api/latchkey/v1/check?groupId=" + string(r.setup.Project.ID) + "&role=GROUP_READ_ONLY"
}

const originalTarget = "/orders?page=2"

// check signs an original request and asks about it.
func (c *caller) check(target, method string) {
	c.renew()
	c.count++
	c.header["Authorization"] = []string{authorization(c.key, method, originalTarget, c.nonce, c.count)}
	c.ask(target, method)
}

func (c *caller) ask(target, method string) {
	c.header["X-Original-Method"] = []string{method}
	c.header["X-Original-Uri"] = []string{originalTarget}
	c.out.reset()
	c.rig.handler.ServeHTTP(&c.out, request(http.MethodGet, target, "", c.header))
	if c.out.status != http.StatusNoContent {
		c.rig.tb.Errorf("%d %s", c.out.status, c.out.body.Bytes())
	}
}

// token stores a service account that reads the project, and gets a token for it.
func (r *rig) token(tb testing.TB) string {
	tb.Helper()
	secret := latchkey.NewClientSecret()
	var account latchkey.ServiceAccount
	err := r.data.Store.Update(context.Background(), func(tx latchkey.Tx) error {
		now := tx.Now().UTC().Truncate(time.Millisecond)
		account = latchkey.ServiceAccount{Name: "bench", Principal: latchkey.Principal{
			ID: latchkey.NewClientID(now), OrgID: r.setup.Org.ID, Desc: "bench", OrgRoles: member,
			ProjectRoles: latchkey.ProjectRoles{}.With(r.setup.Project.ID, readOnly), Created: now,
		}}
		account.Secrets = latchkey.Secrets{{
			ID: latchkey.NewID[latchkey.SecretID](now), Hash: r.server.auth.HashSecret(secret), Tail: secret.Tail(),
			Created: now, Expires: now.Add(8 * time.Hour),
		}}
		return tx.InsertAccount(account)
	})
	if err != nil {
		tb.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {string(account.ID)}, "client_secret": {secret.Reveal()}}.Encode()
	out := sink{header: make(http.Header)}
	out.reset()
	r.handler.ServeHTTP(&out, request(http.MethodPost, "/api/oauth/token", form, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}))
	var issued struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(out.body.Bytes(), &issued); err != nil || issued.Token == "" {
		tb.Fatalf("no token: %d %v", out.status, err)
	}
	return issued.Token
}
