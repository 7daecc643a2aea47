package policy_test

import (
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

const (
	org      = latchkey.OrgID("0000000000000000000000a0")
	own      = latchkey.ProjectID("0000000000000000000000b1")
	other    = latchkey.ProjectID("0000000000000000000000b2")
	third    = latchkey.ProjectID("0000000000000000000000b3")
	self     = latchkey.PrincipalID("0000000000000000000000c1")
	stranger = latchkey.PrincipalID("0000000000000000000000c2")
)

// caller is a principal with those roles in the organization and in own.
func caller(orgRoles, ownRoles latchkey.RoleSet) policy.Principal {
	g := policy.Grants{Org: orgRoles}
	g.Projects = g.Projects.With(own, ownRoles)
	return policy.Principal{ID: self, Grants: g}
}

func code(e *latchkey.Error) latchkey.Code {
	if e == nil {
		return 0
	}
	return e.Code
}

// TestGates asks each gate alone, in both ways of granting.
func TestGates(t *testing.T) {
	project := policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupAccessManager}
	organization := policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgMember}
	ownerOnly := policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner}
	creator := policy.Rule{Gate: policy.GateProjectCreator, Role: latchkey.OrgGroupCreator}
	list := policy.Rule{Gate: policy.GateAccessList, Role: latchkey.OrgOwner}
	for _, c := range []struct {
		name   string
		caller policy.Principal
		rule   policy.Rule
		scope  policy.Scope
		want   latchkey.Code
	}{
		{"anyone without a role", caller(0, 0), policy.Rule{Gate: policy.GateAnyone}, policy.Scope{}, 0},
		{"a rule without a gate", caller(set(latchkey.OrgOwner), 0), policy.Rule{}, policy.Scope{Org: org}, latchkey.CodeNotAuthorized},
		{"an unknown gate", caller(set(latchkey.OrgOwner), 0), policy.Rule{Gate: 99, Role: latchkey.OrgOwner}, policy.Scope{Org: org}, latchkey.CodeNotAuthorized},

		{"project: no role", caller(0, 0), project, policy.Scope{Project: own}, latchkey.CodeProjectNotReachable},
		{"project: member", caller(set(latchkey.OrgMember), 0), project, policy.Scope{Project: own}, latchkey.CodeProjectNotReachable},
		{"project: creator", caller(set(latchkey.OrgGroupCreator), 0), project, policy.Scope{Project: own}, latchkey.CodeProjectNotReachable},
		{"project: owner of another", caller(set(latchkey.OrgMember), set(latchkey.GroupOwner)), project, policy.Scope{Project: other}, latchkey.CodeProjectNotReachable},
		{"project: reader", caller(0, set(latchkey.GroupReadOnly)), project, policy.Scope{Project: own}, latchkey.CodeNotAuthorized},
		{"project: reader of all", caller(set(latchkey.OrgReadOnly), 0), project, policy.Scope{Project: other}, latchkey.CodeNotAuthorized},
		{"project: access manager", caller(0, set(latchkey.GroupAccessManager)), project, policy.Scope{Project: own}, 0},
		{"project: user admin", caller(0, set(latchkey.GroupUserAdmin)), project, policy.Scope{Project: own}, 0},
		{"project: owner", caller(0, set(latchkey.GroupOwner)), project, policy.Scope{Project: own}, 0},
		{"project: organization owner", caller(set(latchkey.OrgOwner), 0), project, policy.Scope{Project: other}, 0},
		{"project: global owner", caller(set(latchkey.GlobalOwner), 0), project, policy.Scope{Project: other}, 0},
		{"project: global user admin", caller(set(latchkey.GlobalUserAdmin), 0), project, policy.Scope{Project: other}, 0},
		{"project: global reader", caller(set(latchkey.GlobalReadOnly), 0), project, policy.Scope{Project: other}, latchkey.CodeNotAuthorized},

		{"organization: no role", caller(0, 0), organization, policy.Scope{Org: org}, latchkey.CodeNotAuthorized},
		{"organization: a project role alone", caller(0, set(latchkey.GroupReadOnly)), organization, policy.Scope{Org: org}, 0},
		{"organization: billing viewer", caller(set(latchkey.OrgBillingReadOnly), 0), organization, policy.Scope{Org: org}, 0},
		{"organization: project owner is no owner", caller(set(latchkey.OrgMember), set(latchkey.GroupOwner)), ownerOnly, policy.Scope{Org: org}, latchkey.CodeNotAuthorized},
		{"organization: owner", caller(set(latchkey.OrgOwner), 0), ownerOnly, policy.Scope{Org: org}, 0},

		{"organization, in a project: no role", caller(0, 0), ownerOnly, policy.Scope{Project: own}, latchkey.CodeProjectNotReachable},
		{"organization, in a project: member", caller(set(latchkey.OrgMember), 0), ownerOnly, policy.Scope{Project: own}, latchkey.CodeProjectNotReachable},
		{"organization, in a project: its owner", caller(set(latchkey.OrgMember), set(latchkey.GroupOwner)), ownerOnly, policy.Scope{Project: own}, latchkey.CodeNotAuthorized},
		{"organization, in a project: reader of all", caller(set(latchkey.OrgReadOnly), 0), ownerOnly, policy.Scope{Project: own}, latchkey.CodeNotAuthorized},
		{"organization, in a project: owner", caller(set(latchkey.OrgOwner), 0), ownerOnly, policy.Scope{Project: own}, 0},

		{"create: creator", caller(set(latchkey.OrgGroupCreator), 0), creator, policy.Scope{Org: org}, 0},
		{"create: owner", caller(set(latchkey.OrgOwner), 0), creator, policy.Scope{Org: org}, 0},
		{"create: reader", caller(set(latchkey.OrgReadOnly), set(latchkey.GroupOwner)), creator, policy.Scope{Org: org}, latchkey.CodeNotProjectCreator},

		{"list: own, without a role", caller(0, 0), list, policy.Scope{Org: org, Target: self}, 0},
		{"list: another's, without a role", caller(0, 0), list, policy.Scope{Org: org, Target: stranger}, latchkey.CodeAccessListNotReadable},
		{"list: another's, reader", caller(set(latchkey.OrgReadOnly), set(latchkey.GroupOwner)), list, policy.Scope{Org: org, Target: stranger}, latchkey.CodeAccessListNotReadable},
		{"list: another's, owner", caller(set(latchkey.OrgOwner), 0), list, policy.Scope{Org: org, Target: stranger}, 0},
	} {
		for _, g := range []policy.Granting{policy.Strict, policy.AtlasGranting} {
			got := g.Decide(c.caller, c.rule, c.scope, policy.Grants{}, policy.Grants{})
			if code(got) != c.want {
				t.Errorf("%s (granting %d): %v, want code %d", c.name, g, got, c.want)
			}
			if got != nil && got.Reason == "" {
				t.Errorf("%s: no reason", c.name)
			}
			if c.want == latchkey.CodeNotProjectCreator && (len(got.Params) != 1 || got.Params[0] != string(org)) {
				t.Errorf("%s: parameters %v, want the organization", c.name, got.Params)
			}
		}
	}
}

