package apitest

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// line is one connection that is kept between requests.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

// patience is how long a test waits for an answer; longer than any limit of
// the server.
const patience = 60 * time.Second

func (w *world) hangUp() {
	if w.line != nil {
		w.line.conn.Close()
		w.line = nil
	}
}

func (w *world) dial() *line {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		w.t.Fatalf("dialling: %v", err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &line{conn, bufio.NewReader(conn)}
}

// request is one request, as bytes. Nothing about it is checked.
type request struct {
	method, target, body string
	header               []string // name, value, name, value …
}

// set replaces a header, or adds it; an empty value takes it away.
func (r *request) set(name, value string) {
	for i := 0; i < len(r.header); i += 2 {
		if strings.EqualFold(r.header[i], name) {
			r.header = append(r.header[:i:i], r.header[i+2:]...)
			i -= 2
		}
	}
	if value != "" {
		r.header = append(r.header, name, value)
	}
}

// add adds a header beside others of its name.
func (r *request) add(name, value string) { r.header = append(r.header, name, value) }

func (r *request) has(name string) bool {
	for i := 0; i < len(r.header); i += 2 {
		if strings.EqualFold(r.header[i], name) {
			return true
		}
	}
	return false
}

func (r *request) bytes(host string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", r.method, r.target)
	if !r.has("Host") {
		fmt.Fprintf(&b, "Host: %s\r\n", host)
	}
	for i := 0; i < len(r.header); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", r.header[i], r.header[i+1])
	}
	if r.body != "" && !r.has("Transfer-Encoding") && !r.has("Content-Length") {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
	}
	b.WriteString("\r\n")
	b.WriteString(r.body)
	return b.Bytes()
}

// send sends the request as it is and reads the answer. A kept connection
// that the server closed meanwhile is replaced once.
func (w *world) send(r *request) answer {
	w.t.Helper()
	for fresh := w.line == nil; ; fresh = true {
		if w.line == nil {
			w.line = w.dial()
		}
		a, err := w.line.exchange(r, w.addr)
		if err != nil || a.closed {
			w.hangUp()
		}
		if err == nil {
			a.w, a.request = w, r
			return a
		}
		if fresh || errors.Is(err, errHalf) {
			w.t.Fatalf("%s %s: %v", r.method, r.target, err)
		}
	}
}

// errHalf says that an answer began and did not end.
var errHalf = errors.New("half an answer")

func (l *line) exchange(r *request, host string) (answer, error) {
	_, writeErr := l.conn.Write(r.bytes(host)) // the server may answer before it read all
	resp, err := http.ReadResponse(l.in, &http.Request{Method: r.method})
	if err != nil {
		return answer{}, errors.Join(err, writeErr)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, errors.Join(errHalf, err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: body, closed: resp.Close}, nil
}

// proof is how a key answers a challenge. Its parts can be bent.
type proof struct {
	algorithm            string // "" is MD5
	realm, uri, nonce    string
	nc, cnonce, username string
	response             string // "" is the right one
	qop                  string
}

// answerTo returns the right proof for the request on a nonce.
func answerTo(k *key, r *request, nonce string, count uint32) proof {
	return proof{
		realm: "MMS Public API", uri: r.target, nonce: nonce, nc: fmt.Sprintf("%08x", count),
		cnonce: "0a4f113b", username: k.public, qop: "auth",
	}
}

func (p proof) digest(text string) string {
	if p.algorithm == "SHA-256" {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// sign computes the response (RFC 7616 section 3.4.1).
func (p proof) sign(k *key, method string) proof {
	ha1 := p.digest(p.username + ":" + p.realm + ":" + k.private)
	p.response = p.digest(strings.Join([]string{ha1, p.nonce, p.nc, p.cnonce, p.qop, p.digest(method + ":" + p.uri)}, ":"))
	return p
}

// String returns the value of the Authorization header.
func (p proof) String() string {
	alg := p.algorithm
	if alg == "" {
		alg = "MD5"
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	return fmt.Sprintf(`Digest username=%q, realm=%q, nonce=%q, uri="%s", response=%q, algorithm=%s, qop=%s, nc=%s, cnonce=%q`,
		p.username, p.realm, p.nonce, quoted.Replace(p.uri), p.response, alg, p.qop, p.nc, p.cnonce)
}

// nonceOf returns the nonce of a challenge, "" without one.
func nonceOf(h http.Header) string {
	_, rest, _ := strings.Cut(h.Get("Www-Authenticate"), `nonce="`)
	nonce, _, _ := strings.Cut(rest, `"`)
	return nonce
}

// challenge asks for a nonce.
func (w *world) challenge() string {
	w.t.Helper()
	nonce := nonceOf(w.send(&request{method: "GET", target: "/api/atlas/v2"}).header)
	if nonce == "" {
		w.t.Fatal("no nonce in the challenge")
	}
	return nonce
}

// as sends the request with the right proof of the key, reusing its nonce
// while that lives.
func (w *world) as(k *key, r *request) answer {
	w.t.Helper()
	if k.token != "" {
		r.set("Authorization", "Bearer "+k.token)
		return w.send(r)
	}
	for again := false; ; again = true {
		if k.nonce == "" {
			k.nonce, k.count = w.challenge(), 0
		}
		k.count++
		r.set("Authorization", answerTo(k, r, k.nonce, k.count).sign(k, r.method).String())
		a := w.send(r)
		if a.status != http.StatusUnauthorized || !strings.Contains(a.header.Get("Www-Authenticate"), "stale=true") || again {
			return a
		}
		k.nonce = ""
	}
}

// target returns a request with the headers that a client of the path's
// generation sends. call is "METHOD /path".
func (w *world) request(call, body string, header ...string) *request {
	w.t.Helper()
	method, target, ok := strings.Cut(w.expand(call), " ")
	if !ok {
		w.t.Fatalf("%q is not METHOD /path", call)
	}
	r := &request{method: method, target: target, body: w.expand(body)}
	if strings.HasPrefix(target, "/api/atlas/v2") {
		r.set("Accept", "application/vnd.atlas."+versionFor(target)+"+json")
	}
	if body != "" {
		r.set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.set(header[i], w.expand(header[i+1]))
	}
	return r
}

func versionFor(target string) string {
	switch {
	case strings.Contains(target, "/unauth/"):
		return "2023-11-15"
	case strings.Contains(target, "/serviceAccounts"):
		return "2024-08-05"
	case strings.Contains(target, "/rateLimits"):
		return "2025-03-12"
	}
	return "2023-01-01"
}

// call sends a request as the key of that name; "" sends it without credentials.
func (w *world) call(by, call, body string, header ...string) answer {
	w.t.Helper()
	r := w.request(call, body, header...)
	if by == "" {
		return w.send(r)
	}
	return w.as(w.key(by), r)
}

// ok is a call that must succeed with the status.
func (w *world) ok(by, call, body string, status int, header ...string) answer {
	w.t.Helper()
	a := w.call(by, call, body, header...)
	if a.status != status {
		w.t.Fatalf("%s as %s: want %d, got %s", call, by, status, a)
	}
	return a
}

// refused is a call that must be refused like that and change nothing.
func (w *world) refused(by, call, body string, status int, errorCode string, params ...any) answer {
	w.t.Helper()
	var a answer
	w.unchanged(func() { a = w.call(by, call, body) })
	a.want(status, errorCode, params...)
	return a
}

func jsonOf(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}
