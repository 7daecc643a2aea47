package e2e

import (
	"github.com/latchkey/latchkey/internal/httplink"
)

// link is one keep-alive connection of one caller.
type link struct {
	*httplink.Link
	httplink.Digest
	key credentials
	ha1 httplink.HA1
}

// reply is an answer as far as it matters here.
type reply = httplink.Reply

func newLink(url string, key credentials) *link {
	return &link{Link: httplink.New(url), key: key, ha1: httplink.NewHA1(key.public, key.private)}
}

// accept is the header of every request.
const accept = "Accept: application/vnd.atlas.2023-01-01+json\r\n"

// headers returns the lines of a request with that body: with credentials
// unless authorization is empty.
func headers(authorization, body string) string {
	lines := accept
	if authorization != "" {
		lines += "Authorization: " + authorization + "\r\n"
	}
	if body != "" {
		lines += "Content-Type: application/json\r\n"
	}
	return lines
}

// do sends a request with credentials. When the nonce is said to be stale it
// takes the new one and tries once more.
func (l *link) do(method, target, body string) (reply, error) {
	return l.Do(l.Link, l.key.public, l.ha1, method, target, headers("", body), body)
}

// challenged sends a request without credentials and takes the nonce of the
// challenge.
func (l *link) challenged(method, target string) error {
	r, err := l.Send(method, target, accept, "")
	if err == nil {
		l.Adopt(r.Challenge)
	}
	return err
}

// request returns the bytes of a request.
func (l *link) request(method, target, authorization, body string) []byte {
	return httplink.AppendRequest(nil, l.Server, method, target, headers(authorization, body), body)
}
