package apitest

import (
	"strings"

	"github.com/latchkey/latchkey"
)

// accountCall is a call about one service account, below an organization or a
// project; ID stands for the client id.
type accountCall struct{ call, body string }

// accountCalls are all calls about one account, with bodies that would do.
func accountCalls() []accountCall {
	const entry, secret = `[{"ipAddress":"192.0.2.9"}]`, `{"secretExpiresAfterHours":8}`
	calls := []accountCall{
		{"GET /orgs/{org}/serviceAccounts/ID/groups", ""},
		{"PATCH /orgs/{org}/serviceAccounts/ID", `{"roles":["ORG_MEMBER"]}`},
		{"PATCH /groups/{project}/serviceAccounts/ID", `{"roles":["GROUP_READ_ONLY"]}`},
	}
	for _, container := range []string{"/orgs/{org}", "/groups/{project}"} {
		at := container + "/serviceAccounts/ID"
		calls = append(calls, []accountCall{
			{"GET " + at, ""}, {"DELETE " + at, ""}, {"PATCH " + at, `{"name":"x"}`}, {"PATCH " + at, `{}`},
			{"POST " + at + "/secrets", secret}, {"DELETE " + at + "/secrets/{account.secret}", ""},
			{"GET " + at + "/accessList", ""}, {"POST " + at + "/accessList", entry}, {"DELETE " + at + "/accessList/192.0.2.9", ""},
		}...)
	}
	return calls
}

