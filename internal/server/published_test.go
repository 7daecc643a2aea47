package server_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/published"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
)

// notServed lists by name the published operations of the dated generation
// that have no row. One that gets a row leaves the list.
var notServed = map[string][]string{
	"invitations": {
		"addGroupAccessUser", "listGroupInvites", "updateGroupInvites", "createGroupInvite", "deleteGroupInvite",
		"getGroupInvite", "updateGroupInviteById", "listOrgInvites", "updateOrgInvites", "createOrgInvite",
		"deleteOrgInvite", "getOrgInvite", "updateOrgInviteById",
	},
	"limits of projects": {
		"listGroupLimits", "deleteGroupLimit", "getGroupLimit", "setGroupLimit",
	},
	"moving projects": {
		"migrateGroup",
	},
	"organizations": {
		"createOrg", "deleteOrg",
	},
	"other settings": {
		"getGroupSettings", "updateGroupSettings", "getOrgDelegationSettings", "updateOrgDelegationSettings",
		"getOrgMaintenanceSettings", "updateOrgMaintenanceSettings", "resetOrgMaintenanceSettings",
	},
	"teams": {
		"listGroupTeams", "addGroupTeams", "removeGroupTeam", "getGroupTeam", "updateGroupTeam", "listOrgTeams",
		"createOrgTeam", "deleteOrgTeam", "getOrgTeam", "renameOrgTeam", "listOrgTeamUsers", "addOrgTeamUsers",
		"removeOrgTeamUserFromTeam", "addOrgTeamUser", "removeOrgTeamUser", "getOrgTeamByName",
	},
	"users": {
		"listGroupUsers", "addGroupUsers", "removeGroupUser", "getGroupUser", "updateGroupUserRoles", "addGroupUserRole",
		"removeGroupUserRole", "listOrgUsers", "createOrgUser", "removeOrgUser", "getOrgUser", "updateOrgUser",
		"updateOrgUserRoles", "addOrgUserRole", "removeOrgUserRole", "createUser", "getUser", "getUserByName",
	},
	"what concerns clusters": {
		"getGroupIpAddresses", "getGroupMongoDbVersions",
	},
}

// publishedOn returns the published operations of a generation. The private
// ones, below no base, belong to the public v1.0 rows.
func publishedOn(g wire.Generation) []published.Operation {
	switch g {
	case wire.AtlasV2:
		return published.Operations()
	case wire.PublicV1:
		return append(published.V1(), published.Private()...)
	}
	return published.AtlasV1()
}

// TestRowsArePublished compares every row with the published facts. What is
// compatible is then what this test has nothing to say about.
func TestRowsArePublished(t *testing.T) {
	for _, g := range wire.Generations() {
		facts := map[string]published.Operation{}
		for _, o := range publishedOn(g) {
			facts[o.Method+" "+o.Pattern()] = o
		}
		for _, row := range rowsOn(g) {
			for _, path := range row.Paths(g) {
				at := row.Method + " " + path
				o, ok := facts[at]
				if !ok {
					t.Errorf("%s: %s (%s) is not published", g, at, row.Op.Name)
					continue
				}
				for _, d := range differences(&row, o) {
					t.Errorf("%s: %s: %s", g, at, d)
				}
			}
		}
	}
}

// TestPublishedIsServedOrListed holds that each published operation has a row
// or is in the list above, and not both.
func TestPublishedIsServedOrListed(t *testing.T) {
	listed := map[string]bool{}
	for _, names := range notServed {
		for _, name := range names {
			if listed[name] {
				t.Errorf("%s is listed twice", name)
			}
			listed[name] = true
		}
	}
	var missing []string
	for _, g := range wire.Generations() {
		served := map[string]bool{}
		for _, row := range rowsOn(g) {
			for _, path := range row.Paths(g) {
				served[row.Method+" "+path] = true
			}
		}
		for _, o := range publishedOn(g) {
			has := served[o.Method+" "+o.Pattern()]
			switch {
			case g == wire.AtlasV2 && has && listed[o.ID]:
				t.Errorf("%s is served and listed", o.ID)
			case g == wire.AtlasV2 && !has && !listed[o.ID]:
				missing = append(missing, o.ID)
			case g != wire.AtlasV2 && !has:
				t.Errorf("%s: %s %s (%s) has no row", g, o.Method, o.Pattern(), o.ID)
			}
			delete(listed, o.ID)
		}
	}
	if len(missing) > 0 {
		t.Errorf("neither served nor listed: %s", strings.Join(missing, " "))
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		t.Errorf("%s is listed and not published", name)
	}
}

