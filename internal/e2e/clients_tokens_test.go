package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/atlas-sdk/v20250312006/admin"
	"go.mongodb.org/atlas-sdk/v20250312006/auth"
	"golang.org/x/oauth2"
)

// tokensSent returns the different tokens that requests to the API carried, in
// the order in which they came up.
func (r *recorder) tokensSent() (tokens []string) {
	for _, e := range r.all() {
		token, ok := strings.CutPrefix(e.header.Get("Authorization"), "Bearer ")
		if ok && !slices.Contains(tokens, token) {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// TestTokenIsReused: programs that ask for a token when less than ten minutes
// of theirs are left, as the Terraform provider does, ask once.
func TestTokenIsReused(t *testing.T) {
	t.Parallel()
	dir, keys := setUp(t)
	server := serve(t, dir)
	proxy := record(t, server.URL)
	owner := enrol(t, server.URL, keys, "ORG_OWNER")
	source := oauth2.ReuseTokenSourceWithExpiry(nil, oauthConfig(proxy.URL, owner).TokenSource(t.Context()), 10*time.Minute)
	sdk := newSDK(t, proxy.URL, admin.UseHTTPClient(oauth2.NewClient(t.Context(), source)))
	const calls = 20
	for range calls {
		must[*admin.AtlasOrganization](t)(sdk.OrganizationsApi.GetOrganization(t.Context(), keys.OrgID).Execute())
	}
	if asked, sent := proxy.count(tokenPath), len(proxy.tokensSent()); asked != 1 || sent != 1 {
		t.Errorf("%d tokens were asked for and %d used in %d calls", asked, sent, calls)
	}
	for _, e := range proxy.all() {
		if e.refused {
			t.Errorf("%s %s was challenged: %q", e.method, e.target, e.answer.Values("Www-Authenticate"))
		}
	}
}

// TestTokenIsRefreshed: a program whose token has expired, or is about to, gets
// another one and goes on.
func TestTokenIsRefreshed(t *testing.T) {
	t.Parallel()
	dir, keys := setUp(t)
	server := serve(t, dir)
	owner := enrol(t, server.URL, keys, "ORG_OWNER")

	t.Run("short life", func(t *testing.T) {
		proxy := record(t, shortLives(t, server.URL))
		sdk := atlasSDKOAuth(t, proxy.URL, owner)
		for range 3 {
			must[*admin.AtlasOrganization](t)(sdk.OrganizationsApi.GetOrganization(t.Context(), keys.OrgID).Execute())
		}
		if asked, sent := proxy.count(tokenPath), len(proxy.tokensSent()); asked != 3 || sent != 3 {
			t.Errorf("%d tokens were asked for and %d used in 3 calls, want one for each", asked, sent)
		}
	})
	t.Run("kept on disk too long", func(t *testing.T) {
		proxy := record(t, server.URL)
		config := oauthConfig(proxy.URL, owner)
		kept, err := config.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		kept.Expiry = time.Now().Add(-time.Second)
		source := auth.ReuseTokenSource(kept, config.TokenSource(t.Context()))
		sdk := newSDK(t, proxy.URL, admin.UseHTTPClient(auth.NewClient(t.Context(), source)))
		for range 3 {
			must[*admin.AtlasOrganization](t)(sdk.OrganizationsApi.GetOrganization(t.Context(), keys.OrgID).Execute())
		}
		if asked, sent := proxy.count(tokenPath), proxy.tokensSent(); asked != 2 || len(sent) != 1 || sent[0] == kept.AccessToken {
			t.Errorf("%d tokens were asked for and %d used, want the second one only", asked, len(sent))
		}
	})
}

// shortLives puts a relay before the server at target that shortens the life of
// every token to less than clients keep in reserve.
func shortLives(t *testing.T, target string) string {
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	relay := httptest.NewServer(&httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(p *httputil.ProxyRequest) { p.SetURL(to) },
		ModifyResponse: func(resp *http.Response) error {
			if resp.Request.URL.Path != tokenPath {
				return nil
			}
			var o object
			if err := json.NewDecoder(resp.Body).Decode(&o); err != nil {
				return err
			}
			o["expires_in"] = 1
			short, err := json.Marshal(o)
			resp.Header.Set("Content-Length", strconv.Itoa(len(short)))
			resp.Body = io.NopCloser(bytes.NewReader(short))
			return err
		},
	})
	t.Cleanup(func() { relay.Close(); transport.CloseIdleConnections() })
	return relay.URL
}

// TestTokenIsRevoked gives tokens back as the SDK does.
func TestTokenIsRevoked(t *testing.T) {
	t.Parallel()
	dir, keys := setUp(t)
	server := serve(t, dir)
	owner, other := enrol(t, server.URL, keys, "ORG_OWNER"), enrol(t, server.URL, keys, "GROUP_READ_ONLY")
	proxy := record(t, server.URL)
	config := oauthConfig(proxy.URL, owner)
	get := func() *auth.Token {
		t.Helper()
		token, err := config.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if left := time.Until(token.Expiry); token.Type() != "Bearer" || left < 10*time.Minute {
			t.Errorf("a token of type %s, for %v", token.Type(), left)
		}
		return token
	}
	ask := func(token *auth.Token) *http.Response {
		t.Helper()
		client := auth.NewClient(t.Context(), auth.ReuseTokenSource(token, nil))
		_, resp, _ := newSDK(t, proxy.URL, admin.UseHTTPClient(client)).OrganizationsApi.GetOrganization(t.Context(), keys.OrgID).Execute()
		if resp == nil {
			t.Fatal("no answer")
		}
		return resp
	}
	first, second := get(), get()
	if first.AccessToken == second.AccessToken {
		t.Error("two tokens are the same")
	}
	if got := ask(first).StatusCode; got != 200 {
		t.Errorf("before the revocation: %d", got)
	}
	// Somebody else's revocation of it succeeds without effect (RFC 7009 section 2.2).
	if err := oauthConfig(proxy.URL, other).RevokeToken(t.Context(), first); err != nil {
		t.Error(err)
	}
	if got := ask(first).StatusCode; got != 200 {
		t.Errorf("after a revocation by another service account: %d", got)
	}
	for range 2 { // as a client does that got no answer
		if err := config.RevokeToken(t.Context(), first); err != nil {
			t.Error(err)
		}
	}
	wantBearer(t, "a revoked token", ask(first))
	if got := ask(second).StatusCode; got != 200 {
		t.Errorf("another token after the revocation: %d", got)
	}
	wrong := oauthConfig(proxy.URL, credentials{owner.public, other.private})
	if err := wrong.RevokeToken(t.Context(), second); err == nil {
		t.Error("a revocation with another's secret succeeds")
	}
	_, err := wrong.Token(t.Context())
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != "invalid_client" || refused.Response.StatusCode != 401 {
		t.Errorf("a token for another's secret: %v", err)
	}
	for _, e := range proxy.all() {
		if e.target == tokenPath || e.target == revokePath {
			for _, fault := range oauthFaults(e) {
				t.Errorf("%s %s %d: %s", e.method, e.target, e.status, fault)
			}
		}
	}
}

// TestCurlWithTokens does with curl what the documents say: a token with the
// credentials in the header or in the form, and the main call with it.
func TestCurlWithTokens(t *testing.T) {
	t.Parallel()
	curl := findCurl(t)
	dir, keys := setUp(t)
	server := serve(t, dir)
	owner := enrol(t, server.URL, keys, "ORG_OWNER")
	run := func(t *testing.T, path string, args ...string) (got answer, exit int) {
		t.Helper()
		s := curlSender{curl, t.TempDir(), nil}
		args = append([]string{"-q", "-sS", "--max-time", "20", "--fail-with-body", "-D", s.dir + "/headers", server.URL + path}, args...)
		out, err := exec.Command(curl, args...).Output()
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			exit = failed.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		got, err = lastHead(s.dir + "/headers")
		if err != nil {
			t.Fatalf("curl %s (exit status %d): %v", path, exit, err)
		}
		got.body = out
		return got, exit
	}
	user := owner.public + ":" + owner.private
	forms := map[string][]string{
		"credentials in the header": {"--user", user, "--data", "grant_type=client_credentials"},
		"credentials in the form": {"--data", "grant_type=client_credentials", "--data-urlencode", "client_id=" + owner.public,
			"--data-urlencode", "client_secret=" + owner.private},
	}
	for name, args := range forms {
		t.Run(name, func(t *testing.T) {
			got, exit := run(t, tokenPath, args...)
			token, err := tokenOf(got)
			if err != nil || exit != 0 {
				t.Fatalf("exit status %d: %v", exit, err)
			}
			for _, g := range []generation{atlasV2(), publicV1(), atlasV1()} {
				for _, role := range []string{"GROUP_OWNER", "GROUP_READ_ONLY"} {
					got, exit := run(t, g.base+"/groups/"+keys.ProjectID+"/apiKeys/"+keys.Example.APIKeyID, "-X", "PATCH",
						"-H", "Authorization: Bearer "+token, "-H", "Accept: "+g.media, "-H", "Content-Type: application/json", "--data", `{"roles":["`+role+`"]}`)
					var key object
					if err := json.Unmarshal(got.body, &key); err != nil || exit != 0 || !slices.Contains(key.roles(), keys.ProjectID+":"+role) {
						t.Errorf("%s: exit status %d, %d %s", g.name, exit, got.status, got.body)
					}
				}
			}
			got, exit = run(t, revokePath, "--user", user, "--data", "token="+token, "--data", "token_type_hint=access_token")
			if exit != 0 || got.status != 200 || len(got.body) > 0 {
				t.Errorf("revocation: exit status %d, %d %s", exit, got.status, got.body)
			}
			got, exit = run(t, "/api/atlas/v2/orgs", "--oauth2-bearer", token)
			if challenge := got.header.Get("Www-Authenticate"); exit != 22 || got.status != 401 || len(got.body) > 0 || !strings.HasPrefix(challenge, "Bearer ") {
				t.Errorf("after the revocation: exit status %d, %d %s %s", exit, got.status, challenge, got.body)
			}
		})
	}
	for _, c := range []struct {
		name   string
		path   string
		args   []string
		status int
		body   string
	}{
		{"no credentials", tokenPath, []string{"--data", "grant_type=client_credentials"},
			400, `{"error_description":"The provided credentials are not valid.","error":"invalid_request"}`},
		{"no form", tokenPath, []string{"--user", user, "--json", `{"grant_type":"client_credentials"}`},
			400, `{"error_description":"The provided credentials are not valid.","error":"invalid_request"}`},
		{"another grant", tokenPath, []string{"--user", user, "--data", "grant_type=password"},
			400, `{"error_description":"Invalid grant type.","error":"unsupported_grant_type"}`},
		{"a typo in the secret", tokenPath, []string{"--user", user + "x", "--data", "grant_type=client_credentials"},
			401, `{"error_description":"Invalid credentials provided.","error":"invalid_client"}`},
		{"a key", tokenPath, []string{"--user", keys.PublicKey + ":" + keys.PrivateKey, "--data", "grant_type=client_credentials"},
			401, `{"error_description":"Invalid credentials provided.","error":"invalid_client"}`},
		{"revocation without a token", revokePath, []string{"--user", user, "--data", "token_type_hint=access_token"},
			400, `{"error_description":"The provided credentials are not valid.","error":"invalid_request"}`},
		{"revocation by nobody", revokePath, []string{"--user", "x:y", "--data", "token=x"},
			401, `{"error_description":"Invalid credentials provided.","error":"invalid_client"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, exit := run(t, c.path, c.args...)
			if exit != 22 || got.status != c.status || string(got.body) != c.body || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("exit status %d, %d %s, want %d %s", exit, got.status, got.body, c.status, c.body)
			}
			if asks := got.header.Get("Www-Authenticate"); strings.HasPrefix(asks, "Digest") || (asks != "") != (c.status == 401) {
				t.Errorf("challenge %q", asks)
			}
		})
	}
	if got, exit := run(t, tokenPath); exit != 22 || got.status != 405 || got.header.Get("Allow") != "POST" {
		t.Errorf("GET: exit status %d, %d %v", exit, got.status, got.header)
	}
	if text := server.output.String(); strings.Contains(text, owner.private[10:30]) {
		t.Error("the log shows a secret")
	}
}
