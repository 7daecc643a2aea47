package apitest

import (
	"strings"

	"github.com/latchkey/latchkey"
)

// entryRefusals: entries of access lists.
func entryRefusals() []refusal {
	var all []refusal
	add := func(code latchkey.Code, status int, error, body string, params ...any) {
		all = append(all, refusal{code: code, call: "POST /orgs/{org}/apiKeys/{listed}/accessList", body: body, status: status, error: error, params: params})
	}
	for _, addr := range []string{"", "x", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "fe80::1%25eth0", "fe80::1%eth0", ":::1", "192.0.2.0/24", "1.2.3.4\n", "localhost", "0x7f.1.1.1", "127.1"} {
		add(latchkey.CodeInvalidAddress, 400, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION", `[{"ipAddress":"`+strings.ReplaceAll(addr, "\n", `\n`)+`"}]`, addr)
	}
	for _, block := range []string{"192.0.2.1", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/", "/24", "192.0.2.0/024", "192.0.2.0/24/24", "2001:db8::/129", "::ffff:192.0.2.0/24", "fe80::%eth0/64"} {
		add(latchkey.CodeInvalidAddress, 400, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION", `[{"cidrBlock":"`+block+`"}]`, block)
	}
	for _, item := range []string{`{"ipAddress":"0.0.0.0"}`, `{"cidrBlock":"0.0.0.0/32"}`, `{"ipAddress":"::"}`} {
		addr := strings.Split(item, `"`)[3]
		add(latchkey.CodeAddressNotListable, 400, "CANNOT_ADD_IP_ADDRESS_TO_API_KEY_ACCESS_LIST", `[`+item+`]`, addr)
	}
	add(latchkey.CodeAddressAndBlock, 400, "BAD_ACCESS_LIST_ADD_REQUEST", `[{"ipAddress":"192.0.2.7","cidrBlock":"192.0.2.7/32"}]`)
	add(latchkey.CodeMissingOneOf, 400, "MISSING_ONE_OF_ATTRIBUTES", `[{}]`, "ipAddress", "cidrBlock")
	add(latchkey.CodeMissingOneOf, 400, "MISSING_ONE_OF_ATTRIBUTES", `[]`, "ipAddress", "cidrBlock")
	add(latchkey.CodeMissingOneOf, 400, "MISSING_ONE_OF_ATTRIBUTES", `[{"ipAddress":null}]`, "ipAddress", "cidrBlock")
	add(latchkey.CodeAddressExists, 409, "ADDRESS_ALREADY_IN_ACCESS_LIST", `[{"ipAddress":"192.0.2.1"}]`, "192.0.2.1")
	add(latchkey.CodeAddressExists, 409, "ADDRESS_ALREADY_IN_ACCESS_LIST", `[{"ipAddress":"192.0.2.8"},{"cidrBlock":"192.0.2.1/32"}]`, "192.0.2.1")
	add(latchkey.CodeDuplicateAddresses, 400, "DUPLICATE_ADDRESSES_IN_INPUT", `[{"ipAddress":"192.0.2.8"},{"ipAddress":"192.0.2.8"}]`)
	add(latchkey.CodeDuplicateAddresses, 400, "DUPLICATE_ADDRESSES_IN_INPUT", `[{"cidrBlock":"10.0.0.1/8"},{"cidrBlock":"10.9.9.9/8"}]`)
	add(latchkey.CodeDuplicateAddresses, 400, "DUPLICATE_ADDRESSES_IN_INPUT", `[{"ipAddress":"::ffff:192.0.2.8"},{"ipAddress":"192.0.2.8"}]`)
	add(latchkey.CodeUnexpectedJSON, 400, "INVALID_JSON", `{"ipAddress":"192.0.2.8"}`)
	add(latchkey.CodeUnexpectedJSON, 400, "INVALID_JSON", `["192.0.2.8"]`)
	add(latchkey.CodeUnknownAttribute, 400, "INVALID_ATTRIBUTE", `[{"ipaddress":"192.0.2.8"}]`, "ipaddress")
	add(latchkey.CodeUnexpectedJSONMember, 400, "INVALID_JSON_ATTRIBUTE", `[{"ipAddress":3221225985}]`, "ipAddress")
	add(latchkey.CodeValidation, 400, "VALIDATION_ERROR", `[`+strings.Repeat(`{"ipAddress":"192.0.2.8"},`, 200)+`{"ipAddress":"192.0.2.9"}]`, "the body must not have more than 200 elements")
	for _, list := range []string{"accessList", "whitelist"} {
		on := on(v1)
		if list == "accessList" {
			on = 0
		}
		for _, method := range []string{"GET ", "DELETE "} {
			at := method + "/orgs/{org}/apiKeys/{listed}/" + list + "/"
			for _, missing := range []string{"192.0.2.2", "192.0.2.1/31", "2001:db8::1", "0.0.0.0"} {
				all = append(all, refusal{code: latchkey.CodeEntryNotFound, on: on, call: at + strings.ReplaceAll(missing, "/", "%2F"),
					status: 404, error: "API_KEY_ACCESS_LIST_NOT_FOUND", params: p(missing, "{listed}")})
			}
			all = append(all,
				refusal{code: latchkey.CodeEntryNotFound, on: v1, call: at + "192.0.2.0/24", status: 404, error: "API_KEY_ACCESS_LIST_NOT_FOUND", params: p("192.0.2.0/24", "{listed}")},
				refusal{code: latchkey.CodeRouteNotFound, on: v2, call: at + "192.0.2.1/32", status: 404, error: "RESOURCE_NOT_FOUND", params: p("{path}")},
				refusal{code: latchkey.CodeInvalidAddress, on: on, call: at + "localhost", status: 400, error: "INVALID_IP_ADDRESS_OR_CIDR_NOTATION", params: p("localhost")},
				refusal{code: latchkey.CodeInvalidAddress, on: on, call: at + "192.0.2.1%252F32", status: 400, error: "INVALID_IP_ADDRESS_OR_CIDR_NOTATION", params: p("192.0.2.1%2F32")},
				refusal{code: latchkey.CodeInvalidAddress, on: v1, call: at + "192.0.2.1%2F32/32", status: 400, error: "INVALID_IP_ADDRESS_OR_CIDR_NOTATION", params: p("192.0.2.1/32/32")})
		}
	}
	return all
}

// projectRefusals: projects and their members.
func projectRefusals() []refusal {
	var all []refusal
	create := func(code latchkey.Code, status int, error, body string, params ...any) {
		all = append(all, refusal{code: code, call: "POST /groups", body: body, status: status, error: error, params: params})
	}
	for _, name := range []string{"", " ", " x", "x ", "a/b", "a\\b", "tab\there", strings.Repeat("x", 65), strings.Repeat("é", 65), "semi;colon", "<b>", "line\nfeed", "zero\u200bwidth", "a\u0301"} {
		escaped := strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`).Replace(name)
		create(latchkey.CodeInvalidProjectName, 400, "INVALID_GROUP_NAME", `{"name":"`+escaped+`","orgId":"{org}"}`, name)
		all = append(all, refusal{code: latchkey.CodeInvalidProjectName, call: "PATCH /groups/{project}", body: `{"name":"` + escaped + `"}`, status: 400, error: "INVALID_GROUP_NAME", params: p(name)})
		all = append(all, refusal{code: latchkey.CodeInvalidOrgName, call: "PATCH /orgs/{org}", body: `{"name":"` + escaped + `"}`, status: 400, error: "INVALID_ORG_NAME", params: p(name)})
	}
	create(latchkey.CodeMissingAttribute, 400, "MISSING_ATTRIBUTE", `{"orgId":"{org}"}`, "name")
	create(latchkey.CodeProjectNameTaken, 409, "GROUP_ALREADY_EXISTS", `{"name":"Test project","orgId":"{org}"}`, "Test project")
	create(latchkey.CodeUnknownAttribute, 400, "INVALID_ATTRIBUTE", `{"name":"x","orgId":"{org}","groupId":"x"}`, "groupId")
	create(latchkey.CodeUnexpectedJSONMember, 400, "INVALID_JSON_ATTRIBUTE", `{"name":"x","orgId":"{org}","clusterCount":"x"}`, "clusterCount")
	create(latchkey.CodeUnexpectedJSONMember, 400, "INVALID_JSON_ATTRIBUTE", `{"name":"x","orgId":"{org}","withDefaultAlertsSettings":"yes"}`, "withDefaultAlertsSettings")
	create(latchkey.CodeUnexpectedJSONMember, 400, "INVALID_JSON_ATTRIBUTE", `{"name":"x","orgId":"{org}","tags":{}}`, "tags")
	create(latchkey.CodeValidation, 400, "VALIDATION_ERROR", `{"name":"x","orgId":"x"}`, "orgId must be 24 lower-case hex digits")
	create(latchkey.CodeValidation, 400, "VALIDATION_ERROR", `{"name":"x","orgId":"{org}","regionUsageRestrictions":"MARS"}`, "regionUsageRestrictions must be COMMERCIAL_FEDRAMP_REGIONS_ONLY or GOV_REGIONS_ONLY")
	for _, tag := range []string{`{"key":"","value":"v"}`, `{"value":"v"}`} {
		create(latchkey.CodeValidation, 400, "VALIDATION_ERROR", `{"name":"x","orgId":"{org}","tags":[`+tag+`]}`, "tags.key must have between 1 and 255 characters")
	}
	create(latchkey.CodeValidation, 400, "VALIDATION_ERROR", `{"name":"x","orgId":"{org}","tags":[{"key":"k","value":"`+strings.Repeat("é", 256)+`"}]}`, "tags.value must have between 1 and 255 characters")
	create(latchkey.CodeValidation, 400, "VALIDATION_ERROR", `{"name":"x","orgId":"{org}","tags":[{"key":"k","value":"a"},{"key":"k","value":"b"}]}`, "tags.key must not be given twice")
	for _, id := range []string{"{unknown}", "{owner}"} {
		all = append(all, refusal{code: latchkey.CodeUserNotFound, call: "POST /groups?projectOwnerId=" + id, body: `{"name":"x","orgId":"{org}"}`, status: 404, error: "USER_NOT_FOUND", params: p(id)})
	}
	return append(all,
		refusal{code: latchkey.CodeMissingAttribute, on: v2, call: "POST /groups", body: `{"name":"x"}`, status: 400, error: "MISSING_ATTRIBUTE", params: p("orgId")},
		refusal{code: latchkey.CodeInvalidQuery, call: "POST /groups?projectOwnerId=x", body: `{"name":"x","orgId":"{org}"}`, status: 400, error: "INVALID_QUERY_PARAMETER", params: p("projectOwnerId")},
		refusal{code: latchkey.CodeProjectNameTaken, call: "PATCH /groups/{project}", body: `{"name":"Second project"}`, status: 409, error: "GROUP_ALREADY_EXISTS", params: p("Second project")},
		refusal{code: latchkey.CodeUnknownAttribute, on: v2, call: "PATCH /groups/{project}", body: `{"id":"{project}"}`, status: 400, error: "INVALID_ATTRIBUTE", params: p("id")},
		refusal{code: latchkey.CodeValidation, on: v1, call: "PATCH /groups/{project}", body: `{"id":"{second}","name":"x"}`, status: 400, error: "VALIDATION_ERROR", params: p("The id in the body differs from the one in the path")},
	)
}

// orgRefusals: an organization and its settings.
func orgRefusals() []refusal {
	var all []refusal
	settings := func(code latchkey.Code, error, body string, params ...any) {
		all = append(all, refusal{code: code, call: "PATCH /orgs/{org}/settings", body: body, status: 400, error: error, params: params})
	}
	settings(latchkey.CodeUnknownAttribute, "INVALID_ATTRIBUTE", `{"apiaccesslistrequired":true}`, "apiaccesslistrequired")
	settings(latchkey.CodeUnexpectedJSONMember, "INVALID_JSON_ATTRIBUTE", `{"apiAccessListRequired":"true"}`, "apiAccessListRequired")
	settings(latchkey.CodeUnexpectedJSONMember, "INVALID_JSON_ATTRIBUTE", `{"maxServiceAccountSecretValidityInHours":8.5}`, "maxServiceAccountSecretValidityInHours")
	settings(latchkey.CodeUnexpectedJSONMember, "INVALID_JSON_ATTRIBUTE", `{"maxServiceAccountSecretValidityInHours":99999999999999999999}`, "maxServiceAccountSecretValidityInHours")
	for _, n := range []string{"7", "8761", "-8", "0"} {
		settings(latchkey.CodeValidation, "VALIDATION_ERROR", `{"maxServiceAccountSecretValidityInHours":`+n+`}`, "maxServiceAccountSecretValidityInHours must be between 8 and 8760")
	}
	settings(latchkey.CodeMalformedJSON, "MALFORMED_JSON", ``)
	settings(latchkey.CodeUnexpectedJSON, "INVALID_JSON", `[]`)
	return append(all,
		refusal{code: latchkey.CodeMissingAttribute, call: "PATCH /orgs/{org}", body: `{}`, status: 400, error: "MISSING_ATTRIBUTE", params: p("name")},
		refusal{code: latchkey.CodeValidation, call: "PATCH /orgs/{org}", body: `{"id":"{otherOrg}","name":"x"}`, status: 400, error: "VALIDATION_ERROR", params: p("The id in the body differs from the one in the path")},
		refusal{code: latchkey.CodeUnexpectedJSONMember, call: "PATCH /orgs/{org}", body: `{"isDeleted":"x","name":"x"}`, status: 400, error: "INVALID_JSON_ATTRIBUTE", params: p("isDeleted")},
	)
}

// requestRefusals: versions, queries, media types, methods and routes.
func requestRefusals() []refusal {
	const patch, good = "PATCH /groups/{project}/apiKeys/{target}", `{"roles":["GROUP_OWNER"]}`
	var all []refusal
	for _, accept := range []string{
		"application/json", "*/*", "application/*", "text/html", "application/vnd.atlas.2022-12-31+json", "application/vnd.atlas.2024-01-17+json",
		"application/vnd.atlas.2023-13-01+json", "application/vnd.atlas.preview+json", "application/vnd.atlas.upcoming+json", "application/vnd.atlas.+json",
		"application/vnd.atlas.2023-01-01+csv", "application/vnd.atlas.2023-01-01", "application/vnd.atlas.2023-01-01+json;q=0", ",,,", `"`,
		strings.Repeat("application/vnd.atlas.2023-01-01+json,", 33) + "x/y", strings.Repeat("x", 5000), "application/vnd.atlas.9999-12-31+json",
	} {
		all = append(all, refusal{code: latchkey.CodeVersionNotAcceptable, on: v2, call: patch, body: good, header: []string{"Accept", accept}, status: 406, error: "INVALID_VERSION_DATE"})
	}
	all = append(all, refusal{code: latchkey.CodeVersionNotAcceptable, on: v2, call: "GET /orgs/{org}", header: []string{"Accept", ""}, status: 406, error: "INVALID_VERSION_DATE"})
	for _, q := range []struct{ query, name string }{
		{"itemsPerPage=0", "itemsPerPage"}, {"itemsPerPage=501", "itemsPerPage"}, {"itemsPerPage=x", "itemsPerPage"}, {"itemsPerPage=", "itemsPerPage"},
		{"itemsPerPage=-1", "itemsPerPage"}, {"itemsPerPage=1e2", "itemsPerPage"}, {"itemsPerPage=+5", "itemsPerPage"}, {"itemsPerPage=99999999999999999999", "itemsPerPage"},
		{"pageNum=0", "pageNum"}, {"pageNum=x", "pageNum"}, {"pageNum=1.0", "pageNum"}, {"pageNum=%zz", "pageNum"}, {"pageNum=1&pageNum=1", "pageNum"},
		{"pageNum=2147483648", "pageNum"}, {"includeCount=1", "includeCount"}, {"includeCount=", "includeCount"}, {"includeCount=true&includeCount=true", "includeCount"},
		{"itemsPerPage=10&itemsPerPag%65=10", "itemsPerPage"},
	} {
		all = append(all, refusal{code: latchkey.CodeInvalidQuery, call: "GET /orgs/{org}/apiKeys?" + q.query, status: 400, error: "INVALID_QUERY_PARAMETER", params: p(q.name)})
		all = append(all, refusal{code: latchkey.CodeInvalidQuery, call: patch + "?" + q.query, body: good, status: 400, error: "INVALID_QUERY_PARAMETER", params: p(q.name)})
	}
	for _, q := range []struct{ query, name string }{
		{"pretty=1", "pretty"}, {"envelope=yes", "envelope"}, {"envelope=false&envelope=false", "envelope"}, {"pretty=%ff", "pretty"},
		{strings.Repeat("a=1&", 64) + "b=1", "b"},
	} {
		all = append(all, refusal{code: latchkey.CodeInvalidQuery, call: patch + "?" + q.query, body: good, status: 400, error: "INVALID_QUERY_PARAMETER", params: p(q.name)})
		all = append(all, refusal{code: latchkey.CodeInvalidQuery, call: "DELETE /orgs/{org}/apiKeys/{target}?" + q.query, status: 400, error: "INVALID_QUERY_PARAMETER", params: p(q.name)})
	}
	for _, q := range []string{"name=a&name=b", "name=%00", "name=%ff"} {
		all = append(all, refusal{code: latchkey.CodeInvalidQuery, call: "GET /orgs?" + q, status: 400, error: "INVALID_QUERY_PARAMETER", params: p("name")})
		all = append(all, refusal{code: latchkey.CodeInvalidQuery, call: "GET /orgs/{org}/groups?" + q, status: 400, error: "INVALID_QUERY_PARAMETER", params: p("name")})
	}
	for _, ct := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "application/json,application/json", "application/xml", "application/json; q=1", "x"} {
		all = append(all, refusal{code: latchkey.CodeUnsupportedMediaType, call: patch, body: good, header: []string{"Content-Type", ct}, status: 415, error: "UNSUPPORTED_MEDIA_TYPE", params: p(ct)})
	}
	all = append(all, refusal{code: latchkey.CodeUnsupportedMediaType, on: v1, call: patch, body: good, header: []string{"Content-Type", "application/vnd.atlas.2023-01-01+json"}, status: 415, error: "UNSUPPORTED_MEDIA_TYPE", params: p("application/vnd.atlas.2023-01-01+json")})
	for _, call := range []string{"PUT /groups/{project}/apiKeys/{target}", "GET /groups/{project}/apiKeys/{target}", "TRACE /orgs", "OPTIONS /orgs", "PURGE /orgs", "DELETE /orgs/{org}", "post /groups"} {
		method, _, _ := strings.Cut(call, " ")
		all = append(all, refusal{code: latchkey.CodeMethodNotAllowed, call: call, status: 405, error: "METHOD_NOT_ALLOWED", params: p(method)})
	}
	all = append(all, refusal{code: latchkey.CodeMethodNotAllowed, on: v1, call: "POST /groups/{project}/apiKeys/{target}", body: `[]`, status: 405, error: "METHOD_NOT_ALLOWED", params: p("POST")})
	for _, call := range []string{
		"GET /", "GET /nope", "GET /orgs/", "GET /groups/", "GET /groups/{project}/", "GET /groups/{project}/apiKeys/", "GET /groups//apiKeys", "PATCH /groups/{project}//apiKeys/{target}",
		"PATCH /groups/{project}/apiKeys/{target}/", "DELETE /groups/{project}/apiKeys/", "DELETE /orgs/{org}/apiKeys/{listed}/accessList/", "GET /Groups/{project}", "GET /groups/{project}/apikeys",
		"GET /groups/byName/", "GET /groups/{project}:migrate/x", "GET /orgs/{org}/users", "GET /unauth/users",
	} {
		all = append(all, refusal{code: latchkey.CodeRouteNotFound, call: call, status: 404, error: "RESOURCE_NOT_FOUND", params: p("{path}")})
	}
	return append(all,
		refusal{code: latchkey.CodeRouteNotFound, on: v2, call: "GET /orgs/{org}/apiKeys/{target}/whitelist", status: 404, error: "RESOURCE_NOT_FOUND", params: p("{path}")},
		refusal{code: latchkey.CodeRouteNotFound, on: v1, call: "GET /unauth/controlPlaneIPAddresses", status: 404, error: "RESOURCE_NOT_FOUND", params: p("{path}")},
	)
}
