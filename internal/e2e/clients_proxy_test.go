package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// exchange is one request and its answer as they went over the wire.
type exchange struct {
	method  string
	target  string // as in the request line
	header  http.Header
	status  int
	answer  http.Header
	body    []byte // decompressed
	refused bool   // whether the answer is a challenge
}

// recorder is a proxy on loopback that keeps every exchange. It passes the
// request target on byte for byte: a path that it cleaned or escaped would
// hide what clients send.
type recorder struct {
	URL string

	mu        sync.Mutex
	exchanges []exchange
}

// record starts a recorder in front of the server at target. It ends with the test.
func record(t testing.TB, target string) *recorder {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			path, query, _ := strings.Cut(p.In.RequestURI, "?")
			p.Out.URL = &url.URL{Scheme: to.Scheme, Host: to.Host, Opaque: path, RawQuery: query}
		},
		ModifyResponse: r.keep,
	})
	t.Cleanup(func() { proxy.Close(); transport.CloseIdleConnections() })
	r.URL = proxy.URL
	return r
}

func (r *recorder) keep(resp *http.Response) error {
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	body := raw
	if resp.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		if body, err = io.ReadAll(unpacked); err != nil {
			return err
		}
	}
	target := resp.Request.URL.Opaque
	if q := resp.Request.URL.RawQuery; q != "" {
		target += "?" + q
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, exchange{
		method: resp.Request.Method, target: target, header: resp.Request.Header.Clone(),
		status: resp.StatusCode, answer: resp.Header.Clone(), body: body,
		refused: resp.StatusCode == http.StatusUnauthorized && resp.Header.Get("Www-Authenticate") != "",
	})
	return nil
}

// all returns what was kept so far.
func (r *recorder) all() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.exchanges)
}

// last returns the latest exchange.
func (r *recorder) last(t testing.TB) exchange {
	t.Helper()
	all := r.all()
	if len(all) == 0 {
		t.Fatal("nothing was sent")
	}
	return all[len(all)-1]
}

// count returns how many requests there were for the path.
func (r *recorder) count(path string) (n int) {
	for _, e := range r.all() {
		if e.target == path {
			n++
		}
	}
	return n
}
