package httplink

import (
	"crypto/md5"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// realm is the one that every challenge names.
const realm = "MMS Public API"

// NonceUse is how long a nonce is counted on.
const NonceUse = 30 * time.Second

// HA1 is what a digest response is computed from (RFC 7616 section 3.4.2).
type HA1 [md5.Size]byte

// NewHA1 computes the HA1 of a key.
func NewHA1(public, private string) HA1 {
	return md5.Sum([]byte(public + ":" + realm + ":" + private))
}

// Digest signs the requests of any keys on one link. It takes a nonce from a
// challenge, as any client does, and then counts on it until it is half a
// minute old: reusing nonces is allowed.
type Digest struct {
	Nonce string

	until time.Time // when to ask for another nonce
	count uint32
}

// Adopt takes the nonce of a challenge.
func (d *Digest) Adopt(challenge string) {
	_, rest, _ := strings.Cut(challenge, `nonce="`)
	d.Nonce, _, _ = strings.Cut(rest, `"`)
	d.count, d.until = 0, time.Now().Add(NonceUse)
}

// Old reports whether another nonce is to be asked for.
func (d *Digest) Old() bool { return !time.Now().Before(d.until) }

// Sign returns the value of the next Authorization header.
func (d *Digest) Sign(public string, ha1 HA1, method, target string) string {
	d.count++
	return Authorization(public, ha1, method, target, d.Nonce, d.count)
}

// Authorization returns the value of an Authorization header (RFC 7616 section 3.4).
func Authorization(public string, ha1 HA1, method, target, nonce string, count uint32) string {
	const cnonce = "00ff"
	nc := hex8(count)
	ha2 := md5.Sum([]byte(method + ":" + target))
	response := md5.Sum([]byte(hex.EncodeToString(ha1[:]) + ":" + nonce + ":" + nc + ":" + cnonce + ":auth:" + hex.EncodeToString(ha2[:])))
	return `Digest username="` + public + `", realm="` + realm + `", nonce="` + nonce + `", uri="` + target +
		`", response="` + hex.EncodeToString(response[:]) + `", algorithm=MD5, qop=auth, nc=` + nc + `, cnonce="` + cnonce + `"`
}

func hex8(n uint32) string {
	digits := strconv.FormatUint(uint64(n), 16)
	return "00000000"[len(digits):] + digits
}

// Do sends a signed request on the link. When the nonce is said to be stale it
// takes the new one and tries once more.
func (d *Digest) Do(l *Link, public string, ha1 HA1, method, target, headers, body string) (Reply, error) {
	for again := false; ; again = true {
		if d.Old() {
			r, err := l.Send(method, target, headers, "")
			if err != nil {
				return r, err
			}
			d.Adopt(r.Challenge)
		}
		r, err := l.Send(method, target, headers+"Authorization: "+d.Sign(public, ha1, method, target)+"\r\n", body)
		if err != nil || again || !strings.Contains(r.Challenge, "stale=true") {
			return r, err
		}
		d.Adopt(r.Challenge)
	}
}
