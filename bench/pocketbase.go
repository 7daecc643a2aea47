package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/latchkey/latchkey/internal/httplink"
)

// pocketbaseTarget is a PocketBase with synchronous=FULL and data of the same
// shape as ours: a key's record has all its roles, and memberships say who is in
// a project. It is asked through its ordinary records API. A change sends all
// roles of the key, because that is how a field is set; nobody there checks that
// those of other projects are the same.
type pocketbaseTarget struct {
	binary string
	log    io.Writer
	say    func(format string, args ...any)

	shape   shape
	dir     string
	address string
	child   *child
	filled  struct {
		Owner  string            `json:"owner"`
		Tokens map[string]string `json:"tokens"`
	}
}

func (p *pocketbaseTarget) name() string { return "PocketBase, SQLite FULL" }

func pocketbaseKey(n int) string     { return fmt.Sprintf("k%014d", n) }
func pocketbaseProject(n int) string { return fmt.Sprintf("p%014d", n) }

func (p *pocketbaseTarget) prepare(ctx context.Context, dir string, s shape) error {
	p.dir, p.shape = filepath.Join(dir, "pocketbase"), s
	p.say("PocketBase: loading %d keys", s.Keys)
	var in bytes.Buffer
	for key := range s.Keys {
		line := struct {
			Key      string          `json:"key"`
			Roles    json.RawMessage `json:"roles"`
			Projects []string        `json:"projects"`
		}{Key: pocketbaseKey(key), Roles: json.RawMessage(p.roles(key, -1, 0))}
		for n := range s.Each {
			line.Projects = append(line.Projects, pocketbaseProject(s.project(key, n)))
		}
		if err := json.NewEncoder(&in).Encode(line); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, p.binary, "fill", "--dir", p.dir)
	cmd.Stdin, cmd.Stderr = &in, p.log
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("filling PocketBase: %w", err)
	}
	return json.Unmarshal(out, &p.filled)
}

// roles returns the roles of a key: those of the first set, and in one project
// those of the turn's.
func (p *pocketbaseTarget) roles(key, project, turn int) string {
	var b strings.Builder
	b.WriteString(`[{"orgId":"o","roleName":"ORG_MEMBER"}`)
	for n := range p.shape.Each {
		in := p.shape.project(key, n)
		set := roleSets[0]
		if in == project {
			set = roleSets[turn%2]
		}
		for _, role := range set {
			b.WriteString(`,{"groupId":"` + pocketbaseProject(in) + `","roleName":"` + role + `"}`)
		}
	}
	b.WriteByte(']')
	return b.String()
}

func (p *pocketbaseTarget) start(ctx context.Context) (int, error) {
	var err error
	if p.address, err = freeAddress(); err != nil {
		return 0, err
	}
	if p.child, err = launch(ctx, p.address, p.log, p.binary, "serve", "--http", p.address, "--dir", p.dir); err != nil {
		return 0, err
	}
	return p.child.cmd.Process.Pid, nil
}

func (p *pocketbaseTarget) stop() error { return p.child.stop() }

func (p *pocketbaseTarget) worker(op operation, n, of int, r *rand.Rand) worker {
	return &pocketbaseWorker{t: p, op: op, n: n, of: of, rand: r, link: httplink.New(p.address)}
}

type pocketbaseWorker struct {
	t     *pocketbaseTarget
	op    operation
	n, of int
	rand  *rand.Rand
	link  *httplink.Link
	turn  int
}

func (w *pocketbaseWorker) close() { w.link.Close() }

func (w *pocketbaseWorker) do() error {
	s := w.t.shape
	m := s.anyMembership(w.rand)
	key, project := pocketbaseKey(m.Key), pocketbaseProject(m.Project)
	switch w.op {
	case opW:
		m = s.draw(w.rand, w.n, w.of)
		w.turn++
		return w.send(w.t.filled.Owner, "PATCH", "/api/collections/keys/records/"+pocketbaseKey(m.Key),
			`{"roles":`+w.t.roles(m.Key, m.Project, w.turn)+`}`, 2*s.Each)
	case opR:
		return w.send(w.t.filled.Owner, "GET", "/api/collections/keys/records/"+key, "", 2*s.Each)
	case opC:
		return w.send(w.t.filled.Tokens[key], "GET", "/api/collections/projects/records/"+project, "", 0)
	}
	return w.send(w.t.filled.Owner, "GET", "/api/collections/memberships/records?perPage=100&filter=project%3D'"+project+"'&expand=key", "", 100*2*s.Each)
}

// send sends a request whose answer must show at least that many roles.
func (w *pocketbaseWorker) send(token, method, target, body string, roles int) error {
	headers := "Authorization: " + token + "\r\n"
	if body != "" {
		headers += jsonBody
	}
	r, err := w.link.Send(method, target, headers, body)
	if err == nil && (r.Status != 200 || bytes.Count(r.Body, []byte(`"GROUP_`)) < roles) {
		err = fmt.Errorf("PocketBase %s %s: %d %.2000s", method, target, r.Status, r.Body)
	}
	return err
}
