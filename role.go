package latchkey

import (
	"iter"
	"math/bits"
)

// Role is one role a principal can hold. The zero Role is no role at all.
// A role's number is the position of its bit in stored role sets: numbers are
// only ever added at the end, never changed and never used again.
type Role uint8

// Level says what kind of thing a role is held in.
type Level uint8

// The levels of roles.
const (
	LevelOrganization Level = iota + 1
	LevelProject
	LevelGlobal
)

// String returns "organization", "project" or "global".
func (l Level) String() string {
	switch l {
	case LevelOrganization:
		return "organization"
	case LevelProject:
		return "project"
	case LevelGlobal:
		return "global"
	}
	return "none"
}

// The roles, in the order of their stored numbers.
const (
	NoRole Role = iota
	OrgOwner
	OrgMember
	OrgGroupCreator
	OrgBillingAdmin
	OrgBillingReadOnly
	OrgStreamProcessingAdmin
	OrgReadOnly
	GroupOwner
	GroupAccessManager
	GroupClusterManager
	GroupClusterCreator
	GroupClusterLogViewer
	GroupClusterResilienceTester
	GroupReplicaSetManager
	GroupBackupManager
	GroupBackupCreator
	GroupBackupRecoveryOperator
	GroupBackupExportOperator
	GroupDataAccessAdmin
	GroupDataAccessReadWrite
	GroupDataAccessReadOnly
	GroupDatabaseAccessAdmin
	GroupNetworkAccessManager
	GroupObservabilityViewer
	GroupStreamProcessingOwner
	GroupTriggerManager
	GroupSearchIndexEditor
	GroupIndexManager
	GroupRealTimePerformanceOperator
	GroupSupportAccessManager
	GroupAlertsManager
	GroupModelOwner
	GroupReadOnly
	GroupChartsAdmin
	GroupStreamProcessingManager
	GroupAutomationAdmin
	GroupBackupAdmin
	GroupMonitoringAdmin
	GroupUserAdmin
	GroupBillingAdmin
	GlobalOwner
	GlobalReadOnly
	GlobalAutomationAdmin
	GlobalBackupAdmin
	GlobalMonitoringAdmin
	GlobalUserAdmin
	GlobalBillingAdmin
	roleCount
)

// roleNames holds the published name of each role; the prefix gives the level.
var roleNames = [roleCount]string{
	OrgOwner:                         "ORG_OWNER",
	OrgMember:                        "ORG_MEMBER",
	OrgGroupCreator:                  "ORG_GROUP_CREATOR",
	OrgBillingAdmin:                  "ORG_BILLING_ADMIN",
	OrgBillingReadOnly:               "ORG_BILLING_READ_ONLY",
	OrgStreamProcessingAdmin:         "ORG_STREAM_PROCESSING_ADMIN",
	OrgReadOnly:                      "ORG_READ_ONLY",
	GroupOwner:                       "GROUP_OWNER",
	GroupAccessManager:               "GROUP_ACCESS_MANAGER",
	GroupClusterManager:              "GROUP_CLUSTER_MANAGER",
	GroupClusterCreator:              "GROUP_CLUSTER_CREATOR",
	GroupClusterLogViewer:            "GROUP_CLUSTER_LOG_VIEWER",
	GroupClusterResilienceTester:     "GROUP_CLUSTER_RESILIENCE_TESTER",
	GroupReplicaSetManager:           "GROUP_REPLICA_SET_MANAGER",
	GroupBackupManager:               "GROUP_BACKUP_MANAGER",
	GroupBackupCreator:               "GROUP_BACKUP_CREATOR",
	GroupBackupRecoveryOperator:      "GROUP_BACKUP_RECOVERY_OPERATOR",
	GroupBackupExportOperator:        "GROUP_BACKUP_EXPORT_OPERATOR",
	GroupDataAccessAdmin:             "GROUP_DATA_ACCESS_ADMIN",
	GroupDataAccessReadWrite:         "GROUP_DATA_ACCESS_READ_WRITE",
	GroupDataAccessReadOnly:          "GROUP_DATA_ACCESS_READ_ONLY",
	GroupDatabaseAccessAdmin:         "GROUP_DATABASE_ACCESS_ADMIN",
	GroupNetworkAccessManager:        "GROUP_NETWORK_ACCESS_MANAGER",
	GroupObservabilityViewer:         "GROUP_OBSERVABILITY_VIEWER",
	GroupStreamProcessingOwner:       "GROUP_STREAM_PROCESSING_OWNER",
	GroupTriggerManager:              "GROUP_TRIGGER_MANAGER",
	GroupSearchIndexEditor:           "GROUP_SEARCH_INDEX_EDITOR",
	GroupIndexManager:                "GROUP_INDEX_MANAGER",
	GroupRealTimePerformanceOperator: "GROUP_REAL_TIME_PERFORMANCE_OPERATOR",
	GroupSupportAccessManager:        "GROUP_SUPPORT_ACCESS_MANAGER",
	GroupAlertsManager:               "GROUP_ALERTS_MANAGER",
	GroupModelOwner:                  "GROUP_MODEL_OWNER",
	GroupReadOnly:                    "GROUP_READ_ONLY",
	GroupChartsAdmin:                 "GROUP_CHARTS_ADMIN",
	GroupStreamProcessingManager:     "GROUP_STREAM_PROCESSING_MANAGER",
	GroupAutomationAdmin:             "GROUP_AUTOMATION_ADMIN",
	GroupBackupAdmin:                 "GROUP_BACKUP_ADMIN",
	GroupMonitoringAdmin:             "GROUP_MONITORING_ADMIN",
	GroupUserAdmin:                   "GROUP_USER_ADMIN",
	GroupBillingAdmin:                "GROUP_BILLING_ADMIN",
	GlobalOwner:                      "GLOBAL_OWNER",
	GlobalReadOnly:                   "GLOBAL_READ_ONLY",
	GlobalAutomationAdmin:            "GLOBAL_AUTOMATION_ADMIN",
	GlobalBackupAdmin:                "GLOBAL_BACKUP_ADMIN",
	GlobalMonitoringAdmin:            "GLOBAL_MONITORING_ADMIN",
	GlobalUserAdmin:                  "GLOBAL_USER_ADMIN",
	GlobalBillingAdmin:               "GLOBAL_BILLING_ADMIN",
}

