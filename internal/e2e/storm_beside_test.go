package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// forgersVariable tells a test process that it is to be the forgers of
// BenchmarkGoodClient: a process of their own, so that the good client does
// not wait for them in its own scheduler.
const forgersVariable = "LATCHKEY_TEST_FORGERS"

// forgersOrder is what forgersVariable holds, in JSON.
type forgersOrder struct {
	URL   string
	Keys  firstKeys
	Kinds []int // of forgeries
}

// forgersReport is what the process writes in the end.
type forgersReport struct{ Refused, Busy float64 } // a second

// TestForgers is the forgers, when asked to be: they send up to 10,000
// requests a second from ten addresses until standard input ends. By itself it
// does nothing.
func TestForgers(t *testing.T) {
	text := os.Getenv(forgersVariable)
	if text == "" {
		return
	}
	var order forgersOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		t.Fatal(err)
	}
	s := &storm{keys: order.Keys, url: order.URL, limit: 1 << 40, pace: 100 * time.Millisecond, perAddr: 100}
	for _, kind := range order.Kinds {
		s.kinds = append(s.kinds, forgeries()[kind])
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	began := time.Now()
	if err := s.rage(ctx); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began).Seconds()
	report := forgersReport{float64(s.refused()) / took, float64(s.busy.Load()) / took}
	if err := json.NewEncoder(os.Stderr).Encode(report); err != nil {
		t.Fatal(err)
	}
}

// unleash starts the forgers; the function that it returns ends them.
func unleash(b *testing.B, order forgersOrder) (end func() forgersReport) {
	b.Helper()
	text, err := json.Marshal(order)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestForgers$")
	cmd.Env = append(os.Environ(), forgersVariable+"="+string(text))
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	return func() (r forgersReport) {
		err := errors.Join(stdin.Close(), cmd.Wait())
		if err == nil {
			err = json.Unmarshal([]byte(stderr.String()), &r)
		}
		if err != nil {
			b.Fatalf("the forgers: %v\n%s%s", err, stdout.String(), stderr.String())
		}
		return r
	}
}

// BenchmarkGoodClient is what one good client sees that sends a PATCH every
// five milliseconds: in quiet, and while each kind of forged PATCHes comes at
// up to 10,000 a second from ten addresses.
func BenchmarkGoodClient(b *testing.B) {
	requireLoopback(b)
	for _, c := range []struct {
		name  string
		kinds []int
	}{
		{"quiet", nil}, {"no-credentials", []int{0}}, {"forged-nonce", []int{1}},
		{"no-such-key", []int{2}}, {"wrong-response", []int{3}}, {"all-kinds", []int{0, 1, 2, 3}},
	} {
		b.Run(c.name, func(b *testing.B) {
			dir, keys := setUp(b)
			s := serve(b, dir)
			ids := populate(b, s.URL, keys, 4)
			end := func() forgersReport { return forgersReport{} }
			if c.kinds != nil {
				end = unleash(b, forgersOrder{s.URL, keys, c.kinds})
				time.Sleep(time.Second) // until they are all connected
			}
			links := connect(b, s.URL, keys, 1)
			before := cpu(s.cmd.Process.Pid)
			b.ResetTimer()
			next := time.Now()
			seen, err := load(links, b.N, func(l *link, n int) error {
				target, body := patchOf(keys, ids, n)
				return expect(l, http.StatusOK, http.MethodPatch, target, body)
			}, func() {
				next = next.Add(5 * time.Millisecond)
				time.Sleep(time.Until(next))
			})
			b.StopTimer()
			used := cpu(s.cmd.Process.Pid) - before
			report := end()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(report.Refused, "forged-401/s")
			b.ReportMetric(report.Busy, "forged-503/s")
			b.ReportMetric(used.Seconds()/b.Elapsed().Seconds()*100, "cpu-%")
			b.ReportMetric(float64(seen.percentile(50).Microseconds()), "p50-µs")
			b.ReportMetric(float64(seen.percentile(99).Microseconds()), "p99-µs")
		})
	}
}
