package matrix

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/published"
	"github.com/latchkey/latchkey/internal/server"
)

// seed repeats a run that drew its cells or its order; 0 takes a new one.
var seed = flag.Uint64("matrix.seed", 0, "seed of what the matrix draws at random; 0 is a new one")

// newRand returns a source of chance and prints how to have it again.
func newRand(t *testing.T) *rand.Rand {
	t.Helper()
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("again with -matrix.seed=%d", s)
	return rand.New(rand.NewPCG(s, 0))
}

// granting is one way to give, take or touch roles.
type granting struct {
	name    string
	op      string // published id
	asks    []roles
	touches bool // works on a target
	body    func(requested []string) string
	// after is what the target holds afterwards; it is not asked for a target that the operation ends.
	after func(target holdings, own string, requested roles) holdings
	// principal says that every role of the target counts, not those of the project alone.
	principal bool
}

// with returns the holdings with those in one project replaced.
func (h holdings) with(project string, r roles) holdings {
	in := maps.Clone(h.in)
	if in == nil {
		in = map[string]roles{}
	}
	if in[project] = r; r == 0 {
		delete(in, project)
	}
	return holdings{h.org, in}
}

func same(h holdings, _ string, _ roles) holdings { return h }

func inProject(h holdings, own string, r roles) holdings { return h.with(own, r) }

func inOrganization(h holdings, _ string, r roles) holdings { return holdings{r, h.in} }

func list(names []string) string {
	text, _ := json.Marshal(names) // strings always marshal
	return string(text)
}

// grantings are all paths by which a request gives, takes or touches.
func grantings() []granting {
	var project, organization []roles
	for _, name := range projectNames {
		project = append(project, named(name))
	}
	project = append(project, named("GROUP_READ_ONLY", "GROUP_ACCESS_MANAGER"), named("GROUP_READ_ONLY", "GROUP_INDEX_MANAGER"), named(atlasProjectNames...))
	for _, name := range orgNames {
		organization = append(organization, named(name))
	}
	organization = append(organization, named("ORG_MEMBER", "ORG_BILLING_ADMIN"))
	few := []roles{named("GROUP_READ_ONLY"), named("GROUP_OWNER"), named("GROUP_CLUSTER_MANAGER")}
	withRoles := func(r []string) string { return `{"roles":` + list(r) + `}` }
	withBoth := func(r []string) string { return `{"desc":"changed","roles":` + list(r) + `}` }
	withDesc := func([]string) string { return `{"desc":"changed"}` }
	none := []roles{0}
	nothing := func([]string) string { return "" }
	return []granting{
		{name: "create in project", op: "createGroupApiKey", asks: project, body: withBoth},
		{name: "PATCH roles", op: "updateGroupApiKeyRoles", asks: project, touches: true, body: withRoles, after: inProject},
		{name: "PATCH both", op: "updateGroupApiKeyRoles", asks: few, touches: true, body: withBoth, after: inProject, principal: true},
		{name: "PATCH desc", op: "updateGroupApiKeyRoles", asks: none, touches: true, body: withDesc, after: same, principal: true},
		{name: "add", op: "addGroupApiKey", asks: project, touches: true, body: func(r []string) string { return `[` + withRoles(r) + `]` }, after: inProject},
		{name: "remove", op: "removeGroupApiKey", asks: none, touches: true, body: nothing, after: func(h holdings, own string, _ roles) holdings { return h.with(own, 0) }},
		{name: "create in organization", op: "createOrgApiKey", asks: organization, body: withBoth},
		{name: "organization PATCH roles", op: "updateOrgApiKey", asks: organization, touches: true, body: withRoles, after: inOrganization, principal: true},
		{name: "organization PATCH desc", op: "updateOrgApiKey", asks: none, touches: true, body: withDesc, after: same, principal: true},
		{name: "delete", op: "deleteOrgApiKey", asks: none, touches: true, body: nothing, principal: true},
		{name: "list add", op: "createOrgApiKeyAccessListEntry", asks: none, touches: true, body: constant(`[{"ipAddress":"` + newAddress + `"}]`), after: same, principal: true},
		{name: "list delete", op: "deleteOrgApiKeyAccessListEntry", asks: none, touches: true, body: nothing, after: same, principal: true},
	}
}

func constant(s string) func([]string) string { return func([]string) string { return s } }

// cube is the world of the grant cube.
type cube struct {
	*world
	home             latchkey.OrgID
	own, other       string
	callers, targets []*principal
	strict           bool
}

