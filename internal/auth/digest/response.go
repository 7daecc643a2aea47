package digest

import "log/slog"

// Response holds the parameters of one Authorization header, unquoted, as
// [ParseAuthorization] accepted them. Its strings are parts of the header
// wherever that had no escapes.
type Response struct {
	// Username is the public key: eight lower-case letters.
	Username string
	Realm    string
	Nonce    string
	// URI is the request target that the client hashed.
	URI string
	// Response is the client's answer: 32 or 64 hex digits if it is any good.
	Response string
	// Algorithm is MD5 where the header names none.
	Algorithm Algorithm
	// QOP is always "auth".
	QOP string
	// NC is the nonce count as sent, eight hex digits; NonceCount is its
	// value, at least 1.
	NC         string
	NonceCount uint32
	CNonce     string
	Opaque     string
}

// LogValue gives a log the public key and nothing that could be replayed.
func (r Response) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("publicKey", r.Username),
		slog.String("algorithm", string(r.Algorithm)),
	)
}

// ParseError says why an Authorization header was refused. Its text is one of
// the constants below and holds nothing of the header, so it may go into a
// log or a metric label. Callers answer all of them with the same challenge.
type ParseError string

// Error returns the reason.
func (e ParseError) Error() string { return "digest header: " + string(e) }

// The reasons for which [ParseAuthorization] refuses a header.
const (
	ErrScheme       ParseError = "scheme is not Digest"
	ErrTooLong      ParseError = "longer than 4096 bytes"
	ErrTooMany      ParseError = "more than 20 parameters"
	ErrSyntax       ParseError = "not a list of name=value"
	ErrControl      ParseError = "control byte in a value"
	ErrUnterminated ParseError = "quoted value does not end"
	ErrDuplicate    ParseError = "parameter given twice"
	ErrMissing      ParseError = "username, realm, nonce, uri, response or cnonce missing or empty"
	ErrUsername     ParseError = "username is not a public key"
	ErrAlgorithm    ParseError = "unknown algorithm"
	ErrQOP          ParseError = "qop is not auth"
	ErrNonceCount   ParseError = "nc is not eight hex digits of at least 1"
)
