package wire

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
)

// arity is how many parameters each code has in the domain; those that are
// not named have none.
var arity = map[latchkey.Code]int{
	latchkey.CodeAddressNotAllowed:    1,
	latchkey.CodeAccessListRequired:   1,
	latchkey.CodeMalformedOrgID:       1,
	latchkey.CodeMalformedProjectID:   1,
	latchkey.CodeMalformedKeyID:       1,
	latchkey.CodeRouteNotFound:        1,
	latchkey.CodeMethodNotAllowed:     1,
	latchkey.CodeBodyTooLarge:         1,
	latchkey.CodeUnsupportedMediaType: 1,
	latchkey.CodeInvalidQuery:         1,
	latchkey.CodeOrganizationNotFound: 1,
	latchkey.CodeProjectNotFound:      1,
	latchkey.CodeProjectNameNotFound:  1,
	latchkey.CodeKeyNotFound:          1,
	latchkey.CodeUserNotFound:         1,
	latchkey.CodeEntryNotFound:        2,
	latchkey.CodeNotProjectCreator:    1,
	latchkey.CodeCallerLockedOut:      1,
	latchkey.CodeUnknownRole:          1,
	latchkey.CodeMissingOneOf:         2,
	latchkey.CodeMissingAttribute:     1,
	latchkey.CodeDescTooLong:          1,
	latchkey.CodeInvalidProjectName:   1,
	latchkey.CodeInvalidOrgName:       1,
	latchkey.CodeValidation:           1,
	latchkey.CodeUnknownAttribute:     1,
	latchkey.CodeUnexpectedJSONMember: 1,
	latchkey.CodeKeyAlreadyInProject:  2,
	latchkey.CodeTooManyKeys:          2,
	latchkey.CodeProjectNameTaken:     1,
	latchkey.CodeAddressExists:        1,
	latchkey.CodeAddressNotListable:   1,
	latchkey.CodeInvalidAddress:       1,
	latchkey.CodeRateLimited:          5,
	latchkey.CodeAttemptsLimited:      3,
	latchkey.CodeAccountNotFound:      1,
	latchkey.CodeSecretNotFound:       1,
	latchkey.CodeAccountEntryNotFound: 1,
	latchkey.CodeEventNotFound:        2,
	latchkey.CodeOrgEventNotFound:     2,
	latchkey.CodeEndpointSetNotFound:  1,
	latchkey.CodeAccountInProject:     1,
	latchkey.CodeTooManyAccounts:      2,
}

// unnamed are the codes whose parameter the published template does not name.
var unnamed = []latchkey.Code{latchkey.CodeAccessListRequired}

func sample(c latchkey.Code) *latchkey.Error {
	if c == latchkey.CodeBodyTooLarge || c == latchkey.CodeDescTooLong {
		return latchkey.Refuse(c, 250)
	}
	if c == latchkey.CodeTooManyKeys {
		return latchkey.Refuse(c, 500, "5f0000000000000000000001")
	}
	params := []any{"one", "two", 3, 4, 5}[:arity[c]]
	return latchkey.Refuse(c, params...)
}

func TestEveryCodeIsSaidOnEveryGeneration(t *testing.T) {
	for _, g := range Generations() {
		for _, c := range latchkey.Codes() {
			if int(c) >= len(problemTable) || problemTable[c].status == 0 {
				t.Errorf("code %d is not in the table", c)
				continue
			}
			s := problemTable[c].on(g)
			if s.status < 400 || s.errorCode == "" || s.template == "" {
				t.Errorf("%v: code %d: incomplete: %+v", g, c, s)
			}
			p := g.Problem(sample(c), "/api/x")
			holes := strings.Count(s.template, "%s") + strings.Count(s.template, "%d")
			if holes != strings.Count(s.template, "%") {
				t.Errorf("%v: code %d: a placeholder that is neither %%s nor %%d: %q", g, c, s.template)
			}
			if holes != len(p.Params) && !slices.Contains(unnamed, c) {
				t.Errorf("%v: code %d: %d placeholders for %d parameters: %q", g, c, holes, len(p.Params), s.template)
			}
			if strings.Contains(p.Detail, "%") || p.Reason != http.StatusText(p.Status) {
				t.Errorf("%v: code %d: %+v", g, c, p)
			}
			if strings.Contains(strings.ToLower(s.errorCode+s.template), "whitelist") {
				t.Errorf("%v: code %d says whitelist", g, c)
			}
		}
	}
	for c := range maps.Keys(arity) {
		if !slices.Contains(latchkey.Codes(), c) {
			t.Errorf("code %d does not exist", c)
		}
	}
}

