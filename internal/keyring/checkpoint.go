package keyring

import (
	"crypto/ed25519"
	"fmt"
	"io"
)

// CheckpointKey is an Ed25519 key that signs audit checkpoints, with its id. It
// prints without the key, which is kept behind a pointer.
type CheckpointKey struct {
	ID  uint32
	key *ed25519.PrivateKey
}

// CheckpointKeys returns the keys that sign checkpoints, newest first. What is
// signed now is signed with the first; the others signed what was before it.
func (k *Keyring) CheckpointKeys() []CheckpointKey {
	var keys []CheckpointKey
	for _, plain := range k.plain[Checkpoint] {
		key := ed25519.NewKeyFromSeed(plain.Bytes())
		keys = append(keys, CheckpointKey{plain.ID, &key})
	}
	return keys
}

// Sign signs the message.
func (k CheckpointKey) Sign(message []byte) []byte { return ed25519.Sign(*k.key, message) }

// Public returns the key by which others check what this one signs.
func (k CheckpointKey) Public() ed25519.PublicKey { return k.key.Public().(ed25519.PublicKey) }

// Format prints the key's id only, whatever the verb.
func (k CheckpointKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprint("CheckpointKey(", k.ID, ", redacted)"))
}
