// Package auth owns how a request shows who its caller is: it turns what the
// request offers into a proof that is checked inside the transaction of the
// call, or into a challenge.
package auth

import (
	"net/http"
	"slices"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/auth/oauth"
	"github.com/latchkey/latchkey/internal/keyring"
	"github.com/latchkey/latchkey/internal/op"
)

// Authenticator checks HTTP digest credentials of API keys (RFC 7616), and
// access tokens and secrets of service accounts (RFC 6750, RFC 6749).
type Authenticator struct {
	keys    *keyring.Keyring
	nonces  *digest.Nonces
	tokens  *oauth.Tokens
	offered []digest.Algorithm
	nobodys string // the secrets of a service account that does not exist
	clock   func() time.Time
}

// New returns an authenticator that offers the algorithms in that order; MD5
// must come first, because common clients read the first challenge only. The
// clock is for nonces alone.
func New(keys *keyring.Keyring, offered []digest.Algorithm, clock func() time.Time) (*Authenticator, error) {
	var nonceKeys []digest.NonceKey
	for _, k := range keys.NonceKeys() {
		nonceKeys = append(nonceKeys, digest.NonceKey(k))
	}
	nonces, err := digest.NewNonces(nonceKeys)
	if err != nil {
		return nil, err
	}
	tokens, err := oauth.NewTokens(keys.Keys(keyring.Token))
	if err != nil {
		return nil, err
	}
	return &Authenticator{keys: keys, nonces: nonces, tokens: tokens, offered: offered, nobodys: nobodysSecrets(), clock: clock}, nil
}

// Seal computes what is kept of a private key. It is an op.SealFunc.
func (a *Authenticator) Seal(id latchkey.PrincipalID, public latchkey.PublicKey, private latchkey.PrivateKey) (md5, sha256 []byte, err error) {
	seal := func(alg digest.Algorithm) ([]byte, error) {
		return a.keys.SealHA1(string(id), string(alg), digest.HA1(alg, string(public), private.Reveal()))
	}
	if md5, err = seal(digest.MD5); err != nil {
		return nil, nil, err
	}
	sha256, err = seal(digest.SHA256)
	return md5, sha256, err
}

// Challenge sets the WWW-Authenticate headers of a 401 to the request and
// returns its body, "" for none. What offered a token is told so and nothing of
// digest, every other request of digest alone: clients try what they are
// offered. Stale tells the client to try again with the new nonce; it must be
// said only to a right response.
func (a *Authenticator) Challenge(r *http.Request, h http.Header, stale bool) string {
	if slices.ContainsFunc(r.Header["Authorization"], oauth.IsBearer) {
		h["Www-Authenticate"] = []string{oauth.BearerChallenge}
		return ""
	}
	nonce := a.nonces.Mint(a.clock())
	lines := make([]string, len(a.offered))
	for i, alg := range a.offered {
		lines[i] = digest.Challenge(alg, nonce, stale)
	}
	h["Www-Authenticate"] = lines
	return digest.ChallengeBody
}

// Proof returns what the request offers. It returns false, and the caller is
// challenged without a look at the data, when there is no Authorization header
// or more than one, when it does not read well, belongs to another request,
// answers a nonce that is not ours, or is a token that we did not sign.
func (a *Authenticator) Proof(r *http.Request) (op.Proof, bool) {
	lines := r.Header["Authorization"]
	if len(lines) != 1 {
		return op.Proof{}, false
	}
	if oauth.IsBearer(lines[0]) {
		return a.bearerProof(lines[0])
	}
	response, err := digest.ParseAuthorization(lines[0])
	if err != nil || !digest.CheckTarget(&response, r.RequestURI, a.offered) {
		return op.Proof{}, false
	}
	now := a.clock()
	state, age := a.nonces.Check(response.Nonce, now)
	if state == digest.NotOurs {
		return op.Proof{}, false
	}
	method := r.Method
	return op.Proof{
		Check: func(rd latchkey.Reader, project latchkey.ProjectID) (latchkey.Credential, error) {
			return a.check(rd, project, &response, method, state == digest.Expired)
		},
		Nonce:   response.Nonce,
		Count:   response.NonceCount,
		Expires: now.Add(digest.NonceLife - age + digest.NonceAhead),
	}, true
}

// check reads the key of the response and verifies it. A public key that
// nobody holds takes the same work as a wrong response.
func (a *Authenticator) check(rd latchkey.Reader, project latchkey.ProjectID, response *digest.Response, method string, expired bool) (latchkey.Credential, error) {
	cred, err := rd.Credential(response.Username, project)
	known := err == nil
	if err != nil && !isNotFound(err) {
		return cred, err
	}
	var id string
	var sealed []byte
	if known {
		id, sealed = string(cred.Caller.ID), cred.SealedMD5
		if response.Algorithm == digest.SHA256 {
			sealed = cred.SealedSHA256
		}
	} else {
		id, sealed = a.keys.DummyHA1(string(response.Algorithm))
	}
	var buf [32]byte
	ha1, err := a.keys.OpenHA1(buf[:0], id, string(response.Algorithm), sealed)
	if err != nil {
		return latchkey.Credential{}, err
	}
	if right := digest.Verify(response, method, ha1); !right || !known {
		return latchkey.Credential{}, latchkey.Refuse(latchkey.CodeUnauthenticated)
	}
	if expired {
		return latchkey.Credential{}, latchkey.Refuse(latchkey.CodeStaleNonce).Because("the nonce is too old")
	}
	return cred, nil
}
