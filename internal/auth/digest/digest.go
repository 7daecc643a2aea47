// Package digest owns the server's side of HTTP digest authentication (RFC
// 7616): the challenge it sends, the nonces it mints and recognizes, and the
// check of a client's answer.
//
// Everything here is a pure function of its arguments, or of the nonce keys
// that all replicas share; nothing reads a request, a database or a clock.
// One check is put together by its caller, in this order:
//
//  1. [ParseAuthorization] takes the header apart.
//  2. [CheckTarget] ties it to the request that carried it.
//  3. [Nonces.Check] says whether the nonce is ours and how old it is.
//  4. [Verify] compares the answer with the HA1 of the key. For a public key
//     that nobody holds the caller verifies against a sealed random HA1, so
//     that the refusal takes the same work.
//
// Verify proves nothing by itself: an answer on a nonce that is not ours may
// have been chosen by anyone, long ago.
package digest

import (
	"crypto/md5"
	"crypto/sha256"
)

// Realm is the protection space of every challenge. It is an input of HA1, so
// a server that changed it would invalidate every key it ever issued.
const Realm = "MMS Public API"

// Algorithm names a digest algorithm as it is written on the wire.
type Algorithm string

// The algorithms of RFC 7616 that the server can offer. MD5 comes first and
// alone by default, because several clients that it must serve know no other;
// here it is keyed with a random 122-bit secret, where its collisions do not
// matter. SHA-512-256 and the "-sess" variants are never offered: clients
// disagree about what they mean.
const (
	MD5    Algorithm = "MD5"
	SHA256 Algorithm = "SHA-256"
)

// Size returns the length of the algorithm's digests in bytes, 0 for an
// unknown algorithm.
func (a Algorithm) Size() int {
	switch a {
	case MD5:
		return md5.Size
	case SHA256:
		return sha256.Size
	}
	return 0
}

// maxSize is the length of the longest digest.
const maxSize = sha256.Size

// sum puts the digest of text into out and returns its length. An unknown
// algorithm counts as MD5, so that refusing it takes the usual work.
func (a Algorithm) sum(out *[maxSize]byte, text []byte) int {
	if a == SHA256 {
		*out = sha256.Sum256(text)
		return sha256.Size
	}
	sum := md5.Sum(text)
	return copy(out[:], sum[:])
}

// HA1 returns the raw digest of username, realm and password: all that the
// server must keep (sealed) to verify a key, and as good as the password to
// whoever reads it. It returns nil for an unknown algorithm.
func HA1(alg Algorithm, username, password string) []byte {
	if alg.Size() == 0 {
		return nil
	}
	var out [maxSize]byte
	n := alg.sum(&out, []byte(username+":"+Realm+":"+password))
	return out[:n:n]
}
