package matrix

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/server"
)

// collusion is a set of keys, none of them an owner, that do everything they
// can together, beside an owner who does nothing.
type collusion struct {
	w        *world
	org      latchkey.OrgID
	projects []string // that were there before the keys began
	fresh    []string // that the keys made: what they hold there is theirs
	dormant  *principal
	keys     []*principal
	steps    map[string]int
}

// power is all that the keys amount to together, where it was there before
// they began: one set for the organization and one for each project.
func (c *collusion) power() map[string]roles {
	all := map[string]roles{}
	c.w.view(func(r latchkey.Reader) error {
		for _, p := range c.keys {
			k, err := r.Key(c.org, p.key.ID)
			if err != nil {
				continue // deleted by another
			}
			h := holdingsOf(&k)
			all[""] |= h.inOrg()
			for _, id := range c.projects {
				all[id] |= h.inProject(id)
			}
		}
		return nil
	})
	return all
}

// TestNoAmplification lets keys without an owner among them send whatever they
// like. What they amount to together never grows by a step, and the owner who
// looks on is never weakened.
func TestNoAmplification(t *testing.T) {
	w := newWorld(t, server.Config{})
	total := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		c := &collusion{w: w, org: w.newOrg("home").ID, steps: total}
		for range 2 {
			c.projects = append(c.projects, string(w.newProject(c.org).ID))
		}
		c.dormant = w.newKey(c.org, "dormant", holdings{org: named("ORG_OWNER"), in: map[string]roles{c.projects[0]: named("GROUP_OWNER")}})
		belowOwner := slices.DeleteFunc(slices.Clone(orgNames), func(n string) bool { return n == "ORG_OWNER" })
		for i := range 3 {
			h := holdings{org: named(rapid.SampledFrom(belowOwner).Draw(rt, "org role"))}
			for _, id := range c.projects {
				held := named(rapid.SliceOfN(rapid.SampledFrom(projectNames), 0, 1).Draw(rt, "project roles")...)
				if rapid.IntRange(0, 3).Draw(rt, "manages") > 0 { // or little could be tried
					held |= named("GROUP_ACCESS_MANAGER")
				}
				h = h.with(id, held)
			}
			c.keys = append(c.keys, w.newKey(c.org, fmt.Sprint(i), h))
		}
		initial := c.power()
		before := initial
		check := func(rt *rapid.T) {
			now := c.power()
			for scope, held := range now {
				if more := held &^ before[scope]; more != 0 {
					rt.Fatalf("together the keys gained %v in %q", more.names(), scope)
				}
			}
			before = now
			c.checkOwner(rt, initial)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"steps": func(rt *rapid.T) {
				for range 6 {
					c.step(rt)
					check(rt)
				}
			},
		})
	})
	t.Logf("requests by operation and status: %v", total)
	allowed, all := 0, 0
	for name, n := range total {
		if all += n; name[len(name)-3] == '2' {
			allowed += n
		}
	}
	t.Logf("%d requests, %d allowed", all, allowed)
	if allowed*20 < all {
		t.Error("hardly a request was allowed: nothing was tried")
	}
}

// checkOwner checks that the owner who looks on keeps what makes an owner, and
// got nothing that the keys did not have.
func (c *collusion) checkOwner(rt *rapid.T, initial map[string]roles) {
	c.w.view(func(r latchkey.Reader) error {
		k, err := r.Key(c.org, c.dormant.key.ID)
		if err != nil || k.OrgRoles != c.dormant.key.OrgRoles || k.Desc != c.dormant.key.Desc || len(k.AccessList) != 0 {
			rt.Fatalf("the owner was changed: %v, %q, %v, %v", k.OrgRoles.Names(), k.Desc, k.AccessList, err)
		}
		for id, held := range holdingsOf(&k).in {
			if more := held &^ (c.dormant.in[id] | initial[id]); more != 0 && slices.Contains(c.projects, id) {
				rt.Fatalf("the keys gave the owner %v that they did not have", more.names())
			}
		}
		return nil
	})
}