func rowsOn(g wire.Generation) []wire.Row {
	return slices.DeleteFunc(server.Rows(server.Build{}), func(row wire.Row) bool { return !slices.Contains(row.Generations, g) })
}

// differences returns what a row and the published operation say differently.
func differences(row *wire.Row, o published.Operation) []string {
	var diffs []string
	differ := func(what string, got, want any) {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			diffs = append(diffs, fmt.Sprintf("%s %v, published %v", what, got, want))
		}
	}
	differ("operation", row.Op.Name, o.ID)
	var versions []string
	var statuses []int
	for _, a := range o.Answers {
		if a.Version != published.VersionV1 {
			versions = append(versions, a.Version)
		}
		statuses = append(statuses, a.Status)
	}
	differ("versions", row.Versions, versions)
	for _, status := range statuses {
		differ("status", row.Status, status)
	}
	var params []string
	for _, p := range wire.PathParams(o.Path) {
		params = append(params, p.Name)
	}
	if o.PathParams != nil {
		differ("path parameters", params, o.PathParams)
	}
	if o.QueryParams != nil {
		var query []string
		for _, p := range row.QueryParams() {
			query = append(query, p.Name)
		}
		want := append(slices.Clone(o.QueryParams), "pretty") // this server lays out every answer
		slices.Sort(query)
		slices.Sort(want)
		differ("query parameters", query, slices.Compact(want))
	}
	differ("reads a body", row.Body != nil, len(o.Requests) > 0)
	differ("rule", ruleOf(row), wantedRule(o))
	return diffs
}

// ruleOf says a row's rule in words.
func ruleOf(row *wire.Row) string {
	rule := row.Op.Rule
	switch {
	case row.Open:
		return "nobody is asked who they are"
	case rule.Gate == policy.GateAnyone:
		return "any caller"
	case rule.Gate == policy.GateOrganization:
		return rule.Role.String() + " in the organization"
	case rule.Gate == policy.GateProject:
		return rule.Role.String() + " in the project"
	case rule.Gate == policy.GateProjectCreator:
		return "a creator: " + rule.Role.String()
	case rule.Gate == policy.GateAccessList:
		return "the key itself or " + rule.Role.String()
	}
	return "no rule"
}

// wantedRule says the published rule in the same words. The project that
// getGroupByName names is known only when it was found, so its gate lets
// every caller in; the matrix tests what comes after.
func wantedRule(o published.Operation) string {
	switch o.Rule.Kind {
	case published.Unauthenticated:
		return "nobody is asked who they are"
	case published.AnyCaller, published.ByNameRule:
		return "any caller"
	case published.AccessListRule:
		return "the key itself or " + o.Rule.Roles[0]
	case published.ProjectCreatorRule:
		return "a creator: ORG_GROUP_CREATOR" // which ORG_OWNER implies
	}
	if len(o.Rule.Roles) != 1 {
		return fmt.Sprintf("one of %v", o.Rule.Roles)
	}
	switch {
	case o.Scope() == published.ScopeNone:
		return o.Rule.Roles[0]
	case strings.HasPrefix(o.Rule.Roles[0], "ORG_"):
		return o.Rule.Roles[0] + " in the organization"
	}
	return o.Rule.Roles[0] + " in the project"
}

// TestRequestsArePublished compares the members that the dated generation's
// bodies take with those of the published request schemas: name, whether it
// must be there, and whether it is taken without effect.
func TestRequestsArePublished(t *testing.T) {
	for _, row := range rowsOn(wire.AtlasV2) {
		o, _ := published.ByID(row.Op.Name)
		if row.Body == nil || len(o.Requests) == 0 {
			continue // the rows' own test compares that
		}
		shape, ok := published.RequestShape(o.Requests[0].Schema)
		if !ok {
			t.Errorf("%s: no published schema %s", row.Op.Name, o.Requests[0].Schema)
			continue
		}
		var want []string
		for _, m := range shape {
			name := strings.TrimPrefix(m.Path, "[].")
			if !strings.ContainsAny(name, ".[") {
				want = append(want, mark(name, m.Required, m.ReadOnly))
			}
		}
		schema := row.Body.Schema(wire.AtlasV2)
		if schema.Items != nil {
			schema = schema.Items
		}
		var got []string
		for _, p := range schema.Properties {
			got = append(got, mark(p.Name, p.Required, p.ReadOnly))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s takes %q, published %q", row.Op.Name, got, want)
		}
	}
}

func mark(name string, required, readOnly bool) string {
	return fmt.Sprintf("%s required=%v readOnly=%v", name, required, readOnly)
}
