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

// cube is the world of the grant cube.
type cube struct {
	*world
	home       latchkey.OrgID
	own, other string
	callers    []caller
	targets    map[bool][]*principal // whether they are service accounts
	strict     bool
}

func newCube(t *testing.T, way policy.Granting) *cube {
	c := &cube{world: newWorld(t, server.Config{Granting: way}), strict: way == policy.Strict, targets: map[bool][]*principal{}}
	c.home = c.newOrg("home").ID
	c.own, c.other = string(c.newProject(c.home).ID), string(c.newProject(c.home).ID)
	c.newKey(c.home, "dormant owner", holdings{org: named("ORG_OWNER")})

	target := func(org, own, other string) {
		h := holdings{org: named(strings.Fields(org)...)}
		h = h.with(c.own, named(strings.Fields(own)...)).with(c.other, named(strings.Fields(other)...))
		name := fmt.Sprintf("{%s} {%s} {%s}", org, own, other)
		c.targets[false] = append(c.targets[false], c.newKey(c.home, name, h, listedAddress))
		c.targets[true] = append(c.targets[true], c.newAccount(c.home, name, h, listedAddress))
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

	add := func(h holdings) {
		name := fmt.Sprintf("%v in own %v in other %v", h.org.names(), h.in[c.own].names(), h.in[c.other].names())
		c.callers = append(c.callers, caller{
			c.newKey(c.home, name, h, callerAddress, listedAddress), c.newAccount(c.home, name, h, callerAddress, listedAddress),
		})
	}
	manager := named("GROUP_ACCESS_MANAGER")
	add(holdings{})
	for _, name := range slices.Concat(orgNames, globalNames) {
		add(holdings{org: named(name)})
		add(holdings{org: named(name)}.with(c.own, manager))
	}
	for _, name := range projectNames {
		add(holdings{}.with(c.own, named(name)))
		add(holdings{org: named("ORG_MEMBER")}.with(c.own, named(name)|manager))
	}
	add(holdings{}.with(c.other, named("GROUP_OWNER")))
	add(holdings{}.with(c.other, named("GROUP_OWNER")).with(c.own, manager))
	add(holdings{}.with(c.other, named("GROUP_OWNER")).with(c.own, named("GROUP_READ_ONLY")))
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
		if refused, no := p.absent(c.own); no {
			return refused, 0
		}
		// A request for roles in the project changes what is in one of the two
		// sets only; one that adds has none before.
		if held := p.target.in[c.own]; p.op.Scope() == published.ScopeProject && (p.requested != 0 || p.way.name == "remove" || p.way.name == "account remove") {
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

// absent says what is answered when the target is in the project and should
// not be, or the other way round.
func (p *point) absent(project string) (want, bool) {
	in := p.target.in[project] != 0
	switch {
	case p.op.ID == "addGroupApiKey":
		return refusal(409, "API_KEY_ALREADY_IN_GROUP", p.target.id(), project), in
	case p.op.ID == "inviteGroupServiceAccount":
		return alreadyIn(p.target.id(), project), in
	case p.op.Scope() != published.ScopeProject || in:
		return want{}, false
	case p.way.account:
		return refusal(404, "RESOURCE_NOT_FOUND", p.target.id()), true
	}
	return refusal(400, "API_KEY_NOT_FOUND", p.target.id()), p.requested == 0 || p.op.Base == published.BaseV2
}

// ask sends a point, compares the answer, and puts everything back.
func (c *cube) ask(p *point) want {
	c.Helper()
	expected, missing := c.expect(p)
	target, secret := "", ""
	if p.target != nil {
		target = p.target.id()
		if p.way.account {
			secret = string(p.target.account.Secrets[0].ID)
		}
	}
	path := p.op.Base + strings.NewReplacer("{groupId}", c.own, "{orgId}", string(c.home), "{apiUserId}", target, "{clientId}", target,
		"{ipAddress}", listedAddress, "{secretId}", secret).Replace(p.op.Path)
	before := c.flushes()
	got := c.do(c, p.caller.cred, p.op.Method, path, p.way.body(p.requested.names()))
	if is := (want{got.status, got.code, got.params}); is != expected {
		c.Errorf("%s: %s, want %s (missing %v, reason %q)", p, is, expected, missing.names(), got.header.Get("X-Latchkey-Reason"))
	}
	// A key's request notes its nonce, whatever it changes.
	wrote := c.flushes() != before
	if wrote != (got.status < 400 && !(p.caller.ID.IsAccount() && c.idle(p))) {
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

// idle reports whether a point asks for what is there already.
func (c *cube) idle(p *point) bool {
	if p.target == nil || !strings.HasSuffix(p.way.name, "PATCH roles") {
		return false
	}
	after := p.way.after(p.target.holdings, c.own, p.requested)
	return after.org == p.target.org && maps.Equal(after.in, p.target.in)
}

// putBack checks what an allowed point made of its target, and undoes it.
func (c *cube) putBack(p *point, got answer) {
	if p.target == nil {
		var made struct{ ID, ClientID latchkey.PrincipalID }
		if err := json.Unmarshal(got.body, &made); err != nil {
			c.Fatal(err)
		}
		c.update(func(tx latchkey.Tx) error { return tx.DeletePrincipal(c.home, made.ID+made.ClientID) })
		return
	}
	if p.way.after != nil {
		expected := p.way.after(p.target.holdings, c.own, p.requested)
		c.view(func(r latchkey.Reader) error {
			is, err := r.Principal(c.home, p.target.ID)
			h := holdingsOf(&is)
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

// run asks the cube of one generation. Every point is asked by a key or by a
// service account with the same roles, drawn by chance. Callers that the rule
// refuses whatever they ask for are asked with few requests. Of paths with many
// requests a share is drawn, and of those about service accounts a smaller one.
func (c *cube) run(t *testing.T, base string, chance *rand.Rand, share float64) (allowed, refused int) {
	facts := generations()[base]
	for _, way := range grantings() {
		i := slices.IndexFunc(facts, func(o published.Operation) bool { return o.ID == way.op && o.Alias == "" })
		if i < 0 {
			continue // published on other generations only
		}
		share, many := share, 8 // of more requests than that a share is drawn
		if way.account {
			share, many = share*accountShare, 0
			if len(way.asks) <= 8 {
				share = accountShare
			}
		}
		var here [2]int
		for _, both := range c.callers {
			self := both.key
			if way.account {
				self = both.account
			}
			targets, asks := []*principal{nil}, way.asks
			if way.touches {
				targets = append(slices.Clone(c.targets[way.account]), self)
			}
			if _, no := gate(facts[i], self.holdings, string(c.home), c.own, false); no {
				asks = asks[:min(len(asks), 3)]
				if way.touches {
					targets = []*principal{c.targets[way.account][0], self}
				}
			}
			for _, target := range targets {
				for _, requested := range asks {
					if len(asks) > many && chance.Float64() >= share {
						continue
					}
					by := both.key
					if target != both.key && (target == both.account || chance.IntN(2) == 0) {
						by = both.account
					}
					if c.ask(&point{facts[i], way, by, target, requested}).status < 400 {
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

// accountShare is how many of the points about service accounts are asked for
// each about keys: they take the same decision.
const accountShare = 0.4

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
				list := slices.Concat(c.targets[false], c.targets[true])
				for _, both := range c.callers {
					list = append(list, both.key, both.account)
				}
				for _, p := range list {
					if !c.unchanged(p) {
						t.Errorf("%s is not as it was made", p.name)
					}
				}
				t.Logf("%s, %s: %d points, %d allowed and %d refused, in %.1f s", base, name, allowed+refused, allowed, refused, time.Since(start).Seconds())
			})
		}
	}
}
