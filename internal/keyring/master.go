// Package keyring owns the master key file and the data keys that are wrapped
// under it.
//
// The master key lies in a file beside the database, never in it, so that a
// copy of the database alone opens nothing. It encrypts only data keys, which
// are rows of a table that all replicas read; the data keys do the work: they
// seal the HA1 of API keys and sign digest nonces.
package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
)

// keySize is the length of the master key and of every data key in bytes.
const keySize = 32

// MasterKey is the key that wraps the data keys. It never prints its bytes,
// not even as an unexported field of something that is printed; its zero value
// holds no key.
type MasterKey struct {
	secret *masterSecret
}

// masterSecret is behind a pointer, and its key behind another: fmt does not
// ask an unexported field for its own format, but follows it through one
// pointer at most.
type masterSecret struct {
	key  *[keySize]byte
	path string
}

// Path returns the file that the key came from.
func (m MasterKey) Path() string {
	if m.secret == nil {
		return ""
	}
	return m.secret.path
}

// String returns the fingerprint by which error messages and logs name the
// key: the first 32 bits of a MAC under it.
func (m MasterKey) String() string {
	if m.secret == nil {
		return "MasterKey(none)"
	}
	return "MasterKey(" + hex.EncodeToString(m.fingerprint()) + ", redacted)"
}

// GoString is String, for %#v.
func (m MasterKey) GoString() string { return m.String() }

// Format is String, for every other verb.
func (m MasterKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// MarshalText is String, for JSON and other encodings. It returns no error.
func (m MasterKey) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// LogValue is String, for log/slog.
func (m MasterKey) LogValue() slog.Value { return slog.StringValue(m.String()) }

const fingerprintSize = 4

// fingerprint tells master keys apart without telling anything about them.
func (m MasterKey) fingerprint() []byte {
	mac := hmac.New(sha256.New, m.secret.key[:])
	mac.Write([]byte("latchkey master key fingerprint"))
	return mac.Sum(nil)[:fingerprintSize]
}

// newAEAD returns AES-256-GCM under key.
func newAEAD(key *[keySize]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return aead, nil
}

// newKey returns random bytes. The runtime ends the process when the system
// has no randomness, so there is no error.
func newKey() (key [keySize]byte) {
	_, _ = rand.Read(key[:])
	return key
}
