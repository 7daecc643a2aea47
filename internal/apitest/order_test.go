package apitest

import (
	"strings"
	"testing"
)

// TestOrderOfChecks: each call has two faults or more; the earlier check
// answers. The order is route, credential, access list, version, ids of the
// path, container, reach and role, query, content type, body, target,
// dominance.
func TestOrderOfChecks(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		const (
			wrongVersion = "Accept: text/html"
			wrongType    = "Content-Type: text/plain"
			patch        = "PATCH /groups/{project}/apiKeys/{target}"
		)
		huge := strings.Repeat("x", 64<<10+1)
		for _, c := range []struct {
			on     on
			by     string // "" has no credentials
			call   string
			body   string
			header []string
			status int
			error  string // "" is the challenge
		}{
			// Route before credential, version and ids.
			{0, "", "GET /nope/x", "", []string{wrongVersion}, 404, "RESOURCE_NOT_FOUND"},
			{0, "", "PUT /groups/x", "", []string{wrongVersion}, 405, "METHOD_NOT_ALLOWED"},
			{0, "listed", "GET /nope", "", nil, 404, "RESOURCE_NOT_FOUND"},
			// Credential before everything that follows.
			{0, "", "PATCH /groups/x/apiKeys/y?pageNum=x", "{", []string{wrongVersion, wrongType}, 401, ""},
			{0, "", patch, huge, nil, 401, ""},
			{0, "nobody", "GET /groups/x", "", []string{wrongVersion}, 401, ""},
			// Access list before version, ids and bodies.
			{0, "listed", "PATCH /groups/x/apiKeys/y?pageNum=x", "{", []string{wrongVersion, wrongType}, 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST"},
			{0, "listed", "GET /groups/{unknown}", "", nil, 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST"},
			// Version before ids, containers, roles.
			{v2, "owner", "PATCH /groups/x/apiKeys/y?pageNum=x", "{", []string{wrongVersion, wrongType}, 406, "INVALID_VERSION_DATE"},
			{v2, "loose", "GET /groups/{unknown}", "", []string{wrongVersion}, 406, "INVALID_VERSION_DATE"},
			// Ids before containers and roles; the first bad id decides.
			{v2, "loose", "PATCH /groups/{unknown}/apiKeys/x", "{", nil, 400, "PATH_PARAM_PARSE_ERROR"},
			{v1, "loose", "PATCH /groups/{unknown}/apiKeys/x", "{", nil, 404, "INVALID_KEY_ID"},
			{v1, "owner", "PATCH /groups/x/apiKeys/y", "{", nil, 404, "INVALID_GROUP_ID"},
			{v1, "owner", "GET /orgs/x/apiKeys/y/accessList/z", "", nil, 404, "INVALID_ORG_ID"},
			{v1, "owner", "GET /orgs/{unknown}/apiKeys/y/accessList/z", "", nil, 404, "INVALID_KEY_ID"},
			// Container before role, query, type, body and target.
			{0, "loose", "PATCH /groups/{unknown}/apiKeys/{unknown}?pageNum=x", "{", []string{wrongType}, 404, "GROUP_NOT_FOUND"},
			{0, "loose", "PATCH /orgs/{unknown}/settings", "{", []string{wrongType}, 404, "ORG_NOT_FOUND"},
			{0, "loose", "GET /orgs/{unknown}/apiKeys/{unknown}/accessList", "", nil, 404, "ORG_NOT_FOUND"},
			// Reach before role, role before all that is in the request.
			{v2, "loose", "PATCH /groups/{project}/apiKeys/{unknown}?pageNum=x", "{", []string{wrongType}, 401, "USER_CANNOT_ACCESS_GROUP"},
			{v1, "loose", "PATCH /groups/{project}/apiKeys/{unknown}?pageNum=x", "{", []string{wrongType}, 401, "NOT_IN_GROUP"},
			{0, "reader", "PATCH /groups/{project}/apiKeys/{unknown}?pageNum=x", "{", []string{wrongType}, 401, "USER_UNAUTHORIZED"},
			{0, "reader", "POST /groups?projectOwnerId=x", "{", []string{wrongType}, 401, "NOT_ORG_GROUP_CREATOR"},
			{0, "reader", "POST /orgs/{org}/apiKeys/{unknown}/accessList?pageNum=x", "{", []string{wrongType}, 401, "API_KEY_ACCESS_LIST_ACCESS_DENIED"},
			{0, "reader", patch, huge, nil, 401, "USER_UNAUTHORIZED"},
			// Query, then type, then body.
			{0, "owner", patch + "?pageNum=x", "{", []string{wrongType}, 400, "INVALID_QUERY_PARAMETER"},
			{0, "owner", "PATCH /groups/{project}/apiKeys/{unknown}?pretty=x", "{", nil, 400, "INVALID_QUERY_PARAMETER"},
			{0, "owner", patch, "{", []string{wrongType}, 415, "UNSUPPORTED_MEDIA_TYPE"},
			{0, "owner", patch, huge, []string{wrongType}, 415, "UNSUPPORTED_MEDIA_TYPE"},
			{0, "owner", patch, huge, nil, 413, "REQUEST_TOO_LARGE"},
			// Malformed JSON before what it says, kind before members.
			{0, "owner", patch, `{"nope":1,"roles":[]`, nil, 400, "MALFORMED_JSON"},
			{0, "owner", patch, `{"nope":1,"desc":"a","desc":"b"}`, nil, 400, "MALFORMED_JSON"},
			{0, "owner", patch, `{"nope":1,"roles":1}`, nil, 400, "INVALID_ATTRIBUTE"},
			{0, "owner", patch, `{"roles":1,"nope":1}`, nil, 400, "INVALID_JSON_ATTRIBUTE"},
			{0, "owner", patch, `{"roles":[],"desc":1}`, nil, 400, "INVALID_JSON_ATTRIBUTE"},
			{0, "owner", patch, `{"roles":["NOPE"],"desc":""}`, nil, 400, "API_KEY_REQUIRES_DESCRIPTION"},
			{0, "owner", patch, `{"roles":["ORG_OWNER","NOPE"]}`, nil, 400, "CANNOT_ADD_ORG_ROLE"},
			{0, "owner", patch, `{"roles":["NOPE","ORG_OWNER"]}`, nil, 400, "INVALID_ENUM_VALUE"},
			// Body before target, target before dominance, dominance before the last owner.
			{0, "owner", "PATCH /groups/{project}/apiKeys/{unknown}", `{"roles":[]}`, nil, 400, "MISSING_API_KEY_ROLES"},
			{0, "manager", "PATCH /groups/{project}/apiKeys/{unknown}", `{"roles":["GROUP_OWNER"]}`, nil, 400, "API_KEY_NOT_FOUND"},
			{0, "manager", "PATCH /groups/{project}/apiKeys/{otherTarget}", `{"roles":["GROUP_OWNER"]}`, nil, 400, "API_KEY_NOT_FOUND"},
			{0, "manager", "DELETE /groups/{project}/apiKeys/{loose}", "", nil, 400, "API_KEY_NOT_FOUND"},
			{0, "manager", "PATCH /groups/{project}/apiKeys/{strong}", `{"roles":["NOPE"]}`, nil, 400, "INVALID_ENUM_VALUE"},
			{v2, "projectOwner", "POST /groups/{project}/apiKeys/{target}", `[{"roles":["NOPE"]}]`, nil, 400, "INVALID_ENUM_VALUE"},
			{0, "owner", "GET /orgs/{org}/apiKeys/{unknown}/accessList/nope", "", nil, 400, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION"},
			{0, "owner", "POST /orgs/{org}/apiKeys/{unknown}/accessList", `[{}]`, nil, 400, "MISSING_ONE_OF_ATTRIBUTES"},
		} {
			if !g.on(c.on) {
				continue
			}
			w.keys["nobody"] = &key{public: "zzzzzzzz", private: "x"}
			var header []string
			for _, h := range c.header {
				name, value, _ := strings.Cut(h, ": ")
				header = append(header, name, value)
			}
			var a answer
			w.unchanged(func() { a = w.call(c.by, g.at(c.call), c.body, header...) })
			if c.error == "" {
				a.wantChallenge(false)
			} else if a.status != c.status || a.header.Get("X-Error-Code") != c.error {
				a.fail("as %q: want %d %s", c.by, c.status, c.error)
			}
		}
	})
}
