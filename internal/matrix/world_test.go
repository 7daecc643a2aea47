package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth"
	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/server"
)

// callerAddress is the address from which httptest's requests come.
const callerAddress = "192.0.2.1"

// Addresses of entries: one that lists hold, and one that requests add.
const (
	listedAddress = "198.51.100.7"
	newAddress    = "203.0.113.9"
)

// world is a server on data of its own, reached without a network.
type world struct {
	testing.TB
	*client
	data *server.Data
	auth *auth.Authenticator

	server *server.Server
	serial int
}

// newWorld opens an empty server. Its data are kept in memory where the system
// has a place for that, because nothing here is about disks.
func newWorld(t testing.TB, config server.Config) *world {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "latchkey-matrix-")
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
	config.NoFailureGuard = true // wrong secrets are cells too
	config.MaxKeysPerOrg = 10_000
	s, err := server.New(data, config)
	if err != nil {
		t.Fatal(err)
	}
	// Seals as the server does: both work on the same data keys.
	seals, err := auth.New(data.Keys, []digest.Algorithm{digest.MD5}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return &world{TB: t, client: &client{handler: s.Handler("http://localhost")}, data: data, auth: seals, server: s}
}

// update changes the data behind the server's back.
func (w *world) update(f func(tx latchkey.Tx) error) {
	w.Helper()
	if err := w.data.Store.Update(context.Background(), f); err != nil {
		w.Fatal(err)
	}
}

// view reads the data.
func (w *world) view(f func(r latchkey.Reader) error) {
	w.Helper()
	if err := w.data.Store.View(context.Background(), f); err != nil {
		w.Fatal(err)
	}
}

// flushes counts the commits that wrote something. Between requests sent one
// by one it stands still exactly when nothing at all was written.
func (w *world) flushes() int64 { return w.data.Store.Stats().Commits }

// newOrg makes an organization.
func (w *world) newOrg(name string) latchkey.Organization {
	w.Helper()
	o := latchkey.Organization{ID: latchkey.NewID[latchkey.OrgID](time.Now()), Name: name, Created: time.Now().UTC(), Settings: latchkey.DefaultSettings()}
	w.update(func(tx latchkey.Tx) error { return tx.InsertOrganization(o) })
	return o
}

// newProject makes a project with a name that is used once.
func (w *world) newProject(org latchkey.OrgID) latchkey.Project {
	w.Helper()
	w.serial++
	p := latchkey.Project{ID: latchkey.NewID[latchkey.ProjectID](time.Now()), OrgID: org, Name: fmt.Sprintf("project %d", w.serial), Created: time.Now().UTC()}
	w.update(func(tx latchkey.Tx) error { return tx.InsertProject(p) })
	return p
}

// principal is a key as it is meant to be, with its credential.
type principal struct {
	name string
	holdings
	cred *credential
	key  latchkey.APIKey
}

func (p *principal) id() string { return string(p.key.ID) }

// newKey makes a key that holds exactly that. Global roles, which no request
// can give, are put into the data with those of the organization.
func (w *world) newKey(org latchkey.OrgID, name string, h holdings, addresses ...string) *principal {
	w.Helper()
	private := latchkey.NewPrivateKey()
	k := latchkey.APIKey{PrivateTail: private.Tail(), Principal: latchkey.Principal{
		ID: latchkey.NewID[latchkey.PrincipalID](time.Now()), OrgID: org, PublicKey: latchkey.NewPublicKey(),
		Desc: "as it was", OrgRoles: stored(w, h.org), Created: time.Now().UTC(),
	}}
	for id, r := range h.in {
		k.ProjectRoles = k.ProjectRoles.With(latchkey.ProjectID(id), stored(w, r))
	}
	for _, a := range addresses {
		addr := netip.MustParseAddr(a)
		k.AccessList = append(k.AccessList, latchkey.AccessListEntry{Prefix: netip.PrefixFrom(addr, addr.BitLen()), Created: time.Unix(1_700_000_000, 0).UTC()})
	}
	var err error
	if k.SealedMD5, k.SealedSHA256, err = w.auth.Seal(k.ID, k.PublicKey, private); err != nil {
		w.Fatal(err)
	}
	p := &principal{name: name, holdings: h, cred: newCredential(string(k.PublicKey), private.Reveal()), key: k}
	w.restore(p)
	return p
}

// stored returns the stored form of a set of roles.
func stored(t testing.TB, s roles) (set latchkey.RoleSet) {
	t.Helper()
	for _, name := range s.names() {
		r, ok := latchkey.ParseRole(name)
		if !ok {
			t.Fatalf("the server does not know the role %s", name)
		}
		set = set.With(r)
	}
	return set
}

// read returns the set of a stored one.
func read(set latchkey.RoleSet) roles { return named(set.Names()...) }

// holdingsOf returns what a key holds in the data.
func holdingsOf(k *latchkey.APIKey) holdings {
	h := holdings{org: read(k.OrgRoles), in: map[string]roles{}}
	for id, set := range k.ProjectRoles.All() {
		h.in[string(id)] = read(set)
	}
	return h
}

// restore makes keys be again as they are meant to be.
func (w *world) restore(list ...*principal) {
	w.Helper()
	w.update(func(tx latchkey.Tx) error {
		for _, p := range list {
			k, err := tx.Key(p.key.OrgID, p.key.ID)
			switch {
			case errors.Is(err, latchkey.ErrNotFound):
				err = tx.InsertKey(p.key)
			case err == nil:
				err = tx.UpdatePrincipal(k.Principal, p.key.Principal)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// unchanged reports whether a key is as it is meant to be.
func (w *world) unchanged(p *principal) (same bool) {
	w.Helper()
	w.view(func(r latchkey.Reader) error {
		k, err := r.Key(p.key.OrgID, p.key.ID)
		same = err == nil && k.OrgRoles == p.key.OrgRoles && k.ProjectRoles == p.key.ProjectRoles && k.Desc == p.key.Desc &&
			k.AccessList.Text() == p.key.AccessList.Text()
		return nil
	})
	return same
}
