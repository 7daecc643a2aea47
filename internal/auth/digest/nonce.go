package digest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
	"time"
)

const (
	// NonceLife is how long after it was minted a nonce authenticates. Only
	// one of the clients that matter ever reuses a nonce, and it recovers
	// from a stale one, so a minute is plenty.
	NonceLife = 60 * time.Second
	// NonceAhead is how far a nonce may come from the future: the difference
	// between two replicas' clocks that is still tolerated.
	NonceAhead = 5 * time.Second
)

// A nonce is version ‖ key id ‖ Unix milliseconds ‖ random ‖ truncated
// HMAC-SHA256 over all that, in 51 characters.
const (
	nonceVersion = 1
	nonceTimeAt  = 2
	nonceRandAt  = nonceTimeAt + 8
	nonceMACAt   = nonceRandAt + 12
	nonceSize    = nonceMACAt + 16
	nonceLength  = (nonceSize*8 + 5) / 6
)

// nonceAlphabet holds the 64 characters of base64url in the order of their
// bytes, so that nonces of one key sort by the time they were minted.
const nonceAlphabet = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

// NonceKey is one key under which replicas mint nonces, and the byte by which
// a nonce names it. It prints without the key.
type NonceKey struct {
	KID byte
	Key [32]byte
}

// Format prints the key id only, whatever the verb.
func (k NonceKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprint("NonceKey(", k.KID, ", redacted)"))
}

// NonceState says what a nonce is worth.
type NonceState int

const (
	// NotOurs is a nonce that no replica minted, was altered, or is older
	// than every key.
	NotOurs NonceState = iota
	// Fresh is a nonce of ours within its life.
	Fresh
	// Expired is a nonce of ours that is older than [NonceLife] or further
	// from the future than [NonceAhead]. It never authenticates, but a right
	// answer on it deserves stale=true and a new nonce.
	Expired
)

// String names the state for logs and metric labels.
func (s NonceState) String() string {
	switch s {
	case Fresh:
		return "fresh"
	case Expired:
		return "expired"
	}
	return "not-ours"
}

// Nonces mints nonces and recognizes those that any holder of the same keys
// minted: nothing is stored, so a flood of unauthenticated requests writes
// nothing. It is safe for concurrent use.
type Nonces struct {
	encoding *base64.Encoding
	keys     []macKey
}

// macKey is a nonce key in use: HMAC states that have already hashed it.
type macKey struct {
	kid   byte
	works *sync.Pool // of *nonceWork
}

// nonceWork is what minting or checking one nonce needs, kept between uses
// because all of it would otherwise escape to the heap.
type nonceWork struct {
	mac hash.Hash
	raw [nonceSize]byte
	sum [sha256.Size]byte
}

// seal returns the MAC that belongs to the first part of w.raw.
func (w *nonceWork) seal() []byte {
	w.mac.Reset()
	w.mac.Write(w.raw[:nonceMACAt])
	return w.mac.Sum(w.sum[:0])[:nonceSize-nonceMACAt]
}

// NewNonces returns Nonces that mint under the first key and recognize all of
// them. It returns an error if there is no key or two share a key id.
func NewNonces(keys []NonceKey) (*Nonces, error) {
	if len(keys) == 0 {
		return nil, errors.New("digest nonces: no key")
	}
	n := &Nonces{encoding: base64.NewEncoding(nonceAlphabet).WithPadding(base64.NoPadding).Strict()}
	for _, k := range keys {
		if n.key(k.KID) != nil {
			return nil, fmt.Errorf("digest nonces: two keys have the id %d", k.KID)
		}
		n.keys = append(n.keys, macKey{kid: k.KID, works: &sync.Pool{
			New: func() any { return &nonceWork{mac: hmac.New(sha256.New, k.Key[:])} },
		}})
	}
	return n, nil
}

// key returns the key with that id, or nil.
func (n *Nonces) key(kid byte) *macKey {
	for i := range n.keys {
		if n.keys[i].kid == kid {
			return &n.keys[i]
		}
	}
	return nil
}

// Mint returns a new nonce of 51 URL-safe characters that is Fresh from now
// on, wherever the same keys are in use.
func (n *Nonces) Mint(now time.Time) string {
	key := &n.keys[0]
	w := key.works.Get().(*nonceWork)
	defer key.works.Put(w)

	w.raw[0], w.raw[1] = nonceVersion, key.kid
	binary.BigEndian.PutUint64(w.raw[nonceTimeAt:], uint64(now.UnixMilli()))
	// Never fails: the runtime ends the process when the system has no randomness.
	_, _ = rand.Read(w.raw[nonceRandAt:nonceMACAt])
	copy(w.raw[nonceMACAt:], w.seal())
	var text [nonceLength]byte
	n.encoding.Encode(text[:], w.raw[:])
	return string(text[:])
}

// Check says what the nonce is worth now, and how long ago it was minted: less
// than zero if that is still to come by this clock, and 0 if it is not ours.
// A nonce has exactly one spelling.
func (n *Nonces) Check(nonce string, now time.Time) (NonceState, time.Duration) {
	if len(nonce) != nonceLength {
		return NotOurs, 0
	}
	var text [nonceLength]byte
	var raw [nonceSize]byte
	copy(text[:], nonce)
	if size, err := n.encoding.Decode(raw[:], text[:]); err != nil || size != nonceSize || raw[0] != nonceVersion {
		return NotOurs, 0
	}
	key := n.key(raw[1])
	if key == nil {
		return NotOurs, 0
	}
	w := key.works.Get().(*nonceWork)
	defer key.works.Put(w)

	w.raw = raw
	if !hmac.Equal(w.seal(), raw[nonceMACAt:]) {
		return NotOurs, 0
	}
	minted := int64(binary.BigEndian.Uint64(raw[nonceTimeAt:]))
	age := now.Sub(time.UnixMilli(minted))
	if age > NonceLife || age < -NonceAhead {
		return Expired, age
	}
	return Fresh, age
}
