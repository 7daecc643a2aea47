package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// widen creates projects as the owner until it holds roles in n of them, and
// returns the id of the last: whoever creates a project owns it.
func widen(tb testing.TB, url string, keys firstKeys, n int) (project string) {
	tb.Helper()
	links := connect(tb, url, keys, 16)
	var last atomic.Value
	_, err := load(links, n, func(l *link, n int) error {
		r, err := l.do(http.MethodPost, "/api/atlas/v2/groups", fmt.Sprintf(`{"name":"project %d","orgId":"%s"}`, n, keys.OrgID))
		if err == nil && r.Status >= 300 {
			err = fmt.Errorf("creating a project: %d %s", r.Status, r.Body)
		}
		_, rest, _ := strings.Cut(string(r.Body), `"id":"`)
		id, _, _ := strings.Cut(rest, `"`)
		last.Store(id)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return last.Load().(string)
}

// BenchmarkManyProjects asks as a key that holds roles in that many projects,
// and changes such a key: get the project and PATCH another key as it, and
// PATCH the key itself.
func BenchmarkManyProjects(b *testing.B) {
	for _, projects := range []int{10, 5000} {
		dir, keys := setUp(b)
		s := serve(b, dir)
		keys.ProjectID = widen(b, s.URL, keys, projects)
		other := populate(b, s.URL, keys, 1)
		for _, connections := range []int{1, 64} {
			links := connect(b, s.URL, keys, connections)
			measure := func(name string, request func(n int) (method, target, body string)) {
				b.Run(fmt.Sprintf("%s/projects=%d/connections=%d", name, projects, connections), func(b *testing.B) {
					before := cpu(s.cmd.Process.Pid)
					b.ResetTimer()
					_, err := load(links, b.N, func(l *link, n int) error {
						method, target, body := request(n)
						return expect(l, http.StatusOK, method, target, body)
					})
					b.StopTimer()
					if err != nil {
						b.Fatal(err)
					}
					used := cpu(s.cmd.Process.Pid) - before
					b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/op")
				})
			}
			measure("get-project-as", func(int) (string, string, string) {
				return http.MethodGet, "/api/atlas/v2/groups/" + keys.ProjectID, ""
			})
			measure("patch-as", func(n int) (string, string, string) {
				target, body := patchOf(keys, other, n)
				return http.MethodPatch, target, body
			})
			measure("patch-of", func(n int) (string, string, string) {
				target, body := patchOf(keys, []string{keys.APIKeyID}, n)
				return http.MethodPatch, target, body
			})
		}
	}
}
