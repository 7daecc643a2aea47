package oauth

import (
	"strings"

	"github.com/latchkey/latchkey"
)

// BearerChallenge is the WWW-Authenticate header of a 401 to a request that
// offered a token (RFC 6750 section 3).
const BearerChallenge = `Bearer realm="MMS Public API", error="invalid_token"`

// IsBearer reports whether the value of an Authorization header has the scheme
// Bearer, in any case, whatever follows.
func IsBearer(header string) bool {
	_, ok := cutScheme(header, "Bearer")
	return ok
}

// ParseBearer returns the token of an Authorization header: what follows the
// scheme and one space. It returns false when the scheme is another one, or
// nothing follows.
func ParseBearer(header string) (latchkey.AccessToken, bool) {
	rest, ok := cutScheme(header, "Bearer")
	if !ok || len(rest) < 2 || rest[0] != ' ' || len(rest) > maxToken+1 {
		return latchkey.AccessToken{}, false
	}
	return latchkey.AccessTokenFrom(rest[1:]), true
}

// cutScheme returns what follows the scheme, which is the whole first word in
// any case.
func cutScheme(header, scheme string) (rest string, ok bool) {
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return "", false
	}
	rest = header[len(scheme):]
	return rest, rest == "" || rest[0] == ' ' || rest[0] == '\t'
}
