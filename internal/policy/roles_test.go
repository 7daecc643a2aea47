package policy_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

func set(roles ...latchkey.Role) latchkey.RoleSet { return latchkey.Roles(roles...) }

func atLevel(l latchkey.Level) latchkey.RoleSet { return latchkey.AllRoles().AtLevel(l) }

func TestRoleTableListsEveryRoleOnce(t *testing.T) {
	var seen latchkey.RoleSet
	displays := map[string]bool{}
	last := latchkey.NoRole
	for _, info := range policy.RoleTable() {
		if seen.Has(info.Role) || info.Role <= last {
			t.Errorf("%s is twice in the table or out of order", info.Role)
		}
		seen, last = seen.With(info.Role), info.Role
		if info.Display == "" || displays[info.Display] || policy.DisplayName(info.Role) != info.Display {
			t.Errorf("%s is displayed as %q", info.Role, info.Display)
		}
		displays[info.Display] = true
		prefix := map[latchkey.Level]string{
			latchkey.LevelOrganization: "Organization ", latchkey.LevelProject: "Project ", latchkey.LevelGlobal: "Global ",
		}[info.Role.Level()]
		if !strings.HasPrefix(info.Display, prefix) {
			t.Errorf("%s is displayed as %q, want %q before it", info.Role, info.Display, prefix)
		}
		if info.APIs == 0 || info.APIs&^(policy.Atlas|policy.OpsManager) != 0 {
			t.Errorf("%s is known to no API", info.Role)
		}
		if global := info.Role.Level() == latchkey.LevelGlobal; global && info.APIs != policy.OpsManager {
			t.Errorf("%s is known to %s", info.Role, info.APIs)
		}
	}
	if seen != latchkey.AllRoles() {
		t.Errorf("the table lacks %v", latchkey.AllRoles().Minus(seen).Names())
	}
	if policy.DisplayName(latchkey.NoRole) != "" {
		t.Error("no role has a display name")
	}
	policy.RoleTable()[0].Implies = 0
	if policy.RoleTable()[0].Implies == 0 {
		t.Error("the table can be changed from outside")
	}
}

func TestGrantable(t *testing.T) {
	global := atLevel(latchkey.LevelGlobal)
	opsManagerOnly := set(latchkey.GroupAutomationAdmin, latchkey.GroupBackupAdmin, latchkey.GroupMonitoringAdmin,
		latchkey.GroupUserAdmin, latchkey.GroupBillingAdmin)
	if got, want := policy.Grantable(policy.Atlas), latchkey.AllRoles().Minus(opsManagerOnly); got != want {
		t.Errorf("the Atlas APIs accept %v more and %v less", got.Minus(want).Names(), want.Minus(got).Names())
	}
	if got := policy.Grantable(policy.OpsManager); got != latchkey.AllRoles() {
		t.Errorf("the Ops Manager API lacks %v", latchkey.AllRoles().Minus(got).Names())
	}
	if !global.SubsetOf(policy.Grantable(policy.Atlas)) {
		t.Error("a global role must be known everywhere: it is refused by its own error")
	}
	for api, want := range map[policy.API]string{
		0: "", policy.Atlas: "atlas", policy.OpsManager: "ops-manager", policy.Atlas | policy.OpsManager: "atlas, ops-manager",
	} {
		if api.String() != want {
			t.Errorf("%d is %q, want %q", api, api, want)
		}
	}
}

