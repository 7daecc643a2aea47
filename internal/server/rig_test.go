package server

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/op"
)

// rig is a server on data of its own, asked in-process: no socket, no client
// library, nothing between the benchmark and the handler.
type rig struct {
	tb      testing.TB
	server  *Server
	data    *Data
	handler http.Handler
	setup   op.Setup
	owner   credential
}

// credential is what a caller signs requests with.
type credential struct{ public, private string }

func newRig(tb testing.TB) *rig { return newRigWith(tb, Config{MaxKeysPerOrg: 1 << 20}) }

func newRigWith(tb testing.TB, config Config) *rig {
	tb.Helper()
	ctx := context.Background()
	data, err := OpenData(ctx, tb.TempDir(), "")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := data.Close(); err != nil {
			tb.Error(err)
		}
	})
	s, err := New(data, config)
	if err != nil {
		tb.Fatal(err)
	}
	setup, err := s.Service.CreateOrganization(ctx, "init", op.SetupOptions{OrgName: "Bench", ProjectName: "bench", Example: true})
	if err != nil {
		tb.Fatal(err)
	}
	return &rig{
		tb: tb, server: s, data: data, handler: s.Handler("http://127.0.0.1:8080"), setup: setup,
		owner: credential{string(setup.Owner.Key.PublicKey), setup.Owner.Private.Reveal()},
	}
}

// account stores a service account with a secret that is in the project.
func (r *rig) account() latchkey.ServiceAccount { return r.accountWith([sha256.Size]byte{}) }

// accountWith is account with a secret of that hash.
func (r *rig) accountWith(hash [sha256.Size]byte) latchkey.ServiceAccount {
	r.tb.Helper()
	var a latchkey.ServiceAccount
	err := r.data.Store.Update(context.Background(), func(tx latchkey.Tx) error {
		now := tx.Now()
		a = latchkey.ServiceAccount{
			Name: "account", Secrets: latchkey.Secrets{{ID: latchkey.NewID[latchkey.SecretID](now), Hash: hash, Tail: "tail", Created: now, Expires: now.Add(time.Hour)}},
			Principal: latchkey.Principal{
				ID: latchkey.NewClientID(now), OrgID: r.setup.Org.ID, Desc: "account", OrgRoles: latchkey.Roles(latchkey.OrgMember), Created: now,
				ProjectRoles: latchkey.ProjectRoles{}.With(r.setup.Project.ID, latchkey.Roles(latchkey.GroupReadOnly)),
			},
		}
		return tx.InsertAccount(a)
	})
	if err != nil {
		r.tb.Fatal(err)
	}
	return a
}

// projects stores n further projects and returns all there are, the first one included.
func (r *rig) projects(n int) []latchkey.ProjectID {
	r.tb.Helper()
	ids := []latchkey.ProjectID{r.setup.Project.ID}
	err := r.data.Store.Update(context.Background(), func(tx latchkey.Tx) error {
		ids = ids[:1]
		for i := range n {
			p := latchkey.Project{
				OrgID: r.setup.Org.ID, ID: latchkey.NewID[latchkey.ProjectID](tx.Now()),
				Name: fmt.Sprint("project ", i), Created: tx.Now(),
			}
			if err := tx.InsertProject(p); err != nil {
				return err
			}
			ids = append(ids, p.ID)
		}
		return nil
	})
	if err != nil {
		r.tb.Fatal(err)
	}
	return ids
}

// keys stores n keys with those organization roles that hold roles in the
// projects, and returns them with the credential of the first.
func (r *rig) keys(n int, org, roles latchkey.RoleSet, projects ...latchkey.ProjectID) ([]latchkey.APIKey, credential) {
	r.tb.Helper()
	private := latchkey.NewPrivateKey()
	var held latchkey.ProjectRoles
	for _, p := range projects {
		held = held.With(p, roles)
	}
	var list []latchkey.APIKey
	err := r.data.Store.Update(context.Background(), func(tx latchkey.Tx) error {
		list = list[:0]
		for i := range n {
			k := latchkey.APIKey{PrivateTail: private.Tail(), Principal: latchkey.Principal{
				OrgID: r.setup.Org.ID, ID: latchkey.NewID[latchkey.PrincipalID](tx.Now()), PublicKey: latchkey.NewPublicKey(),
				Desc: fmt.Sprint("key ", i), OrgRoles: org, ProjectRoles: held, Created: tx.Now(),
			}}
			var err error
			if k.SealedMD5, k.SealedSHA256, err = r.server.auth.Seal(k.ID, k.PublicKey, private); err != nil {
				return err
			}
			if err := tx.InsertKey(k); err != nil {
				return err
			}
			list = append(list, k)
		}
		return nil
	})
	if err != nil {
		r.tb.Fatal(err)
	}
	return list, credential{string(list[0].PublicKey), private.Reveal()}
}

