package latchkey

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// IDLength is the length of every id in characters: 24 lower-case hex digits.
const IDLength = 24

// OrgID names an organization. It is 24 lower-case hex digits.
type OrgID string

// ProjectID names a project. It is 24 lower-case hex digits.
type ProjectID string

// PrincipalID names who can hold roles: an API key by 24 lower-case hex digits,
// a service account by its client id, which is ClientIDPrefix and 24 hex digits.
type PrincipalID string

// ClientIDPrefix begins every client id (schema OrgServiceAccount, clientId).
const ClientIDPrefix = "mdb_sa_id_"

// IsAccount reports whether the id is that of a service account.
func (id PrincipalID) IsAccount() bool { return strings.HasPrefix(string(id), ClientIDPrefix) }

// NewClientID returns a fresh client id, made like NewID.
func NewClientID(now time.Time) PrincipalID { return ClientIDPrefix + NewID[PrincipalID](now) }

// ParseClientID checks that text has the published form of a client id:
// ^mdb_sa_id_[a-fA-F\d]{24}$. Those that this server makes have lower-case digits.
func ParseClientID(text string) (PrincipalID, bool) {
	digits, ok := strings.CutPrefix(text, ClientIDPrefix)
	if !ok {
		return "", false
	}
	_, ok = ParseID[PrincipalID](strings.ToLower(digits))
	if !ok || len(digits) != IDLength {
		return "", false
	}
	return PrincipalID(text), true
}

// SecretID names a secret of a service account. It is 24 lower-case hex digits.
type SecretID string

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
