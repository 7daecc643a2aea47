package keyring

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Purpose says what a data key is for. A key of one purpose cannot be opened
// as one of another.
type Purpose string

// The purposes that this release uses. Rows of other purposes, which a later
// release may have written, are checked and otherwise left alone.
const (
	// HA1 keys seal the HA1 of API keys.
	HA1 Purpose = "ha1"
	// Nonce keys sign digest nonces.
	Nonce Purpose = "nonce"
	// Token keys sign access tokens.
	Token Purpose = "token"
	// Pepper keys hash the secrets of service accounts.
	Pepper Purpose = "pepper"
	// Checkpoint keys are seeds of Ed25519 keys that sign audit checkpoints.
	Checkpoint Purpose = "checkpoint"
)

// Purposes returns the purposes of which a server needs a key.
func Purposes() []Purpose { return []Purpose{HA1, Nonce, Token, Pepper, Checkpoint} }

// WrappedKey is a data key as the database holds it: encrypted under the
// master key. (Purpose, ID) is its identity.
type WrappedKey struct {
	// ID counts from 1 within a purpose and is never used again; the highest
	// is the newest.
	ID      uint32
	Purpose Purpose
	Created time.Time
	// Blob is format version ‖ fingerprint of the master key ‖ GCM nonce ‖
	// encrypted key and tag.
	Blob []byte
}

// The layout of WrappedKey.Blob.
const (
	wrapVersion  = 1
	gcmNonceSize = 12
	gcmTagSize   = 16
	wrapNonceAt  = 1 + fingerprintSize
	wrapKeyAt    = wrapNonceAt + gcmNonceSize
	wrapSize     = wrapKeyAt + keySize + gcmTagSize
)

// The kinds of errors of [Open].
var (
	// ErrWrongMasterKey is a master key file that does not belong to the data.
	ErrWrongMasterKey = errors.New("master key file and data do not belong together")
	// ErrDamagedKey is a data key that the right master key does not open.
	ErrDamagedKey = errors.New("data key is damaged")
	// ErrMissingKey is a keyring without any key of a purpose that it needs.
	ErrMissingKey = errors.New("data key is missing")
)

// Generate returns a new random data key, wrapped under master. It returns an
// error if there is no master key, the purpose is empty or id is 0.
func Generate(master MasterKey, purpose Purpose, id uint32, now time.Time) (WrappedKey, error) {
	if master.secret == nil || purpose == "" || id == 0 {
		return WrappedKey{}, fmt.Errorf("generate data key %s/%d: needs a master key, a purpose and an id of at least 1", purpose, id)
	}
	aead, err := newAEAD(master.secret.key)
	if err != nil {
		return WrappedKey{}, err
	}
	key := newKey()
	blob := make([]byte, wrapKeyAt, wrapSize)
	blob[0] = wrapVersion
	copy(blob[1:wrapNonceAt], master.fingerprint())
	_, _ = rand.Read(blob[wrapNonceAt:wrapKeyAt])
	blob = aead.Seal(blob, blob[wrapNonceAt:wrapKeyAt], key[:], wrapContext(purpose, id))
	return WrappedKey{ID: id, Purpose: purpose, Created: now.UTC(), Blob: blob}, nil
}

// wrapContext binds a wrapped key to its row.
func wrapContext(purpose Purpose, id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte("latchkey data key|"+string(purpose)+"|"), id)
}

// unwrap opens one row.
func unwrap(master MasterKey, w WrappedKey) (key [keySize]byte, err error) {
	if len(w.Blob) != wrapSize || w.Blob[0] != wrapVersion {
		return key, fmt.Errorf("%w: %s/%d has no form that this release knows; restore the database from a backup, or run the release that wrote it", ErrDamagedKey, w.Purpose, w.ID)
	}
	if mine, its := master.fingerprint(), w.Blob[1:wrapNonceAt]; !bytes.Equal(mine, its) {
		return key, fmt.Errorf("%w: file %s holds master key %s, data key %s/%d was wrapped under %s; give the master key file that was created with this data",
			ErrWrongMasterKey, master.Path(), hex.EncodeToString(mine), w.Purpose, w.ID, hex.EncodeToString(its))
	}
	aead, err := newAEAD(master.secret.key)
	if err != nil {
		return key, err
	}
	_, err = aead.Open(key[:0], w.Blob[wrapNonceAt:wrapKeyAt], w.Blob[wrapKeyAt:], wrapContext(w.Purpose, w.ID))
	if err != nil {
		return key, fmt.Errorf("%w: %s/%d was wrapped under the master key in %s but is not what was written; restore the database from a backup", ErrDamagedKey, w.Purpose, w.ID, master.Path())
	}
	return key, nil
}
