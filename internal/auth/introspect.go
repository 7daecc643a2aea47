package auth

import (
	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth/oauth"
	"github.com/latchkey/latchkey/internal/op"
)

// TokenProof returns the token as what is asked about, not as what its bearer
// offers. It is the zero one for text that is no token of ours.
func (a *Authenticator) TokenProof(token latchkey.AccessToken) op.TokenProof {
	claims, ok := a.tokens.Verify(token)
	if !ok {
		return op.TokenProof{}
	}
	hash := token.Hash()
	return op.TokenProof{
		Proof: op.Proof{Check: func(rd latchkey.Reader, project latchkey.ProjectID) (latchkey.Credential, error) {
			return checkToken(rd, project, &claims, hash)
		}},
		Org: claims.Org, Issuer: oauth.Issuer, Issued: claims.Issued, Expires: claims.Expires,
	}
}
