package metrics

// Failure is why credentials were refused.
type Failure uint8

// The reasons. Whether a public key is unknown or a response wrong is told apart
// nowhere, here neither.
const (
	Unreadable    Failure = iota // no credentials of ours, or those of another request
	WrongResponse                // a digest that proves nothing
	StaleNonce                   // a right digest on a nonce that is too old or was used
	VoidToken                    // an access token of ours that is worth nothing any more
	WrongSecret                  // a wrong client id or secret at the token endpoint
	WrongAddress                 // right credentials from an address that their access list does not let in
	failureCount
)

// String returns the reason's label.
func (f Failure) String() string {
	switch f {
	case Unreadable:
		return "unreadable"
	case WrongResponse:
		return "wrong_response"
	case StaleNonce:
		return "stale_nonce"
	case VoidToken:
		return "void_token"
	case WrongSecret:
		return "wrong_secret"
	}
	return "wrong_address"
}

// AuthenticationFailed counts credentials that were refused.
func (m *Metrics) AuthenticationFailed(f Failure) {
	if m != nil {
		m.failures[f].Inc()
	}
}

// TokenIssued counts an access token.
func (m *Metrics) TokenIssued() {
	if m != nil {
		m.tokens.Inc()
	}
}

// RateLimitRefusals returns what counts the refusals by the limit of the
// endpoint set, whose id must be from the table of sets.
func (m *Metrics) RateLimitRefusals(set string) *Counter {
	if m == nil {
		return nil
	}
	return &Counter{m.limited.WithLabelValues(set)}
}
