package matrix

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/server"
)

// collusion is a set of keys and service accounts, none of them an owner, that
// do everything they can together, beside owners who do nothing.
type collusion struct {
	w        *world
	org      latchkey.OrgID
	projects []string     // that were there before the keys began
	fresh    []string     // that the keys made: what they hold there is theirs
	dormant  []*principal // a key and a service account that own
	own      []*principal
	steps    map[string]int
}

// power is all that they amount to together, where it was there before
// they began: one set for the organization and one for each project.
func (c *collusion) power() map[string]roles {
	all := map[string]roles{}
	c.w.view(func(r latchkey.Reader) error {
		for _, p := range c.own {
			is, err := r.Principal(c.org, p.ID)
			if err != nil {
				continue // deleted by another
			}
			h := holdingsOf(&is)
			all[""] |= h.inOrg()
			for _, id := range c.projects {
				all[id] |= h.inProject(id)
			}
		}
		return nil
	})
	return all
}

// TestNoAmplification lets keys and service accounts without an owner among
// them send whatever they like. Whoever gets a secret of an account is that
// account from then on. What they amount to together never grows by a step, and
// the owners who look on are never weakened.
func TestNoAmplification(t *testing.T) {
	w := newWorld(t, server.Config{})
	total := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		c := &collusion{w: w, org: w.newOrg("home").ID, steps: total}
		for range 2 {
			c.projects = append(c.projects, string(w.newProject(c.org).ID))
		}
		owner := holdings{org: named("ORG_OWNER"), in: map[string]roles{c.projects[0]: named("GROUP_OWNER")}}
		c.dormant = []*principal{w.newKey(c.org, "dormant", owner), w.newAccount(c.org, "dormant", owner)}
		belowOwner := slices.DeleteFunc(slices.Clone(orgNames), func(n string) bool { return n == "ORG_OWNER" })
		for i := range 4 {
			h := holdings{org: named(rapid.SampledFrom(belowOwner).Draw(rt, "org role"))}
			for _, id := range c.projects {
				held := named(rapid.SliceOfN(rapid.SampledFrom(projectNames), 0, 1).Draw(rt, "project roles")...)
				// Somebody must manage, and sometimes own, or little could be tried.
				manages := rapid.SampledFrom([]string{"GROUP_ACCESS_MANAGER", "GROUP_ACCESS_MANAGER", "GROUP_ACCESS_MANAGER", "GROUP_OWNER", ""})
				if name := manages.Draw(rt, "manages"); name != "" {
					held |= named(name)
				}
				h = h.with(id, held)
			}
			if i%2 == 0 {
				c.own = append(c.own, w.newKey(c.org, fmt.Sprint(i), h))
			} else {
				c.own = append(c.own, w.newAccount(c.org, fmt.Sprint(i), h))
			}
		}
		initial := c.power()
		before := initial
		check := func(rt *rapid.T) {
			now := c.power()
			for scope, held := range now {
				if more := held &^ before[scope]; more != 0 {
					rt.Fatalf("together they gained %v in %q", more.names(), scope)
				}
			}
			before = now
			c.checkOwners(rt, initial)
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

// checkOwners checks that the owners who look on keep what makes an owner, and
// got nothing that the others did not have.
func (c *collusion) checkOwners(rt *rapid.T, initial map[string]roles) {
	c.w.view(func(r latchkey.Reader) error {
		for _, owner := range c.dormant {
			is, err := r.Principal(c.org, owner.ID)
			if err != nil || is.OrgRoles != owner.OrgRoles || is.Desc != owner.Desc || len(is.AccessList) != 0 {
				rt.Fatalf("%s was changed: %v, %q, %v, %v", owner.name, is.OrgRoles.Names(), is.Desc, is.AccessList, err)
			}
			for id, held := range holdingsOf(&is).in {
				if more := held &^ (owner.in[id] | initial[id]); more != 0 && slices.Contains(c.projects, id) {
					rt.Fatalf("they gave %s %v that they did not have", owner.name, more.names())
				}
			}
		}
		a, err := r.Account(c.org, c.dormant[1].ID)
		if err != nil || a.Secrets.Text() != c.dormant[1].account.Secrets.Text() {
			rt.Fatalf("the secrets of %s were changed: %v", c.dormant[1].name, err)
		}
		return nil
	})
}

// step sends one request that changes something, as one of the keys.
func (c *collusion) step(rt *rapid.T) {
	pick := func(label string, list []string) string { return rapid.SampledFrom(list).Draw(rt, label) }
	at := func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(rt, label) }
	caller := c.own[at("caller", len(c.own))]
	var targets []*principal
	about := pick("about", []string{"key", "account"})
	for _, p := range slices.Concat(c.own, c.dormant) {
		if p.ID.IsAccount() == (about == "account") {
			targets = append(targets, p)
		}
	}
	who := targets[at("target", len(targets))]
	target := who.id()
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
	if about == "account" {
		account, member := org+"/serviceAccounts/"+target, groups+"/"+project+"/serviceAccounts/"+target
		secret, described := c.secretOf(who), `"name":"made","description":"made","secretExpiresAfterHours":8,"roles":`
		maps.Copy(requests, map[string][3]string{
			"create in project":        {"POST", groups + "/" + project + "/serviceAccounts", "{" + described + group + `}`},
			"PATCH":                    {"PATCH", member, `{"roles":` + group + `}`},
			"PATCH desc":               {"PATCH", member, `{"description":"changed"}`},
			"add":                      {"POST", member + ":invite", `{"roles":` + group + `}`},
			"remove":                   {"DELETE", member, ""},
			"create in organization":   {"POST", org + "/serviceAccounts", "{" + described + organization + `}`},
			"organization PATCH":       {"PATCH", account, `{"roles":` + organization + `}`},
			"delete":                   {"DELETE", account, ""},
			"list add":                 {"POST", account + "/accessList", `[{"ipAddress":"` + callerAddress + `"}]`},
			"list delete":              {"DELETE", account + "/accessList/" + callerAddress, ""},
			"list add in project":      {"POST", member + "/accessList", `[{"ipAddress":"` + callerAddress + `"}]`},
			"list delete in project":   {"DELETE", member + "/accessList/" + callerAddress, ""},
			"secret":                   {"POST", account + "/secrets", `{"secretExpiresAfterHours":8}`},
			"secret delete":            {"DELETE", account + "/secrets/" + secret, ""},
			"secret in project":        {"POST", member + "/secrets", `{"secretExpiresAfterHours":8}`},
			"secret delete in project": {"DELETE", member + "/secrets/" + secret, ""},
		})
	}
	names := slices.Sorted(maps.Keys(requests))
	for range 4 { // what project roles can do comes more often
		names = append(names, "PATCH", "PATCH", "PATCH desc", "create in project", "add", "remove")
		if about == "account" {
			names = append(names, "secret in project", "secret delete in project")
		}
	}
	name := pick("request", names)
	ask := requests[name]
	got := c.w.do(c.w, caller.cred, ask[0], ask[1], ask[2])
	c.steps[fmt.Sprintf("%s, %s %d", about, name, got.status)]++
	if got.status >= 500 {
		rt.Fatalf("%s: %d %s", name, got.status, got.body)
	}
	if got.status < 300 && ask[0] == "POST" {
		c.learn(rt, name, who, got)
	}
}

// secretOf is the id of a secret that the account has, or of none.
func (c *collusion) secretOf(p *principal) string {
	id := missingID
	c.w.view(func(r latchkey.Reader) error {
		if a, err := r.Account(c.org, p.ID); err == nil && len(a.Secrets) > 0 {
			id = string(a.Secrets[len(a.Secrets)-1].ID)
		}
		return nil
	})
	return id
}

// learn takes what a creation made into the set. A secret makes its account,
// whoever that was, one of the set.
func (c *collusion) learn(rt *rapid.T, name string, target *principal, got answer) {
	var made struct {
		ID, PublicKey, PrivateKey string
		ClientID, Secret          string
		Secrets                   []struct{ Secret string }
	}
	if strings.HasPrefix(name, "add") || strings.HasPrefix(name, "list add") {
		return
	}
	if err := json.Unmarshal(got.body, &made); err != nil {
		rt.Fatal(err)
	}
	p := &principal{name: name}
	switch {
	case name == "create project":
		c.fresh = append(c.fresh, made.ID)
		return
	case made.Secret != "":
		p = target
		p.cred = &credential{token: c.w.token(c.w, p.id(), made.Secret)}
		if !slices.Contains(c.own, p) {
			c.own = append(c.own, p)
		}
		return
	case made.ClientID != "":
		p.ID = latchkey.PrincipalID(made.ClientID)
		p.cred = &credential{token: c.w.token(c.w, made.ClientID, made.Secrets[0].Secret)}
	default:
		p.ID = latchkey.PrincipalID(made.ID)
		p.cred = newCredential(made.PublicKey, made.PrivateKey)
	}
	p.OrgID = c.org
	c.own = append(c.own, p)
}
