package keyring

import (
	"cmp"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Keyring holds the opened data keys. It never changes after [Open], is safe
// for concurrent use and prints no key.
type Keyring struct {
	ha1   []sealKey              // newest first, at least one
	nonce []*NonceKey            // newest first, one or two
	plain map[Purpose][]PlainKey // of the other purposes, newest first, at least one of each
	dummy []sealedDummy

	// scratches hold *scratch: arguments of an AEAD escape to the heap.
	scratches sync.Pool
}

// sealKey is an HA1 data key, ready for use.
type sealKey struct {
	id   uint32
	aead cipher.AEAD
}

// NonceKey is a key that signs digest nonces, and the byte by which a nonce
// names it. It prints without the key.
type NonceKey struct {
	KID byte
	Key [keySize]byte
}

// Format prints the key id only, whatever the verb.
func (k NonceKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprint("NonceKey(", k.KID, ", redacted)"))
}

// PlainKey is a data key that its user applies itself, with its id. It prints
// without the key, which is kept behind a pointer.
type PlainKey struct {
	ID  uint32
	key *[keySize]byte
}

// Bytes returns the key: 32 bytes, not to be changed.
func (k PlainKey) Bytes() []byte { return k.key[:] }

// Format prints the key's id only, whatever the verb.
func (k PlainKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprint("PlainKey(", k.ID, ", redacted)"))
}

// Keys returns the keys of Token, Pepper or Checkpoint, newest first: what is
// made new is made with the first, and what was made with any of them counts.
func (k *Keyring) Keys(purpose Purpose) []PlainKey { return slices.Clone(k.plain[purpose]) }

// Format prints how many keys there are, whatever the verb.
func (k *Keyring) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprint("Keyring(", len(k.ha1), " ha1, ", len(k.nonce), " nonce, redacted)"))
}

// nonceKeysInUse is how many nonce keys are accepted: the one that signs, and
// the one before it for the nonces that are still alive.
const nonceKeysInUse = 2

// Open unwraps all the rows. Its errors name file and rows and match
// [ErrWrongMasterKey], [ErrDamagedKey] or [ErrMissingKey] (no row of a purpose
// that every server needs).
func Open(master MasterKey, rows []WrappedKey) (*Keyring, error) {
	if master.secret == nil {
		return nil, errors.New("open keyring: no master key")
	}
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b WrappedKey) int { return cmp.Compare(b.ID, a.ID) })

	k := &Keyring{plain: make(map[Purpose][]PlainKey), scratches: sync.Pool{New: func() any { return new(scratch) }}}
	for _, row := range rows {
		key, err := unwrap(master, row)
		if err != nil {
			return nil, fmt.Errorf("open keyring: %w", err)
		}
		if err := k.add(row, key); err != nil {
			return nil, fmt.Errorf("open keyring: %w", err)
		}
	}
	if len(k.ha1) == 0 || len(k.nonce) == 0 {
		return nil, fmt.Errorf("open keyring: %w: needs one for %q and one for %q, found %d and %d",
			ErrMissingKey, HA1, Nonce, len(k.ha1), len(k.nonce))
	}
	for _, purpose := range []Purpose{Token, Pepper, Checkpoint} {
		if len(k.plain[purpose]) == 0 {
			return nil, fmt.Errorf("open keyring: %w: needs one for %q", ErrMissingKey, purpose)
		}
	}
	if err := k.sealDummies(); err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	return k, nil
}

// add puts an opened key where its purpose needs it.
func (k *Keyring) add(row WrappedKey, key [keySize]byte) error {
	switch row.Purpose {
	case HA1:
		if k.sealKey(row.ID) != nil {
			return fmt.Errorf("%w: two rows are %s/%d", ErrDamagedKey, row.Purpose, row.ID)
		}
		aead, err := newAEAD(&key)
		if err != nil {
			return err
		}
		k.ha1 = append(k.ha1, sealKey{id: row.ID, aead: aead})
	case Nonce:
		if len(k.nonce) == nonceKeysInUse {
			return nil
		}
		kid := byte(row.ID)
		if len(k.nonce) > 0 && k.nonce[0].KID == kid {
			return fmt.Errorf("%w: the ids of the two newest %s keys differ by a multiple of 256", ErrDamagedKey, row.Purpose)
		}
		k.nonce = append(k.nonce, &NonceKey{KID: kid, Key: key})
	case Token, Pepper, Checkpoint:
		k.plain[row.Purpose] = append(k.plain[row.Purpose], PlainKey{row.ID, &key})
	}
	return nil
}

// sealKey returns the HA1 key with that id, or nil.
func (k *Keyring) sealKey(id uint32) *sealKey {
	for i := range k.ha1 {
		if k.ha1[i].id == id {
			return &k.ha1[i]
		}
	}
	return nil
}

// NonceKeys returns the keys that nonces are accepted under, newest first: one
// or two. A nonce names its key by the last byte of the key's id.
func (k *Keyring) NonceKeys() []NonceKey {
	keys := make([]NonceKey, len(k.nonce))
	for i, key := range k.nonce {
		keys[i] = *key
	}
	return keys
}
