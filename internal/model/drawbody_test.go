package model

import (
	"strings"

	"pgregory.net/rapid"
)

// entries of access lists; the first five have the form in which they are stored.
var entries = []string{
	"192.0.2.1", "192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32", "203.0.113.9",
	"192.0.2.77/24", "0.0.0.0/0", "0.0.0.0", "192.0.2", "2001:db8::1",
}

var tagSets = [][]tag{{}, {{"stage", "test"}}, {{"stage", "live"}, {"team", "a"}}}

func (w *world) drawBody(t *rapid.T, c *call) {
	b := &c.body
	switch c.op {
	case "createGroupApiKey", "createOrgApiKey":
		if !oneIn(t, 25, "no desc") {
			b.desc = drawDesc(t)
		}
		if !oneIn(t, 25, "no roles") {
			b.roles, b.hasList = drawRoles(t, c), true
		}
	case "updateGroupApiKeyRoles", "updateOrgApiKey":
		what := weighted(t, "changes", "roles", 12, "desc", 4, "both", 4, "nothing", 1)
		if what == "desc" || what == "both" {
			b.desc = drawDesc(t)
		}
		if what == "roles" || what == "both" {
			b.roles, b.hasList = drawRoles(t, c), true
		}
	case "addGroupApiKey":
		b.roles, b.hasList = drawRoles(t, c), true
	case "createGroupServiceAccount", "createOrgServiceAccount", "updateGroupServiceAccount", "updateOrgServiceAccount",
		"inviteGroupServiceAccount", "createGroupServiceAccountSecret", "createOrgServiceAccountSecret":
		drawAccount(t, c)
	case "createOrgApiKeyAccessListEntry", "createOrgServiceAccountAccessList", "createGroupServiceAccountAccessList":
		pool := entries[:5]
		if oneIn(t, 6, "odd entries") {
			pool = entries
		}
		b.entries = several(t, "entries", 2, pool...)
	case "updateOrg":
		b.name = drawName(t, "Home ", true)
	case "updateGroup":
		b.name = drawName(t, "project ", false)
		if oneIn(t, 2, "tags") {
			b.tags = &tagSets[below(t, 3, "which tags")]
		}
	case "createGroup":
		b.name = drawName(t, "project ", true)
		if oneIn(t, 2, "tags") {
			b.tags = &tagSets[below(t, 3, "which tags")]
		}
		switch weighted(t, "orgId", "home", 16, "none", 2, "abroad", 1, "unknown", 1) {
		case "home":
			b.orgID = &w.home
		case "abroad":
			b.orgID = &w.abroad
		case "unknown":
			id := unknownID
			b.orgID = &id
		}
	case "updateOrgSettings":
		drawSetting(t, b)
	}
}

// drawAccount draws a body about a service account: whole for a new one, some
// of it for one that is changed.
func drawAccount(t *rapid.T, c *call) {
	b := &c.body
	creates, whole := strings.HasPrefix(c.op, "create"), strings.HasPrefix(c.op, "create") && strings.HasSuffix(c.op, "ServiceAccount")
	has := func(what string) bool { return whole && !oneIn(t, 25, "no "+what) }
	changes := strings.HasPrefix(c.op, "update")
	text := func(what, long string) *string {
		s := weighted(t, what, "reader", 6, "Schreiber, 2.", 6, "o'Neill_-", 4, long, 1, long+"ü", 1, "", 1, "a/b", 1)
		return &s
	}
	if has("description") || changes && oneIn(t, 3, "description") {
		b.desc = text("description", strings.Repeat("ü", 250))
	}
	if has("name") || changes && oneIn(t, 3, "name") {
		b.name = text("name", strings.Repeat("ü", 64))
	}
	if has("roles") || changes && !oneIn(t, 4, "no roles") || c.op == "inviteGroupServiceAccount" && !oneIn(t, 25, "no roles") {
		b.roles, b.hasList = drawRoles(t, c), true
	}
	if creates && !oneIn(t, 25, "no hours") {
		hours := pick(t, "hours", 8, 8, 24, 100, 100, 1000, 8760, 7, 8761, -1)
		b.hours = &hours
	}
}

func drawSetting(t *rapid.T, b *body) {
	b.setting = weighted(t, "setting", "apiAccessListRequired", 5, "multiFactorAuthRequired", 3, "securityContact", 2,
		"maxServiceAccountSecretValidityInHours", 2, "nonsense", 1)
	switch b.setting {
	case "apiAccessListRequired":
		b.value = oneIn(t, 3, "required")
	case "securityContact":
		b.value = pick(t, "contact", "a@example.org", "b@example.org")
	case "maxServiceAccountSecretValidityInHours":
		b.value = pick(t, "hours", 7, 8, 100, 8760, 8761)
	default:
		b.value = oneIn(t, 2, "value")
	}
}

func drawDesc(t *rapid.T) *string {
	d := weighted(t, "desc", "reader", 6, "writer", 6, "schlüssel", 4, strings.Repeat("ü", 250), 1, strings.Repeat("ü", 251), 1, "", 1, " \t", 1)
	return &d
}

func drawName(t *rapid.T, prefix string, always bool) *string {
	n := weighted(t, "name", prefix+"A", 5, prefix+"B", 5, prefix+"C", 5, prefix+"D", 5, prefix+"E", 5, "", 1, "a/b", 1, strings.Repeat("n", 65), 1, "none", 2)
	if n == "none" {
		if always && !oneIn(t, 2, "no name") {
			n = prefix + "F"
		} else {
			return nil
		}
	}
	return &n
}

// drawRoles draws roles that the call may carry, mostly.
func drawRoles(t *rapid.T, c *call) []string {
	inOrg := strings.Contains(c.op, "Org")
	if oneIn(t, 40, "no role") {
		return []string{}
	}
	if oneIn(t, 14, "odd roles") {
		return several(t, "roles", 3, "ORG_MEMBER", "GROUP_READ_ONLY", "GLOBAL_OWNER", "GROUP_NONSENSE", "group_owner", "GROUP_AUTOMATION_ADMIN", "GROUP_USER_ADMIN")
	}
	if inOrg {
		return several(t, "roles", 2, "ORG_MEMBER", "ORG_MEMBER", "ORG_READ_ONLY", "ORG_GROUP_CREATOR", "ORG_OWNER",
			"ORG_STREAM_PROCESSING_ADMIN", "ORG_BILLING_ADMIN", "ORG_BILLING_READ_ONLY")
	}
	pool := []string{"GROUP_READ_ONLY", "GROUP_READ_ONLY", "GROUP_OWNER", "GROUP_ACCESS_MANAGER", "GROUP_CLUSTER_MANAGER", "GROUP_DATA_ACCESS_READ_ONLY"}
	if oneIn(t, 3, "any role") {
		pool = atlasProjectRoles
		if c.gen == public {
			pool = allProjectRoles
		}
	}
	return several(t, "roles", 3, pool...)
}
