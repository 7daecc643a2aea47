package e2e

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/atlas-sdk/v20250312006/auth"
)

// step is one request of a tool, as it is sent after the challenge. Words in
// braces are filled in with what earlier answers gave.
type step struct {
	method, path, body string
	status             int
	code               string // the error code that the tool looks for
	save               string // names what to keep of the answer, which must be there: "name=member", "name=list.0.member"
}

// tool is a program whose requests are replayed with its own headers.
type tool struct {
	name      string
	userAgent string
	gen       generation
	steps     []step
}

const page = "?includeCount=true&itemsPerPage=100&pageNum=1"

// terraform returns a resource of the Terraform provider.
func terraform(resource string, steps ...step) tool {
	return tool{"terraform " + resource, "terraform-provider-mongodbatlas/9.9.9 Terraform/1.11.4 Name/" + resource + " Operation/apply", atlasV2(), steps}
}

func tools() []tool {
	return append(slices.Concat(terraformResources(), terraformAccounts()),
		tool{"atlas CLI", "atlascli/9.9.9 (linux;amd64;native)", atlasV2(), atlasCLI()},
		tool{"atlas api", "Go-http-client/1.1", atlasV2(), atlasAPI()},
		tool{"mongocli on Ops Manager", "mongocli/ (linux;amd64)", publicV1(), mongocli()},
		tool{"mongocli on Atlas", "mongocli/ (linux;amd64)", atlasV1(), mongocli()},
	)
}