// step sends one request that changes something, as one of the keys.
func (c *collusion) step(rt *rapid.T) {
	pick := func(label string, list []string) string { return rapid.SampledFrom(list).Draw(rt, label) }
	at := func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(rt, label) }
	caller := c.keys[at("caller", len(c.keys))]
	targets := append(slices.Clone(c.keys), c.dormant)
	target := targets[at("target", len(targets))].id()
	projects := append(slices.Clone(c.projects), c.fresh...)
	project := projects[at("project", len(projects))]
	generation := pick("generation", []string{"/api/atlas/v2", "/api/public/v1.0", "/api/atlas/v1.0"})
	// Small sets, mostly of the roles that rules ask for, could lead somewhere.
	likely := rapid.SampledFrom([]string{"GROUP_READ_ONLY", "GROUP_READ_ONLY", "GROUP_ACCESS_MANAGER", "GROUP_ACCESS_MANAGER", "GROUP_OWNER", ""})
	var asked []string
	for range rapid.IntRange(1, 3).Draw(rt, "how many") {
		name := likely.Draw(rt, "project role")
		if name == "" {
			name = pick("any project role", atlasProjectNames)
		}
		asked = append(asked, name)
	}
	group := list(asked)
	organization := list(rapid.SliceOfN(rapid.SampledFrom(orgNames), 1, 2).Draw(rt, "organization roles"))
	org, groups := generation+"/orgs/"+string(c.org), generation+"/groups"
	key, member := org+"/apiKeys/"+target, groups+"/"+project+"/apiKeys/"+target
	requests := map[string][3]string{
		"create in project":      {"POST", groups + "/" + project + "/apiKeys", `{"desc":"made","roles":` + group + `}`},
		"PATCH":                  {"PATCH", member, `{"roles":` + group + `}`},
		"PATCH desc":             {"PATCH", member, `{"desc":"changed"}`},
		"add":                    {"POST", "/api/atlas/v2/groups/" + project + "/apiKeys/" + target, `[{"roles":` + group + `}]`},
		"remove":                 {"DELETE", member, ""},
		"create in organization": {"POST", org + "/apiKeys", `{"desc":"made","roles":` + organization + `}`},
		"organization PATCH":     {"PATCH", key, `{"roles":` + organization + `}`},
		"delete":                 {"DELETE", key, ""},
		"list add":               {"POST", key + "/accessList", `[{"ipAddress":"` + callerAddress + `"}]`},
		"list delete":            {"DELETE", key + "/accessList/" + callerAddress, ""},
		"create project":         {"POST", groups, fmt.Sprintf(`{"name":"fresh %d","orgId":%q}`, len(c.fresh), c.org)},
		"rename project":         {"PATCH", groups + "/" + project, `{"name":"` + project + `"}`},
		"settings":               {"PATCH", org + "/settings", `{"apiAccessListRequired":true}`},
		"rename organization":    {"PATCH", org, `{"name":"renamed"}`},
	}
	names := slices.Sorted(maps.Keys(requests))
	for range 4 { // what project roles can do comes more often
		names = append(names, "PATCH", "PATCH", "PATCH desc", "create in project", "add", "remove")
	}
	name := pick("request", names)
	ask := requests[name]
	got := c.w.do(c.w, caller.cred, ask[0], ask[1], ask[2])
	c.steps[fmt.Sprintf("%s %d", name, got.status)]++
	if got.status >= 500 {
		rt.Fatalf("%s: %d %s", name, got.status, got.body)
	}
	if got.status < 300 && ask[0] == "POST" {
		c.learn(rt, name, got)
	}
}

// learn takes what a creation made into the set.
func (c *collusion) learn(rt *rapid.T, name string, got answer) {
	var made struct{ ID, PublicKey, PrivateKey string }
	if name == "add" || name == "list add" {
		return
	}
	if err := json.Unmarshal(got.body, &made); err != nil {
		rt.Fatal(err)
	}
	if name == "create project" {
		c.fresh = append(c.fresh, made.ID)
		return
	}
	p := &principal{name: name, cred: newCredential(made.PublicKey, made.PrivateKey)}
	p.key.ID, p.key.OrgID = latchkey.PrincipalID(made.ID), c.org
	c.keys = append(c.keys, p)
}
