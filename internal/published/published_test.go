package published_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/published"
)

// served lists the v2 operations that a control plane for keys cannot do without.
var served = []string{
	"getSystemStatus", "listControlPlaneIpAddresses",
	"listGroupApiKeys", "createGroupApiKey", "updateGroupApiKeyRoles", "addGroupApiKey", "removeGroupApiKey",
	"listOrgApiKeys", "createOrgApiKey", "getOrgApiKey", "updateOrgApiKey", "deleteOrgApiKey",
	"listOrgApiKeyAccessListEntries", "createOrgApiKeyAccessListEntry", "getOrgApiKeyAccessListEntry", "deleteOrgApiKeyAccessListEntry",
	"listOrgs", "getOrg", "updateOrg", "getOrgGroups", "getOrgSettings", "updateOrgSettings",
	"listGroups", "createGroup", "getGroup", "getGroupByName", "updateGroup", "deleteGroup",
}

func TestTableIsWhole(t *testing.T) {
	ops := published.Operations()
	if len(ops) != 120 {
		t.Errorf("%d operations, want 120", len(ops))
	}
	seen := map[string]bool{}
	recorded := 0
	for _, op := range ops {
		if seen[op.ID] || seen[op.Method+" "+op.Path] {
			t.Errorf("%s: twice in the table", op.ID)
		}
		seen[op.ID], seen[op.Method+" "+op.Path] = true, true
		recorded += len(published.Recordings(op.ID))
		if len(op.Answers) == 0 {
			t.Errorf("%s: no success answer", op.ID)
		}
		for _, a := range op.Answers {
			if _, ok := published.ResponseShape(a.Schema); a.Schema != "" && !ok {
				t.Errorf("%s: no shape %s", op.ID, a.Schema)
			}
		}
		for _, r := range op.Requests {
			if _, ok := published.RequestShape(r.Schema); !ok {
				t.Errorf("%s: no request shape %q", op.ID, r.Schema)
			}
		}
		if op.Rule.Kind == published.NeedsRole && len(op.Rule.Roles) == 0 {
			t.Errorf("%s: needs a role but names none", op.ID)
		}
	}
	recorded += len(published.Recordings("getIpInfo")) + len(published.Recordings(""))
	if recorded != 103 {
		t.Errorf("%d recordings, want 103", recorded)
	}
	withRecording := 0
	for _, id := range append([]string{"getIpInfo"}, served...) {
		if _, ok := published.ByID(id); !ok {
			t.Errorf("%s: not in the table", id)
		}
		if len(published.Recordings(id)) > 0 {
			withRecording++
		}
	}
	if withRecording != 20 {
		t.Errorf("%d of the served operations have a recording, want 20 (getIpInfo among them)", withRecording)
	}
}

func TestStatuses(t *testing.T) {
	want := map[string]int{
		"createGroup": 201, "deleteGroup": 202, "createOrgTeam": 201, "createUser": 201, "createGroupApiKey": 200, "createOrgApiKey": 200,
		"updateGroupApiKeyRoles": 200, "addGroupApiKey": 204, "removeGroupApiKey": 204, "createOrgServiceAccount": 201,
		"createOrgApiKeyAccessListEntry": 200, "deleteOrgApiKeyAccessListEntry": 204, "getIpInfo": 200, "getServiceVersion": 200,
	}
	for id, status := range want {
		op, ok := published.ByID(id)
		if !ok || op.Answers[0].Status != status {
			t.Errorf("%s: %v %+v, want status %d", id, ok, op.Answers, status)
		}
	}
	for _, d := range published.Known().Statuses {
		op, ok := published.ByID(d.OperationID)
		if !ok || !slices.ContainsFunc(op.Answers, func(a published.Answer) bool { return a.Published == d.Published && a.Status == d.Wire }) {
			t.Errorf("known difference of %s does not apply: %+v", d.OperationID, op.Answers)
		}
		if d.Reason == "" {
			t.Errorf("known difference of %s has no reason", d.OperationID)
		}
	}
	for _, op := range append(published.Operations(), published.Private()...) {
		for _, r := range published.Recordings(op.ID) {
			if !slices.ContainsFunc(op.Answers, func(a published.Answer) bool {
				return a.Status == r.Status && (a.Version == r.Version || r.Version == "" && a.Version == published.VersionV1)
			}) {
				t.Errorf("%s: recorded %d of %s is in no answer %+v", op.ID, r.Status, r.Version, op.Answers)
			}
		}
	}
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		id    string
		kind  published.RuleKind
		roles string
	}{
		{"updateGroupApiKeyRoles", published.NeedsRole, "GROUP_ACCESS_MANAGER"},
		{"addGroupApiKey", published.NeedsRole, "GROUP_OWNER"},
		{"listOrgApiKeys", published.NeedsRole, "ORG_MEMBER"},
		{"listOrgServiceAccounts", published.NeedsRole, "ORG_READ_ONLY"},
		{"inviteGroupServiceAccount", published.NeedsRole, "ORG_OWNER"},
		{"listEventTypes", published.AnyCaller, ""},
		{"listRateLimits", published.AnyCaller, ""},
		{"getIpInfo", published.AnyCaller, ""},
		{"getServiceVersion", published.Unauthenticated, ""},
		{"listControlPlaneIpAddresses", published.Unauthenticated, ""},
		{"getGroupByName", published.ByNameRule, "GROUP_READ_ONLY"},
		{"createGroup", published.ProjectCreatorRule, "ORG_OWNER,ORG_GROUP_CREATOR"},
		{"getOrgApiKeyAccessListEntry", published.AccessListRule, "ORG_OWNER"},
		{"createOrg", published.OwnerOfOwnOrganization, "ORG_OWNER"},
		{"getUserByName", published.SharedOrganization, "ORG_MEMBER"},
	} {
		op, _ := published.ByID(c.id)
		if op.Rule.Kind != c.kind || strings.Join(op.Rule.Roles, ",") != c.roles {
			t.Errorf("%s: %v %v, want %v %s", c.id, op.Rule.Kind, op.Rule.Roles, c.kind, c.roles)
		}
	}
	for _, d := range published.Known().Rules {
		for _, id := range d.OperationIDs {
			if op, ok := published.ByID(id); !ok || op.Rule.Kind.String() != d.Rule {
				t.Errorf("%s: rule %v, want %s", id, op.Rule.Kind, d.Rule)
			}
		}
	}
	for _, d := range published.Known().Optional {
		for _, id := range d.OperationIDs {
			if _, ok := published.ByID(id); !ok || d.Reason == "" {
				t.Errorf("%s %s: unknown operation or no reason", id, d.Path)
			}
		}
	}
}

