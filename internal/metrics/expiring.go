package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// expiringEvery is how long the ends of secrets that were read are used.
const expiringEvery = time.Minute

// expiring collects how many secrets expire soon. The series are missing when
// that cannot be told.
type expiring struct {
	ends  func() ([]time.Time, bool)
	clock func() time.Time

	mu    sync.Mutex
	read  time.Time
	times []time.Time
	known bool
}

// expiringDesc describes the series.
func expiringDesc() *prometheus.Desc {
	return prometheus.NewDesc("latchkey_secrets_expiring", "Live secrets of service accounts that expire within that time.", []string{"within"}, nil)
}

// Describe implements prometheus.Collector.
func (e *expiring) Describe(out chan<- *prometheus.Desc) { out <- expiringDesc() }

// Collect implements prometheus.Collector.
func (e *expiring) Collect(out chan<- prometheus.Metric) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock()
	if e.read.IsZero() || now.Sub(e.read) >= expiringEvery {
		e.times, e.known = e.ends()
		e.read = now
	}
	if !e.known {
		return
	}
	const day = 24 * time.Hour
	for _, w := range []struct {
		label  string
		within time.Duration
	}{{"1d", day}, {"7d", 7 * day}, {"30d", 30 * day}} {
		n := 0
		for _, t := range e.times {
			if t.After(now) && t.Sub(now) <= w.within {
				n++
			}
		}
		out <- prometheus.MustNewConstMetric(expiringDesc(), prometheus.GaugeValue, float64(n), w.label)
	}
}
