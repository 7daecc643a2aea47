package server

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/latchkey/latchkey"
)

// benchKeys is how many keys the benchmarked organization has besides two.
const benchKeys = 200

var (
	readOnly   = latchkey.Roles(latchkey.GroupReadOnly)
	manager    = latchkey.Roles(latchkey.GroupAccessManager)
	member     = latchkey.Roles(latchkey.OrgMember)
	patchBody  = [2]string{`{"roles":["GROUP_READ_ONLY"]}`, `{"roles":["GROUP_OWNER","GROUP_DATA_ACCESS_ADMIN"]}`}
	goroutines = []int{1, 64}
)

func mustParse(target string) *url.URL {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		panic(err)
	}
	return u
}

func keyTarget(base string, project latchkey.ProjectID, key latchkey.PrincipalID) string {
	return base + "/groups/" + string(project) + "/apiKeys/" + string(key)
}

// BenchmarkPatch is the whole call that the server is for: digest, decision,
// change, event, commit and answer. keys is among how many keys it goes round.
func BenchmarkPatch(b *testing.B) {
	for _, base := range []string{"/api/atlas/v2", "/api/public/v1.0"} {
		for _, keys := range []int{1, 100} {
			for _, n := range goroutines {
				b.Run(fmt.Sprintf("base=%s/keys=%d/goroutines=%d", url.PathEscape(base[5:]), keys, n), func(b *testing.B) {
					r := newRig(b)
					list, _ := r.keys(benchKeys, member, readOnly, r.setup.Project.ID)
					r.share(b, n, r.owner, func(c *caller, n int) {
						c.do(http.MethodPatch, keyTarget(base, r.setup.Project.ID, list[n%keys].ID), patchBody[n/keys%2], 200)
					})
				})
			}
		}
	}
}

// BenchmarkGet reads one key of the organization.
func BenchmarkGet(b *testing.B) {
	for _, n := range goroutines {
		b.Run(fmt.Sprintf("goroutines=%d", n), func(b *testing.B) {
			r := newRig(b)
			list, _ := r.keys(benchKeys, member, readOnly, r.setup.Project.ID)
			org := "/api/atlas/v2/orgs/" + string(r.setup.Org.ID) + "/apiKeys/"
			r.share(b, n, r.owner, func(c *caller, n int) {
				c.do(http.MethodGet, org+string(list[n%benchKeys].ID), "", 200)
			})
		})
	}
}

// BenchmarkList reads a page of 100 keys of a project.
func BenchmarkList(b *testing.B) {
	for _, n := range goroutines {
		b.Run(fmt.Sprintf("goroutines=%d", n), func(b *testing.B) {
			r := newRig(b)
			r.keys(benchKeys, member, readOnly, r.setup.Project.ID)
			target := "/api/atlas/v2/groups/" + string(r.setup.Project.ID) + "/apiKeys"
			r.share(b, n, r.owner, func(c *caller, n int) { c.do(http.MethodGet, target, "", 200) })
		})
	}
}

// BenchmarkChallenge answers a request without credentials.
func BenchmarkChallenge(b *testing.B) {
	r := newRig(b)
	target := keyTarget("/api/atlas/v2", r.setup.Project.ID, r.setup.Example.Key.ID)
	out := sink{header: make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		out.reset()
		r.handler.ServeHTTP(&out, request(http.MethodPatch, target, patchBody[0], http.Header{}))
	}
	if out.status != http.StatusUnauthorized {
		b.Error(out.status)
	}
}

// BenchmarkBareHandler answers the bytes of a PATCH and does nothing for them;
// it also signs the request, so that its figures are what the benchmarks above
// cost without the server.
func BenchmarkBareHandler(b *testing.B) {
	for _, n := range goroutines {
		b.Run(fmt.Sprintf("goroutines=%d", n), func(b *testing.B) {
			r := newRig(b)
			target := keyTarget("/api/atlas/v2", r.setup.Project.ID, r.setup.Example.Key.ID)
			first := r.caller(r.owner)
			first.do(http.MethodPatch, target, patchBody[1], 200)
			answer := first.out.body.Bytes()
			api := r.handler
			r.handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.Header == nil {
					api.ServeHTTP(w, req)
					return
				}
				_, _ = w.Write(answer)
			})
			r.share(b, n, r.owner, func(c *caller, n int) { c.do(http.MethodPatch, target, patchBody[n%2], 200) })
		})
	}
}

// BenchmarkManyProjects asks as a key, and about a key, that holds roles in
// that many projects.
func BenchmarkManyProjects(b *testing.B) {
	for _, projects := range []int{10, 5000} {
		for _, n := range goroutines {
			run := func(name string, f func(b *testing.B, r *rig, wide []latchkey.APIKey, wideKey credential, other latchkey.PrincipalID, n int)) {
				b.Run(fmt.Sprintf("%s/projects=%d/goroutines=%d", name, projects, n), func(b *testing.B) {
					r := newRig(b)
					ids := r.projects(projects - 1)
					wide, key := r.keys(1, member, manager, ids...)
					others, _ := r.keys(100, member, manager, ids[0])
					f(b, r, wide, key, others[0].ID, n)
				})
			}
			run("get-project-as", func(b *testing.B, r *rig, _ []latchkey.APIKey, key credential, _ latchkey.PrincipalID, n int) {
				target := "/api/atlas/v2/groups/" + string(r.setup.Project.ID)
				r.share(b, n, key, func(c *caller, _ int) { c.do(http.MethodGet, target, "", 200) })
			})
			run("patch-as", func(b *testing.B, r *rig, _ []latchkey.APIKey, key credential, other latchkey.PrincipalID, n int) {
				target := keyTarget("/api/atlas/v2", r.setup.Project.ID, other)
				bodies := [2]string{`{"roles":["GROUP_READ_ONLY"]}`, `{"roles":["GROUP_ACCESS_MANAGER"]}`}
				r.share(b, n, key, func(c *caller, n int) { c.do(http.MethodPatch, target, bodies[n%2], 200) })
			})
			run("patch-of", func(b *testing.B, r *rig, wide []latchkey.APIKey, _ credential, _ latchkey.PrincipalID, n int) {
				target := keyTarget("/api/atlas/v2", r.setup.Project.ID, wide[0].ID)
				r.share(b, n, r.owner, func(c *caller, n int) { c.do(http.MethodPatch, target, patchBody[n%2], 200) })
			})
		}
	}
}

// BenchmarkDeleteProject deletes a project in which 10,000 keys hold roles.
func BenchmarkDeleteProject(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		r := newRig(b)
		ids := r.projects(1)
		r.keys(10_000, member, readOnly, ids...)
		c := r.caller(r.owner)
		b.StartTimer()
		c.do(http.MethodDelete, "/api/atlas/v2/groups/"+string(ids[1]), "", 202)
	}
}