func TestProblemBodies(t *testing.T) {
	const (
		id   = "5f0000000000000000000001"
		path = "/api/atlas/v2/orgs/x"
	)
	unknownRole := latchkey.Refuse(latchkey.CodeUnknownRole, "NOPE").In(latchkey.FieldViolation{
		Field: "_roles", Description: "Invalid role name 'NOPE'. Must be a valid Role name.",
	})
	roleDetail := `"badRequestDetail":{"fields":[{"description":"Invalid role name 'NOPE'. Must be a valid Role name.","field":"_roles"}]},`
	role := `"detail":"An invalid enumeration value NOPE was specified.","error":400,"errorCode":"INVALID_ENUM_VALUE","parameters":["NOPE"],"reason":"Bad Request"}`
	for _, c := range []struct {
		g    Generation
		e    *latchkey.Error
		want string
	}{
		{AtlasV2, latchkey.Refuse(latchkey.CodeProjectNotFound, id),
			`{"detail":"No group with ID ` + id + ` exists.","error":404,"errorCode":"GROUP_NOT_FOUND","parameters":["` + id + `"],"reason":"Not Found"}`},
		{AtlasV2, latchkey.Refuse(latchkey.CodeVersionNotAcceptable),
			`{"detail":"Invalid accept header or version date.","error":406,"errorCode":"INVALID_VERSION_DATE","parameters":[],"reason":"Not Acceptable"}`},
		{PublicV1, latchkey.Refuse(latchkey.CodeAddressNotAllowed, "192.0.2.7"),
			`{"detail":"IP address 192.0.2.7 is not allowed to access this resource.","error":403,"errorCode":"IP_ADDRESS_NOT_ON_ACCESS_LIST","parameters":["192.0.2.7"],"reason":"Forbidden"}`},
		{AtlasV2, latchkey.Refuse(latchkey.CodeAccessListRequired, "192.0.2.7"),
			`{"detail":"This organization requires access through an access list of ip ranges.","error":403,"errorCode":"ORG_REQUIRES_ACCESS_LIST","parameters":["192.0.2.7"],"reason":"Forbidden"}`},
		{AtlasV2, latchkey.Refuse(latchkey.CodeMalformedKeyID, "x"),
			`{"detail":"One or more path parameter in the request URI ` + path + ` is malformed.","error":400,"errorCode":"PATH_PARAM_PARSE_ERROR","parameters":["` + path + `"],"reason":"Bad Request"}`},
		{PublicV1, latchkey.Refuse(latchkey.CodeMalformedProjectID, "x"),
			`{"detail":"An invalid group ID x was specified.","error":404,"errorCode":"INVALID_GROUP_ID","parameters":["x"],"reason":"Not Found"}`},
		{AtlasV1, latchkey.Refuse(latchkey.CodeMalformedOrgID, "x"),
			`{"detail":"An invalid organization ID x was specified.","error":404,"errorCode":"INVALID_ORG_ID","parameters":["x"],"reason":"Not Found"}`},
		{AtlasV2, latchkey.Refuse(latchkey.CodeProjectNotReachable),
			`{"detail":"User cannot access this group.","error":401,"errorCode":"USER_CANNOT_ACCESS_GROUP","parameters":[],"reason":"Unauthorized"}`},
		{AtlasV1, latchkey.Refuse(latchkey.CodeProjectNotReachable),
			`{"detail":"The current user is not in the group, or the group does not exist.","error":401,"errorCode":"NOT_IN_GROUP","parameters":[],"reason":"Unauthorized"}`},
		{AtlasV2, unknownRole, `{` + roleDetail + role},
		{AtlasV1, unknownRole, `{` + roleDetail + role},
		{PublicV1, unknownRole, `{` + role},
		{AtlasV2, latchkey.Refuse(latchkey.CodeDescTooLong, 250),
			`{"detail":"API key descriptions are required and must be less than 250 characters.","error":400,"errorCode":"INVALID_API_KEY_DESC","parameters":[250],"reason":"Bad Request"}`},
		{AtlasV2, latchkey.Refuse(latchkey.CodeMissingOneOf, "desc", "roles"),
			`{"detail":"Either the desc attribute or the roles attribute must be specified.","error":400,"errorCode":"MISSING_ONE_OF_ATTRIBUTES","parameters":["desc","roles"],"reason":"Bad Request"}`},
		{AtlasV2, latchkey.Refuse(latchkey.CodeTooManyKeys, 500, id),
			`{"detail":"Maximum number of API keys per org 500 in ` + id + ` exceeded while trying to add API keys.","error":400,"errorCode":"MAX_API_KEYS_PER_ORG_EXCEEDED","parameters":[500,"` + id + `"],"reason":"Bad Request"}`},
		{AtlasV2, latchkey.Refuse(latchkey.CodeUnknownAttribute, "a\"b\n"),
			`{"detail":"Invalid attribute a\"b\n specified.","error":400,"errorCode":"INVALID_ATTRIBUTE","parameters":["a\"b\n"],"reason":"Bad Request"}`},
		{PublicV1, latchkey.Refuse(latchkey.CodeRouteNotFound, path),
			`{"detail":"Cannot find resource ` + path + `.","error":404,"errorCode":"RESOURCE_NOT_FOUND","parameters":["` + path + `"],"reason":"Not Found"}`},
		{PublicV1, nil, `{"detail":"Unexpected error.","error":500,"errorCode":"UNEXPECTED_ERROR","parameters":[],"reason":"Internal Server Error"}`},
		{AtlasV2, latchkey.Refuse(latchkey.Code(255)), `{"detail":"Unexpected error.","error":500,"errorCode":"UNEXPECTED_ERROR","parameters":[],"reason":"Internal Server Error"}`},
	} {
		if got := string(c.g.Problem(c.e, path).AppendJSON(nil)); got != c.want {
			t.Errorf("%v: %v\n got %s\nwant %s", c.g, c.e, got, c.want)
		}
	}
}

