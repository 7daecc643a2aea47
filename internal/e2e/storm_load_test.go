package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sums is what a load saw: how long each answer took, and how many each link got.
type sums struct {
	took  []time.Duration // sorted
	count []int           // by link
}

// percentile returns the time that p of 100 answers took at most.
func (s *sums) percentile(p float64) time.Duration {
	return s.took[min(len(s.took)-1, int(float64(len(s.took))*p/100))]
}

// slowest returns what the link with the fewest answers got, as a part of the mean.
func (s *sums) slowest() float64 {
	return float64(slices.Min(s.count)) * float64(len(s.count)) / float64(len(s.took))
}

// load lets every link call do until there were total answers, and before each
// call what is given besides, which is not measured.
func load(links []*link, total int, do func(l *link, n int) error, before ...func()) (*sums, error) {
	var (
		next  atomic.Int64
		wg    sync.WaitGroup
		mu    sync.Mutex
		s     = &sums{count: make([]int, len(links))}
		first error
	)
	for i, l := range links {
		wg.Go(func() {
			var took []time.Duration
			for n := int(next.Add(1)); n <= total; n = int(next.Add(1)) {
				for _, f := range before {
					f()
				}
				began := time.Now()
				err := do(l, n)
				took = append(took, time.Since(began))
				if err != nil {
					mu.Lock()
					first = err
					mu.Unlock()
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			s.count[i] = len(took)
			s.took = append(s.took, took...)
		})
	}
	wg.Wait()
	slices.Sort(s.took)
	return s, first
}

// expect sends a request on the link and returns an error unless it is
// answered with that status.
func expect(l *link, status int, method, target, body string) error {
	r, err := l.do(method, target, body)
	if err == nil && r.Status != status {
		err = fmt.Errorf("%s %s: %d %s", method, target, r.Status, r.Body)
	}
	return err
}

// populate creates n keys in the project and returns their ids.
func populate(tb testing.TB, url string, keys firstKeys, n int) []string {
	tb.Helper()
	l := newLink(url, keys.owner())
	defer l.Close()
	ids := make([]string, n)
	for i := range ids {
		r, err := l.do(http.MethodPost, "/api/atlas/v2/groups/"+keys.ProjectID+"/apiKeys",
			fmt.Sprintf(`{"desc":"key %d","roles":["GROUP_READ_ONLY"]}`, i))
		if err != nil || r.Status != http.StatusOK {
			tb.Fatalf("creating a key: %d %s %v", r.Status, r.Body, err)
		}
		_, rest, _ := strings.Cut(string(r.Body), `"id":"`)
		ids[i], _, _ = strings.Cut(rest, `"`)
	}
	return ids
}

// connect makes n links of the owner.
func connect(tb testing.TB, url string, keys firstKeys, n int) []*link {
	links := make([]*link, n)
	for i := range links {
		links[i] = newLink(url, keys.owner())
	}
	tb.Cleanup(func() {
		for _, l := range links {
			l.Close()
		}
	})
	return links
}

// patchOf returns the n-th PATCH that goes round the keys; it always changes something.
func patchOf(keys firstKeys, ids []string, n int) (target, body string) {
	roles := [2]string{`"GROUP_READ_ONLY"`, `"GROUP_OWNER","GROUP_DATA_ACCESS_ADMIN"`}[n/len(ids)%2]
	return "/api/atlas/v2/groups/" + keys.ProjectID + "/apiKeys/" + ids[n%len(ids)], `{"roles":[` + roles + `]}`
}

// cpu returns how much processor time a process has used, as the kernel counts
// it: in hundredths of a second. It is 0 where there is no /proc.
func cpu(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name of the program, in parentheses, may hold anything; user and
	// system time are the 12th and 13th fields behind it.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int
	for _, f := range fields[11:13] {
		n, _ := strconv.Atoi(f)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// BenchmarkLoad asks the built binary over loopback, on keep-alive connections
// from this process, which shares the processors with it: PATCH (W), get a key
// (R), get the project (C), a page of 100 keys (L), and the server's health
// check, which does nothing, beside them.
func BenchmarkLoad(b *testing.B) {
	const keyCount = 100
	for _, kind := range []struct {
		name    string
		request func(keys firstKeys, ids []string, n int) (method, target, body string)
	}{
		{"W", func(keys firstKeys, ids []string, n int) (string, string, string) {
			target, body := patchOf(keys, ids, n)
			return http.MethodPatch, target, body
		}},
		{"W-one-key", func(keys firstKeys, ids []string, n int) (string, string, string) {
			target, body := patchOf(keys, ids[:1], n)
			return http.MethodPatch, target, body
		}},
		{"R", func(keys firstKeys, ids []string, n int) (string, string, string) {
			return http.MethodGet, "/api/atlas/v2/orgs/" + keys.OrgID + "/apiKeys/" + ids[n%len(ids)], ""
		}},
		{"C", func(keys firstKeys, _ []string, _ int) (string, string, string) {
			return http.MethodGet, "/api/atlas/v2/groups/" + keys.ProjectID, ""
		}},
		{"L", func(keys firstKeys, _ []string, _ int) (string, string, string) {
			return http.MethodGet, "/api/atlas/v2/groups/" + keys.ProjectID + "/apiKeys", ""
		}},
		{"health", func(firstKeys, []string, int) (string, string, string) { return http.MethodGet, "/healthz", "" }},
	} {
		for _, connections := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/connections=%d", kind.name, connections), func(b *testing.B) {
				dir, keys := setUp(b)
				s := serve(b, dir)
				ids := populate(b, s.URL, keys, keyCount)
				links := connect(b, s.URL, keys, connections)
				before := cpu(s.cmd.Process.Pid)
				b.ResetTimer()
				seen, err := load(links, b.N, func(l *link, n int) error {
					method, target, body := kind.request(keys, ids, n)
					return expect(l, http.StatusOK, method, target, body)
				})
				b.StopTimer()
				if err != nil {
					b.Fatal(err)
				}
				used := cpu(s.cmd.Process.Pid) - before
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
				b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/op")
				b.ReportMetric(float64(seen.percentile(50).Microseconds()), "p50-µs")
				b.ReportMetric(float64(seen.percentile(99).Microseconds()), "p99-µs")
				b.ReportMetric(seen.slowest(), "slowest/mean")
			})
		}
	}
}
