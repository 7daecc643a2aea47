package published_test

import (
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/published"
)

const (
	v2Date = "2023-01-01"
	v2Type = "application/vnd.atlas.2023-01-01+json;charset=utf-8"
	v1Type = "application/json"

	links     = `"links":[{"href":"h","rel":"self"}]`
	key       = `{"desc":"d","id":"i",` + links + `,"privateKey":"p","publicKey":"k","roles":[{"orgId":"o","roleName":"ORG_MEMBER"}]}`
	group     = `{"clusterCount":0,"created":"t","id":"i",` + links + `,"name":"n","orgId":"o","withDefaultAlertsSettings":true}`
	listEmpty = `{` + links + `,"results":[],"totalCount":0}`
	refusal   = `{"detail":"d","error":404,"errorCode":"GROUP_NOT_FOUND","parameters":["x"],"reason":"Not Found"}`
)

func TestDifferences(t *testing.T) {
	entry := func(members string) string {
		return `{` + links + `,"results":[{"cidrBlock":"c","created":"t",` + links + members + `}],"totalCount":1}`
	}
	for _, c := range []struct {
		name, op, version string
		status            int
		contentType, body string
		want              string // differences joined by "; "
	}{
		{"patch", "updateGroupApiKeyRoles", v2Date, 200, v2Type, key, ""},
		{"patch on v1.0", "updateGroupApiKeyRoles", published.VersionV1, 200, v1Type, key, ""},
		{"charset in another case", "updateGroupApiKeyRoles", v2Date, 200, "application/vnd.atlas.2023-01-01+json; charset=UTF-8", key, ""},
		{"no roles at all", "getOrgApiKey", v2Date, 200, v2Type, strings.Replace(key, `{"orgId":"o","roleName":"ORG_MEMBER"}`, "", 1), ""},
		{"empty list", "listGroupApiKeys", v2Date, 200, v2Type, listEmpty, ""},
		{"group without tags", "getGroup", v2Date, 200, v2Type, group, ""},
		{"group with empty tags", "updateGroup", v2Date, 200, v2Type, strings.Replace(group, `"name"`, `"tags":[],"name"`, 1), ""},
		{"created group", "createGroup", v2Date, 201, v2Type, group, ""},
		{"deleted group", "deleteGroup", v2Date, 202, v2Type, "{}", ""},
		{"deleted group on v1.0", "deleteGroup", published.VersionV1, 202, v1Type, "{}", ""},
		{"deleted key", "deleteOrgApiKey", v2Date, 204, v2Type, "", ""},
		{"deleted key on v1.0, without a type", "deleteOrgApiKey", published.VersionV1, 204, "", "", ""},
		{"count 0", "listOrgApiKeyAccessListEntries", v2Date, 200, v2Type, entry(`,"count":0,"ipAddress":"a"`), ""},
		{"a true block", "listOrgApiKeyAccessListEntries", v2Date, 200, v2Type, entry(`,"count":0`), ""},
		{"used entry", "listOrgApiKeyAccessListEntries", v2Date, 200, v2Type, entry(`,"count":2,"lastUsed":"t","lastUsedAddress":"a"`), ""},
		{"schema only", "getOrgSettings", v2Date, 200, v2Type, `{"apiAccessListRequired":false,"genAIFeaturesEnabled":true,"operationsContact":null}`, ""},
		{"schema only, maps", "listControlPlaneIpAddresses", "2023-11-15", 200, "application/vnd.atlas.2023-11-15+json;charset=utf-8", `{"inbound":{"aws":{"eu-1":["a"]}},"outbound":{}}`, ""},
		{"further members on v1.0", "getGroup", published.VersionV1, 200, v1Type, strings.Replace(group, `"name"`, `"hostCounts":{"x":1},"name"`, 1), ""},
		{"root on v1.0", "getSystemStatus", published.VersionV1, 200, v1Type, `{"throttling":false,` + links + `}`, ""},
		{"ipinfo", "getIpInfo", published.VersionV1, 200, v1Type, `{"currentIpv4Address":"a"}`, ""},
		{"version text", "getServiceVersion", published.VersionV1, 200, "text/plain", "x", ""},
		{"error", "getGroup", v2Date, 404, v1Type, refusal, ""},
		{"digest challenge", "getGroup", v2Date, 401, v1Type, `{"error":401,"reason":"Unauthorized","detail":"d","errorCode":"UNEXPECTED_ERROR"}`, ""},
		{"bearer refused", "getGroup", v2Date, 401, "", "", ""},

		{"unknown operation", "getMoon", v2Date, 200, v2Type, key, "operation getMoon is not published for 2023-01-01"},
		{"add on v1.0", "addGroupApiKey", published.VersionV1, 204, "", "", "operation addGroupApiKey is not published for v1.0"},
		{"other version", "getOrg", "2024-08-05", 200, v2Type, "{}", "version 2024-08-05 is not published for getOrg"},
		{"status of the file", "createGroup", v2Date, 200, v2Type, group, "status 200, want 201"},
		{"status of the file, delete", "deleteGroup", v2Date, 204, v2Type, "", "body is not {}; status 204, want 202"},
		{"undated type", "getOrgApiKey", v2Date, 200, v1Type, key, `content type "application/json", want application/vnd.atlas.2023-01-01+json`},
		{"no charset", "getOrgApiKey", v2Date, 200, "application/vnd.atlas.2023-01-01+json", key, `content type "application/vnd.atlas.2023-01-01+json", want charset=utf-8`},
		{"dated type on v1.0", "getOrgApiKey", published.VersionV1, 200, v2Type, key, `content type "` + v2Type + `", want application/json`},
		{"missing member", "updateGroupApiKeyRoles", v2Date, 200, v2Type, strings.Replace(key, `"privateKey":"p",`, "", 1), "privateKey: missing"},
		{"missing member on v1.0", "updateGroupApiKeyRoles", published.VersionV1, 200, v1Type, strings.Replace(key, `"privateKey":"p",`, "", 1), "privateKey: missing"},
		{"missing deep", "updateGroupApiKeyRoles", v2Date, 200, v2Type, strings.Replace(key, `,"roleName":"ORG_MEMBER"`, "", 1), "roles[].roleName: missing"},
		{"missing count", "listOrgApiKeyAccessListEntries", v2Date, 200, v2Type, entry(`,"ipAddress":"a"`), "results[].count: missing"},
		{"missing totalCount", "listGroupApiKeys", v2Date, 200, v2Type, `{` + links + `,"results":[]}`, "totalCount: missing"},
		{"unknown member", "updateGroupApiKeyRoles", v2Date, 200, v2Type, strings.Replace(key, `"desc"`, `"x":1,"desc"`, 1), "x: unknown member"},
		{"wrong type", "updateGroupApiKeyRoles", v2Date, 200, v2Type, strings.Replace(key, `"d"`, `1`, 1), "desc: integer, want string"},
		{"wrong type on v1.0", "updateGroupApiKeyRoles", published.VersionV1, 200, v1Type, strings.Replace(key, `"d"`, `null`, 1), "desc: null, want string"},
		{"bare strings as roles", "getOrgApiKey", v2Date, 200, v2Type, strings.Replace(key, `{"orgId":"o","roleName":"ORG_MEMBER"}`, `"ORG_MEMBER"`, 1), "roles[]: string, want object"},
		{"bare array", "listGroupApiKeys", v2Date, 200, v2Type, `[]`, ".: array, want object"},
		{"fraction", "getGroup", v2Date, 200, v2Type, strings.Replace(group, `"clusterCount":0`, `"clusterCount":0.5`, 1), "clusterCount: number, want integer"},
		{"required by the schema", "getSystemStatus", v2Date, 200, v2Type, `{"apiKey":{"accessList":[],"id":"i","publicKey":"k","roles":[]},"appName":"a","throttling":false}`, "build: missing"},
		{"body on 204", "deleteOrgApiKey", v2Date, 204, v2Type, "{}", "a body where none is published"},
		{"no body", "getOrg", v2Date, 200, v2Type, "", "body: not JSON: EOF"},
		{"ipinfo name", "getIpInfo", published.VersionV1, 200, v1Type, `{"ip":"a"}`, "ip: unknown member"},
		{"error code missing", "getGroup", v2Date, 404, v1Type, `{"error":404}`, "errorCode: missing"},
		{"error number", "getGroup", v2Date, 400, v1Type, refusal, "error: 404, want the status 400"},
		{"dated error", "getGroup", v2Date, 404, v2Type, refusal, `content type "` + v2Type + `", want application/json`},
		{"stack in an error", "getGroup", published.VersionV1, 500, v1Type, `{"error":500,"errorCode":"UNEXPECTED_ERROR","stack":"s"}`, "stack: unknown member"},
	} {
		got := published.Differences(c.op, c.version, c.status, c.contentType, []byte(c.body))
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
