package latchkey_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

func signedCheckpoint() (latchkey.Checkpoint, ed25519.PublicKey) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	c := latchkey.Checkpoint{
		OrgID: "100000000000000000000001", Seq: 1000, Hash: sha256.Sum256([]byte("event")), Previous: 960,
		Created: time.UnixMilli(1_700_000_000_500).UTC(), Signer: 1,
	}
	c.Signature = ed25519.Sign(key, c.Message())
	return c, key.Public().(ed25519.PublicKey)
}

// TestCheckpointMessage pins the bytes that are signed: a change of them makes
// every checkpoint that was kept elsewhere worthless.
func TestCheckpointMessage(t *testing.T) {
	c, _ := signedCheckpoint()
	const want = "6c617463686b657920617564697420636865636b706f696e7420763100" + // latchkey audit checkpoint v1, 0
		"00000018" + "313030303030303030303030303030303030303030303031" + // organization
		"00000000000003e8" + "00000000000003c0" + "0000018bcfe569f4" + "00000001"
	if got := hex.EncodeToString(c.Message()); got != want+hex.EncodeToString(c.Hash[:]) {
		t.Errorf("message = %s; want %s and the hash", got, want)
	}
}

func TestCheckpointSignedBy(t *testing.T) {
	c, key := signedCheckpoint()
	if !c.SignedBy(key) {
		t.Fatal("a right signature is refused")
	}
	for name, change := range map[string]func(*latchkey.Checkpoint){
		"organization": func(c *latchkey.Checkpoint) { c.OrgID = "100000000000000000000002" },
		"number":       func(c *latchkey.Checkpoint) { c.Seq++ },
		"previous":     func(c *latchkey.Checkpoint) { c.Previous-- },
		"hash":         func(c *latchkey.Checkpoint) { c.Hash[31] ^= 1 },
		"time":         func(c *latchkey.Checkpoint) { c.Created = c.Created.Add(time.Millisecond) },
		"signer":       func(c *latchkey.Checkpoint) { c.Signer++ },
		"signature":    func(c *latchkey.Checkpoint) { c.Signature = append([]byte{c.Signature[0] ^ 1}, c.Signature[1:]...) },
		"no signature": func(c *latchkey.Checkpoint) { c.Signature = nil },
	} {
		changed := c
		change(&changed)
		if changed.SignedBy(key) {
			t.Errorf("a checkpoint with another %s is accepted", name)
		}
	}
	if c.SignedBy(nil) {
		t.Error("no key accepts")
	}
	other := ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-1), 1)).Public().(ed25519.PublicKey)
	if c.SignedBy(other) {
		t.Error("another key accepts")
	}
}
