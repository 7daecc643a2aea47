package latchkey

import (
	"encoding/binary"
	"encoding/hex"
	"time"
)

// IDLength is the length of every id in characters: 24 lower-case hex digits.
const IDLength = 24

// OrgID names an organization. It is 24 lower-case hex digits.
type OrgID string

// ProjectID names a project. It is 24 lower-case hex digits.
type ProjectID string

// KeyID names an API key. It is 24 lower-case hex digits.
type KeyID string

// EventID names an audit event. It is 24 lower-case hex digits.
type EventID string

// NewID returns a fresh id of the kind asked for: four bytes of Unix seconds,
// then eight random bytes, in lower-case hex. Until the year 2106 the first
// digit of an id made today is decimal; clients take an id that begins with a
// letter for a name.
func NewID[T ~string](now time.Time) T {
	var raw [IDLength / 2]byte
	binary.BigEndian.PutUint32(raw[:4], uint32(now.Unix()))
	mustRead(raw[4:])
	return T(hex.EncodeToString(raw[:]))
}

// ParseID checks that text has the form of an id and returns it as the kind
// asked for. The second result is false for any other length, upper-case
// digits, or characters that are not hex digits.
func ParseID[T ~string](text string) (T, bool) {
	if len(text) != IDLength {
		return "", false
	}
	for i := range len(text) {
		if !isHexDigit(text[i]) {
			return "", false
		}
	}
	return T(text), true
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
}
