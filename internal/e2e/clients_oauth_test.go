package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"go.mongodb.org/atlas-sdk/v20250312006/auth/clientcredentials"
	"golang.org/x/oauth2"
)

// Where service accounts get tokens and give them back.
const (
	tokenPath  = clientcredentials.TokenAPIPath
	revokePath = clientcredentials.RevokeAPIPath
)

// oauthConfig is what the Atlas Go SDK, and with it the Terraform provider and
// the Atlas CLI, get tokens with from the server at url.
func oauthConfig(url string, k credentials) *clientcredentials.Config {
	config := clientcredentials.NewConfig(k.public, k.private)
	config.TokenURL, config.RevokeURL = url+tokenPath, url+revokePath
	return config
}

// origin returns the scheme and the host of a URL.
func origin(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	return u.Scheme + "://" + u.Host, nil
}

// oauthSender sends with golang.org/x/oauth2, which gets a token when it needs one.
type oauthSender struct {
	t      *testing.T
	key    credentials
	client *http.Client
}

func startOAuth(t *testing.T) opener {
	return func(k credentials, _ bool) sender { return &oauthSender{t: t, key: k} }
}

func (s *oauthSender) send(method, url string, header map[string]string, body string) (answer, error) {
	if s.client == nil {
		base, err := origin(url)
		if err != nil {
			return answer{}, err
		}
		s.client = oauthConfig(base, s.key).Client(s.t.Context())
	}
	got, err := goSender{s.client}.send(method, url, header, body)
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) { // the answer to the request for a token is the answer
		return answer{refused.Response.StatusCode, refused.Response.Header, refused.Body}, nil
	}
	return got, err
}

// curlOAuthSender gets a token with curl, once, and sends with curl and that.
type curlOAuthSender struct {
	curlSender
	key credentials
}

func startCurlOAuth(t *testing.T) opener {
	curl := findCurl(t)
	return func(k credentials, _ bool) sender {
		return &curlOAuthSender{curlSender{path: curl, dir: t.TempDir()}, k}
	}
}

func (s *curlOAuthSender) send(method, url string, header map[string]string, body string) (answer, error) {
	if s.auth == nil {
		base, err := origin(url)
		if err != nil {
			return answer{}, err
		}
		login := s.curlSender
		login.auth = []string{"--user", s.key.public + ":" + s.key.private}
		got, err := login.send("POST", base+tokenPath, nil, "grant_type=client_credentials")
		if err != nil || got.status != 200 {
			return got, err
		}
		token, err := tokenOf(got)
		if err != nil {
			return answer{}, err
		}
		s.auth = []string{"--oauth2-bearer", token}
	}
	return s.curlSender.send(method, url, header, body)
}

// tokenOf returns the token in an answer of the token endpoint.
func tokenOf(got answer) (string, error) {
	var o object
	if err := json.Unmarshal(got.body, &o); err != nil || got.status != 200 || o.text("access_token") == "" {
		return "", fmt.Errorf("no token: %d %s %w", got.status, got.body, err)
	}
	return o.text("access_token"), nil
}

// enrol makes a service account with the role: in the organization, or in the
// first project.
func enrol(t *testing.T, url string, keys firstKeys, role string) credentials {
	t.Helper()
	s := &session{t: t, gen: atlasV2().ofAccounts(), keys: keys, url: url, sender: startForks(t)(keys.owner(), false)}
	container := "/orgs/" + keys.OrgID
	if role[:len("GROUP")] == "GROUP" {
		container = "/groups/" + keys.ProjectID
	}
	_, k := s.newAccount(container, role, role)
	return k
}

// oauthFaults says what of an answer of the token endpoint, or of the one that
// takes tokens back, is not as published.
func oauthFaults(e exchange) (faults []string) {
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	check(e.answer.Get("Cache-Control") == "no-store", "Cache-Control: %q", e.answer.Get("Cache-Control"))
	if e.target == revokePath && e.status == 200 {
		check(len(e.body) == 0, "a body after a revocation: %s", e.body)
		return faults
	}
	check(e.answer.Get("Content-Type") == "application/json", "Content-Type: %q", e.answer.Get("Content-Type"))
	var o object
	check(json.Unmarshal(e.body, &o) == nil, "no JSON: %s", e.body)
	if e.status == 200 {
		life, _ := o["expires_in"].(float64)
		check(len(o) == 3 && o.text("access_token") != "" && o.text("token_type") == "Bearer", "members of a token: %v", o)
		check(life > 600 && life <= 3600, "expires_in: %v", life) // the Terraform provider asks again when less than ten minutes are left
		return faults
	}
	status := map[string]int{"invalid_request": 400, "unsupported_grant_type": 400, "invalid_client": 401}[o.text("error")]
	check(len(o) == 2 && status == e.status && o.text("error_description") != "", "%d %v", e.status, o)
	check(e.answer.Get("X-Error-Code") == "", "X-Error-Code: %s", e.answer.Get("X-Error-Code"))
	return faults
}
