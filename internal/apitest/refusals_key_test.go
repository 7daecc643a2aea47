package apitest

import (
	"net/url"
	"strings"

	"github.com/latchkey/latchkey"
)

func unescape(segment string) string {
	text, err := url.PathUnescape(segment)
	if err != nil {
		return segment
	}
	return text
}

// keyRefusals: keys that are unknown, another organization's, not in the
// project, or in it already.
func keyRefusals() []refusal {
	var all []refusal
	unknown := func(on on, call, body, id string) {
		all = append(all, refusal{code: latchkey.CodeKeyNotFound, on: on, call: call, body: body, status: 400, error: "API_KEY_NOT_FOUND", params: p(id)})
	}
	const roles, desc = `{"roles":["GROUP_READ_ONLY"]}`, `{"desc":"x"}`
	for _, id := range []string{"{unknown}", "{otherTarget}", "{otherOwner}", "{project}"} {
		unknown(0, "PATCH /groups/{project}/apiKeys/"+id, roles, id)
		unknown(0, "PATCH /groups/{project}/apiKeys/"+id, desc, id)
		unknown(0, "DELETE /groups/{project}/apiKeys/"+id, "", id)
		unknown(v2, "POST /groups/{project}/apiKeys/"+id, `[`+roles+`]`, id)
		unknown(0, "GET /orgs/{org}/apiKeys/"+id, "", id)
		unknown(0, "PATCH /orgs/{org}/apiKeys/"+id, desc, id)
		unknown(0, "DELETE /orgs/{org}/apiKeys/"+id, "", id)
		unknown(0, "GET /orgs/{org}/apiKeys/"+id+"/accessList", "", id)
		unknown(0, "POST /orgs/{org}/apiKeys/"+id+"/accessList", `[{"ipAddress":"192.0.2.9"}]`, id)
		unknown(0, "GET /orgs/{org}/apiKeys/"+id+"/accessList/192.0.2.9", "", id)
		unknown(0, "DELETE /orgs/{org}/apiKeys/"+id+"/accessList/192.0.2.9", "", id)
		unknown(v1, "GET /orgs/{org}/apiKeys/"+id+"/whitelist", "", id)
	}
	unknown(v2, "PATCH /groups/{project}/apiKeys/{loose}", roles, "{loose}")
	unknown(0, "PATCH /groups/{project}/apiKeys/{loose}", desc, "{loose}")
	unknown(0, "DELETE /groups/{project}/apiKeys/{loose}", "", "{loose}")
	return append(all,
		refusal{code: latchkey.CodeKeyAlreadyInProject, on: v2, call: "POST /groups/{project}/apiKeys/{target}", body: `[` + roles + `]`,
			status: 409, error: "API_KEY_ALREADY_IN_GROUP", params: p("{target}", "{project}")},
		refusal{code: latchkey.CodeKeyAlreadyInProject, on: v2, call: "POST /groups/{project}/apiKeys/{target}", body: `[{"roles":["GROUP_OWNER"],"userId":"{target}"}]`,
			status: 409, error: "API_KEY_ALREADY_IN_GROUP", params: p("{target}", "{project}")},
		refusal{code: latchkey.CodeValidation, on: v2, call: "POST /groups/{project}/apiKeys/{loose}", body: `[{"roles":["GROUP_READ_ONLY"],"userId":"{target}"}]`,
			status: 400, error: "VALIDATION_ERROR", params: p("The userId in the body differs from the one in the path")},
	)
}

