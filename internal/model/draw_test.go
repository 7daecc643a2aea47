package model

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// uniform draws a number below 4096, each as often as any other; the numbers
// that rapid draws itself are mostly small.
var uniform = rapid.Custom(func(t *rapid.T) int {
	n := 0
	for range 12 {
		n *= 2
		if rapid.Bool().Draw(t, "bit") {
			n++
		}
	}
	return n
})

func below(t *rapid.T, n int, label string) int { return uniform.Draw(t, label) * n / 4096 }

func pick[T any](t *rapid.T, label string, list ...T) T { return list[below(t, len(list), label)] }

// several picks between one and most of the list.
func several[T any](t *rapid.T, label string, most int, list ...T) []T {
	picked := make([]T, 1+below(t, most, "how many "+label))
	for i := range picked {
		picked[i] = pick(t, label, list...)
	}
	return picked
}

func oneIn(t *rapid.T, n int, label string) bool { return below(t, n, label) == n-1 }

// weighted picks one of the choices, each as often as the number behind it says.
func weighted(t *rapid.T, label string, choices ...any) string {
	var pool []string
	for i := 0; i < len(choices); i += 2 {
		for range choices[i+1].(int) {
			pool = append(pool, choices[i].(string))
		}
	}
	return pick(t, label, pool...)
}

const (
	usualAddress = "192.0.2.1"
	unknownID    = "0123456789abcdef01234567"
)

// draw makes up a call.
func (w *world) draw(t *rapid.T) *call {
	c := &call{address: usualAddress}
	if oneIn(t, 10, "elsewhere") {
		c.address = pick(t, "address", "198.51.100.7", "192.0.2.99", "2001:db8::1")
	}
	c.op = weighted(t, "op",
		"updateGroupApiKeyRoles", 22, "createGroupApiKey", 7, "addGroupApiKey", 8, "removeGroupApiKey", 7,
		"createOrgApiKey", 5, "updateOrgApiKey", 10, "deleteOrgApiKey", 6,
		"createOrgApiKeyAccessListEntry", 8, "deleteOrgApiKeyAccessListEntry", 6,
		"updateOrg", 2, "updateOrgSettings", 4, "createGroup", 6, "updateGroup", 4, "deleteGroup", 3,
		"getOrgApiKey", 3, "getGroup", 2,
		"createGroupServiceAccount", 4, "updateGroupServiceAccount", 10, "deleteGroupServiceAccount", 4, "inviteGroupServiceAccount", 7,
		"createGroupServiceAccountSecret", 7, "deleteGroupServiceAccountSecret", 4,
		"createGroupServiceAccountAccessList", 5, "deleteGroupServiceAccountAccessListEntry", 6, "getGroupServiceAccount", 2,
		"createOrgServiceAccount", 4, "updateOrgServiceAccount", 8, "deleteOrgServiceAccount", 4,
		"createOrgServiceAccountSecret", 8, "deleteOrgServiceAccountSecret", 5,
		"createOrgServiceAccountAccessList", 7, "deleteOrgServiceAccountAccessListEntry", 5, "getOrgServiceAccount", 3,
		"issueToken", 4, "revokeToken", 6)
	if c.atEndpoint() {
		w.drawEndpoint(t, c)
		return c
	}
	c.gen = generation(weighted(t, "base", string(v2), 4, string(public), 4, string(atlas1), 2))
	if c.op == "addGroupApiKey" {
		c.gen = v2
	}
	c.caller = w.drawCaller(t)
	w.drawPath(t, c)
	w.drawBody(t, c)
	return c
}

func shown(k *principal) credential {
	return credential{id: k.id, public: k.public, private: k.private}
}

