package apitest

import (
	"fmt"
	"strings"

	"github.com/latchkey/latchkey"
)

// accountBodyRefusals: bodies about service accounts that break a rule.
func accountBodyRefusals() []refusal {
	var all []refusal
	add := func(on on, code latchkey.Code, call, body string, status int, error string, params ...any) {
		all = append(all, refusal{code: code, on: on, call: call, body: body, status: status, error: error, params: params})
	}
	// invalid is VALIDATION_ERROR, told of the member too.
	invalid := func(call, body, field, rule string) {
		all = append(all, refusal{code: latchkey.CodeValidation, call: call, body: body, status: 400, error: "VALIDATION_ERROR",
			params: p(field + " " + rule), detail: []string{field, rule}})
	}
	const signs = "must have letters, digits, spaces and the signs -_.,' only"
	for _, at := range []struct{ container, role, wrong, wrongCode string }{
		{"/orgs/{org}/serviceAccounts", "ORG_MEMBER", "GROUP_OWNER", "CANNOT_ADD_GROUP_ROLE"},
		{"/groups/{project}/serviceAccounts", "GROUP_READ_ONLY", "ORG_OWNER", "CANNOT_ADD_ORG_ROLE"},
	} {
		create, update := "POST "+at.container, "PATCH "+at.container+"/{account}"
		whole := map[string]string{"description": `"x"`, "name": `"x"`, "roles": `["` + at.role + `"]`, "secretExpiresAfterHours": "8"}
		body := func(name, value string) string {
			var members []string
			for _, m := range []string{"description", "name", "roles", "secretExpiresAfterHours"} {
				v := whole[m]
				if m == name {
					v = value
				}
				if v != "" {
					members = append(members, fmt.Sprintf("%q:%s", m, v))
				}
			}
			return "{" + strings.Join(members, ",") + "}"
		}
		for m := range whole {
			add(0, latchkey.CodeMissingAttribute, create, body(m, ""), 400, "MISSING_ATTRIBUTE", m)
			add(0, latchkey.CodeMissingAttribute, create, body(m, "null"), 400, "MISSING_ATTRIBUTE", m)
			add(0, latchkey.CodeUnexpectedJSONMember, create, body(m, "true"), 400, "INVALID_JSON_ATTRIBUTE", m)
		}
		add(0, latchkey.CodeUnexpectedJSONMember, create, body("secretExpiresAfterHours", `"8"`), 400, "INVALID_JSON_ATTRIBUTE", "secretExpiresAfterHours")
		add(0, latchkey.CodeUnexpectedJSONMember, create, body("secretExpiresAfterHours", `8.5`), 400, "INVALID_JSON_ATTRIBUTE", "secretExpiresAfterHours")
		for _, text := range []struct {
			member string
			most   int
		}{{"name", 64}, {"description", 250}} {
			length := fmt.Sprintf("must have between 1 and %d characters", text.most)
			for value, rule := range map[string]string{
				"": length, strings.Repeat("x", text.most+1): length, strings.Repeat("é", text.most+1): length,
				"a/b": signs, `tab\tbed`: signs, `line\nbroken`: signs, "a(b)": signs, "<b>": signs, `\u202e`: signs, "😀": signs, "&": signs, `\ufffd`: signs,
			} {
				value = `"` + value + `"`
				invalid(create, body(text.member, value), text.member, rule)
				if rule == length {
					invalid(update, fmt.Sprintf(`{%q:%s}`, text.member, value), text.member, rule)
				}
			}
		}
		changes := map[string]func(roles string) string{
			create: func(roles string) string { return body("roles", roles) },
			update: func(roles string) string { return `{"roles":` + roles + `}` },
		}
		if strings.HasPrefix(at.container, "/groups") {
			changes["POST "+at.container+"/{looseAccount}:invite"] = changes[update]
		}
		for call, with := range changes {
			invalid(call, with(`[]`), "roles", "must have at least one role")
			wrong := latchkey.CodeOrgRoleInProject
			if at.wrongCode == "CANNOT_ADD_GROUP_ROLE" {
				wrong = latchkey.CodeProjectRoleInOrg
			}
			add(0, wrong, call, with(`["`+at.role+`","`+at.wrong+`"]`), 400, at.wrongCode)
			add(0, latchkey.CodeGlobalRole, call, with(`["GLOBAL_OWNER"]`), 403, "CANNOT_ADD_GLOBAL_ROLE")
			add(0, latchkey.CodeUnknownRole, call, with(`["NO_SUCH_ROLE"]`), 400, "INVALID_ENUM_VALUE", "NO_SUCH_ROLE")
			add(0, latchkey.CodeUnexpectedJSONMember, call, with(`[{"roleName":"`+at.role+`"}]`), 400, "INVALID_JSON_ATTRIBUTE", "roles")
		}
		add(0, latchkey.CodeUnknownAttribute, update, `{"secretExpiresAfterHours":8}`, 400, "INVALID_ATTRIBUTE", "secretExpiresAfterHours")
		add(v2, latchkey.CodeUnknownAttribute, update, `{"clientId":"{account}"}`, 400, "INVALID_ATTRIBUTE", "clientId")
		add(0, latchkey.CodeMissingAttribute, "POST "+at.container+"/{account}/secrets", `{}`, 400, "MISSING_ATTRIBUTE", "secretExpiresAfterHours")
		add(0, latchkey.CodeDuplicateAddresses, "POST "+at.container+"/{account}/accessList", `[{"ipAddress":"192.0.2.9"},{"cidrBlock":"192.0.2.9/32"}]`, 400, "DUPLICATE_ADDRESSES_IN_INPUT")
		add(0, latchkey.CodeAddressAndBlock, "POST "+at.container+"/{account}/accessList", `[{"ipAddress":"192.0.2.9","cidrBlock":"10.0.0.0/8"}]`, 400, "BAD_ACCESS_LIST_ADD_REQUEST")
		add(0, latchkey.CodeInvalidQuery, "GET "+at.container+"?includeSystemManaged=maybe", "", 400, "INVALID_QUERY_PARAMETER", "includeSystemManaged")
	}
	const invite = "POST /groups/{project}/serviceAccounts/{looseAccount}:invite"
	add(0, latchkey.CodeMissingAttribute, invite, `{}`, 400, "MISSING_ATTRIBUTE", "roles")
	return all
}
