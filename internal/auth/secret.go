package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth/oauth"
	"github.com/latchkey/latchkey/internal/keyring"
	"github.com/latchkey/latchkey/internal/op"
)

// HashSecret computes what is kept of a service account's secret: HMAC-SHA256
// of its text under the newest pepper. It is an op.HashFunc. The secret has 256
// random bits, so a slow hash would protect nothing more.
func (a *Authenticator) HashSecret(secret latchkey.ClientSecret) [sha256.Size]byte {
	return hashSecret(a.keys.Keys(keyring.Pepper)[0], secret)
}

// MatchSecret reports in constant time whether the hash is that of the secret
// under any pepper that is in use.
func (a *Authenticator) MatchSecret(hash [sha256.Size]byte, secret latchkey.ClientSecret) bool {
	match := 0
	for _, pepper := range a.keys.Keys(keyring.Pepper) {
		is := hashSecret(pepper, secret)
		match |= subtle.ConstantTimeCompare(is[:], hash[:])
	}
	return match == 1
}

func hashSecret(pepper keyring.PlainKey, secret latchkey.ClientSecret) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, pepper.Bytes())
	mac.Write([]byte(secret.Reveal()))
	mac.Sum(sum[:0])
	return sum
}

// ClientProof returns what a client offers to the token endpoint: its id and a
// secret. The credential that it proves names the secret.
func (a *Authenticator) ClientProof(c oauth.Client) op.Proof {
	return op.Proof{Check: func(rd latchkey.Reader, project latchkey.ProjectID) (latchkey.Credential, error) {
		return a.checkClient(rd, project, c)
	}}
}

// nobodysSecrets is what would be kept of the secret of a service account that
// does not exist. No secret has that hash.
func nobodysSecrets() string {
	created := time.Unix(0, 0).UTC()
	secret := latchkey.Secret{
		ID: latchkey.NewID[latchkey.SecretID](created), Tail: "----", Created: created, Expires: created.AddDate(1000, 0, 0),
	}
	_, _ = rand.Read(secret.Hash[:]) // never fails
	return latchkey.Secrets{secret}.Text()
}

// checkClient reads the account of the client and verifies its secret. The
// work is the same for a client id that nobody has, a wrong secret and an
// expired one: as many hashes are compared as an account may have live secrets.
func (a *Authenticator) checkClient(rd latchkey.Reader, project latchkey.ProjectID, c oauth.Client) (latchkey.Credential, error) {
	cred, err := rd.Credential(c.ID, project)
	known := err == nil
	if err != nil && !isNotFound(err) {
		return cred, err
	}
	secrets := cred.Secrets
	if !known {
		if secrets, err = latchkey.ParseSecrets(a.nobodys); err != nil {
			return latchkey.Credential{}, err
		}
	}
	now := rd.Now()
	var right latchkey.SecretID
	compared := 0
	for i := range secrets { // none of a key
		if s := &secrets[i]; s.Live(now) {
			compared++
			if a.MatchSecret(s.Hash, c.Secret) {
				right = s.ID
			}
		}
	}
	for ; compared < latchkey.MaxLiveSecrets; compared++ {
		a.MatchSecret([sha256.Size]byte{}, c.Secret)
	}
	if !known || right == "" {
		return latchkey.Credential{}, latchkey.Refuse(latchkey.CodeUnauthenticated)
	}
	cred.Caller.Secret = right
	return cred, nil
}