func terraformResources() []tool {
	return []tool{
		terraform("mongodbatlas_api_key",
			step{"POST", "/orgs/{org}/apiKeys", `{"desc":"tf","roles":["ORG_READ_ONLY"]}`, 200, "", "key=id"},
			step{"GET", "/orgs/{org}/apiKeys/{key}", "", 200, "", ""},
			step{"GET", "/orgs/{org}/apiKeys" + page, "", 200, "", ""},
			step{"PATCH", "/orgs/{org}/apiKeys/{key}", `{"desc":"tf-changed","roles":["ORG_READ_ONLY","ORG_MEMBER"]}`, 200, "", ""},
			step{"POST", "/orgs/{org}/apiKeys", `{"desc":"tf","roles":["INVALID_ROLE"]}`, 400, "INVALID_ENUM_VALUE", ""},
			step{"DELETE", "/orgs/{org}/apiKeys/{key}", "", 204, "", ""},
			step{"GET", "/orgs/{org}/apiKeys/{key}", "", 400, "API_KEY_NOT_FOUND", ""},
			step{"GET", "/orgs/{org}/apiKeys/not-an-id", "", 400, "PATH_PARAM_PARSE_ERROR", ""},
		),
		terraform("mongodbatlas_project_api_key",
			step{"POST", "/groups", tfProject("tf-second"), 201, "", "second=id"},
			step{"POST", "/groups/{project}/apiKeys", `{"desc":"tf","roles":["GROUP_READ_ONLY"]}`, 200, "", "key=id"},
			step{"POST", "/groups/{second}/apiKeys/{key}", `[{"roles":["GROUP_OWNER"],"userId":"{key}"}]`, 204, "", ""},
			step{"GET", "/orgs" + page, "", 200, "", ""},
			step{"GET", "/orgs/{org}/apiKeys/{key}", "", 200, "", ""},
			step{"GET", "/groups/{project}/apiKeys" + page, "", 200, "", ""},
			step{"PATCH", "/groups/{project}/apiKeys/{key}" + page, `{"roles":["GROUP_OWNER","GROUP_READ_ONLY"]}`, 200, "", ""},
			step{"PATCH", "/orgs/{org}/apiKeys/{key}", `{"desc":"tf-changed"}`, 200, "", ""},
			step{"DELETE", "/groups/{second}/apiKeys/{key}", "", 204, "", ""},
			step{"DELETE", "/groups/{project}/apiKeys/{key}", "", 204, "", ""},
			step{"DELETE", "/orgs/{org}/apiKeys/{key}", "", 204, "", ""},
			step{"GET", "/orgs/{org}/apiKeys/{key}", "", 400, "API_KEY_NOT_FOUND", ""},
			step{"DELETE", "/groups/{second}", "", 202, "", ""},
			step{"GET", "/groups/{second}/apiKeys" + page, "", 404, "GROUP_NOT_FOUND", ""},
		),
		terraform("mongodbatlas_api_key_project_assignment",
			step{"POST", "/groups", tfProject("tf-assignment"), 201, "", "made=id"},
			step{"POST", "/orgs/{org}/apiKeys", `{"desc":"tf","roles":["ORG_MEMBER"]}`, 200, "", "key=id"},
			step{"POST", "/groups/{made}/apiKeys/{key}", `[{"roles":["GROUP_READ_ONLY"],"userId":"{key}"}]`, 204, "", ""},
			step{"GET", "/groups/{made}/apiKeys" + page, "", 200, "", ""},
			step{"POST", "/groups/{made}/apiKeys/{key}", `[{"roles":["GROUP_READ_ONLY"],"userId":"{key}"}]`, 409, "API_KEY_ALREADY_IN_GROUP", ""},
			step{"PATCH", "/groups/{made}/apiKeys/{key}" + page, `{"roles":["GROUP_OWNER"]}`, 200, "", ""},
			step{"DELETE", "/groups/{made}/apiKeys/{key}", "", 204, "", ""},
			step{"PATCH", "/groups/{made}/apiKeys/{key}" + page, `{"roles":["GROUP_OWNER"]}`, 400, "API_KEY_NOT_FOUND", ""},
			step{"DELETE", "/groups/{made}", "", 202, "", ""},
			step{"GET", "/groups/{made}/apiKeys" + page, "", 404, "GROUP_NOT_FOUND", ""},
			step{"DELETE", "/groups/{made}/apiKeys/{key}", "", 404, "GROUP_NOT_FOUND", ""},
			step{"DELETE", "/orgs/{org}/apiKeys/{key}", "", 204, "", ""},
		),
		terraform("mongodbatlas_access_list_api_key",
			step{"POST", "/orgs/{org}/apiKeys", `{"desc":"tf","roles":["ORG_MEMBER"]}`, 200, "", "key=id"},
			step{"POST", "/orgs/{org}/apiKeys/{key}/accessList" + page, `[{"ipAddress":"192.0.2.1"}]`, 200, "", ""},
			step{"GET", "/orgs/{org}/apiKeys/{key}/accessList/192.0.2.1", "", 200, "", ""},
			step{"POST", "/orgs/{org}/apiKeys/{key}/accessList" + page, `[{"cidrBlock":"100.10.0.0/16"}]`, 200, "", ""},
			step{"GET", "/orgs/{org}/apiKeys/{key}/accessList/100.10.0.0%2F16", "", 200, "", ""},
			step{"GET", "/orgs/{org}/apiKeys/{key}/accessList" + page, "", 200, "", ""},
			step{"DELETE", "/orgs/{org}/apiKeys/{key}/accessList/100.10.0.0%2F16", "", 204, "", ""},
			step{"GET", "/orgs/{org}/apiKeys/{key}/accessList/100.10.0.0%2F16", "", 404, "API_KEY_ACCESS_LIST_NOT_FOUND", ""},
			step{"DELETE", "/orgs/{org}/apiKeys/{key}/accessList/192.0.2.1", "", 204, "", ""},
			step{"DELETE", "/orgs/{org}/apiKeys/{key}", "", 204, "", ""},
			step{"GET", "/orgs/{org}/apiKeys/{key}/accessList/192.0.2.1", "", 400, "API_KEY_NOT_FOUND", ""},
		),
		terraform("mongodbatlas_project",
			step{"POST", "/groups", tfProject("tf-project"), 201, "", "made=id"},
			step{"GET", "/groups/{made}", "", 200, "", ""},
			step{"GET", "/groups/byName/tf-project", "", 200, "", ""},
			step{"GET", "/groups" + page, "", 200, "", ""},
			step{"PATCH", "/groups/{made}", `{"name":"tf-renamed","tags":[{"key":"Owner","value":"team"}]}`, 200, "", ""},
			step{"GET", "/groups/byName/tf-renamed", "", 200, "", ""},
			step{"DELETE", "/groups/{made}", "", 202, "", ""},
			step{"DELETE", "/groups/{made}", "", 202, "", ""},
			step{"GET", "/groups/{made}", "", 404, "GROUP_NOT_FOUND", ""},
			step{"GET", "/groups/byName/{made}", "", 404, "GROUP_NAME_NOT_FOUND", ""},
			step{"POST", "/groups?projectOwnerId=5f0000000000000000000001", tfProject("tf-owned"), 404, "USER_NOT_FOUND", ""},
		),
		terraform("mongodbatlas_organization",
			step{"GET", "/orgs/{org}", "", 200, "", ""},
			step{"GET", "/orgs/{org}/settings", "", 200, "", ""},
			step{"PATCH", "/orgs/{org}", `{"name":"tf-organization","skipDefaultAlertsSettings":true}`, 200, "", ""},
			step{"PATCH", "/orgs/{org}/settings", `{"apiAccessListRequired":false,"genAIFeaturesEnabled":true,"multiFactorAuthRequired":false,"restrictEmployeeAccess":false,"securityContact":"security@example.com"}`, 200, "", ""},
			step{"GET", "/orgs" + page + "&name=tf-organization", "", 200, "", ""},
			step{"GET", "", "", 200, "", ""},
		),
	}
}