// grants puts roles in own and in other beside those in the organization.
func grants(orgRoles, ownRoles, otherRoles latchkey.RoleSet) policy.Grants {
	return policy.Grants{Org: orgRoles, Projects: latchkey.ProjectRoles{}.With(own, ownRoles).With(other, otherRoles)}
}

// TestDominance changes grants behind a gate that is open.
func TestDominance(t *testing.T) {
	const ok = latchkey.NoRole
	var none policy.Grants
	manager := caller(0, set(latchkey.GroupAccessManager))
	owner := caller(set(latchkey.OrgMember), set(latchkey.GroupOwner))
	orgOwner := caller(set(latchkey.OrgOwner), 0)
	reader := set(latchkey.GroupReadOnly)
	for _, c := range []struct {
		name          string
		caller        policy.Principal
		before, after policy.Grants
		missing       latchkey.Role
	}{
		{"nothing", caller(0, 0), none, none, ok},
		{"manager gives read only", manager, none, policy.InProject(own, reader), ok},
		{"manager gives its own role", manager, none, policy.InProject(own, set(latchkey.GroupAccessManager)), ok},
		{"manager gives user admin", manager, none, policy.InProject(own, set(latchkey.GroupUserAdmin)), ok},
		{"manager gives cluster manager", manager, none, policy.InProject(own, set(latchkey.GroupClusterManager)), latchkey.GroupClusterManager},
		{"manager gives owner", manager, none, policy.InProject(own, set(latchkey.GroupOwner)), latchkey.GroupOwner},
		{"manager takes owner", manager, policy.InProject(own, set(latchkey.GroupOwner)), policy.InProject(own, reader), latchkey.GroupOwner},
		{"manager takes everything", manager, policy.InProject(own, set(latchkey.GroupAlertsManager)), none, latchkey.GroupAlertsManager},
		{"manager keeps what it could not give", manager,
			policy.InProject(own, set(latchkey.GroupOwner)), policy.InProject(own, reader.With(latchkey.GroupOwner)), ok},
		{"manager changes nothing", manager, policy.InProject(own, set(latchkey.GroupOwner)), policy.InProject(own, set(latchkey.GroupOwner)), ok},
		{"manager swaps under a shared role", manager,
			policy.InProject(own, reader.With(latchkey.GroupIndexManager)), policy.InProject(own, reader.With(latchkey.GroupModelOwner)), latchkey.GroupIndexManager},
		{"manager gives in another project", manager, none, policy.InProject(other, reader), latchkey.GroupReadOnly},
		{"owner gives everything in its project", owner, none, policy.InProject(own, atLevel(latchkey.LevelProject)), ok},
		{"owner gives in another project", owner, none, policy.InProject(other, reader), latchkey.GroupReadOnly},
		{"owner gives an organization role", owner, none, policy.Grants{Org: set(latchkey.OrgReadOnly)}, latchkey.OrgReadOnly},
		{"everybody implies membership", caller(0, reader), none, policy.Grants{Org: set(latchkey.OrgMember)}, ok},
		{"creator gives creator", caller(set(latchkey.OrgGroupCreator), 0), none, policy.Grants{Org: set(latchkey.OrgGroupCreator)}, ok},
		{"billing admin gives billing viewer", caller(set(latchkey.OrgBillingAdmin), 0), none, policy.Grants{Org: set(latchkey.OrgBillingReadOnly)}, ok},
		{"billing viewer gives billing admin", caller(set(latchkey.OrgBillingReadOnly), 0), none, policy.Grants{Org: set(latchkey.OrgBillingAdmin)}, latchkey.OrgBillingAdmin},
		{"organization reader reads for others", caller(set(latchkey.OrgReadOnly), 0), none, grants(0, reader, reader), ok},
		{"organization reader gives more", caller(set(latchkey.OrgReadOnly), 0), none, grants(0, reader, set(latchkey.GroupOwner)), latchkey.GroupOwner},
		{"organization owner touches everything", orgOwner,
			grants(atLevel(latchkey.LevelOrganization), atLevel(latchkey.LevelProject), atLevel(latchkey.LevelProject)), none, ok},
		{"organization owner touches a global reader", orgOwner, policy.Grants{Org: set(latchkey.GlobalReadOnly)}, none, latchkey.GlobalReadOnly},
		{"global owner touches global owner", caller(set(latchkey.GlobalOwner), 0), policy.Grants{Org: latchkey.AllRoles()}, none, ok},
		{"owner touches a member of its project", owner, grants(set(latchkey.OrgMember), set(latchkey.GroupOwner), 0), none, ok},
		{"owner touches one with roles elsewhere", owner, grants(set(latchkey.OrgMember), reader, reader), none, latchkey.GroupReadOnly},
		{"owner touches an organization reader", owner, grants(set(latchkey.OrgReadOnly), reader, 0), none, latchkey.OrgReadOnly},
		{"manager touches a peer", manager, grants(set(latchkey.OrgMember), set(latchkey.GroupAccessManager), 0), none, ok},
		{"backup manager gives its parts", caller(0, set(latchkey.GroupBackupManager)), none,
			policy.InProject(own, set(latchkey.GroupBackupCreator, latchkey.GroupBackupExportOperator)), ok},
		{"parts do not make the whole", caller(0, set(latchkey.GroupBackupCreator, latchkey.GroupBackupRecoveryOperator, latchkey.GroupBackupExportOperator)), none,
			policy.InProject(own, set(latchkey.GroupBackupManager)), latchkey.GroupBackupManager},
	} {
		anyone := policy.Rule{Gate: policy.GateAnyone}
		got := policy.Strict.Decide(c.caller, anyone, policy.Scope{}, c.before, c.after)
		if c.missing == ok != (got == nil) {
			t.Errorf("%s: %v, missing should be %q", c.name, got, c.missing)
		}
		if got != nil && (got.Code != latchkey.CodeNotAuthorized || !strings.HasSuffix(got.Reason, " "+c.missing.String()) || len(got.Params) != 0) {
			t.Errorf("%s: code %d, %q, %v; want a reason that names %s", c.name, got.Code, got.Reason, got.Params, c.missing)
		}
		back := policy.Strict.Decide(c.caller, anyone, policy.Scope{}, c.after, c.before)
		if (back == nil) != (got == nil) {
			t.Errorf("%s: the way back is decided differently: %v", c.name, back)
		}
		if got := policy.AtlasGranting.Decide(c.caller, anyone, policy.Scope{}, c.before, c.after); got != nil {
			t.Errorf("%s: %v under the vendor's way of granting", c.name, got)
		}
	}
}