// memberRefusals: the lists of roles, wherever they are sent.
func memberRefusals() []refusal {
	var all []refusal
	type list struct {
		code   latchkey.Code
		on     on
		roles  string
		status int
		error  string
		params []any
		detail []string
	}
	invalid := func(name string) []string {
		return []string{"_roles", "Invalid role name '" + name + "'. Must be a valid Role name."}
	}
	common := []list{
		{code: latchkey.CodeMissingRoles, roles: `[]`, status: 400, error: "MISSING_API_KEY_ROLES", detail: []string{}},
		{code: latchkey.CodeGlobalRole, roles: `["GLOBAL_OWNER"]`, status: 403, error: "CANNOT_ADD_GLOBAL_ROLE"},
		{code: latchkey.CodeGlobalRole, roles: `["GLOBAL_READ_ONLY","NOPE"]`, status: 403, error: "CANNOT_ADD_GLOBAL_ROLE"},
		{code: latchkey.CodeUnknownRole, roles: `["NOPE"]`, status: 400, error: "INVALID_ENUM_VALUE", params: p("NOPE"), detail: invalid("NOPE")},
		{code: latchkey.CodeUnknownRole, roles: `["NOPE","GLOBAL_OWNER","NEVER"]`, status: 400, error: "INVALID_ENUM_VALUE", params: p("NOPE"), detail: append(invalid("NOPE"), invalid("NEVER")...)},
		{code: latchkey.CodeUnknownRole, roles: `[""]`, status: 400, error: "INVALID_ENUM_VALUE", params: p(""), detail: invalid("")},
		{code: latchkey.CodeUnknownRole, roles: `["group_read_only"]`, status: 400, error: "INVALID_ENUM_VALUE", params: p("group_read_only")},
		{code: latchkey.CodeUnknownRole, roles: `["GROUP_READ_ONLY "]`, status: 400, error: "INVALID_ENUM_VALUE", params: p("GROUP_READ_ONLY ")},
		{code: latchkey.CodeUnknownRole, roles: `["\u0007<b>"]`, status: 400, error: "INVALID_ENUM_VALUE", params: p("\a<b>")},
		{code: latchkey.CodeUnexpectedJSONMember, roles: `"GROUP_READ_ONLY"`, status: 400, error: "INVALID_JSON_ATTRIBUTE", params: p("roles")},
		{code: latchkey.CodeUnexpectedJSONMember, roles: `[null]`, status: 400, error: "INVALID_JSON_ATTRIBUTE", params: p("roles")},
		{code: latchkey.CodeUnexpectedJSONMember, roles: `["GROUP_READ_ONLY",1]`, status: 400, error: "INVALID_JSON_ATTRIBUTE", params: p("roles")},
		{code: latchkey.CodeUnexpectedJSONMember, roles: `{"roleName":"GROUP_READ_ONLY"}`, status: 400, error: "INVALID_JSON_ATTRIBUTE", params: p("roles")},
		{code: latchkey.CodeUnexpectedJSONMember, roles: `[["GROUP_READ_ONLY"]]`, status: 400, error: "INVALID_JSON_ATTRIBUTE", params: p("roles")},
		{code: latchkey.CodeValidation, roles: `["GROUP_READ_ONLY\u0000"]`, status: 400, error: "VALIDATION_ERROR", params: p("roles must not contain the character U+0000"),
			detail: []string{"roles", "must not contain the character U+0000"}},
		{code: latchkey.CodeValidation, roles: `[` + strings.Repeat(`"GROUP_READ_ONLY",`, 64) + `"GROUP_READ_ONLY"]`, status: 400, error: "VALIDATION_ERROR", params: p("roles must not have more than 64 elements")},
	}
	project := append([]list{
		{code: latchkey.CodeOrgRoleInProject, roles: `["ORG_OWNER"]`, status: 400, error: "CANNOT_ADD_ORG_ROLE"},
		{code: latchkey.CodeOrgRoleInProject, roles: `["GROUP_READ_ONLY","ORG_MEMBER","NOPE"]`, status: 400, error: "CANNOT_ADD_ORG_ROLE"},
		// A role of the other contract's table is as unknown as any text.
		{code: latchkey.CodeUnknownRole, on: v2 | atlasV1, roles: `["GROUP_AUTOMATION_ADMIN"]`, status: 400, error: "INVALID_ENUM_VALUE", params: p("GROUP_AUTOMATION_ADMIN")},
		{code: latchkey.CodeUnknownRole, on: v2 | atlasV1, roles: `["GROUP_USER_ADMIN"]`, status: 400, error: "INVALID_ENUM_VALUE", params: p("GROUP_USER_ADMIN")},
	}, common...)
	org := append([]list{
		{code: latchkey.CodeProjectRoleInOrg, roles: `["GROUP_OWNER"]`, status: 400, error: "CANNOT_ADD_GROUP_ROLE"},
		{code: latchkey.CodeProjectRoleInOrg, roles: `["ORG_MEMBER","GROUP_READ_ONLY"]`, status: 400, error: "CANNOT_ADD_GROUP_ROLE"},
	}, common...)
	add := func(on on, call, before, after string, lists []list) {
		for _, l := range lists {
			// The names of project roles above stand for good ones.
			roles := l.roles
			if strings.Contains(call, "/orgs/") && !strings.Contains(roles, `"GROUP_OWNER"`) && l.code != latchkey.CodeProjectRoleInOrg {
				roles = strings.ReplaceAll(roles, `"GROUP_READ_ONLY"`, `"ORG_MEMBER"`)
			}
			both := l.on
			switch {
			case both == 0:
				both = on
			case on != 0:
				both &= on
			}
			if l.on&on == 0 && l.on != 0 && on != 0 {
				continue
			}
			all = append(all, refusal{code: l.code, on: both, call: call, body: before + roles + after, status: l.status, error: l.error, params: l.params, detail: l.detail})
		}
	}
	add(0, "PATCH /groups/{project}/apiKeys/{target}", `{"roles":`, `}`, project)
	add(0, "POST /groups/{project}/apiKeys", `{"desc":"x","roles":`, `}`, project)
	add(v2, "POST /groups/{project}/apiKeys/{loose}", `[{"roles":`, `}]`, project)
	add(0, "PATCH /orgs/{org}/apiKeys/{target}", `{"roles":`, `}`, org)
	add(0, "POST /orgs/{org}/apiKeys", `{"desc":"x","roles":`, `}`, org)
	for _, call := range []string{"POST /groups/{project}/apiKeys", "POST /orgs/{org}/apiKeys"} {
		all = append(all,
			refusal{code: latchkey.CodeMissingAttribute, call: call, body: `{"desc":"x"}`, status: 400, error: "MISSING_ATTRIBUTE", params: p("roles")},
			refusal{code: latchkey.CodeMissingAttribute, call: call, body: `{"desc":"x","roles":null}`, status: 400, error: "MISSING_ATTRIBUTE", params: p("roles")},
			refusal{code: latchkey.CodeMissingAttribute, call: call, body: `{"roles":["NOPE"]}`, status: 400, error: "MISSING_ATTRIBUTE", params: p("desc")},
			refusal{code: latchkey.CodeMissingAttribute, call: call, body: `{}`, status: 400, error: "MISSING_ATTRIBUTE", params: p("desc")})
	}
	for _, call := range []string{"PATCH /groups/{project}/apiKeys/{target}", "PATCH /orgs/{org}/apiKeys/{target}"} {
		for _, body := range []string{`{}`, `{"roles":null}`, `{"desc":null,"roles":null}`} {
			all = append(all, refusal{code: latchkey.CodeMissingOneOf, call: call, body: body, status: 400, error: "MISSING_ONE_OF_ATTRIBUTES", params: p("desc", "roles")})
		}
	}
	return append(all,
		refusal{code: latchkey.CodeMissingRoles, on: v2, call: "POST /groups/{project}/apiKeys/{loose}", body: `[]`, status: 400, error: "MISSING_API_KEY_ROLES"},
		refusal{code: latchkey.CodeMissingRoles, on: v2, call: "POST /groups/{project}/apiKeys/{loose}", body: `[{}]`, status: 400, error: "MISSING_API_KEY_ROLES"},
		refusal{code: latchkey.CodeUnexpectedJSON, on: v2, call: "POST /groups/{project}/apiKeys/{loose}", body: `{"roles":["GROUP_READ_ONLY"]}`, status: 400, error: "INVALID_JSON"},
	)
}

