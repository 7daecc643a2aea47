package metrics

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// text returns the series of ours as Prometheus reads them.
func text(t *testing.T, m *Metrics) string {
	t.Helper()
	out := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(out, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if out.Code != http.StatusOK {
		t.Fatalf("%d %s", out.Code, out.Body)
	}
	var b strings.Builder
	for line := range strings.Lines(out.Body.String()) {
		if strings.HasPrefix(line, "latchkey_") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("there is no %q in:\n%s", line, text)
		}
	}
}

// TestAnswered: each outcome is a series of its own, codes that are called
// alike are one, and what is unknown is an internal fault.
func TestAnswered(t *testing.T) {
	m := New(Build{Version: "v1", Commit: "c", Go: "go1"})
	o := m.Operation("getGroup", "atlas-v2")
	if again := m.Operation("getGroup", "atlas-v2"); again != o {
		t.Error("the same operation is two")
	}
	for range 2 {
		o.Answered(200, 0, "", time.Millisecond)
		o.Answered(404, latchkey.CodeAccountNotFound, "RESOURCE_NOT_FOUND", time.Millisecond)
		o.Answered(404, latchkey.CodeSecretNotFound, "RESOURCE_NOT_FOUND", time.Millisecond)
		o.Answered(503, 0, "", 10*time.Second) // as a plain handler may
		o.Answered(500, 255, "UNEXPECTED_ERROR", time.Millisecond)
	}
	m.Operation("getGroup", "public-v1.0").Answered(200, 0, "", time.Microsecond)
	all := text(t, m)
	has(t, all,
		`latchkey_requests_total{error_code="",generation="atlas-v2",operation="getGroup",status="200"} 2`,
		`latchkey_requests_total{error_code="RESOURCE_NOT_FOUND",generation="atlas-v2",operation="getGroup",status="404"} 4`,
		`latchkey_requests_total{error_code="",generation="atlas-v2",operation="getGroup",status="503"} 2`,
		`latchkey_requests_total{error_code="UNEXPECTED_ERROR",generation="atlas-v2",operation="getGroup",status="500"} 2`,
		`latchkey_requests_total{error_code="",generation="public-v1.0",operation="getGroup",status="200"} 1`,
		`latchkey_request_duration_seconds_bucket{operation="getGroup",le="0.0005"} 1`,
		`latchkey_request_duration_seconds_bucket{operation="getGroup",le="5"} 9`,
		`latchkey_request_duration_seconds_count{operation="getGroup"} 11`,
		`latchkey_build_info{commit="c",go="go1",version="v1"} 1`,
	)
	if n := strings.Count(all, "latchkey_requests_total{"); n != 5 {
		t.Errorf("%d series of requests", n)
	}
}

// TestCountingAllocatesNothing: after the first of its kind.
func TestCountingAllocatesNothing(t *testing.T) {
	m := New(Build{})
	o, limit := m.Operation("getGroup", "atlas-v2"), m.RateLimitRefusals("events_group")
	if n := testing.AllocsPerRun(100, func() {
		o.Answered(200, 0, "", time.Millisecond)
		o.Answered(404, latchkey.CodeProjectNotFound, "GROUP_NOT_FOUND", time.Millisecond)
		m.AuthenticationFailed(StaleNonce)
		m.TokenIssued()
		m.Flushed(12, time.Millisecond, false)
		limit.Inc()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestNobodyReads: without metrics, counting is nothing.
func TestNobodyReads(t *testing.T) {
	var m *Metrics
	m.Operation("x", "y").Answered(200, 0, "", 0)
	m.RateLimitRefusals("x").Inc()
	m.AuthenticationFailed(Unreadable)
	m.TokenIssued()
	m.Flushed(1, 0, true)
}

// TestFailuresHaveNames: each its own, and all are there from the start.
func TestFailuresHaveNames(t *testing.T) {
	m := New(Build{})
	for f := range failureCount {
		for range f {
			m.AuthenticationFailed(f)
		}
	}
	for f := range failureCount {
		has(t, text(t, m), `latchkey_authentication_failures_total{reason="`+f.String()+`"} `+string('0'+rune(f)))
	}
}

// TestSources: what is read is read at each scrape.
func TestSources(t *testing.T) {
	m := New(Build{})
	n := int64(0)
	next := func() int64 { n++; return n }
	signed := time.Time{}
	m.Watch(Sources{
		Views: func() int64 { return 7 }, Updates: func() int64 { return 8 }, Events: next, Signed: func() time.Time { return signed },
		Lanes: []Lane{{"first", func() int { return 1 }, func() int64 { return 2 }}, {"ordinary", func() int { return 3 }, func() int64 { return 4 }}},
	})
	m.Flushed(3, 2*time.Millisecond, false)
	m.Flushed(5, time.Second, true)
	has(t, text(t, m),
		`latchkey_transactions_total{kind="view"} 7`, `latchkey_transactions_total{kind="update"} 8`,
		`latchkey_queue_length{lane="first"} 1`, `latchkey_queue_refusals_total{lane="first"} 2`,
		`latchkey_queue_length{lane="ordinary"} 3`, `latchkey_queue_refusals_total{lane="ordinary"} 4`,
		`latchkey_audit_events_total 1`, `latchkey_audit_signed_timestamp_seconds 0`,
		`latchkey_commit_callers_sum 3`, `latchkey_commit_duration_seconds_count 1`, `latchkey_commit_failures_total 1`,
	)
	signed = time.UnixMilli(1500)
	all := text(t, m)
	has(t, all, `latchkey_audit_events_total 2`, `latchkey_audit_signed_timestamp_seconds 1.5`)
	if strings.Contains(all, "suspect") || strings.Contains(all, "expiring") {
		t.Errorf("there are series without a source:\n%s", all)
	}
}

// TestExpiring: the data is read at most once a minute, the time always, and
// what cannot be told is missing.
func TestExpiring(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	const day = 24 * time.Hour
	reads, fault := 0, error(nil)
	e := &expiring{clock: func() time.Time { return now }, ends: func() ([]time.Time, bool) {
		reads++
		return []time.Time{now, now.Add(time.Minute), now.Add(day), now.Add(day + time.Second), now.Add(30 * day), now.Add(31 * day)}, fault == nil
	}}
	m := New(Build{})
	m.registry.MustRegister(e)
	counts := func(d, w, mon string) {
		t.Helper()
		has(t, text(t, m), `latchkey_secrets_expiring{within="1d"} `+d, `latchkey_secrets_expiring{within="7d"} `+w, `latchkey_secrets_expiring{within="30d"} `+mon)
	}
	counts("2", "3", "4")
	now = now.Add(30 * time.Second)
	counts("3", "3", "4")
	if reads != 1 {
		t.Errorf("read %d times", reads)
	}
	now, fault = now.Add(30*time.Second), errors.New("too many")
	if all := text(t, m); strings.Contains(all, "expiring") || reads != 2 {
		t.Errorf("after %d reads:\n%s", reads, all)
	}
}
