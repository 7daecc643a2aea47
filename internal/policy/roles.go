// Package policy owns who may do what: the role table as data and one pure
// function that decides. It reads nothing and keeps nothing.
package policy

import (
	"strings"

	"github.com/latchkey/latchkey"
)

// API says which published role tables know a role.
type API uint8

// The published tables.
const (
	Atlas API = 1 << iota
	OpsManager
)

// RoleInfo is what is published about one role.
type RoleInfo struct {
	Role    latchkey.Role
	Display string           // as in the published role requirements, such as "Project Owner"
	APIs    API              // the tables that list it
	Implies latchkey.RoleSet // what it includes besides itself, directly
}

// anyProjectRole is every role of a project: what an owner of it holds.
func anyProjectRole() latchkey.RoleSet { return latchkey.AllRoles().AtLevel(latchkey.LevelProject) }

// roleTable lists every role once. "Implies" of a wider role counts in
// everything the wider thing contains: ORG_OWNER implies GROUP_OWNER in every
// project of the organization. That every project role implies
// GROUP_READ_ONLY there is added by closures, not repeated here.
var roleTable = []RoleInfo{
	{latchkey.OrgOwner, "Organization Owner", Atlas | OpsManager, latchkey.AllRoles().AtLevel(latchkey.LevelOrganization).With(latchkey.GroupOwner)},
	{latchkey.OrgMember, "Organization Member", Atlas | OpsManager, 0},
	{latchkey.OrgGroupCreator, "Organization Project Creator", Atlas | OpsManager, latchkey.Roles(latchkey.OrgMember)},
	{latchkey.OrgBillingAdmin, "Organization Billing Admin", Atlas | OpsManager, latchkey.Roles(latchkey.OrgMember, latchkey.OrgBillingReadOnly)},
	{latchkey.OrgBillingReadOnly, "Organization Billing Viewer", Atlas | OpsManager, latchkey.Roles(latchkey.OrgMember)},
	{latchkey.OrgStreamProcessingAdmin, "Organization Stream Processing Admin", Atlas, latchkey.Roles(latchkey.OrgReadOnly, latchkey.GroupStreamProcessingOwner)},
	{latchkey.OrgReadOnly, "Organization Read Only", Atlas | OpsManager, latchkey.Roles(latchkey.OrgMember, latchkey.GroupReadOnly)},

	{latchkey.GroupOwner, "Project Owner", Atlas | OpsManager, anyProjectRole()},
	{latchkey.GroupAccessManager, "Project Access Manager", Atlas, latchkey.Roles(latchkey.GroupUserAdmin)},
	{latchkey.GroupClusterManager, "Project Cluster Manager", Atlas | OpsManager, 0},
	{latchkey.GroupClusterCreator, "Project Cluster Creator", Atlas, 0},
	{latchkey.GroupClusterLogViewer, "Project Cluster Log Viewer", Atlas, 0},
	{latchkey.GroupClusterResilienceTester, "Project Cluster Resilience Tester", Atlas, 0},
	{latchkey.GroupReplicaSetManager, "Project Replica Set Manager", Atlas, latchkey.Roles(latchkey.GroupClusterResilienceTester)},
	{latchkey.GroupBackupManager, "Project Backup Manager", Atlas, latchkey.Roles(latchkey.GroupBackupCreator, latchkey.GroupBackupRecoveryOperator, latchkey.GroupBackupExportOperator)},
	{latchkey.GroupBackupCreator, "Project Backup Creator", Atlas, 0},
	{latchkey.GroupBackupRecoveryOperator, "Project Backup Recovery Operator", Atlas, 0},
	{latchkey.GroupBackupExportOperator, "Project Backup Export Operator", Atlas, 0},
	{latchkey.GroupDataAccessAdmin, "Project Data Access Admin", Atlas | OpsManager, latchkey.Roles(latchkey.GroupDataAccessReadWrite, latchkey.GroupSearchIndexEditor)},
	{latchkey.GroupDataAccessReadWrite, "Project Data Access Read/Write", Atlas | OpsManager, latchkey.Roles(latchkey.GroupDataAccessReadOnly)},
	{latchkey.GroupDataAccessReadOnly, "Project Data Access Read Only", Atlas | OpsManager, 0},
	{latchkey.GroupDatabaseAccessAdmin, "Project Database Access Admin", Atlas, 0},
	{latchkey.GroupNetworkAccessManager, "Project Network Access Manager", Atlas, 0},
	{latchkey.GroupObservabilityViewer, "Project Observability Viewer", Atlas, 0},
	{latchkey.GroupStreamProcessingOwner, "Project Stream Processing Owner", Atlas, 0},
	{latchkey.GroupTriggerManager, "Project Trigger Manager", Atlas, 0},
	{latchkey.GroupSearchIndexEditor, "Project Search Index Editor", Atlas, 0},
	{latchkey.GroupIndexManager, "Project Index Manager", Atlas, 0},
	{latchkey.GroupRealTimePerformanceOperator, "Project Real Time Performance Operator", Atlas, 0},
	{latchkey.GroupSupportAccessManager, "Project Support Access Manager", Atlas, 0},
	{latchkey.GroupAlertsManager, "Project Alerts Manager", Atlas, 0},
	{latchkey.GroupModelOwner, "Project Model Owner", Atlas, 0},
	{latchkey.GroupReadOnly, "Project Read Only", Atlas | OpsManager, 0},
	{latchkey.GroupChartsAdmin, "Project Charts Admin", Atlas | OpsManager, 0},
	{latchkey.GroupStreamProcessingManager, "Project Stream Processing Manager", Atlas, 0},
	{latchkey.GroupAutomationAdmin, "Project Automation Admin", OpsManager, 0},
	{latchkey.GroupBackupAdmin, "Project Backup Admin", OpsManager, 0},
	{latchkey.GroupMonitoringAdmin, "Project Monitoring Admin", OpsManager, 0},
	{latchkey.GroupUserAdmin, "Project User Admin", OpsManager, latchkey.Roles(latchkey.GroupAccessManager)},
	{latchkey.GroupBillingAdmin, "Project Billing Admin", OpsManager, 0},

	{latchkey.GlobalOwner, "Global Owner", OpsManager, latchkey.AllRoles()},
	{latchkey.GlobalReadOnly, "Global Read Only", OpsManager, latchkey.Roles(latchkey.OrgReadOnly)},
	{latchkey.GlobalAutomationAdmin, "Global Automation Admin", OpsManager, latchkey.Roles(latchkey.GlobalReadOnly, latchkey.GroupAutomationAdmin)},
	{latchkey.GlobalBackupAdmin, "Global Backup Admin", OpsManager, latchkey.Roles(latchkey.GlobalReadOnly, latchkey.GroupBackupAdmin)},
	{latchkey.GlobalMonitoringAdmin, "Global Monitoring Admin", OpsManager, latchkey.Roles(latchkey.GlobalReadOnly, latchkey.GroupMonitoringAdmin)},
	{latchkey.GlobalUserAdmin, "Global User Admin", OpsManager, latchkey.Roles(latchkey.GlobalReadOnly, latchkey.GroupUserAdmin)},
	{latchkey.GlobalBillingAdmin, "Global Billing Admin", OpsManager, latchkey.Roles(latchkey.GlobalReadOnly)},
}