// accountRefusals: service accounts that are unknown, another organization's,
// not in the project or in it already, and callers that may not.
func accountRefusals() []refusal {
	var all []refusal
	add := func(code latchkey.Code, on on, by, call, body string, status int, error string, params ...any) {
		all = append(all, refusal{code: code, on: on, by: by, call: call, body: body, status: status, error: error, params: params})
	}
	const invite = "POST /groups/{project}/serviceAccounts/ID:invite"
	const reader = `{"roles":["GROUP_READ_ONLY"]}`
	calls := append(accountCalls(), accountCall{invite, reader})
	few := []accountCall{calls[0], calls[2], calls[len(calls)-1]} // what is common to all calls needs no call of each
	at := func(c accountCall, id string) string { return strings.Replace(c.call, "ID", id, 1) }
	unknown := func(calls []accountCall, ids ...string) {
		for _, id := range ids {
			for _, c := range calls {
				add(latchkey.CodeAccountNotFound, 0, "", at(c, id), c.body, 404, "RESOURCE_NOT_FOUND", id)
			}
		}
	}
	unknown(calls, "{otherAccount}")
	unknown(few, latchkey.ClientIDPrefix+"{unknown}", latchkey.ClientIDPrefix+"{org}", latchkey.ClientIDPrefix+"0123456789ABCDEF01234567")
	malformed := func(calls []accountCall, ids ...string) {
		for _, id := range ids {
			for _, c := range calls {
				add(latchkey.CodeMalformedClientID, 0, "", at(c, id), c.body, 400, "PATH_PARAM_PARSE_ERROR", "{path}")
			}
		}
	}
	malformed(calls, "{target}")
	malformed(few, "x", "mdb_sa_id_", "mdb_sa_id_0123456789abcdef0123456", "mdb_sa_id_0123456789abcdef0123456g", "MDB_SA_ID_{unknown}", "mdb_sa_id_{unknown}0", "mdb_sa_sk_{unknown}")
	add(latchkey.CodeMalformedClientID, 0, "", "GET /groups/{project}/serviceAccounts/{account}:invite", "", 400, "PATH_PARAM_PARSE_ERROR", "{path}")
	add(latchkey.CodeMethodNotAllowed, 0, "", "POST /groups/{project}/serviceAccounts/{account}:evict", reader, 405, "METHOD_NOT_ALLOWED", "POST")
	add(latchkey.CodeMethodNotAllowed, 0, "", "POST /orgs/{org}/serviceAccounts/{account}:invite", reader, 405, "METHOD_NOT_ALLOWED", "POST")
	for _, c := range accountCalls() {
		if strings.Contains(c.call, "/groups/{project}") {
			add(latchkey.CodeAccountNotFound, 0, "", at(c, "{looseAccount}"), c.body, 404, "RESOURCE_NOT_FOUND", "{looseAccount}")
		}
	}
	for _, container := range []string{"/orgs/{org}", "/groups/{project}"} {
		at := container + "/serviceAccounts/{account}"
		for _, id := range []string{"{unknown}", "{otherAccount.secret}", "{looseAccount.secret}"} {
			add(latchkey.CodeSecretNotFound, 0, "", "DELETE "+at+"/secrets/"+id, "", 404, "RESOURCE_NOT_FOUND", id)
		}
		add(latchkey.CodeMalformedSecretID, 0, "", "DELETE "+at+"/secrets/x", "", 400, "PATH_PARAM_PARSE_ERROR", "{path}")
		add(latchkey.CodeAccountEntryNotFound, 0, "", "DELETE "+at+"/accessList/192.0.2.9", "", 404, "RESOURCE_NOT_FOUND", "192.0.2.9")
		add(latchkey.CodeAccountEntryNotFound, 0, "", "DELETE "+at+"/accessList/10.1.2.3%2F8", "", 404, "RESOURCE_NOT_FOUND", "10.1.2.3/8")
		add(latchkey.CodeInvalidAddress, 0, "", "DELETE "+at+"/accessList/x", "", 400, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION", "x")
	}
	add(latchkey.CodeAccountInProject, 0, "", strings.Replace(invite, "ID", "{account}", 1), reader, 409, "VALIDATION_ERROR", "service account {account} is already in group {project}")

	// Containers, reach and roles.
	for _, id := range []string{"{unknown}", "{otherProject}", "{gone}"} {
		add(latchkey.CodeProjectNotFound, 0, "", "POST /groups/"+id+"/serviceAccounts/{account}:invite", reader, 404, "GROUP_NOT_FOUND", id)
		add(latchkey.CodeProjectNotFound, 0, "loose", "POST /groups/"+id+"/serviceAccounts/{account}:invite", reader, 404, "GROUP_NOT_FOUND", id)
	}
	add(latchkey.CodeProjectNotReachable, v2, "loose", strings.Replace(invite, "ID", "{looseAccount}", 1), reader, 401, "USER_CANNOT_ACCESS_GROUP")
	add(latchkey.CodeProjectNotReachable, v1, "loose", strings.Replace(invite, "ID", "{looseAccount}", 1), reader, 401, "NOT_IN_GROUP")
	weak := func(by, call, body string) {
		add(latchkey.CodeNotAuthorized, 0, by, call, body, 401, "USER_UNAUTHORIZED")
	}
	for _, by := range []string{"reader", "projectOwner", "orgReader"} {
		weak(by, strings.Replace(invite, "ID", "{looseAccount}", 1), reader)
	}
	for _, by := range []string{"reader", "manager", "orgReader"} {
		weak(by, "POST /groups/{project}/serviceAccounts", newAccountBody("x", 8, "GROUP_READ_ONLY"))
		weak(by, "PATCH /groups/{project}/serviceAccounts/{account}", reader)
		weak(by, "DELETE /groups/{project}/serviceAccounts/{account}", "")
		weak(by, "POST /groups/{project}/serviceAccounts/{account}/secrets", `{"secretExpiresAfterHours":8}`)
		weak(by, "DELETE /groups/{project}/serviceAccounts/{account}/secrets/{account.secret}", "")
	}
	weak("reader", "POST /groups/{project}/serviceAccounts/{account}/accessList", `[{"ipAddress":"192.0.2.9"}]`)
	for _, by := range []string{"loose", "projectOwner", "creator"} {
		weak(by, "GET /orgs/{org}/serviceAccounts", "")
		weak(by, "GET /orgs/{org}/serviceAccounts/{account}", "")
		weak(by, "GET /orgs/{org}/serviceAccounts/{account}/groups", "")
		weak(by, "GET /orgs/{org}/serviceAccounts/{account}/accessList", "")
	}
	for _, c := range accountCalls() {
		if strings.Contains(c.call, "/orgs/{org}") && !strings.HasPrefix(c.call, "GET") {
			weak("orgReader", strings.Replace(c.call, "ID", "{account}", 1), c.body)
		}
	}
	weak("orgReader", "POST /orgs/{org}/serviceAccounts", newAccountBody("x", 8, "ORG_MEMBER"))
	return append(all, accountDominance()...)
}

// accountDominance: the gate is passed, and yet the account holds more than its
// caller, or would.
func accountDominance() []refusal {
	var all []refusal
	weak := func(by, call, body string) {
		all = append(all, refusal{code: latchkey.CodeNotAuthorized, by: by, call: call, body: body, status: 401, error: "USER_UNAUTHORIZED"})
	}
	// A project's owner manages its accounts, but does not rotate the secrets,
	// open the lists or rename those that hold more than it does.
	const wide = "/groups/{project}/serviceAccounts/{wideAccount}"
	weak("projectOwner", "POST "+wide+"/secrets", `{"secretExpiresAfterHours":8}`)
	weak("projectOwner", "DELETE "+wide+"/secrets/{wideAccount.secret}", "")
	weak("projectOwner", "DELETE "+wide+"/secrets/{unknown}", "")
	weak("projectOwner", "POST "+wide+"/accessList", `[{"ipAddress":"192.0.2.9"}]`)
	weak("projectOwner", "DELETE "+wide+"/accessList/192.0.2.9", "")
	weak("projectOwner", "PATCH "+wide, `{"name":"x"}`)
	weak("projectOwner", "PATCH "+wide, `{"description":"x","roles":["GROUP_READ_ONLY"]}`)
	weak("manager", "POST /groups/{project}/serviceAccounts/{strongAccount}/accessList", `[{"ipAddress":"192.0.2.9"}]`)
	weak("manager", "DELETE /groups/{project}/serviceAccounts/{strongAccount}/accessList/192.0.2.9", "")
	return all
}
