package openapitest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
)

// Exchange is one request and its answer.
type Exchange struct {
	Method    string
	Target    string // as in the request line
	Operation string // "" when no document has it
	Status    int
	Err       error // what Validate said
}

// Proxy starts a relay on loopback in front of the server at target, such as
// http://127.0.0.1:8080, and returns its URL and what has passed so far. It
// passes every byte as it came, in both directions, so that request targets,
// Host and what no HTTP client would send reach the server unchanged.
//
// Each answer is validated against the documents of the server before the
// client gets it. When the test ends the relay does too, and fails the test
// for every answer that does not fit.
func Proxy(t testing.TB, target string) (proxyURL string, exchanges func() []Exchange) {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatalf("openapitest: %v", err)
	}
	r := &relay{validator: New(t, target), target: to.Host, open: map[net.Conn]bool{}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("openapitest: %v", err)
	}
	r.work.Go(func() { r.accept(ln) })
	t.Cleanup(func() {
		_ = ln.Close() // a listener of this test: nothing is lost
		r.close()
		for _, x := range r.passed() {
			if x.Err != nil {
				t.Errorf("%s %s: %v", x.Method, x.Target, x.Err)
			}
		}
	})
	return "http://" + ln.Addr().String(), r.passed
}

// relay passes connections on.
type relay struct {
	validator *Validator
	target    string // host and port
	work      sync.WaitGroup

	mu        sync.Mutex
	exchanges []Exchange
	open      map[net.Conn]bool
	closed    bool
}

func (r *relay) passed() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.exchanges)
}

func (r *relay) accept(ln net.Listener) {
	for {
		client, err := ln.Accept()
		if err != nil {
			return
		}
		r.work.Go(func() { r.connection(client) })
	}
}

// keep notes a connection that close has to end. It reports false when the
// relay has ended already.
func (r *relay) keep(conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		r.open[c] = true
	}
	return !r.closed
}

func (r *relay) drop(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		_ = c.Close() // the other side may have closed it
		delete(r.open, c)
	}
}

func (r *relay) close() {
	r.mu.Lock()
	r.closed = true
	for c := range r.open {
		_ = c.Close() // ends the reads of its connection
	}
	r.mu.Unlock()
	r.work.Wait()
}

func (r *relay) connection(client net.Conn) {
	server, err := net.Dial("tcp", r.target)
	if err != nil {
		_ = client.Close() // the client sees a server that is not there
		return
	}
	defer r.drop(client, server)
	if !r.keep(client, server) {
		return
	}
	requests := make(chan *http.Request, 16)
	r.work.Go(func() { passRequests(client, server, requests) })
	r.passAnswers(server, client, requests)
}

// passRequests passes on what the client sends and tells the requests in it.
// It tells none after one that cannot be parsed, and goes on passing.
func passRequests(client, server net.Conn, requests chan<- *http.Request) {
	sent := io.TeeReader(client, server)
	in := bufio.NewReader(sent)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			break
		}
		requests <- req
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			break
		}
	}
	close(requests)
	_, _ = io.Copy(io.Discard, sent) // until either side has had enough
	if half, ok := server.(*net.TCPConn); ok {
		_ = half.CloseWrite() // the server may have closed it
	}
}

// passAnswers passes each answer on when it was validated.
func (r *relay) passAnswers(server, client net.Conn, requests <-chan *http.Request) {
	var waiting bytes.Buffer
	in := bufio.NewReader(io.TeeReader(server, &waiting))
	for {
		_, err := in.Peek(1)
		if err != nil {
			break
		}
		req, ok := <-requests
		if !ok || !r.passAnswer(in, req, client, &waiting) {
			break
		}
	}
	_, _ = waiting.WriteTo(client) // the client may be gone
	_, _ = io.Copy(client, server) // what cannot be parsed is not judged
	r.drop(client, server)         // ends passRequests
	for range requests {
	}
}

// passAnswer passes one answer on, with the interim ones before it. It reports
// false when the connection has no further one that can be told.
func (r *relay) passAnswer(in *bufio.Reader, req *http.Request, client net.Conn, waiting *bytes.Buffer) bool {
	for {
		resp, err := http.ReadResponse(in, req)
		if err != nil {
			return false
		}
		body, err := io.ReadAll(resp.Body)
		interim := resp.StatusCode < http.StatusOK
		if !interim {
			x := Exchange{Method: req.Method, Target: req.RequestURI, Operation: r.validator.Operation(req), Status: resp.StatusCode}
			if x.Err = err; err == nil {
				x.Err = r.validator.Validate(req, resp, body)
			}
			r.mu.Lock()
			r.exchanges = append(r.exchanges, x)
			r.mu.Unlock()
		}
		if _, writeErr := waiting.WriteTo(client); err != nil || writeErr != nil {
			return false
		}
		if !interim {
			return true
		}
	}
}
