package matrix

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

const (
	ownProject   = latchkey.ProjectID("0000000000000000000000b1")
	otherProject = latchkey.ProjectID("0000000000000000000000b2")
)

// both is a set of roles, as the test and as the server writes it.
type both struct {
	here  roles
	there latchkey.RoleSet
}

func bothOf(t testing.TB, names ...string) both {
	s := named(names...)
	return both{s, stored(t, s)}
}

// oneOrNone returns the empty set and the sets of one role.
func oneOrNone(t testing.TB, names []string) []both {
	list := []both{{}}
	for _, name := range names {
		list = append(list, bothOf(t, name))
	}
	return list
}

// judge compares one verdict of the policy with the lattice of this package.
func judge(t testing.TB, caller holdings, p policy.Principal, change holdings, before, after policy.Grants) bool {
	missing := caller.lacks(change)
	got := policy.Strict.Decide(p, policy.Rule{Gate: policy.GateAnyone}, policy.Scope{}, before, after)
	switch {
	case missing == 0 && got == nil:
		return true
	case missing != 0 && got != nil && got.Code == latchkey.CodeNotAuthorized && endsWith(got.Reason, missing):
		return false
	}
	t.Fatalf("%v changes %v: %v, missing by the documented tables: %v", caller, change, got, missing.names())
	return false
}

// TestDecideProjectCalls is every caller with at most one role in the
// organization and one in the project × every change there from at most one
// role to at most one.
func TestDecideProjectCalls(t *testing.T) {
	inProject := oneOrNone(t, projectNames)
	points, allowed := 0, 0
	for _, orgRole := range oneOrNone(t, slices.Concat(orgNames, globalNames)) {
		for _, projectRole := range inProject {
			caller := holdings{org: orgRole.here, in: map[string]roles{string(ownProject): projectRole.here}}
			p := policy.Principal{Grants: policy.Grants{Org: orgRole.there, Projects: latchkey.ProjectRoles{}.With(ownProject, projectRole.there)}}
			for _, was := range inProject {
				before := policy.InProject(ownProject, was.there)
				for _, becomes := range inProject {
					change := holdings{in: map[string]roles{string(ownProject): was.here ^ becomes.here}}
					points++
					if judge(t, caller, p, change, before, policy.InProject(ownProject, becomes.there)) {
						allowed++
					}
				}
			}
		}
	}
	t.Logf("%d verdicts, %d allowed", points, allowed)
}

// TestDecidePrincipalCalls is every such caller × every target with at most one
// role in the organization and one in the same or in another project.
func TestDecidePrincipalCalls(t *testing.T) {
	points, allowed := 0, 0
	org := oneOrNone(t, slices.Concat(orgNames, globalNames))
	for _, callerOrg := range org {
		for _, callerProject := range oneOrNone(t, projectNames) {
			caller := holdings{org: callerOrg.here, in: map[string]roles{string(ownProject): callerProject.here}}
			p := policy.Principal{Grants: policy.Grants{Org: callerOrg.there, Projects: latchkey.ProjectRoles{}.With(ownProject, callerProject.there)}}
			for _, targetOrg := range org {
				for _, targetProject := range oneOrNone(t, projectNames) {
					for _, id := range []latchkey.ProjectID{ownProject, otherProject} {
						held := holdings{org: targetOrg.here, in: map[string]roles{string(id): targetProject.here}}
						grants := policy.Grants{Org: targetOrg.there, Projects: latchkey.ProjectRoles{}.With(id, targetProject.there)}
						points++
						if judge(t, caller, p, held, grants, policy.Grants{}) {
							allowed++
						}
					}
				}
			}
		}
	}
	t.Logf("%d verdicts, %d allowed", points, allowed)
}

// TestDecideAnySets draws sets of many roles, in both projects at once.
func TestDecideAnySets(t *testing.T) {
	draw := func(rt *rapid.T, label string, of []string) both {
		// One set in four is a single role, so that small sets meet large ones.
		most := rapid.SampledFrom([]int{1, 3, 8, len(of)}).Draw(rt, label+" size")
		return bothOf(t, rapid.SliceOfN(rapid.SampledFrom(of), 0, most).Draw(rt, label)...)
	}
	all := slices.Concat(orgNames, globalNames)
	rapid.Check(t, func(rt *rapid.T) {
		var h [3]holdings
		var g [3]policy.Grants
		for i, who := range []string{"caller", "before", "after"} {
			org, own, other := draw(rt, who+" org", all), draw(rt, who+" own", projectNames), draw(rt, who+" other", projectNames)
			h[i] = holdings{org.here, map[string]roles{string(ownProject): own.here, string(otherProject): other.here}}
			g[i] = policy.Grants{Org: org.there, Projects: latchkey.ProjectRoles{}.With(ownProject, own.there).With(otherProject, other.there)}
		}
		change := holdings{org: h[1].org ^ h[2].org, in: map[string]roles{}}
		for id := range h[1].in {
			change.in[id] = h[1].in[id] ^ h[2].in[id]
		}
		missing := h[0].lacks(change)
		got := policy.Strict.Decide(policy.Principal{Grants: g[0]}, policy.Rule{Gate: policy.GateAnyone}, policy.Scope{}, g[1], g[2])
		if (got == nil) != (missing == 0) || got != nil && !endsWith(got.Reason, missing) {
			rt.Fatalf("%v, missing by the documented tables: %v", got, missing.names())
		}
		for _, id := range []latchkey.ProjectID{ownProject, otherProject} {
			if a, b := strings.Join(h[0].inProject(string(id)).names(), " "), strings.Join(read(g[0].EffectiveInProject(id)).names(), " "); a != b {
				rt.Fatalf("in a project %s, want %s", b, a)
			}
		}
	})
}
