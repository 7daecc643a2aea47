package e2e

import (
	"bufio"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// link is one keep-alive connection of one caller. It writes requests by hand
// and reads no more of an answer than it must, so that beside a server on the
// same cores it takes little of their time. One goroutine uses it at a time.
//
// It takes a nonce from a challenge, as any client does, and then counts on it
// until it is half a minute old: reusing nonces is allowed.
type link struct {
	server string // host:port
	from   net.IP // the address to call from; nil for any
	key    credentials

	mu    sync.Mutex // over conn, which abandon takes from another goroutine
	conn  net.Conn
	left  bool
	in    *bufio.Reader
	out   []byte
	nonce string
	until time.Time // when to ask for another nonce
	count uint32
	ha1   [md5.Size]byte
}

// realm is the one that every challenge names.
const realm = "MMS Public API"

// dialTimeout and answerTimeout end what would wait for ever.
const (
	dialTimeout   = 5 * time.Second
	answerTimeout = 60 * time.Second
	nonceUse      = 30 * time.Second
)

func newLink(url string, key credentials) *link {
	return &link{
		server: strings.TrimPrefix(url, "http://"), key: key,
		ha1: md5.Sum([]byte(key.public + ":" + realm + ":" + key.private)),
	}
}

// reply is an answer as far as it matters here.
type reply struct {
	status    int
	challenge string // the value of WWW-Authenticate
	body      []byte // valid until the next request on the link
}

// do sends a request with credentials. When the nonce is said to be stale it
// takes the new one and tries once more.
func (l *link) do(method, target, body string) (reply, error) {
	for again := false; ; again = true {
		if time.Now().After(l.until) {
			r, err := l.send(method, target, "", "")
			if err != nil {
				return r, err
			}
			l.adopt(r.challenge)
		}
		r, err := l.send(method, target, l.sign(method, target), body)
		if err != nil || again || !strings.Contains(r.challenge, "stale=true") {
			return r, err
		}
		l.adopt(r.challenge)
	}
}

// adopt takes the nonce of a challenge.
func (l *link) adopt(challenge string) {
	_, rest, _ := strings.Cut(challenge, `nonce="`)
	l.nonce, _, _ = strings.Cut(rest, `"`)
	l.count, l.until = 0, time.Now().Add(nonceUse)
}

// sign returns the next Authorization header (RFC 7616 section 3.4).
func (l *link) sign(method, target string) string {
	l.count++
	return authorization(l.key.public, l.ha1, method, target, l.nonce, l.count)
}

func authorization(public string, ha1 [md5.Size]byte, method, target, nonce string, count uint32) string {
	ha2 := md5.Sum([]byte(method + ":" + target))
	response := md5.Sum(fmt.Appendf(nil, "%x:%s:%08x:00ff:auth:%x", ha1, nonce, count, ha2))
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%x", algorithm=MD5, qop=auth, nc=%08x, cnonce="00ff"`,
		public, realm, nonce, target, response, count)
}

// send writes a request as it stands and reads its answer.
func (l *link) send(method, target, authorization, body string) (reply, error) {
	l.out = appendRequest(l.out[:0], l.server, method, target, authorization, body)
	return l.exchange(l.out)
}

func appendRequest(out []byte, host, method, target, authorization, body string) []byte {
	out = fmt.Appendf(out, "%s %s HTTP/1.1\r\nHost: %s\r\nAccept: application/vnd.atlas.2023-01-01+json\r\n", method, target, host)
	if authorization != "" {
		out = fmt.Appendf(out, "Authorization: %s\r\n", authorization)
	}
	if body != "" {
		out = fmt.Appendf(out, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return append(append(out, "\r\n"...), body...)
}

// exchange writes the bytes of a request, on a new connection if there is
// none, and reads the answer. After an error the connection is given up.
func (l *link) exchange(request []byte) (r reply, err error) {
	if l.conn == nil {
		if err := l.dial(); err != nil {
			return r, err
		}
	}
	closing := true
	defer func() {
		if err != nil || closing {
			l.close()
		}
	}()
	if err := l.arm(); err != nil {
		return r, err
	}
	if _, err := l.conn.Write(request); err != nil {
		return r, err
	}
	r, closing, err = readReply(l.in)
	return r, err
}

func (l *link) dial() error {
	dialer := net.Dialer{Timeout: dialTimeout}
	if l.from != nil {
		dialer.LocalAddr = &net.TCPAddr{IP: l.from}
	}
	conn, err := dialer.Dial("tcp", l.server)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left {
		return errors.Join(net.ErrClosed, conn.Close())
	}
	l.conn, l.in = conn, bufio.NewReader(conn)
	return nil
}

// arm sets until when the server may answer.
func (l *link) arm() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left {
		return net.ErrClosed
	}
	return l.conn.SetDeadline(time.Now().Add(answerTimeout))
}

func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.Close() // nothing is pending on it
		l.conn = nil
	}
}

// abandon cuts the link off for good; any goroutine may call it.
func (l *link) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = true
	if l.conn != nil {
		_ = l.conn.SetDeadline(time.Unix(1, 0)) // whoever waits on it gives up
	}
}

var errAnswer = errors.New("not an answer in HTTP/1.1 with a length")

// readReply reads one answer, and whether the connection ends with it.
func readReply(in *bufio.Reader) (r reply, closing bool, err error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return r, true, err
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	if r.status, err = strconv.Atoi(code); err != nil || version != "HTTP/1.1" {
		return r, true, errAnswer
	}
	length := 0
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return r, true, err
		}
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		value = strings.TrimLeft(value, " ")
		switch strings.ToLower(name) {
		case "":
			r.body = make([]byte, length)
			_, err = io.ReadFull(in, r.body)
			return r, closing, err
		case "content-length":
			if length, err = strconv.Atoi(value); err != nil {
				return r, true, errAnswer
			}
		case "transfer-encoding":
			return r, true, errAnswer
		case "connection":
			closing = value == "close"
		case "www-authenticate":
			r.challenge = value
		}
	}
}