// closures holds for each role everything it implies, itself included. It is
// computed once from roleTable and only read.
var closures = func() (all [64]latchkey.RoleSet) {
	for _, info := range roleTable {
		all[info.Role] = info.Implies.With(info.Role)
		if info.Role.Level() == latchkey.LevelProject {
			all[info.Role] = all[info.Role].With(latchkey.GroupReadOnly)
		}
	}
	for changed := true; changed; {
		changed = false
		for r := range all {
			var wider latchkey.RoleSet
			for implied := range all[r].All() {
				wider |= all[implied]
			}
			if !wider.SubsetOf(all[r]) {
				all[r] |= wider
				changed = true
			}
		}
	}
	return all
}()

// Closure returns every role that the roles of s imply, themselves included,
// in the thing they are held in and in what it contains.
func Closure(s latchkey.RoleSet) latchkey.RoleSet {
	var all latchkey.RoleSet
	for r := range s.All() {
		all |= closures[r]
	}
	return all
}

// RoleTable returns what is published about every role, in stored order.
func RoleTable() []RoleInfo { return append([]RoleInfo(nil), roleTable...) }

// Grantable returns the roles whose names a request in one of the APIs may
// carry: the Atlas tables for the Atlas APIs, and for the Ops Manager API the
// union of both, global roles included (they are refused by their own error).
func Grantable(api API) latchkey.RoleSet {
	var s latchkey.RoleSet
	for _, info := range roleTable {
		if info.APIs&api != 0 || api == OpsManager || info.Role.Level() == latchkey.LevelGlobal {
			s = s.With(info.Role)
		}
	}
	return s
}

// DisplayName returns the published display name of a role.
func DisplayName(r latchkey.Role) string {
	for _, info := range roleTable {
		if info.Role == r {
			return info.Display
		}
	}
	return ""
}

// String returns "atlas", "ops-manager" or both.
func (a API) String() string {
	var names []string
	if a&Atlas != 0 {
		names = append(names, "atlas")
	}
	if a&OpsManager != 0 {
		names = append(names, "ops-manager")
	}
	return strings.Join(names, ", ")
}
