package keyring

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
)

// realm is the digest realm, which every HA1 was computed with. It stands in
// the sealed form's context so that an HA1 of another realm could never be
// taken for one of this.
const realm = "MMS Public API"

// A sealed HA1 is format version ‖ id of the data key ‖ GCM nonce ‖ encrypted
// HA1 and tag.
const (
	sealVersion = 1
	sealNonceAt = 1 + 4
	sealHA1At   = sealNonceAt + gcmNonceSize

	maxHA1    = 32
	maxKeyID  = 64
	maxAlg    = 16
	maxSealed = sealHA1At + maxHA1 + gcmTagSize
)

// ErrBrokenSeal is the error of [Keyring.OpenHA1] for a sealed HA1 that was
// altered, belongs to another key or algorithm, or was sealed under a data key
// that the keyring does not hold. It says no more, because nothing else can
// be known.
var ErrBrokenSeal = errors.New("sealed HA1 does not open")

// scratch holds the arguments of one AEAD call.
type scratch struct {
	context [1 + maxKeyID + 1 + maxAlg + len(realm) + 1]byte
	sealed  [maxSealed]byte
	plain   [maxHA1]byte
}

// contextOf builds the additional data that binds a sealed HA1 to its row:
// key id, algorithm, realm and format version. The parts of variable length
// carry theirs, so that no two rows have the same.
func (s *scratch) contextOf(keyID, alg string) []byte {
	c := append(s.context[:0], byte(len(keyID)))
	c = append(c, keyID...)
	c = append(c, byte(len(alg)))
	c = append(c, alg...)
	c = append(c, realm...)
	return append(c, sealVersion)
}

// plausible reports whether the parts of a context have lengths that real ones have.
func plausible(keyID, alg string) bool {
	return keyID != "" && len(keyID) <= maxKeyID && alg != "" && len(alg) <= maxAlg
}

// SealHA1 encrypts the HA1 that the key with this id has under this algorithm,
// with the newest data key. The result opens for the same id and algorithm
// only. It returns an error if one of the three is empty or longer than any
// real one.
func (k *Keyring) SealHA1(keyID, alg string, ha1 []byte) ([]byte, error) {
	if !plausible(keyID, alg) || len(ha1) == 0 || len(ha1) > maxHA1 {
		return nil, fmt.Errorf("seal HA1 of key %q: empty or oversized argument", keyID)
	}
	newest := &k.ha1[0]
	out := make([]byte, sealHA1At, sealHA1At+len(ha1)+gcmTagSize)
	out[0] = sealVersion
	binary.BigEndian.PutUint32(out[1:], newest.id)
	_, _ = rand.Read(out[sealNonceAt:])
	return newest.aead.Seal(out, out[sealNonceAt:sealHA1At], ha1, new(scratch).contextOf(keyID, alg)), nil
}

// OpenHA1 appends to dst the HA1 that was sealed for this key id and
// algorithm; it allocates nothing if dst has room for 32 bytes. It returns dst
// unchanged and [ErrBrokenSeal] for anything else.
func (k *Keyring) OpenHA1(dst []byte, keyID, alg string, sealed []byte) ([]byte, error) {
	if !plausible(keyID, alg) || len(sealed) <= sealHA1At || len(sealed) > maxSealed || sealed[0] != sealVersion {
		return dst, ErrBrokenSeal
	}
	key := k.sealKey(binary.BigEndian.Uint32(sealed[1:]))
	if key == nil {
		return dst, ErrBrokenSeal
	}
	s := k.scratches.Get().(*scratch)
	defer k.scratches.Put(s)

	in := s.sealed[:copy(s.sealed[:], sealed)]
	plain, err := key.aead.Open(s.plain[:0], in[sealNonceAt:sealHA1At], in[sealHA1At:], s.contextOf(keyID, alg))
	if err != nil {
		return dst, ErrBrokenSeal
	}
	dst = append(dst, plain...)
	clear(s.plain[:])
	return dst, nil
}

// sealedDummy is a random HA1 of one algorithm.
type sealedDummy struct {
	alg    string
	sealed []byte
}

// dummyKeyID is the id that the dummies are sealed for: as long as a real one,
// and never given to a key.
const dummyKeyID = "000000000000000000000000"

// sealDummies prepares one dummy for each digest algorithm.
func (k *Keyring) sealDummies() error {
	for _, d := range []struct {
		alg  string
		size int
	}{{"MD5", 16}, {"SHA-256", 32}} {
		random := newKey()
		sealed, err := k.SealHA1(dummyKeyID, d.alg, random[:d.size])
		if err != nil {
			return err
		}
		k.dummy = append(k.dummy, sealedDummy{alg: d.alg, sealed: sealed})
	}
	return nil
}

// DummyHA1 returns what to open and verify for a public key that nobody holds,
// so that its refusal takes the same work as that of a wrong answer: a key id
// and an HA1 sealed for it. The HA1 is random and thrown away with the
// process, so no answer is right. An unknown algorithm gets the first dummy.
func (k *Keyring) DummyHA1(alg string) (keyID string, sealed []byte) {
	for _, d := range k.dummy {
		if d.alg == alg {
			return dummyKeyID, d.sealed
		}
	}
	return dummyKeyID, k.dummy[0].sealed
}
