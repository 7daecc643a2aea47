package auth

import (
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth/oauth"
	"github.com/latchkey/latchkey/internal/op"
)

// IssueToken returns a fresh token for a credential that a secret proved, and
// how many seconds it is worth something: an hour, or what is left of the
// secret. It refuses with CodeUnauthenticated when less than a second is left
// of that: clients take a life of zero for one without end.
func (a *Authenticator) IssueToken(cred *latchkey.Credential, now time.Time) (token latchkey.AccessToken, seconds int, err error) {
	claims := oauth.Claims{
		Account: cred.Caller.ID, Secret: cred.Caller.Secret, Org: cred.Caller.OrgID, Epoch: cred.Epoch,
		Issued: now.Truncate(time.Second),
	}
	claims.Expires = claims.Issued.Add(oauth.TokenLife)
	secret := cred.Secrets.Find(cred.Caller.Secret)
	if secret != nil && secret.Expires.Before(claims.Expires) {
		claims.Expires = secret.Expires.Truncate(time.Second)
	}
	if secret == nil || !claims.Issued.Before(claims.Expires) {
		return token, 0, latchkey.Refuse(latchkey.CodeUnauthenticated)
	}
	token, err = a.tokens.Issue(claims)
	return token, int(claims.Expires.Sub(claims.Issued) / time.Second), err
}

// ReadToken returns which token of ours the text is, for its revocation. It
// returns false for every other text.
func (a *Authenticator) ReadToken(token latchkey.AccessToken) (op.IssuedToken, bool) {
	claims, ok := a.tokens.Verify(token)
	return op.IssuedToken{Org: claims.Org, Account: claims.Account, Hash: token.Hash(), Expires: claims.Expires}, ok
}

// bearerProof returns the proof of a request that offers a token. Whether we
// signed it is told without a look at the data.
func (a *Authenticator) bearerProof(header string) (op.Proof, bool) {
	token, ok := oauth.ParseBearer(header)
	if !ok {
		return op.Proof{}, false
	}
	claims, ok := a.tokens.Verify(token)
	if !ok {
		return op.Proof{}, false
	}
	hash := token.Hash()
	return op.Proof{Check: func(rd latchkey.Reader, project latchkey.ProjectID) (latchkey.Credential, error) {
		return checkToken(rd, project, &claims, hash)
	}}, true
}

// checkToken reads the account of the token and all that may have made the
// token void since it was issued.
func checkToken(rd latchkey.Reader, project latchkey.ProjectID, claims *oauth.Claims, hash latchkey.TokenHash) (latchkey.Credential, error) {
	void := func(why string) (latchkey.Credential, error) {
		return latchkey.Credential{}, latchkey.Refuse(latchkey.CodeUnauthenticated).Because("the token %s", why)
	}
	now := rd.Now()
	if !now.Before(claims.Expires) {
		return void("has expired")
	}
	cred, err := rd.Credential(string(claims.Account), project)
	if isNotFound(err) {
		return void("was issued to a service account that is gone")
	}
	if err != nil {
		return cred, err
	}
	secret := cred.Secrets.Find(claims.Secret)
	switch {
	case cred.Caller.ID != claims.Account || cred.Caller.OrgID != claims.Org:
		return void("was issued to another principal")
	case cred.Epoch != claims.Epoch:
		return void("was issued before the organization made all of them void")
	case secret == nil:
		return void("was issued for a secret that is gone")
	case !secret.Live(now):
		return void("was issued for a secret that has expired")
	}
	revoked, err := rd.TokenRevoked(claims.Org, hash)
	if err != nil {
		return latchkey.Credential{}, err
	}
	if revoked {
		return void("was revoked")
	}
	cred.Caller.Secret = secret.ID
	return cred, nil
}
