package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	icholy "github.com/icholy/digest"
)

// proof returns a header with which the owner proves itself once for a
// request, with a nonce that the proxy passed on.
func (s *site) proof(t *testing.T, method, target string) string {
	t.Helper()
	header := s.stops(t, 401, credentials{}, target)
	var line string
	for l := range strings.Lines(header) {
		if name, value, _ := strings.Cut(l, ":"); strings.EqualFold(name, "WWW-Authenticate") {
			line = strings.TrimSpace(value)
		}
	}
	challenge, err := icholy.ParseChallenge(line)
	if err != nil {
		t.Fatalf("the challenge %q: %v", line, err)
	}
	owner := s.keys.owner()
	answer, err := icholy.Digest(challenge, icholy.Options{Method: method, URI: target, Username: owner.public, Password: owner.private, Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: " + answer.String()
}

// account is a service account with its secret.
type account struct{ id, secretID, secret string }

// enrol makes a service account that reads the project.
func (s *site) enrol(t *testing.T, name string) account {
	t.Helper()
	made := s.api(t, "POST", "/groups/{project}/serviceAccounts",
		`{"name":"`+name+`","description":"of a test","roles":["GROUP_READ_ONLY"],"secretExpiresAfterHours":8}`, 201)
	secret := made.objects("secrets")[0]
	return account{made.text("clientId"), secret.text("id"), secret.text("secret")}
}

// form sends a form to Latchkey itself with HTTP Basic.
func (s *site) form(t *testing.T, path string, a account, form url.Values) []byte {
	t.Helper()
	req, err := http.NewRequest("POST", s.latchkey.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(a.id), url.QueryEscape(a.secret))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %d %v\n%s", path, resp.StatusCode, err, body)
	}
	return body
}

// token gets a token for the account, as a header.
func (s *site) token(t *testing.T, a account) (header, token string) {
	t.Helper()
	var issued struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(s.form(t, "/api/oauth/token", a, url.Values{"grant_type": {"client_credentials"}}), &issued); err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + issued.Token, issued.Token
}

// introspect asks Latchkey as the owner, with curl, whether a token is worth
// anything.
func (s *site) introspect(t *testing.T, token string) object {
	t.Helper()
	owner := s.keys.owner()
	status, header, body := curlTo(t, s.latchkey.URL+"/api/oauth/introspect", "--digest", "--user", owner.public+":"+owner.private,
		"--data-urlencode", "token="+token, "--data", "token_type_hint=access_token")
	var o object
	if err := json.Unmarshal(body, &o); status != 200 || err != nil {
		t.Fatalf("introspection: %d %v\n%s%s", status, err, header, body)
	}
	return o
}

// tokens is what digest, replay and revocation are, for service accounts.
func (s *site) tokens(t *testing.T) {
	a := s.enrol(t, "protected")
	header, token := s.token(t, a)
	for range 2 { // a token is no nonce
		got := s.passes(t, credentials{}, a.id, "/orders?page=2", "--header", header, "--data", "order")
		if got.Header.Get("X-Latchkey-Kind") != "serviceAccount" || got.Header.Get("X-Latchkey-Public-Key") != "" || got.Body != "order" {
			t.Errorf("the service saw %+v", got)
		}
		s.passes(t, credentials{}, a.id, "/", "--header", header, "--header", "X-Latchkey-Public-Key: spoofed")
	}
	if o := s.introspect(t, token); o["active"] != true || o.text("client_id") != a.id {
		t.Errorf("introspection: %v", o)
	}
	refused := func(header, token string) {
		t.Helper()
		lines := strings.ToLower(s.stops(t, 401, credentials{}, "/", "--header", header))
		if !strings.Contains(lines, "www-authenticate: bearer ") || strings.Contains(lines, "digest") {
			t.Errorf("the challenge to a token: %s", lines)
		}
		if o := s.introspect(t, token); len(o) != 1 || o["active"] != false {
			t.Errorf("introspection: %v", o)
		}
	}
	refused(header+"x", token+"x")

	s.form(t, "/api/oauth/revoke", a, url.Values{"token": {token}})
	refused(header, token)

	other, _ := s.token(t, a)
	s.passes(t, credentials{}, a.id, "/", "--header", other)
	s.api(t, "PATCH", "/groups/{project}/serviceAccounts/"+a.id, `{"roles":["GROUP_DATA_ACCESS_READ_ONLY"]}`, 200)
	s.passes(t, credentials{}, a.id, "/", "--header", other) // every role of a project implies reading it
	s.api(t, "DELETE", "/groups/{project}/serviceAccounts/"+a.id, "", 204)
	s.stops(t, 403, credentials{}, "/", "--header", other)

	b := s.enrol(t, "short")
	header, token = s.token(t, b)
	s.passes(t, credentials{}, b.id, "/", "--header", header)
	s.api(t, "DELETE", "/orgs/{org}/serviceAccounts/"+b.id+"/secrets/"+b.secretID, "", 204)
	refused(header, token)

	c := s.enrol(t, "gone")
	header, token = s.token(t, c)
	s.passes(t, credentials{}, c.id, "/", "--header", header)
	s.api(t, "DELETE", "/orgs/{org}/serviceAccounts/"+c.id, "", 204)
	refused(header, token)
}
