package latchkey_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey/latchkey"
)

// storedNumbers pins the bit of every role in stored role sets. A line may be
// added at the end; no other change keeps old data readable.
var storedNumbers = []string{
	1: "ORG_OWNER", 2: "ORG_MEMBER", 3: "ORG_GROUP_CREATOR", 4: "ORG_BILLING_ADMIN", 5: "ORG_BILLING_READ_ONLY",
	6: "ORG_STREAM_PROCESSING_ADMIN", 7: "ORG_READ_ONLY",
	8: "GROUP_OWNER", 9: "GROUP_ACCESS_MANAGER", 10: "GROUP_CLUSTER_MANAGER", 11: "GROUP_CLUSTER_CREATOR",
	12: "GROUP_CLUSTER_LOG_VIEWER", 13: "GROUP_CLUSTER_RESILIENCE_TESTER", 14: "GROUP_REPLICA_SET_MANAGER",
	15: "GROUP_BACKUP_MANAGER", 16: "GROUP_BACKUP_CREATOR", 17: "GROUP_BACKUP_RECOVERY_OPERATOR",
	18: "GROUP_BACKUP_EXPORT_OPERATOR", 19: "GROUP_DATA_ACCESS_ADMIN", 20: "GROUP_DATA_ACCESS_READ_WRITE",
	21: "GROUP_DATA_ACCESS_READ_ONLY", 22: "GROUP_DATABASE_ACCESS_ADMIN", 23: "GROUP_NETWORK_ACCESS_MANAGER",
	24: "GROUP_OBSERVABILITY_VIEWER", 25: "GROUP_STREAM_PROCESSING_OWNER", 26: "GROUP_TRIGGER_MANAGER",
	27: "GROUP_SEARCH_INDEX_EDITOR", 28: "GROUP_INDEX_MANAGER", 29: "GROUP_REAL_TIME_PERFORMANCE_OPERATOR",
	30: "GROUP_SUPPORT_ACCESS_MANAGER", 31: "GROUP_ALERTS_MANAGER", 32: "GROUP_MODEL_OWNER", 33: "GROUP_READ_ONLY",
	34: "GROUP_CHARTS_ADMIN", 35: "GROUP_STREAM_PROCESSING_MANAGER", 36: "GROUP_AUTOMATION_ADMIN",
	37: "GROUP_BACKUP_ADMIN", 38: "GROUP_MONITORING_ADMIN", 39: "GROUP_USER_ADMIN", 40: "GROUP_BILLING_ADMIN",
	41: "GLOBAL_OWNER", 42: "GLOBAL_READ_ONLY", 43: "GLOBAL_AUTOMATION_ADMIN", 44: "GLOBAL_BACKUP_ADMIN",
	45: "GLOBAL_MONITORING_ADMIN", 46: "GLOBAL_USER_ADMIN", 47: "GLOBAL_BILLING_ADMIN",
}

func TestStoredNumbers(t *testing.T) {
	for number, name := range storedNumbers {
		if number == 0 {
			continue
		}
		role, ok := latchkey.ParseRole(name)
		if !ok || int(role) != number {
			t.Errorf("%s is stored as %d (known: %v), want %d", name, role, ok, number)
		}
		if got := latchkey.Role(number).String(); got != name {
			t.Errorf("number %d is %q, want %s", number, got, name)
		}
		if got := latchkey.Roles(role); got != 1<<number {
			t.Errorf("the set of %s is %#x, want bit %d alone", name, got, number)
		}
	}
	if got, want := latchkey.AllRoles().Len(), len(storedNumbers)-1; got != want {
		t.Errorf("there are %d roles, the pinned table has %d", got, want)
	}
	if latchkey.AllRoles().Has(latchkey.NoRole) || latchkey.NoRole.String() != "" || latchkey.NoRole.Level() != 0 {
		t.Error("NoRole must be no role")
	}
}

