package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// inProjects returns grants in n projects, own among them.
func inProjects(b *testing.B, n int, role latchkey.Role) policy.Grants {
	b.Helper()
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "%024x%016x", max(0, 0xb1-n/2)+i, 1<<role)
	}
	projects, err := latchkey.LoadProjectRoles(text.String())
	if err != nil {
		b.Fatal(err)
	}
	if err := projects.Validate(); err != nil || projects.Get(own) == 0 {
		b.Fatalf("the projects are not as meant: %v", err)
	}
	return policy.Grants{Org: set(latchkey.OrgMember), Projects: projects}
}

// BenchmarkDecide decides one PATCH, for callers in few and in many projects,
// and the touch of a key in as many by an owner.
func BenchmarkDecide(b *testing.B) {
	patch := policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupAccessManager}
	before, after := policy.InProject(own, set(latchkey.GroupReadOnly)), policy.InProject(own, set(latchkey.GroupUserAdmin))
	for _, n := range []int{10, 5000} {
		p := policy.Principal{ID: self, Grants: inProjects(b, n, latchkey.GroupAccessManager)}
		b.Run(fmt.Sprintf("gate/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := policy.Strict.Decide(p, patch, policy.Scope{Project: own}, policy.Grants{}, policy.Grants{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("patch/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := policy.Strict.Decide(p, patch, policy.Scope{Project: own}, before, after); err != nil {
					b.Fatal(err)
				}
			}
		})
		owner, target := caller(set(latchkey.OrgOwner), 0), inProjects(b, n, latchkey.GroupOwner)
		b.Run(fmt.Sprintf("touch/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			rule := policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner}
			for b.Loop() {
				if err := policy.Strict.Decide(owner, rule, policy.Scope{Org: org}, target, policy.Grants{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("refused", func(b *testing.B) {
		b.ReportAllocs()
		p := policy.Principal{ID: self, Grants: inProjects(b, 10, latchkey.GroupReadOnly)}
		for b.Loop() {
			if err := policy.Strict.Decide(p, patch, policy.Scope{Project: own}, before, after); err == nil {
				b.Fatal("allowed")
			}
		}
	})
}
