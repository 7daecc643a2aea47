package apitest

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/server"
)

// world is a running server with two organizations.
type world struct {
	t     *testing.T
	srv   *server.Server
	data  *server.Data
	clock *clock
	addr  string // host:port
	url   string // what links begin with

	names map[string]string // {name} in paths, bodies and expectations
	keys  map[string]*key
	line  *line
}

// key is an API key with its secret.
type key struct {
	id, public, private string
	nonce               string // of the last challenge
	count               uint32 // how often it was answered

	secret string // of a service account, whose id is the client id
	token  string // what a service account offers in the place of a digest
}

// options change how a world is made.
type options struct {
	listen string // "" is an IPv4 loopback port
	dial   string // the host to call; "" is the one listened on
	guard  bool   // whether wrong responses slow an address down
	config server.Config
}

// newWorld starts a server with two organizations, {org} and {otherOrg}, each
// with an owner, a project and a key in it. It ends with the test.
func newWorld(t *testing.T, b backend, o options) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{}, names: make(map[string]string), keys: make(map[string]*key)}
	w.data = b.open(t, w.clock.now)
	if o.listen == "" {
		o.listen = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", o.listen)
	if err != nil {
		t.Skipf("no listener on %s: %v", o.listen, err)
	}
	o.config.Clock = w.clock.now
	o.config.NoFailureGuard = !o.guard
	w.addr = ln.Addr().String()
	if o.dial != "" {
		_, port, _ := net.SplitHostPort(w.addr)
		w.addr = net.JoinHostPort(o.dial, port)
	}
	w.url = "http://" + w.addr
	if o.config.PublicURL != "" {
		w.url = o.config.PublicURL
	}
	if w.srv, err = server.New(w.data, o.config); err != nil {
		t.Fatalf("making the server: %v", err)
	}
	w.settle("", "First organization")
	w.settle("other", "Second organization")
	w.names["unknown"] = "0123456789abcdef01234567"
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.srv.Serve(ctx, ln, nil) }()
	t.Cleanup(func() {
		w.hangUp()
		stop()
		if err := <-served; err != nil {
			t.Errorf("serving: %v", err)
		}
		if err := w.data.Close(); err != nil {
			t.Errorf("closing the data: %v", err)
		}
	})
	return w
}

// settle creates an organization with an owner, a project and a key in it.
func (w *world) settle(prefix, name string) {
	w.t.Helper()
	s, err := w.srv.Service.CreateOrganization(context.Background(), "init", op.SetupOptions{
		OrgName: name, ProjectName: "Test project", Example: true,
	})
	if err != nil {
		w.t.Fatalf("setting up: %v", err)
	}
	w.name(prefix, "org", string(s.Org.ID))
	w.name(prefix, "project", string(s.Project.ID))
	w.know(w.name(prefix, "owner", string(s.Owner.Key.ID)), s.Owner)
	w.know(w.name(prefix, "target", string(s.Example.Key.ID)), *s.Example)
}

// name gives an id a name, {prefixName} or {name}, and returns it.
func (w *world) name(prefix, name, id string) string {
	if prefix != "" {
		name = prefix + strings.ToUpper(name[:1]) + name[1:]
	}
	w.names[name] = id
	return name
}

func (w *world) know(name string, k op.CreatedKey) {
	w.keys[name] = &key{id: string(k.Key.ID), public: string(k.Key.PublicKey), private: k.Private.Reveal()}
	w.names[name] = string(k.Key.ID)
	w.names[name+".public"] = string(k.Key.PublicKey)
}

// expand puts ids in the place of their names.
func (w *world) expand(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	for name, id := range w.names {
		text = strings.ReplaceAll(text, "{"+name+"}", id)
	}
	return text
}

func (w *world) key(name string) *key {
	w.t.Helper()
	k := w.keys[name]
	if k == nil {
		w.t.Fatalf("nobody is called %q", name)
	}
	return k
}

// hire creates a key with those roles through the API and gives it a name.
func (w *world) hire(name string, roles ...string) *key {
	w.t.Helper()
	var org, project []string
	for _, r := range roles {
		if strings.HasPrefix(r, "GROUP_") {
			project = append(project, r)
		} else {
			org = append(org, r)
		}
	}
	if org == nil {
		org = []string{"ORG_MEMBER"}
	}
	var made keyBody
	w.ok("owner", "POST /api/atlas/v2/orgs/{org}/apiKeys", `{"desc":"`+name+`","roles":`+jsonOf(org)+`}`, 200).into(&made)
	k := &key{id: made.ID, public: made.PublicKey, private: made.PrivateKey}
	w.keys[name], w.names[name], w.names[name+".public"] = k, k.id, k.public
	if project != nil {
		w.ok("owner", "POST /api/atlas/v2/groups/{project}/apiKeys/{"+name+"}", `[{"roles":`+jsonOf(project)+`}]`, 204)
	}
	return k
}

// keyBody is a key as it is answered.
type keyBody struct {
	ID, Desc, PublicKey, PrivateKey string
	Roles                           []struct{ OrgID, GroupID, RoleName string }
}

// roles returns what the key holds as "ORG_MEMBER", "GROUP_OWNER@project id" …
func (k keyBody) roles() []string {
	var all []string
	for _, r := range k.Roles {
		if r.GroupID != "" {
			all = append(all, r.RoleName+"@"+r.GroupID)
		} else {
			all = append(all, r.RoleName)
		}
	}
	return all
}

// cast hires the callers that most tables name.
func (w *world) cast() {
	w.hire("loose")                     // in no project
	w.hire("reader", "GROUP_READ_ONLY") // in the project
	w.hire("manager", "GROUP_ACCESS_MANAGER")
	w.hire("projectOwner", "GROUP_OWNER")
	w.hire("orgReader", "ORG_READ_ONLY")
	w.hire("creator", "ORG_GROUP_CREATOR")
	w.hire("strong", "GROUP_OWNER", "GROUP_CLUSTER_MANAGER")
	w.hire("wide", "ORG_READ_ONLY", "GROUP_READ_ONLY") // holds more than the project's owner
	w.hire("listed")
	w.ok("owner", "POST /api/atlas/v2/orgs/{org}/apiKeys/{listed}/accessList", `[{"ipAddress":"192.0.2.1"}]`, 200)
	w.createProject("second", "Second project")
	w.createProject("gone", "Gone project")
	w.ok("owner", "DELETE /api/atlas/v2/groups/{gone}", "", 202)
	w.clock.advance(11 * 60e9) // nobody remembers the deletion
	w.castAccounts()
}

func (w *world) createProject(name, called string) {
	w.t.Helper()
	var made struct{ ID string }
	w.ok("owner", "POST /api/atlas/v2/groups", `{"name":"`+called+`","orgId":"{org}"}`, 201).into(&made)
	w.names[name] = made.ID
}

// events returns the events of {org} after the first n.
func (w *world) events(org string, after int) []latchkey.Event {
	w.t.Helper()
	var all []latchkey.Event
	err := w.data.Store.View(context.Background(), func(r latchkey.Reader) (err error) {
		all, err = r.Events(latchkey.OrgID(w.names[org]), int64(after), 10_000)
		return err
	})
	if err != nil {
		w.t.Fatalf("reading events: %v", err)
	}
	return all
}
