package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth"
	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/httplink"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/server"
)

// latchkeyTarget is the built binary on its embedded database, with digest
// authentication: nonces are reused, or fetched for every request.
type latchkeyTarget struct {
	label  string
	binary string
	fresh  bool // whether every request asks for a challenge first
	log    io.Writer
	say    func(format string, args ...any)

	shape    shape
	dir      string
	address  string
	child    *child
	keys     []login
	owners   []login // by organization
	ids      []latchkey.PrincipalID
	orgs     []latchkey.OrgID
	projects []latchkey.ProjectID
}

// login is a key as its client has it.
type login struct {
	public string
	ha1    httplink.HA1
}

func newLogin(public latchkey.PublicKey, private latchkey.PrivateKey) login {
	return login{string(public), httplink.NewHA1(string(public), private.Reveal())}
}

func (l *latchkeyTarget) name() string { return l.label }

func (l *latchkeyTarget) prepare(ctx context.Context, dir string, s shape) error {
	l.dir, l.shape = filepath.Join(dir, "data"), s
	data, err := server.OpenData(ctx, l.dir, "")
	if err != nil {
		return err
	}
	return errors.Join(l.fill(ctx, data), data.Close())
}

// fill makes organizations by the operation that makes them, and stores
// projects and keys a few thousand at a time.
func (l *latchkeyTarget) fill(ctx context.Context, data *server.Data) error {
	authenticator, err := auth.New(data.Keys, []digest.Algorithm{digest.MD5}, time.Now)
	if err != nil {
		return err
	}
	service := op.NewService(op.Config{Store: data.Store, Seal: authenticator.Seal, HashSecret: authenticator.HashSecret, MaxKeysPerOrg: 1})
	for n := range l.shape.Orgs {
		made, err := service.CreateOrganization(ctx, "bench", op.SetupOptions{OrgName: fmt.Sprint("Organization ", n)})
		if err != nil {
			return err
		}
		l.orgs = append(l.orgs, made.Org.ID)
		l.owners = append(l.owners, newLogin(made.Owner.Key.PublicKey, made.Owner.Private))
	}
	now := time.Now()
	for range l.shape.Projects {
		l.projects = append(l.projects, latchkey.NewID[latchkey.ProjectID](now))
	}
	err = data.Store.Update(ctx, func(tx latchkey.Tx) error {
		for n, id := range l.projects {
			p := latchkey.Project{ID: id, OrgID: l.orgs[n%l.shape.Orgs], Name: fmt.Sprint("project ", n), Created: now}
			if err := tx.InsertProject(p); err != nil {
				return err
			}
		}
		return nil
	})
	const atOnce = 1000
	roles := roleSet(0)
	for from := 0; from < l.shape.Keys && err == nil; from += atOnce {
		l.say("%s: loading key %d of %d", l.label, from, l.shape.Keys)
		err = data.Store.Update(ctx, func(tx latchkey.Tx) error {
			l.keys, l.ids = l.keys[:from], l.ids[:from]
			for n := from; n < min(from+atOnce, l.shape.Keys); n++ {
				if err := l.insert(tx, authenticator, n, roles); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

func (l *latchkeyTarget) insert(tx latchkey.Tx, a *auth.Authenticator, n int, roles latchkey.RoleSet) error {
	private := latchkey.NewPrivateKey()
	for {
		k := latchkey.APIKey{PrivateTail: private.Tail(), Principal: latchkey.Principal{
			ID: latchkey.NewID[latchkey.PrincipalID](tx.Now()), OrgID: l.orgs[n%l.shape.Orgs], PublicKey: latchkey.NewPublicKey(),
			Desc: fmt.Sprint("key ", n), OrgRoles: latchkey.Roles(latchkey.OrgMember), Created: tx.Now(),
		}}
		for i := range l.shape.Each {
			k.ProjectRoles = k.ProjectRoles.With(l.projects[l.shape.project(n, i)], roles)
		}
		var err error
		if k.SealedMD5, k.SealedSHA256, err = a.Seal(k.ID, k.PublicKey, private); err != nil {
			return err
		}
		err = tx.InsertKey(k)
		if errors.Is(err, latchkey.ErrPublicKeyTaken) {
			continue
		}
		l.keys, l.ids = append(l.keys, newLogin(k.PublicKey, private)), append(l.ids, k.ID)
		return err
	}
}

// roleSet returns one of the sets between which changes alternate.
func roleSet(n int) latchkey.RoleSet {
	var set latchkey.RoleSet
	for _, name := range roleSets[n%2] {
		role, _ := latchkey.ParseRole(name)
		set = set.With(role)
	}
	return set
}

func (l *latchkeyTarget) start(ctx context.Context) (int, error) {
	var err error
	if l.address, err = freeAddress(); err != nil {
		return 0, err
	}
	if l.child, err = launch(ctx, l.address, l.log, l.binary, "serve", "--listen", l.address, "--data", l.dir, "--log-level", "error"); err != nil {
		return 0, err
	}
	return l.child.cmd.Process.Pid, nil
}

func (l *latchkeyTarget) stop() error { return l.child.stop() }

func (l *latchkeyTarget) worker(o operation, n, of int, r *rand.Rand) worker {
	return &latchkeyWorker{t: l, op: o, n: n, of: of, rand: r, link: httplink.New(l.address)}
}

// latchkeyWorker is one connection.
type latchkeyWorker struct {
	t      *latchkeyTarget
	op     operation
	n, of  int
	rand   *rand.Rand
	link   *httplink.Link
	digest httplink.Digest
	turn   int
}

func (w *latchkeyWorker) close() { w.link.Close() }

const (
	atlasAccept = "Accept: application/vnd.atlas.2023-01-01+json\r\n"
	jsonBody    = "Content-Type: application/json\r\n"
)

func (w *latchkeyWorker) do() error {
	s := w.t.shape
	m := s.anyMembership(w.rand)
	owner := w.t.owners[m.Key%s.Orgs]
	switch w.op {
	case opW:
		m = s.draw(w.rand, w.n, w.of)
		owner = w.t.owners[m.Key%s.Orgs]
		w.turn++
		return w.send(owner, "PATCH", "/api/atlas/v2/groups/"+string(w.t.projects[m.Project])+"/apiKeys/"+string(w.t.ids[m.Key]),
			`{"roles":["`+strings.Join(roleSets[w.turn%2][:], `","`)+`"]}`)
	case opR:
		return w.send(owner, "GET", "/api/atlas/v2/orgs/"+string(w.t.orgs[m.Key%s.Orgs])+"/apiKeys/"+string(w.t.ids[m.Key]), "")
	case opC:
		return w.send(w.t.keys[m.Key], "GET", "/api/atlas/v2/groups/"+string(w.t.projects[m.Project]), "")
	}
	return w.send(owner, "GET", "/api/atlas/v2/groups/"+string(w.t.projects[m.Project])+"/apiKeys?itemsPerPage=100", "")
}

func (w *latchkeyWorker) send(by login, method, target, body string) error {
	headers := atlasAccept
	if body != "" {
		headers += jsonBody
	}
	if w.t.fresh {
		w.digest = httplink.Digest{}
	}
	r, err := w.digest.Do(w.link, by.public, by.ha1, method, target, headers, body)
	if err != nil {
		return err
	}
	if r.Status != 200 {
		return fmt.Errorf("%s %s: %d %s", method, target, r.Status, r.Body)
	}
	return nil
}
