package latchkey

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ClientSecretPrefix begins every secret of a service account, so that scanners
// know one when they see it.
const ClientSecretPrefix = "mdb_sa_sk_"

// A secret's text is the prefix, 43 random base 62 digits (256.0 bits), and 6
// digits of the CRC-32 of all before them: a typo is refused without a look at
// the data, and a scanner can tell a secret from a string that looks like one.
const (
	secretRandomDigits = 43
	secretCheckDigits  = 6
	base62             = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// ClientSecret is a secret of a service account.
type ClientSecret struct{ concealed }

// NewClientSecret returns a fresh secret.
func NewClientSecret() ClientSecret {
	text := make([]byte, 0, len(ClientSecretPrefix)+secretRandomDigits+secretCheckDigits)
	text = append(text, ClientSecretPrefix...)
	var raw [1]byte
	for len(text) < len(ClientSecretPrefix)+secretRandomDigits {
		mustRead(raw[:])
		if n := int(raw[0]); n < 256-256%len(base62) { // keep the digits equally likely
			text = append(text, base62[n%len(base62)])
		}
	}
	whole := string(appendCheck(text))
	return ClientSecret{concealed{&whole}}
}

// appendCheck appends the check digits of what is before them.
func appendCheck(text []byte) []byte {
	sum := crc32.ChecksumIEEE(text)
	var digits [secretCheckDigits]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = base62[sum%uint32(len(base62))]
		sum /= uint32(len(base62))
	}
	return append(text, digits[:]...)
}

// ParseClientSecret wraps the text of a secret that was read from somewhere. It
// returns false for text that is none: another prefix or length, a digit that
// is not base 62, check digits that do not fit.
func ParseClientSecret(text string) (ClientSecret, bool) {
	whole := len(ClientSecretPrefix) + secretRandomDigits + secretCheckDigits
	if len(text) != whole || !strings.HasPrefix(text, ClientSecretPrefix) {
		return ClientSecret{}, false
	}
	for i := len(ClientSecretPrefix); i < len(text); i++ {
		if strings.IndexByte(base62, text[i]) < 0 {
			return ClientSecret{}, false
		}
	}
	random := whole - secretCheckDigits
	if string(appendCheck([]byte(text[:random]))) != text {
		return ClientSecret{}, false
	}
	return ClientSecret{concealed{&text}}, true
}

// Tail returns the last four characters, all that is kept of the secret in clear.
func (s ClientSecret) Tail() string {
	text := s.Reveal()
	return text[max(0, len(text)-4):]
}

// MaskedClientSecret is the form in which every answer but the creating one
// shows a secret with that tail (schema ServiceAccountSecret, maskedSecretValue).
func MaskedClientSecret(tail string) string { return ClientSecretPrefix + "..." + tail }

// MaxLiveSecrets is how many secrets of one service account may be unexpired at
// a time: enough to rotate, and no more.
const MaxLiveSecrets = 2

// Secret is one secret of a service account, without the secret itself.
type Secret struct {
	ID      SecretID
	Hash    [sha256.Size]byte // keyed hash of the secret's text
	Tail    string            // last four characters, all that is kept of the text in clear
	Created time.Time         // UTC, whole milliseconds
	Expires time.Time         // UTC, whole milliseconds; from then on it proves nothing
}

// Live reports whether the secret has not expired.
func (s *Secret) Live(now time.Time) bool { return now.Before(s.Expires) }

// Secrets are the secrets of one service account, oldest first.
type Secrets []Secret

// Find returns the secret with that id, or nil.
func (s Secrets) Find(id SecretID) *Secret {
	if i := s.Index(id); i >= 0 {
		return &s[i]
	}
	return nil
}

// Index returns the position of the secret with that id, or -1.
func (s Secrets) Index(id SecretID) int {
	return slices.IndexFunc(s, func(secret Secret) bool { return secret.ID == id })
}

// Text returns the form that is stored: "id hash tail created expires" for each
// secret, times in milliseconds since 1970, separated by semicolons.
func (s Secrets) Text() string {
	var b strings.Builder
	for i := range s {
		if i > 0 {
			b.WriteByte(';')
		}
		fmt.Fprintf(&b, "%s %x %s %d %d", s[i].ID, s[i].Hash, s[i].Tail, s[i].Created.UnixMilli(), s[i].Expires.UnixMilli())
	}
	return b.String()
}

// ParseSecrets reads the stored form. It returns ErrCorrupt for other text.
func ParseSecrets(text string) (Secrets, error) {
	if text == "" {
		return nil, nil
	}
	var list Secrets
	for part := range strings.SplitSeq(text, ";") {
		s, ok := parseSecret(part)
		if !ok {
			return nil, fmt.Errorf("%w: a secret of a service account", ErrCorrupt)
		}
		list = append(list, s)
	}
	return list, nil
}

func parseSecret(part string) (s Secret, ok bool) {
	fields := strings.Split(part, " ")
	if len(fields) != 5 || len(fields[1]) != hex.EncodedLen(len(s.Hash)) {
		return s, false
	}
	if s.ID, ok = ParseID[SecretID](fields[0]); !ok {
		return s, false
	}
	if _, err := hex.Decode(s.Hash[:], []byte(fields[1])); err != nil {
		return s, false
	}
	created, err := strconv.ParseInt(fields[3], 10, 64)
	expires, err2 := strconv.ParseInt(fields[4], 10, 64)
	s.Tail, s.Created, s.Expires = fields[2], time.UnixMilli(created).UTC(), time.UnixMilli(expires).UTC()
	return s, err == nil && err2 == nil
}
