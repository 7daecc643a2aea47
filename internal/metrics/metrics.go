// Package metrics owns the series that an operator's Prometheus reads: their
// names, their labels and how they are counted. Every value of a label comes
// from a table of the program, never from a request, so that nobody outside can
// make a series.
package metrics

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Build says which build of the program runs.
type Build struct{ Version, Commit, Go string }

// Metrics are the series of one server. Nil is as good as one that nobody
// reads: counting is then nothing.
type Metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	failures  [failureCount]prometheus.Counter
	limited   *prometheus.CounterVec
	tokens    prometheus.Counter

	flushCallers, flushTime prometheus.Histogram
	flushFailures           prometheus.Counter

	mu         sync.Mutex
	operations map[at]*Operation
}

// New returns the series of a server, with those of the Go runtime and of the
// process.
func New(b Build) *Metrics {
	m := &Metrics{
		registry:   prometheus.NewRegistry(),
		operations: make(map[at]*Operation),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "latchkey_requests_total",
			Help: "Requests that were answered. The operation is unknown when no operation has the path or the method; the generation is none for what is in no published contract; the error code is empty for success.",
		}, []string{"operation", "generation", "status", "error_code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "latchkey_request_duration_seconds", Help: "How long requests took from their headers to the end of the answer.",
			Buckets: []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5},
		}, []string{"operation"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "latchkey_rate_limit_refusals_total", Help: "Requests refused by a rate limit, by endpoint set.",
		}, []string{"endpoint_set"}),
		tokens: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "latchkey_tokens_issued_total", Help: "Access tokens issued to service accounts.",
		}),
		flushCallers: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "latchkey_commit_callers", Help: "How many callers shared a commit.", Buckets: []float64{1, 2, 4, 8, 16, 32, 64},
		}),
		flushTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "latchkey_commit_duration_seconds", Help: "How long a commit took to reach the disk, of those that did.",
			Buckets: []float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1},
		}),
		flushFailures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "latchkey_commit_failures_total", Help: "Commits that failed; whoever waited for one was answered 503.",
		}),
	}
	failures := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "latchkey_authentication_failures_total",
		Help: "Requests whose credentials were refused. Those without any, with which common clients begin, are not among them.",
	}, []string{"reason"})
	for f := range failureCount {
		m.failures[f] = failures.WithLabelValues(f.String())
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "latchkey_build_info", Help: "Always 1; the labels say which build runs.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit, "go": b.Go},
	})
	build.Set(1)
	m.registry.MustRegister(
		m.requests, m.durations, m.limited, m.tokens, m.flushCallers, m.flushTime, m.flushFailures, failures, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// scrapes is how many are answered at once; a further one gets 503.
const scrapes = 4

// Handler answers every request with the series as they are. What fails is
// logged, and what did not fail is answered.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: scrapes, Timeout: 10 * time.Second,
	})
}

// Counter is one series that only grows. Nil counts nothing.
type Counter struct{ c prometheus.Counter }

// Inc adds one.
func (c *Counter) Inc() {
	if c != nil {
		c.c.Inc()
	}
}
