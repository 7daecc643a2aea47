package latchkey

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
)

// PublicKey is the name a caller presents with its credential: eight
// lower-case letters, unique on this server.
type PublicKey string

// PublicKeyLength is the length of a public key in characters.
const PublicKeyLength = 8

// NewPublicKey returns eight random lower-case letters. Whether they are
// already taken is for the store to say.
func NewPublicKey() PublicKey {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	var out [PublicKeyLength]byte
	var raw [1]byte
	for i := 0; i < len(out); {
		mustRead(raw[:])
		if n := int(raw[0]); n < 256-256%len(letters) { // keep the letters equally likely
			out[i] = letters[n%len(letters)]
			i++
		}
	}
	return PublicKey(out[:])
}

const redacted = "[redacted]"

// concealed is the text of a secret. It prints as "[redacted]" wherever it is
// formatted; Reveal is the only way to its text. That is kept behind a pointer,
// because fmt prints what unexported fields of other types hold without asking.
type concealed struct{ text *string }

// Reveal returns the secret itself, for the one answer that shows it.
func (c concealed) Reveal() string {
	if c.text == nil {
		return ""
	}
	return *c.text
}

// String returns "[redacted]".
func (concealed) String() string { return redacted }

// GoString returns "[redacted]".
func (concealed) GoString() string { return redacted }

// Format prints "[redacted]" for every verb.
func (concealed) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText returns "[redacted]", so that no encoder prints the secret.
func (concealed) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "[redacted]".
func (concealed) LogValue() slog.Value { return slog.StringValue(redacted) }

// PrivateKey is the secret half of an API key: a random UUID of version 4 in
// lower case, with 122 random bits.
type PrivateKey struct{ concealed }

// NewPrivateKey returns a fresh private key.
func NewPrivateKey() PrivateKey {
	var b [16]byte
	mustRead(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return PrivateKeyFrom(fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16]))
}

// PrivateKeyFrom wraps the text of a private key that was read from somewhere.
func PrivateKeyFrom(text string) PrivateKey { return PrivateKey{concealed{&text}} }

// Tail returns the last twelve hex digits, all that is kept of the secret in
// clear: published answers show them in the redacted form.
func (k PrivateKey) Tail() string {
	text := k.Reveal()
	if i := strings.LastIndexByte(text, '-'); i >= 0 {
		return text[i+1:]
	}
	return ""
}

// RedactedPrivateKey is the form in which every answer but the creating one
// shows a private key whose last twelve digits are tail.
func RedactedPrivateKey(tail string) string { return "********-****-****-" + tail }

func mustRead(b []byte) {
	if _, err := rand.Read(b); err != nil {
		panic("latchkey: the system's random source failed: " + err.Error())
	}
}
