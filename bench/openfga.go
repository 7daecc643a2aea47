package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/latchkey/latchkey/internal/httplink"
)

// openfgaTarget is an OpenFGA server with a preshared key. Roles are relations
// of a project; a change is one Write of four tuples, after which one Read
// answers what the key holds, as Latchkey's answer does.
type openfgaTarget struct {
	label  string
	engine string // of its datastore: sqlite or postgres
	uri    string // of the datastore; "" is a file of its own
	binary string
	log    io.Writer
	say    func(format string, args ...any)

	shape   shape
	address string
	store   string // path of its API below which the store is
	child   *child
}

const openfgaToken = "bench"

func (o *openfgaTarget) name() string { return o.label }

func (o *openfgaTarget) prepare(ctx context.Context, dir string, s shape) error {
	o.shape = s
	if o.uri == "" {
		o.uri = "file:" + filepath.Join(dir, "openfga.db")
	}
	migrate := exec.CommandContext(ctx, o.binary, "migrate", "--datastore-engine", o.engine, "--datastore-uri", o.uri)
	if text, err := migrate.CombinedOutput(); err != nil {
		return fmt.Errorf("openfga migrate: %w\n%s", err, text)
	}
	if _, err := o.start(ctx); err != nil {
		return err
	}
	l := httplink.New(o.address)
	defer l.Close()
	var store struct {
		ID string `json:"id"`
	}
	if err := o.call(l, "/stores", `{"name":"bench"}`, &store); err != nil {
		return err
	}
	o.store = "/stores/" + store.ID
	if err := o.call(l, o.store+"/authorization-models", openfgaModel(), nil); err != nil {
		return err
	}
	var tuples []string
	for key := range s.Keys {
		for n := range s.Each {
			for _, role := range roleSets[0] {
				tuples = append(tuples, tuple(key, s.project(key, n), role))
			}
		}
		if len(tuples) >= 100-2*s.Each || key == s.Keys-1 {
			o.say("%s: loading key %d of %d", o.label, key, s.Keys)
			if err := o.call(l, o.store+"/write", `{"writes":{"tuple_keys":[`+strings.Join(tuples, ",")+`]}}`, nil); err != nil {
				return err
			}
			tuples = tuples[:0]
		}
	}
	return o.stop()
}

// openfgaModel declares each role as a relation of a project; whoever has one
// can read it.
func openfgaModel() string {
	var relations, types, any []string
	seen := map[string]bool{}
	for _, set := range roleSets {
		for _, role := range set {
			if seen[role] {
				continue
			}
			seen[role] = true
			relations = append(relations, `"`+role+`":{"this":{}}`)
			types = append(types, `"`+role+`":{"directly_related_user_types":[{"type":"key"}]}`)
			any = append(any, `{"computedUserset":{"relation":"`+role+`"}}`)
		}
	}
	relations = append(relations, `"can_read":{"union":{"child":[`+strings.Join(any, ",")+`]}}`)
	return `{"schema_version":"1.1","type_definitions":[{"type":"key"},{"type":"project","relations":{` + strings.Join(relations, ",") +
		`},"metadata":{"relations":{` + strings.Join(types, ",") + `}}}]}`
}

func tuple(key, project int, role string) string {
	return fmt.Sprintf(`{"user":"key:%d","relation":"%s","object":"project:%d"}`, key, role, project)
}

const openfgaHeaders = "Authorization: Bearer " + openfgaToken + "\r\n" + jsonBody