// descRefusals: descriptions are counted in characters, not bytes.
func descRefusals() []refusal {
	var all []refusal
	for _, c := range []struct {
		code   latchkey.Code
		desc   string
		error  string
		params []any
	}{
		{latchkey.CodeDescRequired, ``, "API_KEY_REQUIRES_DESCRIPTION", nil},
		{latchkey.CodeDescRequired, ` \t\n\u00a0\u2003`, "API_KEY_REQUIRES_DESCRIPTION", nil},
		{latchkey.CodeDescTooLong, strings.Repeat("x", 251), "INVALID_API_KEY_DESC", p(250)},
		{latchkey.CodeDescTooLong, strings.Repeat("é", 251), "INVALID_API_KEY_DESC", p(250)},
		{latchkey.CodeDescTooLong, strings.Repeat("😀", 251), "INVALID_API_KEY_DESC", p(250)},
		{latchkey.CodeDescTooLong, strings.Repeat(`\ud83d\ude00`, 251), "INVALID_API_KEY_DESC", p(250)},
		{latchkey.CodeValidation, `x\u0000y`, "VALIDATION_ERROR", p("desc must not contain the character U+0000")},
	} {
		for _, to := range []struct{ call, more string }{
			{"PATCH /groups/{project}/apiKeys/{target}", ``},
			{"PATCH /orgs/{org}/apiKeys/{target}", ``},
			{"POST /groups/{project}/apiKeys", `,"roles":["GROUP_READ_ONLY"]`},
			{"POST /orgs/{org}/apiKeys", `,"roles":["ORG_MEMBER"]`},
		} {
			all = append(all, refusal{code: c.code, call: to.call, body: `{"desc":"` + c.desc + `"` + to.more + `}`, status: 400, error: c.error, params: c.params})
		}
	}
	return all
}