func TestClosureIsAClosure(t *testing.T) {
	for a := range latchkey.AllRoles().All() {
		closure := policy.Closure(set(a))
		if !closure.Has(a) {
			t.Errorf("%s does not imply itself", a)
		}
		for b := range closure.All() {
			if !policy.Closure(set(b)).SubsetOf(closure) {
				t.Errorf("%s implies %s, but not %v", a, b, policy.Closure(set(b)).Minus(closure).Names())
			}
			// Only a wider scope reaches into a narrower one.
			if b.Level() != a.Level() && a.Level() == latchkey.LevelProject || a.Level() == latchkey.LevelOrganization && b.Level() == latchkey.LevelGlobal {
				t.Errorf("%s implies %s, which is wider", a, b)
			}
		}
		for _, direct := range policy.RoleTable() {
			if direct.Role == a && !direct.Implies.SubsetOf(closure) {
				t.Errorf("%s does not imply what the table says", a)
			}
		}
	}
	if policy.Closure(0) != 0 {
		t.Error("no roles imply some")
	}
	roles := rapid.Custom(func(t *rapid.T) latchkey.RoleSet {
		var s latchkey.RoleSet
		for _, r := range rapid.SliceOf(rapid.SampledFrom(slices.Collect(latchkey.AllRoles().All()))).Draw(t, "roles") {
			s = s.With(r)
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := roles.Draw(t, "a"), roles.Draw(t, "b")
		ca, cb := policy.Closure(a), policy.Closure(b)
		if !a.SubsetOf(ca) || policy.Closure(ca) != ca || policy.Closure(a|b) != ca|cb {
			t.Fatalf("not a closure that adds up: %v and %v", a.Names(), b.Names())
		}
	})
}

// TestClosures pins what the documented roles imply besides themselves and
// Project Read Only of project roles.
func TestClosures(t *testing.T) {
	readOnly := set(latchkey.GroupReadOnly)
	orgReader := set(latchkey.OrgReadOnly, latchkey.OrgMember) | readOnly
	backup := set(latchkey.GroupBackupCreator, latchkey.GroupBackupRecoveryOperator, latchkey.GroupBackupExportOperator)
	access := set(latchkey.GroupAccessManager, latchkey.GroupUserAdmin)
	globalReader := orgReader.With(latchkey.GlobalReadOnly)
	want := map[latchkey.Role]latchkey.RoleSet{
		latchkey.OrgOwner:                 atLevel(latchkey.LevelOrganization) | atLevel(latchkey.LevelProject),
		latchkey.OrgMember:                0,
		latchkey.OrgGroupCreator:          set(latchkey.OrgMember),
		latchkey.OrgBillingAdmin:          set(latchkey.OrgMember, latchkey.OrgBillingReadOnly),
		latchkey.OrgBillingReadOnly:       set(latchkey.OrgMember),
		latchkey.OrgStreamProcessingAdmin: orgReader.With(latchkey.GroupStreamProcessingOwner),
		latchkey.OrgReadOnly:              orgReader,
		latchkey.GroupOwner:               atLevel(latchkey.LevelProject),
		latchkey.GroupAccessManager:       access,
		latchkey.GroupUserAdmin:           access,
		latchkey.GroupReplicaSetManager:   set(latchkey.GroupClusterResilienceTester),
		latchkey.GroupBackupManager:       backup,
		latchkey.GroupDataAccessAdmin:     set(latchkey.GroupDataAccessReadWrite, latchkey.GroupDataAccessReadOnly, latchkey.GroupSearchIndexEditor),
		latchkey.GroupDataAccessReadWrite: set(latchkey.GroupDataAccessReadOnly),
		latchkey.GlobalOwner:              latchkey.AllRoles(),
		latchkey.GlobalReadOnly:           globalReader,
		latchkey.GlobalAutomationAdmin:    globalReader.With(latchkey.GroupAutomationAdmin),
		latchkey.GlobalBackupAdmin:        globalReader.With(latchkey.GroupBackupAdmin),
		latchkey.GlobalMonitoringAdmin:    globalReader.With(latchkey.GroupMonitoringAdmin),
		latchkey.GlobalUserAdmin:          globalReader | access,
		latchkey.GlobalBillingAdmin:       globalReader,
	}
	for r := range latchkey.AllRoles().All() {
		expected := want[r].With(r)
		if r.Level() == latchkey.LevelProject {
			expected |= readOnly
		}
		if got := policy.Closure(set(r)); got != expected {
			t.Errorf("%s implies %v too many and %v too few", r, got.Minus(expected).Names(), expected.Minus(got).Names())
		}
	}
}

// TestReach says which roles reach a project and which do not.
func TestReach(t *testing.T) {
	for r := range latchkey.AllRoles().All() {
		var g policy.Grants
		if r.Level() == latchkey.LevelProject {
			g = policy.InProject(own, set(r))
		} else {
			g = policy.Grants{Org: set(r)}
		}
		reaches := func(p latchkey.ProjectID) bool { return g.EffectiveInProject(p).Has(latchkey.GroupReadOnly) }
		everywhere := map[latchkey.Role]bool{latchkey.OrgOwner: true, latchkey.OrgReadOnly: true, latchkey.OrgStreamProcessingAdmin: true}[r] ||
			r.Level() == latchkey.LevelGlobal
		if reaches(other) != everywhere {
			t.Errorf("%s reads a project it is not held in: %v", r, reaches(other))
		}
		if reaches(own) != (everywhere || r.Level() == latchkey.LevelProject) {
			t.Errorf("%s reads the project it is held in: %v", r, reaches(own))
		}
		for _, p := range []latchkey.ProjectID{own, other} {
			if effective := g.EffectiveInProject(p); (effective != 0) != effective.Has(latchkey.GroupReadOnly) {
				t.Errorf("%s reaches a project that it cannot read", r)
			}
			if foreign := g.EffectiveInProject(p).Minus(atLevel(latchkey.LevelProject)); foreign != 0 {
				t.Errorf("%s holds %v in a project", r, foreign.Names())
			}
		}
		if !g.EffectiveInOrg().Has(latchkey.OrgMember) || !g.EffectiveInOrg().SubsetOf(atLevel(latchkey.LevelOrganization)) {
			t.Errorf("%s amounts to %v in the organization", r, g.EffectiveInOrg().Names())
		}
	}
	var none policy.Grants
	if none.EffectiveInOrg() != 0 || none.EffectiveInProject(own) != 0 {
		t.Error("nothing amounts to something")
	}
}
