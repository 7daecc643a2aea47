package latchkey

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

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
