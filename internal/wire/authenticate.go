package wire

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/metrics"
	"github.com/latchkey/latchkey/internal/op"
)

// Authenticator turns what a request offers into a proof and tells callers
// what to offer. Package auth has it.
type Authenticator interface {
	// Proof returns false when the request carries no credentials or none that
	// could prove anything.
	Proof(*http.Request) (op.Proof, bool)
	// Challenge sets the headers of a 401 to the request and returns its body,
	// "" for none.
	Challenge(r *http.Request, h http.Header, stale bool) string
}

// Guard slows addresses down that sent wrong credentials. It refuses nothing.
// Package auth has it.
type Guard interface {
	// Pace returns at once with suspect false for an address in good standing.
	// For a suspect one it waits for its turn and returns true. It returns the
	// context's error when that ends first.
	Pace(ctx context.Context, addr netip.Addr) (suspect bool, err error)
	// Failed notes that the address sent wrong credentials.
	Failed(addr netip.Addr)
}

// noGuard slows nobody down.
type noGuard struct{}

func (noGuard) Pace(context.Context, netip.Addr) (bool, error) { return false, nil }
func (noGuard) Failed(netip.Addr)                              {}

// authenticate returns the proof that the request offers. Requests without any
// credentials are challenged at once; those from an address that sent wrong
// ones wait first, before their bodies are read. It returns false when the
// request is answered.
func (x *exchange) authenticate() (proof op.Proof, suspect, ok bool) {
	if x.r.Header["Authorization"] == nil {
		x.challenge(false)
		return proof, false, false
	}
	suspect, err := x.s.guard.Pace(x.r.Context(), x.addr)
	if err != nil {
		x.refuse(latchkey.Refuse(latchkey.CodeUnavailable).Because("nobody waits for the answer any more: %v", err))
		return proof, suspect, false
	}
	proof, ok = x.s.auth.Proof(x.r)
	if !ok {
		x.s.metrics.AuthenticationFailed(metrics.Unreadable)
		x.s.guard.Failed(x.addr)
		x.challenge(false)
	}
	return proof, suspect, ok
}

// wrongCredentials says which of the credentials that a proof was made of were
// wrong.
func (x *exchange) wrongCredentials() metrics.Failure {
	if x.call.Proof.Nonce == "" {
		return metrics.VoidToken
	}
	return metrics.WrongResponse
}
