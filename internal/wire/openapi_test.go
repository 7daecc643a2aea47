package wire

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/policy"
)

func TestDocWriter(t *testing.T) {
	var w docWriter
	w.object(func() {
		w.member("text", "a\"b\n")
		w.member("none", "")
		w.number("zero", 0)
		w.number("n", -7)
		w.flag("off", false)
		w.flag("on", true)
		w.texts("empty", nil)
		w.texts("list", []string{"{", "["})
		w.in("object", func() {})
		w.name("array")
		w.array(func() {
			w.array(func() {})
			w.object(func() { w.rawMember("raw", "[1,2]") })
		})
	})
	const want = `{"text":"a\"b\n","n":-7,"on":true,"list":["{","["],"object":{},"array":[[],{"raw":[1,2]}]}`
	if string(w.buf) != want {
		t.Errorf("wrote\n%s\nwant\n%s", w.buf, want)
	}
}

func TestBodySchema(t *testing.T) {
	only := func(g Generation) []string { return []string{"ROLE_OF_" + g.Name()} }
	body := &Body{
		Name: "Thing", Required: []string{"desc"}, AnyOf: []string{"desc", "roles"},
		Members: []Member{
			{Name: "desc", Kind: String, Schema: &Schema{MaxLength: 250, Description: "d"}},
			{Name: "roles", Kind: StringArray, Values: only, Schema: &Schema{MinItems: 1}},
			{Name: "id", Kind: String, ReadOnly: true},
			{Name: "links", Kind: Any, ReadOnly: true},
			{Name: "count", Kind: Int, Schema: &Schema{Minimum: 1, Maximum: 9}},
			{Name: "tags", Kind: ObjectArray, Members: []Member{{Name: "key", Kind: String, Required: true}}},
			{Name: "nested", Kind: NestedObject, Members: []Member{{Name: "on", Kind: Bool}}},
		},
	}
	want := &Schema{
		Name: "Thing", Type: "object", Closed: true, AnyOf: []string{"desc", "roles"},
		Properties: []Property{
			{Name: "desc", Required: true, Schema: &Schema{Type: "string", MaxLength: 250, Description: "d"}},
			{Name: "roles", Schema: &Schema{Type: "array", MinItems: 1, MaxItems: maxListStrings, Items: &Schema{Type: "string", Enum: []string{"ROLE_OF_atlas-v1.0"}}}},
			{Name: "id", ReadOnly: true, Schema: &Schema{Type: "string"}},
			{Name: "links", ReadOnly: true, Schema: &Schema{}},
			{Name: "count", Schema: &Schema{Type: "integer", Minimum: 1, Maximum: 9}},
			{Name: "tags", Schema: &Schema{Type: "array", Items: &Schema{Type: "object", Closed: true,
				Properties: []Property{{Name: "key", Required: true, Schema: &Schema{Type: "string"}}}}}},
			{Name: "nested", Schema: &Schema{Type: "object", Closed: true,
				Properties: []Property{{Name: "on", Schema: &Schema{Type: "boolean"}}}}},
		},
	}
	if got := body.Schema(AtlasV1); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", asJSON(t, got), asJSON(t, want))
	}
	body.Array, body.MaxItems = true, 5
	got := body.Schema(AtlasV1)
	if got.Type != "array" || got.MaxItems != 5 || got.MinItems != 1 || !reflect.DeepEqual(got.Items, want) {
		t.Errorf("array: got %s", asJSON(t, got))
	}
	if body.Members[0].Schema.Type != "" {
		t.Error("the declared schema was changed")
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCodesFollowFromWhatIsDeclared adds one fact after the other to a row and
// looks at the refusals that come with it.
func TestCodesFollowFromWhatIsDeclared(t *testing.T) {
	row := &Row{Spec: Spec{Method: "GET", Patterns: []string{"/x"}, Versions: []Version{Version20230101}}, Open: true}
	var before []latchkey.Code
	comes := func(what string, g Generation, want ...latchkey.Code) {
		t.Helper()
		after := row.Codes(g)
		var came []latchkey.Code
		for _, c := range after {
			if !slices.Contains(before, c) {
				came = append(came, c)
			}
		}
		slices.Sort(want)
		if !slices.Equal(came, want) {
			t.Errorf("%s: %v come, want %v", what, came, want)
		}
		if before = after; !slices.IsSorted(after) {
			t.Errorf("%s: not in order: %v", what, after)
		}
	}
	comes("an open row", PublicV1, latchkey.CodeInternal, latchkey.CodeInvalidQuery, latchkey.CodeAddressNotAllowed)
	comes("a version", AtlasV2, latchkey.CodeVersionNotAcceptable)
	row.Open, row.Op.Rule = false, policy.Rule{Gate: policy.GateAnyone}
	comes("credentials", AtlasV2, latchkey.CodeUnauthenticated, latchkey.CodeUnavailable, latchkey.CodeAccessListRequired)
	row.Op.Rule = policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner}
	comes("a role in the organization", AtlasV2, latchkey.CodeNotAuthorized)
	row.Patterns = []string{"/x/{orgId}"}
	comes("an organization in the path", AtlasV2, latchkey.CodeMalformedOrgID, latchkey.CodeOrganizationNotFound)
	row.Patterns = []string{"/x/{orgId}/{apiUserId}"}
	comes("a key in the path", AtlasV2, latchkey.CodeMalformedKeyID, latchkey.CodeKeyNotFound)
	row.Op.Changes = true
	comes("a change", AtlasV2, latchkey.CodeStaleNonce, latchkey.CodeLastOwner)
	row.Query = []Param{{Name: "q", Codes: []latchkey.Code{latchkey.CodeUserNotFound}}}
	comes("a parameter", AtlasV2, latchkey.CodeUserNotFound)
	row.Body = &Body{Members: []Member{{Name: "m", Codes: []latchkey.Code{latchkey.CodeDescTooLong}}}}
	comes("a body", AtlasV2, latchkey.CodeDescTooLong, latchkey.CodeUnsupportedMediaType, latchkey.CodeBodyTooLarge,
		latchkey.CodeBodyTimeout, latchkey.CodeMalformedJSON, latchkey.CodeUnexpectedJSON, latchkey.CodeUnexpectedJSONMember,
		latchkey.CodeUnknownAttribute, latchkey.CodeValidation)
	row.Body.Required, row.Body.AnyOf, row.Body.Codes = []string{"m"}, []string{"m", "n"}, []latchkey.Code{latchkey.CodeTooManyKeys}
	comes("members that must be there", AtlasV2, latchkey.CodeMissingAttribute, latchkey.CodeMissingOneOf, latchkey.CodeTooManyKeys)
	row.Op.Rule = policy.Rule{Gate: policy.GateAccessList, Role: latchkey.OrgOwner}
	comes("an access list", AtlasV2, latchkey.CodeAccessListNotReadable, latchkey.CodeCallerLockedOut)
	row.Op.Rule = policy.Rule{Gate: policy.GateProjectCreator, Role: latchkey.OrgGroupCreator}
	comes("a creator", AtlasV2, latchkey.CodeNotProjectCreator)
	row.Op.Rule = policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupOwner}
	comes("a role in the project", AtlasV2, latchkey.CodeProjectNotReachable, latchkey.CodeNotAuthorized)
}