func TestProblemKeepsTheFieldsOfTheError(t *testing.T) {
	e := latchkey.Refuse(latchkey.CodeValidation, "desc must not contain the character U+0000").
		In(latchkey.FieldViolation{Field: "desc", Description: "must not contain the character U+0000"}).Because("secret reason")
	for _, g := range Generations() {
		body := string(g.Problem(e, "/").AppendJSON(nil))
		if strings.Contains(body, "badRequestDetail") == (g == PublicV1) {
			t.Errorf("%v: %s", g, body)
		}
		if strings.Contains(body, "secret reason") {
			t.Errorf("%v: the reason for the operator is in the body: %s", g, body)
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(body), &members); err != nil {
			t.Errorf("%v: %s: %v", g, body, err)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, g := range Generations() {
		all := Describe(g)
		if len(all) != len(latchkey.Codes()) {
			t.Fatalf("%v: %d descriptions of %d codes", g, len(all), len(latchkey.Codes()))
		}
		for _, d := range all {
			p := g.Problem(sample(d.Code), "/")
			if d.Status != p.Status || d.ErrorCode != p.ErrorCode {
				t.Errorf("%v: described %+v, answered %+v", g, d, p)
			}
		}
	}
}

func BenchmarkProblem(b *testing.B) {
	e := latchkey.Refuse(latchkey.CodeKeyNotFound, "5f0000000000000000000001")
	dst := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		dst = AtlasV2.Problem(e, "/").AppendJSON(dst[:0])
	}
}
