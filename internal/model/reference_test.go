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
	now        time.Time
	maxKeys    int
	births     int
	orgs       map[string]*org
	principals map[string]*principal // living ones
	tokens     map[string]*issued    // all that were ever issued
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

// principal is a key or a service account.
type principal struct {
	born            int // in which order things came: ids differ from run to run
	id, org         string
	public, private string // of a key
	name            string // of a service account
	desc            string
	roles           names
	projects        map[string]names
	list            []netip.Prefix
	secrets         []secret // of a service account, oldest first
}

// account reports whether it is a service account.
func (k *principal) account() bool { return isAccount(k.id) }

func isAccount(id string) bool { return strings.HasPrefix(id, "mdb_sa_id_") }

func newReference(now time.Time, maxKeys int) *reference {
	return &reference{now: now, maxKeys: maxKeys, orgs: make(map[string]*org), principals: make(map[string]*principal), tokens: make(map[string]*issued)}
}

func (r *reference) birth() int {
	r.births++
	return r.births
}

// of lists the keys or the service accounts of an organization in the order of
// their birth.
func (r *reference) of(org string, accounts bool) []*principal {
	var list []*principal
	for _, k := range r.principals {
		if k.org == org && k.account() == accounts {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b *principal) int { return a.born - b.born })
	return list
}

func (r *reference) keysOf(org string) []*principal { return r.of(org, false) }

// projectIDs lists the projects in the order of their birth.
func (o *org) projectIDs() []string {
	return slices.SortedFunc(maps.Keys(o.projects), func(a, b string) int { return o.projects[a].born - o.projects[b].born })
}

// deletedIDs lists the deleted projects in the order of their end.
func (o *org) deletedIDs() []string {
	return slices.SortedFunc(maps.Keys(o.deleted), func(a, b string) int { return o.deleted[a].born - o.deleted[b].born })
}

// owners counts the keys, or the service accounts, that hold ORG_OWNER.
func (r *reference) owners(org string, accounts bool) (n int) {
	for _, k := range r.of(org, accounts) {
		if k.roles["ORG_OWNER"] {
			n++
		}
	}
	return n
}

// lastOwner reports whether the organization would have no owner that lasts
// without the principal: its last key that owns it, or, while there is none,
// its last service account.
func (r *reference) lastOwner(k *principal) bool {
	if k == nil || !k.roles["ORG_OWNER"] || r.owners(k.org, k.account()) != 1 {
		return false
	}
	return !k.account() || r.owners(k.org, false) == 0
}

func (k *principal) covers(address string) bool { return covers(k.list, address) }

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
	for _, k := range r.principals {
		at := "org " + k.org + " key " + k.id
		f[at] = k.public + " " + fmt.Sprintf("%q", k.desc)
		if k.account() {
			f[at+" name"], f[at+" secrets"] = k.name, secretsText(k.secrets)
		}
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
