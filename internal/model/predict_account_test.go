package model

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var accountText = regexp.MustCompile(`^[\p{L}\p{N}\-_.,' ]+$`)

// badAccount is what is wrong with a body about a service account by itself:
// what it needs and does not have, then each member in the order of the
// alphabet but the life of a secret, which the organization limits too.
func (c *call) badAccount() *outcome {
	b := &c.body
	wrong := refused(400, "VALIDATION_ERROR")
	if lacks := refused(400, "MISSING_ATTRIBUTE"); strings.HasPrefix(c.op, "create") {
		if b.hours == nil || !strings.HasSuffix(c.op, "Secret") && (b.desc == nil || b.name == nil || !b.hasList) {
			return lacks
		}
	} else if c.op == "inviteGroupServiceAccount" && !b.hasList {
		return lacks
	}
	switch {
	case b.desc != nil && badText(*b.desc, 250), b.name != nil && badText(*b.name, 64):
		return wrong
	case b.hasList && len(b.roles) == 0:
		return wrong
	case b.hasList:
		return c.badRoleNames()
	}
	return nil
}

func badText(text string, most int) bool {
	return !accountText.MatchString(text) || utf8.RuneCountInString(text) > most
}

// lateAccount is what an operation on service accounts finds.
func (r *reference) lateAccount(c *call, caller *principal, o *org) *outcome {
	b := &c.body
	if b.hours != nil {
		most := mostSecretHours
		if o.maxHours != 0 {
			most = o.maxHours
		}
		if *b.hours < leastSecretHours || *b.hours > most {
			return refused(400, "VALIDATION_ERROR")
		}
	}
	asked, reach := setOf(b.roles...), caller.inProject(c.project)
	dominated, unknown := refused(401, "USER_UNAUTHORIZED"), refused(404, "RESOURCE_NOT_FOUND")
	switch c.op {
	case "createGroupServiceAccount":
		if !asked.within(reach) {
			return dominated
		}
		return nil
	case "createOrgServiceAccount":
		if !asked.within(caller.inOrg()) {
			return dominated
		}
		return nil
	}
	target := r.principals[c.key]
	if target == nil || target.org != caller.org {
		return unknown
	}
	held := target.projects[c.project]
	if c.op == "inviteGroupServiceAccount" {
		switch {
		case len(held) > 0:
			return refused(409, "VALIDATION_ERROR")
		case !asked.within(reach):
			return dominated
		}
		return nil
	}
	if c.project != "" && len(held) == 0 {
		return unknown
	}
	switch c.op {
	case "getOrgServiceAccount", "getGroupServiceAccount":
		return nil
	case "updateGroupServiceAccount":
		named := b.name != nil && *b.name != target.name || b.desc != nil && *b.desc != target.desc
		if b.hasList && !differences(held, asked).within(reach) || named && !caller.dominates(target) {
			return dominated
		}
		return nil
	case "deleteGroupServiceAccount":
		if !held.within(reach) {
			return dominated
		}
		return nil
	}
	if !caller.dominates(target) {
		return dominated
	}
	switch c.op {
	case "updateOrgServiceAccount":
		if b.hasList && !asked.within(caller.inOrg()) {
			return dominated
		}
		if b.hasList && !asked["ORG_OWNER"] && r.lastOwner(target) {
			return refused(403, "CANNOT_DEMOTE_LAST_ORG_OWNER")
		}
	case "deleteOrgServiceAccount":
		if r.lastOwner(target) {
			return refused(403, "CANNOT_DEMOTE_LAST_ORG_OWNER")
		}
	case "createOrgServiceAccountSecret", "createGroupServiceAccountSecret":
		if _, ok := r.rotate(target); !ok {
			return refused(400, "VALIDATION_ERROR")
		}
	case "deleteOrgServiceAccountSecret", "deleteGroupServiceAccountSecret":
		if target.secretOf(c.secret) == nil {
			return unknown
		}
	default:
		return lateEntries(c, caller, target)
	}
	return nil
}

// applyAccount makes of the reference what a call about service accounts made
// of the server.
func (r *reference) applyAccount(c *call, target *principal, o *org, made answerBody) {
	b := &c.body
	asked := setOf(b.roles...)
	switch c.op {
	case "createGroupServiceAccount", "createOrgServiceAccount":
		k := &principal{born: r.birth(), id: made.ClientID, org: o.id, name: *b.name, desc: *b.desc, roles: asked, projects: map[string]names{},
			secrets: []secret{r.added(made.Secrets[0], *b.hours)}}
		if c.project != "" {
			k.roles, k.projects[c.project] = setOf("ORG_MEMBER"), asked
		}
		r.principals[k.id] = k
	case "updateGroupServiceAccount", "updateOrgServiceAccount":
		if b.hasList && c.project != "" {
			target.projects[c.project] = asked
		} else if b.hasList {
			target.roles = asked
		}
		if b.name != nil {
			target.name = *b.name
		}
		if b.desc != nil {
			target.desc = *b.desc
		}
	case "inviteGroupServiceAccount":
		target.projects[c.project] = asked
	case "deleteGroupServiceAccount":
		delete(target.projects, c.project)
	case "deleteOrgServiceAccount":
		delete(r.principals, c.key)
	case "createOrgServiceAccountSecret", "createGroupServiceAccountSecret":
		list, _ := r.rotate(target)
		target.secrets = append(list, r.added(made.answerSecret, *b.hours))
	case "deleteOrgServiceAccountSecret", "deleteGroupServiceAccountSecret":
		target.secrets = slices.DeleteFunc(slices.Clone(target.secrets), func(s secret) bool { return s.id == c.secret })
	case "getOrgServiceAccount", "getGroupServiceAccount":
	default:
		target.list = changedList(c, target)
	}
}
