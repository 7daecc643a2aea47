package latchkey

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Checkpoint is a signed statement of how far an organization's chain went: the
// event with that number has that hash. With it and the public key of its
// signer anybody can tell that events up to it are those that were recorded.
type Checkpoint struct {
	OrgID     OrgID
	Seq       int64
	Hash      [sha256.Size]byte
	Previous  int64     // the number of the checkpoint before it, so that none can be left out; 0 for none
	Created   time.Time // UTC, whole milliseconds
	Signer    uint32    // the id of the signing key
	Signature []byte    // Ed25519, of Message
}

// checkpointContext begins what is signed, so that no signature of this key
// over anything else could be taken for a checkpoint's.
const checkpointContext = "latchkey audit checkpoint v1\x00"

// Message returns what is signed: the context; the organization's id with its
// length in four bytes before it; number, previous number and time in
// milliseconds since 1970 in eight bytes each; the signer's id in four; the
// hash. All numbers are big-endian.
func (c *Checkpoint) Message() []byte {
	buf := make([]byte, 0, len(checkpointContext)+4+IDLength+3*8+4+sha256.Size)
	buf = append(buf, checkpointContext...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(c.OrgID)))
	buf = append(buf, c.OrgID...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(c.Seq))
	buf = binary.BigEndian.AppendUint64(buf, uint64(c.Previous))
	buf = binary.BigEndian.AppendUint64(buf, uint64(c.Created.UnixMilli()))
	buf = binary.BigEndian.AppendUint32(buf, c.Signer)
	return append(buf, c.Hash[:]...)
}

// SignedBy reports whether the signature is that of the key.
func (c *Checkpoint) SignedBy(key ed25519.PublicKey) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, c.Message(), c.Signature)
}
