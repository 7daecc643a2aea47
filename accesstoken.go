package latchkey

import "crypto/sha256"

// AccessToken is the text of a token that a service account offers in the place
// of its secret.
type AccessToken struct{ concealed }

// AccessTokenFrom wraps the text of a token, of whatever form.
func AccessTokenFrom(text string) AccessToken { return AccessToken{concealed{&text}} }

// Hash returns the hash of the whole text, by which a revoked token is known.
func (t AccessToken) Hash() TokenHash { return sha256.Sum256([]byte(t.Reveal())) }