func TestV1(t *testing.T) {
	v1, atlas := published.V1(), published.AtlasV1()
	if len(v1) != 63 || len(atlas) != len(v1) {
		t.Fatalf("%d and %d rows, want 63 each", len(v1), len(atlas))
	}
	patterns := map[string]bool{}
	ids := map[string]bool{}
	for i, op := range v1 {
		v2, _ := published.ByID(op.ID)
		if patterns[op.Method+op.Path] {
			t.Errorf("%s %s twice", op.Method, op.Path)
		}
		patterns[op.Method+op.Path], ids[op.ID] = true, true
		if op.Source == "" || op.Method != v2.Method || op.Scope() != v2.Scope() || op.Rule.Kind != v2.Rule.Kind || !slices.Equal(op.Rule.Roles, v2.Rule.Roles) {
			t.Errorf("%s: differs from v2 in method, scope or rule, or has no source", op.ID)
		}
		if op.Alias == "" && op.Path != v2.Path {
			t.Errorf("%s: path %s, on v2 %s", op.ID, op.Path, v2.Path)
		}
		want := v2.Answers[0].Status
		if got := op.Answers[0].Status; got != want || op.Answers[0].Version != published.VersionV1 {
			t.Errorf("%s: %+v, want status %d", op.ID, op.Answers, want)
		}
		if op.Method == "DELETE" && op.ID != "deleteGroup" && want != 204 {
			t.Errorf("%s: %d, want 204", op.ID, want)
		}
		if atlas[i].Pattern() != "/api/atlas/v1.0"+op.Path || op.Pattern() != "/api/public/v1.0"+op.Path {
			t.Errorf("%s: patterns %s and %s", op.ID, op.Pattern(), atlas[i].Pattern())
		}
	}
	for _, id := range served {
		absent := id == "addGroupApiKey" || id == "listControlPlaneIpAddresses"
		if ids[id] == absent {
			t.Errorf("%s: on v1.0 %v", id, ids[id])
		}
	}
}

func TestAccessorsGiveCopies(t *testing.T) {
	published.Operations()[0].ID = "x"
	published.V1()[0].ID = "x"
	published.Recordings("getOrg")[0].Status = 1
	if published.Operations()[0].ID == "x" || published.V1()[0].ID == "x" || published.Recordings("getOrg")[0].Status == 1 {
		t.Error("a caller changed the table")
	}
}

func TestRequestMarks(t *testing.T) {
	shape, _ := published.RequestShape("Group")
	got := map[string]published.Member{}
	for _, m := range shape {
		got[m.Path] = m
	}
	if !got["clusterCount"].ReadOnly || got["clusterCount"].Required || !got["name"].Required || got["name"].ReadOnly {
		t.Errorf("marks of Group: %v", shape)
	}
}

// The recordings hold real names and keys; only shapes may have come over.
func TestRecordingsHoldNoData(t *testing.T) {
	data, err := os.ReadFile("recordings.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{`@`, `[0-9a-f]{12}`, `\*{4}`, `[0-9a-f]{8}-[0-9a-f]{4}`, `\d+\.\d+\.\d+\.\d+`, `https?:`, `localhost`, `e2e`, `\d{4}-\d{2}-\d{2}T`} {
		if hit := regexp.MustCompile(bad).FindString(string(data)); hit != "" {
			t.Errorf("recordings.json holds %q (%s)", hit, bad)
		}
	}
	word := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)
	all := published.Recordings("")
	for _, op := range append(published.Operations(), published.Private()...) {
		all = append(all, published.Recordings(op.ID)...)
	}
	known := memberNames()
	for _, r := range all {
		for _, m := range r.Members {
			for _, name := range strings.FieldsFunc(m.Path, func(c rune) bool { return c == '.' || c == '[' || c == ']' }) {
				if !word.MatchString(name) || r.OperationID != "" && r.OperationID != "getIpInfo" && !known[name] {
					t.Errorf("%s: member %q is in no published schema", r.OperationID, m.Path)
				}
			}
		}
		for _, segment := range strings.Split(strings.Trim(r.Path, "/"), "/") {
			if !regexp.MustCompile(`^(\{[A-Za-z]+\}|[A-Za-z]+|v\d(\.\d)?)$`).MatchString(segment) {
				t.Errorf("path segment %q looks like data", segment)
			}
		}
	}
}

// memberNames returns every member name of a published response schema.
func memberNames() map[string]bool {
	names := map[string]bool{}
	for _, op := range published.Operations() {
		for _, a := range op.Answers {
			shape, _ := published.ResponseShape(a.Schema)
			for _, m := range shape {
				for _, name := range strings.FieldsFunc(m.Path, func(c rune) bool { return c == '.' || c == '[' || c == ']' }) {
					names[name] = true
				}
			}
		}
	}
	return names
}