// drawCaller prefers those who may do something.
func (w *world) drawCaller(t *rapid.T) credential {
	accounts := oneIn(t, 2, "is an account")
	list := w.ref.of(w.home, accounts)
	if accounts && !oneIn(t, 10, "any account") { // of most, time ends all secrets
		list = slices.DeleteFunc(list, func(k *principal) bool {
			return !slices.ContainsFunc(k.secrets, func(s secret) bool { return s.live(w.ref.now) })
		})
	}
	if len(list) == 0 {
		accounts, list = false, w.ref.keysOf(w.home)
	}
	one := func(list []*principal) credential {
		k := pick(t, "caller", list...)
		if k.account() {
			return w.bearer(t, k)
		}
		return shown(k)
	}
	switch weighted(t, "kind of caller", "owner", 42, "manager", 24, "any", 22, "foreign", 3, "deleted", 3, "liar", 2) {
	case "owner":
		if owners := slices.DeleteFunc(slices.Clone(list), func(k *principal) bool { return !k.roles["ORG_OWNER"] }); len(owners) > 0 {
			return one(owners)
		}
	case "manager": // of a project, and no owner of the organization
		managers := slices.DeleteFunc(slices.Clone(list), func(k *principal) bool { return k.roles["ORG_OWNER"] || len(k.managed()) == 0 })
		if len(managers) > 0 {
			return one(managers)
		}
	case "foreign":
		return one(w.ref.of(w.abroad, accounts))
	case "deleted":
		if len(w.gone) > 0 {
			return pick(t, "deleted caller", w.gone...)
		}
	case "liar":
		c := one(list)
		c.private = strings.ToUpper(c.private)
		if c.token != "" {
			c.token = strings.ToUpper(c.token)
		}
		return c
	}
	return one(list)
}

// bearer returns the account with a token, mostly one that is good; for that it
// asks for a new one when there is none.
func (w *world) bearer(t *rapid.T, k *principal) credential {
	c := credential{id: k.id, token: "none"}
	had := w.ref.tokensOf(k.id)
	if len(had) > 0 && oneIn(t, 12, "any token") {
		c.token = pick(t, "token", had...)
		return c
	}
	if len(had) > 0 {
		c.token = had[len(had)-1]
	}
	if w.ref.bearer(c.token) != nil || len(k.secrets) == 0 {
		return c
	}
	c.private = k.secrets[len(k.secrets)-1].text // which may have expired
	w.do(t, &call{op: "issueToken", caller: c, address: usualAddress})
	if had := w.ref.tokensOf(k.id); len(had) > 0 {
		c.token = had[len(had)-1]
	}
	return c
}

// drawEndpoint makes up a call of the token endpoint.
func (w *world) drawEndpoint(t *rapid.T, c *call) {
	list := w.ref.of(w.home, true)
	if len(list) == 0 {
		list = w.ref.of(w.abroad, true)
	}
	k := pick(t, "account", list...)
	c.caller = credential{id: k.id, private: "mdb_sa_sk_none"}
	if len(k.secrets) > 0 {
		c.caller.private = pick(t, "secret", k.secrets...).text
	}
	switch weighted(t, "shows", "right", 16, "another's", 1, "lie", 1, "deleted", 1, "a key", 1) {
	case "another's":
		c.caller.id = pick(t, "other account", list...).id
	case "lie":
		c.caller.private = strings.ToUpper(c.caller.private)
	case "deleted":
		if len(w.gone) > 0 {
			c.caller = pick(t, "deleted client", w.gone...)
		}
	case "a key":
		key := pick(t, "key", w.ref.keysOf(w.home)...)
		c.caller = credential{id: key.public, private: key.private}
	}
	if c.caller.private == "" {
		c.caller.private = "none"
	}
	c.token = "none"
	if had := w.ref.tokensOf(k.id); len(had) > 0 {
		c.token = had[len(had)-1]
	}
	if oneIn(t, 5, "another token") {
		if had := slices.Sorted(maps.Keys(w.ref.tokens)); len(had) > 0 {
			slices.SortFunc(had, func(a, b string) int { return w.ref.tokens[a].born - w.ref.tokens[b].born })
			c.token = pick(t, "token", had...)
		}
	}
}

func (w *world) drawPath(t *rapid.T, c *call) {
	path := operations[c.op].path
	if strings.Contains(path, "{o}") {
		switch weighted(t, "organization", "home", 30, "abroad", 1, "unknown", 1, "malformed", 1) {
		case "home":
			c.org = w.home
		case "abroad":
			c.org = w.abroad
		case "unknown":
			c.org = unknownID
		case "malformed":
			c.org = "0123456789ABCDEF01234567"
		}
	}
	if strings.Contains(path, "{g}") {
		c.project = w.drawProject(t, c)
	}
	if strings.Contains(path, "{k}") {
		c.key = w.drawTarget(t, c)
	}
	if c.op == "deleteGroupServiceAccountAccessListEntry" && !oneIn(t, 4, "any project") { // few are in both
		if k := w.ref.principals[c.key]; k != nil && len(k.projects) > 0 {
			c.project = pick(t, "project of the account", slices.Sorted(maps.Keys(k.projects))...)
		}
	}
	if strings.Contains(path, "{s}") {
		c.secret = w.drawSecret(t, c)
	}
	if strings.Contains(path, "{e}") {
		k := w.ref.principals[c.key]
		if k != nil && len(k.list) > 0 && !oneIn(t, 6, "entry not there") {
			p := pick(t, "entry", k.list...)
			c.entry = strings.TrimSuffix(strings.TrimSuffix(p.String(), "/32"), "/128")
		} else {
			c.entry = pick(t, "entry", entries[:5]...)
		}
	}
}

