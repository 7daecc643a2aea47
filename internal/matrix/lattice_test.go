package matrix

import (
	"math/bits"
	"strings"
)

// roles is a set of roles: bit i stands for roleNames[i].
type roles uint64

// The documented roles, by the kind of thing they are held in.
var (
	orgNames = strings.Fields(`ORG_OWNER ORG_MEMBER ORG_GROUP_CREATOR ORG_BILLING_ADMIN ORG_BILLING_READ_ONLY
		ORG_STREAM_PROCESSING_ADMIN ORG_READ_ONLY`)
	atlasProjectNames = strings.Fields(`GROUP_OWNER GROUP_ACCESS_MANAGER GROUP_CLUSTER_MANAGER GROUP_CLUSTER_CREATOR
		GROUP_CLUSTER_LOG_VIEWER GROUP_CLUSTER_RESILIENCE_TESTER GROUP_REPLICA_SET_MANAGER GROUP_BACKUP_MANAGER
		GROUP_BACKUP_CREATOR GROUP_BACKUP_RECOVERY_OPERATOR GROUP_BACKUP_EXPORT_OPERATOR GROUP_DATA_ACCESS_ADMIN
		GROUP_DATA_ACCESS_READ_WRITE GROUP_DATA_ACCESS_READ_ONLY GROUP_DATABASE_ACCESS_ADMIN GROUP_NETWORK_ACCESS_MANAGER
		GROUP_OBSERVABILITY_VIEWER GROUP_STREAM_PROCESSING_OWNER GROUP_TRIGGER_MANAGER GROUP_SEARCH_INDEX_EDITOR
		GROUP_INDEX_MANAGER GROUP_REAL_TIME_PERFORMANCE_OPERATOR GROUP_SUPPORT_ACCESS_MANAGER GROUP_ALERTS_MANAGER
		GROUP_MODEL_OWNER GROUP_READ_ONLY GROUP_CHARTS_ADMIN GROUP_STREAM_PROCESSING_MANAGER`)
	opsManagerProjectNames = strings.Fields(`GROUP_AUTOMATION_ADMIN GROUP_BACKUP_ADMIN GROUP_MONITORING_ADMIN GROUP_USER_ADMIN
		GROUP_BILLING_ADMIN`)
	globalNames = strings.Fields(`GLOBAL_OWNER GLOBAL_READ_ONLY GLOBAL_AUTOMATION_ADMIN GLOBAL_BACKUP_ADMIN
		GLOBAL_MONITORING_ADMIN GLOBAL_USER_ADMIN GLOBAL_BILLING_ADMIN`)

	projectNames = append(append([]string(nil), atlasProjectNames...), opsManagerProjectNames...)
	roleNames    = append(append(append([]string(nil), orgNames...), projectNames...), globalNames...)

	orgMask     = named(orgNames...)
	projectMask = named(projectNames...)
	everyRole   = orgMask | projectMask | named(globalNames...)
)

// includes says what the documented tables let a role include besides itself.
// That every project role reads its project is added in implied.
var includes = map[string]string{
	"ORG_OWNER":                    strings.Join(orgNames, " ") + " GROUP_OWNER",
	"ORG_GROUP_CREATOR":            "ORG_MEMBER",
	"ORG_BILLING_ADMIN":            "ORG_BILLING_READ_ONLY",
	"ORG_BILLING_READ_ONLY":        "ORG_MEMBER",
	"ORG_STREAM_PROCESSING_ADMIN":  "ORG_READ_ONLY GROUP_STREAM_PROCESSING_OWNER",
	"ORG_READ_ONLY":                "ORG_MEMBER GROUP_READ_ONLY",
	"GROUP_OWNER":                  strings.Join(projectNames, " "),
	"GROUP_ACCESS_MANAGER":         "GROUP_USER_ADMIN",
	"GROUP_USER_ADMIN":             "GROUP_ACCESS_MANAGER",
	"GROUP_REPLICA_SET_MANAGER":    "GROUP_CLUSTER_RESILIENCE_TESTER",
	"GROUP_BACKUP_MANAGER":         "GROUP_BACKUP_CREATOR GROUP_BACKUP_RECOVERY_OPERATOR GROUP_BACKUP_EXPORT_OPERATOR",
	"GROUP_DATA_ACCESS_ADMIN":      "GROUP_DATA_ACCESS_READ_WRITE GROUP_SEARCH_INDEX_EDITOR",
	"GROUP_DATA_ACCESS_READ_WRITE": "GROUP_DATA_ACCESS_READ_ONLY",
	"GLOBAL_OWNER":                 strings.Join(roleNames, " "),
	"GLOBAL_READ_ONLY":             "ORG_READ_ONLY",
	"GLOBAL_AUTOMATION_ADMIN":      "GLOBAL_READ_ONLY GROUP_AUTOMATION_ADMIN",
	"GLOBAL_BACKUP_ADMIN":          "GLOBAL_READ_ONLY GROUP_BACKUP_ADMIN",
	"GLOBAL_MONITORING_ADMIN":      "GLOBAL_READ_ONLY GROUP_MONITORING_ADMIN",
	"GLOBAL_USER_ADMIN":            "GLOBAL_READ_ONLY GROUP_USER_ADMIN",
	"GLOBAL_BILLING_ADMIN":         "GLOBAL_READ_ONLY",
}

// named returns the set of the roles with these names.
func named(names ...string) (s roles) {
	for _, name := range names {
		i := 0
		for roleNames[i] != name { // runs off the end for a name that is not documented
			i++
		}
		s |= 1 << i
	}
	return s
}

// names returns the names of the roles in the set.
func (s roles) names() (list []string) {
	for ; s != 0; s &= s - 1 {
		list = append(list, roleNames[bits.TrailingZeros64(uint64(s))])
	}
	return list
}

// reaches holds for each role all that it includes, itself too.
var reaches = func() (all [64]roles) {
	for i := range roleNames {
		for seen, todo := roles(0), roles(1)<<i; todo != 0; {
			next := todo & -todo
			todo, seen = todo&^next, seen|next
			more := named(strings.Fields(includes[next.names()[0]])...)
			if next&projectMask != 0 {
				more |= named("GROUP_READ_ONLY")
			}
			todo |= more &^ seen
			all[i] = seen
		}
	}
	return all
}()

// implied returns the roles of the set with all that they include.
func (s roles) implied() (all roles) {
	for ; s != 0; s &= s - 1 {
		all |= reaches[bits.TrailingZeros64(uint64(s))]
	}
	return all
}

// holdings is what one key holds: roles in its organization, and in projects by id.
type holdings struct {
	org roles
	in  map[string]roles
}

// inOrg returns the organization roles that the holdings amount to: whoever
// holds anything is a member.
func (h holdings) inOrg() roles {
	s := h.org.implied() & orgMask
	if h.org != 0 || len(h.in) > 0 {
		s |= named("ORG_MEMBER")
	}
	return s
}

// inProject returns the project roles that the holdings amount to in the project.
func (h holdings) inProject(id string) roles { return (h.org | h.in[id]).implied() & projectMask }

// lacks returns the roles of a change that the holdings do not imply where the
// change makes them appear or disappear.
func (h holdings) lacks(change holdings) roles {
	missing := change.org &^ (h.org.implied() | named("ORG_MEMBER"))
	for id, changed := range change.in {
		missing |= changed &^ h.inProject(id)
	}
	return missing
}
