package model

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// apply makes of the reference what a call that was answered with success
// makes of the server. made has the ids and keys that the server chose.
func (r *reference) apply(c *call, made answerBody) {
	if c.atEndpoint() {
		r.applyToken(c, made)
		return
	}
	caller := r.principals[c.caller.id]
	o := r.orgs[caller.org]
	target := r.principals[c.key]
	b := &c.body
	asked := setOf(b.roles...)
	if c.aboutAccounts() {
		r.applyAccount(c, target, o, made)
		return
	}
	switch c.op {
	case "createGroupApiKey":
		r.principals[made.ID] = &principal{born: r.birth(), id: made.ID, org: o.id, public: made.PublicKey, private: made.PrivateKey, desc: *b.desc,
			roles: setOf("ORG_MEMBER"), projects: map[string]names{c.project: asked}}
	case "createOrgApiKey":
		r.principals[made.ID] = &principal{born: r.birth(), id: made.ID, org: o.id, public: made.PublicKey, private: made.PrivateKey, desc: *b.desc,
			roles: asked, projects: map[string]names{}}
	case "updateGroupApiKeyRoles":
		if b.hasList {
			target.projects[c.project] = asked
		}
		if b.desc != nil {
			target.desc = *b.desc
		}
	case "addGroupApiKey":
		target.projects[c.project] = asked
	case "removeGroupApiKey":
		delete(target.projects, c.project)
	case "updateOrgApiKey":
		if b.hasList {
			target.roles = asked
		}
		if b.desc != nil {
			target.desc = *b.desc
		}
	case "deleteOrgApiKey":
		delete(r.principals, c.key)
	case "createOrgApiKeyAccessListEntry", "deleteOrgApiKeyAccessListEntry":
		target.list = changedList(c, target)
	case "updateOrg":
		o.name = *b.name
	case "updateOrgSettings":
		switch b.setting {
		case "apiAccessListRequired":
			o.listRequired = b.value.(bool)
		case "multiFactorAuthRequired":
			o.multiFactor = b.value.(bool)
		case "securityContact":
			o.contact = b.value.(string)
		case "maxServiceAccountSecretValidityInHours":
			o.maxHours = b.value.(int)
		}
	case "createGroup":
		p := &project{born: r.birth(), id: made.ID, name: *b.name, alerts: true}
		if b.tags != nil {
			p.tags = slices.Clone(*b.tags)
		}
		o.projects[p.id] = p
		caller.projects[p.id] = setOf("GROUP_OWNER")
	case "updateGroup":
		p := o.projects[c.project]
		if b.name != nil {
			p.name = *b.name
		}
		if b.tags != nil {
			p.tags = slices.Clone(*b.tags)
		}
	case "deleteGroup":
		if o.projects[c.project] == nil {
			return // the second deletion
		}
		delete(o.projects, c.project)
		o.deleted[c.project] = deletion{r.birth(), r.now, caller.id}
		for _, k := range r.principals {
			delete(k.projects, c.project)
		}
	}
}

// changedList is the target's access list after the call.
func changedList(c *call, target *principal) []netip.Prefix {
	list := slices.Clone(target.list)
	if strings.HasPrefix(c.op, "delete") {
		p, _ := prefixOf(c.entry)
		return slices.DeleteFunc(list, func(q netip.Prefix) bool { return q == p })
	}
	for _, e := range c.body.entries {
		p, _ := prefixOf(e)
		list = append(list, p)
	}
	return list
}

func coversText(entry, address string) bool {
	p, _ := prefixOf(entry)
	return covers([]netip.Prefix{p}, address)
}

// rolesOf is the roles of a key as an answer shows them: "scope role".
func rolesOf(k *principal) names {
	all := make(names)
	for n := range k.roles {
		all[k.org+" "+n] = true
	}
	for _, p := range slices.Collect(maps.Keys(k.projects)) {
		for n := range k.projects[p] {
			all[p+" "+n] = true
		}
	}
	return all
}
