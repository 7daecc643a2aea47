package digest

import "strings"

// Limits of an Authorization header. Real ones have about 300 bytes and nine
// parameters.
const (
	MaxHeader = 4096
	MaxParams = 20
)

// param numbers the parameters that mean something to the server.
type param int

const (
	paramUsername param = iota
	paramRealm
	paramNonce
	paramURI
	paramResponse
	paramAlgorithm
	paramQOP
	paramNC
	paramCNonce
	paramOpaque
	paramCount
	paramUnknown = paramCount
)

// paramNamed returns the parameter of that name, in any case (RFC 9110 section
// 11.2).
func paramNamed(name string) param {
	var lower [len("algorithm")]byte
	if len(name) > len(lower) {
		return paramUnknown
	}
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch string(lower[:len(name)]) {
	case "username":
		return paramUsername
	case "realm":
		return paramRealm
	case "nonce":
		return paramNonce
	case "uri":
		return paramURI
	case "response":
		return paramResponse
	case "algorithm":
		return paramAlgorithm
	case "qop":
		return paramQOP
	case "nc":
		return paramNC
	case "cnonce":
		return paramCNonce
	case "opaque":
		return paramOpaque
	}
	return paramUnknown
}

// ParseAuthorization takes the value of an Authorization header apart in one
// pass. It accepts the parameters in any order, quoted or bare, with names in
// any case, and ignores the ones that it does not know; it allocates only for
// values with quoted-pair escapes.
//
// It refuses, always with a [ParseError]: another scheme, more than
// [MaxHeader] bytes or [MaxParams] parameters, a name given twice, control
// bytes in a value, a part missing or empty, a username that cannot be a
// public key, an algorithm other than MD5 and SHA-256, a qop other than auth
// (or none, which is RFC 2069 and has no protection against replays) and a
// nonce count that is not eight hex digits of at least 1.
//
// Whether realm and algorithm were offered is for [CheckTarget].
func ParseAuthorization(header string) (Response, error) {
	if len(header) > MaxHeader {
		return Response{}, ErrTooLong
	}
	const scheme = "Digest "
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return Response{}, ErrScheme
	}
	var (
		values [paramCount]string
		seen   [paramCount]bool
		others [MaxParams]string
		known  int
		extra  int
	)
	list := scanner{text: header, at: len(scheme)}
	for list.next() {
		name, value, err := list.param()
		if err != nil {
			return Response{}, err
		}
		if known+extra == MaxParams {
			return Response{}, ErrTooMany
		}
		p := paramNamed(name)
		if p == paramUnknown {
			for _, other := range others[:extra] {
				if strings.EqualFold(other, name) {
					return Response{}, ErrDuplicate
				}
			}
			others[extra] = name
			extra++
			continue
		}
		if seen[p] {
			return Response{}, ErrDuplicate
		}
		seen[p], values[p] = true, value
		known++
	}
	return accept(&values, seen[paramAlgorithm])
}

// accept turns the values of a well-formed header into a Response, or says
// which of them no real client sends.
func accept(values *[paramCount]string, hasAlgorithm bool) (Response, error) {
	r := Response{
		Username: values[paramUsername], Realm: values[paramRealm], Nonce: values[paramNonce], URI: values[paramURI],
		Response: values[paramResponse], QOP: values[paramQOP], NC: values[paramNC], CNonce: values[paramCNonce], Opaque: values[paramOpaque],
	}
	if r.Username == "" || r.Realm == "" || r.Nonce == "" || r.URI == "" || r.Response == "" || r.CNonce == "" {
		return Response{}, ErrMissing
	}
	if !isPublicKey(r.Username) {
		return Response{}, ErrUsername
	}
	switch name := values[paramAlgorithm]; {
	case !hasAlgorithm, strings.EqualFold(name, string(MD5)):
		r.Algorithm = MD5
	case strings.EqualFold(name, string(SHA256)):
		r.Algorithm = SHA256
	default:
		return Response{}, ErrAlgorithm
	}
	if r.QOP != "auth" {
		return Response{}, ErrQOP
	}
	count, ok := parseCount(r.NC)
	if !ok {
		return Response{}, ErrNonceCount
	}
	r.NonceCount = count
	return r, nil
}

// isPublicKey reports whether s is eight lower-case letters.
func isPublicKey(s string) bool {
	if len(s) != 8 {
		return false
	}
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}

// parseCount reads a nonce count: eight hex digits, not all zero.
func parseCount(s string) (uint32, bool) {
	if len(s) != 8 {
		return 0, false
	}
	var n uint32
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			n = n<<4 | uint32(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | uint32(c-'a'+10)
		case 'A' <= c && c <= 'F':
			n = n<<4 | uint32(c-'A'+10)
		default:
			return 0, false
		}
	}
	return n, n > 0
}
