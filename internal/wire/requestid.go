package wire

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
)

// requestIDHeader is the header of a request's id, in its canonical form.
const requestIDHeader = "X-Request-Id"

// maxRequestID is the length of the longest id that is taken from a request.
const maxRequestID = 64

// requestID returns the id that the request brings if it is one and
// well-formed, else a new one. Ids tell requests apart
// in logs; nothing rests on nobody guessing them.
func requestID(r *http.Request) string {
	if given := r.Header[requestIDHeader]; len(given) == 1 && wellFormedRequestID(given[0]) {
		return given[0]
	}
	var id [8]byte
	for i, n := 0, rand.Uint64(); i < len(id); i, n = i+1, n>>8 {
		id[i] = byte(n)
	}
	return hex.EncodeToString(id[:])
}

// wellFormedRequestID reports whether the text is 1 to 64 letters, digits,
// dots, hyphens and underscores of ASCII, which need no escaping anywhere.
func wellFormedRequestID(text string) bool {
	if text == "" || len(text) > maxRequestID {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
