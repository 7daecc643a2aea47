package model

import (
	"slices"
	"strings"
)

// late is what the operation finds: the target, whether the caller dominates
// what changes, and what else forbids it; nil when nothing refuses.
func (r *reference) late(c *call) *outcome {
	caller := r.principals[c.caller.id]
	o := r.orgs[caller.org]
	if c.aboutAccounts() {
		return r.lateAccount(c, caller, o)
	}
	var target *principal
	if c.key != "" {
		if target = r.principals[c.key]; target == nil || target.org != caller.org {
			return refused(400, "API_KEY_NOT_FOUND")
		}
	}
	b := &c.body
	asked := setOf(b.roles...)
	reach := caller.inProject(c.project)
	dominated := refused(401, "USER_UNAUTHORIZED")

	switch c.op {
	case "createGroupApiKey":
		if !asked.within(reach) {
			return dominated
		}
		return r.full(o)
	case "createOrgApiKey":
		if !asked.within(caller.inOrg()) {
			return dominated
		}
		return r.full(o)
	case "updateGroupApiKeyRoles":
		held := target.projects[c.project]
		if len(held) == 0 && (c.gen == v2 || !b.hasList) {
			return refused(400, "API_KEY_NOT_FOUND")
		}
		if b.hasList && !differences(held, asked).within(reach) {
			return dominated
		}
		if b.desc != nil && *b.desc != target.desc && !caller.dominates(target) {
			return dominated
		}
	case "addGroupApiKey":
		if len(target.projects[c.project]) > 0 {
			return refused(409, "API_KEY_ALREADY_IN_GROUP")
		}
		if !asked.within(reach) {
			return dominated
		}
	case "removeGroupApiKey":
		held := target.projects[c.project]
		if len(held) == 0 {
			return refused(400, "API_KEY_NOT_FOUND")
		}
		if !held.within(reach) {
			return dominated
		}
	case "updateOrgApiKey":
		if !caller.dominates(target) || b.hasList && !asked.within(caller.inOrg()) {
			return dominated
		}
		if b.hasList && !asked["ORG_OWNER"] && r.lastOwner(target) {
			return refused(403, "CANNOT_DEMOTE_LAST_ORG_OWNER")
		}
	case "deleteOrgApiKey":
		if !caller.dominates(target) {
			return dominated
		}
		if r.lastOwner(target) {
			return refused(403, "CANNOT_DEMOTE_LAST_ORG_OWNER")
		}
	case "createOrgApiKeyAccessListEntry", "deleteOrgApiKeyAccessListEntry":
		if !caller.dominates(target) {
			return dominated
		}
		return lateEntries(c, caller, target)
	case "updateOrgSettings":
		requires := b.setting == "apiAccessListRequired" && b.value == true && !o.listRequired
		if requires && !caller.covers(c.address) {
			return refused(400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST")
		}
	case "createGroup":
		if b.orgID != nil && *b.orgID != caller.org {
			return refused(404, "ORG_NOT_FOUND")
		}
		return o.nameTaken(b.name, "")
	case "updateGroup":
		return o.nameTaken(b.name, c.project)
	}
	return nil
}

func lateEntries(c *call, caller, target *principal) *outcome {
	adds, unknown := strings.HasPrefix(c.op, "create"), refused(404, "API_KEY_ACCESS_LIST_NOT_FOUND")
	if c.aboutAccounts() {
		unknown = refused(404, "RESOURCE_NOT_FOUND")
	}
	if adds {
		for _, e := range c.body.entries {
			if p, _ := prefixOf(e); slices.Contains(target.list, p) {
				return refused(409, "ADDRESS_ALREADY_IN_ACCESS_LIST")
			}
		}
	} else if p, _ := prefixOf(c.entry); !slices.Contains(target.list, p) {
		return unknown
	}
	if target == caller {
		after := changedList(c, target)
		covered := !adds && !coversText(c.entry, c.address) || covers(after, c.address)
		if !covered {
			return refused(400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST")
		}
	}
	return nil
}

func (r *reference) full(o *org) *outcome {
	if len(r.keysOf(o.id)) >= r.maxKeys {
		return refused(400, "MAX_API_KEYS_PER_ORG_EXCEEDED")
	}
	return nil
}

func (o *org) nameTaken(name *string, except string) *outcome {
	if name == nil {
		return nil
	}
	for id, p := range o.projects {
		if id != except && p.name == *name {
			return refused(409, "GROUP_ALREADY_EXISTS")
		}
	}
	return nil
}
