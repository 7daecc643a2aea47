package keyring

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
)

func TestCheckpointKeys(t *testing.T) {
	m := newMaster(t)
	k := open(t, m, generate(t, m, HA1, 1), generate(t, m, Nonce, 1), generate(t, m, Checkpoint, 1), generate(t, m, Checkpoint, 2))
	keys := k.CheckpointKeys()
	if len(keys) != 2 || keys[0].ID != 2 || keys[1].ID != 1 {
		t.Fatalf("keys %v; want 2 and 1", keys)
	}
	message := []byte("message")
	if !ed25519.Verify(keys[0].Public(), message, keys[0].Sign(message)) {
		t.Error("a key does not verify what it signed")
	}
	if ed25519.Verify(keys[1].Public(), message, keys[0].Sign(message)) {
		t.Error("a key verifies what another one signed")
	}
	if !bytes.Equal(keys[0].Public(), k.CheckpointKeys()[0].Public()) {
		t.Error("the key is another one the next time")
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		text := fmt.Sprintf(verb, keys[0])
		if text != "CheckpointKey(2, redacted)" || strings.Contains(fmt.Sprintf(verb, keys), "private") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}
