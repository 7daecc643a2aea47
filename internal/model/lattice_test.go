package model

import (
	"slices"
	"strings"
)

// names is a set of role names.
type names map[string]bool

func setOf(list ...string) names {
	s := make(names, len(list))
	for _, n := range list {
		s[n] = true
	}
	return s
}

// String lists the set in order.
func (s names) String() string {
	list := make([]string, 0, len(s))
	for n := range s {
		list = append(list, n)
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

func (s names) equal(t names) bool { return s.within(t) && t.within(s) }

func (s names) within(t names) bool {
	for n := range s {
		if !t[n] {
			return false
		}
	}
	return true
}

// differences are the names in exactly one of two sets.
func differences(s, t names) names {
	d := make(names)
	for n := range s {
		d[n] = !t[n]
	}
	for n := range t {
		d[n] = !s[n]
	}
	for n, in := range d {
		if !in {
			delete(d, n)
		}
	}
	return d
}

// The published role names.
var (
	orgRoleNames = strings.Fields(`ORG_OWNER ORG_MEMBER ORG_GROUP_CREATOR ORG_BILLING_ADMIN ORG_BILLING_READ_ONLY
		ORG_STREAM_PROCESSING_ADMIN ORG_READ_ONLY`)
	atlasProjectRoles = strings.Fields(`GROUP_OWNER GROUP_ACCESS_MANAGER GROUP_CLUSTER_MANAGER GROUP_CLUSTER_CREATOR
		GROUP_CLUSTER_LOG_VIEWER GROUP_CLUSTER_RESILIENCE_TESTER GROUP_REPLICA_SET_MANAGER GROUP_BACKUP_MANAGER
		GROUP_BACKUP_CREATOR GROUP_BACKUP_RECOVERY_OPERATOR GROUP_BACKUP_EXPORT_OPERATOR GROUP_DATA_ACCESS_ADMIN
		GROUP_DATA_ACCESS_READ_WRITE GROUP_DATA_ACCESS_READ_ONLY GROUP_DATABASE_ACCESS_ADMIN GROUP_NETWORK_ACCESS_MANAGER
		GROUP_OBSERVABILITY_VIEWER GROUP_STREAM_PROCESSING_OWNER GROUP_TRIGGER_MANAGER GROUP_SEARCH_INDEX_EDITOR
		GROUP_INDEX_MANAGER GROUP_REAL_TIME_PERFORMANCE_OPERATOR GROUP_SUPPORT_ACCESS_MANAGER GROUP_ALERTS_MANAGER
		GROUP_MODEL_OWNER GROUP_READ_ONLY GROUP_CHARTS_ADMIN GROUP_STREAM_PROCESSING_MANAGER`)
	opsManagerProjectRoles = strings.Fields(`GROUP_AUTOMATION_ADMIN GROUP_BACKUP_ADMIN GROUP_MONITORING_ADMIN
		GROUP_USER_ADMIN GROUP_BILLING_ADMIN`)
	globalRoleNames = strings.Fields(`GLOBAL_OWNER GLOBAL_READ_ONLY GLOBAL_AUTOMATION_ADMIN GLOBAL_BACKUP_ADMIN
		GLOBAL_MONITORING_ADMIN GLOBAL_USER_ADMIN GLOBAL_BILLING_ADMIN`)
	allProjectRoles = append(slices.Clone(atlasProjectRoles), opsManagerProjectRoles...)
)

// includes says what each role carries besides itself, as the role pages do.
// "every organization role" and "every project role" are written out by implied.
var includes = map[string]string{
	"ORG_OWNER":                    "ORG_* GROUP_OWNER",
	"ORG_GROUP_CREATOR":            "ORG_MEMBER",
	"ORG_BILLING_ADMIN":            "ORG_MEMBER ORG_BILLING_READ_ONLY",
	"ORG_BILLING_READ_ONLY":        "ORG_MEMBER",
	"ORG_STREAM_PROCESSING_ADMIN":  "ORG_READ_ONLY GROUP_STREAM_PROCESSING_OWNER",
	"ORG_READ_ONLY":                "ORG_MEMBER GROUP_READ_ONLY",
	"GROUP_OWNER":                  "GROUP_*",
	"GROUP_ACCESS_MANAGER":         "GROUP_USER_ADMIN",
	"GROUP_USER_ADMIN":             "GROUP_ACCESS_MANAGER",
	"GROUP_REPLICA_SET_MANAGER":    "GROUP_CLUSTER_RESILIENCE_TESTER",
	"GROUP_BACKUP_MANAGER":         "GROUP_BACKUP_CREATOR GROUP_BACKUP_RECOVERY_OPERATOR GROUP_BACKUP_EXPORT_OPERATOR",
	"GROUP_DATA_ACCESS_ADMIN":      "GROUP_DATA_ACCESS_READ_WRITE GROUP_SEARCH_INDEX_EDITOR",
	"GROUP_DATA_ACCESS_READ_WRITE": "GROUP_DATA_ACCESS_READ_ONLY",
}

// implied returns everything that the roles carry, themselves included.
func implied(roles names) names {
	all := make(names)
	var add func(string)
	add = func(n string) {
		if all[n] {
			return
		}
		all[n] = true
		for _, m := range strings.Fields(includes[n]) {
			switch m {
			case "ORG_*":
				for _, o := range orgRoleNames {
					add(o)
				}
			case "GROUP_*":
				for _, g := range allProjectRoles {
					add(g)
				}
			default:
				add(m)
			}
		}
		if strings.HasPrefix(n, "GROUP_") {
			add("GROUP_READ_ONLY")
		}
	}
	for n := range roles {
		add(n)
	}
	return all
}

// inOrg returns the organization roles that the key's roles amount to.
func (k *principal) inOrg() names {
	all := implied(k.roles)
	all["ORG_MEMBER"] = true
	return all
}

// inProject returns the project roles that the key's roles amount to there.
func (k *principal) inProject(id string) names {
	both := make(names)
	for n := range k.roles {
		both[n] = true
	}
	for n := range k.projects[id] {
		both[n] = true
	}
	all := implied(both)
	for n := range all {
		if strings.HasPrefix(n, "ORG_") {
			delete(all, n)
		}
	}
	return all
}

// dominates reports whether the caller's roles imply every role of the target.
func (k *principal) dominates(target *principal) bool {
	if !target.roles.within(k.inOrg()) {
		return false
	}
	for id, roles := range target.projects {
		if !roles.within(k.inProject(id)) {
			return false
		}
	}
	return true
}

// knows reports whether a request on that base may name the role.
func (g generation) knows(role string) bool {
	return slices.Contains(orgRoleNames, role) || slices.Contains(globalRoleNames, role) || slices.Contains(atlasProjectRoles, role) ||
		g == public && slices.Contains(opsManagerProjectRoles, role)
}