// tfProject is the body with which the provider makes a project: the
// generated type has read-only members that cannot be left out.
func tfProject(name string) string {
	return `{"clusterCount":0,"created":"0001-01-01T00:00:00Z","name":"` + name + `","orgId":"{org}","tags":[],"withDefaultAlertsSettings":true}`
}

func atlasCLI() []step {
	return []step{
		{"GET", "/orgs" + page, "", 200, "", ""},
		{"GET", "/orgs/{org}", "", 200, "", ""},
		{"POST", "/orgs/{org}/apiKeys", `{"desc":"e2e-test-helper","roles":["ORG_READ_ONLY"]}`, 200, "", "key=id"},
		{"GET", "/orgs/{org}/apiKeys" + page, "", 200, "", ""},
		{"GET", "/orgs/{org}/apiKeys?includeCount=false&itemsPerPage=100&pageNum=1", "", 200, "", ""},
		{"PATCH", "/orgs/{org}/apiKeys/{key}", `{"desc":"e2e-test","roles":["ORG_READ_ONLY"]}`, 200, "", ""},
		{"GET", "/orgs/{org}/apiKeys/{key}", "", 200, "", ""},
		{"POST", "/orgs/{org}/apiKeys/{key}/accessList" + page, `[{"ipAddress":"192.168.0.229"}]`, 200, "", ""},
		{"GET", "/api/private/ipinfo", "", 200, "", "address=currentIpv4Address"},
		{"POST", "/orgs/{org}/apiKeys/{key}/accessList" + page, `[{"ipAddress":"{address}"}]`, 200, "", ""},
		{"GET", "/orgs/{org}/apiKeys/{key}/accessList" + page, "", 200, "", ""},
		{"DELETE", "/orgs/{org}/apiKeys/{key}/accessList/192.168.0.229", "", 204, "", ""},
		{"DELETE", "/orgs/{org}/apiKeys/{key}/accessList/{address}", "", 204, "", ""},
		{"DELETE", "/orgs/{org}/apiKeys/{key}", "", 204, "", ""},
		{"POST", "/groups", `{"clusterCount":0,"created":"0001-01-01T00:00:00Z","name":"e2e-proj","orgId":"{org}","tags":[{"key":"env","value":"e2e"},{"key":"prod","value":"false"}],"withDefaultAlertsSettings":true}`, 201, "", "made=id"},
		{"POST", "/groups/{made}/apiKeys", `{"desc":"e2e-test","roles":["GROUP_READ_ONLY"]}`, 200, "", "key=id"},
		{"PATCH", "/groups/{made}/apiKeys/{key}" + page, `{"roles":["GROUP_DATA_ACCESS_READ_ONLY"]}`, 200, "", ""},
		{"GET", "/groups/{made}/apiKeys" + page, "", 200, "", ""},
		{"DELETE", "/groups/{made}/apiKeys/{key}", "", 204, "", ""},
		{"DELETE", "/orgs/{org}/apiKeys/{key}", "", 204, "", ""},
		{"GET", "/groups" + page, "", 200, "", ""},
		{"GET", "/orgs/{org}/groups" + page, "", 200, "", ""},
		{"PATCH", "/groups/{made}", `{"name":"e2e-proj-updated","tags":[{"key":"env","value":"e2e"},{"key":"app","value":"cli"}]}`, 200, "", ""},
		{"GET", "/groups/{made}", "", 200, "", ""},
		{"PATCH", "/groups/{made}", `{"tags":[]}`, 200, "", ""},
		{"DELETE", "/groups/{made}", "", 202, "", ""},
	}
}

