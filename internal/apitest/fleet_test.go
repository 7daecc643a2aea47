package apitest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth"
	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/server"
)

// fleet is a server in this process with very many keys and service accounts,
// which many clients call at once without a network.
type fleet struct {
	t       *testing.T
	handler http.Handler
	data    *server.Data
	seals   *auth.Authenticator
	org     latchkey.OrgID
	project latchkey.ProjectID

	mu     sync.Mutex
	nonce  string // which all keys share
	minted time.Time
	count  uint32
}

// fleetAddress is where requests to a fleet come from.
const fleetAddress = "192.0.2.1"

// newFleet makes an organization with a project. Its data are kept in memory
// where the system has a place for that: nothing here is about disks.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "latchkey-fleet-")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data, err := server.OpenData(context.Background(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := data.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := server.New(data, server.Config{NoFailureGuard: true})
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{t: t, handler: s.Handler("http://latchkey.test"), data: data}
	if f.seals, err = auth.New(data.Keys, []digest.Algorithm{digest.MD5}, time.Now); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	f.org, f.project = latchkey.NewID[latchkey.OrgID](now), latchkey.NewID[latchkey.ProjectID](now)
	f.update(func(tx latchkey.Tx) error {
		if err := tx.InsertOrganization(latchkey.Organization{ID: f.org, Name: "Fleet", Created: now, Settings: latchkey.DefaultSettings()}); err != nil {
			return err
		}
		return tx.InsertProject(latchkey.Project{ID: f.project, OrgID: f.org, Name: "Project", Created: now})
	})
	return f
}

func (f *fleet) update(change func(latchkey.Tx) error) {
	f.t.Helper()
	if err := f.data.Store.Update(context.Background(), change); err != nil {
		f.t.Fatal(err)
	}
}

// member is a key or a service account of a fleet.
type member struct {
	key
	latchkey.Principal
	secretID latchkey.SecretID
}

func (m *member) account() bool { return m.Principal.ID.IsAccount() }

// kind is the name of the members' resource in paths.
func (m *member) kind() string {
	if m.account() {
		return "serviceAccounts"
	}
	return "apiKeys"
}

// enrol stores members that hold those roles, all accounts or none.
func (f *fleet) enrol(n int, accounts bool, roles latchkey.RoleSet, addresses ...string) []*member {
	f.t.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	list := make([]*member, n)
	f.update(func(tx latchkey.Tx) error {
		for i := range list {
			m := &member{Principal: latchkey.Principal{
				OrgID: f.org, Desc: "a member", Created: now, OrgRoles: roles.AtLevel(latchkey.LevelOrganization),
				ProjectRoles: latchkey.ProjectRoles{}.With(f.project, roles.AtLevel(latchkey.LevelProject)),
			}}
			for _, a := range addresses {
				addr := netip.MustParseAddr(a)
				m.AccessList = append(m.AccessList, latchkey.AccessListEntry{Prefix: netip.PrefixFrom(addr, 32), Created: now.Truncate(time.Second)})
			}
			if err := f.insert(tx, m, accounts, now); err != nil {
				return err
			}
			list[i] = m
		}
		return nil
	})
	return list
}

func (f *fleet) insert(tx latchkey.Tx, m *member, account bool, now time.Time) error {
	if account {
		secret := latchkey.NewClientSecret()
		m.Principal.ID = latchkey.NewClientID(now)
		m.key, m.secretID = key{id: string(m.Principal.ID), secret: secret.Reveal()}, latchkey.NewID[latchkey.SecretID](now)
		return tx.InsertAccount(latchkey.ServiceAccount{Principal: m.Principal, Name: "member", Secrets: latchkey.Secrets{{
			ID: m.secretID, Hash: f.seals.HashSecret(secret), Tail: secret.Tail(), Created: now, Expires: now.Add(24 * time.Hour),
		}}})
	}
	private := latchkey.NewPrivateKey()
	m.Principal.ID, m.PublicKey = latchkey.NewID[latchkey.PrincipalID](now), latchkey.NewPublicKey()
	m.key = key{id: string(m.Principal.ID), public: string(m.PublicKey), private: private.Reveal()}
	k := latchkey.APIKey{Principal: m.Principal, PrivateTail: private.Tail()}
	var err error
	if k.SealedMD5, k.SealedSHA256, err = f.seals.Seal(k.ID, k.PublicKey, private); err != nil {
		return err
	}
	return tx.InsertKey(k)
}

// call sends a request as a member, with its token if it has one, and returns
// the answer. It is safe for concurrent use.
func (f *fleet) call(by *key, call, body string) *httptest.ResponseRecorder {
	method, target, _ := strings.Cut(call, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Accept", "application/vnd.atlas.2025-03-12+json")
	switch {
	case strings.HasPrefix(target, "/api/oauth/"):
		r.Header.Set("Content-Type", formType)
	case body != "":
		r.Header.Set("Content-Type", "application/json")
	}
	switch {
	case by.token != "":
		r.Header.Set("Authorization", "Bearer "+by.token)
	case by.secret != "":
		r.Header.Set("Authorization", basic(by.id, by.secret))
	default:
		nonce, count := f.next()
		sent := &request{method: method, target: target}
		r.Header.Set("Authorization", answerTo(by, sent, nonce, count).sign(by, method).String())
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

// next returns a nonce with a count that was not used before.
func (f *fleet) next() (string, uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.nonce == "" || time.Since(f.minted) > 20*time.Second {
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/atlas/v2", nil))
		f.nonce, f.minted, f.count = nonceOf(w.Header()), time.Now(), 0
	}
	f.count++
	return f.nonce, f.count
}

// token gives a service account a token.
func (f *fleet) token(m *member) error {
	w := f.call(&key{id: m.key.id, secret: m.secret}, tokenCall, askToken)
	_, rest, ok := bytes.Cut(w.Body.Bytes(), []byte(`"access_token":"`))
	token, _, _ := bytes.Cut(rest, []byte(`"`))
	if w.Code != http.StatusOK || !ok {
		return fmt.Errorf("no token: %d %s", w.Code, w.Body)
	}
	m.key.token = string(token)
	return nil
}

// tokenForm is the body that names a token.
func tokenForm(token string) string { return url.Values{"token": {token}}.Encode() }
