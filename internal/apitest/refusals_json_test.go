package apitest

import (
	"strings"

	"github.com/latchkey/latchkey"
)

// nested returns a member of the given name with arrays inside each other so
// that the whole body has that many levels.
func nested(name string, levels int) string {
	return `{"` + name + `":` + strings.Repeat("[", levels-1) + strings.Repeat("]", levels-1) + `}`
}

// jsonRefusals: bodies that are no JSON, not the right JSON, or too much of it.
func jsonRefusals() []refusal {
	const patch = "PATCH /groups/{project}/apiKeys/{target}"
	var all []refusal
	add := func(on on, code latchkey.Code, error, body string, params ...any) {
		status := 400
		if code == latchkey.CodeBodyTooLarge {
			status = 413
		}
		all = append(all, refusal{code: code, on: on, call: patch, body: body, status: status, error: error, params: params})
	}
	malformed := []string{
		``, ` `, `{`, `{"roles":["GROUP_READ_ONLY"]`, `{"roles":["GROUP_READ_ONLY]}`, `{"roles":["GROUP_READ_ONLY"]}}`,
		`{"roles":["GROUP_READ_ONLY"]} {}`, `{"roles":["GROUP_READ_ONLY"],}`, `{roles:["GROUP_READ_ONLY"]}`, `{'roles':[]}`,
		`{"roles":["GROUP_READ_ONLY"]}//`, `nul`, `+1`, `01`, "\ufeff{}", "{\"desc\":\"\xff\"}", "{\"desc\":\"\xed\xa0\x80\"}",
		`{"desc":"\ud800"}`, `{"desc":"\udc00x"}`, "{\"desc\":\"a\tb\"}", "{\"desc\":\"a\nb\"}", "{\"desc\":\"a\x00b\"}", `{"desc":"\x"}`,
		`{"desc":"a","desc":"b"}`, `{"desc":"a","de\u0073c":"b"}`, `{"roles":["GROUP_READ_ONLY"],"roles":["GROUP_OWNER"]}`,
		`{"nope":1,"nope":2}`, `{"nope":{"a":1,"a":2}}`, nested("nope", 17), strings.Repeat("[", 30000), "\x00", "\xff\xfe{\x00}\x00",
	}
	for _, body := range malformed {
		add(0, latchkey.CodeMalformedJSON, "MALFORMED_JSON", body)
	}
	for _, body := range []string{`[]`, `"x"`, `1`, `true`, `null`, `[{"roles":["GROUP_READ_ONLY"]}]`} {
		add(0, latchkey.CodeUnexpectedJSON, "INVALID_JSON", body)
	}
	for _, c := range []struct{ body, name string }{
		{`{"nope":1}`, "nope"}, {`{"ROLES":["GROUP_READ_ONLY"]}`, "ROLES"}, {`{"role\u017f":["GROUP_OWNER"]}`, "roleſ"},
		{`{"Desc":"x","roles":["GROUP_READ_ONLY"]}`, "Desc"}, {`{"":1}`, ""}, {`{"roles ":[]}`, "roles "},
		{`{"__proto__":{}}`, "__proto__"}, {nested("nope", 16), "nope"}, {`{"groupId":"{otherProject}","roles":["GROUP_READ_ONLY"]}`, "groupId"},
		{`{"a\u001b[31m":null}`, "a\x1b[31m"},
	} {
		add(0, latchkey.CodeUnknownAttribute, "INVALID_ATTRIBUTE", c.body, c.name)
	}
	for _, name := range []string{"id", "publicKey", "privateKey", "links"} {
		add(v2, latchkey.CodeUnknownAttribute, "INVALID_ATTRIBUTE", `{"roles":["GROUP_READ_ONLY"],"`+name+`":"x"}`, name)
	}
	for _, c := range []struct{ body, name string }{
		{`{"desc":1}`, "desc"}, {`{"desc":{}}`, "desc"}, {`{"desc":["x"]}`, "desc"}, {`{"desc":true}`, "desc"},
		{`{"roles":1}`, "roles"}, {`{"roles":"GROUP_OWNER"}`, "roles"}, {`{"roles":{}}`, "roles"}, {`{"roles":[{}]}`, "roles"},
		{`{"desc":1,"roles":1}`, "desc"}, {`{"roles":1,"desc":1}`, "roles"},
	} {
		add(0, latchkey.CodeUnexpectedJSONMember, "INVALID_JSON_ATTRIBUTE", c.body, c.name)
	}
	add(v1, latchkey.CodeUnexpectedJSONMember, "INVALID_JSON_ATTRIBUTE", `{"roles":["GROUP_READ_ONLY"],"id":1}`, "id")
	add(v1, latchkey.CodeUnexpectedJSONMember, "INVALID_JSON_ATTRIBUTE", `{"roles":["GROUP_READ_ONLY"],"publicKey":[]}`, "publicKey")
	for _, id := range []string{"{loose}", "x", ""} {
		add(v1, latchkey.CodeValidation, "VALIDATION_ERROR", `{"roles":["GROUP_READ_ONLY"],"id":"`+id+`"}`, "The id in the body differs from the one in the path")
	}
	// One byte more than 64 KiB.
	add(0, latchkey.CodeBodyTooLarge, "REQUEST_TOO_LARGE", padded(64<<10+1), 65536)
	return all
}

// padded returns a good PATCH of that many bytes.
func padded(size int) string {
	const begin, end = `{"roles":["GROUP_READ_ONLY"]`, `}`
	return begin + strings.Repeat(" ", size-len(begin)-len(end)) + end
}
