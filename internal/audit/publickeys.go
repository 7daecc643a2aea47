package audit

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/latchkey/latchkey"
)

// PublicKeys are those whose signatures on checkpoints count.
type PublicKeys []ed25519.PublicKey

// publicKeyBlock is the type of a PEM block that holds a public key.
const publicKeyBlock = "PUBLIC KEY"

// ErrNoPublicKey is returned for text that is no list of public keys.
var ErrNoPublicKey = errors.New("no Ed25519 public key: it must be in PEM, as latchkey audit public-key prints it, or 64 hex digits a key")

// ParsePublicKeys reads keys in PEM, or in hex digits, one key a word. It
// returns ErrNoPublicKey for anything else, no key included.
func ParsePublicKeys(text string) (PublicKeys, error) {
	var keys PublicKeys
	if !strings.Contains(text, "-----") {
		for _, word := range strings.Fields(text) {
			raw, err := hex.DecodeString(word)
			if err != nil || len(raw) != ed25519.PublicKeySize {
				return nil, ErrNoPublicKey
			}
			keys = append(keys, raw)
		}
	}
	for rest := []byte(text); strings.Contains(string(rest), "-----"); {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != publicKeyBlock {
			return nil, ErrNoPublicKey
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		key, ok := parsed.(ed25519.PublicKey)
		if err != nil || !ok {
			return nil, ErrNoPublicKey
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, ErrNoPublicKey
	}
	return keys, nil
}

// PEM returns the keys as PEM blocks, which other programs read too.
func (k PublicKeys) PEM() (string, error) {
	var b strings.Builder
	for _, key := range k {
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			return "", err
		}
		b.Write(pem.EncodeToMemory(&pem.Block{Type: publicKeyBlock, Bytes: der}))
	}
	return b.String(), nil
}

// Hex returns the keys in hex digits, one a line.
func (k PublicKeys) Hex() string {
	var b strings.Builder
	for _, key := range k {
		b.WriteString(hex.EncodeToString(key) + "\n")
	}
	return b.String()
}

// signed reports whether one of the keys signed the checkpoint.
func (k PublicKeys) signed(c *latchkey.Checkpoint) bool {
	for _, key := range k {
		if c.SignedBy(key) {
			return true
		}
	}
	return false
}
