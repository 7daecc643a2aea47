package op

import (
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// TokenProof is an access token that is asked about. Package auth makes it. The
// zero TokenProof is that of text which is no token of ours.
type TokenProof struct {
	Proof
	Org     latchkey.OrgID // that it was issued in
	Issuer  string
	Issued  time.Time // whole seconds
	Expires time.Time // whole seconds
}

// IntrospectInput asks what an access token is worth.
type IntrospectInput struct {
	Token TokenProof
}

// Scope implements Input.
func (in IntrospectInput) Scope() policy.Scope { return policy.Scope{} }

// TokenState says what an access token is worth.
type TokenState struct {
	Active  bool // whether it is worth anything; if not, the rest is zero
	Account latchkey.ServiceAccount
	Issuer  string
	Issued  time.Time
	Expires time.Time
}

// IntrospectToken tells what an access token of the caller's organization is
// worth, and what the service account it was issued to holds. A token of
// another organization is worth nothing here.
var IntrospectToken = &Op[IntrospectInput, TokenState]{
	Info: Info{
		Name: "introspectToken", Summary: "Tell what an access token is worth",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgReadOnly},
	},
	run: func(env *Env, in IntrospectInput) (TokenState, error) {
		t := &in.Token
		if t.Check == nil || t.Org != env.Org() {
			return TokenState{}, nil
		}
		cred, err := t.Check(env.Reader, "")
		if code(err) == latchkey.CodeUnauthenticated {
			return TokenState{}, nil
		}
		if err != nil {
			return TokenState{}, err
		}
		account, err := env.Account(env.Org(), cred.Caller.ID)
		return TokenState{Active: err == nil, Account: account, Issuer: t.Issuer, Issued: t.Issued, Expires: t.Expires}, err
	},
}
