package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Flushed counts a commit: how many callers shared it, how long it took, and
// whether it failed.
func (m *Metrics) Flushed(callers int, took time.Duration, failed bool) {
	switch {
	case m == nil:
	case failed:
		m.flushFailures.Inc()
	default:
		m.flushCallers.Observe(float64(callers))
		m.flushTime.Observe(took.Seconds())
	}
}

// Lane is one line of callers that wait for the writer.
type Lane struct {
	Name    string
	Waiting func() int   // now
	Refused func() int64 // so far, because too many waited
}

// Sources are where values are read when somebody asks for the series. Counts
// are since the start of the process.
type Sources struct {
	Views, Updates func() int64 // transactions that were run
	Lanes          []Lane
	Events         func() int64     // audit events recorded
	Signed         func() time.Time // up to when checkpoints sign every event; zero before the first round
	Paced          func() int64     // requests that had to wait for a turn; nil when none ever do
	Suspects       func() int       // addresses that have to; nil when none ever do
	// SecretEnds returns when the live secrets of service accounts expire, or
	// false when that cannot be told cheaply.
	SecretEnds func() ([]time.Time, bool)
}

// Watch adds the series of the sources. It panics when called twice.
func (m *Metrics) Watch(s Sources) {
	counter := func(name, help string, labels prometheus.Labels, f func() int64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, func() float64 { return float64(f()) }))
	}
	gauge := func(name, help string, labels prometheus.Labels, f func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, f))
	}
	const transactions = "Transactions that were run, refused calls included: views read, updates may write."
	counter("latchkey_transactions_total", transactions, prometheus.Labels{"kind": "view"}, s.Views)
	counter("latchkey_transactions_total", transactions, prometheus.Labels{"kind": "update"}, s.Updates)
	for _, l := range s.Lanes {
		labels := prometheus.Labels{"lane": l.Name}
		gauge("latchkey_queue_length", "Callers that wait for the writer now.", labels, func() float64 { return float64(l.Waiting()) })
		counter("latchkey_queue_refusals_total", "Callers refused because too many waited for the writer.", labels, l.Refused)
	}
	counter("latchkey_audit_events_total", "Audit events recorded.", nil, s.Events)
	gauge("latchkey_audit_signed_timestamp_seconds", "When the last complete round of checkpoints began: they sign every event that was recorded before. 0 before the first.", nil, func() float64 {
		t := s.Signed()
		if t.IsZero() {
			return 0
		}
		return float64(t.UnixMilli()) / 1000
	})
	if s.Paced != nil {
		counter("latchkey_paced_requests_total", "Requests that waited for their turn because their address had sent wrong credentials.", nil, s.Paced)
		gauge("latchkey_suspect_addresses", "Addresses whose requests wait for their turn now.", nil, func() float64 { return float64(s.Suspects()) })
	}
	if s.SecretEnds != nil {
		m.registry.MustRegister(&expiring{ends: s.SecretEnds, clock: time.Now})
	}
}
