// Package oauth owns what is OAuth 2 about service accounts: the tokens that
// are issued to them (RFC 7519), how a request offers one (RFC 6750), and how
// the requests of the token endpoint read (RFC 6749, RFC 7009). It knows no
// data: whether a token is worth anything is read with each request.
package oauth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/keyring"
)

// TokenLife is the longest life of a token.
const TokenLife = time.Hour

// maxToken is the length of the longest token that is looked at, in bytes. Those
// that are issued have fewer than half as many.
const maxToken = 1024

// The issuer and the audience of every token: this program, wherever it runs. A
// token is bound to its server by the key.
const (
	Issuer   = "latchkey"
	audience = "latchkey"
)

// Claims are what a token says: who it was issued to, for which secret, and
// when. They grant nothing.
type Claims struct {
	Account latchkey.PrincipalID
	Secret  latchkey.SecretID
	Org     latchkey.OrgID
	Epoch   int64     // the organization's, as in latchkey.Credential
	Issued  time.Time // whole seconds
	Expires time.Time // whole seconds; from then on it proves nothing
}

// payload is the claims set, its members in the order in which they are written.
type payload struct {
	Issuer   string               `json:"iss"`
	Audience string               `json:"aud"`
	Subject  latchkey.PrincipalID `json:"sub"`
	Secret   latchkey.SecretID    `json:"sid"`
	Org      latchkey.OrgID       `json:"org"`
	Epoch    int64                `json:"epoch"`
	Issued   int64                `json:"iat"`
	Expires  int64                `json:"exp"`
	ID       string               `json:"jti"` // so that no two tokens are the same
}

// Tokens signs and verifies tokens: JWTs in the compact serialization, with
// HS256 under a key of the server. The newest key signs, all are accepted.
type Tokens struct {
	keys []tokenKey
}

// tokenKey is a key that signs tokens, ready for use.
type tokenKey struct {
	key    keyring.PlainKey
	signer jose.Signer
	header string // the first part of every token that it signs
}

// NewTokens returns what signs and verifies with the keys, newest first, of
// which there must be one at least.
func NewTokens(keys []keyring.PlainKey) (*Tokens, error) {
	if len(keys) == 0 {
		return nil, errors.New("no key signs access tokens")
	}
	t := new(Tokens)
	for _, key := range keys {
		signer, err := jose.NewSigner(
			jose.SigningKey{Algorithm: jose.HS256, Key: key.Bytes()},
			new(jose.SignerOptions).WithType("JWT").WithHeader("kid", strconv.FormatUint(uint64(key.ID), 10)))
		if err != nil {
			return nil, fmt.Errorf("signing access tokens with %v: %w", key, err)
		}
		sample, err := sign(signer, nil)
		if err != nil {
			return nil, fmt.Errorf("signing access tokens with %v: %w", key, err)
		}
		header, _, _ := strings.Cut(sample, ".")
		t.keys = append(t.keys, tokenKey{key, signer, header})
	}
	return t, nil
}

func sign(signer jose.Signer, payload []byte) (string, error) {
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// Issue returns a fresh token of the claims.
func (t *Tokens) Issue(c Claims) (latchkey.AccessToken, error) {
	body, err := json.Marshal(payload{
		Issuer: Issuer, Audience: audience, Subject: c.Account, Secret: c.Secret, Org: c.Org, Epoch: c.Epoch,
		Issued: c.Issued.Unix(), Expires: c.Expires.Unix(), ID: rand.Text(),
	})
	if err != nil {
		return latchkey.AccessToken{}, fmt.Errorf("writing an access token: %w", err)
	}
	text, err := sign(t.keys[0].signer, body)
	if err != nil {
		return latchkey.AccessToken{}, fmt.Errorf("signing an access token: %w", err)
	}
	return latchkey.AccessTokenFrom(text), nil
}

// Verify returns what a token of ours says. It returns false for every other
// text, and for one that differs from a token of ours in a single byte: another
// spelling of the same bytes is no token. It does not look at the time.
//
// No part of the text chooses how it is verified: the header must be byte for
// byte the one that a key of ours writes, which leaves one algorithm, and the
// authentication code is of the text as it came, not of what it decodes to.
func (t *Tokens) Verify(token latchkey.AccessToken) (Claims, bool) {
	text := token.Reveal()
	if len(text) > maxToken {
		return Claims{}, false
	}
	first, last := strings.IndexByte(text, '.'), strings.LastIndexByte(text, '.')
	if first == last {
		return Claims{}, false
	}
	key := t.signerOf(text[:first])
	if key == nil {
		return Claims{}, false
	}
	sum, ok := decode(text[last+1:])
	if !ok || !hmac.Equal(sum, key.mac(text[:last])) {
		return Claims{}, false
	}
	body, ok := decode(text[first+1 : last])
	if !ok {
		return Claims{}, false
	}
	var p payload
	if err := json.Unmarshal(body, &p, json.RejectUnknownMembers(true)); err != nil {
		return Claims{}, false
	}
	return p.claims()
}

// signerOf returns the key that writes the header, if one of ours does.
func (t *Tokens) signerOf(header string) *tokenKey {
	for i := range t.keys {
		if t.keys[i].header == header {
			return &t.keys[i]
		}
	}
	return nil
}

// mac returns the authentication code of what HS256 signs (RFC 7515 section 5.1).
func (k *tokenKey) mac(signed string) []byte {
	mac := hmac.New(sha256.New, k.key.Bytes())
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

// decode returns what base64url without padding (RFC 7515 section 2) says, and
// false for what decoders overlook, too: line breaks, and bits behind the last
// byte.
func decode(text string) ([]byte, bool) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return raw, err == nil
}

// claims returns the claims, and false if no token of ours would say so.
func (p *payload) claims() (Claims, bool) {
	_, account := latchkey.ParseClientID(string(p.Subject))
	_, secret := latchkey.ParseID[latchkey.SecretID](string(p.Secret))
	_, org := latchkey.ParseID[latchkey.OrgID](string(p.Org))
	ok := p.Issuer == Issuer && p.Audience == audience && account && secret && org && p.ID != "" && p.Issued < p.Expires
	return Claims{
		Account: p.Subject, Secret: p.Secret, Org: p.Org, Epoch: p.Epoch,
		Issued: time.Unix(p.Issued, 0).UTC(), Expires: time.Unix(p.Expires, 0).UTC(),
	}, ok
}