// call sends a request that must succeed.
func (o *openfgaTarget) call(l *httplink.Link, target, body string, into any) error {
	r, err := l.Send("POST", target, openfgaHeaders, body)
	if err != nil {
		return err
	}
	if r.Status != 200 && r.Status != 201 {
		return fmt.Errorf("%s %s: %d %s", o.label, target, r.Status, r.Body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(r.Body, into)
}

func (o *openfgaTarget) start(ctx context.Context) (int, error) {
	var err error
	if o.address, err = freeAddress(); err != nil {
		return 0, err
	}
	grpc, err := freeAddress()
	if err != nil {
		return 0, err
	}
	_ = os.Unsetenv("OPENFGA_DATASTORE_URI") // flags alone say what runs
	o.child, err = launch(ctx, o.address, o.log, o.binary, "run", "--datastore-engine", o.engine, "--datastore-uri", o.uri,
		"--http-addr", o.address, "--grpc-addr", grpc, "--playground-enabled=false", "--metrics-enabled=false", "--log-level", "none",
		"--authn-method", "preshared", "--authn-preshared-keys", openfgaToken, "--max-tuples-per-write", "200")
	if err != nil {
		return 0, err
	}
	return o.child.cmd.Process.Pid, nil
}

func (o *openfgaTarget) stop() error { return o.child.stop() }

func (o *openfgaTarget) worker(op operation, n, of int, r *rand.Rand) worker {
	return &openfgaWorker{t: o, op: op, n: n, of: of, rand: r, link: httplink.New(o.address), at: make(map[membership]int)}
}

type openfgaWorker struct {
	t     *openfgaTarget
	op    operation
	n, of int
	rand  *rand.Rand
	link  *httplink.Link
	at    map[membership]int // which set of roles a membership has; 0 as loaded
}

// close puts back what was changed, so that the next run finds what was loaded.
func (w *openfgaWorker) close() {
	for m, turn := range w.at {
		if turn == 1 {
			_ = w.change(m, 1) // the next run fails if this did
		}
	}
	w.link.Close()
}

// change replaces the set of roles that a membership has by the other.
func (w *openfgaWorker) change(m membership, has int) error {
	var writes, deletes []string
	for _, role := range roleSets[1-has] {
		if !contains(roleSets[has], role) {
			writes = append(writes, tuple(m.Key, m.Project, role))
		}
	}
	for _, role := range roleSets[has] {
		if !contains(roleSets[1-has], role) {
			deletes = append(deletes, tuple(m.Key, m.Project, role))
		}
	}
	return w.t.call(w.link, w.t.store+"/write", `{"writes":{"tuple_keys":[`+strings.Join(writes, ",")+`]},"deletes":{"tuple_keys":[`+strings.Join(deletes, ",")+`]}}`, nil)
}

func contains(set [2]string, role string) bool { return set[0] == role || set[1] == role }

func (w *openfgaWorker) do() error {
	s := w.t.shape
	m := s.anyMembership(w.rand)
	switch w.op {
	case opW:
		m = s.draw(w.rand, w.n, w.of)
		if err := w.change(m, w.at[m]); err != nil {
			return err
		}
		w.at[m] = 1 - w.at[m]
		return w.read(fmt.Sprintf(`{"tuple_key":{"user":"key:%d","object":"project:"},"page_size":100}`, m.Key))
	case opR:
		return w.read(fmt.Sprintf(`{"tuple_key":{"user":"key:%d","object":"project:"},"page_size":100}`, m.Key))
	case opC:
		r, err := w.link.Send("POST", w.t.store+"/check", openfgaHeaders,
			fmt.Sprintf(`{"tuple_key":{"user":"key:%d","relation":"can_read","object":"project:%d"}}`, m.Key, m.Project))
		if err == nil && (r.Status != 200 || !strings.Contains(string(r.Body), `"allowed":true`)) {
			err = fmt.Errorf("%s check: %d %s", w.t.label, r.Status, r.Body)
		}
		return err
	}
	return w.page(m.Project)
}

func (w *openfgaWorker) read(body string) error {
	r, err := w.link.Send("POST", w.t.store+"/read", openfgaHeaders, body)
	if err == nil && (r.Status != 200 || strings.Count(string(r.Body), `"relation"`) != 2*w.t.shape.Each) {
		err = fmt.Errorf("%s read: %d %s", w.t.label, r.Status, r.Body)
	}
	return err
}

// page reads the roles of the 100 keys of a project in that project: 200
// tuples, of which a page has at most 100. What the keys hold elsewhere, which
// Latchkey's page has too, would take a hundred reads more.
func (w *openfgaWorker) page(project int) error {
	token := ""
	for range 2 {
		var page struct {
			Tuples []json.RawMessage `json:"tuples"`
			Token  string            `json:"continuation_token"`
		}
		body := fmt.Sprintf(`{"tuple_key":{"object":"project:%d"},"page_size":100,"continuation_token":"%s"}`, project, token)
		if err := w.t.call(w.link, w.t.store+"/read", body, &page); err != nil {
			return err
		}
		if len(page.Tuples) != 100 {
			return fmt.Errorf("%s: a page of %d tuples", w.t.label, len(page.Tuples))
		}
		token = page.Token
	}
	return nil
}