// caller sends requests as one key: one nonce from a challenge, then counts.
type caller struct {
	rig    *rig
	key    credential
	nonce  string
	until  time.Time // when to ask for another nonce
	count  uint32
	out    sink
	header http.Header
}

func (r *rig) caller(key credential) *caller {
	return &caller{rig: r, key: key, out: sink{header: make(http.Header)}, header: http.Header{
		"Accept":       {"application/vnd.atlas.2023-01-01+json"},
		"Content-Type": {"application/json"},
	}}
}

// do sends a request and fails the benchmark unless it is answered with status.
func (c *caller) do(method, target, body string, status int) {
	c.send(method, target, body)
	if c.out.status != status {
		c.rig.tb.Errorf("%s %s: %d %s, want %d", method, target, c.out.status, c.out.body.Bytes(), status)
	}
}

// send sends a request; out has the answer.
func (c *caller) send(method, target, body string) {
	c.renew()
	c.count++
	c.header["Authorization"] = []string{authorization(c.key, method, target, c.nonce, c.count)}
	c.out.reset()
	c.rig.handler.ServeHTTP(&c.out, request(method, target, body, c.header))
}

// renew asks for a nonce unless there is one that lives long enough.
func (c *caller) renew() {
	now := time.Now()
	if !now.After(c.until) {
		return
	}
	c.out.reset()
	c.rig.handler.ServeHTTP(&c.out, request(http.MethodGet, "/api/atlas/v2", "", nil))
	challenge := c.out.header.Get("WWW-Authenticate")
	_, rest, _ := strings.Cut(challenge, `nonce="`)
	c.nonce, _, _ = strings.Cut(rest, `"`)
	c.count, c.until = 0, now.Add(digest.NonceLife/2)
}

// request makes what the handler is given, without the costs of http.NewRequest.
func request(method, target, body string, header http.Header) *http.Request {
	r := &http.Request{
		Method: method, RequestURI: target, Header: header, RemoteAddr: "127.0.0.1:1234",
		ContentLength: int64(len(body)), Body: http.NoBody, ProtoMajor: 1, ProtoMinor: 1,
	}
	r.URL = mustParse(target)
	if body != "" {
		r.Body = io.NopCloser(strings.NewReader(body))
	}
	return r
}

// authorization answers a nonce as RFC 7616 section 3.4.1 says.
func authorization(key credential, method, target, nonce string, count uint32) string {
	ha1 := md5.Sum([]byte(key.public + ":" + digest.Realm + ":" + key.private))
	ha2 := md5.Sum([]byte(method + ":" + target))
	nc := fmt.Sprintf("%08x", count)
	response := md5.Sum(fmt.Appendf(nil, "%x:%s:%s:00ff:auth:%x", ha1, nonce, nc, ha2))
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%x", algorithm=MD5, qop=auth, nc=%s, cnonce="00ff"`,
		key.public, digest.Realm, nonce, target, response, nc)
}

// sink keeps an answer.
type sink struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { return s.body.Write(p) }

func (s *sink) reset() {
	clear(s.header)
	s.status = http.StatusOK
	s.body.Reset()
}

// share runs f b.N times in that many goroutines, each with a caller of its own.
func (r *rig) share(b *testing.B, goroutines int, key credential, f func(c *caller, n int)) {
	b.Helper()
	b.ReportAllocs()
	before := r.data.Store.Stats()
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			c := r.caller(key)
			for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
				f(c, n)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	after := r.data.Store.Stats()
	if calls := after.Callers - before.Callers; calls > 0 {
		b.ReportMetric(float64(after.Commits-before.Commits)/float64(calls), "flushes/op")
	}
}