func TestRoleLevels(t *testing.T) {
	for role := range latchkey.AllRoles().All() {
		want := map[string]latchkey.Level{
			"ORG": latchkey.LevelOrganization, "GROUP": latchkey.LevelProject, "GLOBAL": latchkey.LevelGlobal,
		}[role.String()[:strings.IndexByte(role.String(), '_')]]
		if role.Level() != want {
			t.Errorf("%s has level %v, want %v", role, role.Level(), want)
		}
		for _, l := range []latchkey.Level{latchkey.LevelOrganization, latchkey.LevelProject, latchkey.LevelGlobal} {
			if got := latchkey.Roles(role).AtLevel(l) != 0; got != (l == want) {
				t.Errorf("%s at level %v: %v", role, l, got)
			}
		}
	}
	for l, want := range map[latchkey.Level]struct {
		name  string
		count int
	}{
		latchkey.LevelOrganization: {"organization", 7}, latchkey.LevelProject: {"project", 33},
		latchkey.LevelGlobal: {"global", 7}, 0: {"none", 0}, 9: {"none", 0},
	} {
		if l.String() != want.name || latchkey.AllRoles().AtLevel(l).Len() != want.count {
			t.Errorf("level %d is %q with %d roles, want %q with %d", l, l, latchkey.AllRoles().AtLevel(l).Len(), want.name, want.count)
		}
	}
	for _, r := range []latchkey.Role{48, 63, 255} {
		if r.Level() != 0 || r.String() != "" {
			t.Errorf("role %d is %q at level %v", r, r, r.Level())
		}
	}
}

func TestParseRoleRefuses(t *testing.T) {
	for _, name := range []string{"", "group_owner", "GROUP_OWNER ", " GROUP_OWNER", "GROUP_OWNE", "OWNER", "GROUP_OWNER\x00", "GLOBAL_"} {
		if r, ok := latchkey.ParseRole(name); ok || r != latchkey.NoRole {
			t.Errorf("%q is role %d", name, r)
		}
	}
}

// anyRoles draws a set of roles together with its model.
func anyRoles(t *rapid.T, label string) (latchkey.RoleSet, map[latchkey.Role]bool) {
	var set latchkey.RoleSet
	model := map[latchkey.Role]bool{}
	for _, n := range rapid.SliceOf(rapid.IntRange(1, len(storedNumbers)-1)).Draw(t, label) {
		set = set.With(latchkey.Role(n))
		model[latchkey.Role(n)] = true
	}
	return set, model
}

func TestRoleSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, ma := anyRoles(t, "a")
		b, mb := anyRoles(t, "b")
		if a.Len() != len(ma) {
			t.Fatalf("Len %d, want %d", a.Len(), len(ma))
		}
		subset := true
		var first latchkey.Role
		var names []string
		for n := range storedNumbers {
			r := latchkey.Role(n)
			if a.Has(r) != ma[r] || a.Minus(b).Has(r) != (ma[r] && !mb[r]) {
				t.Fatalf("%s: in a %v, in a minus b %v", r, a.Has(r), a.Minus(b).Has(r))
			}
			subset = subset && (!ma[r] || mb[r])
			if ma[r] {
				names = append(names, storedNumbers[n])
				if first == latchkey.NoRole {
					first = r
				}
			}
		}
		if a.SubsetOf(b) != subset {
			t.Fatalf("SubsetOf %v, want %v", a.SubsetOf(b), subset)
		}
		if a.First() != first || !slices.Equal(a.Names(), names) {
			t.Fatalf("First %s, Names %v; want %s, %v", a.First(), a.Names(), first, names)
		}
		if got := latchkey.Roles(slices.Collect(a.All())...); got != a {
			t.Fatalf("the roles of All make %v, want %v", got.Names(), a.Names())
		}
		for r := range a.All() {
			if r != first {
				t.Fatalf("All begins with %s, want %s", r, first)
			}
			break
		}
	})
}
