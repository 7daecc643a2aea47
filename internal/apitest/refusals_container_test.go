package apitest

import "github.com/latchkey/latchkey"

// containerRefusals: ids that are no ids, and organizations and projects that
// are not the caller's.
func containerRefusals() []refusal {
	var all []refusal
	for _, id := range []string{
		"0123456789abcdef0123456", "0123456789abcdef012345678", "0123456789ABCDEF01234567",
		"0123456789abcdef0123456g", "me", "0123456789abcdef%2F1234567", "0123456789abcde%00f1234567", "%C3%A9",
	} {
		plain := unescape(id)
		for _, c := range []struct{ call, body, error string }{
			{"GET /groups/" + id, "", "INVALID_GROUP_ID"},
			{"PATCH /groups/" + id + "/apiKeys/{target}", `{"roles":["GROUP_READ_ONLY"]}`, "INVALID_GROUP_ID"},
			{"GET /orgs/" + id, "", "INVALID_ORG_ID"},
			{"PATCH /groups/{project}/apiKeys/" + id, `{"roles":["GROUP_READ_ONLY"]}`, "INVALID_KEY_ID"},
			{"GET /orgs/{org}/apiKeys/" + id, "", "INVALID_KEY_ID"},
			{"DELETE /orgs/{org}/apiKeys/" + id, "", "INVALID_KEY_ID"},
			{"GET /orgs/{org}/apiKeys/" + id + "/accessList", "", "INVALID_KEY_ID"},
		} {
			code := map[string]latchkey.Code{
				"INVALID_GROUP_ID": latchkey.CodeMalformedProjectID, "INVALID_ORG_ID": latchkey.CodeMalformedOrgID,
				"INVALID_KEY_ID": latchkey.CodeMalformedKeyID,
			}[c.error]
			all = append(all,
				refusal{code: code, on: v2, call: c.call, body: c.body, status: 400, error: "PATH_PARAM_PARSE_ERROR", params: p("{path}")},
				refusal{code: code, on: v1, call: c.call, body: c.body, status: 404, error: c.error, params: p(plain)})
		}
	}
	for _, id := range []string{"{unknown}", "{gone}", "{otherProject}", "{org}"} {
		for _, call := range []string{
			"GET /groups/" + id, "GET /groups/" + id + "/apiKeys", "DELETE /groups/" + id,
			"PATCH /groups/" + id + "/apiKeys/{target}", "POST /groups/" + id + "/apiKeys", "DELETE /groups/" + id + "/apiKeys/{target}",
		} {
			all = append(all, refusal{code: latchkey.CodeProjectNotFound, call: call, status: 404, error: "GROUP_NOT_FOUND", params: p(id)})
		}
	}
	for _, id := range []string{"{unknown}", "{otherOrg}", "{project}"} {
		for _, call := range []string{
			"GET /orgs/" + id, "PATCH /orgs/" + id, "GET /orgs/" + id + "/apiKeys", "GET /orgs/" + id + "/groups",
			"GET /orgs/" + id + "/settings", "PATCH /orgs/" + id + "/settings", "DELETE /orgs/" + id + "/apiKeys/{target}",
			"GET /orgs/" + id + "/apiKeys/{owner}/accessList",
		} {
			all = append(all, refusal{code: latchkey.CodeOrganizationNotFound, call: call, status: 404, error: "ORG_NOT_FOUND", params: p(id)})
		}
	}
	return append(all,
		refusal{code: latchkey.CodeOrganizationNotFound, call: "POST /groups", body: `{"name":"x","orgId":"{otherOrg}"}`, status: 404, error: "ORG_NOT_FOUND", params: p("{otherOrg}")},
		refusal{code: latchkey.CodeOrganizationNotFound, call: "POST /groups", body: `{"name":"x","orgId":"{unknown}"}`, status: 404, error: "ORG_NOT_FOUND", params: p("{unknown}")},
		refusal{code: latchkey.CodeProjectNameNotFound, call: "GET /groups/byName/No%20such%20name", status: 404, error: "GROUP_NAME_NOT_FOUND", params: p("No such name")},
		refusal{code: latchkey.CodeProjectNameNotFound, call: "GET /groups/byName/Gone%20project", status: 404, error: "GROUP_NAME_NOT_FOUND", params: p("Gone project")},
		refusal{code: latchkey.CodeProjectNameNotFound, by: "loose", call: "GET /groups/byName/Second%20project", status: 404, error: "GROUP_NAME_NOT_FOUND", params: p("Second project")},
	)
}

