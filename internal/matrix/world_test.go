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

// principal is a key or a service account as it is meant to be, with its
// credential. Without an id it is somebody who only claims to be one.
type principal struct {
	name string
	holdings
	latchkey.Principal
	cred    *credential
	key     latchkey.APIKey         // of a key, the rest of it
	account latchkey.ServiceAccount // of a service account, the rest of it
}

func (p *principal) id() string { return string(p.ID) }

// newPrincipal is what a key and a service account have in common. Global
// roles, which no request can give, are among those of the organization.
func (w *world) newPrincipal(org latchkey.OrgID, name string, h holdings, addresses []string) *principal {
	w.Helper()
	p := &principal{name: name, holdings: h, Principal: latchkey.Principal{
		OrgID: org, Desc: "as it was", OrgRoles: stored(w, h.org), Created: time.Now().UTC().Truncate(time.Millisecond),
	}}
	for id, r := range h.in {
		p.ProjectRoles = p.ProjectRoles.With(latchkey.ProjectID(id), stored(w, r))
	}
	for _, a := range addresses {
		addr := netip.MustParseAddr(a)
		p.AccessList = append(p.AccessList, latchkey.AccessListEntry{Prefix: netip.PrefixFrom(addr, addr.BitLen()), Created: time.Unix(1_700_000_000, 0).UTC()})
	}
	return p
}

// newKey makes a key that holds exactly that.
func (w *world) newKey(org latchkey.OrgID, name string, h holdings, addresses ...string) *principal {
	w.Helper()
	private := latchkey.NewPrivateKey()
	p := w.newPrincipal(org, name, h, addresses)
	p.ID, p.PublicKey = latchkey.NewID[latchkey.PrincipalID](time.Now()), latchkey.NewPublicKey()
	p.key = latchkey.APIKey{PrivateTail: private.Tail(), Principal: p.Principal}
	var err error
	if p.key.SealedMD5, p.key.SealedSHA256, err = w.auth.Seal(p.ID, p.PublicKey, private); err != nil {
		w.Fatal(err)
	}
	p.cred = newCredential(string(p.PublicKey), private.Reveal())
	w.restore(p)
	return p
}

// newAccount makes a service account that holds exactly that, with one secret
// and a token issued for it.
func (w *world) newAccount(org latchkey.OrgID, name string, h holdings, addresses ...string) *principal {
	w.Helper()
	secret := latchkey.NewClientSecret()
	p := w.newPrincipal(org, name+" (account)", h, addresses)
	p.ID = latchkey.NewClientID(time.Now())
	p.account = latchkey.ServiceAccount{Principal: p.Principal, Name: "as it was", Secrets: latchkey.Secrets{{
		ID: latchkey.NewID[latchkey.SecretID](time.Now()), Hash: w.auth.HashSecret(secret), Tail: secret.Tail(),
		Created: p.Created, Expires: p.Created.Add(100 * 24 * time.Hour),
	}}}
	w.restore(p)
	p.cred = &credential{token: w.token(w, p.id(), secret.Reveal())}
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

// holdingsOf returns what a principal holds in the data.
func holdingsOf(p *latchkey.Principal) holdings {
	h := holdings{org: read(p.OrgRoles), in: map[string]roles{}}
	for id, set := range p.ProjectRoles.All() {
		h.in[string(id)] = read(set)
	}
	return h
}

// restore makes principals be again as they are meant to be.
func (w *world) restore(list ...*principal) {
	w.Helper()
	w.update(func(tx latchkey.Tx) error {
		for _, p := range list {
			if err := restore(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func restore(tx latchkey.Tx, p *principal) error {
	if p.ID.IsAccount() {
		switch a, err := tx.Account(p.OrgID, p.ID); {
		case errors.Is(err, latchkey.ErrNotFound):
			return tx.InsertAccount(p.account)
		case err != nil:
			return err
		default:
			return tx.UpdateAccount(a, p.account)
		}
	}
	switch k, err := tx.Key(p.OrgID, p.ID); {
	case errors.Is(err, latchkey.ErrNotFound):
		return tx.InsertKey(p.key)
	case err != nil:
		return err
	default:
		return tx.UpdatePrincipal(k.Principal, p.Principal)
	}
}

// unchanged reports whether a principal is as it is meant to be.
func (w *world) unchanged(p *principal) (same bool) {
	w.Helper()
	w.view(func(r latchkey.Reader) error {
		is, err := r.Principal(p.OrgID, p.ID)
		same = err == nil && is.OrgRoles == p.OrgRoles && is.ProjectRoles == p.ProjectRoles && is.Desc == p.Desc &&
			is.AccessList.Text() == p.AccessList.Text()
		if same && p.ID.IsAccount() {
			a, err := r.Account(p.OrgID, p.ID)
			same = err == nil && a.Name == p.account.Name && a.Secrets.Text() == p.account.Secrets.Text()
		}
		return nil
	})
	return same
}