func newCube(t *testing.T, way policy.Granting) *cube {
	c := &cube{world: newWorld(t, server.Config{Granting: way}), strict: way == policy.Strict}
	c.home = c.newOrg("home").ID
	c.own, c.other = string(c.newProject(c.home).ID), string(c.newProject(c.home).ID)
	c.newKey(c.home, "dormant owner", holdings{org: named("ORG_OWNER")})

	target := func(org, own, other string) {
		h := holdings{org: named(strings.Fields(org)...)}
		h = h.with(c.own, named(strings.Fields(own)...)).with(c.other, named(strings.Fields(other)...))
		c.targets = append(c.targets, c.newKey(c.home, fmt.Sprintf("{%s} {%s} {%s}", org, own, other), h, listedAddress))
	}
	target("ORG_MEMBER", "GROUP_READ_ONLY", "")
	target("ORG_MEMBER", "", "")
	target("ORG_MEMBER", "GROUP_OWNER", "")
	target("ORG_MEMBER", "GROUP_ACCESS_MANAGER GROUP_CLUSTER_MANAGER", "")
	target("ORG_MEMBER", "GROUP_BACKUP_CREATOR", "GROUP_OWNER")
	target("ORG_READ_ONLY", "GROUP_DATA_ACCESS_READ_ONLY", "")
	target("ORG_OWNER", "GROUP_READ_ONLY", "")
	target("", "GROUP_INDEX_MANAGER", "")
	target("ORG_MEMBER GLOBAL_READ_ONLY", "GROUP_READ_ONLY", "")
	target("GLOBAL_OWNER", "GROUP_USER_ADMIN", "")
	target("ORG_BILLING_ADMIN", "GROUP_BACKUP_ADMIN", "GROUP_READ_ONLY")

	caller := func(h holdings) {
		name := fmt.Sprintf("%v in own %v in other %v", h.org.names(), h.in[c.own].names(), h.in[c.other].names())
		c.callers = append(c.callers, c.newKey(c.home, name, h, callerAddress, listedAddress))
	}
	manager := named("GROUP_ACCESS_MANAGER")
	caller(holdings{})
	for _, name := range slices.Concat(orgNames, globalNames) {
		caller(holdings{org: named(name)})
		caller(holdings{org: named(name)}.with(c.own, manager))
	}
	for _, name := range projectNames {
		caller(holdings{}.with(c.own, named(name)))
		caller(holdings{org: named("ORG_MEMBER")}.with(c.own, named(name)|manager))
	}
	caller(holdings{}.with(c.other, named("GROUP_OWNER")))
	caller(holdings{}.with(c.other, named("GROUP_OWNER")).with(c.own, manager))
	caller(holdings{}.with(c.other, named("GROUP_OWNER")).with(c.own, named("GROUP_READ_ONLY")))
	return c
}

// point is one request of the cube.
type point struct {
	op             published.Operation
	way            granting
	caller, target *principal
	requested      roles
}

func (p *point) String() string {
	s := fmt.Sprintf("%s %s as %s gives %v", p.op.Base, p.way.name, p.caller.name, p.requested.names())
	if p.target != nil {
		s += " to " + p.target.name
	}
	return s
}

// unknownTo returns the first role whose name the generation does not accept.
func unknownTo(base string, requested roles) string {
	for _, name := range requested.names() {
		if base != published.BaseV1 && slices.Contains(opsManagerProjectNames, name) {
			return name
		}
	}
	return ""
}

// expect says what a point answers, and which roles are missing when it is
// dominance that refuses.
func (c *cube) expect(p *point) (want, roles) {
	if refused, no := gate(p.op, p.caller.holdings, string(c.home), c.own, p.target == p.caller); no {
		return refused, named(p.op.Rule.Roles...)
	}
	if name := unknownTo(p.op.Base, p.requested); name != "" {
		return refusal(400, "INVALID_ENUM_VALUE", name), 0
	}
	change := holdings{in: map[string]roles{}}
	if p.op.Scope() == published.ScopeProject {
		change.in[c.own] = p.requested
	} else {
		change.org = p.requested
	}
	if p.target != nil {
		held := p.target.in[c.own]
		switch {
		case p.op.ID == "addGroupApiKey" && held != 0:
			return refusal(409, "API_KEY_ALREADY_IN_GROUP", p.target.id(), c.own), 0
		case p.op.ID == "addGroupApiKey", p.op.Scope() != published.ScopeProject:
		case held == 0 && (p.requested == 0 || p.op.Base == published.BaseV2):
			return refusal(400, "API_KEY_NOT_FOUND", p.target.id()), 0
		case p.requested != 0 || p.way.name == "remove":
			change.in[c.own] = held ^ p.requested
		}
		if p.way.principal {
			change.org |= p.target.org
			for id, r := range p.target.in {
				change.in[id] |= r
			}
		}
	}
	if missing := p.caller.lacks(change); c.strict && missing != 0 {
		return unauthorized, missing
	}
	return success(p.op), 0
}