// managed lists the projects in which the key may change other keys' roles by
// its roles there.
func (k *principal) managed() []string {
	var list []string
	for id, roles := range k.projects {
		if implied(roles)["GROUP_ACCESS_MANAGER"] {
			list = append(list, id)
		}
	}
	return list
}

// drawProject prefers projects that the caller manages, and for a deletion
// those that were deleted before.
func (w *world) drawProject(t *rapid.T, c *call) string {
	home := w.ref.orgs[w.home]
	here, gone := home.projectIDs(), home.deletedIDs()
	deleted := 1
	if c.op == "deleteGroup" {
		deleted = 12
	}
	if k := w.ref.principals[c.caller.id]; k != nil && len(k.managed()) > 0 && !oneIn(t, 3, "any project") {
		managed := k.managed()
		here = slices.DeleteFunc(here, func(id string) bool { return !slices.Contains(managed, id) })
	}
	switch weighted(t, "project", "here", 32, "deleted", deleted, "abroad", 1, "unknown", 1, "malformed", 1) {
	case "deleted":
		if len(gone) > 0 {
			return pick(t, "deleted project", gone...)
		}
	case "abroad":
		there := w.ref.orgs[w.abroad]
		if ids := append(there.projectIDs(), there.deletedIDs()...); len(ids) > 0 {
			return pick(t, "project abroad", ids...)
		}
		return unknownID
	case "malformed":
		return "xyz"
	}
	if len(here) == 0 {
		return unknownID
	}
	return pick(t, "project here", here...)
}

// drawSecret prefers secrets of the target.
func (w *world) drawSecret(t *rapid.T, c *call) string {
	var ids []string
	if k := w.ref.principals[c.key]; k != nil {
		for _, s := range k.secrets {
			ids = append(ids, s.id)
		}
	}
	switch weighted(t, "secret", "there", 20, "another's", 2, "unknown", 1, "malformed", 1) {
	case "there":
		if len(ids) > 0 {
			return pick(t, "secret there", ids...)
		}
	case "another's":
		if other := pick(t, "account", w.ref.of(w.abroad, true)...); len(other.secrets) > 0 {
			return other.secrets[0].id
		}
	case "malformed":
		return "xyz"
	}
	return unknownID
}

// drawTarget prefers keys or accounts of the project, and often enough the
// caller itself or an owner.
func (w *world) drawTarget(t *rapid.T, c *call) string {
	accounts := c.aboutAccounts()
	list := w.ref.of(w.home, accounts)
	prefix := ""
	if accounts {
		prefix = "mdb_sa_id_"
	}
	if listed := slices.DeleteFunc(slices.Clone(list), func(k *principal) bool { return len(k.list) == 0 }); len(listed) > 0 &&
		strings.HasSuffix(c.op, "AccessListEntry") && strings.HasPrefix(c.op, "delete") && !oneIn(t, 4, "any list") {
		return pick(t, "with a list", listed...).id
	}
	switch weighted(t, "target", "any", 20, "inside", 12, "caller", 6, "owner", 5, "deleted", 1, "abroad", 1, "unknown", 1, "malformed", 1) {
	case "inside":
		if c.op == "inviteGroupServiceAccount" {
			break // where most are to come from outside
		}
		inside := slices.DeleteFunc(slices.Clone(list), func(k *principal) bool { return len(k.projects[c.project]) == 0 })
		if len(inside) > 0 {
			list = inside
		}
	case "caller":
		if isAccount(c.caller.id) == accounts {
			return c.caller.id
		}
	case "owner":
		if owners := slices.DeleteFunc(slices.Clone(list), func(k *principal) bool { return !k.roles["ORG_OWNER"] }); len(owners) > 0 {
			list = owners
		}
	case "deleted":
		if len(w.gone) > 0 {
			return pick(t, "deleted target", w.gone...).id
		}
	case "abroad":
		list = w.ref.of(w.abroad, accounts)
	case "unknown":
		return prefix + unknownID
	case "malformed":
		return prefix + "0123456789abcdef0123456"
	}
	if len(list) == 0 {
		return prefix + unknownID
	}
	return pick(t, "target", list...).id
}
