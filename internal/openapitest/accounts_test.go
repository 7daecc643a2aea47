package openapitest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mongodb-forks/digest"

	"github.com/latchkey/latchkey/internal/openapitest"
	"github.com/latchkey/latchkey/latchkeytest"
)

// TestAccountsAreAsDocumented makes the calls about service accounts, some of
// them refused, through the relay, which compares each answer with the document
// of its generation.
func TestAccountsAreAsDocumented(t *testing.T) {
	s := latchkeytest.NewServer(t)
	proxy, _ := openapitest.Proxy(t, s.URL)
	client, err := digest.NewTransport(s.Owner.PublicKey, s.Owner.PrivateKey).Client()
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"/api/atlas/v2", "/api/public/v1.0", "/api/atlas/v1.0"} {
		names := map[string]string{"{org}": s.OrgID, "{project}": s.ProjectID}
		for _, c := range []struct {
			call, body string
			status     int
		}{
			{"POST /orgs/{org}/serviceAccounts", `{"name":"a","description":"b","roles":["ORG_MEMBER"],"secretExpiresAfterHours":8}`, 201},
			{"POST /orgs/{org}/serviceAccounts", `{"name":"/","description":"b","roles":["ORG_MEMBER"],"secretExpiresAfterHours":8}`, 400},
			{"POST /orgs/{org}/serviceAccounts", `{"name":"a","description":"b","roles":[],"secretExpiresAfterHours":8}`, 400},
			{"POST /orgs/{org}/serviceAccounts", `{"name":"a","description":"b","roles":["ORG_OWNER"]}`, 400},
			{"GET /orgs/{org}/serviceAccounts?includeSystemManaged=true", "", 200},
			{"GET /orgs/{org}/serviceAccounts?includeSystemManaged=x", "", 400},
			{"GET /orgs/{org}/serviceAccounts/{account}", "", 200},
			{"PATCH /orgs/{org}/serviceAccounts/{account}", `{"roles":["ORG_READ_ONLY"],"name":"c"}`, 200},
			{"PATCH /orgs/{org}/serviceAccounts/x", `{}`, 400},
			{"GET /groups/{project}/serviceAccounts/{account}", "", 404},
			{"POST /groups/{project}/serviceAccounts/{account}:invite", `{"roles":["GROUP_OWNER"]}`, 200},
			{"POST /groups/{project}/serviceAccounts/{account}:invite", `{"roles":["GROUP_OWNER"]}`, 409},
			{"GET /groups/{project}/serviceAccounts", "", 200},
			{"PATCH /groups/{project}/serviceAccounts/{account}", `{"roles":["GROUP_READ_ONLY"]}`, 200},
			{"GET /orgs/{org}/serviceAccounts/{account}/groups", "", 200},
			{"POST /orgs/{org}/serviceAccounts/{account}/secrets", `{"secretExpiresAfterHours":8}`, 201},
			{"POST /groups/{project}/serviceAccounts/{account}/secrets", `{"secretExpiresAfterHours":8}`, 400},
			{"DELETE /groups/{project}/serviceAccounts/{account}/secrets/{secret}", "", 204},
			{"DELETE /orgs/{org}/serviceAccounts/{account}/secrets/{secret}", "", 404},
			{"DELETE /orgs/{org}/serviceAccounts/{account}/secrets/x", "", 400},
			{"POST /orgs/{org}/serviceAccounts/{account}/accessList", `[{"ipAddress":"192.0.2.1"},{"cidrBlock":"10.0.0.0/8"}]`, 200},
			{"POST /groups/{project}/serviceAccounts/{account}/accessList", `[{"ipAddress":"192.0.2.1"}]`, 409},
			{"GET /groups/{project}/serviceAccounts/{account}/accessList", "", 200},
			{"DELETE /groups/{project}/serviceAccounts/{account}/accessList/10.0.0.0%2F8", "", 204},
			{"DELETE /orgs/{org}/serviceAccounts/{account}/accessList/10.0.0.0%2F8", "", 404},
			{"DELETE /orgs/{org}/serviceAccounts/{account}/accessList/x", "", 400},
			{"DELETE /groups/{project}/serviceAccounts/{account}", "", 204},
			{"DELETE /orgs/{org}/serviceAccounts/{account}", "", 204},
			{"DELETE /orgs/{org}/serviceAccounts/{account}", "", 404},
			{"POST /groups/{project}/serviceAccounts", `{"name":"a","description":"b","roles":["GROUP_OWNER"],"secretExpiresAfterHours":8}`, 201},
		} {
			method, path, _ := strings.Cut(c.call, " ")
			for name, id := range names {
				path = strings.ReplaceAll(path, name, id)
			}
			req, err := http.NewRequest(method, proxy+base+path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept", "application/vnd.atlas.2024-08-05+json")
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != c.status {
				t.Errorf("%s %s: %s, want %d: %s (%v)", base, c.call, resp.Status, c.status, body, err)
			}
			var made struct {
				ClientID string
				Secrets  []struct{ ID string }
			}
			if strings.HasSuffix(path, "serviceAccounts") && resp.StatusCode == http.StatusCreated && json.Unmarshal(body, &made) == nil {
				names["{account}"], names["{secret}"] = made.ClientID, made.Secrets[0].ID
			}
		}
	}
}