// ask sends a point, compares the answer, and puts everything back.
func (c *cube) ask(p *point) want {
	c.Helper()
	expected, missing := c.expect(p)
	key := ""
	if p.target != nil {
		key = p.target.id()
	}
	path := p.op.Base + strings.NewReplacer("{groupId}", c.own, "{orgId}", string(c.home), "{apiUserId}", key, "{ipAddress}", listedAddress).Replace(p.op.Path)
	before := c.flushes()
	got := c.do(c, p.caller.cred, p.op.Method, path, p.way.body(p.requested.names()))
	if is := (want{got.status, got.code, got.params}); is != expected {
		c.Errorf("%s: %s, want %s (missing %v, reason %q)", p, is, expected, missing.names(), got.header.Get("X-Latchkey-Reason"))
	}
	wrote := c.flushes() != before
	if wrote != (got.status < 400) {
		c.Errorf("%s: %d, written %v", p, got.status, wrote)
	}
	reason := got.header.Get("X-Latchkey-Reason")
	if (reason != "") != (expected == unauthorized) || reason != "" && !endsWith(reason, missing) {
		c.Errorf("%s: the reason %q names none of %v", p, reason, missing.names())
	}
	if got.status < 400 {
		c.putBack(p, got)
	}
	return expected
}

// putBack checks what an allowed point made of its target, and undoes it.
func (c *cube) putBack(p *point, got answer) {
	if p.target == nil {
		var made struct {
			ID latchkey.PrincipalID `json:"id"`
		}
		if err := json.Unmarshal(got.body, &made); err != nil {
			c.Fatal(err)
		}
		c.update(func(tx latchkey.Tx) error { return tx.DeletePrincipal(c.home, made.ID) })
		return
	}
	if p.way.after != nil {
		expected := p.way.after(p.target.holdings, c.own, p.requested)
		c.view(func(r latchkey.Reader) error {
			k, err := r.Key(c.home, p.target.key.ID)
			h := holdingsOf(&k)
			if p.target.org == 0 && expected.org == 0 {
				// No request makes a key without an organization role; whether
				// one that is there becomes a member is not judged here.
				h.org &^= named("ORG_MEMBER")
			}
			if err != nil || h.org != expected.org || !maps.Equal(h.in, expected.with("", 0).in) {
				c.Errorf("%s: the target holds %v, want %v (%v)", p, h, expected, err)
			}
			return nil
		})
	}
	c.restore(p.target)
}

// run asks the cube of one generation. Callers that the rule refuses whatever
// they ask for are asked with few requests. Of paths with many requests a share
// is drawn.
func (c *cube) run(t *testing.T, base string, chance *rand.Rand, share float64) (allowed, refused int) {
	facts := generations()[base]
	for _, way := range grantings() {
		i := slices.IndexFunc(facts, func(o published.Operation) bool { return o.ID == way.op && o.Alias == "" })
		if i < 0 {
			continue // published on other generations only
		}
		var here [2]int
		for _, caller := range c.callers {
			targets, asks := []*principal{nil}, way.asks
			if way.touches {
				targets = append(slices.Clone(c.targets), caller)
			}
			if _, no := gate(facts[i], caller.holdings, string(c.home), c.own, false); no {
				asks = asks[:min(len(asks), 3)]
				if way.touches {
					targets = []*principal{c.targets[0], caller}
				}
			}
			for _, target := range targets {
				for _, requested := range asks {
					if len(asks) > 8 && chance.Float64() >= share {
						continue
					}
					if c.ask(&point{facts[i], way, caller, target, requested}).status < 400 {
						here[0]++
					} else {
						here[1]++
					}
				}
			}
		}
		if !testing.Short() && (here[0] == 0 || here[1] == 0) { // a short run may draw none
			t.Errorf("%s %s: %d allowed, %d refused", base, way.name, here[0], here[1])
		}
		allowed, refused = allowed+here[0], refused+here[1]
	}
	return allowed, refused
}

// TestGrantCube gives, takes and touches by every path: caller × what the
// target holds × what is requested. Under strict granting dominance decides
// behind the rule, under the vendor's way the rule alone.
func TestGrantCube(t *testing.T) {
	for base := range generations() {
		for name, way := range map[string]policy.Granting{"strict": policy.Strict, "atlas": policy.AtlasGranting} {
			t.Run(strings.ReplaceAll(strings.TrimPrefix(base, "/api/"), "/", "-")+"-"+name, func(t *testing.T) {
				t.Parallel()
				share := map[string]float64{"strict": 1, "atlas": 0.1}[name]
				if testing.Short() {
					share /= 10
				}
				start := time.Now()
				c := newCube(t, way)
				allowed, refused := c.run(t, base, newRand(t), share)
				for _, p := range slices.Concat(c.callers, c.targets) {
					if !c.unchanged(p) {
						t.Errorf("%s is not as it was made", p.name)
					}
				}
				t.Logf("%s, %s: %d points, %d allowed and %d refused, in %.1f s", base, name, allowed+refused, allowed, refused, time.Since(start).Seconds())
			})
		}
	}
}