// atlasAPI sends what it is told, without the parameters of a page.
func atlasAPI() []step {
	return []step{
		{"GET", "", "", 200, "", ""},
		{"GET", "/unauth/controlPlaneIPAddresses", "", 200, "", ""},
		{"GET", "/orgs/{org}/apiKeys", "", 200, "", ""},
		{"GET", "/orgs/{org}/apiKeys/{example}?envelope=true", "", 200, "", ""},
		{"GET", "/orgs/{org}/apiKeys/{example}?pretty=true", "", 200, "", ""},
		{"GET", "/groups/{project}/apiKeys?envelope=true", "", 200, "", ""},
		{"GET", "/groups", "", 200, "", ""},
	}
}

func mongocli() []step {
	return []step{
		{"GET", "/orgs?includeDeletedOrgs=false", "", 200, "", ""},
		{"GET", "/orgs/{org}", "", 200, "", ""},
		{"POST", "/groups", `{"name":"mongocli-project","orgId":"{org}"}`, 201, "", "made=id"},
		{"GET", "/groups?itemsPerPage=100", "", 200, "", ""},
		{"GET", "/orgs/{org}/groups", "", 200, "", ""},
		{"GET", "/groups/byName/mongocli-project", "", 200, "", ""},
		{"GET", "/groups/{made}", "null", 200, "", ""}, // the Go client sends a body with some reads
		{"POST", "/groups/{made}/apiKeys", `{"desc":"e2e-test","roles":["GROUP_READ_ONLY"]}`, 200, "", "born=id"},
		{"GET", "/groups/{made}/apiKeys", "", 200, "", ""},
		{"POST", "/orgs/{org}/apiKeys", `{"desc":"e2e-test","roles":["ORG_MEMBER"]}`, 200, "", "key=id"},
		{"GET", "/orgs/{org}/apiKeys" + page, "", 200, "", ""},
		{"PATCH", "/groups/{made}/apiKeys/{key}", `{"roles":["GROUP_READ_ONLY"]}`, 200, "", ""},
		{"PATCH", "/groups/{made}/apiKeys/{key}", `{"roles":["GROUP_OWNER"]}`, 200, "", ""},
		{"PATCH", "/orgs/{org}/apiKeys/{key}", `{"desc":"e2e-test-updated"}`, 200, "", ""},
		{"GET", "/orgs/{org}/apiKeys/{key}", "", 200, "", ""},
		{"POST", "/orgs/{org}/apiKeys/{key}/accessList", `[{"ipAddress":"192.0.2.9"},{"cidrBlock":"10.20.0.0/16"}]`, 200, "", ""},
		{"GET", "/orgs/{org}/apiKeys/{key}/accessList", "", 200, "", ""},
		{"GET", "/orgs/{org}/apiKeys/{key}/accessList/192.0.2.9", "", 200, "", ""},
		{"DELETE", "/orgs/{org}/apiKeys/{key}/accessList/10.20.0.0/16", "", 204, "", ""},
		{"DELETE", "/orgs/{org}/apiKeys/{key}/accessList/192.0.2.9", "", 204, "", ""},
		{"DELETE", "/groups/{made}/apiKeys/{key}", "", 204, "", ""},
		{"DELETE", "/orgs/{org}/apiKeys/{key}", "", 204, "", ""},
		{"GET", "/orgs/{org}/apiKeys/{key}", "", 400, "API_KEY_NOT_FOUND", ""},
		{"DELETE", "/groups/{made}", "", 202, "", ""},
	}
}