// TestEveryoneDominatesItself: dominance is reflexive.
func TestEveryoneDominatesItself(t *testing.T) {
	for a := range latchkey.AllRoles().All() {
		for b := range atLevel(latchkey.LevelProject).All() {
			p := caller(set(a).Minus(atLevel(latchkey.LevelProject)), set(a).AtLevel(latchkey.LevelProject).With(b))
			p.Projects = p.Projects.With(third, set(b))
			if got := policy.Strict.Decide(p, policy.Rule{Gate: policy.GateAnyone}, policy.Scope{}, p.Grants, policy.Grants{}); got != nil {
				t.Errorf("%s with %s: %v", a, b, got)
			}
		}
	}
}

// TestGateComesFirst: what dominance would say is never told to one who does
// not pass the gate, and never replaces it.
func TestGateComesFirst(t *testing.T) {
	rule := policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupOwner}
	scope := policy.Scope{Project: own, Target: stranger}
	for _, c := range []struct {
		caller policy.Principal
		after  policy.Grants
		code   latchkey.Code
		reason string
	}{
		{caller(0, 0), policy.InProject(own, set(latchkey.GroupOwner)), latchkey.CodeProjectNotReachable, "no role in project"},
		{caller(0, set(latchkey.GroupReadOnly)), policy.InProject(own, set(latchkey.GroupAlertsManager)), latchkey.CodeNotAuthorized, "lacks GROUP_OWNER"},
		{caller(0, set(latchkey.GroupReadOnly)), policy.InProject(own, set(latchkey.GroupReadOnly)), latchkey.CodeNotAuthorized, "lacks GROUP_OWNER"},
	} {
		for _, g := range []policy.Granting{policy.Strict, policy.AtlasGranting} {
			got := g.Decide(c.caller, rule, scope, policy.Grants{}, c.after)
			if code(got) != c.code || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("%v, want code %d and %q", got, c.code, c.reason)
			}
		}
	}
}

