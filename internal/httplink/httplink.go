// Package httplink owns a client for load: keep-alive connections that write
// requests by hand and read no more of an answer than they must, so that beside
// a server on the same cores they take little of their time. It is for tests
// and measurements only.
package httplink

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// dialTimeout and answerTimeout end what would wait for ever.
const (
	dialTimeout   = 5 * time.Second
	answerTimeout = 60 * time.Second
)

// Link is one keep-alive connection. One goroutine uses it at a time; only
// Abandon may be called from others. Between requests it keeps no state but
// the connection.
type Link struct {
	Server string // host:port
	From   net.IP // the address to call from; nil for any

	mu   sync.Mutex // over conn, which Abandon takes from another goroutine
	conn net.Conn
	left bool
	in   *bufio.Reader
	out  []byte
	body []byte
}

// Reply is an answer as far as it matters here.
type Reply struct {
	Status    int
	Challenge string // the value of WWW-Authenticate
	Body      []byte // valid until the next request on the link
}

// New returns a link to a server, which is a URL with scheme http or host:port.
// It connects with the first request.
func New(server string) *Link {
	server = strings.TrimSuffix(strings.TrimPrefix(server, "http://"), "/")
	return &Link{Server: server}
}

// Send writes a request and reads its answer, like Exchange of AppendRequest.
func (l *Link) Send(method, target, headers, body string) (Reply, error) {
	l.out = AppendRequest(l.out[:0], l.Server, method, target, headers, body)
	return l.Exchange(l.out)
}

// AppendRequest appends the bytes of a request. The headers are lines that end
// with CRLF; a body gets its Content-Length.
func AppendRequest(out []byte, server, method, target, headers, body string) []byte {
	out = append(append(append(out, method...), ' '), target...)
	out = append(append(out, " HTTP/1.1\r\nHost: "...), server...)
	out = append(append(out, "\r\n"...), headers...)
	if body != "" {
		out = strconv.AppendInt(append(out, "Content-Length: "...), int64(len(body)), 10)
		out = append(out, "\r\n"...)
	}
	return append(append(out, "\r\n"...), body...)
}

// Exchange writes the bytes of a request, on a new connection if there is none,
// and reads the answer. After an error the connection is given up.
func (l *Link) Exchange(request []byte) (r Reply, err error) {
	if l.conn == nil {
		if err := l.dial(); err != nil {
			return r, err
		}
	}
	closing := true
	defer func() {
		if err != nil || closing {
			l.Close()
		}
	}()
	if err := l.arm(); err != nil {
		return r, err
	}
	if _, err := l.conn.Write(request); err != nil {
		return r, err
	}
	r, closing, err = l.read()
	return r, err
}

func (l *Link) dial() error {
	dialer := net.Dialer{Timeout: dialTimeout}
	if l.From != nil {
		dialer.LocalAddr = &net.TCPAddr{IP: l.From}
	}
	conn, err := dialer.Dial("tcp", l.Server)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left {
		return errors.Join(net.ErrClosed, conn.Close())
	}
	l.conn, l.in = conn, bufio.NewReaderSize(conn, 16<<10)
	return nil
}

// arm sets until when the server may answer.
func (l *Link) arm() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left {
		return net.ErrClosed
	}
	return l.conn.SetDeadline(time.Now().Add(answerTimeout))
}

// Close lets the connection go; the next request makes another.
func (l *Link) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.Close() // nothing is pending on it
		l.conn = nil
	}
}

// Abandon cuts the link off for good; any goroutine may call it.
func (l *Link) Abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = true
	if l.conn != nil {
		_ = l.conn.SetDeadline(time.Unix(1, 0)) // whoever waits on it gives up
	}
}

// ErrAnswer is an answer that is none of HTTP/1.1 with a length or in chunks.
var ErrAnswer = errors.New("not an answer in HTTP/1.1 with a length or in chunks")

// read reads one answer, and whether the connection ends with it.
func (l *Link) read() (r Reply, closing bool, err error) {
	line, err := l.line()
	if err != nil {
		return r, true, err
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	if r.Status, err = strconv.Atoi(code); err != nil || version != "HTTP/1.1" {
		return r, true, fmt.Errorf("%w: %q", ErrAnswer, line)
	}
	length, chunked := 0, false
	for {
		line, err := l.line()
		if err != nil {
			return r, true, err
		}
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimLeft(value, " ")
		switch {
		case strings.EqualFold(name, "content-length"):
			if length, err = strconv.Atoi(value); err != nil {
				return r, true, ErrAnswer
			}
		case strings.EqualFold(name, "transfer-encoding"):
			chunked = true
		case strings.EqualFold(name, "connection"):
			closing = value == "close"
		case strings.EqualFold(name, "www-authenticate"):
			r.Challenge = value
		}
	}
	l.body = l.body[:0]
	if chunked {
		err = l.chunks()
	} else {
		err = l.take(length)
	}
	r.Body = l.body
	return r, closing, err
}

// line reads a line without its end.
func (l *Link) line() (string, error) {
	line, err := l.in.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

// take appends the next n bytes to the body.
func (l *Link) take(n int) error {
	at := len(l.body)
	if cap(l.body) < at+n {
		l.body = append(make([]byte, 0, 2*(at+n)), l.body...)
	}
	l.body = l.body[:at+n]
	_, err := io.ReadFull(l.in, l.body[at:])
	return err
}

func (l *Link) chunks() error {
	for {
		line, err := l.line()
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(line, 16, 31)
		if err != nil {
			return ErrAnswer
		}
		if err := l.take(int(n)); err != nil {
			return err
		}
		if _, err := l.line(); err != nil || n == 0 {
			return err
		}
	}
}