// TestReplay sends the request sequences of the Terraform provider and of the
// command-line clients, for what this server has, with the headers that they
// send, and compares the answers with what is published: with a key, and as a
// service account.
func TestReplay(t *testing.T) {
	t.Parallel()
	all := newBook()
	t.Run("tools", func(t *testing.T) {
		for _, tool := range tools() {
			for _, oauth := range []bool{false, true} {
				name := tool.name
				if oauth {
					name += " with a token"
				}
				if oauth && !tool.gen.dated() {
					continue // those tools know keys only
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					dir, keys := setUp(t)
					server := serve(t, dir)
					proxy := record(t, validated(t, server.URL))
					sender := startForks(t)(keys.owner(), false)
					if oauth {
						owner := enrol(t, server.URL, keys, "ORG_OWNER")
						sender = startOAuth(t)(owner, false)
						replay(t, tool, sender, keys, proxy.URL)
						giveBack(t, proxy, owner)
					} else {
						replay(t, tool, sender, keys, proxy.URL)
					}
					all.enter(t, name, proxy.all())
				})
			}
		}
	})
	all.print(t)
}

// giveBack ends a run as the Terraform provider does: with the token it had.
func giveBack(t *testing.T, proxy *recorder, k credentials) {
	sent := proxy.tokensSent()
	if len(sent) != 1 {
		t.Fatalf("%d tokens were used, want one for the whole run", len(sent))
	}
	token := &auth.Token{AccessToken: sent[0], Expiry: time.Now().Add(time.Minute)}
	if err := oauthConfig(proxy.URL, k).RevokeToken(t.Context(), token); err != nil {
		t.Error(err)
	}
	if last := proxy.last(t); last.target != revokePath || last.status != 200 {
		t.Errorf("%s: %d, want exactly 200", last.target, last.status)
	}
}

func replay(t *testing.T, tool tool, sender sender, keys firstKeys, url string) {
	words := []string{"{org}", keys.OrgID, "{project}", keys.ProjectID, "{example}", keys.Example.APIKeyID}
	for _, s := range tool.steps {
		// The latest value of a name wins: the replacer takes the first it has.
		fill := strings.NewReplacer(words...)
		gen := tool.gen
		if strings.Contains(s.path, "/serviceAccounts") {
			gen = gen.ofAccounts()
		}
		header := map[string]string{"Accept": gen.media, "User-Agent": tool.userAgent}
		path := gen.base + s.path
		switch {
		case strings.HasPrefix(s.path, "/api/private/"):
			path, header["Accept"] = s.path, "application/json"
		case strings.HasPrefix(s.path, "/unauth/control"):
			header["Accept"] = "application/vnd.atlas.2023-11-15+json"
		}
		if s.body != "" {
			header["Content-Type"] = gen.media
		}
		got, err := sender.send(s.method, url+fill.Replace(path), header, fill.Replace(s.body))
		if err != nil {
			t.Fatalf("%s %s: %v", s.method, s.path, err)
		}
		if got.status != s.status || got.header.Get("X-Error-Code") != s.code {
			t.Fatalf("%s %s %s: %d %s, want %d %s\n%s", s.method, path, s.body, got.status, got.header.Get("X-Error-Code"), s.status, s.code, got.body)
		}
		if name, member, ok := strings.Cut(s.save, "="); ok {
			text := lookUp(got.body, member)
			if text == "" {
				t.Fatalf("%s %s: no %s in %s", s.method, path, member, got.body)
			}
			words = append([]string{"{" + name + "}", text}, words...)
		}
	}
}

// lookUp returns the text at a path, such as "results.0.id", or "".
func lookUp(body []byte, path string) string {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return ""
	}
	for part := range strings.SplitSeq(path, ".") {
		switch container := v.(type) {
		case map[string]any:
			v = container[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(container) {
				return ""
			}
			v = container[i]
		default:
			return ""
		}
	}
	text, _ := v.(string)
	return text
}
