package digest

import (
	"crypto/subtle"
	"encoding/hex"
	"slices"
)

// CheckTarget reports whether the answer belongs to this request: its uri is
// the raw request target byte for byte, its realm is ours and its algorithm is
// one of those offered. Without it a captured header would authenticate
// another call.
func CheckTarget(r *Response, requestTarget string, offered []Algorithm) bool {
	return r.URI == requestTarget && r.Realm == Realm && slices.Contains(offered, r.Algorithm)
}

// Verify reports whether r is the right answer to its own nonce for a request
// with this method, given the raw HA1 of the key under r.Algorithm:
//
//	H(hex(HA1):nonce:nc:cnonce:auth:hex(H(method:uri)))
//
// (RFC 7616 section 3.4.1). The comparison is one of raw digests of fixed
// length in constant time; an answer or an HA1 of the wrong length is refused
// after the same work. It allocates only for targets of several hundred bytes.
func Verify(r *Response, method string, ha1 []byte) bool {
	var buf [512]byte
	var ha2, want, got [maxSize]byte

	text := append(buf[:0], method...)
	text = append(text, ':')
	text = append(text, r.URI...)
	size := r.Algorithm.sum(&ha2, text)

	text = hex.AppendEncode(text[:0], ha1)
	for _, part := range [...]string{r.Nonce, r.NC, r.CNonce, r.QOP} {
		text = append(text, ':')
		text = append(text, part...)
	}
	text = append(text, ':')
	text = hex.AppendEncode(text, ha2[:size])
	r.Algorithm.sum(&want, text)

	complete := len(ha1) == size
	complete = decodeDigest(got[:size], r.Response) && complete
	return subtle.ConstantTimeCompare(want[:size], got[:size]) == 1 && complete
}

// decodeDigest fills out from twice as many hex digits and reports whether s
// is exactly that. Otherwise out is left as it was or half filled, to be
// compared all the same.
func decodeDigest(out []byte, s string) bool {
	var digits [2 * maxSize]byte
	if len(s) != 2*len(out) {
		return false
	}
	n := copy(digits[:], s)
	_, err := hex.Decode(out, digits[:n])
	return err == nil
}
