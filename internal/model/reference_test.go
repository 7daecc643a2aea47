package model

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// reference is what the server should hold: maps, and nothing else.
type reference struct {
	now     time.Time
	maxKeys int
	births  int
	orgs    map[string]*org
	keys    map[string]*key // living ones
}

type org struct {
	id           string
	name         string
	skipAlerts   bool
	listRequired bool
	multiFactor  bool
	contact      string
	maxHours     int
	projects     map[string]*project
	deleted      map[string]deletion
}

type project struct {
	born   int
	id     string
	name   string
	tags   []tag
	alerts bool
}

type tag struct{ Key, Value string }

type deletion struct {
	born int
	at   time.Time
	by   string
}

type key struct {
	born            int // in which order things came: ids differ from run to run
	id, org         string
	public, private string
	desc            string
	roles           names
	projects        map[string]names
	list            []netip.Prefix
}

func newReference(now time.Time, maxKeys int) *reference {
	return &reference{now: now, maxKeys: maxKeys, orgs: make(map[string]*org), keys: make(map[string]*key)}
}

func (r *reference) birth() int {
	r.births++
	return r.births
}

// keysOf lists the keys of an organization in the order of their birth.
func (r *reference) keysOf(org string) []*key {
	var list []*key
	for _, k := range r.keys {
		if k.org == org {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b *key) int { return a.born - b.born })
	return list
}

// projectIDs lists the projects in the order of their birth.
func (o *org) projectIDs() []string {
	return slices.SortedFunc(maps.Keys(o.projects), func(a, b string) int { return o.projects[a].born - o.projects[b].born })
}

// deletedIDs lists the deleted projects in the order of their end.
func (o *org) deletedIDs() []string {
	return slices.SortedFunc(maps.Keys(o.deleted), func(a, b string) int { return o.deleted[a].born - o.deleted[b].born })
}

// owners counts the keys that hold ORG_OWNER.
func (r *reference) owners(org string) (n int) {
	for _, k := range r.keys {
		if k.org == org && k.roles["ORG_OWNER"] {
			n++
		}
	}
	return n
}

// lastOwner reports whether the key is all that owns its organization.
func (r *reference) lastOwner(k *key) bool {
	return k != nil && k.roles["ORG_OWNER"] && r.owners(k.org) == 1
}

func (k *key) covers(address string) bool { return covers(k.list, address) }

func covers(list []netip.Prefix, address string) bool {
	a := netip.MustParseAddr(address)
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// facts is a state as lines, so that two can be compared by what differs.
type facts map[string]string

func (r *reference) facts() facts {
	f := make(facts)
	for id, o := range r.orgs {
		at := "org " + id
		f[at+" name"] = o.name
		f[at+" settings"] = settingsText(o.listRequired, o.skipAlerts, o.multiFactor, o.contact, o.maxHours)
		for _, p := range o.projects {
			f[at+" project "+p.id] = projectText(p.name, p.tags, p.alerts)
		}
	}
	for _, k := range r.keys {
		at := "org " + k.org + " key " + k.id
		f[at] = k.public + " " + fmt.Sprintf("%q", k.desc)
		f[at+" roles"] = k.roles.String()
		f[at+" list"] = fmt.Sprint(k.list)
		for p, roles := range k.projects {
			f[at+" in "+p] = roles.String()
		}
	}
	return f
}

func settingsText(listRequired, skipAlerts, multiFactor bool, contact string, maxHours int) string {
	return fmt.Sprintf("list=%t skip=%t mfa=%t contact=%q hours=%d", listRequired, skipAlerts, multiFactor, contact, maxHours)
}

func projectText(name string, tags []tag, alerts bool) string {
	return fmt.Sprintf("%q alerts=%t tags=%v", name, alerts, tags)
}

// diff lists the lines in which two states differ.
func diff(aName string, a facts, bName string, b facts) string {
	if maps.Equal(a, b) {
		return ""
	}
	var lines []string
	for k, v := range a {
		if w, ok := b[k]; !ok {
			lines = append(lines, fmt.Sprintf("only %s: %s = %s", aName, k, v))
		} else if v != w {
			lines = append(lines, fmt.Sprintf("%s: %s %s, %s %s", k, aName, v, bName, w))
		}
	}
	for k, w := range b {
		if _, ok := a[k]; !ok {
			lines = append(lines, fmt.Sprintf("only %s: %s = %s", bName, k, w))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