// roleRefusals: callers of the own organization whose roles do not reach or
// do not suffice.
func roleRefusals() []refusal {
	const patch = "PATCH /groups/{project}/apiKeys/{target}"
	const readOnly = `{"roles":["GROUP_READ_ONLY"]}`
	unreached := func(by, call string) []refusal {
		return []refusal{
			{code: latchkey.CodeProjectNotReachable, on: v2, by: by, call: call, status: 401, error: "USER_CANNOT_ACCESS_GROUP"},
			{code: latchkey.CodeProjectNotReachable, on: v1, by: by, call: call, status: 401, error: "NOT_IN_GROUP"},
		}
	}
	all := unreached("loose", "GET /groups/{project}")
	all = append(all, unreached("loose", "GET /groups/{project}/apiKeys")...)
	all = append(all, unreached("loose", patch)...)
	all = append(all, unreached("creator", "DELETE /groups/{project}")...)
	all = append(all, unreached("manager", "GET /groups/{second}")...)
	weak := func(on on, by, call, body string) {
		all = append(all, refusal{code: latchkey.CodeNotAuthorized, on: on, by: by, call: call, body: body, status: 401, error: "USER_UNAUTHORIZED"})
	}
	weak(0, "reader", patch, readOnly)
	weak(0, "orgReader", patch, readOnly)
	weak(0, "reader", "POST /groups/{project}/apiKeys", `{"desc":"x","roles":["GROUP_READ_ONLY"]}`)
	weak(0, "reader", "DELETE /groups/{project}/apiKeys/{target}", "")
	weak(v2, "manager", "POST /groups/{project}/apiKeys/{loose}", `[{"roles":["GROUP_READ_ONLY"]}]`)
	weak(0, "manager", "PATCH /groups/{project}", `{"name":"x"}`)
	weak(0, "manager", "DELETE /groups/{project}", "")
	weak(0, "projectOwner", "PATCH /orgs/{org}", `{"name":"x"}`)
	weak(0, "projectOwner", "POST /orgs/{org}/apiKeys", `{"desc":"x","roles":["ORG_MEMBER"]}`)
	weak(0, "orgReader", "PATCH /orgs/{org}/apiKeys/{target}", `{"desc":"x"}`)
	weak(0, "orgReader", "DELETE /orgs/{org}/apiKeys/{target}", "")
	weak(0, "orgReader", "PATCH /orgs/{org}/settings", `{}`)
	// Dominance: the gate is passed, the roles given or taken are too strong.
	weak(0, "manager", patch, `{"roles":["GROUP_OWNER"]}`)
	weak(0, "manager", patch, `{"roles":["GROUP_READ_ONLY","GROUP_CLUSTER_MANAGER"]}`)
	weak(0, "manager", "PATCH /groups/{project}/apiKeys/{strong}", readOnly)
	weak(0, "manager", "DELETE /groups/{project}/apiKeys/{strong}", "")
	weak(0, "manager", "POST /groups/{project}/apiKeys", `{"desc":"x","roles":["GROUP_OWNER"]}`)
	weak(0, "manager", "PATCH /groups/{project}/apiKeys/{strong}", `{"desc":"x"}`)
	weak(0, "projectOwner", "PATCH /groups/{project}/apiKeys/{wide}", `{"desc":"x"}`)
	for _, c := range []struct{ by, body string }{{"reader", `{"name":"x","orgId":"{org}"}`}, {"projectOwner", `{"name":"x","orgId":"{org}"}`}, {"orgReader", `{`}} {
		all = append(all, refusal{code: latchkey.CodeNotProjectCreator, by: c.by, call: "POST /groups", body: c.body, status: 401, error: "NOT_ORG_GROUP_CREATOR", params: p("{org}")})
	}
	for _, call := range []string{
		"GET /orgs/{org}/apiKeys/{target}/accessList", "GET /orgs/{org}/apiKeys/{target}/accessList/192.0.2.1",
		"POST /orgs/{org}/apiKeys/{target}/accessList", "DELETE /orgs/{org}/apiKeys/{target}/accessList/192.0.2.1",
		"GET /orgs/{org}/apiKeys/{unknown}/accessList",
	} {
		for _, by := range []string{"orgReader", "projectOwner"} {
			all = append(all, refusal{code: latchkey.CodeAccessListNotReadable, by: by, call: call, status: 401, error: "API_KEY_ACCESS_LIST_ACCESS_DENIED"})
		}
	}
	return append(all,
		refusal{code: latchkey.CodeAddressNotAllowed, by: "listed", call: "GET /orgs", status: 403, error: "IP_ADDRESS_NOT_ON_ACCESS_LIST", params: p("127.0.0.1")},
		refusal{code: latchkey.CodeAddressNotAllowed, by: "listed", call: "GET ", status: 403, error: "IP_ADDRESS_NOT_ON_ACCESS_LIST", params: p("127.0.0.1")},
		refusal{code: latchkey.CodeAddressNotAllowed, by: "listed", call: "DELETE /orgs/{org}/apiKeys/{listed}/accessList/192.0.2.1", status: 403, error: "IP_ADDRESS_NOT_ON_ACCESS_LIST", params: p("127.0.0.1")},
	)
}

// ownerRefusals: an organization keeps its last durable owner.
func ownerRefusals() []refusal {
	last := func(call, body string) refusal {
		return refusal{code: latchkey.CodeLastOwner, call: call, body: body, status: 403, error: "CANNOT_DEMOTE_LAST_ORG_OWNER"}
	}
	return []refusal{
		last("PATCH /orgs/{org}/apiKeys/{owner}", `{"roles":["ORG_MEMBER"]}`),
		last("PATCH /orgs/{org}/apiKeys/{owner}", `{"desc":"x","roles":["ORG_READ_ONLY","ORG_GROUP_CREATOR"]}`),
		last("DELETE /orgs/{org}/apiKeys/{owner}", ""),
	}
}