// TestDominanceWalksEveryProject lets exactly one of many projects differ.
func TestDominanceWalksEveryProject(t *testing.T) {
	ids := []latchkey.ProjectID{own, other, third, "0000000000000000000000b0", "ffffffffffffffffffffffff"}
	reader := set(latchkey.GroupReadOnly)
	for _, id := range ids {
		p := caller(set(latchkey.OrgReadOnly), 0)
		var all, less, more latchkey.ProjectRoles
		for _, i := range ids {
			all = all.With(i, reader)
		}
		less, more = all.With(id, 0), all.With(id, reader.With(latchkey.GroupIndexManager))
		decide := func(before, after latchkey.ProjectRoles) *latchkey.Error {
			return policy.Strict.Decide(p, policy.Rule{Gate: policy.GateAnyone}, policy.Scope{}, policy.Grants{Projects: before}, policy.Grants{Projects: after})
		}
		for _, pair := range [][2]latchkey.ProjectRoles{{all, less}, {less, all}, {all, all}, {all, {}}, {{}, all}, {more, more}} {
			if got := decide(pair[0], pair[1]); got != nil {
				t.Errorf("%s: %v", id, got)
			}
		}
		for _, pair := range [][2]latchkey.ProjectRoles{{all, more}, {more, all}, {less, more}, {more, less}, {{}, more}, {more, {}}} {
			if got := decide(pair[0], pair[1]); got == nil || !strings.Contains(got.Reason, string(id)) || !strings.Contains(got.Reason, "GROUP_INDEX_MANAGER") {
				t.Errorf("%s: %v", id, got)
			}
		}
	}
}
