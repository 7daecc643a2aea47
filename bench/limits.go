package main

import (
	"context"
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/latchkey/latchkey/internal/httplink"
)

// limitTarget is a server of this program that does next to nothing: what it
// reaches is what net/http leaves to reach.
type limitTarget struct {
	label   string
	kind    string // of limitServer
	fresh   bool   // whether every request asks for a challenge first
	log     io.Writer
	address string
	child   *child
}

func (l *limitTarget) name() string { return l.label }

func (l *limitTarget) prepare(context.Context, string, shape) error { return nil }

func (l *limitTarget) start(ctx context.Context) (int, error) {
	var err error
	if l.address, err = freeAddress(); err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	if l.child, err = launch(ctx, l.address, l.log, self, "limit-server", l.kind, l.address); err != nil {
		return 0, err
	}
	return l.child.cmd.Process.Pid, nil
}

func (l *limitTarget) stop() error { return l.child.stop() }

func (l *limitTarget) worker(o operation, _, _ int, _ *rand.Rand) worker {
	if o != opR {
		return nil
	}
	return &limitWorker{t: l, link: httplink.New(l.address), ha1: httplink.NewHA1("abcdefgh", "secret")}
}

type limitWorker struct {
	t      *limitTarget
	link   *httplink.Link
	digest httplink.Digest
	ha1    httplink.HA1
}

func (w *limitWorker) close() { w.link.Close() }

func (w *limitWorker) do() error {
	var r httplink.Reply
	var err error
	if w.t.kind == "bare" {
		r, err = w.link.Send("GET", "/limit", atlasAccept, "")
	} else {
		if w.t.fresh {
			w.digest = httplink.Digest{}
		}
		r, err = w.digest.Do(w.link, "abcdefgh", w.ha1, "GET", "/limit", atlasAccept, "")
	}
	if err == nil && r.Status != 200 {
		err = fmt.Errorf("%s: %d", w.t.label, r.Status)
	}
	return err
}

// limitServer answers 600 constant bytes to everybody, or, for "digest", to who
// signs with the one key there is.
func limitServer(kind, address string) error {
	answer := []byte(`{"filler":"` + strings.Repeat("x", 587) + `"}`)
	ha1 := httplink.NewHA1("abcdefgh", "secret")
	handler := func(w http.ResponseWriter, r *http.Request) {
		if kind == "digest" && !signed(r, ha1) {
			w.Header().Set("WWW-Authenticate", `Digest realm="MMS Public API", domain="", nonce="`+strconv.FormatInt(time.Now().UnixNano(), 36)+`", algorithm=MD5, qop="auth", stale=false`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = w.Write(answer)
	}
	srv := &http.Server{Addr: address, Handler: http.HandlerFunc(handler), ReadHeaderTimeout: 5 * time.Second}
	return srv.ListenAndServe()
}

// signed checks a digest response as a server must, without looking at the
// nonce's age.
func signed(r *http.Request, ha1 httplink.HA1) bool {
	parts := make(map[string]string, 10)
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Digest ")
	if !ok {
		return false
	}
	for part := range strings.SplitSeq(rest, ", ") {
		name, value, _ := strings.Cut(part, "=")
		parts[name] = strings.Trim(value, `"`)
	}
	ha2 := md5.Sum([]byte(r.Method + ":" + parts["uri"]))
	want := md5.Sum([]byte(hex.EncodeToString(ha1[:]) + ":" + parts["nonce"] + ":" + parts["nc"] + ":" + parts["cnonce"] + ":auth:" + hex.EncodeToString(ha2[:])))
	got, err := hex.DecodeString(parts["response"])
	return err == nil && parts["uri"] == r.RequestURI && subtle.ConstantTimeCompare(got, want[:]) == 1
}

// flushLimit appends to a growing file and flushes it, one writer after the
// other, and returns how often that goes in a second.
func flushLimit(dir string, length time.Duration) (float64, error) {
	f, err := os.CreateTemp(dir, "flush")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page := make([]byte, 4096)
	n := 0
	began := time.Now()
	for time.Since(began) < length {
		if _, err := f.Write(page); err != nil {
			return 0, err
		}
		if err := fdatasync(f); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(began).Seconds(), nil
}
