package matrix

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// credential is what a caller signs its requests with, or the token that it
// bears; nil is nobody.
type credential struct {
	user  string
	ha1   string // hex of the MD5 of user:realm:password
	token string // of a service account; "" of a key
}

func newCredential(user, password string) *credential {
	return &credential{user: user, ha1: hash(user + ":MMS Public API:" + password)}
}

func hash(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// client sends requests to a handler without a network. All callers share one
// nonce, each request with the next count of it, until the nonce is half its
// life old.
type client struct {
	handler http.Handler

	mu     sync.Mutex
	nonce  string
	minted time.Time
	count  int
}

// answer is what came back.
type answer struct {
	status int
	code   string // errorCode of the body
	params string // parameters of the body, printed
	header http.Header
	body   []byte
}

// do sends one request as its caller.
func (c *client) do(t testing.TB, cred *credential, method, target, body string) answer {
	t.Helper()
	authorization := ""
	switch {
	case cred == nil:
	case cred.token != "":
		authorization = "Bearer " + cred.token
	default:
		nonce, count := c.next(t)
		const cnonce = "0a4f113b"
		response := hash(fmt.Sprintf("%s:%s:%08x:%s:auth:%s", cred.ha1, nonce, count, cnonce, hash(method+":"+target)))
		authorization = fmt.Sprintf(`Digest username="%s", realm="MMS Public API", nonce="%s", uri="%s", algorithm=MD5, response="%s", qop=auth, nc=%08x, cnonce="%s"`,
			cred.user, nonce, target, response, count, cnonce)
	}
	return c.send(t, authorization, method, target, body)
}

func (c *client) send(t testing.TB, authorization, method, target, body string) answer {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	r.Header.Set("Accept", "application/vnd.atlas.2025-03-12+json")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), body: w.Body.Bytes()}
	if w.Code >= 400 && w.Body.Len() > 0 { // a refused token gets no body
		var said struct {
			Error      int    `json:"error"`
			ErrorCode  string `json:"errorCode"`
			Parameters []any  `json:"parameters"`
		}
		if err := json.Unmarshal(a.body, &said); err != nil || said.Error != w.Code {
			t.Errorf("%s %s: %d with the body %q: %v", method, target, w.Code, a.body, err)
		}
		a.code, a.params = said.ErrorCode, fmt.Sprint(said.Parameters)
	}
	return a
}

// token asks for a token of a service account, as clients do.
func (c *client) token(t testing.TB, id, secret string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/api/oauth/token", strings.NewReader("grant_type=client_credentials"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(id, secret)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	var said struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Code != http.StatusOK || said.Token == "" {
		t.Fatalf("no token for %s: %d %s", id, w.Code, w.Body)
	}
	return said.Token
}

// next returns the nonce and the next count of it.
func (c *client) next(t testing.TB) (string, int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.nonce == "" || now.Sub(c.minted) > 30*time.Second {
		a := c.send(t, "", http.MethodGet, "/api/public/v1.0", "")
		_, rest, ok := strings.Cut(a.header.Get("WWW-Authenticate"), `nonce="`)
		nonce, _, _ := strings.Cut(rest, `"`)
		if !ok || nonce == "" {
			t.Fatalf("no challenge: %d %v", a.status, a.header)
		}
		c.nonce, c.minted, c.count = nonce, now, 0
	}
	c.count++
	return c.nonce, c.count
}
