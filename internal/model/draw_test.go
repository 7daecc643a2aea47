package model

import (
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
	c.op = weighted(t, "op",
		"updateGroupApiKeyRoles", 22, "createGroupApiKey", 7, "addGroupApiKey", 8, "removeGroupApiKey", 7,
		"createOrgApiKey", 5, "updateOrgApiKey", 10, "deleteOrgApiKey", 6,
		"createOrgApiKeyAccessListEntry", 6, "deleteOrgApiKeyAccessListEntry", 5,
		"updateOrg", 2, "updateOrgSettings", 4, "createGroup", 6, "updateGroup", 4, "deleteGroup", 3,
		"getOrgApiKey", 3, "getGroup", 2)
	c.gen = generation(weighted(t, "base", string(v2), 4, string(public), 4, string(atlas1), 2))
	if c.op == "addGroupApiKey" {
		c.gen = v2
	}
	if oneIn(t, 10, "elsewhere") {
		c.address = pick(t, "address", "198.51.100.7", "192.0.2.99", "2001:db8::1")
	}
	c.caller = w.drawCaller(t)
	w.drawPath(t, c)
	w.drawBody(t, c)
	return c
}

// drawCaller prefers those who may do something.
func (w *world) drawCaller(t *rapid.T) credential {
	keys := w.ref.keysOf(w.home)
	one := func(list []*key) credential {
		k := pick(t, "caller", list...)
		return credential{k.id, k.public, k.private}
	}
	switch weighted(t, "kind of caller", "owner", 42, "manager", 24, "any", 22, "foreign", 3, "deleted", 3, "liar", 2) {
	case "owner":
		return one(slices.DeleteFunc(slices.Clone(keys), func(k *key) bool { return !k.roles["ORG_OWNER"] }))
	case "manager": // of a project, and no owner of the organization
		managers := slices.DeleteFunc(slices.Clone(keys), func(k *key) bool { return k.roles["ORG_OWNER"] || len(k.managed()) == 0 })
		if len(managers) > 0 {
			return one(managers)
		}
	case "foreign":
		return one(w.ref.keysOf(w.abroad))
	case "deleted":
		if len(w.gone) > 0 {
			return pick(t, "deleted caller", w.gone...)
		}
	case "liar":
		c := one(keys)
		c.private = strings.ToUpper(c.private)
		return c
	}
	return one(keys)
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
	if strings.Contains(path, "{e}") {
		k := w.ref.keys[c.key]
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
func (k *key) managed() []string {
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
	if k := w.ref.keys[c.caller.id]; k != nil && len(k.managed()) > 0 && !oneIn(t, 3, "any project") {
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

// drawTarget prefers keys of the project, and often enough the caller itself
// or an owner.
func (w *world) drawTarget(t *rapid.T, c *call) string {
	keys := w.ref.keysOf(w.home)
	if listed := slices.DeleteFunc(slices.Clone(keys), func(k *key) bool { return len(k.list) == 0 }); len(listed) > 0 &&
		c.op == "deleteOrgApiKeyAccessListEntry" && !oneIn(t, 4, "any list") {
		return pick(t, "key with a list", listed...).id
	}
	switch weighted(t, "target", "any", 20, "inside", 12, "caller", 6, "owner", 5, "deleted", 1, "abroad", 1, "unknown", 1, "malformed", 1) {
	case "inside":
		inside := slices.DeleteFunc(slices.Clone(keys), func(k *key) bool { return len(k.projects[c.project]) == 0 })
		if len(inside) > 0 {
			keys = inside
		}
	case "caller":
		return c.caller.id
	case "owner":
		keys = slices.DeleteFunc(keys, func(k *key) bool { return !k.roles["ORG_OWNER"] })
	case "deleted":
		if len(w.gone) > 0 {
			return pick(t, "deleted target", w.gone...).id
		}
	case "abroad":
		keys = w.ref.keysOf(w.abroad)
	case "unknown":
		return unknownID
	case "malformed":
		return "0123456789abcdef0123456"
	}
	return pick(t, "key", keys...).id
}
