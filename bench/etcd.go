package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// etcdTarget is one etcd member that keeps a ready document for each key. It
// validates nothing and knows no roles: a floor, not a rival.
type etcdTarget struct {
	binary string
	log    io.Writer
	say    func(format string, args ...any)

	shape   shape
	dir     string
	address string
	child   *child
}

func (e *etcdTarget) name() string { return "etcd, transaction of a ready document" }

func (e *etcdTarget) prepare(ctx context.Context, dir string, s shape) error {
	e.dir, e.shape = filepath.Join(dir, "etcd"), s
	if _, err := e.start(ctx); err != nil {
		return err
	}
	c, err := e.client()
	if err != nil {
		return err
	}
	defer c.Close()
	const atOnce = 100
	for from := 0; from < s.Keys; from += atOnce {
		e.say("etcd: loading key %d of %d", from, s.Keys)
		var puts []clientv3.Op
		for n := from; n < min(from+atOnce, s.Keys); n++ {
			puts = append(puts, clientv3.OpPut(etcdKey(n), e.document(n, 0)))
		}
		if _, err := c.Txn(ctx).Then(puts...).Commit(); err != nil {
			return err
		}
	}
	return e.stop()
}

func etcdKey(n int) string { return fmt.Sprintf("/keys/%08d", n) }

// document is as long as Latchkey's answer about such a key.
func (e *etcdTarget) document(key, turn int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"desc":"key %d","id":"%024x","publicKey":"abcdefgh","privateKey":"********-****-****-0123456789ab","links":["%060d"],"roles":[`, key, key, 0)
	for n := range e.shape.Each {
		for _, role := range roleSets[turn%2] {
			fmt.Fprintf(&b, `{"groupId":"%024x","roleName":"%s"},`, e.shape.project(key, n), role)
		}
	}
	return b.String() + `{"orgId":"000000000000000000000000","roleName":"ORG_MEMBER"}]}`
}

func (e *etcdTarget) client() (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: []string{"http://" + e.address}, DialTimeout: 10 * time.Second})
}

func (e *etcdTarget) start(ctx context.Context) (int, error) {
	peer, err := freeAddress()
	if err != nil {
		return 0, err
	}
	if e.address, err = freeAddress(); err != nil {
		return 0, err
	}
	e.child, err = launch(ctx, e.address, e.log, e.binary, "-dir", e.dir, "-client", "http://"+e.address, "-peer", "http://"+peer)
	if err != nil {
		return 0, err
	}
	c, err := e.client()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	_, err = c.Get(ctx, "/") // it elected itself
	return e.child.cmd.Process.Pid, err
}

func (e *etcdTarget) stop() error { return e.child.stop() }

func (e *etcdTarget) worker(o operation, n, of int, r *rand.Rand) worker {
	c, err := e.client()
	return &etcdWorker{t: e, op: o, n: n, of: of, rand: r, c: c, err: err}
}

type etcdWorker struct {
	t     *etcdTarget
	op    operation
	n, of int
	rand  *rand.Rand
	c     *clientv3.Client
	err   error
	turn  int
}

func (w *etcdWorker) close() {
	if w.c != nil {
		_ = w.c.Close() // nothing is pending on it
	}
}

func (w *etcdWorker) do() error {
	if w.err != nil {
		return w.err
	}
	ctx := context.Background()
	switch w.op {
	case opW:
		m := w.t.shape.draw(w.rand, w.n, w.of)
		w.turn++
		at := etcdKey(m.Key)
		r, err := w.c.Txn(ctx).If(clientv3.Compare(clientv3.CreateRevision(at), ">", 0)).
			Then(clientv3.OpPut(at, w.t.document(m.Key, w.turn)), clientv3.OpGet(at)).Commit()
		if err == nil && !r.Succeeded {
			err = fmt.Errorf("etcd: no key %s", at)
		}
		return err
	case opL:
		from := w.rand.IntN(w.t.shape.Keys - 100)
		r, err := w.c.Get(ctx, etcdKey(from), clientv3.WithRange(etcdKey(from+100)))
		if err == nil && len(r.Kvs) != 100 {
			err = fmt.Errorf("etcd: a page of %d", len(r.Kvs))
		}
		return err
	}
	at := etcdKey(w.rand.IntN(w.t.shape.Keys))
	r, err := w.c.Get(ctx, at)
	if err == nil && len(r.Kvs) != 1 {
		err = fmt.Errorf("etcd: no key %s", at)
	}
	return err
}