// rolesByName is the inverse of roleNames; it is filled once and only read.
var rolesByName = func() map[string]Role {
	m := make(map[string]Role, roleCount)
	for r := OrgOwner; r < roleCount; r++ {
		m[roleNames[r]] = r
	}
	return m
}()

// String returns the published name of the role, such as "GROUP_OWNER".
func (r Role) String() string {
	if r < roleCount {
		return roleNames[r]
	}
	return ""
}

// ParseRole returns the role with that published name. Case matters.
func ParseRole(name string) (Role, bool) {
	r, ok := rolesByName[name]
	return r, ok
}

// Level returns what kind of thing the role is held in.
func (r Role) Level() Level {
	switch {
	case r >= OrgOwner && r <= OrgReadOnly:
		return LevelOrganization
	case r >= GroupOwner && r <= GroupBillingAdmin:
		return LevelProject
	case r >= GlobalOwner && r < roleCount:
		return LevelGlobal
	}
	return 0
}

// RoleSet is a set of roles, one bit a role.
type RoleSet uint64

// Roles returns the set of the roles given.
func Roles(roles ...Role) RoleSet {
	var s RoleSet
	for _, r := range roles {
		s |= 1 << r
	}
	return s
}

// AllRoles returns every role there is.
func AllRoles() RoleSet { return RoleSet(1)<<roleCount - 1 - 1<<NoRole }

// AtLevel returns the roles of s that are held at the level.
func (s RoleSet) AtLevel(l Level) RoleSet {
	const (
		org     = RoleSet(1)<<(OrgReadOnly+1) - 1<<OrgOwner
		project = RoleSet(1)<<(GroupBillingAdmin+1) - 1<<GroupOwner
		global  = RoleSet(1)<<roleCount - 1<<GlobalOwner
	)
	switch l {
	case LevelOrganization:
		return s & org
	case LevelProject:
		return s & project
	case LevelGlobal:
		return s & global
	}
	return 0
}

// Has reports whether r is in the set.
func (s RoleSet) Has(r Role) bool { return s&(1<<r) != 0 }

// With returns the set and r.
func (s RoleSet) With(r Role) RoleSet { return s | 1<<r }

// Minus returns the roles of s that are not in other.
func (s RoleSet) Minus(other RoleSet) RoleSet { return s &^ other }

// SubsetOf reports whether every role of s is in other.
func (s RoleSet) SubsetOf(other RoleSet) bool { return s&^other == 0 }

// Len returns how many roles the set has.
func (s RoleSet) Len() int { return bits.OnesCount64(uint64(s)) }

// First returns the role with the lowest number, or NoRole.
func (s RoleSet) First() Role {
	if s == 0 {
		return NoRole
	}
	return Role(bits.TrailingZeros64(uint64(s)))
}

// All yields the roles of the set in the order of their numbers.
func (s RoleSet) All() iter.Seq[Role] {
	return func(yield func(Role) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(Role(bits.TrailingZeros64(uint64(s)))) {
				return
			}
		}
	}
}

// Names returns the published names of the roles in the order of their numbers.
func (s RoleSet) Names() []string {
	names := make([]string, 0, s.Len())
	for r := range s.All() {
		names = append(names, r.String())
	}
	return names
}
