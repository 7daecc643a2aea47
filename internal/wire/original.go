package wire

import (
	"net/http"
	"strings"

	"github.com/latchkey/latchkey"
)

// originalIn cuts the parameter "uri" from a raw query. It is always the last
// one: everything behind it is the target of the original request, byte for
// byte, whatever is in there. That is how a proxy tells it that can only put
// text before the target (Envoy: path_prefix).
func originalIn(query string) (own, target string) {
	own, target, _ = strings.Cut("&"+query, "&uri=")
	return strings.TrimPrefix(own, "&"), target
}

// original returns the method and the target of the request that a proxy asks
// about, as its client sent them. A trusted proxy tells them with
// X-Forwarded-Method and X-Forwarded-Uri (Caddy, Traefik), X-Original-Method
// and X-Original-URI (nginx), or the target behind its own (inQuery). What it
// does not tell is that of its own request, and so is everything when the peer
// is no trusted proxy. It refuses with CodeValidation what is told in two ways
// that differ, and what is no method or no target.
func (p Proxies) original(r *http.Request, inQuery string) (method, target string, refusal *latchkey.Error) {
	method, target = r.Method, r.RequestURI
	if !p.trustsPeer(r.RemoteAddr) {
		return method, target, nil
	}
	methods := told{r.Header["X-Forwarded-Method"], r.Header["X-Original-Method"]}
	targets := told{r.Header["X-Forwarded-Uri"], r.Header["X-Original-Uri"], nil}
	if inQuery != "" {
		targets[2] = []string{inQuery}
	}
	if !methods.agree(&method) || !isToken(method) {
		return "", "", latchkey.Refuse(latchkey.CodeValidation, "the proxy tells no one method of the original request")
	}
	if !targets.agree(&target) || target == "" || target[0] != '/' && target != "*" {
		return "", "", latchkey.Refuse(latchkey.CodeValidation, "the proxy tells no one target of the original request")
	}
	return method, target, nil
}

// told is what several headers say about one thing.
type told [][]string

// agree sets value to what all lines say, if there are any, and returns false
// when two differ.
func (t told) agree(value *string) bool {
	found := false
	for _, lines := range t {
		for _, line := range lines {
			if found && line != *value {
				return false
			}
			*value, found = line, true
		}
	}
	return true
}

// isToken reports whether text is a token (RFC 9110 section 5.6.2), as every
// method is.
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return text != ""
}