// TestRefusalsAreInOrderOfStatus holds what the documents rely on.
func TestRefusalsAreInOrderOfStatus(t *testing.T) {
	row := &Row{Spec: Spec{Patterns: []string{"/{orgId}/{groupId}/{apiUserId}"}, Body: &Body{}}}
	for _, g := range Generations() {
		refusals := row.Refusals(g)
		if !slices.IsSortedFunc(refusals, func(a, b Description) int { return a.Status - b.Status }) {
			t.Errorf("%s: %v", g, refusals)
		}
		if len(refusals) != len(row.Codes(g)) {
			t.Errorf("%s: %d refusals of %d codes", g, len(refusals), len(row.Codes(g)))
		}
	}
}

func TestRoleNeeded(t *testing.T) {
	for _, c := range []struct {
		row  Row
		want string
	}{
		{Row{Open: true}, "no credentials"},
		{rowNeeding(policy.GateAnyone, latchkey.NoRole), "any authenticated caller, who sees only what is its own"},
		{rowNeeding(policy.GateOrganization, latchkey.OrgOwner), "Organization Owner (ORG_OWNER) in the organization"},
		{rowNeeding(policy.GateProject, latchkey.GroupReadOnly), "Project Read Only (GROUP_READ_ONLY) in the project"},
		{rowNeeding(policy.GateProjectCreator, latchkey.OrgGroupCreator), "Organization Project Creator (ORG_GROUP_CREATOR) in the caller's organization"},
		{rowNeeding(policy.GateAccessList, latchkey.OrgOwner), "the key itself, or Organization Owner (ORG_OWNER) in the organization"},
	} {
		if got := c.row.RoleNeeded(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func rowNeeding(g policy.Gate, role latchkey.Role) Row {
	return Row{Op: op.Info{Rule: policy.Rule{Gate: g, Role: role}}}
}

// TestOpenAPIOfTwoPatterns holds that a row under several paths is published
// under each, with ids that differ.
func TestOpenAPIOfTwoPatterns(t *testing.T) {
	row := Row{
		Spec: Spec{Method: "GET", Patterns: []string{"/a/{ipAddress}", "/a/{ipAddress}/{bits}"}, Generations: []Generation{PublicV1}, Status: 200},
		Op:   op.Info{Name: "getThing", Summary: "Get a thing", Rule: policy.Rule{Gate: policy.GateAnyone}},
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal(OpenAPI([]Row{row}, PublicV1, "http://h", "1"), &doc); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/api/public/v1.0/a/{ipAddress}":        "getThing ipAddress",
		"/api/public/v1.0/a/{ipAddress}/{bits}": "getThing_2 ipAddress bits",
	} {
		o := doc.Paths[path]["get"]
		got := o.OperationID
		for _, p := range o.Parameters {
			if p.In == "path" {
				got += " " + p.Name
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if other := OpenAPI([]Row{row}, AtlasV2, "http://h", "1"); strings.Contains(string(other), "getThing") {
		t.Error("the row is in the document of a generation that does not publish it")
	}
}
