package apitest

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/atlas-sdk/v20250312006/auth/clientcredentials"

	"github.com/latchkey/latchkey"
)

// TestOfficialClient: the client credentials of the vendor's SDK get a token,
// use it, give it back, and understand refusals.
func TestOfficialClient(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		k := w.store("robot", "org", "project", 24*time.Hour, latchkey.GroupReadOnly)
		ctx := context.Background()
		config := func(secret string) *clientcredentials.Config {
			c := clientcredentials.NewConfig(k.id, secret)
			c.TokenURL, c.RevokeURL = w.url+"/api/oauth/token", w.url+"/api/oauth/revoke"
			return c
		}
		right, wrong := config(k.secret), config(latchkey.NewClientSecret().Reveal())
		token, err := right.Token(ctx)
		if err != nil || token.Type() != "Bearer" || time.Until(token.Expiry) < 50*time.Minute {
			t.Fatalf("token %v %v", token.Type(), err)
		}
		get := func(client *http.Client) *http.Response {
			r, err := http.NewRequest(http.MethodGet, w.url+w.expand("/api/atlas/v2/groups/{project}"), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept", "application/vnd.atlas.2023-01-01+json")
			resp, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Fatal(err)
			}
			return resp
		}
		client := right.Client(ctx)
		if resp := get(client); resp.StatusCode != http.StatusOK {
			t.Errorf("with a token: %s", resp.Status)
		}
		k.token = token.AccessToken
		w.ok("robot", "GET /api/atlas/v2/groups/{project}", "", 200)
		if err := wrong.RevokeToken(ctx, token); err == nil || !strings.Contains(err.Error(), "401") || !strings.Contains(err.Error(), "Basic realm=") {
			t.Errorf("revoked with a wrong secret: %v", err)
		}
		if err := right.RevokeToken(ctx, token); err != nil {
			t.Errorf("revoking: %v", err)
		}
		w.call("robot", "GET /api/atlas/v2/groups/{project}", "").wantBearer()
		if resp := get(client); resp.StatusCode != http.StatusOK {
			t.Errorf("with another token: %s", resp.Status)
		}
		if _, err := wrong.Token(ctx); err == nil || !strings.Contains(err.Error(), "invalid_client") || !strings.Contains(err.Error(), "Invalid credentials provided.") {
			t.Errorf("a token for a wrong secret: %v", err)
		}
	})
}
