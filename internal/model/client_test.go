package model

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"
)

// client sends requests to a handler with digest authentication (RFC 7616),
// one request a call: it asks for a nonce once in a while and counts on it.
type client struct {
	handler func() http.Handler
	now     func() time.Time

	mu     sync.Mutex
	nonce  string
	minted time.Time
	count  int
}

// nonceAge is how long the client keeps a nonce: well within its life.
const nonceAge = 25 * time.Second

// answer is what came back.
type answer struct {
	outcome
	body []byte
	sent *http.Request // to be sent again
}

// answerBody is what of the bodies is looked at.
type answerBody struct {
	ErrorCode  string          `json:"errorCode"`
	Desc       string          `json:"desc"`
	Name       string          `json:"name"`
	OrgID      string          `json:"orgId"`
	PublicKey  string          `json:"publicKey"`
	PrivateKey string          `json:"privateKey"`
	Roles      json.RawMessage `json:"roles"` // in the form of a key or of a service account
	Tags       []struct{ Key, Value string }

	ClientID    string         `json:"clientId"`
	Description string         `json:"description"`
	Secrets     []answerSecret `json:"secrets"`

	answerSecret        // of which the id is that of any thing
	AccessToken  string `json:"access_token"`
	ExpiresIn    int64  `json:"expires_in"`
}

// answerSecret is a secret as an answer shows it.
type answerSecret struct {
	ID      string    `json:"id"`
	Secret  string    `json:"secret"`
	Masked  string    `json:"maskedSecretValue"`
	Created time.Time `json:"createdAt"`
	Expires time.Time `json:"expiresAt"`
}

// answerRole is a role as an answer about a key shows it.
type answerRole struct {
	OrgID    string `json:"orgId"`
	GroupID  string `json:"groupId"`
	RoleName string `json:"roleName"`
}

// keyRoles are the roles of an answer about a key.
func (b *answerBody) keyRoles() (list []answerRole, err error) {
	err = json.Unmarshal(b.Roles, &list)
	return list, err
}

// endpointError is what the token endpoint says of a refusal.
type endpointError struct {
	Error string `json:"error"`
}

func (a *answer) parse() (b answerBody, err error) {
	if len(a.body) > 0 {
		err = json.Unmarshal(a.body, &b)
	}
	return b, err
}

func digest(parts ...string) string {
	sum := md5.Sum([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(sum[:])
}

var nonceInChallenge = regexp.MustCompile(`nonce="([^"]*)"`)

// next returns a nonce and a count that were not used before.
func (c *client) next() (nonce, nc string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); c.nonce == "" || now.Sub(c.minted) > nonceAge {
		w := httptest.NewRecorder()
		c.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/public/v1.0", nil))
		m := nonceInChallenge.FindStringSubmatch(w.Header().Get("Www-Authenticate"))
		if w.Code != http.StatusUnauthorized || m == nil {
			panic(fmt.Sprintf("a bare request is answered %d, challenge %q", w.Code, w.Header().Get("Www-Authenticate")))
		}
		c.nonce, c.minted, c.count = m[1], now, 0
	}
	c.count++
	return c.nonce, fmt.Sprintf("%08x", c.count)
}

// call sends a call. It is safe for concurrent use.
func (c *client) call(k *call) answer {
	return c.send(k.caller, k.address, k.method(), k.target(), k.text())
}

func (c *client) send(who credential, address, method, target string, text []byte) answer {
	r := httptest.NewRequest(method, target, nil)
	switch endpoint := strings.HasPrefix(target, "/api/oauth/"); {
	case endpoint:
		r.SetBasicAuth(who.id, who.private)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case text != nil:
		r.Header.Set("Content-Type", "application/json")
		fallthrough
	default:
		r.Header.Set("Accept", "application/vnd.atlas.2025-03-12+json")
		r.Header.Set("Authorization", c.proof(who, method, target))
	}
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 40000).String()
	return c.deliver(r, text)
}

// proof is the Authorization header of a request to the API.
func (c *client) proof(who credential, method, target string) string {
	if who.token != "" {
		return "Bearer " + who.token
	}
	nonce, nc := c.next()
	const realm, cnonce = "MMS Public API", "0123456789abcdef"
	response := digest(digest(who.public, realm, who.private), nonce, nc, cnonce, "auth", digest(method, target))
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm="MD5", qop=auth, nc=%s, cnonce="%s"`,
		who.public, realm, nonce, target, response, nc, cnonce)
}

// deliver sends a request as it is, with that body.
func (c *client) deliver(sent *http.Request, text []byte) answer {
	r := sent.Clone(sent.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	w := httptest.NewRecorder()
	c.handler().ServeHTTP(w, r)
	a := answer{outcome: outcome{status: w.Code, code: w.Header().Get("X-Error-Code")}, body: w.Body.Bytes(), sent: sent}
	if challenge := w.Header().Get("Www-Authenticate"); challenge != "" {
		a.challenge, _, _ = strings.Cut(challenge, " ")
		a.stale = strings.Contains(challenge, "stale=true")
	}
	if strings.HasPrefix(sent.URL.Path, "/api/oauth/") && w.Code >= http.StatusBadRequest {
		var said endpointError
		if json.Unmarshal(a.body, &said) == nil {
			a.code = said.Error
		}
	}
	return a
}
